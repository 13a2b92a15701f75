"""Printed check boxes of which nothing is known: the boxes on some lines, and the option beside each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pipeline.forms.checkboxes import edge_peaks, room_of
from pipeline.forms.hollow import hollow_boxes, overlap
from pipeline.forms.labels import plain
from pipeline.forms.layout import Layout, Line
from pipeline.sheets import Box

_SIDES = (14, 36)  # px at 200 dpi; how wide boxes are
_EDGE, _CLEAR = 0.6, 0.8  # least share of a box's edge that is inked, where one was read and where none was
_OF_LINE = (0.5, 1.35)  # times a character's pitch: how wide boxes are
_ALIKE = 0.2  # boxes of a form differ by less in width
_READ_AS_BOX = frozenset("□☐☑☒⊠■○〇◯●◇口囗")  # what the reader makes of a box, ticked or not
_TICKED = frozenset("√✓✔VvXx×日曰目回区凶图国因困団0OD口囗☑☒√")
_YEAR = re.compile(r"[一二三四五六七八九零〇○]{3,4}年")  # 二〇二〇年: its noughts are no boxes
_BRACKETS = re.compile(r"[(（\[【][^()（）\[\]【】]{0,2}[)）\]】]")
_LONGEST = 14  # characters of an option
_TRAILING = re.compile(r"[_＿\s:：,，、;；。.□☐☑☒⊠■]+$|^[\s,，、;；。.□☐☑☒⊠■]+")


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
    likely = [line for line in lines if _may_hold(line)]
    drawn = [hollow_boxes(layout, line) for line in likely]
    rows = [(line, _marks_on(layout, line, own)) for line, own in zip(likely, drawn, strict=True)]
    every = [box for _, boxes in rows for box in boxes]
    # Characters have square edges too: at least one box must have been read as one, or stand empty by itself.
    read = any(drawn) or any(char in _READ_AS_BOX for line in likely for char in line.text)
    if len(every) < 2 or not (read or any(len(_bracketed(line)) >= 2 for line in likely)):
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


def _may_hold(line: Line) -> bool:
    return line.said is not None and bool(line.text.strip()) and not _YEAR.search(line.text)


def _marks_on(layout: Layout, line: Line, drawn: Sequence[Box]) -> list[Box]:
    """The places to mark on one line, from left to right; ``drawn`` are its :func:`hollow_boxes`."""
    bracketed = _bracketed(line)
    if len(bracketed) >= 2:
        return bracketed
    if drawn:
        rest = [box for box in _read_boxes(line) if not any(overlap(box, other) for other in drawn)]
        return sorted([*drawn, *rest], key=lambda b: b.x0)
    squares = _squares(layout, line)
    read = [_snapped(box, squares) for box in _read_boxes(line)]
    if not read:
        return []
    usual, level = (float(np.median(v)) for v in ([b.width for b in read], [b.centre[1] for b in read]))
    near = max(3.0, _ALIKE * usual)
    # What was ticked is often read as something else, or as nothing: a square like the others.
    extra = [
        box for score, box in squares
        if score >= _CLEAR and abs(box.width - usual) <= near and abs(box.centre[1] - level) <= near
        and not any(overlap(box, other) for other in read) and not _is_character(line, box)
    ]  # fmt: skip
    kept: list[Box] = []
    for box in extra:
        if not any(overlap(box, other) for other in kept):
            kept.append(box)
    return sorted([*read, *kept], key=lambda b: b.x0)


def _snapped(box: Box, squares: Sequence[tuple[float, Box]]) -> Box:
    """The square that stands where a box was read, as well as can be told; the reader's place without one."""
    near = [(score, s) for score, s in squares if abs(s.centre[0] - box.centre[0]) < 0.65 * box.width]
    return max(near, key=lambda entry: entry[0])[1] if near else box


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
    half = 0.45 * _pitch(line)
    xs = [line.box.x0 + c * line.box.width for c in reading.centres]
    found = [x for x, char in zip(xs, reading.text, strict=False) if char in _READ_AS_BOX]
    return [Box(x - half, line.box.y0, x + half, line.box.y1) for x in found]


def _squares(layout: Layout, line: Line) -> list[tuple[float, Box]]:
    """Squares and rings along a line with the inked share of their edges, best first; characters have some too."""
    unit = layout.unit
    pad = 5 * unit
    left, top = max(0, round(line.box.x0 - pad)), max(0, round(line.box.y0 - pad))
    part = (layout.sheet.mask[top : round(line.box.y1 + pad), left : round(line.box.x1 + pad)] > 0).astype(np.float32)
    found: list[tuple[float, Box]] = []
    room = room_of(part, left, top)
    pitch = _pitch(line)
    least, most = max(_SIDES[0] * unit, _OF_LINE[0] * pitch), min(_SIDES[1] * unit, _OF_LINE[1] * pitch)
    for side in range(max(8, round(least)), round(most) + 1):
        for i, j, score in edge_peaks(room, side, _EDGE):
            found.append((score, Box(left + j, top + i, left + j + side + 1, top + i + side + 1)))
    return sorted(found, key=lambda entry: -entry[0])


def _pitch(line: Line) -> float:
    """The usual step from one character to the next; the line's height where it has too few."""
    reading = line.said
    if reading is None or len(reading.centres) < 3:
        return line.box.height
    steps = sorted((b - a) * line.box.width for a, b in pairwise(reading.centres))
    return float(np.clip(steps[len(steps) // 2], 0.5 * line.box.height, 1.3 * line.box.height))


def _is_character(line: Line, box: Box) -> bool:
    """Whether the reader surely saw a character where a square was found: 国, 日, 回 and the like have square edges."""
    reading = line.said
    if reading is None:
        return False
    at = [(abs(line.box.x0 + c * line.box.width - box.centre[0]), char)
          for char, c in zip(reading.text, reading.centres, strict=False) if char.strip()]  # fmt: skip
    away, char = min(at, default=(np.inf, ""))
    return bool(away < 0.8 * box.width and char not in _READ_AS_BOX and char not in _TICKED and plain(char))


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
        if _is_inside(x, boxes) or (near and (char in _READ_AS_BOX or not plain(char))):
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
