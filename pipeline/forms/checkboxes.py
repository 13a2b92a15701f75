"""Printed check boxes: where they are, and whether somebody marked them.

A box is looked for beside its option's print, by the ink along the edge of a square or a ring; the page
decides whether boxes stand before their options or after them. A mark (tick, cross, fill or circle) is ink
within the box, or strokes around it that its neighbours lack.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.forms.labels import similarity
from pipeline.forms.layout import Layout, Line
from pipeline.sheets import Box, Image

_INSIDE = 0.085  # share of the square's inside that is inked from which it counts as marked
_AROUND = 0.10  # ink around the square, over what its neighbours have, from which it counts as circled
_CLEAR_BOX = 0.6  # a box whose edge carries less ink than this was found for want of a better
_LONG = 2.6  # sides; a straight line as long is no part of a box or a mark
_SURE_SQUARE = 0.75  # where the edges of squares carry so much ink, nobody printed rings
_SCRIBBLE = 2.5  # a mark with so many times the ink of the others may be one that was crossed out
_BRACKET_BEFORE = re.compile(r"[(\[][^()\[\]]{0,2}[)\]]\s*$")
_BRACKET_AFTER = re.compile(r"\s*[(\[][^()\[\]]{0,2}[)\]]")
_LONE_BEFORE = re.compile(r"^[^()\[\]]?[)\]]\s*$")
_LONE_AFTER = re.compile(r"\s*[(\[][^()\[\]]?\s*$")


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
    """Where an option's text stands: the x of its first and last characters' centres, the pitch, its line.

    ``left`` and ``right`` bound the room that its box may stand in, as other options' print begins there;
    ``at`` and ``end`` are where the option begins and ends in the line's text.
    """

    option: str
    first: float
    last: float
    pitch: float
    line: Line
    at: int
    end: int
    left: float = -np.inf
    right: float = np.inf


def read_checkboxes(layout: Layout, lines: Sequence[Line], options: Sequence[str]) -> list[CheckBox]:
    """The boxes of those ``options`` whose print was found on ``lines``, in the options' order."""
    printed = _find_options(lines, options)
    if not printed:
        return []
    squares, clear = _boxes(layout.sheet.mask, printed, layout.unit)
    inside, around = _inked(layout.sheet.mask, squares)
    usual = float(np.median(list(around.values())))
    boxes = []
    for p in printed:
        circled = around[p.option] - usual
        strength = max(inside[p.option] / _INSIDE, circled / _AROUND)
        certainty = float(np.clip(abs(np.log2(max(strength, 1e-3))) / 1.2, 0, 1)) * clear
        boxes.append(
            CheckBox(p.option, squares[p.option], inside[p.option], around[p.option], strength >= 1, certainty)
        )
    return _scribbles_doubted(boxes)


def _scribbles_doubted(boxes: list[CheckBox]) -> list[CheckBox]:
    """The boxes, less sure of marks with far more ink than the others: a tick that was crossed out."""
    inked = [box.inside + box.around for box in boxes if box.marked]
    out = []
    for box in boxes:
        rest = [v for v in inked if v != box.inside + box.around]
        heavy = box.marked and rest and box.around > 0.5 * _AROUND
        if heavy and box.inside + box.around > _SCRIBBLE * float(np.median(rest)):
            box = replace(box, certainty=0.3 * box.certainty)
        out.append(box)
    return out


def options_on(lines: Sequence[Line], options: Sequence[str]) -> set[str]:
    """Which options are printed, to the letter, on ``lines``."""
    return {option for option in options if any(option in line.text for line in lines)}


def _inked(mask: Image, squares: Mapping[str, Box]) -> tuple[dict[str, float], dict[str, float]]:
    """How much of each option's square is inked, and how much of what is around it."""
    side = round(float(np.median([max(box.width, box.height) for box in squares.values()])))
    run = round(_LONG * side)
    # A line is known by the ink as far away as it must be long; what is farther from any box says nothing.
    near = Box.around(list(squares.values())).grown(2 * side + run)
    left, top = max(0, round(near.x0)), max(0, round(near.y0))
    ink = _without_long_lines(mask[top : round(near.y1), left : round(near.x1)], run)
    placed = {o: Box(b.x0 - left, b.y0 - top, b.x1 - left, b.y1 - top) for o, b in squares.items()}
    return {o: _inside(ink, box) for o, box in placed.items()}, {o: _around(ink, box) for o, box in placed.items()}


def _without_long_lines(mask: Image, run: int) -> NDArray[np.float32]:
    """The ink without straight lines of ``run`` pixels and more: folds, scratches and rulings are no marks."""
    rest = mask
    for kernel, fat in (((1, run), (3, 1)), ((run, 1), (1, 3))):
        # Dilated across, a line that leans a little still counts as straight.
        lines = cv2.morphologyEx(cv2.dilate(mask, np.ones(fat, np.uint8)), cv2.MORPH_OPEN, np.ones(kernel, np.uint8))
        rest = np.asarray(cv2.bitwise_and(rest, cv2.bitwise_not(lines)), dtype=np.uint8)
    return np.asarray(rest > 0, dtype=np.float32)


def _find_options(lines: Sequence[Line], options: Sequence[str]) -> list[_Printed]:
    """The print of each option; long options first, so that 不满意 is not taken for 满意.

    An option's words may be written elsewhere too: the print nearest to the other options counts.
    """
    level = _level(lines, options)
    used: dict[int, set[int]] = {}
    found: dict[str, _Printed] = {}
    for option in sorted(options, key=len, reverse=True):
        best: tuple[float, float, int, int, int] | None = None
        for n, line in enumerate(lines):
            text, taken = line.text, used.setdefault(n, set())
            away = -abs(line.box.centre[1] - level)
            for size in (len(option), len(option) - 1, len(option) + 1):
                for at in range(max(0, len(text) - size + 1)):
                    if size < 1 or taken & set(range(at, at + size)):
                        continue
                    score = similarity(text[at : at + size], option)
                    if score >= 0.5 and (best is None or (score, away) > best[:2]):
                        best = (score, away, n, at, size)
        if best is None:
            continue
        _, _, n, at, size = best
        used[n] |= set(range(at, at + size))
        reading, box = lines[n].said, lines[n].box
        assert reading is not None  # a line with text has been read
        xs = [box.x0 + c * box.width for c in reading.centres[at : at + size]]
        pitch = (xs[-1] - xs[0]) / (len(xs) - 1) if len(xs) > 1 else box.height
        pitch = float(np.clip(pitch, 0.5 * box.height, 1.3 * box.height))
        found[option] = _Printed(option, xs[0], xs[-1], pitch, lines[n], at, at + size)
    return _bounded([found[o] for o in options if o in found])


def _level(lines: Sequence[Line], options: Sequence[str]) -> float:
    """About where on the page most of the options are printed."""
    heights = [line.box.centre[1] for line in lines for option in options if option in line.text]
    return float(np.median(heights)) if heights else 0.0


def _bounded(printed: list[_Printed]) -> list[_Printed]:
    """The options with the print of their neighbours on the row as the bounds of their boxes."""
    out = []
    for p in printed:
        y = p.line.box.centre[1]
        row = [o for o in printed if o is not p and abs(o.line.box.centre[1] - y) < 0.5 * p.line.box.height]
        left = max((o.last + 0.4 * o.pitch for o in row if o.last < p.first), default=-np.inf)
        right = min((o.first - 0.4 * o.pitch for o in row if o.first > p.last), default=np.inf)
        out.append(replace(p, left=left, right=right))
    return out


def _boxes(mask: Image, printed: list[_Printed], unit: float) -> tuple[dict[str, Box], float]:
    """Each option's box, and how sure it is that these are the boxes (0..1).

    Options with boxes before them have one before the first and none after the last: whichever side has
    more of the boxes is the side. All are printed alike, so that one size is sought.
    """
    bracketed = _bracketed(printed)
    if bracketed is not None:
        return bracketed, 1.0
    rooms = [{p.option: _room_beside(mask, p, unit, behind) for p in printed} for behind in (False, True)]
    sides = range(max(8, round(14 * unit)), round(36 * unit) + 1)
    score, squares = _alike(rooms, sides, rings=False)
    if score < _SURE_SQUARE:
        score, squares = _alike(rooms, sides, rings=True)
    return squares, 1.0 if score >= _CLEAR_BOX else 0.4


def _alike(rooms: Sequence[Mapping[str, Room]], sides: Iterable[int], *, rings: bool) -> tuple[float, dict[str, Box]]:
    """The squares (or, with ``rings``, circles) of one size in the rooms before, or in those behind the options, whose
    edges carry most ink, and how much of it (0..1)."""
    best: tuple[float, dict[str, Box]] | None = None
    for behind, beside in enumerate(rooms):
        for side in sides:
            found = {option: _square(room, side, rings=rings) for option, room in beside.items()}
            total = sum(score for score, _ in found.values()) / len(found)
            # The larger of two sizes that fit alike: the outside of the printed edge. Before is the usual side.
            if best is None or total > best[0] + (0.04 if behind else -1e-9):
                best = (total, {option: box for option, (_, box) in found.items()})
    assert best is not None
    return best


def _bracketed(printed: list[_Printed]) -> dict[str, Box] | None:
    """The room within printed brackets, where options have ( ) or [ ] before or after them.

    A mark often hides one of its brackets from the reader: most options having them, all have.
    """
    best: tuple[float, dict[str, Box]] | None = None
    for pattern, lone, behind in (
        (_BRACKET_BEFORE, _LONE_BEFORE, False),
        (_BRACKET_AFTER, _LONE_AFTER, True),
    ):
        found: dict[str, Box] = {}
        rooms: list[tuple[float, float]] = []  # from the option's print to either bracket
        halves = 0
        for p in printed:
            text = p.line.text
            match = pattern.match(text, p.end) if behind else pattern.search(text[: p.at])
            reading = p.line.said
            if match is None or reading is None:
                halves += bool(lone.match(text, p.end) if behind else lone.search(text[: p.at]))
                continue
            box = p.line.box
            begin, end = _bracket_ends(match.group(), match.start())
            x0 = box.x0 + reading.centres[begin] * box.width + 0.2 * p.pitch
            x1 = box.x0 + reading.centres[end] * box.width - 0.2 * p.pitch
            if x1 > x0:
                found[p.option] = Box(x0, box.y0, x1, box.y1)
                rooms.append((x0 - p.last, x1 - p.last) if behind else (x0 - p.first, x1 - p.first))
        if len(found) == len(printed):
            return found
        # In a row every option but one also has its neighbour's brackets on the other side.
        score = len(found) + 0.5 * halves
        if len(found) >= 2 and 2 * len(found) > len(printed) and (best is None or score > best[0]):
            near, far = (float(v) for v in np.median(rooms, axis=0))
            for p in printed:
                at = p.last if behind else p.first
                found.setdefault(p.option, Box(at + near, p.line.box.y0, at + far, p.line.box.y1))
            best = (score, found)
    return best[1] if best is not None else None


def _bracket_ends(text: str, start: int) -> tuple[int, int]:
    """Where in the line the two brackets of a matched ``text`` stand, which may have room around it."""
    return start + len(text) - len(text.lstrip()), start + len(text.rstrip()) - 1


@dataclass(frozen=True, slots=True)
class Room:
    """Where boxes may stand: ``ink`` ``(h, w)`` with strokes a pixel wider, its top left corner on the sheet,
    and its sums along rows ``(h, w + 1)`` and down columns ``(h + 1, w)``."""

    left: int
    top: int
    ink: NDArray[np.float32]
    level: NDArray[np.float32]
    upright: NDArray[np.float32]


def _room_beside(mask: Image, at: _Printed, unit: float, behind: bool) -> Room:
    """The room before the print, or ``behind`` it."""
    if behind:
        x0, x1 = at.last + 0.35 * at.pitch, min(at.last + 3.0 * at.pitch, at.right)
    else:
        x0, x1 = max(at.first - 3.0 * at.pitch, at.left), at.first - 0.35 * at.pitch
    pad = 4 * unit
    left, top = max(0, round(x0)), max(0, round(at.line.box.y0 - pad))
    part = mask[top : round(at.line.box.y1 + pad), left : max(left, round(x1))]
    return room_of((part > 0).astype(np.float32), left, top)


def room_of(part: NDArray[np.float32], left: int, top: int) -> Room:
    """A part of a sheet, 1 where inked, with its top left corner there."""
    # A stroke one pixel off still counts as the edge.
    fat = np.maximum(part, np.maximum(_shifted(part, 0, 1), _shifted(part, 1, 0)))
    h, w = fat.shape
    level, upright = np.zeros((h, w + 1), np.float32), np.zeros((h + 1, w), np.float32)
    np.cumsum(fat, axis=1, out=level[:, 1:])
    np.cumsum(fat, axis=0, out=upright[1:])
    return Room(left, top, fat, level, upright)


def _square(room: Room, side: int, *, rings: bool) -> tuple[float, Box]:
    """The square, or with ``rings`` the circle, in a room whose edge carries most ink, and how much (0..1)."""
    left, top = room.left, room.top
    h, w = room.ink.shape
    if h <= side or w <= side:
        return 0.0, Box(left, top, left + 1, top + 1)
    score = edge_scores(room, side, rings=rings)
    i, j = (int(v) for v in np.unravel_index(int(np.argmax(score)), score.shape))
    return float(score[i, j]), Box(left + j, top + i, left + j + side + 1, top + i + side + 1)


def edge_scores(room: Room, side: int, *, rings: bool = True) -> NDArray[np.float32]:
    """For each place of a room, by the top left corner, how much of the edge of a square, or of a circle, is inked.

    Squares alone without ``rings``. ``(h - side, w - side)``, 0 to 1; the room must be larger than ``side``.
    """
    level, upright = room.level, room.upright
    h, w = room.ink.shape
    ys, xs = h - side, w - side
    runs = level[:, side:-1][:, :xs] - level[:, :xs]
    posts = upright[side:-1][:ys] - upright[:ys]
    edges = [runs[:ys], runs[side : side + ys], posts[:, :xs], posts[:, side : side + xs]]
    score = (np.minimum.reduce(edges) * 0.5 + sum(edges) / 8) / side
    if rings:
        score = np.maximum(score, _ring(room.ink, side)[:ys, :xs])
    return np.asarray(score, dtype=np.float32)


def edge_peaks(room: Room, side: int, least: float) -> list[tuple[int, int, float]]:
    """The best square or ring in each column of a room, top and left, where ``least`` of its edge is inked."""
    if min(room.ink.shape) <= side + 1:
        return []
    scores = edge_scores(room, side)
    rows = scores.argmax(axis=0)
    best = scores[rows, np.arange(scores.shape[1])]
    return [(int(rows[j]), int(j), float(best[j])) for j in np.flatnonzero(best >= least)]


def _ring(ink: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """For each square by its top left corner, the share of the circle within it that is inked."""
    kernel = np.zeros((side + 1, side + 1), dtype=np.float32)
    cv2.circle(kernel, (side // 2, side // 2), side // 2, (1.0,), 1)
    kernel /= kernel.sum()
    return np.asarray(cv2.filter2D(ink, cv2.CV_32F, kernel, anchor=(0, 0), borderType=cv2.BORDER_CONSTANT))


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
