"""Tables as CSV that a spreadsheet opens as it was meant.

Excel asks nothing when it opens a CSV file: it makes numbers of ID numbers (and forgets digits beyond the fifteenth),
dates of agreement numbers, and formulas of what begins like one. So all fields are in quotes, and a text that

- begins like a formula stands behind an apostrophe, as OWASP advises (CSV Injection; ASVS 1.2.10);
- would be taken for a number or a date stands behind a tab, which Excel and LibreOffice show as nothing at all.
  The other way, ``="3708…"``, would make a formula of every ID number, for all programs.

Whoever reads the file with a program strips both, or takes Parquet.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pandas as pd

from pipeline.ledgers.frames import is_value, plain
from pipeline.ledgers.table import CellValue, Table
from pipeline.ledgers.text import CELL_LIMIT, CUT_MARK, clean, needs_quote

TEXT_GUARD, FORMULA_GUARD = "\t", "'"

_FULL_WIDTH_STARTS = tuple("＝＋－＠\r")
_DIGIT = re.compile(r"[0-9０-９]")
_NUMBER_LIKE = re.compile(
    r"(?:[0-9０-９.,:/\-+%\s$¥￥€£()（）．，：／年月日时分秒]|上午|下午|[ap]m|e"
    r"|jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)+",
    re.IGNORECASE,
)
"""With a digit in it, what some spreadsheet somewhere takes for a number, a date or a time."""
_TRUTH = frozenset({"true", "false"})


def write_csv(table: Table, path: Path, up: str = "") -> None:
    """Write a table to ``path`` as UTF-8 with a byte order mark. ``up`` as for :func:`frames.plain`."""
    kept = [i for i, column in enumerate(table.columns) if is_value(column)]
    fields = {safe(table.columns[i].title): [_field(v, up) for v in table.frame.iloc[:, i]] for i in kept}
    pd.DataFrame(fields, dtype=object).to_csv(
        path, index=False, encoding="utf-8-sig", quoting=csv.QUOTE_ALL, lineterminator="\r\n"
    )


def safe(text: str) -> str:
    """A text as it stands in a CSV file, so that a spreadsheet shows it and makes nothing else of it."""
    text = _cut(clean(text))
    if needs_quote(text) or text.startswith(_FULL_WIDTH_STARTS):
        return FORMULA_GUARD + text
    if (_DIGIT.search(text) and _NUMBER_LIKE.fullmatch(text)) or text.lower() in _TRUTH:
        return TEXT_GUARD + text
    return text


def _field(value: CellValue, up: str) -> str:
    found = plain(value, up)
    if isinstance(found, str):
        return safe(found)
    return "" if found is None else str(found)


def _cut(text: str) -> str:
    """What is longer than a cell would flow over into others."""
    room = CELL_LIMIT - 1  # for the guard
    units = text.encode("utf-16-le")
    if len(units) // 2 <= room:
        return text
    return units[: (room - len(CUT_MARK)) * 2].decode("utf-16-le", "ignore") + CUT_MARK
