"""The frame of a sheet: its seals, its rulings and the tables they enclose. No text is needed for it."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.forms.closing import close_tables
from pipeline.forms.inklines import ink_area
from pipeline.forms.rulings import Ruling, faint_rulings, find_rulings
from pipeline.forms.seals import Seal, find_seals, without_seals
from pipeline.forms.streaks import apart, find_streaks, without_streaks
from pipeline.forms.tables import Table, find_tables, loose_rulings
from pipeline.sheets import Box, Image, Sheet

_HEAD = 0.15  # of a table's height: its first rows are detected too, to tell by which way up the sheet stands
_MARGIN = 12  # px at 200 dpi; writing above a table may touch it
_LEAST = 60  # px at 200 dpi; less is not worth being left out
_LONGEST = 0.6  # of the page's height
_AROUND = 24  # px at 200 dpi of white paper are left around text
_WHITE = 160  # px at 200 dpi; a wider white band is left out
_GRAIN = 3  # px at 200 dpi of ink in a row or column; less is a grain of dirt
_PIECES = 2  # upright rulings that make a table likely where none is found
_CELLS = 6  # of a table that only shows in faint ink
_DIRT = 3.0  # mm²; more ink than this beside a table is text


@dataclass(slots=True)
class Frame:
    """``mask`` is the sheet's without black seals and streaks, ``loose`` the level rulings of no table."""

    tables: list[Table]
    loose: list[Ruling]
    seals: list[Seal]
    mask: Image = field(repr=False)


def find_frame(sheet: Sheet) -> Frame:
    """The structure that shows before anything is read."""
    unit = sheet.dpi / 200
    seals = find_seals(sheet)
    mask = without_seals(sheet.mask, seals)
    across, upright = find_rulings(sheet)
    streaks = find_streaks(across, upright, unit)
    mask = without_streaks(mask, streaks)
    tables = _tables(sheet, mask, across, upright, streaks)
    if not tables and len(upright) >= _PIECES:
        # Rulings there are, but they enclose nothing: a copier may have made dashes of them.
        faint = faint_rulings(sheet)
        tables = [t for t in _tables(sheet, mask, *faint, find_streaks(*faint, unit)) if len(t.cells) >= _CELLS]
    return Frame(tables, loose_rulings(across, tables, unit), seals, mask)


def _tables(
    sheet: Sheet, mask: Image, across: list[Ruling], upright: list[Ruling], streaks: list[Ruling]
) -> list[Table]:
    unit, (h, w) = sheet.dpi / 200, sheet.ink.shape
    upright = close_tables(across, apart(upright, streaks, unit), mask, unit)
    return find_tables(across, upright, w, h, unit)


def open_parts(frame: Frame, sheet: Sheet) -> list[Box]:
    """The parts of a sheet in which text may stand outside tables, and the heads of the tables, white paper cut away.

    A long part is cut where no line of writing is, so that a detector needs memory for a part at a time.
    """
    unit = sheet.dpi / 200
    h = sheet.ink.shape[0]
    ranges = [(0, h)]
    for table in frame.tables:
        top = round(table.box.y0 + _HEAD * table.box.height)
        bottom = round(table.box.y1 - _MARGIN * unit)
        if bottom - top < _LEAST * unit or _has_text_beside(table, frame.mask, sheet.frame, unit):
            continue
        ranges = [
            part
            for a, b in ranges
            for part in ([(a, b)] if bottom <= a or top >= b else [(a, top), (bottom, b)])
            if part[1] > part[0]
        ]
    inked = [part for a, b in ranges for part in _inked(sheet.mask, a, b, unit)]
    parted = [part for a, b in inked for part in _parted(frame.mask, a, b, round(_LONGEST * h))]
    return [_trimmed(sheet.mask, a, b, unit) for a, b in parted]


def _inked(mask: Image, top: int, bottom: int, unit: float) -> list[tuple[int, int]]:
    """A range of rows without the white paper at its ends, and in two where much of it parts them."""
    rows = np.flatnonzero(_sums(mask[top:bottom], 1) >= _GRAIN * unit)
    if len(rows) == 0:
        return []
    margin, gaps = round(_AROUND * unit), np.flatnonzero(np.diff(rows) > _WHITE * unit)
    starts, ends = rows[[0, *(gaps + 1)]], rows[[*gaps, -1]]
    return [
        (max(top, top + int(a) - margin), min(bottom, top + int(b) + 1 + margin))
        for a, b in zip(starts, ends, strict=True)
    ]


def _trimmed(mask: Image, top: int, bottom: int, unit: float) -> Box:
    """The part of some rows that is not white paper at their left and right."""
    columns = np.flatnonzero(_sums(mask[top:bottom], 0) >= _GRAIN * unit)
    margin, width = _AROUND * unit, mask.shape[1]
    if len(columns) == 0:
        return Box(0, top, width, bottom)
    x0, x1 = round(columns[0] - margin), round(columns[-1] + 1 + margin)
    return Box(max(0, x0), top, min(width, x1), bottom)


def _sums(mask: Image, axis: int) -> NDArray[np.float64]:
    """How many pixels of each column (``axis`` 0) or row (1) are ink."""
    return np.asarray(cv2.reduce(mask, axis, cv2.REDUCE_SUM, dtype=cv2.CV_32S), dtype=np.float64).ravel() / 255


def _parted(mask: Image, top: int, bottom: int, longest: int) -> list[tuple[int, int]]:
    """A range of rows in parts no longer than ``longest``, or little more, cut at the rows with least ink."""
    if bottom - top <= longest:
        return [(top, bottom)]
    third = (bottom - top) // 3
    ink = _sums(mask[top + third : bottom - third], 1)
    clear = np.flatnonzero(ink == ink.min())
    cut = top + third + int(clear[np.argmin(np.abs(clear - len(ink) / 2))])
    return [*_parted(mask, top, cut, longest), *_parted(mask, cut, bottom, longest)]


def _has_text_beside(table: Table, mask: Image, page: Box, unit: float) -> bool:
    """Whether there is writing left or right of a table, as there is above one that lies on its side."""
    gap = _MARGIN * unit
    left = Box(page.x0, table.box.y0, table.box.x0 - gap, table.box.y1)
    right = Box(table.box.x1 + gap, table.box.y0, page.x1, table.box.y1)
    return any(ink_area(mask, side, unit) > _DIRT for side in (left, right) if side.width > 0)
