"""The small angle by which a page is out of square.

A projection profile over a shrunken binarisation: where rows (or, on a page turned by a quarter,
columns) of text and rules line up, the profile changes most sharply from line to line. It is far
cheaper than a Hough transform.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.sheets import Image

_SIDE = 900  # px; the long side at which the angle is measured
_LEAST_SIDE = 40  # px at that size; a strip narrower than this has no rows to go by
_POINTS = 40_000  # of the ink, by which the angle is measured
_ROUGHLY = 12_000  # by which it is first looked for
_LIMIT = 12.0  # degrees either way; a page further askew is a photo whose sheet was not found


def skew_angle(gray: Image) -> float:
    """Degrees by which the page must be turned counter-clockwise to stand square, within ±12.

    ``gray`` is ``(h, w)`` uint8 with dark ink on light paper.
    """
    h, w = gray.shape[:2]
    scale = _SIDE / max(h, w)
    if min(h, w) * min(scale, 1.0) < _LEAST_SIDE:
        return 0.0
    # By area: an angle read off a picture shrunk in cruder ways is further out.
    small = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else gray
    binary = cv2.adaptiveThreshold(small, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 25, 15)
    margin = max(2, int(min(binary.shape) * 0.02))
    binary = binary[margin:-margin, margin:-margin]
    if cv2.countNonZero(binary) < 50:
        return 0.0
    ys, xs = np.nonzero(binary)
    # Few points are enough for a profile, and keep dense pages as cheap as sparse ones.
    points = np.stack([xs, ys]).astype(np.float32)
    points = points[:, np.random.default_rng(0).permutation(len(xs))[:_POINTS]]
    coarse = np.arange(-_LIMIT, _LIMIT + 0.01, 0.5)
    rough = [[_sharpness(points[:, :_ROUGHLY], float(a), axis) for axis in (0, 1)] for a in coarse]
    at, axis = divmod(int(np.argmax(rough)), 2)
    best = coarse[at]
    for step in (0.1, 0.02):
        around = best + np.arange(-5, 6) * step
        best = around[int(np.argmax([_sharpness(points, float(a), axis) for a in around]))]
    return float(best)


def _sharpness(points: NDArray[np.float32], degrees: float, axis: int) -> float:
    """Sum of squared differences of the profile of rows (``axis`` 0) or columns (1) after turning by ``degrees``."""
    rad = np.deg2rad(degrees)
    cos, sin = np.float32(np.cos(rad)), np.float32(np.sin(rad))
    position = cos * points[1] - sin * points[0] if axis == 0 else cos * points[0] + sin * points[1]
    bins = np.bincount((position - position.min()).astype(np.intp))
    return float(np.sum(np.diff(bins) ** 2))
