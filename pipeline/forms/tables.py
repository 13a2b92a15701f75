"""Ruled tables to cells, with merged cells, broken lines and double rules.

The rulings are drawn clean on an empty sheet, lengthened to the lines they all but meet; what they
enclose are the cells. A merged cell needs no special case: no line runs through it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from pipeline.forms.components import sparse_components
from pipeline.forms.rulings import REACH, Ruling, mend
from pipeline.records import Box


@dataclass(slots=True)
class Cell:
    """One cell of a ruled table: the box within its rulings, and the grid lines it spans.

    ``row0 .. row1`` and ``col0 .. col1`` number the table's distinct grid lines from the top and left,
    ends exclusive.
    """

    box: Box
    row0: int = 0
    row1: int = 1
    col0: int = 0
    col1: int = 1


@dataclass(slots=True)
class Table:
    """A ruled table: its outer box and its cells in reading order."""

    box: Box
    cells: list[Cell] = field(default_factory=list)


def find_tables(across: list[Ruling], upright: list[Ruling], width: int, height: int, unit: float) -> list[Table]:
    """The tables that the rulings enclose, from top to bottom.

    ``unit`` is the sheet's resolution over 200 dpi.
    """
    reach = REACH * unit
    mended, posts = mend(across, unit), mend(upright, unit)
    levels = [_lengthened(r, posts, reach) for r in mended]
    posts = [_lengthened(r, mended, reach) for r in posts]
    canvas = np.zeros((height, width), dtype=np.uint8)
    for r in levels:
        cv2.line(canvas, (round(r.start), round(r.at_start)), (round(r.end), round(r.at_end)), (255,), 3)
    for r in posts:
        cv2.line(canvas, (round(r.at_start), round(r.start)), (round(r.at_end), round(r.end)), (255,), 3)
    tables = []
    for x, y, lines in sparse_components(canvas):
        h, w = lines.shape
        if w < 120 * unit or h < 40 * unit:
            continue
        cells = _cells(lines, x, y, unit)
        if len(cells) >= 2:
            tables.append(_with_grid(Table(Box.around([cell.box for cell in cells]), cells), unit))
    return sorted(tables, key=lambda t: (t.box.y0, t.box.x0))


def loose_rulings(across: Iterable[Ruling], tables: Sequence[Table], unit: float) -> list[Ruling]:
    """The level rulings that belong to no table: underlines, and what only looks like rulings."""
    return [r for r in across if not any(_belongs(r, table, REACH * unit) for table in tables)]


def _lengthened(ruling: Ruling, crossing: Iterable[Ruling], reach: float) -> Ruling:
    """The ruling drawn out to lines it stops just short of."""
    start, end = ruling.start, ruling.end
    for other in crossing:
        if not other.start - reach <= ruling.middle <= other.end + reach:
            continue
        at = other.at(ruling.middle)
        if 0 < ruling.start - at <= reach:
            start = min(start, at)
        if 0 < at - ruling.end <= reach:
            end = max(end, at)
    return Ruling(ruling.across, start, end, ruling.at(start), ruling.at(end), ruling.thickness)


def _cells(lines: np.ndarray, x: int, y: int, unit: float) -> list[Cell]:
    """The areas enclosed by the lines of one table."""
    h, w = lines.shape
    holes = np.ones((h + 2, w + 2), dtype=np.uint8)
    holes[1:-1, 1:-1] = ~lines
    count, _, stats, _ = cv2.connectedComponentsWithStats(holes, connectivity=4)
    outside = int(np.argmax(stats[1:, cv2.CC_STAT_WIDTH] * stats[1:, cv2.CC_STAT_HEIGHT])) + 1 if count > 1 else 0
    cells = []
    for i in range(1, count):
        cx, cy, cw, ch, area = (int(v) for v in stats[i])
        if i == outside and cw >= w and ch >= h:
            continue
        if cw < 18 * unit or ch < 18 * unit or area < 0.6 * cw * ch:
            continue
        cells.append(Cell(Box(x + cx - 1, y + cy - 1, x + cx - 1 + cw, y + cy - 1 + ch)))
    return cells


def _with_grid(table: Table, unit: float) -> Table:
    """Number the rows and columns by the distinct edges of the cells."""
    tops = _levels([v for c in table.cells for v in (c.box.y0, c.box.y1)], 12 * unit)
    lefts = _levels([v for c in table.cells for v in (c.box.x0, c.box.x1)], 12 * unit)
    for cell in table.cells:
        cell.row0, cell.row1 = _nearest(tops, cell.box.y0), _nearest(tops, cell.box.y1)
        cell.col0, cell.col1 = _nearest(lefts, cell.box.x0), _nearest(lefts, cell.box.x1)
    table.cells.sort(key=lambda c: (c.row0, c.col0))
    return table


def _levels(values: list[float], near: float) -> list[float]:
    """Cluster centres of edge positions; a cell's far edge and its neighbour's near edge are one line."""
    levels: list[list[float]] = []
    for value in sorted(values):
        if levels and value - levels[-1][-1] <= near:
            levels[-1].append(value)
        else:
            levels.append([value])
    return [float(np.mean(group)) for group in levels]


def _nearest(levels: list[float], value: float) -> int:
    return int(np.argmin([abs(level - value) for level in levels]))


def _belongs(ruling: Ruling, table: Table, reach: float) -> bool:
    inside = table.box.grown(reach)
    return inside.contains(ruling.start, ruling.at_start) and inside.contains(ruling.end, ruling.at_end)
