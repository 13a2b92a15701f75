"""The queue: every doubt of every document, the costliest error first, then the oldest."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.audit.index.entries import MISSING, Entry
from pipeline.records import UNKNOWN_TYPE, Code
from pipeline.reports.reasons import COSTLIEST, cost

_OTHER = len(COSTLIEST)  # the bit of codes that a later version of the program wrote
_BITS = {code: bit for bit, code in enumerate(COSTLIEST)}
_SILENT = (Code.LOW_CONFIDENCE.value,)
_EMPTY = (Code.REQUIRED_MISSING.value,)


class Item(NamedTuple):
    """One doubt, in the order of the queue. A ``position`` below 0 is a document's question, counted from -1."""

    cost: tuple[bool, int]
    read: float
    document_id: str
    position: int
    ordinal: int
    reasons: int


def codes_of(entry: Entry, position: int) -> tuple[str, ...]:
    """What a doubt is about, as codes; a field that has none is one that was not read surely, or is empty."""
    if position < 0:
        return (entry.questions[-1 - position],)
    return entry.codes.get(position) or (_EMPTY if entry.statuses[position] == MISSING else _SILENT)


def items_of(entry: Entry) -> list[Item]:
    """The doubts of a document. One of no known form is one question: its fields are those that could be found."""
    if entry.doc_type == UNKNOWN_TYPE and entry.questions:
        return [_item(entry, -1 - i) for i in range(len(entry.questions))]
    positions = [*(-1 - i for i in range(len(entry.questions))), *entry.open_fields()]
    return [_item(entry, position) for position in positions]


def _item(entry: Entry, position: int) -> Item:
    codes = codes_of(entry, position)
    key = position >= 0 and entry.layout.is_key[position]
    rank = min(cost(code, key_field=key) for code in codes)
    return Item(rank, entry.read, entry.document_id, position, entry.ordinal, reason_bits(codes))


def reason_bits(codes: Iterable[str]) -> int:
    """Some codes as a set of bits."""
    bits = 0
    for code in codes:
        bits |= 1 << _BITS.get(code, _OTHER)
    return bits


class Doubts:
    """All doubts in order, also as columns to filter by, which are mended at one place where one comes or goes:
    made anew for each correction, they would be most of what a list costs."""

    def __init__(self) -> None:
        self.fill(())

    def fill(self, items: Iterable[Item]) -> None:
        """Take in all at once."""
        self._items = sorted(items)
        self._ordinals = np.fromiter((item.ordinal for item in self._items), np.int32, len(self._items))
        self._reasons = np.fromiter((item.reasons for item in self._items), np.int64, len(self._items))

    def add(self, items: Iterable[Item]) -> None:
        for item in items:
            place = bisect_left(self._items, item)
            self._items.insert(place, item)
            self._ordinals = np.insert(self._ordinals, place, item.ordinal)
            self._reasons = np.insert(self._reasons, place, item.reasons)

    def remove(self, items: Iterable[Item]) -> None:
        for item in items:
            place = bisect_left(self._items, item)
            if self._items[place] != item:
                raise LookupError(item)
            del self._items[place]
            self._ordinals = np.delete(self._ordinals, place)
            self._reasons = np.delete(self._reasons, place)

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, place: int) -> Item:
        return self._items[place]

    def place(self, item: Item) -> int:
        """Where a doubt stands, or would."""
        return bisect_left(self._items, item)

    @property
    def ordinals(self) -> NDArray[np.int32]:
        """The document of each doubt."""
        return self._ordinals

    @property
    def reasons(self) -> NDArray[np.int64]:
        """The reasons of each doubt, as bits."""
        return self._reasons


def reason_counts(reasons: NDArray[np.int64]) -> list[tuple[str, int]]:
    """How many doubts have each code, the costliest first."""
    counts = [(code, int(np.count_nonzero(reasons & (1 << bit)))) for code, bit in _BITS.items()]
    return [(code, count) for code, count in counts if count]
