"""The cells of one sheet, written one by one: texts, dates, formulas, links, pictures, and the notes on them.

Nothing of the values is interpreted: text stays text whatever it starts with.
"""

from __future__ import annotations

import datetime
from io import BytesIO
from typing import Any

from pipeline.ledgers.choices import column_letters
from pipeline.ledgers.codes import Reason
from pipeline.ledgers.marks import Mark
from pipeline.ledgers.style import Formats
from pipeline.ledgers.table import CellValue, Column, Formula, Link, Picture
from pipeline.ledgers.text import CELL_LIMIT, cell_text, clean, needs_quote

NOTE_AUTHOR = "双报到台账"
NOTES_A_SHEET = 5_000
"""Notes are drawn shapes, and a sheet with tens of thousands of them opens badly; colours go on."""
LINKS_A_SHEET = 65_000
"""Excel opens no sheet with more than 65,530 links; what is beyond stands as text."""
PICTURE_ROW = 32
"""The height in points of a row with pictures."""

_INSET = 2  # pixels
_PICTURE_WIDTH = 250  # pixels, of a column of pictures
_PIXELS_A_POINT = 4 / 3
_CUT_NOTE = f"内容超过{CELL_LIMIT}字，已截断；全文见 records.jsonl。"


class CellWriter:
    """Writes into ``sheet``, an ``xlsxwriter`` worksheet. ``first`` is the row, from 0, with which the values of the
    table under way begin: what its formulas count from."""

    def __init__(self, sheet: Any, formats: Formats) -> None:
        self._sheet, self._formats = sheet, formats
        self._notes = self._links = 0
        self.first = 0

    def write(self, r: int, c: int, column: Column, value: CellValue) -> None:
        """One value of a table in row ``r`` and column ``c``, from 0."""
        if isinstance(value, str):
            text, cut = cell_text(value)
            if cut or needs_quote(text):
                self.write_marked(r, c, column, value, None)
            elif text:
                self._sheet.write_string(r, c, text, self._formats.plain(column, str))
            else:  # an empty string would be a text cell without text
                self._sheet.write_blank(r, c, None, self._formats.plain(column, type(None)))
        elif value is None:
            self._sheet.write_blank(r, c, None, self._formats.plain(column, type(None)))
        else:
            self._typed(r, c, value, self._formats.plain(column, type(value)))

    def write_marked(self, r: int, c: int, column: Column, value: CellValue, mark: Mark | Reason | None) -> None:
        """The same with its doubt: a colour and a note."""
        sheet = self._sheet
        reason = mark.reason if isinstance(mark, Mark) else mark
        note = mark.note() if isinstance(mark, Mark) else ""
        if isinstance(value, str):
            text, cut = cell_text(value)
            style = self._formats.body(column, str if text else type(None), reason, needs_quote(text))
            note = "\n".join(filter(None, (note, _CUT_NOTE if cut else "")))
            if text:
                sheet.write_string(r, c, text, style)
            else:
                sheet.write_blank(r, c, None, style)
        else:
            self._typed(r, c, value, self._formats.body(column, type(value), reason, False))
        if note and self._notes < NOTES_A_SHEET:
            self._notes += 1
            sheet.write_comment(r, c, clean(note), _note_size(note))

    def _typed(self, r: int, c: int, value: CellValue, style: Any) -> None:
        sheet = self._sheet
        match value:
            case None:
                sheet.write_blank(r, c, None, style)
            case datetime.date():
                sheet.write_datetime(r, c, value, style)
            case Formula():
                where = {"row": r + 1, "column": column_letters(c), "first": self.first + 1, "before": r}
                sheet.write_formula(r, c, value.text.format_map(where), style, value.result)
            case Link():
                self._link(r, c, value, style)
            case Picture():
                sheet.write_blank(r, c, None, style)
                self._picture(r, c, value)
            case _:
                sheet.write_number(r, c, value, style)

    def _link(self, r: int, c: int, link: Link, style: Any) -> None:
        self._links += 1
        if not link.target or self._links > LINKS_A_SHEET:
            self._sheet.write_string(r, c, link.text, style)
            return
        url = link.target if "://" in link.target else f"external:{link.target}"
        self._sheet.write_url(r, c, url, style, link.text)

    def _picture(self, r: int, c: int, picture: Picture) -> None:
        room = PICTURE_ROW * _PIXELS_A_POINT - 2 * _INSET
        scale = min(room / picture.height, (_PICTURE_WIDTH - 2 * _INSET) / picture.width)
        place = {
            "image_data": BytesIO(picture.data),
            "x_scale": scale,
            "y_scale": scale,
            "x_offset": _INSET,
            "y_offset": _INSET,
            "object_position": 1,  # moves and is filtered with its cell
            "decorative": True,
        }
        self._sheet.insert_image(r, c, "ink.png", place)


def _note_size(note: str) -> dict[str, Any]:
    lines = note.count("\n") + 1 + len(note) // 18
    return {"author": NOTE_AUTHOR, "width": 260, "height": 24 + 18 * lines, "font_name": "宋体", "font_size": 9}
