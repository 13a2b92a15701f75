"""Printed check boxes of which nothing is known: the boxes on some lines, and the option beside each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.forms.checkboxes import edge_scores
from pipeline.forms.labels import plain
from pipeline.forms.layout import Layout, Line
from pipeline.records import Box, Image

_SIDES = (14, 40)  # px at 200 dpi; how wide boxes are, and
_OF_LINE = (0.6, 1.3)  # of the height of their line
_EDGE = 0.62  # least share of a box's edge that is inked, where others of its size stand beside it
_SQUARE, _HOLLOW, _CLOSED, _RING = 0.85, 0.06, 0.9, 0.68
_ALIKE = 0.12  # boxes of a form differ by less in width
_READ_AS_BOX = frozenset("□☐☑■○〇◯●◇口囗")  # what the reader makes of a box, ticked or not
_SURE_BOX = frozenset("□☐☑■○〇◯●◇")
_TICKED = frozenset("√✓✔VvXx×日曰目回区凶图国因困団0ODL口囗图区")
_BRACKETS = re.compile(r"[(（\[【][^()（）\[\]【】]{0,2}[)）\]】]")
_CHARACTER = 0.85  # probability from which a character in a square is one, and the square part of it
_LONGEST = 14  # characters of an option
_TRAILING = re.compile(r"[_＿\s:：,，、;；。.]+$|^[\s,，、;；。.]+")


@dataclass(slots=True)
class PrintedOptions:
    """Options with their boxes, in reading order, in sheet pixels; ``after``: the boxes stand behind the options."""

    options: list[str]
    boxes: list[Box]
    after: bool

    @property
    def box(self) -> Box:
        return Box.around(self.boxes)


def find_options(layout: Layout, lines: Sequence[Line]) -> PrintedOptions | None:
    """The check boxes among ``lines``, which have been read; ``None`` where there are fewer than two.

    A box is a square or ring of one size with print beside it, or a pair of brackets with room between.
    """
    rows = [(line, _marks_on(layout, line)) for line in lines if line.said is not None and line.text.strip()]
    every = [box for _, boxes in rows for box in boxes]
    if len(every) < 2:
        return None
    rows = [(line, boxes) for line, boxes in rows if boxes]
    behind = sum(bool(plain(_before(line, boxes[0]))) for line, boxes in rows)
    open_ended = sum(bool(plain(_behind(line, boxes[-1]))) for line, boxes in rows)
    after = behind > open_ended
    options: list[str] = []
    squares: list[Box] = []
    for line, boxes in rows:
        for text, box in zip(_texts(line, boxes, after), boxes, strict=True):
            option = _TRAILING.sub("", text)
            if 1 <= len(plain(option)) <= _LONGEST and option not in options:
                options.append(option)
                squares.append(box)
    return PrintedOptions(options, squares, after) if len(options) >= 2 else None


def _marks_on(layout: Layout, line: Line) -> list[Box]:
    """The places to mark on one line, from left to right."""
    bracketed = _bracketed(line)
    if len(bracketed) >= 2:
        return bracketed
    boxes = _squares(layout, line)
    boxes += [box for box in _read_boxes(line) if not any(_over(box, other) for other in boxes)]
    return sorted(boxes, key=lambda b: b.x0)


def _bracketed(line: Line) -> list[Box]:
    reading = line.said
    if reading is None:
        return []
    out = []
    for match in _BRACKETS.finditer(reading.text):
        inner = match.group()[1:-1].strip()
        if inner and any("\u4e00" <= c <= "\u9fff" for c in inner) and inner not in _TICKED:
            continue
        x0, x1 = (line.box.x0 + reading.centres[i] * line.box.width for i in (match.start(), match.end() - 1))
        out.append(Box(x0, line.box.y0, max(x1, x0 + 1), line.box.y1))
    return out


def _read_boxes(line: Line) -> list[Box]:
    """Boxes that the reader read as such."""
    reading = line.said
    if reading is None:
        return []
    half = 0.4 * line.box.height
    xs = [line.box.x0 + c * line.box.width for c in reading.centres]
    found = [x for x, char in zip(xs, reading.text, strict=False) if char in _SURE_BOX]
    return [Box(x - half, line.box.y0, x + half, line.box.y1) for x in found]


def _squares(layout: Layout, line: Line) -> list[Box]:
    """Squares and rings of one size along a line that are no parts of characters.

    An empty one is a piece of ink of its own, and says how large they are; one with a mark in it, or a stroke
    through it, is then found by its edge.
    """
    unit = layout.unit
    pad = 6 * unit
    left, top = max(0, round(line.box.x0 - pad)), max(0, round(line.box.y0 - pad))
    part = layout.sheet.mask[top : round(line.box.y1 + pad), left : round(line.box.x1 + pad)]
    if part.size == 0:
        return []
    low = max(_SIDES[0] * unit, _OF_LINE[0] * line.box.height)
    high = min(_SIDES[1] * unit, _OF_LINE[1] * line.box.height)
    kept = [Box(left + x, top + y, left + x + n, top + y + n) for x, y, n in _empty_boxes(part, low, high)]
    kept = [box for box in kept if not _is_character(line, box)]
    if not kept:
        return []
    usual = float(np.median([box.width for box in kept]))
    kept = [box for box in kept if abs(box.width - usual) <= max(2.0, _ALIKE * usual)]
    level = float(np.median([box.y0 for box in kept]))
    ink = (part > 0).astype(np.float32)
    for side in (round(usual) - 1, round(usual)):
        for i, j, _ in sorted(_peaks(edge_scores(ink, side)), key=lambda peak: -peak[2]):
            box = Box(left + j, top + i, left + j + side + 1, top + i + side + 1)
            aligned = abs(box.y0 - level - _slope(kept, box)) < 0.3 * usual
            if aligned and not any(_over(box, other) for other in kept) and not _is_character(line, box):
                kept.append(box)
    return kept


def _slope(boxes: Sequence[Box], box: Box) -> float:
    """How much lower than the median the nearest of ``boxes`` stands: lines lean a little."""
    nearest = min(boxes, key=lambda b: abs(b.x0 - box.x0))
    return nearest.y0 - float(np.median([b.y0 for b in boxes]))


def _empty_boxes(part: Image, low: float, high: float) -> list[tuple[int, int, int]]:
    """Pieces of ink that are the edge of a square or a ring and nothing else: left, top and side."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(part, connectivity=8)
    found = []
    for i in range(1, count):
        x, y, w, h, _ = (int(v) for v in stats[i])
        side = max(w, h)
        if not low <= side <= high or min(w, h) < _SQUARE * side:
            continue
        own = part[y : y + h, x : x + w] > 0
        band = max(2, round(0.16 * side))
        edges = (own[:band].any(0), own[-band:].any(0), own[:, :band].any(1), own[:, -band:].any(1))
        inner = own[2 * band : -2 * band, 2 * band : -2 * band]
        if inner.size and inner.mean() < _HOLLOW and (min(e.mean() for e in edges) > _CLOSED or _is_ring(own)):
            found.append((x, y, side))
    return found


def _is_ring(own: NDArray[np.bool_]) -> bool:
    """Whether a piece of ink is a circle: as far from its middle all around."""
    h, w = own.shape
    ys, xs = np.nonzero(own)
    away = np.hypot((ys - (h - 1) / 2) / (h / 2), (xs - (w - 1) / 2) / (w / 2))
    turns = np.floor((np.arctan2(ys - h / 2, xs - w / 2) + np.pi) / (2 * np.pi) * 24).astype(int)
    return bool(away.min() > _RING and len(set(turns.tolist())) >= 24)


def _peaks(scores: NDArray[np.float32]) -> list[tuple[int, int, float]]:
    """The best place in each column that is good enough and no worse than its neighbours."""
    if scores.size == 0:
        return []
    rows = scores.argmax(axis=0)
    best = scores[rows, np.arange(scores.shape[1])]
    good = np.flatnonzero(best >= _EDGE)
    return [(int(rows[j]), int(j), float(best[j])) for j in good]


def _over(a: Box, b: Box) -> bool:
    common = a.clipped(b)
    return common.width > 0.25 * min(a.width, b.width)


def _is_character(line: Line, box: Box) -> bool:
    """Whether the reader surely saw a character where a square was found: 国, 日, 回 and the like have square edges."""
    reading = line.said
    if reading is None:
        return False
    for char, prob, centre in zip(reading.text, reading.probs, reading.centres, strict=False):
        x = line.box.x0 + centre * line.box.width
        if box.x0 - 0.1 * box.width <= x <= box.x1 + 0.1 * box.width:
            if char in _READ_AS_BOX:
                return False
            if char in _TICKED:
                return False
            if prob >= _CHARACTER and ("\u4e00" <= char <= "\u9fff"):
                return True
    return False


def _characters(line: Line, boxes: Sequence[Box]) -> list[tuple[float, str]]:
    """The characters of a line that are not boxes, with where they stand."""
    reading = line.said
    if reading is None:
        return []
    out = []
    bracketed = {i for m in _BRACKETS.finditer(reading.text) for i in range(*m.span())} if boxes else set()
    square = any(b.width < 1.4 * b.height for b in boxes)
    for i, (char, centre) in enumerate(zip(reading.text, reading.centres, strict=False)):
        x = line.box.x0 + centre * line.box.width
        near = any(b.x0 - 0.15 * b.width <= x <= b.x1 + 0.15 * b.width for b in boxes)
        if _is_inside(x, boxes) or (near and (char in _SURE_BOX or not plain(char))):
            continue
        if not square and i in bracketed:
            continue
        out.append((x, char))
    return out


def _is_inside(x: float, boxes: Sequence[Box]) -> bool:
    return any(b.x0 + 0.1 * b.width <= x <= b.x1 - 0.1 * b.width for b in boxes)


def _texts(line: Line, boxes: Sequence[Box], after: bool) -> list[str]:
    """The text that belongs to each box: up to the next box, or from the box before."""
    texts = ["" for _ in boxes]
    centres = [b.centre[0] for b in boxes]
    for x, char in _characters(line, boxes):
        if after:
            i = next((n for n, c in enumerate(centres) if c > x), None)
        else:
            i = next((n for n in reversed(range(len(centres))) if centres[n] < x), None)
        if i is not None:
            texts[i] += char
    return texts


def _before(line: Line, box: Box) -> str:
    return "".join(char for x, char in _characters(line, [box]) if x < box.x0)


def _behind(line: Line, box: Box) -> str:
    return "".join(char for x, char in _characters(line, [box]) if x > box.x1)
