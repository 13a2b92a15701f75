"""What other documents say: the same unit, project or phrase read elsewhere, from other ink.

A value that stands in other documents too is more likely to be right. One that stands nowhere else but
differs by a stroke from one that does is more likely to be a slip; so is one that a writer is misread as
again and again, where others are read otherwise.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from pipeline.definitions import FieldDefinition, FieldType, Forms
from pipeline.records import Record

_TYPES = frozenset({FieldType.TEXT, FieldType.LIST, FieldType.DICTIONARY, FieldType.NAME, FieldType.PHONE})
_RIVALS = frozenset({FieldType.TEXT, FieldType.LIST, FieldType.DICTIONARY})
_SHORT = 3  # characters below which values a stroke apart are as likely to be different things
REACH = 2
"""Characters: the furthest that a value may be from what it was meant to be."""

_DIGITS = re.compile(r"[\d.]+")

Counts = dict[tuple[str, str], tuple[int, int]]
"""By document and field path: other documents with the same value, and with the likeliest rival to it."""

Item = tuple[str, str]
"""A kind of value and one thing that is said of that kind; what is compared among documents."""

LEVELS = (0, 1, 2, 3, 5, 7, 15, 31, 63)
"""Numbers of documents that are told apart. More of them than the last change nothing: so one document more among
many is no news to the others."""

ESTABLISHED = 2
"""Documents that a value stands in before it can be what another one was meant to be."""

SETTLED = LEVELS[-1]
"""Other documents that say the same from which on a value is no slip of any other."""


def level(documents: int) -> int:
    """How many documents that counts for: the next lower one of :data:`LEVELS`."""
    return LEVELS[bisect_right(LEVELS, documents) - 1] if documents > 0 else 0


def count_echoes(records: Iterable[Record], forms: Forms) -> Counts:
    """For every value of a kind that repeats itself: in how many other documents it, or a rival, stands.

    Values are compared among fields of one dictionary, or of one key. Of several things in one blank the
    one with the least support counts. Numbers are :data:`LEVELS`.
    """
    records = list(records)
    where: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    doubted: dict[str, set[str]] = defaultdict(set)
    for record in records:
        for _, rivalled, items in items_of(record, forms):
            for kind, item in items:
                where[kind][item].add(record.document_id)
                if rivalled:
                    doubted[kind].add(item)
    rivals: dict[Item, list[str]] = {}
    for kind, items_doubted in doubted.items():
        established = [value for value, documents in where[kind].items() if len(documents) >= ESTABLISHED]
        for item in items_doubted:
            if len(where[kind][item]) <= SETTLED and (near := rivals_of(item, established)):
                rivals[kind, item] = near
    counts: Counts = {}
    for record in records:
        here = record.document_id

        def others(item: Item, here: str = here) -> int:
            return len(where[item[0]][item[1]] - {here})

        for path, rivalled, items in items_of(record, forms):
            counts[here, path] = heard(items, rivalled, others, lambda item: rivals.get(item, ()))
    return counts


def heard(
    items: Iterable[Item], rivalled: bool, others: Callable[[Item], int], rivals: Callable[[Item], Iterable[str]]
) -> tuple[int, int]:
    """What other documents say of the things in one blank: :data:`LEVELS` of echoes and of the likeliest rival.

    ``others`` counts the other documents that say a thing, ``rivals`` gives the established values that one may be a
    slip of; it is asked only where the field is ``rivalled``.
    """
    found = []
    for item in items:
        own = level(others(item))
        near = rivals(item) if rivalled and own < SETTLED else ()
        found.append((own, level(max((others((item[0], value)) for value in near), default=0))))
    return min(found, key=lambda pair: ((1 + pair[0]) / (1 + pair[1]), pair))


def items_of(record: Record, forms: Forms) -> Iterator[tuple[str, bool, list[Item]]]:
    """The values of a record that repeat themselves: path, whether one may be a slip of another, the things said."""
    form = forms.get(record.doc_type)
    if form is None:
        return
    for path, value in record.all_fields():
        try:
            field = form.field_at(path)
        except KeyError:
            continue  # read with an older definition
        if field.type in _TYPES and not field.closed and isinstance(value.value, str) and value.value:
            items = value.value.split("、") if field.type is FieldType.LIST else [value.value]
            kind = kind_of(field)
            yield path, is_rivalled(field), [(kind, re.sub(r"\s+", "", item)) for item in items]


def is_rivalled(field: FieldDefinition) -> bool:
    """Whether a value of this field may be a slip of another."""
    return field.type in _RIVALS and not field.closed


def kind_of(field: FieldDefinition) -> str:
    """What a field's values are compared within."""
    if field.type in (FieldType.NAME, FieldType.PHONE):
        return field.type.value
    return field.dictionary or field.key


def rivals_of(value: str, established: Sequence[str]) -> list[str]:
    """The established values that one differs from in a character or two, digits aside."""
    reach = reach_of(len(value))
    if not reach:
        return []
    near = process.extract(value, established, scorer=Levenshtein.distance, score_cutoff=reach, limit=None)
    return [other for other, _, _ in near if _DIGITS.sub("#", other) != _DIGITS.sub("#", value)]


def slips_of(value: str, others: Sequence[str]) -> list[str]:
    """Those of other values that one is a rival of: what :func:`rivals_of` says the other way round."""
    near = process.extract(value, others, scorer=Levenshtein.distance, score_cutoff=REACH, limit=None)
    return [other for other, _, _ in near if rivals_of(other, [value])]


def reach_of(length: int) -> int:
    """In how many characters a value of so many may differ from what it was meant to be; 0 for none."""
    return 0 if length < _SHORT else max(1, min(REACH, length // 5))
