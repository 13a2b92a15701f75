"""Whether a PDF page is a scan, and at which resolution: its images, how dense they are, what lies over them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pypdfium2.raw as pdfium_c

from pipeline.intake.faults import fault
from pipeline.settings import Limits

POINTS_PER_INCH = 72.0
_MAX_OBJECTS = 20_000  # looked at; a page with more is drawn by a program
_MIN_SHARE = 0.05  # of the page: smaller images are logos and stamps
_SCAN_SHARE = 0.5
_SAME_DENSITY = 1.05
_INVISIBLE_TEXT = (pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium_c.FPDF_TEXTRENDERMODE_CLIP)

_Matrix = tuple[float, float, float, float, float, float]
"""``(a, b, c, d, e, f)`` of PDF: ``x' = a x + c y + e``, ``y' = b x + d y + f``."""


@dataclass(frozen=True, slots=True)
class Scan:
    """The images of a scanned page.

    ``across`` and ``down`` are the pixels an inch along the page as displayed; ``pure`` says that nothing
    visible is drawn over the images; ``images`` are the pdfium objects.
    """

    across: float
    down: float
    pure: bool
    images: list[Any]


def find_scan(page: Any, number: int, limits: Limits) -> Scan | None:
    """The scan that a pypdfium2 page shows, or ``None`` for a page drawn by a program.

    An invisible text layer, a page cut into strips, and layers of different density are still scans: the
    densest layer counts, since it holds the text. ``number`` is the page's, for messages. Raises
    ``FileError too_many_pixels`` for an image over the limit, before it is decoded.
    """
    left, bottom, right, top = page.get_bbox()
    area = (right - left) * (top - bottom)
    images: list[Any] = []
    densities: list[tuple[float, float]] = []
    share, over = 0.0, False
    for item in islice(page.get_objects(), _MAX_OBJECTS):
        if item.type != pdfium_c.FPDF_PAGEOBJ_IMAGE:
            over = over or (bool(images) and _is_visible(item))
            continue
        matrix = _page_matrix(item)
        covered = _share(matrix, (left, bottom, right, top), area)
        if covered < _MIN_SHARE:
            continue
        width, height = item.get_px_size()
        if width * height > limits.max_pixels:
            raise fault("too_many_pixels", page=number, width=width, height=height, limit=limits.max_pixels)
        images.append(item)
        share += covered
        densities.append(_density(matrix, width, height))
    if share < _SCAN_SHARE or not all(math.isfinite(d) for pair in densities for d in pair):
        return None
    across, down = max(densities, key=max)
    if max(across, down) > _SAME_DENSITY * min(across, down):
        across = down = max(across, down)  # oblong pixels of a fax: shown square
    if page.get_rotation() in (90, 270):
        across, down = down, across
    return Scan(across, down, not over, images)


def _is_visible(item: Any) -> bool:
    if item.type == pdfium_c.FPDF_PAGEOBJ_TEXT:
        return pdfium_c.FPDFTextObj_GetTextRenderMode(item) not in _INVISIBLE_TEXT
    return bool(item.type in (pdfium_c.FPDF_PAGEOBJ_PATH, pdfium_c.FPDF_PAGEOBJ_SHADING))


def _page_matrix(item: Any) -> _Matrix:
    """From the unit square of an image to the page, through the form objects it lies in."""
    matrix: _Matrix = item.get_matrix().get()
    while item.container is not None:
        item = item.container
        matrix = _product(matrix, item.get_matrix().get())
    return matrix


def _product(first: _Matrix, then: _Matrix) -> _Matrix:
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)


def _share(matrix: _Matrix, box: tuple[float, float, float, float], area: float) -> float:
    """The part of the page, 0..1, that the image's upright bounds cover."""
    a, b, c, d, e, f = matrix
    xs, ys = (e, e + a, e + c, e + a + c), (f, f + b, f + d, f + b + d)
    width = min(max(xs), box[2]) - max(min(xs), box[0])
    height = min(max(ys), box[3]) - max(min(ys), box[1])
    return max(width, 0.0) * max(height, 0.0) / area if area > 0 else 0.0


def _density(matrix: _Matrix, width: int, height: int) -> tuple[float, float]:
    """Image pixels an inch along the x and y axes of the page, before the page's own rotation."""
    a, b, c, d, _, _ = matrix
    along_rows = width * POINTS_PER_INCH / (math.hypot(a, b) or math.nan)
    along_columns = height * POINTS_PER_INCH / (math.hypot(c, d) or math.nan)
    return (along_rows, along_columns) if abs(a) >= abs(b) else (along_columns, along_rows)
