"""A value found by what people remember of it: a part of a name, its pinyin, a number's last digits."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.audit.index.entries import Entry
from pipeline.audit.index.haystack import INSIDE, WHOLE, Haystack
from pipeline.audit.index.pinyin import spellings
from pipeline.ledgers.names import squash

_NUMBER = re.compile(r"[0-9]+[0-9x]?")
_LETTERS = re.compile(r"[a-z]{2,}")
_TAIL_DIGITS, _PART_DIGITS = 4, 6
_PART_LETTERS = 3
_SHIFT = 12  # bits of a posting that say which field of its document
_MOST_FIELDS = 1 << _SHIFT
_LITTER = 1000
_UNUSUAL = INSIDE + 1  # a reading that a character rarely has comes after all usual ones


class _Texts:
    """Texts of a kind, each once, with where they stand."""

    def __init__(self) -> None:
        self.lines = Haystack()
        self._postings: dict[str, array[int]] = {}
        self._gone = 0

    def add(self, text: str, number: int) -> None:
        postings = self._postings.get(text)
        if postings is None:
            postings = self._postings[text] = array("q")
            self.lines.add(squash(text), text)
        elif not postings:
            self._gone -= 1
        postings.append(number)

    def remove(self, text: str, number: int) -> None:
        postings = self._postings[text]
        postings.remove(number)
        self._gone += not postings

    def of(self, text: str) -> array[int]:
        return self._postings[text]

    @property
    def is_littered(self) -> bool:
        return self._gone > max(_LITTER, len(self._postings) // 2)


class Search:
    """Every text that is searched. Numbers are apart from words: they are found by their ends only."""

    def __init__(self) -> None:
        self._words, self._numbers = _Texts(), _Texts()
        self._spelt, self._unusual = Haystack(), Haystack()  # by pinyin
        self._spelt_texts: set[str] = set()

    def add(self, entry: Entry) -> None:
        for position, text in _texts(entry, entry.layout.words):
            self._words.add(text, entry.ordinal << _SHIFT | position)
            if position in entry.layout.named:
                self._spell(text)
        for position, text in _texts(entry, entry.layout.numbers):
            self._numbers.add(text, entry.ordinal << _SHIFT | position)

    def remove(self, entry: Entry) -> None:
        for position, text in _texts(entry, entry.layout.words):
            self._words.remove(text, entry.ordinal << _SHIFT | position)
        for position, text in _texts(entry, entry.layout.numbers):
            self._numbers.remove(text, entry.ordinal << _SHIFT | position)

    @property
    def is_littered(self) -> bool:
        """Whether so much has gone that it is worth making anew."""
        return self._words.is_littered or self._numbers.is_littered

    def find(self, asked: str) -> list[tuple[str, array[int]]]:
        """The texts found, the closest first, each with its postings: see :func:`posting`."""
        needle = squash(asked)
        found = [*_closest(self._of_words(needle), self._words), *_closest(self._of_numbers(needle), self._numbers)]
        return [(text, postings) for _, text, postings in sorted(found, key=lambda hit: hit[0])]

    def ordinals(self, asked: str) -> NDArray[np.int64]:
        """The documents in which a text is found."""
        needle = squash(asked)
        found = {id(p): p for _, text in self._of_words(needle) if (p := self._words.of(text))}
        found |= {id(p): p for _, text in self._of_numbers(needle) if (p := self._numbers.of(text))}
        if not found:
            return np.empty(0, np.int64)
        numbers: NDArray[np.int64] = np.concatenate([np.frombuffer(p, np.int64) for p in found.values()])
        return np.unique(numbers >> _SHIFT)

    def _of_words(self, needle: str) -> Iterator[tuple[int, str]]:
        yield from self._words.lines.find(needle)
        if _LETTERS.fullmatch(needle):
            short = len(needle) < _PART_LETTERS  # stands somewhere in nearly every name
            yield from (hit for hit in self._spelt.find(needle) if not (short and hit[0] == INSIDE))
            for rank, text in self._unusual.find(needle):
                if not (short and rank == INSIDE):
                    yield rank + _UNUSUAL, text

    def _of_numbers(self, needle: str) -> Iterator[tuple[int, str]]:
        if not _NUMBER.fullmatch(needle):
            return
        # A few digits stand in very many numbers: nobody looks for those.
        tail = len(needle) == _TAIL_DIGITS
        for rank, text in self._numbers.lines.find(needle, at_end=tail):
            if rank == WHOLE or tail or len(needle) >= _PART_DIGITS:
                yield rank, text

    def _spell(self, text: str) -> None:
        if text in self._spelt_texts:
            return
        self._spelt_texts.add(text)
        for number, ways in enumerate(spellings(text)):
            for way in ways:
                (self._unusual if number else self._spelt).add(way, text)


def posting(number: int) -> tuple[int, int]:
    """The ordinal of the document and the position of the field that a posting means."""
    return number >> _SHIFT, number & (_MOST_FIELDS - 1)


def _closest(found: Iterator[tuple[int, str]], texts: _Texts) -> list[tuple[tuple[int, int, str], str, array[int]]]:
    """What still stands somewhere, with what it is ranked by: how it was found, then the shorter text."""
    best: dict[str, int] = {}
    for rank, text in found:
        best[text] = min(rank, best.get(text, rank))
    return [((rank, len(text), text), text, texts.of(text)) for text, rank in best.items() if texts.of(text)]


def _texts(entry: Entry, positions: tuple[int, ...]) -> Iterator[tuple[int, str]]:
    for position in positions:
        text = entry.values[position]
        if isinstance(text, list):
            text = "、".join(text)
        if isinstance(text, str) and text and position < _MOST_FIELDS:
            yield position, text
