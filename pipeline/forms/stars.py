"""Five-pointed stars: what a seal keeps in its middle where its ring and legend are half lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

_RADII = (8.0, 10.0, 12.5, 15.5)  # px at the scale seals are looked for; official stars measure 10 to 16 mm across
_TURNS = range(0, 72, 12)  # degrees; a star looks the same every 72
_INNER = 0.382  # of a star's radius: where its arms meet
_CLEAR = (14.5, 19.5)  # px; around the star the paper is clear, out to the legend
_MOST_AROUND = 0.07  # ink in that clear band; a word beside the star puts some there
_LEAST_WITHIN = 0.1  # ink in the star's disc, also where it is stippled
_LIKENESS = 0.7
_FIRST = 0.5  # likeness to some few of the drawn stars, below which a place is none
_MOST = 60  # places looked at on one page


@dataclass(frozen=True, slots=True)
class Star:
    """A star's centre and radius in pixels of the picture, and how alike it is to a drawn one (0..1)."""

    x: int
    y: int
    radius: float
    likeness: float


def find_stars(ink: NDArray[np.float32]) -> list[Star]:
    """The stars in a small picture of ink (0..1, at 50 dpi), the likest first.

    A star is a blot with clear paper around it; only such places are held against drawn stars.
    """
    disc = cv2.filter2D(ink, cv2.CV_32F, _disc(0, 7.5), borderType=cv2.BORDER_CONSTANT)
    around = cv2.filter2D(ink, cv2.CV_32F, _disc(*_CLEAR), borderType=cv2.BORDER_CONSTANT)
    score = np.where((disc > _LEAST_WITHIN) & (around < _MOST_AROUND), disc - 4 * around, 0.0)
    found: list[Star] = []
    for _ in range(_MOST):
        y, x = (int(v) for v in np.unravel_index(int(np.argmax(score)), score.shape))
        if score[y, x] <= 0:
            break
        cv2.circle(score, (x, y), 8, (0.0,), -1)
        star = _likest(ink, x, y)
        if star.likeness >= _LIKENESS and not any(np.hypot(star.x - s.x, star.y - s.y) < 8 for s in found):
            found.append(star)
    return sorted(found, key=lambda s: -s.likeness)


def _likest(ink: NDArray[np.float32], x: int, y: int) -> Star:
    """The drawn star that the ink about a place is likest to, over sizes, turns and small shifts."""
    drawn = _drawn()
    step = len(_TURNS) // 2  # every size in two turns first, half a turn apart
    first = _best_of(ink, x, y, drawn[::step])
    if first.likeness < _FIRST:
        return first
    other = _best_of(ink, x, y, (one for i, one in enumerate(drawn) if i % step))
    return max(first, other, key=lambda star: star.likeness)


def _best_of(ink: NDArray[np.float32], x: int, y: int, drawn: Iterable[tuple[float, NDArray[np.float32]]]) -> Star:
    best = Star(x, y, _RADII[0], -1.0)
    reach = 4
    patches: dict[int, NDArray[np.float32]] = {}
    for radius, picture in drawn:
        half = picture.shape[0] // 2 + reach
        if half not in patches:
            patches[half] = _patch(ink, x, y, half)
        match = cv2.matchTemplate(patches[half], picture, cv2.TM_CCOEFF_NORMED)
        if not np.isfinite(match).all():
            match = np.nan_to_num(match, nan=-1.0, posinf=-1.0, neginf=-1.0)
        _, likeness, _, (dx, dy) = cv2.minMaxLoc(match)
        if likeness > best.likeness:
            best = Star(x + dx - reach, y + dy - reach, radius, float(likeness))
    return best


def _patch(ink: NDArray[np.float32], x: int, y: int, half: int) -> NDArray[np.float32]:
    """The ink about a place, none where the picture ends."""
    patch = cv2.copyMakeBorder(
        ink[max(0, y - half) : y + half + 1, max(0, x - half) : x + half + 1],
        max(0, half - y), max(0, y + half + 1 - ink.shape[0]),
        max(0, half - x), max(0, x + half + 1 - ink.shape[1]),
        cv2.BORDER_CONSTANT, value=(0.0,),
    )  # fmt: skip
    return np.asarray(patch, dtype=np.float32)


@cache
def _drawn() -> list[tuple[float, NDArray[np.float32]]]:
    out = []
    for radius in _RADII:
        for turn in _TURNS:
            size, fine = 2 * int(1.25 * radius) + 1, 8
            picture = np.zeros((size * fine, size * fine), np.uint8)
            angles = np.deg2rad(turn - 90 + 36 * np.arange(10))
            lengths = np.where(np.arange(10) % 2 == 0, radius, _INNER * radius) * fine
            corners = size * fine / 2 + np.stack([lengths * np.cos(angles), lengths * np.sin(angles)], axis=1)
            cv2.fillPoly(picture, [corners.astype(np.int32)], (255,))
            small = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
            out.append((radius, np.asarray(cv2.GaussianBlur(small, (0, 0), 0.7), dtype=np.float32)))
    return out


def _disc(inner: float, outer: float) -> NDArray[np.float32]:
    """A filter that takes the mean over a disc, or over a band about its centre."""
    size = int(np.ceil(outer))
    ys, xs = np.mgrid[-size : size + 1, -size : size + 1]
    distance = np.hypot(xs, ys)
    disc = ((distance >= inner) & (distance <= outer)).astype(np.float32)
    return np.asarray(disc / disc.sum(), dtype=np.float32)
