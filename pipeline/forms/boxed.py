"""The lines in a box that a person drew on a page."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.forms.inklines import lines_in
from pipeline.forms.layout import Layout, Line
from pipeline.forms.rulings import Ruling, find_rulings
from pipeline.sheets import Box, Image, Quad, Sheet


def box_on(sheet: Sheet, quad: Quad) -> Box:
    """The box on the sheet around a quad of the page as scanned, as far as it lies on the sheet."""
    corners = np.array([[x, y, 1.0] for x, y in quad]) @ np.linalg.inv(sheet.to_scan).T
    points = corners[:, :2] / corners[:, 2:3]
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    return Box(float(x0), float(y0), float(x1), float(y1)).clipped(sheet.frame)


def lines_in_box(layout: Layout, box: Box) -> list[Line]:
    """The lines of writing within ``box``, top to bottom, still to be read.

    A person draws around a cell as gladly as within it: rulings are no writing.
    """
    # What lines_in() leaves out along the edges of a cell, because a ruling runs there, is asked for here.
    return [Line(found) for found in lines_in(_without_rulings(layout), box.grown(3 * layout.unit), layout.unit)]


def _without_rulings(layout: Layout) -> Image:
    mask = layout.mask.copy()
    across, upright = find_rulings(layout.sheet)
    for ruling in across:
        _erase(mask, ruling, (ruling.start, ruling.at_start), (ruling.end, ruling.at_end))
    for ruling in upright:
        _erase(mask, ruling, (ruling.at_start, ruling.start), (ruling.at_end, ruling.end))
    return mask


def _erase(mask: Image, ruling: Ruling, start: tuple[float, float], end: tuple[float, float]) -> None:
    a, b = ((round(x), round(y)) for x, y in (start, end))
    cv2.line(mask, a, b, (0,), max(1, round(ruling.thickness)) + 2)
