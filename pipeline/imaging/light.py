"""Even out the light, and take red seal ink apart from black and blue writing."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.raster import shrink
from pipeline.sheets import Image

_RED = 38  # of 255: how far red must stand above green and blue to be seal ink
_LEAST_INK = 0.0006  # of the page; with less than this there is no writing for faint strokes to belong to
_SEAL_ONLY = 0.55  # of paper white: red light above this comes off seal ink alone, below it off writing under it


def even_light(pixels: Image) -> Image:
    """The page with paper as white: each channel divided by its own background, BGR uint8.

    The background is the brightest neighbourhood, smoothed, so that shadows, vignetting and a colour
    cast go, and ink keeps its colour relative to the paper.
    """
    h, w = pixels.shape[:2]
    scale = min(1.0, 200 / max(h, w))
    small = shrink(pixels, max(1, round(w * scale)), max(1, round(h * scale)))
    background = cv2.morphologyEx(small, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 13)))
    background = np.maximum(cv2.medianBlur(background, 15), 40)
    full = cv2.resize(background, (w, h), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(pixels, full, dst=full, scale=250), dtype=np.uint8)


def red_ink(even: Image) -> Image:
    """255 where the evened page (BGR) carries red ink, ``(h, w)`` uint8."""
    b, g, r = cv2.split(even)
    return np.asarray(cv2.threshold(cv2.subtract(r, cv2.max(b, g)), _RED, 255, cv2.THRESH_BINARY)[1], dtype=np.uint8)


def is_coloured(even: Image) -> bool:
    """Whether the page has any colour at all; faxes and black-and-white copies have none."""
    b, g, r = cv2.split(np.ascontiguousarray(even[::4, ::4]))
    spread = cv2.subtract(cv2.max(cv2.max(b, g), r), cv2.min(cv2.min(b, g), r))
    return bool(np.count_nonzero(spread > 30) > 0.0003 * spread.size)


def reading_ink(even: Image, red: Image) -> Image:
    """The gray page ``(h, w)`` that text is read from: the red channel, with seal ink turned to paper.

    In red light a red seal is nearly as bright as paper, and writing beneath it stays dark.
    """
    channel = cv2.extractChannel(even, 2)
    if not cv2.countNonZero(red):
        return np.asarray(channel, dtype=np.uint8)
    # A blurred rim of the seal is pale in red light too, and too faintly red to be in the mask itself.
    _, pale = cv2.threshold(channel, _SEAL_ONLY * 255, 255, cv2.THRESH_BINARY)
    return np.asarray(cv2.bitwise_or(channel, cv2.bitwise_and(pale, red)), dtype=np.uint8)


def binarise(ink: Image, *, colour: bool) -> Image:
    """255 where there is ink, ``(h, w)`` uint8; light must be even.

    ``colour`` tells a scan in colour, whose seals have been taken out and whose faint ink is what is
    left of them, from a copy, whose faint ink is writing. Otsu's threshold, held within sensible bounds
    so that an almost blank page does not turn its grain into ink.
    """
    otsu, _ = cv2.threshold(ink, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    level = float(np.clip(otsu, 120, 200))
    local = cv2.adaptiveThreshold(ink, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 51, 18)
    _, fixed = cv2.threshold(ink, max(level, 190), 255, cv2.THRESH_BINARY_INV)
    strong = cv2.bitwise_and(local, fixed)
    solid = cv2.morphologyEx(strong, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    if colour or cv2.countNonZero(solid) < _LEAST_INK * solid.size:
        return np.asarray(strong, dtype=np.uint8)
    # Faint strokes count where they stand beside strong ones: the ends of a line that a copier lost.
    faint = cv2.adaptiveThreshold(ink, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 51, 10)
    for _ in range(2):
        near = cv2.dilate(solid, np.ones((5, 31), np.uint8))
        solid = cv2.bitwise_and(faint, near)
    return np.asarray(cv2.bitwise_or(strong, solid), dtype=np.uint8)
