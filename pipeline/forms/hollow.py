"""Squares and rings to mark that are found by their ink alone, whatever the reader made of them.

An empty one is a piece of ink of its own and says how large they are; those with a mark in them, or a stroke through
them, are then found by their edges.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.forms.checkboxes import edge_peaks, room_of
from pipeline.forms.layout import Layout, Line
from pipeline.sheets import Box, Image

_SIGNS = frozenset("□☐☑☒⊠■○〇◯●◇口囗回")
"""What the reader makes of a box, and"""

_LIKE_TICKED = frozenset("日曰目区凶图国因困団")
"""characters that it makes of a ticked one, where it is not quite sure of them."""

_SIDES = (14, 40)  # px at 200 dpi; how wide boxes are, and
_OF_LINE = (0.6, 1.3)  # of the height of their line
_EDGE = 0.62  # least share of a box's edge that is inked, where others of its size stand beside it
_SQUARE = 0.85  # least of one side by the other
_HOLLOW, _CLOSED = 0.06, 0.9  # most ink inside an empty box, least along each of its sides
_RING, _TURNS = 0.68, 24  # how near to its middle, of its radius, a ring has no ink; parts of the turn that have some
_ALIKE = 0.12  # boxes of a form differ by less in width
_CHARACTER, _QUITE_SURE = 0.85, 0.97  # probability from which a character in a square is one


def hollow_boxes(layout: Layout, line: Line) -> list[Box]:
    """The boxes along a line of which at least one is empty, in no order; none where all are marked."""
    pad = 6 * layout.unit
    left, top = max(0, round(line.box.x0 - pad)), max(0, round(line.box.y0 - pad))
    part = layout.sheet.mask[top : round(line.box.y1 + pad), left : round(line.box.x1 + pad)]
    if part.size == 0:
        return []
    low = max(_SIDES[0] * layout.unit, _OF_LINE[0] * line.box.height)
    high = min(_SIDES[1] * layout.unit, _OF_LINE[1] * line.box.height)
    kept = [Box(left + x, top + y, left + x + n, top + y + n) for x, y, n in _empty_boxes(part, low, high)]
    kept = [box for box in kept if not _is_character(line, box)]
    if not kept:
        return []
    usual = float(np.median([box.width for box in kept]))
    kept = [box for box in kept if abs(box.width - usual) <= max(2.0, _ALIKE * usual)]
    room = room_of((part > 0).astype(np.float32), left, top)
    for side in (round(usual) - 1, round(usual)):
        for i, j, _ in sorted(edge_peaks(room, side, _EDGE), key=lambda peak: -peak[2]):
            box = Box(left + j, top + i, left + j + side + 1, top + i + side + 1)
            nearest = min(kept, key=lambda b: abs(b.x0 - box.x0))  # lines lean a little
            aligned = abs(box.y0 - nearest.y0) < 0.3 * usual
            if aligned and not any(overlap(box, other) for other in kept) and not _is_character(line, box):
                kept.append(box)
    return kept


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
    turns = np.floor((np.arctan2(ys - h / 2, xs - w / 2) + np.pi) / (2 * np.pi) * _TURNS).astype(int)
    return bool(away.min() > _RING and len(set(turns.tolist())) >= _TURNS)


def _is_character(line: Line, box: Box) -> bool:
    """Whether the reader surely saw a character where a square was found: 国, 日, 回 and the like have square edges."""
    reading = line.said
    if reading is None:
        return False
    for char, prob, centre in zip(reading.text, reading.probs, reading.centres, strict=False):
        x = line.box.x0 + centre * line.box.width
        if box.x0 - 0.1 * box.width <= x <= box.x1 + 0.1 * box.width:
            if char in _SIGNS:
                return False
            sure = _QUITE_SURE if char in _LIKE_TICKED else _CHARACTER
            if prob >= sure and "\u4e00" <= char <= "\u9fff":
                return True
    return False


def overlap(a: Box, b: Box) -> bool:
    """Whether two boxes of one line are in each other's way."""
    return a.clipped(b).width > 0.25 * min(a.width, b.width)
