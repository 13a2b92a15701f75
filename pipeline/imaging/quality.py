"""How well a page can be read at all, before anything is read."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.sheets import Image

_MIN_INK = 0.0004  # of the page; less is a blank sheet
_BAND = 32  # px; rows looked at together


def page_quality(ink: Image, mask: Image) -> float:
    """0 (hopeless) to 1 (crisp): contrast of ink to paper times the sharpness of its edges.

    ``ink`` is the evened gray page, ``mask`` its binarisation. Sharpness is the mean gradient at ink
    edges relative to the contrast, after Wang et al.'s edge-width idea: a blurred edge spreads the same
    step over more pixels.
    """
    if cv2.countNonZero(mask) < _MIN_INK * mask.size:
        return 0.0
    bands = _bands(mask)
    everything = np.sum([_histogram(ink[band], None) for band in bands], axis=0)
    inked = np.sum([_histogram(ink[band], mask[band]) for band in bands], axis=0)
    dark, light = _quantile(inked, 0.25), _quantile(everything - inked, 0.5)
    contrast = max(0.0, light - dark)
    slope = np.concatenate([_slopes(ink[band], mask[band]) for band in bands])
    sharpness = float(np.percentile(slope, 75)) / (contrast + 1e-6)
    return float(np.clip(contrast / 120, 0, 1) * np.clip(sharpness / 0.35, 0, 1))


def _bands(mask: Image) -> list[slice]:
    """Rows that speak for the page: every fourth band, or all rows where these hold next to nothing of the ink."""
    h = mask.shape[0]
    bands = [slice(y, min(h, y + _BAND)) for y in range(_BAND, h, 4 * _BAND)]
    held = sum(cv2.countNonZero(mask[band]) for band in bands)
    return bands if 16 * held >= cv2.countNonZero(mask) else [slice(0, h)]


def _slopes(ink: Image, mask: Image) -> NDArray[np.float32]:
    """The gradient, in gray levels a pixel, at each pixel along the edges of the ink."""
    edges = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    gx, gy = cv2.Sobel(ink, cv2.CV_16S, 1, 0), cv2.Sobel(ink, cv2.CV_16S, 0, 1)
    return np.asarray(np.hypot(gx[edges], gy[edges], dtype=np.float32) / 4)


def _histogram(ink: Image, mask: Image | None) -> NDArray[np.float64]:
    """How many pixels, of those under ``mask``, have each of the 256 gray levels."""
    return np.asarray(cv2.calcHist([ink], [0], mask, [256], [0, 256])[:, 0], dtype=np.float64)


def _quantile(histogram: NDArray[np.float64], share: float) -> float:
    """The gray level that ``share`` of the counted pixels do not exceed."""
    counts = np.cumsum(histogram)
    return float(np.searchsorted(counts, share * counts[-1]))


def is_blank(mask: Image, red: Image) -> bool:
    """Whether the page carries next to no ink, red or other, once specks are discounted (a blank back)."""
    mask = np.maximum(mask, red)
    h, w = mask.shape
    inner = mask[int(h * 0.03) : int(h * 0.97), int(w * 0.03) : int(w * 0.97)]
    solid = cv2.morphologyEx(inner, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    return bool(np.count_nonzero(solid) < _MIN_INK * solid.size)
