"""What stands where on a sheet: cells with their lines, rows of free text, blanks, seals.

This is geometry only. Which label announces which value is decided once the lines have been read.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.forms.frame import Frame, find_frame
from pipeline.forms.inklines import ink_area, lines_in, without_dirt
from pipeline.forms.rulings import Ruling
from pipeline.forms.seals import Seal
from pipeline.forms.squares import join_squares
from pipeline.forms.tables import Cell, Table
from pipeline.sheets import Box, Image, Reading, Sheet

_LOW = 20  # px at 200 dpi; lower than small writing is a stroke, which tells nothing without its row about it


@dataclass(slots=True)
class Line:
    """A line of writing or print: its ink's box, and its text once read.

    ``blank`` is the underline it was written on, if any; a blank nobody filled in has no ``ink``. Until it is
    read in full, a line carries as a ``draft`` what was skimmed of it, or of the longer line it was cut out of.
    """

    box: Box
    reading: Reading | None = None
    blank: Ruling | None = None
    ink: bool = True
    draft: Reading | None = None

    @property
    def said(self) -> Reading | None:
        """The reading, or the draft of it."""
        return self.reading or self.draft

    @property
    def text(self) -> str:
        return self.said.text if self.said else ""


@dataclass(slots=True)
class CellBlock:
    """A cell of a table with its lines from top to bottom."""

    cell: Cell
    table: int
    lines: list[Line]

    @property
    def box(self) -> Box:
        return self.cell.box

    @property
    def text(self) -> str:
        return "".join(line.text for line in self.lines)


@dataclass(slots=True)
class Layout:
    """The structure of one sheet. ``rows`` are the lines outside tables, row by row from left to right."""

    sheet: Sheet
    tables: list[Table]
    cells: list[CellBlock]
    rows: list[list[Line]]
    seals: list[Seal]
    mask: Image = field(repr=False)

    @property
    def unit(self) -> float:
        """The sheet's resolution over 200 dpi; lengths in the code are for 200 dpi."""
        return self.sheet.dpi / 200

    def cells_of(self, table: int) -> list[CellBlock]:
        """The cells of one table, by its number."""
        return [block for block in self.cells if block.table == table]

    def lines(self) -> list[Line]:
        """Every line that carries ink, cells first."""
        cell_lines = [line for block in self.cells for line in block.lines]
        return cell_lines + [line for row in self.rows for line in row if line.ink]


def find_layout(sheet: Sheet, detected: list[Box], frame: Frame | None = None) -> Layout:
    """The structure of ``sheet``; ``detected`` are the text detector's boxes, for text outside tables.

    ``frame`` is the sheet's own, where it is known already.
    """
    unit = sheet.dpi / 200
    frame = frame or find_frame(sheet)
    tables, seals, mask = frame.tables, frame.seals, frame.mask
    sheet = join_squares(sheet, tables, unit)
    cells = [
        CellBlock(cell, i, [Line(box) for box in lines_in(mask, cell.box, unit)])
        for i, table in enumerate(tables)
        for cell in table.cells
    ]
    outside = [b for b in detected if not any(t.box.contains(*b.centre) for t in tables)]
    outside = _clear_of_seals(outside, seals, mask, unit)
    loose = [r for r in frame.loose if not _in_black_seal(r, seals)]
    underlines = [r for r in loose if _is_underline(r, outside, sheet.mask, unit)]
    return Layout(sheet, tables, cells, _rows(outside, underlines, mask, unit), seals, mask)


def _is_underline(ruling: Ruling, detected: list[Box], mask: Image, unit: float) -> bool:
    """Whether a loose level ruling is a blank to write on, not strokes of a row of characters.

    An underline is one unbroken thin line, longer than a character is wide, with next to nothing right
    below it.
    """
    if ruling.length < 55 * unit or ruling.thickness > 5 * unit + 1:
        return False
    for box in detected:
        within = box.x0 - unit <= ruling.start and ruling.end <= box.x1 + unit and box.y0 <= ruling.middle <= box.y1
        if within and ruling.length < 1.25 * box.height:
            return False
    xs = np.arange(int(ruling.start) + 2, int(ruling.end) - 2)
    ys = np.round(ruling.at_start + (xs - ruling.start) / ruling.length * (ruling.at_end - ruling.at_start)).astype(int)
    reach = max(1, round(2 * unit))
    near = np.stack([_row(mask, ys + d, xs) for d in range(-reach, reach + 1)])
    below = np.stack([_row(mask, ys + round(d * unit), xs) for d in range(5, 12)])
    return bool(near.any(axis=0).mean() > 0.85 and below.any(axis=0).mean() < 0.35)


def _in_black_seal(ruling: Ruling, seals: list[Seal]) -> bool:
    """Whether a ruling is part of a copied seal: a flat piece of its ring, or an arm of its star."""
    x = (ruling.start + ruling.end) / 2
    return any(
        not s.red and ruling.length < 1.3 * s.radius and np.hypot(x - s.x, ruling.middle - s.y) < 1.08 * s.radius
        for s in seals
    )


def _clear_of_seals(detected: list[Box], seals: list[Seal], mask: Image, unit: float) -> list[Box]:
    """Detected boxes that took in a copied seal, cut down to the lines of writing in them.

    ``mask`` has no seals in it.
    """
    usual = float(np.median([b.height for b in detected])) if detected else 0.0
    out: list[Box] = []
    for box in detected:
        touched = any(not s.red and s.box.clipped(box).width * s.box.clipped(box).height > 0 for s in seals)
        if touched and box.height > 1.6 * usual:
            out += [line.grown(3 * unit, 4 * unit) for line in lines_in(mask, box, unit)]
        else:
            out.append(box)
    return out


def _row(mask: Image, ys: NDArray[np.int64], xs: NDArray[np.int64]) -> NDArray[np.bool_]:
    h, w = mask.shape
    return np.asarray(mask[np.clip(ys, 0, h - 1), np.clip(xs, 0, w - 1)] > 0)


def _rows(boxes: list[Box], underlines: list[Ruling], mask: Image, unit: float) -> list[list[Line]]:
    """Detected boxes and blanks grouped into rows, each cut where a blank begins and ends."""
    groups: list[list[Box]] = []
    for box in sorted(boxes, key=lambda b: b.centre[1]):
        for group in groups:
            # Rows slope a little: compare with what is nearest along the line, and of that with the widest.
            reference = min(group, key=lambda b: (max(b.x0 - box.x1, box.x0 - b.x1, 0.0), -b.width))
            overlap = min(box.y1, reference.y1) - max(box.y0, reference.y0)
            if overlap > 0.5 * min(box.height, reference.height) and not _collides(box, group):
                group.append(box)
                break
        else:
            groups.append([box])
    taken: list[list[Ruling]] = [[] for _ in groups]
    for ruling in underlines:
        i = _row_of(ruling, groups, unit)
        if i is not None:
            taken[i].append(ruling)
    rows = [_cut(group, blanks, mask, unit) for group, blanks in zip(groups, taken, strict=True)]
    rows = [row for row in rows if row]
    return sorted(rows, key=lambda row: min(line.box.y0 + line.box.height / 2 for line in row))


def _collides(box: Box, group: list[Box]) -> bool:
    """Whether the box lies over another of the group, rather than beside it."""
    return any(min(box.x1, b.x1) - max(box.x0, b.x0) > 0.6 * min(box.width, b.width) for b in group)


def _row_of(ruling: Ruling, groups: list[list[Box]], unit: float) -> int | None:
    """The row whose text stands on, or beside, the underline."""
    best, nearest = None, np.inf
    for i, group in enumerate(groups):
        height = float(np.median([b.height for b in group]))
        # Rows slope a little: compare with the box of the row that is nearest along the line.
        box = min(group, key=lambda b: max(b.x0 - ruling.end, ruling.start - b.x1, 0))
        if max(box.x0 - ruling.end, ruling.start - box.x1, 0) > 8 * height:
            continue
        off = abs(ruling.middle - (box.y1 - 0.12 * height))
        if off < 0.65 * height + 4 * unit and off < nearest:
            best, nearest = i, off
    return best


def _cut(group: list[Box], blanks: list[Ruling], mask: Image, unit: float) -> list[Line]:
    """The lines of one row: text between the blanks, and the blanks themselves."""
    lines: list[Line] = []
    height = float(np.median([b.height for b in group]))
    for ruling in blanks:
        over = [b for b in group if min(b.x1, ruling.end) - max(b.x0, ruling.start) > 0.5 * height]
        top = min((b.y0 for b in over), default=ruling.middle - 1.05 * height)
        bottom = max((b.y1 for b in over), default=ruling.middle + 0.1 * height)
        bottom = max(bottom, ruling.middle + 1)
        area = Box(ruling.start - 3 * unit, min(top, ruling.middle - 0.8 * height), ruling.end + 3 * unit, bottom)
        lines.append(_written(area, ruling, mask, unit))
    for box in group:
        pieces = [(box.x0, box.x1)]
        for ruling in blanks:
            cut: list[tuple[float, float]] = []
            for a, b in pieces:
                cut += [(a, min(b, ruling.start - 2 * unit)), (max(a, ruling.end + 2 * unit), b)]
            pieces = [(a, b) for a, b in cut if b - a > 0.3 * height]
        for a, b in pieces:
            piece = Box(a, box.y0, b, box.y1)
            # What is left of a box before or behind a blank may be print that has a box of its own.
            said = any(min(b, o.x1) - max(a, o.x0) > 0.6 * (b - a) for o in group if o is not box)
            if (a, b) == (box.x0, box.x1) or (not said and _has_ink(mask, piece, unit)):
                lines.append(Line(piece))
    return sorted(lines, key=lambda line: line.box.x0)


def _written(area: Box, ruling: Ruling, mask: Image, unit: float) -> Line:
    """The blank above an underline, tightened to the ink written in it.

    Its row may be higher than that by far, with a label lower than the writing or larger writing beside it, and what
    is small in its picture is misread.
    """
    above = Box(area.x0, area.y0, area.x1, min(area.y1, ruling.middle - ruling.thickness / 2 - 2 * unit))
    x0, y0, x1, y1 = (max(0, round(v)) for v in (above.x0, above.y0, above.x1, above.y1))
    part = mask[y0:y1, x0:x1]
    if part.size == 0 or not _has_ink(mask, above, unit):
        return Line(area, blank=ruling, ink=False)
    clean = without_dirt(part, unit)
    columns = _clear_of_print((clean > 0).sum(axis=0) >= 2 * unit, unit)
    if len(columns) == 0:
        return Line(area, blank=ruling, ink=False)
    left, right = int(columns[0]), int(columns[-1]) + 1
    rows = np.flatnonzero(clean[:, left:right].any(axis=1))
    top, bottom = max(area.y0, float(y0 + rows[0])), float(y0 + rows[-1] + 1)
    if bottom >= y1 - 2 * unit:
        bottom = area.y1  # what reaches down to the underline may hang below it
    if bottom - top < _LOW * unit:
        top, bottom = area.y0, area.y1
    return Line(Box(x0 + float(left), top, x0 + float(right), bottom), blank=ruling)


def _clear_of_print(inked: NDArray[np.bool_], unit: float) -> NDArray[np.int64]:
    """The inked columns of a blank without the last stroke of the label before it, or the first behind it."""
    columns = np.flatnonzero(inked)
    for end in (0, -1):
        if len(columns) < 2:
            break
        edge = 0 if end == 0 else len(inked) - 1
        gaps = np.flatnonzero(np.diff(columns) > 3 * unit)
        if abs(int(columns[end]) - edge) > 2 * unit or len(gaps) == 0:
            continue
        cut = int(gaps[0]) + 1 if end == 0 else int(gaps[-1]) + 1
        stroke = columns[:cut] if end == 0 else columns[cut:]
        if stroke[-1] - stroke[0] < 9 * unit:
            columns = columns[cut:] if end == 0 else columns[:cut]
    return columns


def _has_ink(mask: Image, box: Box, unit: float) -> bool:
    """Whether the box holds as much ink as the smallest digit."""
    return ink_area(mask, box, unit) > 0.35
