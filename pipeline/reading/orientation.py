"""Which way up a sheet stands, decided on evidence from its text.

A wrong turn is worse than none: a sheet is turned only where its lines read clearly better that way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice

import numpy as np

from pipeline.reading.characters import is_han
from pipeline.reading.crops import crop_line
from pipeline.reading.engine import TextEngine
from pipeline.sheets import Box, Reading, Sheet

_OBLONG = 2.2  # times as long as high is what shows which way a line runs
_SAMPLE = 4  # lines read for one vote
_FEW = 2  # are enough where each of them reads beyond doubt
_LONG = 9  # times its height: a longer line says no more, and costs more to read
_UPRIGHT = 0.80  # a vote from which the sheet is upright beyond doubt
_LEAST = 0.45  # a vote below which nothing was read at all
_MARGIN = 0.15  # by how much another way up must read better


def choose_turn(sheet: Sheet, boxes: list[Box], engine: TextEngine, turned: Callable[[Sheet, int], Sheet]) -> int:
    """Quarter turns clockwise that make the sheet upright. ``boxes`` are its detected lines as it stands.

    The shape of the lines says whether it lies on its side; which end is up, and every case of doubt,
    is settled by reading the longest lines each way.
    """
    lines = [b for b in boxes if max(b.width, b.height) > _OBLONG * min(b.width, b.height)]
    if len(lines) < 2:
        return 0  # a picture, a stamp, a single word: no evidence to turn a page by
    sideways = sum(b.height for b in lines if b.height > b.width) > sum(b.width for b in lines if b.width >= b.height)
    first = [1, 3] if sideways else [0, 2]
    votes = {0: _vote(sheet, lines, engine, turned, 0)} if not sideways else {}
    if votes.get(0, 0.0) >= _UPRIGHT:
        return 0
    for turns in first:
        if turns not in votes:
            votes[turns] = _vote(sheet, lines, engine, turned, turns)
    best = max(votes, key=lambda t: votes[t])
    rivals = [v for t, v in votes.items() if t != best]
    if best == 0 or votes[best] < _LEAST or votes[best] - max(rivals) < _MARGIN:
        return 0
    return best


def stands_upright(boxes: Sequence[Box], readings: Iterable[Reading]) -> bool:
    """Whether some of the sheet's lines show beyond doubt that it need not be turned.

    ``boxes`` are its detected lines, ``readings`` what its longest lines say, of which no more are asked for than it
    takes.
    """
    lines = [b for b in boxes if b.width > _OBLONG * b.height]
    if len(lines) < _FEW or 2 * len(lines) <= len(boxes):
        return False
    return _taken_together(_sense(reading) for reading in islice(readings, _SAMPLE)) >= _UPRIGHT


def _taken_together(senses: Iterable[float]) -> float:
    """The mean of how well some lines read, of no more of them than it takes to be beyond doubt; 0 of none."""
    taken: list[float] = []
    for sense in senses:
        taken.append(sense)
        if len(taken) >= _FEW and min(taken) >= _UPRIGHT:
            break  # lines that stand on their head never read so well, let alone several
    return float(np.mean(taken)) if taken else 0.0


def _vote(
    sheet: Sheet, lines: list[Box], engine: TextEngine, turned: Callable[[Sheet, int], Sheet], turns: int
) -> float:
    """How well the longest lines read after ``turns``: 0 to 1."""
    upright = turned(sheet, turns)
    h, w = sheet.ink.shape
    moved = [turn_box(b, turns, w, h) for b in lines]
    sample = sorted(moved, key=lambda b: -min(b.width, _LONG * b.height))[:_SAMPLE]
    parts = [Box(b.x0, b.y0, min(b.x1, b.x0 + _LONG * b.height), b.y1) for b in sample]
    return _taken_together(_sense(engine.recognise([crop_line(upright, part)])[0]) for part in parts)


def _sense(reading: Reading) -> float:
    """How much a reading looks like text: sure characters, mostly Han or digits, and more than one."""
    if len(reading.text) < 2:
        return 0.0
    proper = np.mean([is_han(c) or c.isdigit() or c in "::、,()年月日" for c in reading.text])
    return reading.confidence * float(proper)


def turn_box(box: Box, turns: int, width: float, height: float) -> Box:
    """A box of a ``width`` x ``height`` sheet after ``turns`` quarter turns clockwise."""
    turns %= 4
    if turns == 1:
        return Box(height - box.y1, box.x0, height - box.y0, box.x1)
    if turns == 2:
        return Box(width - box.x1, height - box.y1, width - box.x0, height - box.y0)
    if turns == 3:
        return Box(box.y0, width - box.x1, box.y1, width - box.x0)
    return box
