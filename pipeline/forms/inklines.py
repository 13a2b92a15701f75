"""Lines of writing found by their ink alone, without a detector: what a ruled cell needs."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.sheets import Box, Image

_GRAIN = 9  # px² at 200 dpi; less ink is dirt


def lines_in(mask: Image, box: Box, unit: float) -> list[Box]:
    """The lines of writing within ``box`` from top to bottom, each as the box of its ink.

    ``mask`` ``(h, w)`` is 255 where there is ink, in the frame of ``box``; ``unit`` is the sheet's
    resolution over 200 dpi. Specks and remains of rulings along the edges are not writing.
    """
    inner = box.grown(-3 * unit)
    x0, y0, x1, y1 = (round(v) for v in (inner.x0, inner.y0, inner.x1, inner.y1))
    part = mask[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)]
    if part.size == 0:
        return []
    clean = _without_specks(part, unit)
    bands = _bands(clean, unit)
    out = []
    for top, bottom in bands:
        columns = np.flatnonzero(clean[top:bottom].any(axis=0))
        if len(columns):
            out.append(Box(x0 + float(columns[0]), y0 + float(top), x0 + float(columns[-1]) + 1, y0 + float(bottom)))
    return out


def ink_area(mask: Image, box: Box, unit: float) -> float:
    """Inked area within ``box`` in square millimetres, specks left out."""
    x0, y0, x1, y1 = (max(0, round(v)) for v in (box.x0, box.y0, box.x1, box.y1))
    part = mask[y0:y1, x0:x1]
    if part.size == 0:
        return 0.0
    return float(np.count_nonzero(_without_specks(part, unit))) / (200 * unit / 25.4) ** 2


def without_dirt(part: Image, unit: float) -> Image:
    """A part of a mask without grains of dirt, and with all else that is in it."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(part, connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] >= _GRAIN * unit * unit
    keep[0] = False
    return np.asarray(keep[labels] * np.uint8(255), dtype=np.uint8)


def _without_specks(part: Image, unit: float) -> Image:
    """The writing alone: components larger than a grain of dirt and not slivers along the cell's edge."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(part, connectivity=8)
    h, w = part.shape
    x, y, cw, ch, area = (stats[:, i] for i in range(5))
    keep = area >= _GRAIN * unit * unit
    edge = 4 * unit + 1
    sliver_level = (ch <= edge) & (cw > 5 * ch) & ((y <= 1) | (y + ch >= h - 1))
    sliver_upright = (cw <= edge) & (ch > 5 * cw) & ((x <= 1) | (x + cw >= w - 1))
    keep &= ~(sliver_level | sliver_upright)
    # The inner line of a double border stands off the edge; it runs through all of the cell.
    off = 14 * unit
    lean, thin = 12 * unit, 10 * unit
    through_upright = (ch > 0.85 * h) & (h > 30 * unit) & (cw <= lean) & (area <= thin * ch)
    through_upright &= (x <= off) | (x + cw >= w - off)
    through_level = (cw > 0.85 * w) & (w > 60 * unit) & (ch <= lean) & (area <= thin * cw)
    through_level &= (y <= off) | (y + ch >= h - off)
    keep &= ~(through_upright | through_level)
    keep[0] = False
    clean = np.asarray(keep[labels] * np.uint8(255), dtype=np.uint8)
    around = np.flatnonzero((cw > 0.85 * w) & (ch > 0.85 * h) & keep)
    if len(around) and w > 60 * unit and h > 30 * unit:
        margin = round(off)
        middle = np.zeros_like(clean)
        middle[margin : h - margin, margin : w - margin] = 255
        clean[np.isin(labels, around) & (middle == 0)] = 0
    return clean


def _bands(clean: Image, unit: float) -> list[tuple[int, int]]:
    """Vertical ranges of lines, from the profile of ink along the rows."""
    profile = (clean > 0).sum(axis=1).astype(np.float64)
    if profile.max(initial=0) == 0:
        return []
    kernel = max(1, round(3 * unit))
    smooth = np.convolve(profile, np.ones(kernel) / kernel, mode="same")
    runs = _runs(smooth > 0.5)
    bands: list[tuple[int, int]] = []
    for top, bottom in runs:
        bands += _split(smooth, top, bottom, unit)
    return _joined(bands, profile, unit)


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    padded = np.concatenate([[False], flags, [False]])
    edges = np.flatnonzero(np.diff(padded.astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _split(profile: NDArray[np.float64], top: int, bottom: int, unit: float) -> list[tuple[int, int]]:
    """Two lines whose strokes touch, parted at a deep valley between two tall enough halves."""
    if bottom - top < 44 * unit:
        return [(top, bottom)]
    margin = round(18 * unit)
    middle = profile[top + margin : bottom - margin]
    if len(middle) == 0:
        return [(top, bottom)]
    at = int(np.argmin(middle)) + top + margin
    peak = min(profile[top:at].max(), profile[at:bottom].max())
    if profile[at] > 0.22 * peak:
        return [(top, bottom)]
    return _split(profile, top, at, unit) + _split(profile, at, bottom, unit)


def _joined(bands: list[tuple[int, int]], profile: NDArray[np.float64], unit: float) -> list[tuple[int, int]]:
    """Slivers (dots, dashes, the top stroke of a character) joined to the nearest line."""
    out = list(bands)
    while len(out) > 1:
        heights = [b - a for a, b in out]
        i = int(np.argmin(heights))
        if heights[i] >= 14 * unit:
            break
        gaps = [out[i][0] - out[i - 1][1] if i else np.inf, out[i + 1][0] - out[i][1] if i + 1 < len(out) else np.inf]
        j = i - 1 if gaps[0] <= gaps[1] else i + 1
        if min(gaps) > 12 * unit:
            if profile[out[i][0] : out[i][1]].sum() < 40 * unit * unit:
                del out[i]
                continue
            break
        lo, hi = min(i, j), max(i, j)
        out[lo : hi + 1] = [(out[lo][0], out[hi][1])]
    return [(a, b) for a, b in out if b - a >= 3 * unit]
