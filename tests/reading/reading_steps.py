"""Step probabilities such as a recogniser gives, built by hand: each character a step, blanks between."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
from hypothesis import strategies as st

from pipeline.reading.ctc import greedy, sparse_steps
from pipeline.sheets import Reading, Steps

ALPHABET = ["", "a", "b", "A", "Ａ"]  # the last two are one character to a reader

Doubts = Mapping[int, Mapping[str, float]]
"""By position in the text: what the recogniser takes the character for, with what probability."""

KEPT = 8  # classes a step

_alphabet = ["", *"0123456789"]  # shared by all readings, as lines of one engine share theirs


def spelled(text: str, doubts: Doubts | None = None, sure: float = 0.99) -> Reading:
    """A reading of ``text``, every character ``sure`` but for the ``doubts``.

    A doubt's characters are given with their probabilities; what is left of each step goes to the blank.
    """
    doubts = doubts or {}
    rows: list[dict[str, float]] = [{"": 1.0}]
    for place, char in enumerate(text):
        options = dict(doubts.get(place, {char: sure}))
        rows += [{**options, "": 1.0 - sum(options.values())}, {"": 1.0}]
    classes = np.zeros((len(rows), KEPT), dtype=np.int32)
    probs = np.zeros((len(rows), KEPT), dtype=np.float32)
    for t, row in enumerate(rows):
        listed = sorted(((p, _class(c)) for c, p in row.items()), reverse=True)
        others = [c for c in range(len(_alphabet)) if c not in {c for _, c in listed}]
        listed += [(0.0, c) for c in others[: KEPT - len(listed)]]
        classes[t], probs[t] = [c for _, c in listed], [p for p, _ in listed]
    return greedy(Steps(classes, probs, 1e-9, _alphabet))


def looked(first: Reading, *others: Reading) -> Reading:
    """A line of which ``others`` are further looks."""
    return dataclasses.replace(first, looks=list(others))


def steps_of(dense: np.ndarray) -> Steps:
    """Steps over :data:`ALPHABET`."""
    return sparse_steps(dense.astype(np.float32), ALPHABET)


@st.composite
def dense_steps(draw: st.DrawFn, least: int = 1, most: int = 5) -> np.ndarray:
    """Up to five steps over the alphabet, every class with some probability."""
    weights = st.lists(st.integers(1, 40), min_size=len(ALPHABET), max_size=len(ALPHABET))
    rows = draw(st.lists(weights, min_size=least, max_size=most))
    dense = np.array(rows, dtype=np.float64)
    return dense / dense.sum(axis=1, keepdims=True)


def _class(char: str) -> int:
    if char not in _alphabet:
        _alphabet.append(char)
    return _alphabet.index(char)
