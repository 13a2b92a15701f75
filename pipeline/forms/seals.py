"""Round seals: a ring of believable size around a star, in red, or in black on a copy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.forms.stars import Star, find_stars
from pipeline.raster import shrink
from pipeline.sheets import Box, Image, Sheet

_SCALE = 0.25  # of a 200 dpi sheet; rings are wide enough to be looked for in little
_MIN_RADIUS, _MAX_RADIUS = 13.0, 26.0  # mm; official seals measure 38 to 45 mm across, copies may shrink them
_RING_RED, _RING_BLACK = 0.52, 0.75  # least share of the circle that must carry ink
_LEGEND = 0.66  # of the radius: outside it runs the legend, inside it stands the star
_CONTRAST = 0.3  # how much more ink the ring carries than the circles just within and without
_CONTRAST_BLACK = 0.5  # the same for a ring of the colour of the writing, against the circle without
_STAR_OF_RING = (0.2, 0.44)  # a star's radius over its ring's
_STAR_RED, _STAR_BLACK = 0.72, 0.8  # likeness from which a star speaks for its seal where the ring is half lost
_BOTH_RED, _BOTH_BLACK = 1.1, 1.3  # then likeness and share of the ring together must come to this
_OUTSIDE, _LEGEND_GAP = 0.2, 0.12  # most ink beyond the ring, and between star and legend, of such a seal
_MIN_STARRED = 15.0  # mm; the least radius of such a seal, as specks of writing make small rings


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal's centre and radius in sheet pixels; ``support`` is the share of its ring that is inked.

    ``red`` is false for a seal in black, on a copy, whose ink cannot be told from writing by colour.
    """

    x: float
    y: float
    radius: float
    support: float
    red: bool

    @property
    def box(self) -> Box:
        return Box(self.x - self.radius, self.y - self.radius, self.x + self.radius, self.y + self.radius)


def find_seals(sheet: Sheet) -> list[Seal]:
    """The seals on a sheet, the best supported first.

    Red rings count as they are; where a sheet has none (a black-and-white copy, also one photographed in
    colour), a black ring counts if there is a star in it and little else. A seal that was badly inked, or
    half lost in copying, is known by its star with a part of the ring around it.
    """
    if min(sheet.ink.shape) < 2 * _MIN_RADIUS * sheet.dpi / 25.4:
        return []  # no seal fits on such a strip
    factor = _SCALE * 200 / sheet.dpi
    red = _red_seals(_shrunk(sheet.red, factor), factor) if cv2.countNonZero(sheet.red) else []
    if red:
        return red
    black = _rings(_shrunk(sheet.mask, factor), factor, _RING_BLACK, red=False)
    dark = np.asarray(cv2.bitwise_not(sheet.ink), dtype=np.uint8)
    return _with_starred(black, _shrunk(dark, factor), factor, red=False)


def without_seals(mask: Image, seals: list[Seal]) -> Image:
    """The mask without each black seal's ring, legend and star, for finding lines of writing by their ink."""
    seals = [seal for seal in seals if not seal.red]
    if not seals:
        return mask
    cover = np.zeros_like(mask)
    for seal in seals:
        centre = (round(seal.x), round(seal.y))
        cv2.circle(cover, centre, round(seal.radius * 1.04), (255,), -1)
        cv2.circle(cover, centre, round(seal.radius * _LEGEND), (0,), -1)
        cv2.circle(cover, centre, round(seal.radius * 0.32), (255,), -1)
    return np.asarray(cv2.bitwise_and(mask, cv2.bitwise_not(cover)), dtype=np.uint8)


def _shrunk(ink: Image, factor: float) -> Image:
    h, w = ink.shape
    return shrink(ink, round(w * factor), round(h * factor))


def _red_seals(small: Image, factor: float) -> list[Seal]:
    """The seals in the red ink of a shrunken sheet; they are looked for where that ink is, and no farther."""
    x, y, w, h = cv2.boundingRect(small)
    reach = round(_MAX_RADIUS * _SCALE * 200 / 25.4) + 8
    x0, y0 = max(0, x - reach), max(0, y - reach)
    part = np.ascontiguousarray(small[y0 : y + h + reach, x0 : x + w + reach])
    found = _with_starred(_rings(part, factor, _RING_RED, red=True), part, factor, red=True)
    return [replace(seal, x=seal.x + x0 / factor, y=seal.y + y0 / factor) for seal in found]


def _rings(small: Image, factor: float, least: float, *, red: bool) -> list[Seal]:
    inked = (small > 50).astype(np.float32)
    pixels_mm = _SCALE * 200 / 25.4
    radii = np.arange(round(_MIN_RADIUS * pixels_mm), round(_MAX_RADIUS * pixels_mm) + 1, 2)
    if inked.sum() < 2 * np.pi * radii[0] * least * 0.5:
        return []
    solid = np.asarray(cv2.dilate(inked, np.ones((3, 3), np.uint8)), dtype=np.float32)
    coverage = _covered(solid, [int(r) for r in radii])
    found: list[Seal] = []
    best = coverage.max(axis=0)
    for _ in range(40):
        y, x = (int(v) for v in np.unravel_index(int(np.argmax(best)), best.shape))
        if best[y, x] < least:
            break
        i = int(np.argmax(coverage[:, y, x]))
        radius = float(radii[i])
        stands_out = _is_red_ring(inked, x, y, radius) if red else _is_black_ring(inked, solid, x, y, radius)
        if stands_out:
            found.append(Seal(x / factor, y / factor, radius / factor, float(best[y, x]), red))
            cv2.circle(best, (x, y), round(radius * 0.6), (0,), -1)
        else:
            cv2.circle(best, (x, y), 4, (0,), -1)
    return found


def _with_starred(seals: list[Seal], small: Image, factor: float, *, red: bool) -> list[Seal]:
    """The seals, and those that their stars give away. ``small`` is the brighter, the more ink there is."""
    inked = (small > (50 if red else 40)).astype(np.float32)
    solid = np.asarray(cv2.dilate(inked, np.ones((3, 3), np.uint8)), dtype=np.float32)
    soft = np.asarray(cv2.GaussianBlur(small, (0, 0), 0.7) / 255, dtype=np.float32)
    out = list(seals)
    for star in find_stars(soft):
        if star.likeness < (_STAR_RED if red else _STAR_BLACK):
            break
        if any(np.hypot(star.x / factor - s.x, star.y / factor - s.y) < 0.5 * s.radius for s in out):
            continue
        support, x, y, radius = _ring_about(solid, star)
        gap = float(np.mean([_share(inked, x, y, radius * f) for f in (0.42, 0.47, 0.52)]))
        if (
            support + star.likeness >= (_BOTH_RED if red else _BOTH_BLACK)
            and _share(inked, x, y, radius + 5) < _OUTSIDE
            and gap < _LEGEND_GAP
        ):
            out.append(Seal(x / factor, y / factor, radius / factor, star.likeness, red))
    return out


def _ring_about(solid: NDArray[np.float32], star: Star) -> tuple[float, int, int, float]:
    """The best inked circle about a star that fits its size: share of it that is inked, centre, radius."""
    pixels_mm = _SCALE * 200 / 25.4
    best = (0.0, star.x, star.y, _MIN_STARRED * pixels_mm)
    for radius in range(round(_MIN_STARRED * pixels_mm), round(_MAX_RADIUS * pixels_mm) + 1):
        if not _STAR_OF_RING[0] < star.radius / radius < _STAR_OF_RING[1]:
            continue
        for x in range(star.x - 2, star.x + 3):
            for y in range(star.y - 2, star.y + 3):
                share = _share(solid, x, y, float(radius))
                if share > best[0]:
                    best = (share, x, y, float(radius))
    return best


def _covered(inked: NDArray[np.float32], radii: list[int]) -> NDArray[np.float32]:
    """For each radius and centre, the share of the circle that carries ink, ``(len(radii), h, w)``.

    Circles that run off the page count what lies on it. The ink is transformed once for all radii.
    """
    h, w = inked.shape
    reach = max(radii) + 2
    size = (cv2.getOptimalDFTSize(h + reach), cv2.getOptimalDFTSize(w + reach))
    room = cv2.copyMakeBorder(inked, 0, size[0] - h, 0, size[1] - w, cv2.BORDER_CONSTANT, value=(0.0,))
    spectrum = cv2.dft(room, nonzeroRows=h)
    out = np.empty((len(radii), h, w), dtype=np.float32)
    for i, radius in enumerate(radii):
        circle, length = _circle(radius, size)
        met = cv2.idft(cv2.mulSpectrums(spectrum, circle, 0), flags=cv2.DFT_SCALE, nonzeroRows=h)
        # Whole pixels are counted: rounded, places as good as one another stay so.
        out[i] = np.rint(met[:h, :w]) / length
    return out


@lru_cache(maxsize=16)  # the pages of a batch are mostly of one size
def _circle(radius: int, size: tuple[int, int]) -> tuple[NDArray[np.float32], float]:
    """The packed transform of a circle about the origin, and the circle's pixels."""
    kernel = np.zeros(size, dtype=np.float32)
    cv2.circle(kernel, (radius + 1, radius + 1), radius, (1.0,), 1)
    about = np.roll(kernel, (-radius - 1, -radius - 1), axis=(0, 1))
    return np.asarray(cv2.dft(about), dtype=np.float32), float(kernel.sum())


def _is_red_ring(inked: NDArray[np.float32], x: int, y: int, radius: float) -> bool:
    """Whether the circle stands out from the circles beside it."""
    on = max(_share(inked, x, y, radius + d) for d in (-1.0, 0.0, 1.0))
    beside = (_share(inked, x, y, radius - 5) + _share(inked, x, y, radius + 5)) / 2
    return on - beside >= _CONTRAST


def _is_black_ring(inked: NDArray[np.float32], solid: NDArray[np.float32], x: int, y: int, radius: float) -> bool:
    """Whether the circle ends what is within it, and holds a star with clear paper around.

    Rows of writing cover a circle too, but go on outside it.
    """
    if _share(solid, x, y, radius) - _share(solid, x, y, radius + 5) < _CONTRAST_BLACK:
        return False
    r = max(3, round(radius * 0.25))
    core = inked[max(0, y - r) : y + r + 1, max(0, x - r) : x + r + 1]
    gap = float(np.mean([_share(inked, x, y, radius * f) for f in (0.42, 0.47, 0.52, 0.57)]))
    return bool(core.size and 0.12 < float(core.mean()) < 0.9 and gap < 0.3)


def _share(inked: NDArray[np.float32], x: int, y: int, radius: float) -> float:
    """The share of a circle that carries ink."""
    angles = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    xs = np.clip(np.round(x + radius * np.cos(angles)).astype(int), 0, inked.shape[1] - 1)
    ys = np.clip(np.round(y + radius * np.sin(angles)).astype(int), 0, inked.shape[0] - 1)
    return float(inked[ys, xs].mean())
