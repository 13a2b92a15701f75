"""How a cell looks: the few styles of a workbook, each made once and shared by its cells."""

from __future__ import annotations

import datetime
import math
import unicodedata
from collections.abc import Iterable
from typing import Any

from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

from pipeline.ledgers.codes import Reason
from pipeline.ledgers.table import CellValue, Kind

_BODY_FONT, _HEAD_FONT = "宋体", "黑体"
_THIN = Side("thin", color="808080")
_BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_NARROWEST, _WIDEST = 6, 40
# What still reads on A4 landscape: wider sheets let their long texts wrap down to _WRAPPED characters.
_PAGE, _WRAPPED = 240, 14
_DATE_FORMAT, _TEXT_FORMAT, _RATIO_FORMAT = "yyyy-mm-dd", "@", "0.00"
_LEFT = (Kind.TEXT,)
HEAD_COLOUR = "DCE6F1"


class Styles:
    """Style arrays by look.

    Setting fonts and borders cell by cell looks each of them up again in the workbook; a prototype cell
    does it once, and its style array is then given to every cell of that look.
    """

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet
        self._made: dict[tuple[object, ...], Any] = {}

    def title(self) -> Any:
        return self._style(
            ("title",), Font(name=_HEAD_FONT, size=16, bold=True), None, Alignment("center", "center"), None, False
        )

    def block(self) -> Any:
        return self._style(
            ("block",), Font(name=_HEAD_FONT, size=12, bold=True), None, Alignment("left", "center"), None, False
        )

    def head(self) -> Any:
        return self._style(
            ("head",),
            Font(name=_HEAD_FONT, size=11, bold=True),
            _BOX,
            Alignment("center", "center", wrap_text=True),
            HEAD_COLOUR,
            False,
        )

    def body(self, kind: Kind, value: CellValue, reason: Reason | None, quote: bool) -> Any:
        """The style of a value in a column of ``kind``, coloured by ``reason``."""
        number_format = _format(kind, value)
        key = (kind, number_format, reason, quote)
        if key in self._made:
            return self._made[key]
        side = "left" if kind in _LEFT else "center"
        colour = reason.colour if reason else None
        alignment = Alignment(side, "center", wrap_text=True)
        return self._style(key, Font(name=_BODY_FONT, size=11), _BOX, alignment, colour, quote, number_format)

    def _style(
        self,
        key: tuple[object, ...],
        font: Font,
        border: Border | None,
        alignment: Alignment,
        colour: str | None,
        quote: bool,
        number_format: str = "General",
    ) -> Any:
        if key not in self._made:
            cell = WriteOnlyCell(self._sheet)
            cell.font, cell.alignment, cell.number_format = font, alignment, number_format
            if border:
                cell.border = border
            if colour:
                cell.fill = PatternFill("solid", fgColor=colour)
            cell.quotePrefix = quote
            self._made[key] = cell._style
        return self._made[key]


def _format(kind: Kind, value: CellValue) -> str:
    if isinstance(value, datetime.date):
        return _DATE_FORMAT
    if isinstance(value, int | float):
        return _RATIO_FORMAT if kind is Kind.RATIO else "General"
    # Text where a date or number is expected (1980-03, 007) must stay text when someone edits it.
    return _TEXT_FORMAT if kind in (Kind.CODE, Kind.DATE, Kind.NUMBER, Kind.RATIO) else "General"


def width_of(values: Iterable[CellValue], head: str) -> float:
    """A column's width in characters of the body font, from its heading and its values."""
    # The filter's arrow covers part of the heading; a long heading may wrap once.
    widest = max(_text_width(head[: math.ceil(len(head) / 2)]) if len(head) > 6 else _text_width(head), 0) + 3
    for value in values:
        if value is None:
            continue
        if isinstance(value, str):
            widest = max(widest, max(map(_text_width, value.split("\n"))) + 2)
            if widest >= _WIDEST:
                return _WIDEST
        else:
            widest = max(widest, 12 if isinstance(value, datetime.date) else len(str(value)) + 2)
    return float(min(max(widest, _NARROWEST), _WIDEST))


def fitted(widths: list[float], wraps: list[bool]) -> list[float]:
    """``widths`` with the columns that may wrap narrowed, all to one limit, until the sheet fits a page."""
    limit = float(_WIDEST)
    while limit > _WRAPPED and sum(_narrowed(widths, wraps, limit)) > _PAGE:
        limit -= 1
    return _narrowed(widths, wraps, limit)


def _narrowed(widths: list[float], wraps: list[bool], limit: float) -> list[float]:
    return [min(w, limit) if wrap else w for w, wrap in zip(widths, wraps, strict=True)]


def _text_width(text: str) -> int:
    """Columns that a text takes: Chinese characters are two wide."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)
