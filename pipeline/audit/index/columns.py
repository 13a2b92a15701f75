"""What documents are filtered by, in columns: one number a document, found by its ordinal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.audit.index.entries import Entry
from pipeline.audit.index.nouns import Filter

Mask = NDArray[np.bool_]
_FIRST = 1024


class Names:
    """Numbers for names, in the order in which they were first seen."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self.names: list[str] = []

    def number(self, name: str) -> int:
        if name not in self._numbers:
            self._numbers[name] = len(self.names)
            self.names.append(name)
        return self._numbers[name]

    def find(self, name: str) -> int:
        """The number of a name; -1 for one that no document has."""
        return self._numbers.get(name, -1)


class Columns:
    """Grows as documents come; the ordinal of a document that went is given to another."""

    def __init__(self) -> None:
        self.types, self.communities = Names(), Names()
        self.type = np.zeros(_FIRST, np.int16)
        self.community = np.zeros(_FIRST, np.int32)
        self.day = np.zeros(_FIRST, np.int32)
        self.read = np.zeros(_FIRST, np.float64)
        self.reasons = np.zeros(_FIRST, np.int64)
        self.alive = np.zeros(_FIRST, np.bool_)
        self._free: list[int] = []
        self._next = 0

    def put(self, entry: Entry, ordinal: int | None = None) -> None:
        """Take a document in, in the place of an earlier reading where ``ordinal`` is given."""
        if ordinal is None:
            ordinal = self._take()
        entry.ordinal = ordinal
        self.type[ordinal] = self.types.number(entry.doc_type)
        self.community[ordinal] = self.communities.number(entry.community)
        self.day[ordinal] = entry.day
        self.read[ordinal] = entry.read
        self.alive[ordinal] = True

    def drop(self, ordinal: int) -> None:
        self.alive[ordinal] = False
        self.reasons[ordinal] = 0
        self._free.append(ordinal)

    def _take(self) -> int:
        if self._free:
            return self._free.pop()
        if self._next == len(self.alive):
            for name in ("type", "community", "day", "read", "reasons", "alive"):
                column = getattr(self, name)
                setattr(self, name, np.concatenate([column, np.zeros_like(column)]))
        self._next += 1
        return self._next - 1

    def mask(self, f: Filter, *, without: str = "") -> Mask:
        """Which documents a filter lets through by type, community and day; the part ``without`` is not heeded."""
        found = self.alive.copy()
        if f.doc_type and without != "type":
            found &= self.type == self.types.find(f.doc_type)
        if f.community and without != "community":
            found &= self.community == self.communities.find(f.community)
        if f.day_from and without != "day":
            found &= self.day >= f.day_from.toordinal()
        if f.day_to and without != "day":
            found &= self.day <= f.day_to.toordinal()
        return found
