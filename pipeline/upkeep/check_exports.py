"""What lies among the outputs against what the database gives now."""

from __future__ import annotations

import filecmp
import hashlib
import json
import zipfile
import zlib
from itertools import zip_longest
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from pipeline.upkeep.findings import FindingCode, Findings

_UNREADABLE = (OSError, ValueError, KeyError, TypeError, EOFError, SyntaxError, AttributeError, IndexError)
_BROKEN = (*_UNREADABLE, zipfile.BadZipFile, zlib.error, InvalidFileException)
"""What openpyxl raises on a workbook that is none: it checks little itself."""


def check_file(present: Path, fresh: Path, findings: Findings) -> None:
    """Hold one output against the same written anew."""
    if not present.is_file():
        findings.add(FindingCode.OUTPUT_MISSING, present.name)
    elif filecmp.cmp(present, fresh, shallow=False):
        return
    elif present.suffix == ".xlsx":
        _compare_workbooks(present, fresh, findings)
    else:
        _compare_records(present, fresh, findings)


def _compare_records(present: Path, fresh: Path, findings: Findings) -> None:
    """By document, so that one line too many is one finding."""
    expected: dict[str, bytes] = {}
    with fresh.open("rb") as stream:
        for line in stream:
            expected[json.loads(line)["document_id"]] = _digest(line)
    seen: dict[str, None] = {}
    try:
        with present.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                where = f"{present.name} 第 {number} 行"
                document = _document_of(line)
                if document not in expected or document in seen:
                    findings.add(FindingCode.RECORD_DIFFERS, where, "多出的一行")
                    continue
                seen[document] = None
                if expected[document] != _digest(line):
                    findings.add(FindingCode.RECORD_DIFFERS, where, f"文档 {document}")
    except OSError:
        findings.add(FindingCode.OUTPUT_UNREADABLE, present.name)
        return
    for document in expected.keys() - seen.keys():
        findings.add(FindingCode.RECORD_DIFFERS, present.name, f"缺少文档 {document}")
    if list(seen) != [document for document in expected if document in seen]:
        findings.add(FindingCode.RECORD_DIFFERS, present.name, "各行的顺序不同")


def _document_of(line: bytes) -> str:
    try:
        data = json.loads(line)
        return str(data["document_id"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def _digest(line: bytes) -> bytes:
    return hashlib.sha256(line).digest()


def _compare_workbooks(present: Path, fresh: Path, findings: Findings) -> None:
    expected = load_workbook(fresh, read_only=True)
    try:
        found = load_workbook(present, read_only=True)
    except _BROKEN:
        findings.add(FindingCode.OUTPUT_UNREADABLE, present.name)
        expected.close()
        return
    try:
        for name in dict.fromkeys([*expected.sheetnames, *found.sheetnames]):
            where = f"{present.name} · {name}"
            if name not in found.sheetnames:
                findings.add(FindingCode.SHEET_DIFFERS, where, "缺少这张表")
            elif name not in expected.sheetnames:
                findings.add(FindingCode.SHEET_DIFFERS, where, "多出的一张表")
            else:
                _compare_sheets(found[name], expected[name], where, findings)
        if expected.sheetnames != found.sheetnames and set(expected.sheetnames) == set(found.sheetnames):
            findings.add(FindingCode.SHEET_DIFFERS, present.name, "各表的顺序不同")
    except _BROKEN:
        findings.add(FindingCode.OUTPUT_UNREADABLE, present.name)
    finally:
        found.close()
        expected.close()


def _compare_sheets(found: Any, expected: Any, where: str, findings: Findings) -> None:
    """Cell by cell; the values themselves stay out of the finding."""
    rows = zip_longest(found.iter_rows(values_only=True), expected.iter_rows(values_only=True), fillvalue=())
    for number, (ours, theirs) in enumerate(rows, start=1):
        for column, (a, b) in enumerate(zip_longest(ours, theirs), start=1):
            if not _same(a, b):
                findings.add(FindingCode.CELL_DIFFERS, f"{where} · {get_column_letter(column)}{number}")


def _same(a: object, b: object) -> bool:
    """Whether two cells say the same: an empty one may also be no cell; 1 is not the text 1."""
    a, b = ("" if a is None else a), ("" if b is None else b)
    return a == b and isinstance(a, str) == isinstance(b, str) and isinstance(a, bool) == isinstance(b, bool)
