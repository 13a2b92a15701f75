"""The small angle by which a page is out of square.

A projection profile over a shrunken binarisation: where rows (or, on a page turned by a quarter,
columns) of text and rules line up, the profile changes most sharply from line to line. It is far
cheaper than a Hough transform.
"""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.records import Image

_SIDE = 900  # px; the long side at which the angle is measured
_LEAST_SIDE = 40  # px at that size; a strip narrower than this has no rows to go by
_POINTS = 40_000  # of the ink, by which the angle is measured
_ROUGHLY = 12_000  # by which it is first looked for
_LIMIT = 12.0  # degrees either way; a page further askew is a photo whose sheet was not found


def skew_angle(gray: Image) -> float:
    """Degrees by which the page must be turned counter-clockwise to stand square, within ±12.

    ``gray`` is ``(h, w)`` uint8 with dark ink on light paper.
    """
    scale = _SIDE / max(gray.shape[:2])
    if min(gray.shape[:2]) * min(scale, 1.0) < _LEAST_SIDE:
        return 0.0
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
    best = coarse[int(np.argmax([_sharpness(points[:, :_ROUGHLY], float(a)) for a in coarse]))]
    for step in (0.1, 0.02):
        around = best + np.arange(-5, 6) * step
        best = around[int(np.argmax([_sharpness(points, float(a)) for a in around]))]
    return float(best)


def _sharpness(points: np.ndarray, degrees: float) -> float:
    """Sum of squared differences of the row and column profiles after turning by ``degrees``."""
    rad = np.deg2rad(degrees)
    cos, sin = np.cos(rad), np.sin(rad)
    best = 0.0
    for axis in ((-sin, cos), (cos, sin)):
        position = axis[0] * points[0] + axis[1] * points[1]
        bins = np.bincount((position - position.min()).astype(np.int32)).astype(np.float64)
        best = max(best, float(np.sum(np.diff(bins) ** 2)))
    return best
