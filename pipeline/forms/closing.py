"""Open tables closed: level rulings without the posts, or without the outer ones, that would enclose cells.

Lists are often ruled between their rows only, and forms left without a border at the left and right.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.forms.rulings import REACH, Ruling, mend
from pipeline.sheets import Image

_LEAST_WIDTH = 500  # px at 200 dpi; narrower rulings are the underlines of blanks
_SAME_END = 24  # px; 3 mm
_ROW = (30, 240)  # px; heights of the rows of a list
_FAR = 315  # px; rulings farther apart belong together only if a post joins them
_GAP = 20  # px; 2.5 mm, the least distance of two columns' writing
_DIRT = 25  # px²; larger than specks, smaller than any character
_NEARER = 0.35  # share of rows whose writing may come nearer to the next column
_SPILT = 0.1  # share of rows whose writing may run into the next column


@dataclass(frozen=True, slots=True)
class _Ladder:
    """Level rulings of one start and one end, from top to bottom."""

    rungs: list[Ruling]

    @property
    def height(self) -> float:
        return self.rungs[-1].middle - self.rungs[0].middle

    def post(self, start: float, end: float, first: int = 0) -> Ruling:
        """An upright line down from rung ``first``, through what is ``start`` of the top and ``end`` of the last."""
        top, last = self.rungs[first], self.rungs[-1]
        return Ruling(False, top.at(start), last.at(end), start, end, top.thickness)


def close_tables(across: list[Ruling], upright: list[Ruling], mask: Image, unit: float) -> list[Ruling]:
    """The upright rulings with what open tables lack, and without the strokes of writing that stand in their rows.

    ``mask`` is 255 where there is ink; ``unit`` is the sheet's resolution over 200 dpi. Tables that close
    by themselves, and underlines, stay as they are.
    """
    posts = mend(upright, unit)
    out = list(upright)
    for ladder in _ladders(mend(across, unit), posts, unit):
        missing = [_is_missing(ladder, posts, left, unit) for left in (True, False)]
        if not any(missing):
            continue
        for streak in [r for r in posts if _runs_past(r, ladder, unit)]:
            out = [r for r in out if abs(r.middle - streak.at((r.start + r.end) / 2)) > 5 * unit]
        inner = [r for r in posts if _joins(r, ladder, unit)]
        if sum(r.length for r in inner) < 0.25 * ladder.height:
            columns = _columns(ladder, mask, unit) if all(missing) else []
            if not columns:
                continue
            out = [r for r in out if not _within(r, ladder, unit)] + columns
        top, last = ladder.rungs[0], ladder.rungs[-1]
        if missing[0]:
            out.append(ladder.post(top.start, last.start))
        if missing[1]:
            out.append(ladder.post(top.end, last.end))
    return out


def _ladders(across: list[Ruling], posts: list[Ruling], unit: float) -> list[_Ladder]:
    """Three or more rulings, one below the other as rows are."""
    groups: list[list[Ruling]] = []
    for ruling in sorted((r for r in across if r.length > _LEAST_WIDTH * unit), key=lambda r: r.middle):
        for group in groups:
            last = group[-1]
            if max(abs(ruling.start - last.start), abs(ruling.end - last.end)) > _SAME_END * unit:
                continue
            apart = ruling.middle - last.middle
            if apart >= _ROW[0] * unit and (apart <= _FAR * unit or _joined(last, ruling, posts, unit)):
                group.append(ruling)
                break
        else:
            groups.append([ruling])
    return [_Ladder(group) for group in groups if len(group) >= 3]


def _joined(upper: Ruling, lower: Ruling, posts: list[Ruling], unit: float) -> bool:
    """Whether a post runs from one ruling to the other."""
    reach = REACH * unit
    return any(
        upper.start - reach < r.middle < upper.end + reach
        and r.start < upper.at(r.middle) + reach
        and r.end > lower.at(r.middle) - reach
        for r in posts
    )


def _is_missing(ladder: _Ladder, posts: list[Ruling], left: bool, unit: float) -> bool:
    """Whether next to nothing upright stands at the rulings' left or right ends."""
    top, last = ladder.rungs[0], ladder.rungs[-1]
    covered = 0.0
    for r in posts:
        at = (top.start + last.start) / 2 if left else (top.end + last.end) / 2
        if abs(r.middle - at) < _SAME_END * unit:
            covered += max(0.0, min(r.end, last.middle) - max(r.start, top.middle))
    return covered < 0.1 * ladder.height


def _joins(post: Ruling, ladder: _Ladder, unit: float) -> bool:
    """Whether an upright line stands on one of the rulings and reaches up to another."""
    top, reach = ladder.rungs[0], REACH * unit
    if not top.start + 2 * reach < post.middle < top.end - 2 * reach:
        return False
    ends = [
        {i for i, r in enumerate(ladder.rungs) if abs(r.at(post.middle) - y) < reach} for y in (post.start, post.end)
    ]
    return bool(ends[0] and ends[1]) and ends[0] != ends[1]


def _runs_past(post: Ruling, ladder: _Ladder, unit: float) -> bool:
    """Whether an upright line is a scanner's streak: it comes from above the table and goes on below it."""
    top, last, past = ladder.rungs[0], ladder.rungs[-1], 3 * REACH * unit
    beside = top.start < post.middle < top.end
    return beside and post.start < top.middle - past and post.end > last.middle + past


def _within(post: Ruling, ladder: _Ladder, unit: float) -> bool:
    top, last, reach = ladder.rungs[0], ladder.rungs[-1], REACH * unit
    return (
        top.start - reach < post.middle < top.end + reach
        and post.start > top.middle - 2 * reach
        and post.end < last.middle + 2 * reach
    )


def _columns(ladder: _Ladder, mask: Image, unit: float) -> list[Ruling]:
    """The posts between the columns of a list ruled between its rows only; none if it is no such list.

    Its headings are three words or more; between two of them a gap runs down through the writing of the
    rows.
    """
    apart = [b.middle - a.middle for a, b in itertools.pairwise(ladder.rungs)]
    if len(apart) < 3 or max(apart) > _ROW[1] * unit:
        return []
    left, right = (max(0, round(v)) for v in (ladder.rungs[0].start, ladder.rungs[0].end))
    inked = [_ink(a, b, mask, left, right, unit) for a, b in itertools.pairwise(ladder.rungs)]
    for first in (0, 1):
        words = _words(inked[first], apart[first], unit)
        rows = [row for row in inked[first + 1 :] if row.any()]
        if len(words) < 3 or len(rows) < 2:
            continue
        found = [_gap(a, b, rows, unit) for (_, a), (b, _) in itertools.pairwise(words)]
        gaps = [left + x for x in found if x is not None]
        if len(gaps) >= 2:
            top, last = ladder.rungs[first], ladder.rungs[-1]
            lean = (last.start + last.end - top.start - top.end) / 4
            return [ladder.post(x - lean, x + lean, first) for x in gaps]
    return []


def _ink(upper: Ruling, lower: Ruling, mask: Image, left: int, right: int, unit: float) -> NDArray[np.bool_]:
    """Where, from left to right, there is writing between two rulings."""
    top = max(upper.at_start, upper.at_end) + upper.thickness / 2 + 3 * unit
    bottom = min(lower.at_start, lower.at_end) - lower.thickness / 2 - 3 * unit
    part = mask[max(0, round(top)) : max(0, round(bottom)), left:right]
    if part.size == 0:
        return np.zeros(right - left, dtype=np.bool_)
    # Neither dirt nor the pieces of a scanner's streak are writing.
    _, labels, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(part), connectivity=8)
    w, h, area = (stats[:, i] for i in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_AREA))
    keep = (area >= _DIRT * unit * unit) & ~((w <= 5 * unit) & (h > 3 * w))
    keep[0] = False
    return np.asarray(keep[labels].any(axis=0))


def _words(inked: NDArray[np.bool_], height: float, unit: float) -> list[tuple[int, int]]:
    """Stretches of ink with gaps between them; characters set apart (序　号) are one word."""
    columns = np.flatnonzero(inked)
    if len(columns) == 0:
        return []
    breaks = np.flatnonzero(np.diff(columns) > _GAP * unit)
    starts = [int(columns[0]), *(int(columns[i + 1]) for i in breaks)]
    ends = [*(int(columns[i]) + 1 for i in breaks), int(columns[-1]) + 1]
    single = min(0.6 * height, 44 * unit)  # the width of one character at most
    words: list[tuple[int, int]] = []
    last = 0
    for start, end in zip(starts, ends, strict=True):
        size, last = last, end - start
        if words and max(size, last) < single and start - words[-1][1] < 1.6 * single:
            words[-1] = (words[-1][0], end)
        else:
            words.append((start, end))
    return words


def _gap(start: int, end: int, rows: list[NDArray[np.bool_]], unit: float) -> float | None:
    """The middle of the widest gap between two headings that runs down through (nearly) all rows."""
    half = max(1, round(_GAP * unit / 2))
    near = max(1, round(2 * unit))
    nearer, spilt = np.zeros(end - start), np.zeros(end - start)
    for row in rows:
        wide = np.convolve(row, np.ones(2 * half + 1), mode="same") > 0.5
        tight = np.convolve(row, np.ones(2 * near + 1), mode="same") > 0.5
        nearer += wide[start:end]
        spilt += tight[start:end]
    crossed = np.where((nearer <= _NEARER * len(rows)) & (spilt <= _SPILT * len(rows)), nearer + 2 * spilt, np.inf)
    least = float(crossed.min(initial=np.inf))
    if not np.isfinite(least):
        return None
    free = np.concatenate([[False], crossed == least, [False]]).astype(np.int8)
    begins, stops = np.flatnonzero(np.diff(free) == 1), np.flatnonzero(np.diff(free) == -1)
    widest = int(np.argmax(stops - begins))
    return start + (float(begins[widest]) + float(stops[widest])) / 2
