"""Ruled lines: the straight strokes of tables and underlined blanks.

All coordinates are in the frame of a flattened sheet, in pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.forms.components import sparse_components
from pipeline.sheets import Image, Sheet

REACH = 14
"""px at 200 dpi: rulings that stop this far from one another meet."""

_LONGEST_STROKE = 110  # px at 200 dpi; the upright strokes of two lines of print may run into one as long
_HUNG_ON = 0.3  # share of such a stroke with ink right beside it, on the side with less; the other has twice that

_NEIGHBOURHOOD, _FAINT = 51, 10  # px, and gray levels that faint ink is darker than its neighbourhood's mean


@dataclass(frozen=True, slots=True)
class Ruling:
    """A straight ruled line, nearly level (``across``) or nearly upright.

    It runs from ``start`` to ``end`` along its main axis (x if across, else y) and lies at ``at_start``
    and ``at_end`` on the other; a page that is a little curled or out of square gives the two different
    values.
    """

    across: bool
    start: float
    end: float
    at_start: float
    at_end: float
    thickness: float

    @property
    def length(self) -> float:
        return self.end - self.start

    @property
    def middle(self) -> float:
        return (self.at_start + self.at_end) / 2

    def at(self, position: float) -> float:
        """Where the line lies on its cross axis at ``position`` of its main axis (extended straight)."""
        if self.length < 1:
            return self.middle
        t = (position - self.start) / self.length
        return self.at_start + t * (self.at_end - self.at_start)


def find_rulings(sheet: Sheet) -> tuple[list[Ruling], list[Ruling]]:
    """The level and the upright rulings of a sheet, double rules and hair-breaks merged."""
    unit = sheet.dpi / 200
    across = _merged(_segments(sheet.mask, True, unit), unit, 10 * unit)
    upright = _merged(_segments(sheet.mask, False, unit), unit, 10 * unit)
    return across, [r for r in upright if r.length > _LONGEST_STROKE * unit or not _in_writing(r, sheet.mask, unit)]


def faint_rulings(sheet: Sheet) -> tuple[list[Ruling], list[Ruling]]:
    """:func:`find_rulings` in fainter ink than writing is looked for in: rulings of which a copier left dashes.

    The threshold is a mean over the neighbourhood, as that of the sheet's mask is; grain makes no straight runs.
    """
    faint = cv2.adaptiveThreshold(
        sheet.ink, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, _NEIGHBOURHOOD, _FAINT
    )
    return find_rulings(replace(sheet, mask=np.asarray(faint, dtype=np.uint8)))


def _in_writing(ruling: Ruling, mask: Image, unit: float) -> bool:
    """Whether an upright line has characters hanging on along most of it: strokes one below the other."""
    ys = np.arange(max(0, int(ruling.start)), min(mask.shape[0], int(ruling.end)))
    xs = np.round([ruling.at(float(y)) for y in ys]).astype(int)
    half = ruling.thickness / 2
    beside = []
    for side in (-1, 1):
        offsets = [round(side * (half + d * unit)) for d in range(3, 16, 2)]
        columns = [mask[ys, np.clip(xs + offset, 0, mask.shape[1] - 1)] > 0 for offset in offsets]
        beside.append(float(np.any(columns, axis=0).mean()) if len(ys) else 0.0)
    return max(beside) > 2 * _HUNG_ON and min(beside) > _HUNG_ON


def _segments(mask: Image, across: bool, unit: float) -> list[Ruling]:
    """Straight runs of ink longer than any stroke of writing."""
    if not across:
        mask = np.asarray(cv2.transpose(mask), dtype=np.uint8)
    # A line half a degree out of square climbs a pixel every 110: closing by a pixel keeps it in one piece.
    thick = cv2.dilate(mask, np.ones((3, 1), np.uint8))
    run = max(15, int(44 * unit))
    opened = cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1, run), np.uint8))
    rulings = []
    for x, y, part in sparse_components(np.asarray(opened, dtype=np.uint8)):
        h, w = part.shape
        if w < 1.5 * run and h > 0.25 * w:
            continue
        ruling = _fitted(part, x, y, int(np.count_nonzero(part)), across, unit)
        if ruling is not None:
            rulings.append(ruling)
    return rulings


def _fitted(part: NDArray[np.bool_], x: int, y: int, area: int, across: bool, unit: float) -> Ruling | None:
    """A line through one blob of ink, or ``None`` where the blob is no line (a filled box, a stroke)."""
    h, w = part.shape
    thickness = max(1.0, area / w - 2)  # less the two pixels of the dilation
    if thickness > 9 * unit + 2:
        return None
    columns = np.arange(w)
    heights = part.sum(axis=0)
    centre = (part * np.arange(h)[:, None]).sum(axis=0) / np.maximum(heights, 1)
    # Columns where writing or a crossing line hangs on are thicker; the line is fitted through the rest.
    plain = heights <= np.median(heights) + 1
    if plain.sum() < 5:
        return None
    slope, offset = np.polyfit(columns[plain], centre[plain], 1)
    if abs(slope) > 0.06:
        return None
    rest = centre[plain] - (slope * columns[plain] + offset)
    if float(np.abs(rest).mean()) > 2.5 * unit + 0.5:
        return None
    return Ruling(across, float(x), float(x + w), y + float(offset), y + float(offset + slope * w), thickness)


def mend(rulings: list[Ruling], unit: float) -> list[Ruling]:
    """The lines of a table joined across the breaks that copying leaves.

    Not for underlines: two blanks with a word between them are two.
    """
    return _merged(rulings, unit, 60 * unit)


def _merged(rulings: list[Ruling], unit: float, gap: float) -> list[Ruling]:
    """Pieces of one line joined across gaps, and the two strokes of a double rule taken as one."""
    near = 9 * unit + 1  # the strokes of a 1½ pt double rule stand 8 px apart
    todo = sorted(rulings, key=lambda r: (r.start, r.middle))
    out: list[Ruling] = []
    for ruling in todo:
        for i, other in enumerate(out):
            if ruling.start > other.end + gap or ruling.end < other.start - gap:
                continue
            at = min(max(ruling.start, other.start), other.end)
            if (
                abs(ruling.at(at) - other.at(at)) <= near
                and abs(ruling.middle - other.at((ruling.start + ruling.end) / 2)) <= near
            ):
                out[i] = _joined(other, ruling)
                break
        else:
            out.append(ruling)
    return out if len(out) == len(rulings) else _merged(out, unit, gap)


def _joined(a: Ruling, b: Ruling) -> Ruling:
    start, end = min(a.start, b.start), max(a.end, b.end)
    long = a if a.length >= b.length else b
    at_start = a.at_start if a.start <= b.start else b.at_start
    at_end = a.at_end if a.end >= b.end else b.at_end
    if long.length > 0.8 * (end - start):
        at_start, at_end = long.at(start), long.at(end)
    return Ruling(a.across, start, end, at_start, at_end, max(a.thickness, b.thickness))
