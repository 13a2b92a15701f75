"""How a cell looks: the few formats of a workbook, each made once and shared by its cells."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable
from typing import Any

from pipeline.ledgers.codes import Reason
from pipeline.ledgers.table import CellValue, Column, Formula, Kind, Link, Picture, Use

BODY_FONT, HEAD_FONT = "宋体", "黑体"
HEAD_COLOUR, GROUP_COLOUR, OFFICE_COLOUR = "DCE6F1", "C5D9F1", "FFFFE5"
LINK_COLOUR = "0563C1"
_LINE = "808080"
_NARROWEST, _WIDEST = 5, 40
_WRAPPED = 16  # texts wrap down to this many characters rather than make a sheet wider
_DATE_FORMAT, _TEXT_FORMAT, _RATIO_FORMAT = "yyyy-mm-dd", "@", "0.00"
MONTH_FORMAT = '0000"年"00"月"'


class Formats:
    """The formats of a workbook, an ``xlsxwriter.Workbook``."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[object, Any] = {}
        self._plain: dict[tuple[str, str, type], Any] = {}

    def title(self) -> Any:
        return self._format("title", HEAD_FONT, 16, bold=True, align="center")

    def block(self) -> Any:
        return self._format("block", HEAD_FONT, 12, bold=True, align="left")

    def group(self) -> Any:
        return self._format("group", HEAD_FONT, 11, bold=True, align="center", boxed=True, colour=GROUP_COLOUR)

    def head(self) -> Any:
        return self._format("head", HEAD_FONT, 11, bold=True, align="center", boxed=True, colour=HEAD_COLOUR, wrap=True)

    def plain(self, column: Column, of: type) -> Any:
        """The format of a value of type ``of`` that nobody doubts."""
        known = self._plain.get((column.key, column.title, of))
        if known is None:
            known = self._plain[column.key, column.title, of] = self.body(column, of, None, False)
        return known

    def body(self, column: Column, of: type, reason: Reason | None, quote: bool) -> Any:
        """The format of a value of type ``of`` in a column, coloured by ``reason``; ``quote`` for a text that is to
        stay one when somebody edits it."""
        kind, office = column.kind, column.use is Use.OFFICE
        key = (kind, office, of, reason, quote)
        if key in self._made:
            return self._made[key]
        colour = reason.colour if reason else OFFICE_COLOUR if office else None
        side = "left" if kind is Kind.TEXT else "center"
        made = self._format(key, BODY_FONT, 11, align=side, boxed=True, colour=colour, wrap=True)
        made.set_num_format(_number_format(kind, of))
        if quote:
            made.set_quote_prefix()
        if of is Link:
            made.set_font_color(f"#{LINK_COLOUR}")
            made.set_underline()
        return made

    def _format(
        self,
        key: object,
        font: str,
        size: int,
        *,
        align: str,
        bold: bool = False,
        boxed: bool = False,
        colour: str | None = None,
        wrap: bool = False,
    ) -> Any:
        if key not in self._made:
            look = {"font_name": font, "font_size": size, "bold": bold, "align": align, "valign": "vcenter"}
            if boxed:
                look |= {"border": 1, "border_color": f"#{_LINE}"}
            if colour:
                look |= {"bg_color": f"#{colour}"}
            self._made[key] = self._book.add_format({**look, "text_wrap": wrap})
        return self._made[key]


def _number_format(kind: Kind, of: type) -> str:
    if issubclass(of, datetime.date):
        return _DATE_FORMAT
    if of is Formula:
        return "0"
    if issubclass(of, int | float):
        return {Kind.RATIO: _RATIO_FORMAT, Kind.MONTH: MONTH_FORMAT}.get(kind, "General")
    if of is type(None):  # what people fill in becomes what the column holds
        return {Kind.CODE: _TEXT_FORMAT, Kind.DATE: _DATE_FORMAT}.get(kind, "General")
    # Text where a date or number is expected (1980-03, 007) must stay text when someone edits it.
    return _TEXT_FORMAT if kind in (Kind.CODE, Kind.DATE, Kind.NUMBER, Kind.RATIO) else "General"


def width_of(values: Iterable[CellValue], head: str, kind: Kind) -> float:
    """A column's width in characters of the body font, from its heading and its values."""
    # The filter's arrow covers part of the heading; a long heading may wrap once.
    widest = max(_text_width(head[: math.ceil(len(head) / 2)]) if len(head) > 6 else _text_width(head), 0) + 3
    for value in values:
        width = _value_width(value, kind)
        if width > widest:
            if width >= _WIDEST:
                return _WIDEST
            widest = width
    return float(max(widest, _NARROWEST))


def _value_width(value: CellValue, kind: Kind) -> int:
    if isinstance(value, str):  # most are
        return _text_width(value) + 2 if "\n" not in value else max(map(_text_width, value.split("\n"))) + 2
    match value:
        case None:
            return 0
        case datetime.date():
            return 12
        case Link():
            return _text_width(value.text) + 2
        case Picture():
            return _WIDEST
        case Formula():
            return len(f"{value.result:g}") + 2
        case int() if kind is Kind.MONTH:
            return 12
        case _:
            return len(str(value)) + 2


def lines_of(text: str, width: float) -> int:
    """How many lines a text takes in a column of a width."""
    room = max(1.0, width - 1)
    if "\n" not in text:
        return max(1, math.ceil(_text_width(text) / room))
    return sum(max(1, math.ceil(_text_width(line) / room)) for line in text.split("\n"))


def fitted(widths: list[float], wraps: list[bool], page: float) -> list[float]:
    """``widths`` with the columns that may wrap narrowed, all to one limit, until the sheet fits ``page``."""
    limit = float(_WIDEST)
    while limit > _WRAPPED and sum(_narrowed(widths, wraps, limit)) > page:
        limit -= 1
    return _narrowed(widths, wraps, limit)


def _narrowed(widths: list[float], wraps: list[bool], limit: float) -> list[float]:
    return [min(w, limit) if wrap else w for w, wrap in zip(widths, wraps, strict=True)]


def _text_width(text: str) -> int:
    """Columns that a line of text takes: Chinese characters are two wide, as they are two bytes in GBK."""
    return len(text) if text.isascii() else len(text.encode("gbk", "replace"))
