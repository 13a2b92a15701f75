"""Cut lines out of a sheet for the recogniser."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.records import Box, Image, Sheet

_PAD_X, _PAD_Y = 0.22, 0.14  # of the line's height; strokes cut at the edge are misread
_TIGHT_X, _TIGHT_Y = 0.08, 0.02
_LEAST = 3.0  # px
_LEAN = -0.22  # px across a pixel down
_NARROW = 0.85  # of the line's width


def crop_line(sheet: Sheet, box: Box) -> Image:
    """The gray picture of one line ``(h, w)``, with a margin, white where the sheet ends."""
    return _crop(sheet, box, _PAD_X, _PAD_Y)


def further_looks(sheet: Sheet, box: Box) -> list[Image]:
    """Other pictures of the line: cut tighter, with fatter strokes, upright where it leans, and narrower.

    Of twelve ways to look again, these four together set most wrong readings right (docs/accuracy.md).
    """
    usual = crop_line(sheet, box)
    h, w = usual.shape
    fat = np.asarray(cv2.erode(usual, np.ones((2, 2), np.uint8)), dtype=np.uint8)
    narrow = np.asarray(cv2.resize(usual, (max(8, round(_NARROW * w)), h)), dtype=np.uint8)
    return [_crop(sheet, box, _TIGHT_X, _TIGHT_Y), fat, _sheared(usual, _LEAN), narrow]


def _crop(sheet: Sheet, box: Box, pad_x: float, pad_y: float) -> Image:
    area = box.grown(max(_LEAST, pad_x * box.height), max(_LEAST, pad_y * box.height)).clipped(sheet.frame)
    x0, y0, x1, y1 = round(area.x0), round(area.y0), round(area.x1), round(area.y1)
    crop = sheet.ink[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
    return np.ascontiguousarray(crop)


def _sheared(picture: Image, lean: float) -> Image:
    h = picture.shape[0]
    pad = int(abs(lean) * h / 2) + 2
    wide = cv2.copyMakeBorder(picture, 0, 0, pad, pad, cv2.BORDER_REPLICATE)
    matrix = np.array([[1, lean, -lean * h / 2], [0, 1, 0]], dtype=np.float32)
    moved = cv2.warpAffine(wide, matrix, (wide.shape[1], h), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, dtype=np.uint8)
