"""Printed words matched to what a form definition calls them, allowing for misread characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TypeVar

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

_T = TypeVar("_T")

_BRACKETED = re.compile(r"[(\[【〔][^)\]】〕]*[)\]】〕]")
_NOT_WORDS = re.compile(r"[^\w]|_", re.UNICODE)
SURE = 0.74  # least similarity: one wrong character in four
_ALIKE = {
    "公章": "盖章", "印章": "盖章", "签章": "盖章", "签名": "签字", "联络员": "联系人", "联络人": "联系人",
}  # fmt: skip
"""Words that forms use for one another, each as long as what it stands for."""
_AFFIXES = re.compile(r"^(?:现|本人|您的|请填写)|(?:全称|名称)$")
_NAME_ONLY = re.compile(r"(?:单位|党组织|组织|社区)?(?:名称|全称)")
_AFFIX_COST = 0.98  # a label with such a word more is nearly as good
_LONGEST = 14  # characters of a text that may be a label
_REMEMBERED = 20_000  # texts; the print of a form is the same on every page


@lru_cache(maxsize=_REMEMBERED)
def plain(text: str) -> str:
    """The word characters alone, NFKC: how labels and titles are compared."""
    return _NOT_WORDS.sub("", unicodedata.normalize("NFKC", text))


def plain_forms(text: str) -> set[str]:
    """``text`` as it compares, with and without what stands in brackets."""
    text = unicodedata.normalize("NFKC", text)
    return {form for form in (plain(text), plain(_BRACKETED.sub("", text))) if form}


def alike(text: str) -> str:
    """``text`` with words that mean the same written the same, character for character as long."""
    for word, other in _ALIKE.items():
        text = text.replace(word, other)
    return text


def is_name_only(text: str) -> bool:
    """Whether a cell says no more than that a name belongs here: the heading beside it says whose."""
    return _NAME_ONLY.fullmatch(plain(text)) is not None


def similarity(a: str, b: str) -> float:
    """1 for equal, 0 for nothing in common (normalised Levenshtein), or where one names the other party."""
    if ("甲" in a) != ("甲" in b) and ("乙" in a) != ("乙" in b):
        return 0.0
    return Levenshtein.normalized_similarity(a, b)


@dataclass(frozen=True, slots=True)
class Match:
    """A label found in a text: the keys it may stand for, how well it fits, how many characters it spans."""

    keys: tuple[str, ...]
    score: float
    length: int


class Labels:
    """The label synonyms of some fields, to be found in what was read.

    A label that begins with ``_`` stands after the blank that it names: ``____社区``.
    """

    def __init__(self, synonyms: Iterable[tuple[str, Iterable[str]]]) -> None:
        """``synonyms`` are pairs of a field's key and its labels."""
        self._by_label: dict[str, list[str]] = {}
        self._behind: dict[str, list[str]] = {}
        for key, labels in synonyms:
            for label in labels:
                into = self._behind if label.startswith("_") else self._by_label
                keys = into.setdefault(alike(plain(label)), [])
                if key not in keys:
                    keys.append(key)

        self._labels = list(self._by_label)
        self._of_length: dict[int, list[str]] = {}
        for label in self._labels:
            self._of_length.setdefault(len(label), []).append(label)
        self._found: dict[str, Match | None] = {}
        self._named: dict[str, frozenset[str]] = {}

    def whole(self, text: str) -> Match | None:
        """The label that ``text`` as a whole is, or ``None``."""
        if text not in self._found:
            best: Match | None = None
            for label, score in self._alike_as_whole(text):
                best = _better(best, self._by_label[label], score, len(label))
            _remember(self._found, text, best)
        return self._found[text]

    def ending(self, text: str) -> Match | None:
        """The label that ``text`` ends with; ``length`` counts word characters of ``text``.

        The longest of equally good labels wins: 甲方联系人 over 联系人.
        """
        best: Match | None = None
        for label, score in self._alike_at_end(text):
            best = _better(best, self._by_label[label], score, len(label))
        return best

    def named(self, text: str) -> frozenset[str]:
        """The keys of all fields of which ``text`` is a label, or its first words end in one."""
        if text not in self._named:
            hits = [label for label, score in self._alike_at_end(text[:_LONGEST]) if score >= SURE]
            if len(text) <= _LONGEST:
                hits += [label for label, score in self._alike_as_whole(text) if score >= SURE]
            _remember(self._named, text, frozenset(key for label in hits for key in self._by_label[label]))
        return self._named[text]

    def _alike_as_whole(self, text: str) -> Iterator[tuple[str, float]]:
        """The labels that ``text`` may be, with their similarity."""
        forms = {alike(form) for form in plain_forms(text)}
        trimmed = {short for form in forms if len(short := _AFFIXES.sub("", form)) >= 2} - forms
        for form in forms:
            yield from _similar(form, self._labels)
        for form in trimmed:
            for label, score in _similar(form, self._labels):
                yield label, _AFFIX_COST * score

    def _alike_at_end(self, text: str) -> Iterator[tuple[str, float]]:
        for form in map(alike, plain_forms(text)):
            for length, labels in self._of_length.items():
                if len(form) >= length:
                    yield from _similar(form[-length:], labels)

    def behind(self, text: str) -> Match | None:
        """The label after its blank that ``text`` begins with."""
        best: Match | None = None
        form = alike(plain(text))
        for label, keys in self._behind.items():
            if form.startswith(label):
                best = _better(best, keys, 1.0, len(label))
        return best

    def within(self, text: str) -> list[tuple[int, int, Match]]:
        """Labels anywhere in ``text``, to the letter, as ``(begin, end, match)`` in characters of ``text``.

        A short one only counts where a line begins with it: 签字 is also a word of running text.
        """
        at = [i for i, c in enumerate(text) if plain(c)]
        form = alike("".join(plain(text[i])[:1] for i in at))
        found: list[tuple[int, int, Match]] = []
        taken: set[int] = set()
        for label in sorted(self._by_label, key=len, reverse=True):
            start = form.find(label)
            while start >= 0:
                span = set(range(start, start + len(label)))
                if not taken & span and (len(label) >= 4 or start == 0):
                    taken |= span
                    match = Match(tuple(self._by_label[label]), 1.0, len(label))
                    found.append((at[start], at[start + len(label) - 1] + 1, match))
                start = form.find(label, start + 1)
        return sorted(found, key=lambda hit: hit[0])


@cache
def labels_of(synonyms: tuple[tuple[str, tuple[str, ...]], ...]) -> Labels:
    """One :class:`Labels` for the same synonyms: the forms, and most of what is printed on them, recur."""
    return Labels(synonyms)


def _similar(text: str, labels: list[str]) -> Iterator[tuple[str, float]]:
    """Those of the labels that ``text`` is similar enough to, in their order, with their similarity."""
    near = process.extract(text, labels, scorer=Levenshtein.normalized_similarity, score_cutoff=SURE, limit=None)
    for label, _, _ in sorted(near, key=lambda hit: hit[2]):
        if score := similarity(text, label):
            yield label, score


def _remember(memory: dict[str, _T], text: str, found: _T) -> None:
    if len(memory) >= _REMEMBERED:
        memory.clear()
    memory[text] = found


def _better(best: Match | None, keys: list[str], score: float, length: int) -> Match | None:
    if score < SURE:
        return best
    if best is None or (score, length) > (best.score, best.length):
        return Match(tuple(keys), score, length)
    if (score, length) == (best.score, best.length):
        return Match((*best.keys, *(k for k in keys if k not in best.keys)), score, length)
    return best
