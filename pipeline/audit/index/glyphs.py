"""Every digit that was read, to be held against those read alike: the least sure first."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from pipeline.audit.index.entries import Entry

CHARACTERS = "0123456789X"


class Line(NamedTuple):
    """The characters of one field that are on the paper, in the order in which they are looked at."""

    confidence: float
    document_id: str
    position: int
    ordinal: int
    characters: str


class Glyphs:
    """All lines, the least sure first, and how often each character stands in them."""

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._counts: Counter[str] = Counter()

    def fill(self, entries: Iterator[Entry]) -> None:
        """Take in all at once."""
        self._lines = sorted(line for entry in entries for line in _lines(entry))
        self._counts = Counter()
        for line in self._lines:
            self._counts.update(line.characters)

    def add(self, entry: Entry) -> None:
        for line in _lines(entry):
            insort(self._lines, line)
            self._counts.update(line.characters)

    def remove(self, entry: Entry) -> None:
        for line in _lines(entry):
            del self._lines[bisect_left(self._lines, line)]
            self._counts.subtract(line.characters)

    def count(self, char: str) -> int:
        return self._counts[char]

    def lines_with(self, char: str, offset: int, limit: int) -> list[tuple[Line, int]]:
        """A stretch of the places where a character stands: the line, and which of its characters."""
        found: list[tuple[Line, int]] = []
        passed = 0
        for line in self._lines:
            here = line.characters.count(char)
            if passed + here <= offset:
                passed += here
                continue
            for at, other in enumerate(line.characters):
                if other != char:
                    continue
                if passed >= offset:
                    found.append((line, at))
                passed += 1
                if len(found) == limit:
                    return found
        return found


def _lines(entry: Entry) -> Iterator[Line]:
    for position, characters in entry.glyphs:
        yield Line(entry.confidences[position], entry.document_id, position, entry.ordinal, characters)
