"""What other documents say, counted from the facts that the store keeps, and whom a change of it concerns.

The same numbers as :func:`pipeline.validation.echoes.count_echoes` gives for all records.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from pipeline.definitions import Forms
from pipeline.records import Record
from pipeline.store import Fact, Store, Touched
from pipeline.validation.echoes import (
    ESTABLISHED,
    REACH,
    SETTLED,
    Counts,
    Item,
    heard,
    is_rivalled,
    items_of,
    kind_of,
    level,
    reach_of,
    rivals_of,
    slips_of,
)


class Echoes:
    """The echoes of some documents at a time: they are looked up by their ids, and then asked for by their records."""

    def __init__(self, store: Store, forms: Forms) -> None:
        self._store, self._forms = store, forms
        self._rivalled = _rivalled_kinds(forms)
        self._held: dict[str, set[str]] = {}
        self._numbers: dict[str, int] = {}
        self._established: dict[tuple[str, int, int], list[str]] = {}
        self._doubted: dict[tuple[str, int], list[str]] = {}
        self._rivals: dict[Item, list[str]] = {}

    def concerned_by(self, touched: Iterable[Touched]) -> set[str]:
        """The documents that hear something else now that these facts stand in more or fewer documents."""
        keys: set[str] = set()
        likened: defaultdict[str, list[Touched]] = defaultdict(list)
        for fact in touched:
            if level(fact.documents - 1) != level(fact.seen - 1):
                keys.add(fact.key)
            if fact.kind in self._rivalled and _weight(fact.documents) != _weight(fact.seen):
                likened[fact.kind].append(fact)
        for kind, facts in likened.items():
            for fact in facts:
                keys.update(Fact(kind, value).key for value in self._slips_of(kind, fact.value))
        return self._store.fact_holders(keys)

    def look_up(self, documents: Sequence[str]) -> None:
        """Count what these documents say."""
        self._held = self._store.facts_held(documents)
        self._numbers = self._store.fact_numbers(set().union(*self._held.values()))

    def of(self, record: Record) -> Counts:
        """What others say of a record's values, by document and path."""
        here = record.document_id
        held = self._held.get(here, set())

        def others(item: Item) -> int:
            key = Fact(*item).key
            if key not in self._numbers:
                self._numbers[key] = self._store.fact_numbers([key]).get(key, 0)
            return self._numbers[key] - (key in held)

        return {
            (here, path): heard(items, rivalled, others, self._rivals_of)
            for path, rivalled, items in items_of(record, self._forms)
        }

    def _rivals_of(self, item: Item) -> list[str]:
        """The established values that one may be a slip of."""
        if item not in self._rivals:
            kind, value = item
            reach = reach_of(len(value))
            self._rivals[item] = rivals_of(value, self._values(kind, len(value), reach)) if reach else []
        return self._rivals[item]

    def _values(self, kind: str, length: int, reach: int) -> list[str]:
        place = kind, length, reach
        if place not in self._established:
            lengths = length - reach, length + reach
            self._established[place] = self._store.fact_values(kind, lengths, ESTABLISHED)
        return self._established[place]

    def _slips_of(self, kind: str, value: str) -> list[str]:
        """The values in doubt that may be slips of this one."""
        place = kind, len(value)
        if place not in self._doubted:
            lengths = max(1, len(value) - REACH), len(value) + REACH
            self._doubted[place] = self._store.fact_values(kind, lengths, 1, SETTLED)
        return slips_of(value, self._doubted[place])


def _weight(documents: int) -> tuple[int, int] | None:
    """What a value that stands in so many documents counts for as a rival: where a document has it too, and where it
    has not."""
    return (level(documents - 1), level(documents)) if documents >= ESTABLISHED else None


def _rivalled_kinds(forms: Forms) -> frozenset[str]:
    """The kinds of values of which one may be a slip of another."""
    every = (field for form in forms.values() for field in (*form.fields, *form.row_fields))
    return frozenset(kind_of(field) for field in every if is_rivalled(field))
