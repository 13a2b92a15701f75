"""Printed words matched to what a form definition calls them, allowing for misread characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

_BRACKETED = re.compile(r"[(\[【〔][^)\]】〕]*[)\]】〕]")
_NOT_WORDS = re.compile(r"[^\w]|_", re.UNICODE)
SURE = 0.74  # least similarity: one wrong character in four


def plain(text: str) -> str:
    """The word characters alone, NFKC: how labels and titles are compared."""
    return _NOT_WORDS.sub("", unicodedata.normalize("NFKC", text))


def plain_forms(text: str) -> set[str]:
    """``text`` as it compares, with and without what stands in brackets."""
    text = unicodedata.normalize("NFKC", text)
    return {form for form in (plain(text), plain(_BRACKETED.sub("", text))) if form}


def similarity(a: str, b: str) -> float:
    """1 for equal, 0 for nothing in common (normalised Levenshtein)."""
    return Levenshtein.normalized_similarity(a, b)


@dataclass(frozen=True, slots=True)
class Match:
    """A label found in a text: the keys it may stand for, how well it fits, how many characters it spans."""

    keys: tuple[str, ...]
    score: float
    length: int


class Labels:
    """The label synonyms of some fields, to be found in what was read."""

    def __init__(self, synonyms: Iterable[tuple[str, Iterable[str]]]) -> None:
        """``synonyms`` are pairs of a field's key and its labels."""
        self._by_label: dict[str, list[str]] = {}
        for key, labels in synonyms:
            for label in labels:
                keys = self._by_label.setdefault(plain(label), [])
                if key not in keys:
                    keys.append(key)

    def whole(self, text: str) -> Match | None:
        """The label that ``text`` as a whole is, or ``None``."""
        forms = plain_forms(text)
        best: Match | None = None
        for label, keys in self._by_label.items():
            score = max((similarity(form, label) for form in forms), default=0.0)
            best = _better(best, keys, score, len(label))
        return best

    def ending(self, text: str) -> Match | None:
        """The label that ``text`` ends with; ``length`` counts word characters of ``text``.

        The longest of equally good labels wins: 甲方联系人 over 联系人.
        """
        best: Match | None = None
        for form in plain_forms(text):
            for label, keys in self._by_label.items():
                if len(form) >= len(label):
                    best = _better(best, keys, similarity(form[-len(label) :], label), len(label))
        return best


def _better(best: Match | None, keys: list[str], score: float, length: int) -> Match | None:
    if score < SURE:
        return best
    if best is None or (score, length) > (best.score, best.length):
        return Match(tuple(keys), score, length)
    if (score, length) == (best.score, best.length):
        return Match((*best.keys, *(k for k in keys if k not in best.keys)), score, length)
    return best
