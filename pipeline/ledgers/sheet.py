"""One sheet of a workbook: title, headings, rows, and how it is laid out for A4."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby
from typing import Any

from pipeline.ledgers.charting import draw_charts
from pipeline.ledgers.choices import Choices, column_letters
from pipeline.ledgers.codes import Reason
from pipeline.ledgers.kept import SheetKept
from pipeline.ledgers.marks import Mark
from pipeline.ledgers.paper import PAGE, Paper, cut, row_height
from pipeline.ledgers.style import Formats, fitted, lines_of, width_of
from pipeline.ledgers.table import CellValue, Column, Formula, Kind, Link, Picture, SheetPlan, Table
from pipeline.ledgers.text import CELL_LIMIT, cell_text, clean, needs_quote

NOTE_AUTHOR = "双报到台账"
NOTES_A_SHEET = 5_000
"""Notes are drawn shapes, and a sheet with tens of thousands of them opens badly; colours go on."""
LINKS_A_SHEET = 65_000
"""Excel opens no sheet with more than 65,530 links; what is beyond stands as text."""

_TITLE_HEIGHT, _HEAD_HEIGHT, _GROUP_HEIGHT = 30, 30, 20
_REPEATED = 2  # columns on every page: 序号 and what identifies the row
_PICTURE_ROW, _PICTURE_INSET = 32, 2  # points; pixels
_PICTURE_WIDTH = 250  # pixels, of a column of pictures
_PIXELS_A_POINT = 4 / 3
_CHART_SHEET = 18  # columns of usual width that two charts side by side cover
_CUT_NOTE = f"内容超过{CELL_LIMIT}字，已截断；全文见 records.jsonl。"
_MARGIN, _MARGIN_FAR = 0.4, 0.6  # inches


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a table came to stand: rows and columns from 0, ``first`` to ``last`` those of its values."""

    sheet: str
    first: int
    last: int
    column: int = 0


class SheetWriter:
    """Writes one plan into a sheet of ``book``, an ``xlsxwriter.Workbook``.

    Nothing of the values is interpreted: text stays text whatever it starts with. ``kept`` is what people changed of
    the sheet's look.
    """

    def __init__(self, book: Any, formats: Formats, choices: Choices, plan: SheetPlan, kept: SheetKept) -> None:
        self._sheet = book.add_worksheet(plan.name)
        self._book, self._formats, self._choices, self._plan, self._kept = book, formats, choices, plan, kept
        self._row = self._first = self._notes = self._links = 0
        self._across = max((len(t.columns) for t in plan.tables), default=0)
        self._widths = self._measured()
        repeated = _REPEATED if len(plan.tables) == 1 else 0
        self._paper = cut(self._widths[: self._printed()], repeated) if self._across else Paper((), 100)

    def write(self, placed: Mapping[int, Placed]) -> dict[int, Placed]:
        """Write it all; where each of its tables stands, by ``id``. ``placed`` are those of the sheets before."""
        plan, out = self._plan, {}
        alone = len(plan.tables) == 1
        self._lay_out()
        self._banner(plan.title, self._formats.title(), _TITLE_HEIGHT)
        for i, table in enumerate(plan.tables):
            if not alone:
                self._row += 1 if i else 0
                self._banner(table.title, self._formats.block(), None)
            out[id(table)] = self._table(table, alone)
        if alone:
            self._set_aside(plan.tables[0], out[id(plan.tables[0])])
        draw_charts(self._book, self._sheet, plan.charts, {**placed, **out})
        return out

    def _lay_out(self) -> None:
        sheet = self._sheet
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.center_horizontally()
        sheet.set_margins(_MARGIN, _MARGIN, _MARGIN_FAR, _MARGIN_FAR)
        sheet.set_footer("&C第 &P 页，共 &N 页", {"margin": 0.3})
        for number, width in enumerate(self._widths):
            columns = [t.columns[number] for t in self._plan.tables if number < len(t.columns)]
            title = columns[0].title
            hidden = self._kept.hidden.get(title, all(c.hidden for c in columns))
            sheet.set_column(number, number, self._kept.widths.get(title, width), None, {"hidden": hidden})
        if self._paper.breaks:
            sheet.set_print_scale(self._paper.scale)
            sheet.set_v_pagebreaks(list(self._paper.breaks))
        else:
            sheet.fit_to_pages(1, 0)

    def _measured(self) -> list[float]:
        """The width of every column."""
        widths, wraps = [], []
        for number in range(self._across):
            stacked = [t for t in self._plan.tables if number < len(t.columns)]
            widths.append(
                max(width_of(t.frame.iloc[:, number], t.columns[number].title, t.columns[number].kind) for t in stacked)
            )
            wraps.append(all(t.columns[number].kind in (Kind.TEXT, Kind.SHORT) for t in stacked))
        printed = self._printed()
        return fitted(widths[:printed], wraps[:printed], PAGE) + widths[printed:]

    def _printed(self) -> int:
        """How many columns are on paper."""
        return max((i + 1 for t in self._plan.tables for i, c in enumerate(t.columns) if c.printed), default=0)

    def _banner(self, text: str, style: Any, height: float | None) -> None:
        """A line of text across the first page."""
        last = (*self._paper.breaks, self._printed() or _CHART_SHEET)[0] - 1
        if height:
            self._sheet.set_row(self._row, height)
        if last:
            self._sheet.merge_range(self._row, 0, self._row, last, "", style)
        self._sheet.write_string(self._row, 0, text, style)
        self._row += 1

    def _table(self, table: Table, alone: bool) -> Placed:
        if any(c.group for c in table.columns):
            self._groups(table.columns)
        self._sheet.set_row(self._row, _HEAD_HEIGHT)
        head = self._formats.head()
        for i, column in enumerate(table.columns):
            self._sheet.write_string(self._row, i, column.title, head)
        header, first = self._row, self._row + 1
        rows = table.frame.itertuples(index=False, name=None)
        marks, columns = table.marks, list(enumerate(table.columns))
        pictured = any(c.kind is Kind.PICTURE for c in table.columns)
        filters = self._kept.filters_of(table)
        self._first = first
        for r, row in enumerate(rows):
            for i, column in columns:
                self._cell(first + r, i, column, row[i], marks.get((r, i)))
            hidden = bool(filters) and not all(f.matches(row[i]) for i, f in filters.items())
            height = self._height(columns, row)
            height = max(height or 0.0, _PICTURE_ROW) if pictured else height
            if hidden or height:
                self._sheet.set_row(first + r, height, None, {"hidden": hidden})
        last = max(first, first + len(table.frame) - 1)
        if alone and not len(table.frame):  # an Excel table has at least one row
            for i, column in columns:
                self._cell(first, i, column, None, None)
        self._row = last + 1
        if alone and table.name:
            self._as_excel_table(table, header, last)
        for i, column in columns:
            if column.choices:
                self._choices.offer(self._sheet, column.choices, (first, i, last, i))
        return Placed(self._plan.name, first, last)

    def _height(self, columns: list[tuple[int, Column]], row: Sequence[CellValue]) -> float | None:
        """The height of a row whose texts wrap: not every program finds it by itself."""
        lines = 1
        for i, column in columns:
            value = row[i]
            if column.printed and isinstance(value, str) and (len(value) * 2 > self._widths[i] or "\n" in value):
                lines = max(lines, lines_of(value, self._widths[i]))
        return row_height(lines)

    def _groups(self, columns: list[Column]) -> None:
        self._sheet.set_row(self._row, _GROUP_HEIGHT)
        style = self._formats.group()
        for (name, _), members in groupby(enumerate(columns), key=lambda c: (c[1].group, self._paper.page_of(c[0]))):
            places = [i for i, _ in members]
            if len(places) > 1:
                self._sheet.merge_range(self._row, places[0], self._row, places[-1], "", style)
            self._sheet.write_string(self._row, places[0], name, style)
        self._row += 1

    def _as_excel_table(self, table: Table, header: int, last: int) -> None:
        head = self._formats.head()
        columns = [{"header": c.title, "header_format": head} for c in table.columns]
        options = {"name": table.name, "columns": columns, "style": None, "autofilter": True}
        self._sheet.add_table(header, 0, last, len(table.columns) - 1, options)

    def _set_aside(self, table: Table, placed: Placed) -> None:
        """Headings that stay in sight and are on every page; what is not for paper left off it."""
        fixed = _REPEATED if len(table.columns) > _REPEATED else 0
        self._sheet.freeze_panes(placed.first, fixed)
        self._sheet.repeat_rows(0, placed.first - 1)
        if fixed:
            self._sheet.repeat_columns(0, fixed - 1)
        printed = [i for i, c in enumerate(table.columns) if c.printed]
        self._sheet.print_area(0, 0, placed.last, printed[-1] if printed else len(table.columns) - 1)

    def _cell(self, r: int, c: int, column: Column, value: CellValue, mark: Mark | Reason | None) -> None:
        """One value of a table with its colour and note."""
        sheet, kind, use = self._sheet, column.kind, column.use
        reason = mark.reason if isinstance(mark, Mark) else mark
        note = mark.note() if isinstance(mark, Mark) else ""
        if isinstance(value, str):
            text, cut = cell_text(value)
            style = self._formats.body(kind, use, text or None, reason, needs_quote(text))
            note = "\n".join(filter(None, (note, _CUT_NOTE if cut else "")))
            if text:  # an empty string would be a text cell without text
                sheet.write_string(r, c, text, style)
            else:
                sheet.write_blank(r, c, None, style)
        else:
            self._typed(r, c, value, self._formats.body(kind, use, value, reason, False))
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
                where = {"row": r + 1, "column": column_letters(c), "first": self._first + 1, "before": r}
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
        room = _PICTURE_ROW * _PIXELS_A_POINT - 2 * _PICTURE_INSET
        scale = min(room / picture.height, (_PICTURE_WIDTH - 2 * _PICTURE_INSET) / picture.width)
        place = {
            "image_data": BytesIO(picture.data),
            "x_scale": scale,
            "y_scale": scale,
            "x_offset": _PICTURE_INSET,
            "y_offset": _PICTURE_INSET,
            "object_position": 1,  # moves and is filtered with its cell
            "decorative": True,
        }
        self._sheet.insert_image(r, c, "ink.png", place)


def _note_size(note: str) -> dict[str, Any]:
    lines = note.count("\n") + 1 + len(note) // 18
    return {"author": NOTE_AUTHOR, "width": 260, "height": 24 + 18 * lines, "font_name": "宋体", "font_size": 9}
