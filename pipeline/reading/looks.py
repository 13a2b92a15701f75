"""Several readings of one value taken together: what each look at its lines saw, weighed as one.

Looks at the same ink err differently. A text is as probable as the looks find it on average (the
geometric mean of their probabilities), so one look's slip is outvoted; and how many of them say the same
is evidence of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.reading.characters import is_han
from pipeline.reading.grammar import Grammar
from pipeline.reading.ink import AS_READ, Alike, Ink
from pipeline.sheets import Reading, Steps

_NONSENSE = -60.0  # nats; a look that rules a text out altogether counts no more than this
_FEW = 4  # characters whose steps are too few to say what is usual
SURE = 12.0  # nats; a lead beyond this says nothing more


class Looks:
    """All looks at the lines of one value; ``first`` is the likeliest of each line's looks, joined.

    ``prior`` is what is known of a line's text before its ink, in nats.
    """

    def __init__(self, lines: Sequence[Reading], prior: Callable[[str], float] = lambda text: 0.0) -> None:
        chosen = [_likeliest(line, prior) for line in lines]
        self._lines = chosen
        count = max((len(line.looks) for line in lines), default=0)
        others = [join([line.looks[k] if k < len(line.looks) else line for line in lines]) for k in range(count)]
        self.first = join(chosen)
        self.all = [join(list(lines)), *others] if count else [self.first]
        self._inks: dict[Alike, list[Ink]] = {}

    @property
    def text(self) -> str:
        return self.first.text

    def log(self, texts: Sequence[str], alike: Alike = AS_READ) -> NDArray[np.float64]:
        """The mean over the looks of the log probability of each text; 0 where nothing is known of the ink."""
        inks = self._ink(alike)
        if not inks:
            return np.zeros(len(texts))
        return np.asarray(np.mean([np.maximum(ink.log(texts), _NONSENSE) for ink in inks], axis=0))

    def beam(self, grammar: Grammar, alike: Alike = AS_READ) -> list[tuple[str, float]]:
        """The likeliest texts of a grammar with their log probabilities, best first."""
        texts = list(dict.fromkeys(text for ink in self._ink(alike) for text, _ in ink.beam(grammar)))
        found = zip(texts, map(float, self.log(texts, alike)), strict=True)
        return sorted(found, key=lambda item: -item[1])

    def agreement(self, value: str, value_of: Callable[[str], str | None]) -> float:
        """The share of the looks whose own text gives ``value``."""
        return sum(value_of(look.text) == value for look in self.all) / len(self.all)

    def _ink(self, alike: Alike) -> list[Ink]:
        if alike not in self._inks:
            self._inks[alike] = [Ink(look.steps, alike) for look in self.all if look.steps is not None]
        return self._inks[alike]

    @property
    def gap(self) -> float:
        """The widest step from one character to the next, against what their widths make usual; 1 for even writing.

        A character that was lost leaves a gap.
        """
        return max((_widest_gap(line) for line in self._lines), default=1.0)


def _widest_gap(line: Reading) -> float:
    if len(line.text) < _FEW or len(line.centres) != len(line.text):
        return 1.0
    widths = np.array([1.0 if is_han(c) else 0.55 for c in line.text])
    steps = np.diff(line.centres) / ((widths[1:] + widths[:-1]) / 2)
    usual = float(np.median(steps))
    return float(np.clip(steps.max() / usual, 1.0, 4.0)) if usual > 0 else 1.0


def _likeliest(line: Reading, prior: Callable[[str], float]) -> Reading:
    """The look whose text all the looks together, and what is known of such texts, find likeliest."""
    looks = [line, *line.looks]
    texts = [look.text for look in looks]
    if len(set(texts)) == 1 or any(look.steps is None for look in looks):
        return line
    score = np.mean([np.maximum(Ink(look.steps).log(texts), _NONSENSE) for look in looks if look.steps], axis=0)
    score += [prior(text) for text in texts]
    return looks[int(np.argmax(score))]


def join(readings: Sequence[Reading]) -> Reading:
    """The lines of one value as one reading, in order."""
    if len(readings) == 1:
        return readings[0]
    n = len(readings)
    parts = [r.steps for r in readings if r.steps is not None]
    steps = None
    if len(parts) == n and n:
        width = max(p.classes.shape[1] for p in parts)
        steps = Steps(
            np.concatenate([_widened(p.classes, width) for p in parts]),
            np.concatenate([_widened(p.probs, width) for p in parts]),
            float(np.mean([p.floor for p in parts])),
            parts[0].alphabet,
        )
    return Reading(
        "".join(r.text for r in readings),
        [p for r in readings for p in r.probs],
        [(i + c) / n for i, r in enumerate(readings) for c in r.centres],
        steps,
    )


def _widened(table: NDArray[np.generic], width: int) -> NDArray[np.generic]:
    return np.pad(table, ((0, 0), (0, width - table.shape[1])))


def ranked(scored: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """Values by falling probability in total, each with the nats it is behind the best (0 for the best).

    A value may be scored under several spellings; their probabilities add up.
    """
    totals: dict[str, float] = {}
    for value, logp in scored:
        old = totals.get(value)
        totals[value] = logp if old is None else float(np.logaddexp(old, logp))
    order = sorted(totals.items(), key=lambda item: -item[1])
    return [(value, order[0][1] - logp) for value, logp in order]


def lead(order: Sequence[tuple[str, float]]) -> float:
    """By how many nats the first of :func:`ranked` values leads the others together."""
    rest = sum(math.exp(-behind) for _, behind in order[1:])
    return min(SURE, -math.log(rest)) if rest > 0 else SURE
