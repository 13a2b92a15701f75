"""Pages drawn for the imaging tests: a form with rules and text, a photo of it on a table, coloured marks."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.sheets import Image, PageImage

A4 = (1240, 1754)  # (width, height) at 150 dpi

BLACK, BLUE, RED = (20, 20, 20), (150, 60, 20), (40, 40, 215)  # BGR: toner, ball pen, seal ink

Points = list[tuple[float, float]]


def white(width: int = A4[0], height: int = A4[1]) -> Image:
    return np.full((height, width, 3), 255, dtype=np.uint8)


def write(page: Image, text: str, x: int, y: int, colour: tuple[int, int, int] = BLACK, size: float = 1.0) -> None:
    """A line of Latin letters, its baseline starting at ``(x, y)``."""
    cv2.putText(page, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, colour, 2, cv2.LINE_AA)


def form(width: int = A4[0], height: int = A4[1]) -> Image:
    """A ruled table with a heading and a line of writing in every cell, sized to the page."""
    return _form(width, height).copy()


@lru_cache
def _form(width: int, height: int) -> Image:
    page = white(width, height)
    unit = min(width, height) / 1240
    write(page, "REGISTRATION FORM", round(380 * unit), round(0.1 * height), size=1.4 * unit)
    left, right = round(0.1 * width), round(0.9 * width)
    top, bottom = round(0.15 * height), round(0.85 * height)
    ys = np.linspace(top, bottom, 13).astype(int)
    xs = [left, round(0.3 * width), round(0.55 * width), right]
    for y in ys:
        cv2.line(page, (left, int(y)), (right, int(y)), BLACK, 2)
    for x in xs:
        cv2.line(page, (x, top), (x, bottom), BLACK, 2)
    for row, y in enumerate(ys[:-1]):
        for column, x in enumerate(xs[:-1]):
            write(page, f"cell {row} {column}", x + round(20 * unit), int(y) + round(60 * unit), size=unit)
    return page


def scan(pixels: Image, dpi: float = 0.0) -> PageImage:
    return PageImage(file="page.png", number=1, pixels=pixels, dpi=dpi)


@lru_cache
def table_top(width: int, height: int, colour: tuple[int, int, int]) -> Image:
    """A coloured surface with grain, coarse and fine; not to be drawn on."""
    rng = np.random.default_rng(3)
    coarse = cv2.resize(rng.normal(0, 9, (height // 40, width // 40)), (width, height), interpolation=cv2.INTER_CUBIC)
    fine = np.tile(rng.normal(0, 7, (250, 250)), (height // 250 + 1, width // 250 + 1))[:height, :width]
    grain = (coarse + fine).astype(np.int16)
    return np.clip(grain[:, :, None] + np.array(colour, dtype=np.int16), 0, 255).astype(np.uint8)


def photo(paper: Image, corners: Points, background: Image, light: float = 1.0) -> Image:
    """``paper`` laid on ``background`` with its corners, clockwise from top left, at ``corners``.

    ``light`` is how bright the paper's white comes out.
    """
    h, w = paper.shape[:2]
    flat = np.array([[0, 0], [w, 0], [w, h], [0, h]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(flat, np.array(corners, dtype=np.float32))
    picture = background.copy()
    size = (background.shape[1], background.shape[0])
    lit = cv2.convertScaleAbs(paper, alpha=light)
    return cv2.warpPerspective(lit, matrix, size, picture, cv2.INTER_LINEAR, cv2.BORDER_TRANSPARENT)


def rotated(pixels: Image, degrees: float) -> Image:
    """The page turned clockwise about its centre, the size kept, white where nothing was."""
    h, w = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((w / 2, h / 2), -degrees, 1.0)
    return np.asarray(cv2.warpAffine(pixels, matrix, (w, h), flags=cv2.INTER_LINEAR, borderValue=(255, 255, 255)))


def gradient(width: int, height: int, low: float) -> NDArray[np.float64]:
    """Light that falls from 1 at the top left to ``low`` at the bottom right, ``(h, w, 1)``."""
    across, down = np.linspace(0, 1, width)[None, :], np.linspace(0, 1, height)[:, None]
    return (1 - (1 - low) * (across + down) / 2)[:, :, None]


def dot(pixels: Image, x: float, y: float, radius: int = 7) -> None:
    """A saturated blue spot such as no ink of the page has."""
    cv2.circle(pixels, (round(x), round(y)), radius, (255, 40, 0), -1, cv2.LINE_AA)


def dots(pixels: Image) -> Points:
    """The centres of the blue spots."""
    b, g, r = cv2.split(pixels)
    _, spots = cv2.threshold(cv2.subtract(b, cv2.max(g, r)), 90, 255, cv2.THRESH_BINARY)
    _count, _, stats, centres = cv2.connectedComponentsWithStats(spots)
    return [(float(x), float(y)) for i, (x, y) in enumerate(centres) if i and stats[i, cv2.CC_STAT_AREA] > 6]
