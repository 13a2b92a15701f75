"""Several copies of one form beside one another: what stands on all of them is print, what differs was filled in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from rapidfuzz import fuzz

from pipeline.forms.labels import plain
from pipeline.forms.layout import Layout, Line
from pipeline.forms.printed import Sense
from pipeline.forms.sense import page_sense
from pipeline.sheets import Box

_SAME, _OTHER = 2.6, -2.4  # nats: the same text at the same place on all other copies, or another text on all
_ABSENT = -0.4  # nothing there on the other copies
_SHORT = 0.4  # of that for a single character: 男 stands on many copies and is no print
_NEAR = 0.022  # of the page's width by which texts may be off
_ALIKE = 78.0  # of 100
_TIES = 5  # texts that tell how two copies lie


@dataclass(slots=True)
class Item:
    """A text on a page."""

    text: str
    box: Box


@dataclass(slots=True)
class Alignment:
    """Carries boxes of one sheet to another's: ``x' = sx x + dx``, ``y' = sy y + dy``."""

    sx: float = 1.0
    dx: float = 0.0
    sy: float = 1.0
    dy: float = 0.0

    def carried(self, box: Box) -> Box:
        return Box(
            self.sx * box.x0 + self.dx,
            self.sy * box.y0 + self.dy,
            self.sx * box.x1 + self.dx,
            self.sy * box.y1 + self.dy,
        )


@dataclass(slots=True)
class Copy:
    """One page of one copy with its texts."""

    layout: Layout
    items: list[Item] = field(default_factory=list)

    @classmethod
    def of(cls, layout: Layout) -> Copy:
        lines = [line for line in layout.lines() if plain(line.text)]
        return cls(layout, [Item(plain(line.text), line.box) for line in lines])


def align(source: Copy, target: Copy) -> Alignment:
    """How texts of ``source`` lie on ``target``, by those that both have once; by the page sizes where too few."""
    a, b = source.layout.sheet.frame, target.layout.sheet.frame
    whole = Alignment(b.width / a.width, 0.0, b.height / a.height, 0.0)
    texts = {i.text: i for i in source.items if len(i.text) >= 2 and _once(i.text, source)}
    others = {i.text: i for i in target.items if len(i.text) >= 2 and _once(i.text, target)}
    # The left end: what follows a label in its line is of another length on each copy.
    ties = [(texts[t].box, others[t].box) for t in texts.keys() & others.keys()]
    if len(ties) < _TIES:
        return whole
    fit = [
        _line([(getattr(p, f"{k}0"), getattr(q, f"{k}0")) for p, q in ties], s)
        for k, s in (("x", whole.sx), ("y", whole.sy))
    ]
    return Alignment(*fit[0], *fit[1])


def _line(pairs: Sequence[tuple[float, float]], scale: float) -> tuple[float, float]:
    """Scale and shift through pairs of coordinates, by Theil and Sen: medians, which a few wrong pairs do not move."""
    slopes = [
        (q[1] - p[1]) / (q[0] - p[0]) for n, p in enumerate(pairs) for q in pairs[n + 1 :] if abs(q[0] - p[0]) > 200
    ]
    slope = float(np.median(slopes)) if len(slopes) >= _TIES else scale
    slope = slope if 0.8 * scale < slope < 1.25 * scale else scale
    return slope, float(np.median([b - slope * a for a, b in pairs]))


def _once(text: str, copy: Copy) -> bool:
    return sum(i.text == text for i in copy.items) == 1


def copies_sense(copy: Copy, others: Sequence[Copy], weight: Callable[[str], float]) -> Sense:
    """The sense for one page that knows what stands at the same place on other copies."""
    base = page_sense(copy.layout, weight)
    if not others:
        return base
    alignments = [(other, align(copy, other)) for other in others]

    def sense(lines: Sequence[Line]) -> float:
        odds = base(lines)
        text = plain("".join(line.text for line in lines))
        if odds < -3.5 and not text:
            return odds
        box = Box.around([line.box for line in lines])
        votes = [_agrees(text, alignment.carried(box), other) for other, alignment in alignments]
        share = sum(votes) / len(votes)
        return odds + (_SHORT if len(text) < 2 and share > 0 else 1.0) * share

    return sense


def _agrees(text: str, box: Box, other: Copy) -> float:
    """What another copy says of a text at a place, in nats."""
    near = _NEAR * other.layout.sheet.frame.width
    around = box.grown(near, 0.35 * box.height)
    there = [
        i for i in other.items
        if around.contains(min(max(i.box.centre[0], around.x0), around.x1), i.box.centre[1])
        and i.box.x0 < around.x1 and i.box.x1 > around.x0
    ]  # fmt: skip
    if not there:
        return _ABSENT
    said = "".join(i.text for i in sorted(there, key=lambda i: (round(i.box.centre[1] / 20), i.box.x0)))
    alike = fuzz.partial_ratio(text, said) if len(said) >= len(text) else fuzz.ratio(text, said)
    return _SAME if alike >= _ALIKE else _OTHER
