"""What is wrong with a workbook that people changed, in words that name the sheet, the row and the column."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class FaultKind(StrEnum):
    """The kinds of fault."""

    SHEET_MISSING = "sheet_missing"
    SHEET_UNREADABLE = "sheet_unreadable"
    HEADINGS_MISSING = "headings_missing"  # no row of headings at all
    HEADING_MISSING = "heading_missing"
    HEADING_DOUBLED = "heading_doubled"
    KEY_MISSING = "key_missing"
    KEY_UNKNOWN = "key_unknown"  # of a row in which something was changed
    ROW_UNKNOWN = "row_unknown"  # of one in which nothing was
    KEY_DOUBLED = "key_doubled"
    CHECK_DAMAGED = "check_damaged"
    ROW_TORN = "row_torn"  # its values are no longer those of its key
    COLUMN_TORN = "column_torn"
    OUTSIDE = "outside"  # a column or a cell of people's own, which no new edition has
    NO_VALUE = "no_value"  # an error, a formula, a date that is none …


@dataclass(frozen=True, slots=True)
class Fault:
    """``row`` counts from 1 as the sheet does, 0 where no one row is meant; ``column`` is a heading."""

    kind: FaultKind
    sheet: str
    message: str
    row: int = 0
    column: str = ""

    def __str__(self) -> str:
        return f"{place(self.sheet, self.row, self.column)}：{self.message}"

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def place(sheet: str, row: int = 0, column: str = "") -> str:
    """Where something stands, for staff."""
    where = f"工作表“{sheet}”"
    if row:
        where += f"第 {row} 行"
    return where + (f"“{column}”列" if column else "")
