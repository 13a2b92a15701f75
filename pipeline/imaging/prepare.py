"""From a page as scanned to an upright, flat sheet with its ink apart from its seals."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.imaging.deskew import skew_angle
from pipeline.imaging.geometry import quarter_turn, rectifying, rotation, scaling
from pipeline.imaging.light import binarise, even_light, is_coloured, reading_ink, red_ink
from pipeline.imaging.quality import page_quality
from pipeline.imaging.sheet import find_sheet
from pipeline.raster import shrink
from pipeline.sheets import Image, Matrix, PageImage, Sheet

WORKING_DPI = 200.0
"""Sheets are brought to this resolution; more adds nothing to a recogniser that reads lines 48 px high."""

_A4_LONG = 11.69  # inches
_LINEAR = 0.6  # of the size; a warp that shrinks more would pass over pixels


def flatten(page: PageImage) -> Sheet:
    """The sheet, flat and square, but still in whichever of the four orientations it was scanned.

    Paper is found and its perspective undone, the rest of the skew is taken out, and everything is done
    to the pixels in one warp, so that they are interpolated once.
    """
    source = page.pixels
    h, w = source.shape[:2]
    quad = find_sheet(source)
    matrix, (width, height) = rectifying(quad) if quad else (np.eye(3), (float(w), float(h)))
    dpi = _resolution(width, height, page.dpi if quad is None else 0.0)
    factor = min(1.0, WORKING_DPI / dpi)
    matrix, width, height = scaling(factor) @ matrix, width * factor, height * factor
    source, shrunk = _shrunk(source, matrix)
    matrix = matrix @ shrunk
    preview = _warp(source, matrix, width, height)
    angle = skew_angle(np.asarray(cv2.cvtColor(preview, cv2.COLOR_BGR2GRAY), dtype=np.uint8))
    if abs(angle) > 0.05:
        turn, (width, height) = rotation(angle, width, height)
        matrix = turn @ matrix
        preview = _warp(source, matrix, width, height)
    return _sheet(preview, dpi * factor, np.asarray(shrunk @ np.linalg.inv(matrix), dtype=np.float64))


def turned(sheet: Sheet, turns: int) -> Sheet:
    """The sheet after ``turns`` quarter turns clockwise; the way back to the scan is kept."""
    if turns % 4 == 0:
        return sheet
    h, w = sheet.ink.shape
    matrix, _ = quarter_turn(turns, w, h)
    code = {1: cv2.ROTATE_90_CLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_COUNTERCLOCKWISE}[turns % 4]
    return Sheet(
        pixels=_turn(sheet.pixels, code),
        ink=_turn(sheet.ink, code),
        mask=_turn(sheet.mask, code),
        red=_turn(sheet.red, code),
        dpi=sheet.dpi,
        to_scan=sheet.to_scan @ np.linalg.inv(matrix),
        quality=sheet.quality,
        colour=sheet.colour,
    )


def _turn(image: Image, code: int) -> Image:
    return np.asarray(cv2.rotate(image, code), dtype=np.uint8)


def _sheet(pixels: Image, dpi: float, to_scan: Matrix) -> Sheet:
    even = even_light(pixels)
    colour = is_coloured(even)
    red = red_ink(even) if colour else np.zeros(even.shape[:2], dtype=np.uint8)
    ink = reading_ink(even, red)
    mask = binarise(ink, colour=colour)
    quality = page_quality(ink, mask)
    return Sheet(pixels=even, ink=ink, mask=mask, red=red, dpi=dpi, to_scan=to_scan, quality=quality, colour=colour)


def _resolution(width: float, height: float, stated: float) -> float:
    """Pixels an inch: as stated if the page then has a believable size, else as if it were A4."""
    as_a4 = max(width, height) / _A4_LONG
    if stated and 0.4 < as_a4 / stated < 1.3:
        return stated
    return as_a4


def _shrunk(source: Image, matrix: Matrix) -> tuple[Image, Matrix]:
    """``source`` shrunk where ``matrix`` shrinks much, with the matrix from the smaller picture to it."""
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:2, :2]))))
    if scale >= _LINEAR:
        return source, np.eye(3)
    h, w = source.shape[:2]
    width, height = max(1, round(w * scale)), max(1, round(h * scale))
    return shrink(source, width, height), np.diag([w / width, h / height, 1.0])


def _warp(source: Image, matrix: Matrix, width: float, height: float) -> Image:
    """``source`` seen through ``matrix`` on white."""
    size = (max(1, round(width)), max(1, round(height)))
    if np.allclose(matrix, np.eye(3)) and size == (source.shape[1], source.shape[0]):
        return source
    flags, edge, white = cv2.INTER_LINEAR, cv2.BORDER_CONSTANT, (255, 255, 255)
    if np.allclose(matrix[2], (0, 0, 1)):  # no perspective, and so no division at every pixel
        out = cv2.warpAffine(source, matrix[:2], size, flags=flags, borderMode=edge, borderValue=white)
    else:
        out = cv2.warpPerspective(source, matrix, size, flags=flags, borderMode=edge, borderValue=white)
    return np.asarray(out, dtype=np.uint8)
