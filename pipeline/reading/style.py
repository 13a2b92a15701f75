"""One document, one hand: what this writer's digits look like, learnt from the values that can be checked.

A writer whose ones carry a hook is read as 2079 for 2019, and the year gives it away; in the same hand
78 people may well be 18. Digits that a grammar proves to have been misread shift the recogniser's
probabilities for the digits that nothing else can check (style-consistent classification: Sarkar and
Nagy, IEEE PAMI 27(1), 2005).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.reading.answer import Answer
from pipeline.reading.characters import DIGITS
from pipeline.reading.ctc import greedy
from pipeline.reading.language import confusion_network
from pipeline.sheets import Reading, Steps

_TRUSTED = 2.0  # nats; a value with less of a lead teaches nothing
_UNSEEN = 0.5  # digits read right, as good as seen, that speak for the recogniser
_FAINT = 1e-4  # a probability that is as good as none
_CLEAR = 9.0  # nats; the most that a recogniser's lead counts for

Proof = tuple[str, str, float]
"""The digit read, the digit meant, and by how many nats the recogniser preferred the one to the other."""


class Hand:
    """By how many nats the recogniser prefers a wrong digit to the one this writer meant, on average."""

    def __init__(self, proofs: Iterable[Proof]) -> None:
        proofs = list(proofs)
        written = Counter(meant for _, meant, _ in proofs)
        leads: dict[tuple[str, str], float] = {}
        for read, meant, nats in proofs:
            if read != meant:
                leads[(read, meant)] = leads.get((read, meant), 0.0) + min(nats, _CLEAR)
        self._shifts: dict[str, dict[str, float]] = {}
        for (read, meant), nats in leads.items():
            self._shifts.setdefault(read, {})[meant] = nats / (written[meant] + _UNSEEN)

    def __bool__(self) -> bool:
        return bool(self._shifts)

    def misreads(self, reading: Reading) -> bool:
        """Whether the reading has a digit that this hand is known to be misread as."""
        return any(c in self._shifts for c in reading.text)

    def adapt(self, reading: Reading) -> Reading:
        """The reading with what it gives to misread digits shared with the digits that were meant."""
        if reading.steps is None or not self.misreads(reading):
            return reading
        width = max(reading.centres) if reading.centres else 1.0
        adapted = greedy(self._shifted(reading.steps))
        # The share of the picture that the line fills is not known here: scale to the reading's centres.
        scale = width / max(adapted.centres) if adapted.centres else 1.0
        centres = [c * scale for c in adapted.centres]
        return Reading(adapted.text, adapted.probs, centres, adapted.steps, [self.adapt(x) for x in reading.looks])

    def _shifted(self, steps: Steps) -> Steps:
        classes, probs = steps.classes.copy(), steps.probs.copy()
        number = {digit: steps.alphabet.index(digit) for digit in DIGITS}
        for read, meant in self._shifts.items():
            for digit, nats in meant.items():
                _raise(classes, probs, number[read], number[digit], float(np.exp(nats)))
        order = np.argsort(-probs, axis=1, kind="stable")
        return Steps(
            np.take_along_axis(classes, order, axis=1),
            np.take_along_axis(probs, order, axis=1),
            steps.floor,
            steps.alphabet,
        )


def _raise(classes: NDArray[np.int32], probs: NDArray[np.float32], read: int, meant: int, factor: float) -> None:
    """Multiply the odds of class ``meant`` against ``read`` at every step, in place; their sum stays."""
    for t in np.flatnonzero(((classes == read) & (probs > _FAINT)).any(axis=1)):
        i = int(np.flatnonzero(classes[t] == read)[0])
        there = np.flatnonzero(classes[t] == meant)
        j = int(there[0]) if len(there) else classes.shape[1] - 1
        low = max(float(probs[t, j]) if len(there) else 0.0, _FAINT * float(probs[t, i]))
        mass = float(probs[t, i]) + low
        share = low * factor / (low * factor + float(probs[t, i]))
        classes[t, j] = meant
        probs[t, i], probs[t, j] = mass * (1 - share), mass * share


def learn(answers: Iterable[tuple[Answer, Callable[[str], bool]]]) -> Hand:
    """What the values of one document, each with its rule of what is valid, prove about its writer's digits.

    A digit is proved where the rule leaves no other: the first digit of a mobile number, the century of
    a year, any digit under a checksum.
    """
    return Hand(proof for answer, valid in answers for proof in _proofs(answer, valid))


def _proofs(answer: Answer, valid: Callable[[str], bool]) -> Iterator[Proof]:
    meant, reading = answer.spelled, answer.reading
    if reading is None or reading.steps is None or answer.evidence is None or answer.evidence.margin < _TRUSTED:
        return
    places = confusion_network(reading.steps)
    read = "".join(place[0][0] for place in places)
    if len(read) != len(meant):
        return
    for i, (m, r, place) in enumerate(zip(meant, read, places, strict=True)):
        others = [r] if r != m else [d for d in "0123456789" if d != m]
        if m not in DIGITS or r not in DIGITS or any(valid(meant[:i] + d + meant[i + 1 :]) for d in others):
            continue
        odds = dict(place)
        yield r, m, odds[r] - max(odds.get(m, -_CLEAR), -_CLEAR)
