"""What lies among the outputs against what the database gives now."""

from __future__ import annotations

import filecmp
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from pipeline.ledgers.table import SheetPlan
from pipeline.upkeep.check_workbook import check_workbook
from pipeline.upkeep.findings import FindingCode, Findings


def check_file(present: Path, fresh: Path, plans: Sequence[SheetPlan], findings: Findings) -> int:
    """Hold one output against the same written anew, where it is a workbook from ``plans``; how many cells of people's
    own hold what the database does not have yet."""
    if not present.is_file():
        findings.add(FindingCode.OUTPUT_MISSING, present.name)
    elif filecmp.cmp(present, fresh, shallow=False):
        pass
    elif present.suffix == ".xlsx":
        return check_workbook(present, fresh, plans, findings)
    else:
        _compare_records(present, fresh, findings)
    return 0


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
