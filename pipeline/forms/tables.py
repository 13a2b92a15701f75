"""Ruled tables to cells, with merged cells, broken lines and double rules.

The rulings are drawn clean on an empty sheet, lengthened to the lines they all but meet; what they
enclose are the cells. A merged cell needs no special case: no line runs through it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.forms.rulings import REACH, Ruling, mend
from pipeline.sheets import Box, Image


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
    for holes in _enclosed(canvas, 120 * unit, 40 * unit):
        cells = [cell for hole in holes if (cell := _cell(hole, unit)) is not None]
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


def _enclosed(canvas: Image, width: float, height: float) -> Iterator[list[NDArray[np.int32]]]:
    """The outlines of what each figure of connected lines encloses, of figures at least so large.

    Outlines are followed (Suzuki and Abe, 1985): most of the picture is paper, and labelling every pixel of it takes
    several times as long.
    """
    contours, hierarchy = cv2.findContours(canvas, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    holes: dict[int, list[NDArray[np.int32]]] = {}
    for contour, links in zip(contours, hierarchy[0] if len(contours) else (), strict=True):
        holes.setdefault(int(links[3]), []).append(np.asarray(contour, dtype=np.int32))
    for i, contour in enumerate(contours):
        _, _, w, h = cv2.boundingRect(contour)
        if i in holes and w >= width and h >= height:
            yield holes[i]


def _cell(hole: NDArray[np.int32], unit: float) -> Cell | None:
    """The cell that an outline on the lines around it makes, unless it is too small or too ragged for one."""
    x, y, w, h = cv2.boundingRect(hole)
    w, h = w - 2, h - 2
    # The pixels within an outline, by Pick's theorem.
    area = cv2.contourArea(hole) - cv2.arcLength(hole, True) / 2 + 1
    if w < 18 * unit or h < 18 * unit or area < 0.6 * w * h:
        return None
    return Cell(Box(x + 1, y + 1, x + 1 + w, y + 1 + h))


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
