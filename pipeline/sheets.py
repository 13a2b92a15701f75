"""Pages as pictures: as scanned, made flat, where things stand on them, and lines as a recogniser reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""``(height, width, 3)`` uint8 in BGR order, or ``(height, width)`` uint8 gray."""

Matrix = NDArray[np.float64]
"""``(3, 3)`` homography acting on column vectors ``(x, y, 1)``."""

Quad = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]


def as_quad(points: Any) -> Quad:
    """Four ``(x, y)`` pairs, of any sequence or array, as a :data:`Quad` of plain floats."""
    rows = [(float(p[0]), float(p[1])) for p in points]
    if len(rows) != 4:
        raise ValueError(f"a quad has four points, not {len(rows)}")
    return (rows[0], rows[1], rows[2], rows[3])


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in the frame of a flattened sheet: ``x0 <= x < x1``, ``y0 <= y < y1``."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def centre(self) -> tuple[float, float]:
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def contains(self, x: float, y: float) -> bool:
        return self.x0 <= x <= self.x1 and self.y0 <= y <= self.y1

    def grown(self, dx: float, dy: float | None = None) -> Box:
        """Larger (or smaller) by ``dx`` on the left and right and ``dy`` above and below."""
        dy = dx if dy is None else dy
        return Box(self.x0 - dx, self.y0 - dy, self.x1 + dx, self.y1 + dy)

    def union(self, other: Box) -> Box:
        return Box(min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1))

    @classmethod
    def around(cls, boxes: Sequence[Box]) -> Box:
        """The smallest box that holds all of ``boxes``, of which there must be one."""
        return cls(
            min(b.x0 for b in boxes), min(b.y0 for b in boxes), max(b.x1 for b in boxes), max(b.y1 for b in boxes)
        )

    def clipped(self, other: Box) -> Box:
        """The common part; width or height is 0 where there is none."""
        x0, y0 = max(self.x0, other.x0), max(self.y0, other.y0)
        return Box(x0, y0, max(x0, min(self.x1, other.x1)), max(y0, min(self.y1, other.y1)))

    def distance(self, x: float, y: float) -> float:
        """Euclidean distance from a point; 0 inside."""
        dx = max(self.x0 - x, 0.0, x - self.x1)
        dy = max(self.y0 - y, 0.0, y - self.y1)
        return float(np.hypot(dx, dy))


@dataclass(slots=True)
class PageImage:
    """One page as scanned: ``pixels`` BGR uint8 ``(h, w, 3)``, ``number`` counted from 1 within ``file``.

    ``dpi`` is the resolution the file states (or that a PDF page was rendered at); 0 where unknown.
    """

    file: str
    number: int
    pixels: Image
    dpi: float


@dataclass(slots=True)
class Sheet:
    """A page made upright and flat.

    ``pixels`` is BGR ``(h, w, 3)`` at ``dpi`` pixels an inch with the light made even; ``ink`` is the
    gray image ``(h, w)`` that text is read from, with red seal ink taken out; ``mask`` is its
    binarisation ``(h, w)``, 255 where there is ink; ``red`` is 255 where there is red ink.
    ``to_scan`` carries sheet pixels to the pixels of
    the page as scanned. ``quality`` is 0 (hopeless) to 1; ``colour`` is false for black-and-white
    copies and faxes.
    """

    pixels: Image
    ink: Image
    mask: Image
    red: Image
    dpi: float
    to_scan: Matrix
    quality: float
    colour: bool

    @property
    def frame(self) -> Box:
        h, w = self.ink.shape[:2]
        return Box(0, 0, w, h)

    def quad_of(self, box: Box) -> Quad:
        """A box of the sheet as a quad on the page as scanned, clockwise from the sheet's top left."""
        corners = np.array(
            [[box.x0, box.y0, 1], [box.x1, box.y0, 1], [box.x1, box.y1, 1], [box.x0, box.y1, 1]], dtype=np.float64
        )
        moved = corners @ self.to_scan.T
        return as_quad(moved[:, :2] / moved[:, 2:3])


@dataclass(slots=True)
class Steps:
    """The per-step class probabilities of a CTC recogniser, the likeliest classes of each step only.

    ``classes`` ``(T, K)`` int32 are class numbers, ``probs`` ``(T, K)`` float32 their probabilities, both
    sorted by falling probability; ``floor`` is the probability of a class that is not listed.
    ``alphabet[c]`` is the character of class ``c``; class 0 is the CTC blank and stands for "".
    """

    classes: NDArray[np.int32]
    probs: NDArray[np.float32]
    floor: float
    alphabet: Sequence[str]


@dataclass(slots=True)
class Reading:
    """One recognised line of text.

    ``text`` are the characters, ``probs`` the recogniser's probability of each, ``centres`` where each
    stands as a fraction 0..1 of the crop's width, and once it is a line's reading, of the width of the line's
    box; ``steps`` is what the line was decoded from. ``looks`` are readings of other pictures of the same line,
    where the first one was unsure.
    """

    text: str
    probs: list[float]
    centres: list[float]
    steps: Steps | None = None
    looks: list[Reading] = field(default_factory=list)

    @property
    def confidence(self) -> float:
        """Mean probability of the characters; 0 for an empty reading."""
        return float(np.mean(self.probs)) if self.probs else 0.0

    @property
    def sureness(self) -> float:
        """Geometric mean probability of the characters; 0 for an empty reading."""
        return float(np.exp(np.mean(np.log(np.clip(self.probs, 1e-6, 1))))) if self.probs else 0.0

    @property
    def weakest(self) -> float:
        """The least certain character's probability; 0 for an empty reading."""
        return float(min(self.probs)) if self.probs else 0.0
