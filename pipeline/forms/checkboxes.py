"""Printed check boxes: where they are, and whether somebody marked them.

A box is looked for left of its option's print, by the ink along the edge of a square; a mark (tick,
cross, fill or circle) is ink within the square, or strokes around it that its neighbours lack.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.forms.labels import similarity
from pipeline.forms.layout import Layout, Line
from pipeline.records import Box, Image

_INSIDE = 0.085  # share of the square's inside that is inked from which it counts as marked
_AROUND = 0.10  # ink around the square, over what its neighbours have, from which it counts as circled


@dataclass(frozen=True, slots=True)
class CheckBox:
    """One option's box: ``inside`` and ``around`` are shares of inked area, ``marked`` the verdict.

    ``certainty`` is 0 for a toss-up and 1 for a clear case.
    """

    option: str
    box: Box
    inside: float
    around: float
    marked: bool
    certainty: float


@dataclass(frozen=True, slots=True)
class _Printed:
    """Where an option's text stands: the x of its first character's centre, the pitch, and its line."""

    option: str
    first: float
    pitch: float
    line: Line


def read_checkboxes(layout: Layout, lines: Sequence[Line], options: Sequence[str]) -> list[CheckBox]:
    """The boxes of those ``options`` whose print was found on ``lines``, in the options' order."""
    printed = _find_options(lines, options)
    if not printed:
        return []
    ink = (layout.sheet.mask > 0).astype(np.float32)
    side = _common_side(ink, printed, layout.unit)
    squares = {p.option: _square(ink, p, [side], layout.unit)[1] for p in printed}
    ink = _without_long_lines(layout.sheet.mask, side)
    inside = {o: _inside(ink, box) for o, box in squares.items()}
    around = {o: _around(ink, box) for o, box in squares.items()}
    usual = float(np.median(list(around.values())))
    boxes = []
    for p in printed:
        circled = around[p.option] - usual
        strength = max(inside[p.option] / _INSIDE, circled / _AROUND)
        certainty = float(np.clip(abs(np.log2(max(strength, 1e-3))) / 1.2, 0, 1))
        boxes.append(
            CheckBox(p.option, squares[p.option], inside[p.option], around[p.option], strength >= 1, certainty)
        )
    return boxes


def options_on(lines: Sequence[Line], options: Sequence[str]) -> set[str]:
    """Which options are printed, to the letter, on ``lines``."""
    return {option for option in options if any(option in line.text for line in lines)}


def _without_long_lines(mask: Image, side: int) -> NDArray[np.float32]:
    """The ink without straight lines much longer than a box: folds, scratches and rulings are no marks."""
    rest = mask
    run = round(2.6 * side)
    for kernel, fat in (((1, run), (3, 1)), ((run, 1), (1, 3))):
        # Dilated across, a line that leans a little still counts as straight.
        lines = cv2.morphologyEx(cv2.dilate(mask, np.ones(fat, np.uint8)), cv2.MORPH_OPEN, np.ones(kernel, np.uint8))
        rest = np.asarray(cv2.bitwise_and(rest, cv2.bitwise_not(lines)), dtype=np.uint8)
    return np.asarray(rest > 0, dtype=np.float32)


def _find_options(lines: Sequence[Line], options: Sequence[str]) -> list[_Printed]:
    """The print of each option; long options first, so that 不满意 is not taken for 满意."""
    used: dict[int, set[int]] = {}
    found: dict[str, _Printed] = {}
    for option in sorted(options, key=len, reverse=True):
        best: tuple[float, int, int, int] | None = None
        for n, line in enumerate(lines):
            text, taken = line.text, used.setdefault(n, set())
            for size in (len(option), len(option) - 1, len(option) + 1):
                for at in range(max(0, len(text) - size + 1)):
                    if size < 1 or taken & set(range(at, at + size)):
                        continue
                    score = similarity(text[at : at + size], option)
                    if score >= 0.5 and (best is None or score > best[0]):
                        best = (score, n, at, size)
        if best is None:
            continue
        _, n, at, size = best
        used[n] |= set(range(at, at + size))
        reading, box = lines[n].reading, lines[n].box
        assert reading is not None  # a line with text has been read
        xs = [box.x0 + c * box.width for c in reading.centres[at : at + size]]
        pitch = (xs[-1] - xs[0]) / (len(xs) - 1) if len(xs) > 1 else box.height
        found[option] = _Printed(option, xs[0], float(np.clip(pitch, 0.5 * box.height, 1.3 * box.height)), lines[n])
    return [found[o] for o in options if o in found]


def _common_side(ink: NDArray[np.float32], printed: list[_Printed], unit: float) -> int:
    """The side, in pixels, that the form's boxes most likely have: all are printed alike."""
    sides = range(max(8, round(14 * unit)), round(36 * unit) + 1)
    totals = {side: sum(_square(ink, p, [side], unit)[0] for p in printed) for side in sides}
    return max(totals, key=lambda side: (totals[side], side))


def _square(ink: NDArray[np.float32], at: _Printed, sides: Sequence[int], unit: float) -> tuple[float, Box]:
    """The square left of the print whose edge carries most ink, and how much (0..1)."""
    x0, x1 = round(at.first - 2.3 * at.pitch), round(at.first - 0.35 * at.pitch)
    pad = 4 * unit
    y0, y1 = round(at.line.box.y0 - pad), round(at.line.box.y1 + pad)
    x0, y0 = max(0, x0), max(0, y0)
    part = ink[y0:y1, x0:x1]
    best, box = -1.0, Box(x0, y0, x0 + 1, y0 + 1)
    # A stroke one pixel off still counts as the edge.
    fat = np.maximum(part, np.maximum(_shifted(part, 0, 1), _shifted(part, 1, 0)))
    level = np.cumsum(np.pad(fat, ((0, 0), (1, 0))), axis=1)
    upright = np.cumsum(np.pad(fat, ((1, 0), (0, 0))), axis=0)
    h, w = part.shape
    for side in sides:
        if h <= side or w <= side:
            continue
        ys, xs = np.arange(h - side), np.arange(w - side)
        runs = level[:, side:-1][:, : len(xs)] - level[:, : len(xs)]
        posts = upright[side:-1][: len(ys)] - upright[: len(ys)]
        edges = [runs[: len(ys)], runs[side : side + len(ys)], posts[:, : len(xs)], posts[:, side : side + len(xs)]]
        score = np.minimum.reduce(edges) * 0.5 + sum(edges) / 8
        i, j = (int(v) for v in np.unravel_index(int(np.argmax(score)), score.shape))
        value = float(score[i, j]) / side
        if value > best:
            best, box = value, Box(x0 + j, y0 + i, x0 + j + side + 1, y0 + i + side + 1)
    return best, box


def _shifted(part: NDArray[np.float32], dy: int, dx: int) -> NDArray[np.float32]:
    out = np.zeros_like(part)
    out[dy:, dx:] = part[: part.shape[0] - dy, : part.shape[1] - dx]
    return out


def _inside(ink: NDArray[np.float32], box: Box) -> float:
    """Share of ink within the square, well clear of its printed edge."""
    return _mean(ink, box.grown(-max(3.0, 0.2 * box.width)))


def _around(ink: NDArray[np.float32], box: Box) -> float:
    """The least share of ink in the bands left of, above and below the square.

    A circle passes through all three; a cell's ruling or a neighbour's long tick only through one. Right
    of the square stands the option's text.
    """
    gap, reach = 0.12 * box.width + 2, 0.42 * box.width + 2
    bands = [
        Box(box.x0 - reach, box.y0 - reach, box.x0 - gap, box.y1 + reach),
        Box(box.x0 - gap, box.y0 - reach, box.x1, box.y0 - gap),
        Box(box.x0 - gap, box.y1 + gap, box.x1, box.y1 + reach),
    ]
    return min(_mean(ink, band) for band in bands)


def _mean(ink: NDArray[np.float32], box: Box) -> float:
    x0, y0, x1, y1 = (max(0, round(v)) for v in (box.x0, box.y0, box.x1, box.y1))
    part = ink[y0:y1, x0:x1]
    return float(part.mean()) if part.size else 0.0
