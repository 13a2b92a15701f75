"""One sheet of a workbook, written row by row and laid out for A4."""

from __future__ import annotations

from typing import Any

from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from pipeline.ledgers.codes import Reason
from pipeline.ledgers.marks import Mark
from pipeline.ledgers.style import Styles, fitted, width_of
from pipeline.ledgers.table import CellValue, Column, Kind, SheetPlan, Table
from pipeline.ledgers.text import CELL_LIMIT, cell_text, clean, needs_quote

NOTE_AUTHOR = "双报到台账"
NOTES_A_SHEET = 5_000
"""Notes are drawn shapes, and a sheet with tens of thousands of them opens badly; colours go on."""

_TITLE_HEIGHT, _HEAD_HEIGHT = 30, 30
_FIRST_ROW_OF_TABLE = 2
_CUT_NOTE = f"内容超过{CELL_LIMIT}字，已截断；全文见 records.jsonl。"


def write_sheet(book: Any, plan: SheetPlan) -> None:
    """Add the sheet of ``plan`` to ``book``, an openpyxl workbook in write-only mode.

    Nothing of the values is interpreted: text stays text whatever it starts with.
    """
    sheet = book.create_sheet(plan.name)
    _Writer(sheet, plan).write()


class _Writer:
    def __init__(self, sheet: Any, plan: SheetPlan) -> None:
        self._sheet = sheet
        self._plan = plan
        self._styles = Styles(sheet)
        self._row = 0
        self._notes = 0
        self._across = max(len(t.columns) for t in plan.tables)

    def write(self) -> None:
        several = len(self._plan.tables) > 1
        self._lay_out(several)
        self._banner(self._plan.title, self._styles.title(), _TITLE_HEIGHT)
        for i, table in enumerate(self._plan.tables):
            if several:
                if i:
                    self._append([])
                self._banner(table.title, self._styles.block(), None)
            self._table(table)
            if not several:
                last = get_column_letter(len(table.columns))
                self._sheet.auto_filter.ref = f"A{_FIRST_ROW_OF_TABLE}:{last}{max(self._row, _FIRST_ROW_OF_TABLE)}"

    def _lay_out(self, several: bool) -> None:
        """Everything that must be known before the first row is written."""
        sheet = self._sheet
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.paperSize = 9  # A4
        sheet.page_setup.fitToWidth = 1
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        sheet.print_options.horizontalCentered = True
        sheet.page_margins.left = sheet.page_margins.right = 0.4
        sheet.page_margins.top = sheet.page_margins.bottom = 0.6
        sheet.page_margins.header = sheet.page_margins.footer = 0.3
        sheet.oddFooter.center.text = "第 &P 页，共 &N 页"
        if several:
            sheet.freeze_panes = "A2"
            sheet.print_title_rows = "1:1"
        else:
            # 序号 and what identifies the row stay in sight
            sheet.freeze_panes = "C3" if self._across > 2 else "A3"
            sheet.print_title_rows = "1:2"
        for number, width in enumerate(self._widths(), 1):
            sheet.column_dimensions[get_column_letter(number)].width = width

    def _widths(self) -> list[float]:
        widths, wraps = [], []
        for number in range(self._across):
            stacked = [t for t in self._plan.tables if number < len(t.columns)]
            widths.append(max(width_of(t.frame.iloc[:, number], t.columns[number].title) for t in stacked))
            wraps.append(all(t.columns[number].kind is Kind.TEXT for t in stacked))
        return fitted(widths, wraps)

    def _banner(self, text: str, style: Any, height: float | None) -> None:
        """A line of text across the sheet."""
        if height:
            self._sheet.row_dimensions[self._row + 1].height = height
        self._append([self._cell(text, style)])
        if self._across > 1:
            self._sheet.merged_cells.add(f"A{self._row}:{get_column_letter(self._across)}{self._row}")

    def _table(self, table: Table) -> None:
        self._sheet.row_dimensions[self._row + 1].height = _HEAD_HEIGHT
        self._append([self._cell(c.title, self._styles.head()) for c in table.columns])
        marks = table.marks
        for r, row in enumerate(table.frame.itertuples(index=False, name=None)):
            self._append(
                [self._body(c, v, marks.get((r, i))) for i, (c, v) in enumerate(zip(table.columns, row, strict=True))]
            )

    def _append(self, cells: list[Any]) -> None:
        self._sheet.append(cells)
        self._row += 1

    def _body(self, column: Column, value: CellValue, mark: Mark | Reason | None) -> Any:
        """One value of a table with its colour and note."""
        reason = mark.reason if isinstance(mark, Mark) else mark
        note = mark.note() if isinstance(mark, Mark) else ""
        text, cut = cell_text(value) if isinstance(value, str) else ("", False)
        if not text:  # a number, a date or nothing: an empty string would be a text cell without text
            plain = None if isinstance(value, str) else value
            cell = WriteOnlyCell(self._sheet, plain)
            cell._style = self._styles.body(column.kind, plain, reason, False)
        else:
            note = "\n".join(filter(None, (note, _CUT_NOTE if cut else "")))
            cell = self._cell(text, self._styles.body(column.kind, text, reason, needs_quote(text)))
        if note and self._notes < NOTES_A_SHEET:
            self._notes += 1
            cell.comment = _comment(note)
        return cell

    def _cell(self, text: str, style: Any) -> Any:
        cell = WriteOnlyCell(self._sheet)
        cell._value = text  # the setter would take =… for a formula and #N/A for an error
        cell.data_type = "s"
        cell._style = style
        return cell


def _comment(note: str) -> Comment:
    lines = note.count("\n") + 1 + len(note) // 18
    return Comment(clean(note), NOTE_AUTHOR, height=24 + 18 * lines, width=260)
