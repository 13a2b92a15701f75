"""Cut lines out of a sheet for the recogniser."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from pipeline.reading.engine import HEIGHT, SNUG
from pipeline.sheets import Box, Image, Sheet

_PAD_X, _PAD_Y = 0.22, 0.14  # of the line's height; strokes cut at the edge are misread
_LEAST = 3.0  # px
_NARROW = 0.85  # of the line's width
_SKIM = 0.5  # of the line's width
_LEGEND_RIM, _LEGEND_FOOT = 0.96, 0.64  # of a seal's radius, between which its legend runs
_LEGEND_MIDDLE = 0.82  # of the radius, where a legend's characters are as wide as they are high
_REDDER = 3  # contrast of red ink


def crop_line(sheet: Sheet, box: Box) -> Image:
    """The gray picture of one line ``(h, w)``, with a margin, white where the sheet ends."""
    x0, y0, x1, y1 = _edges(sheet, box)
    return np.ascontiguousarray(sheet.ink[y0:y1, x0:x1])


def skim_line(sheet: Sheet, box: Box) -> Image:
    """:func:`crop_line` at half its width: print stays legible, for half the work."""
    return _narrowed(crop_line(sheet, box), _SKIM, cv2.INTER_AREA)


def is_short(sheet: Sheet, box: Box) -> bool:
    """Whether a line is of two characters or so: a picture at half its width would save little of what it may lose."""
    x0, y0, x1, y1 = _edges(sheet, box)
    return (x1 - x0) * HEIGHT <= SNUG * (y1 - y0)


def along(sheet: Sheet, box: Box, centres: Sequence[float]) -> list[float]:
    """Fractions of the width of a line's :func:`crop_line` as fractions of the width of the line's ``box``, 0 to 1.

    A crop has a margin that its line has not, so that the two differ by up to a character at the ends of a line.
    """
    x0, _, x1, _ = _edges(sheet, box)
    width = max(box.width, 1e-6)
    return [min(1.0, max(0.0, (x0 + c * (x1 - x0) - box.x0) / width)) for c in centres]


def another_look(sheet: Sheet, box: Box) -> Image:
    """:func:`crop_line` a little narrower: strokes meet the recogniser's steps elsewhere, and err elsewhere.

    Of twelve ways to look again this one alone does nearly as much as four together did (docs/performance.md).
    """
    return _narrowed(crop_line(sheet, box), _NARROW, cv2.INTER_LINEAR)


def unroll_legend(sheet: Sheet, centre: tuple[float, float], radius: float, *, red: bool) -> Image:
    """The legend of a round seal as a straight line ``(h, w)``, dark on white.

    ``centre`` and ``radius`` are those of the seal's ring in sheet pixels. A legend runs clockwise from
    lower left to lower right, so the circle is cut open at its foot, and stays whole if the stamp was
    held a little askew.
    """
    x, y = centre
    reach = radius + 2
    area = Box(x - reach, y - reach, x + reach, y + reach).clipped(sheet.frame)
    x0, y0, x1, y1 = (round(v) for v in (area.x0, area.y0, area.x1, area.y1))
    if red:
        part = sheet.pixels[y0:y1, x0:x1].astype(np.int16)
        redness = part[:, :, 2] - (part[:, :, 0] + part[:, :, 1]) // 2
        picture = np.clip(255 - _REDDER * redness, 0, 255).astype(np.uint8)
    else:
        picture = sheet.ink[y0:y1, x0:x1]
    around = round(2 * np.pi * radius * _LEGEND_MIDDLE)
    polar = cv2.warpPolar(
        picture, (round(radius), around), (x - x0, y - y0), radius, cv2.WARP_POLAR_LINEAR + cv2.WARP_FILL_OUTLIERS
    )
    # Rows are angles, clockwise from the right; columns are radii. Turned, the rim is on top.
    straight = np.roll(np.rot90(polar), -(around // 4), axis=1)
    height = straight.shape[0]
    line = straight[round((1 - _LEGEND_RIM) * height) : round((1 - _LEGEND_FOOT) * height)]
    return np.asarray(cv2.copyMakeBorder(line, 6, 6, 6, 6, cv2.BORDER_CONSTANT, value=(255,)), dtype=np.uint8)


def _narrowed(picture: Image, share: float, interpolation: int) -> Image:
    h, w = picture.shape
    return np.asarray(cv2.resize(picture, (max(8, round(share * w)), h), interpolation=interpolation), dtype=np.uint8)


def _edges(sheet: Sheet, box: Box) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of a box with its margin, in whole pixels of the sheet."""
    area = box.grown(max(_LEAST, _PAD_X * box.height), max(_LEAST, _PAD_Y * box.height)).clipped(sheet.frame)
    x0, y0, x1, y1 = round(area.x0), round(area.y0), round(area.x1), round(area.y1)
    return x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)
