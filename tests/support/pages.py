"""Pages drawn for tests: rulings, strokes that stand for writing, boxes to tick, seals. BGR, 200 dpi.

No font is needed: what a test says about structure must hold whatever the characters are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from pipeline.imaging.light import binarise, even_light, is_coloured, reading_ink, red_ink
from pipeline.imaging.prepare import flatten
from pipeline.imaging.quality import page_quality
from pipeline.sheets import Box, Image, PageImage, Sheet

WIDTH, HEIGHT = 1654, 2339  # A4
DPI = 200.0
INK = (45, 40, 40)
RED = (60, 50, 215)

Span = tuple[int, int, int, int]
"""``row0, row1, col0, col1`` of a cell, ends exclusive."""


def paper(width: int = WIDTH, height: int = HEIGHT) -> Image:
    return np.full((height, width, 3), 255, dtype=np.uint8)


def sheet_of(pixels: Image, dpi: float = DPI) -> Sheet:
    """The page with its light even and its ink found, in the frame of the picture itself: sheet is scan."""
    even = even_light(pixels)
    colour = is_coloured(even)
    red = red_ink(even) if colour else np.zeros(even.shape[:2], dtype=np.uint8)
    ink = reading_ink(even, red)
    mask = binarise(ink, colour=True)
    return Sheet(even, ink, mask, red, dpi, np.eye(3), page_quality(ink, mask), colour)


def flattened(pixels: Image, dpi: float = DPI) -> Sheet:
    """The page as the pipeline takes it in, skew taken out."""
    return flatten(PageImage("drawn.png", 1, pixels, dpi))


def write(pixels: Image, x: int, y: int, characters: int = 4, size: int = 32, seed: int = 1) -> Box:
    """Strokes like a line of writing, its top left at ``(x, y)``; returns the box of its ink."""
    rng = np.random.default_rng(seed)
    pitch = round(size * 1.15)
    bottom = y + size - 1
    for i in range(characters):
        left, right = x + i * pitch, x + i * pitch + size - 1
        middle = left + size // 2 + int(rng.integers(-4, 5))
        upper, lower = y + int(rng.integers(3, size // 3)), y + int(rng.integers(size // 2, size - 6))
        cv2.line(pixels, (left + 3, upper), (right - 3, upper), INK, 3)
        cv2.line(pixels, (left + 6, lower), (right - 6, lower), INK, 3)
        cv2.line(pixels, (middle, y + 1), (middle, bottom - 1), INK, 3)
        cv2.line(pixels, (middle, lower), (left + 2, bottom - 1), INK, 2)
        cv2.line(pixels, (middle, lower), (right - 2, bottom - 1), INK, 2)
    return Box(x, y, x + (characters - 1) * pitch + size, y + size)


def table(
    pixels: Image, xs: Sequence[int], ys: Sequence[int], merged: Iterable[Span] = (), thickness: int = 3
) -> set[Span]:
    """Rule a table with column edges ``xs`` and row edges ``ys``; returns the spans of its cells."""
    merged = set(merged)
    covered = {(r, c) for r0, r1, c0, c1 in merged for r in range(r0, r1) for c in range(c0, c1)}
    single = {(r, r + 1, c, c + 1) for r in range(len(ys) - 1) for c in range(len(xs) - 1) if (r, c) not in covered}
    for r0, r1, c0, c1 in merged | single:
        cv2.rectangle(pixels, (xs[c0], ys[r0]), (xs[c1], ys[r1]), INK, thickness)
    return merged | single


def turned_by(pixels: Image, degrees: float) -> Image:
    """The page rotated about its centre, white where it leaves the frame."""
    h, w = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((w / 2, h / 2), degrees, 1.0)
    out = cv2.warpAffine(pixels, matrix, (w, h), flags=cv2.INTER_LINEAR, borderValue=(255, 255, 255))
    return np.asarray(out, dtype=np.uint8)


def seal(
    pixels: Image, x: int, y: int, radius: int = 160, colour: tuple[int, int, int] = RED, legend: int = 14
) -> None:
    """A round seal: ring, five-pointed star, and a legend of ``legend`` strokes along the ring's inside."""
    over = np.full_like(pixels, 255)
    cv2.circle(over, (x, y), radius, colour, max(4, radius // 26))
    angles = -np.pi / 2 + np.arange(10) * np.pi / 5
    reach = np.where(np.arange(10) % 2 == 0, 0.28, 0.11) * radius
    star = np.stack([x + reach * np.cos(angles), y + reach * np.sin(angles)], axis=1)
    cv2.fillPoly(over, [star.round().astype(np.int32)], colour)
    for i in range(legend):
        angle = np.pi * (0.75 + 1.5 * i / max(legend - 1, 1))
        centre = np.array([x, y]) + 0.8 * radius * np.array([np.cos(angle), np.sin(angle)])
        out = 0.11 * radius * np.array([np.cos(angle), np.sin(angle)])
        across = np.array([-out[1], out[0]])
        for a, b in ((centre - out, centre + out), (centre - across, centre + across)):
            cv2.line(over, tuple(map(int, a)), tuple(map(int, b)), colour, 3)
    np.minimum(pixels, over, out=pixels)  # ink upon ink: both stay to be seen


def grayed(pixels: Image) -> Image:
    """A black-and-white copy."""
    return cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR).astype(np.uint8)


def grainy(pixels: Image, amount: float = 6.0, seed: int = 3) -> Image:
    """With a scanner's noise and slight blur."""
    noise = np.random.default_rng(seed).normal(0, amount, pixels.shape)
    blurred = cv2.GaussianBlur(pixels, (3, 3), 0.7)
    return np.clip(blurred + noise, 0, 255).astype(np.uint8)
