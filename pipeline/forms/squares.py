"""Squares for the characters of a number, one each, made one cell to be read as one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from pipeline.forms.tables import Cell, Table
from pipeline.sheets import Box, Image, Sheet

_FEWEST = 7  # squares in a row; a row of as many narrow cells with nothing else is no table of words
_SMALLEST, _LARGEST = 18.0, 85.0  # px at 200 dpi; the side of a square
_GAP = 14.0  # px; between squares that stand apart


def join_squares(sheet: Sheet, tables: Sequence[Table], unit: float) -> Sheet:
    """The sheet without the rulings between squares, whose cells are joined in ``tables``, in place."""
    ink: Image | None = None
    for table in tables:
        for run in _runs(table.cells, unit):
            box = Box.around([cell.box for cell in run])
            first, last = run[0], run[-1]
            joined = Cell(box, min(c.row0 for c in run), max(c.row1 for c in run), min(c.col0 for c in run), last.col1)
            table.cells[table.cells.index(first)] = joined
            for cell in run[1:]:
                table.cells.remove(cell)
            ink = sheet.ink.copy() if ink is None else ink
            _clear(ink, run, unit)
    return sheet if ink is None else replace(sheet, ink=ink)


def _runs(cells: Sequence[Cell], unit: float) -> list[list[Cell]]:
    """Cells side by side of which most are squares of one size; one may be several whose rulings were lost."""
    todo = sorted(cells, key=lambda c: c.box.x0)
    used: set[int] = set()
    out = []
    for start in todo:
        if id(start) in used or not _is_square(start.box, unit):
            continue
        run = [start]
        for cell in todo:
            last = run[-1].box
            near = -4 * unit < cell.box.x0 - last.x1 < _GAP * unit
            level = max(abs(cell.box.y0 - last.y0), abs(cell.box.y1 - last.y1)) < 8 * unit
            if near and level and id(cell) not in used and cell is not run[-1]:
                run.append(cell)
        side = float(np.median([cell.box.width for cell in run]))
        squares = [cell for cell in run if _is_square(cell.box, unit) and abs(cell.box.width - side) < 0.35 * side]
        if len(squares) >= _FEWEST and all(cell.box.width < 7 * side for cell in run):
            used |= {id(cell) for cell in run}
            out.append(run)
    return out


def _is_square(box: Box, unit: float) -> bool:
    within = _SMALLEST * unit < min(box.width, box.height) and max(box.width, box.height) < _LARGEST * unit
    return within and 0.45 < box.width / box.height < 1.5


def _clear(ink: Image, run: Sequence[Cell], unit: float) -> None:
    """Paint the rulings between and around squares as paper."""
    box = Box.around([cell.box for cell in run])
    rim = 6 * unit
    areas = [Box(a.box.x1 - unit, a.box.y0 - rim, b.box.x0 + unit, a.box.y1 + rim) for a, b in pairwise(run)]
    areas += [
        Box(box.x0 - rim, box.y0 - rim, box.x1 + rim, box.y0 + unit),
        Box(box.x0 - rim, box.y1 - unit, box.x1 + rim, box.y1 + rim),
        Box(box.x0 - rim, box.y0 - rim, box.x0 + unit, box.y1 + rim),
        Box(box.x1 - unit, box.y0 - rim, box.x1 + rim, box.y1 + rim),
    ]
    for area in areas:
        ink[max(0, round(area.y0)) : round(area.y1), max(0, round(area.x0)) : max(0, round(area.x1))] = 255
