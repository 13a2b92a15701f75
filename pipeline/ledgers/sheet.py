"""One sheet of a workbook: title, headings, rows, and how it is laid out for A4."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pipeline.ledgers.cell_writer import PICTURE_ROW, CellWriter
from pipeline.ledgers.charting import draw_charts
from pipeline.ledgers.choices import Choices
from pipeline.ledgers.codes import Reason
from pipeline.ledgers.kept import SheetKept
from pipeline.ledgers.marks import Mark
from pipeline.ledgers.paper import PAGE, Paper, cut, row_height
from pipeline.ledgers.style import Formats, fitted, lines_of, width_of
from pipeline.ledgers.table import CellValue, Column, Kind, SheetPlan, Table

_TITLE_HEIGHT, _HEAD_HEIGHT, _GROUP_HEIGHT = 30, 30, 20
_REPEATED = 2  # columns on every page: 序号 and what identifies the row
_CHART_SHEET = 18  # columns of usual width that two charts side by side cover
_LONGEST_CODE = 24  # characters of what must not be broken: credit codes and phones
_MARGIN, _MARGIN_FAR = 0.4, 0.6  # inches


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a table came to stand: rows and columns from 0, ``first`` to ``last`` those of its values."""

    sheet: str
    first: int
    last: int
    column: int = 0


class SheetWriter:
    """Writes one plan into a sheet of ``book``, an ``xlsxwriter.Workbook``. ``kept`` is what people changed of
    the sheet's look.
    """

    def __init__(self, book: Any, formats: Formats, choices: Choices, plan: SheetPlan, kept: SheetKept) -> None:
        self._sheet = book.add_worksheet(plan.name)
        self._book, self._formats, self._choices, self._plan, self._kept = book, formats, choices, plan, kept
        self._cells = CellWriter(self._sheet, formats)
        self._row = 0
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
            text = all(t.columns[number].kind in (Kind.TEXT, Kind.SHORT) for t in stacked)
            wraps.append(text or widths[-1] > _LONGEST_CODE)
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
        columns, marked = list(enumerate(table.columns)), _by_row(table)
        pictured = any(c.kind is Kind.PICTURE for c in table.columns)
        filters = self._kept.filters_of(table)
        self._cells.first = first
        for r, row in enumerate(rows):
            marks = marked.get(r)
            for i, column in columns:
                if marks is not None and i in marks:
                    self._cells.write_marked(first + r, i, column, row[i], marks[i])
                else:
                    self._cells.write(first + r, i, column, row[i])
            hidden = bool(filters) and not all(f.matches(row[i]) for i, f in filters.items())
            height = self._height(columns, row)
            height = max(height or 0.0, PICTURE_ROW) if pictured else height
            if hidden or height:
                self._sheet.set_row(first + r, height, None, {"hidden": hidden})
        last = max(first, first + len(table.frame) - 1)
        if alone and not len(table.frame):  # an Excel table has at least one row
            for i, column in columns:
                self._cells.write(first, i, column, None)
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


def _by_row(table: Table) -> dict[int, dict[int, Mark | Reason]]:
    """The marks of a table by row, then by column."""
    out: defaultdict[int, dict[int, Mark | Reason]] = defaultdict(dict)
    for (row, column), mark in table.marks.items():
        out[row][column] = mark
    return out
