"""What the ink allows: how probable a text is given a line's step probabilities, and the likeliest texts.

After Graves et al., "Connectionist Temporal Classification" (ICML 2006) and, for the search, Hannun et
al., "First-Pass Large Vocabulary Continuous Speech Recognition using Bi-Directional Recurrent DNNs"
(2014). Class 0 is the blank.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.reading.characters import fold
from pipeline.reading.grammar import Grammar
from pipeline.sheets import Steps

_LOG_ZERO = -1e9
_LEAST = 1e-4  # a character less probable than this at a step is not followed there
_OPTIONS = 6  # characters followed at a step


@dataclass(frozen=True, eq=False, slots=True)
class Alike:
    """Characters that count as others where it is known what stands there: among digits an ``O`` is a 0."""

    same: Mapping[str, str]

    def plain(self, text: str) -> str:
        """``text`` with every such character as what it counts as."""
        return "".join(self.same.get(c, c) for c in text)


AS_READ = Alike({})


class Ink:
    """One line's character probabilities, classes that fold to one character taken together.

    ``steps`` has T steps; the table is ``(T, characters)``.
    """

    def __init__(self, steps: Steps, alike: Alike = AS_READ) -> None:
        classes, inverse = np.unique(steps.classes, return_inverse=True)
        columns: dict[str, int] = {"": 0}
        of_class = np.zeros(len(classes), dtype=np.intp)
        for i, c in enumerate(classes):
            char = fold(steps.alphabet[c]) if c else ""
            of_class[i] = columns.setdefault(alike.same.get(char, char), len(columns))
        total = len(steps.classes)
        table = np.zeros((total, len(columns)), dtype=np.float64)
        at = np.broadcast_to(np.arange(total)[:, None], steps.classes.shape)
        np.add.at(table, (at, of_class[inverse.reshape(steps.classes.shape)]), steps.probs)
        self._columns = columns
        self._chars = list(columns)
        self._table = np.log(np.maximum(table, max(steps.floor, 1e-12)))
        self._floor = float(np.log(max(steps.floor, 1e-12)))

    def log(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """The natural logarithm of the probability that the ink spells each of ``texts``, ``(len(texts),)``.

        The CTC forward algorithm, all texts at once.
        """
        if not texts:
            return np.zeros(0)
        longest = max(map(len, texts))
        unknown = len(self._chars)
        labels = np.zeros((len(texts), 2 * longest + 1), dtype=np.intp)
        for i, text in enumerate(texts):
            labels[i, 1 : 2 * len(text) : 2] = [self._columns.get(c, unknown) for c in text]
        table = np.pad(self._table, ((0, 0), (0, 1)), constant_values=self._floor)
        may_skip = np.zeros(labels.shape, dtype=bool)
        may_skip[:, 3::2] = labels[:, 3::2] != labels[:, 1:-2:2]
        # Characters that the ink does not hold share a column; two different ones in a row still differ.
        for i, text in enumerate(texts):
            for n in range(1, len(text)):
                may_skip[i, 2 * n + 1] = text[n] != text[n - 1]
        skip_cost = np.where(may_skip, 0.0, _LOG_ZERO)
        alpha = np.full(labels.shape, _LOG_ZERO)
        alpha[:, :2] = table[0][labels[:, :2]]
        pad = np.full((len(texts), 2), _LOG_ZERO)
        for row in table[1:]:
            step = np.concatenate([pad[:, :1], alpha[:, :-1]], axis=1)
            skip = np.concatenate([pad, alpha[:, :-2]], axis=1)[:, : labels.shape[1]] + skip_cost
            alpha = np.logaddexp(np.logaddexp(alpha, step), skip) + row[labels]
        ends = np.array([2 * len(text) for text in texts])
        which = np.arange(len(texts))
        last = alpha[which, ends]
        before = np.where(ends > 0, alpha[which, np.maximum(ends - 1, 0)], _LOG_ZERO)
        return np.asarray(np.logaddexp(last, before), dtype=np.float64)

    def beam(self, grammar: Grammar, width: int = 24) -> list[tuple[str, float]]:
        """The likeliest texts that ``grammar`` accepts, with their log probabilities, best first.

        A prefix that no accepted text begins with is never followed, so that the beam holds none but
        candidates. What the ink gives to other characters is lost: a text that needs them bent scores
        low.
        """
        beams: dict[str, tuple[float, float]] = {"": (0.0, _LOG_ZERO)}
        blanks = 0.0  # log probability of the steps at which nothing but the blank can be followed, the same for all
        for row, options in zip(self._table, self._options(grammar), strict=True):
            blank = float(row[0])
            if not options:
                if any(p_char > _LOG_ZERO for _, p_char in beams.values()):
                    beams = {s: (_add_logs(pb, pn), _LOG_ZERO) for s, (pb, pn) in beams.items()}
                blanks += blank
                continue
            grown: dict[str, tuple[float, float]] = {}
            for prefix, (p_blank, p_char) in beams.items():
                both = _add_logs(p_blank, p_char)
                _add(grown, prefix, both + blank, _LOG_ZERO)
                for char, logp in options:
                    if prefix and prefix[-1] == char:
                        _add(grown, prefix, _LOG_ZERO, p_char + logp)
                        if grammar.extends(prefix, char):
                            _add(grown, prefix + char, _LOG_ZERO, p_blank + logp)
                    elif grammar.extends(prefix, char):
                        _add(grown, prefix + char, _LOG_ZERO, both + logp)
            ranked = sorted(grown.items(), key=lambda item: -_add_logs(*item[1]))
            beams = dict(ranked[:width])
        found = [(s, _add_logs(*p) + blanks) for s, p in beams.items() if grammar.accepts(s)]
        return sorted(found, key=lambda item: -item[1])

    def _options(self, grammar: Grammar) -> list[list[tuple[str, float]]]:
        """The likeliest characters of each step that may be followed, with their log probabilities."""
        rows = self._table[:, 1:]
        likely = rows > math.log(_LEAST)
        options: list[list[tuple[str, float]]] = [[] for _ in rows]
        for t in np.flatnonzero(likely.any(axis=1)):
            order = np.argsort(-rows[t])[:_OPTIONS]
            options[t] = [
                (char, float(rows[t, i]))
                for i in order
                if likely[t, i] and (char := self._chars[i + 1]) in grammar.alphabet
            ]
        return options


def _add(beams: dict[str, tuple[float, float]], prefix: str, p_blank: float, p_char: float) -> None:
    old = beams.get(prefix)
    if old is None:
        beams[prefix] = (p_blank, p_char)
    else:
        beams[prefix] = (_add_logs(old[0], p_blank), _add_logs(old[1], p_char))


def _add_logs(a: float, b: float) -> float:
    """``log(exp(a) + exp(b))``; a good deal quicker for two floats than numpy's."""
    if a < b:
        a, b = b, a
    return a if b - a < -40 else a + math.log1p(math.exp(b - a))
