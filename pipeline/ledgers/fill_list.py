"""The list of one sheet: where its headings are, and its rows filled in below them."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from lxml import etree
from openpyxl.formula.translate import Translator, TranslatorError
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import coordinate_to_tuple

from pipeline.ledgers.fill_grid import CELL, FORMULA, ROW, VALUE, Area, Grid, clear, put_number, put_text
from pipeline.ledgers.fill_headings import LEAST, Heading, Known, Match
from pipeline.ledgers.fill_styles import Styles
from pipeline.ledgers.opc import Element
from pipeline.ledgers.table import CellValue, Column, Formula, Kind, Link, Picture, Table
from pipeline.ledgers.text import cell_text, needs_quote

_MONTH_FORMAT = '0000"年"00"月"'
_SEARCHED = 100
"""Headings stand near the top; what is below are somebody's rows."""


@dataclass(frozen=True, slots=True)
class ListPlace:
    """Where a list is: its headings end above the row ``first``; ``match`` says which columns they mean.

    ``unknown`` are headings beside them that mean none of ours.
    """

    first: int
    match: Match
    unknown: tuple[str, ...]


def find_list(grid: Grid, known: Known) -> ListPlace | None:
    """The row of a sheet whose cells go best with the headings of a register, the uppermost of several."""
    best: tuple[int, int, int] | None = None
    found: ListPlace | None = None
    for row in sorted(grid.rows)[:_SEARCHED]:
        headings = headings_at(grid, row)
        match = known.match(headings)
        rank = (match.known, match.exact, -row)
        if match.known >= LEAST and (best is None or rank > best):
            best = rank
            ends = [area.bottom for c in match.columns if (area := grid.merged(row, c)) is not None]
            unknown = tuple(h.text for h in headings if h.column not in match.columns)
            found = ListPlace(max([row, *ends]) + 1, match, unknown)
    return found


def headings_at(grid: Grid, row: int) -> list[Heading]:
    """What stands over each column at a row: in it, in a cell that reaches down into it, or alone just above."""
    own, above = grid.cells(row), grid.cells(row - 1)
    found = []
    for column in sorted({*own, *above}):
        area = grid.merged(row, column)
        if area is not None and column != area.left:
            continue
        at = grid.cells(area.top) if area is not None and area.top < row else own
        text = grid.text(at.get(column)).strip()
        group = _above(grid, row, column)
        if not text and area is None and (over := grid.merged(row - 1, column)) is None:
            text, group = grid.text(above.get(column)).strip(), ""
        elif not text and area is None and over is not None and over.left == over.right == column:
            text, group = grid.text(grid.cells(over.top).get(column)).strip(), ""
        if text:
            found.append(Heading(column, text, group))
    return found


def _above(grid: Grid, row: int, column: int) -> str:
    """The heading over several columns that one stands below."""
    area = grid.merged(row - 1, column)
    if area is None or area.left == area.right:
        return ""
    return grid.text(grid.cells(area.top).get(area.left)).strip()


def room(grid: Grid, place: ListPlace) -> int:
    """How many rows the template has for the list, the first one included; 0 where there is none."""
    count, row = 0, place.first
    while _is_free(grid, place, row):
        cells = grid.cells(row)
        if count and not any(int(cells[c].get("s", "0")) for c in place.match.columns if c in cells):
            break  # an empty line below the list is not a row of it
        count, row = count + 1, row + 1
    return count


def _is_free(grid: Grid, place: ListPlace, row: int) -> bool:
    """Whether nothing is written in a row but, maybe, its number."""
    numbered = {sheet for sheet, ours in place.match.columns.items() if ours == 0}
    return not any(grid.text(cell).strip() for column, cell in grid.cells(row).items() if column not in numbered)


def fill(grid: Grid, place: ListPlace, table: Table, rows: Sequence[Sequence[CellValue]], styles: Styles) -> None:
    """Write the rows below the headings; those that the template has not got are like its first.

    Rows below the list have been moved out of the way (see :mod:`fill_move`).
    """
    first = place.first
    pattern = grid.rows.get(first)
    if pattern is None:
        pattern = etree.Element(ROW, r=str(first))
        _insert_row(grid, first, pattern)
    pattern = copy.deepcopy(pattern)
    for cell in pattern.iterchildren(CELL):
        if cell.find(FORMULA) is None:
            clear(cell)
    for number, values in enumerate(rows):
        row = grid.rows.get(first + number)
        if row is None:
            row = _like(pattern, first, first + number)
            _insert_row(grid, first + number, row)
        _write(row, first + number, place.match.columns, table.columns, values, styles)


def _like(pattern: Element, first: int, number: int) -> Element:
    """A row like the first one of the list, its formulas those of that row."""
    row = copy.deepcopy(pattern)
    row.set("r", str(number))
    row.attrib.pop("spans", None)
    for cell in row.iterchildren(CELL):
        before = cell.get("r")
        column = coordinate_to_tuple(before)[1]
        cell.set("r", f"{get_column_letter(column)}{number}")
        formula = cell.find(FORMULA)
        if formula is not None:
            _translate(cell, formula, before)
    return row


def _translate(cell: Element, formula: Element, before: str) -> None:
    value = cell.find(VALUE)
    if value is not None:
        cell.remove(value)  # what it is here, only a spreadsheet knows
    try:
        moved = Translator(f"={formula.text}", origin=before).translate_formula(cell.get("r"))
    except TranslatorError:
        return
    formula.text = moved[1:]
    if formula.get("ref"):
        formula.set("ref", cell.get("r"))  # of an array, which the cell is alone


def _write(
    row: Element,
    number: int,
    places: Mapping[int, int],
    columns: Sequence[Column],
    values: Sequence[CellValue],
    styles: Styles,
) -> None:
    cells = {coordinate_to_tuple(cell.get("r"))[1]: cell for cell in row.iterchildren(CELL)}
    for at, ours in places.items():
        cell = cells.get(at)
        if cell is None:
            cell = cells[at] = etree.Element(CELL, r=f"{get_column_letter(at)}{number}")
            after = max((c for c in cells if c < at), default=None)
            row.insert(0 if after is None else row.index(cells[after]) + 1, cell)
        _put(cell, columns[ours], values[ours], styles)


def _put(cell: Element, column: Column, value: CellValue, styles: Styles) -> None:
    style = int(cell.get("s", "0"))
    match value:
        case None | Picture():
            clear(cell)
        case Link():
            put_text(cell, cell_text(value.text)[0])
        case Formula():
            put_number(cell, value.result)
        case date():
            dated = styles.dated(style)
            if dated is None:
                put_text(cell, value.isoformat())
            else:
                put_number(cell, styles.serial(value))
                cell.set("s", str(dated))
        case int() | float():
            put_number(cell, value)
            if column.kind is Kind.MONTH:
                cell.set("s", str(styles.general(style, _MONTH_FORMAT)))
        case str():
            text = cell_text(value)[0]
            put_text(cell, text)
            if needs_quote(text):
                cell.set("s", str(styles.quoted(style)))


def _insert_row(grid: Grid, number: int, row: Element) -> None:
    """Put a row that is not there yet in its place among the others."""
    before = grid.rows.get(number - 1)
    if before is None:
        above = max((n for n in grid.rows if n < number), default=None)
        before = grid.rows[above] if above is not None else None
    if before is None:
        grid.data.insert(0, row)
    else:
        before.addnext(row)
    grid.rows[number] = row


def merges_of_list(areas: Iterable[Area], first: int, last: int, extra: int, columns: Iterable[int]) -> list[Area]:
    """The merged ranges of a sheet whose list has got ``extra`` rows below its first, all moved already.

    Cells that the first row has merged are so in the new rows. What was merged over several rows of the list is not in
    columns that are filled: a value a row has no room there.
    """
    filled = set(columns)
    out = []
    for area in areas:
        begins = first <= area.top <= last
        if begins and area.top < area.bottom and filled & set(range(area.left, area.right + 1)):
            continue
        out.append(area)
        if area.top == area.bottom == first:
            out += [Area(area.left, row, area.right, row) for row in range(first + 1, first + extra + 1)]
    return out
