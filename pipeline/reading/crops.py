"""Cut lines out of a sheet for the recogniser."""

from __future__ import annotations

import numpy as np

from pipeline.records import Box, Image, Sheet

_PAD_Y, _PAD_X = 0.14, 0.22  # of the line's height; strokes cut at the edge are misread
_LEAST = 3.0  # px


def crop_line(sheet: Sheet, box: Box) -> Image:
    """The gray picture of one line ``(h, w)``, with a margin, white where the sheet ends."""
    area = box.grown(max(_LEAST, _PAD_X * box.height), max(_LEAST, _PAD_Y * box.height)).clipped(sheet.frame)
    x0, y0, x1, y1 = round(area.x0), round(area.y0), round(area.x1), round(area.y1)
    crop = sheet.ink[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
    return np.ascontiguousarray(crop)
