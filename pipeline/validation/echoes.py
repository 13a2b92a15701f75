"""What other documents say: the same unit, project or phrase read elsewhere, from other ink.

A value that stands in other documents too is more likely to be right. One that stands nowhere else but
differs by a stroke from one that does is more likely to be a slip; so is one that a writer is misread as
again and again, where others are read otherwise.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from pipeline.definitions import FieldDefinition, FieldType, Forms
from pipeline.records import Record

_TYPES = frozenset({FieldType.TEXT, FieldType.LIST, FieldType.DICTIONARY, FieldType.NAME, FieldType.PHONE})
_RIVALS = frozenset({FieldType.TEXT, FieldType.LIST, FieldType.DICTIONARY})
_ESTABLISHED = 2  # documents that a value stands in before it can be what another one was meant to be
_SHORT = 3  # characters below which values a stroke apart are as likely to be different things
_DIGITS = re.compile(r"[\d.]+")

Counts = dict[tuple[str, str], tuple[int, int]]
"""By document and field path: other documents with the same value, and with the likeliest rival to it."""


def count_echoes(records: Iterable[Record], forms: Forms) -> Counts:
    """For every value of a kind that repeats itself: in how many other documents it, or a rival, stands.

    Values are compared among fields of one dictionary, or of one key. Of several things in one blank the
    one with the least support counts.
    """
    records = list(records)
    where: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for record in records:
        for _, field, items in _values(record, forms):
            for item in items:
                where[_group(field)][item].add(record.document_id)
    rivals = {group: _rivals(values) for group, values in where.items()}
    counts: Counts = {}
    for record in records:
        here = record.document_id
        for path, field, items in _values(record, forms):
            group = _group(field)
            found = []
            for item in items:
                others = len(where[group][item] - {here})
                near = rivals[group].get(item, ()) if field.type in _RIVALS else ()
                found.append((others, max((len(where[group][r] - {here}) for r in near), default=0)))
            counts[(here, path)] = min(found, key=lambda pair: (1 + pair[0]) / (1 + pair[1]))
    return counts


def _values(record: Record, forms: Forms) -> Iterator[tuple[str, FieldDefinition, list[str]]]:
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
            yield path, field, [re.sub(r"\s+", "", item) for item in items]


def _group(field: FieldDefinition) -> str:
    if field.type in (FieldType.NAME, FieldType.PHONE):
        return field.type.value
    return field.dictionary or field.key


def _rivals(values: dict[str, set[str]]) -> dict[str, list[str]]:
    """For each value the established ones that differ from it in a character or two, digits aside."""
    established = [value for value, documents in values.items() if len(documents) >= _ESTABLISHED]
    found = {}
    for value in values:
        if len(value) < _SHORT:
            continue
        cutoff = max(1, min(2, len(value) // 5))
        near = process.extract(value, established, scorer=Levenshtein.distance, score_cutoff=cutoff, limit=5)
        others = [other for other, _, _ in near if _DIGITS.sub("#", other) != _DIGITS.sub("#", value)]
        if others:
            found[value] = others
    return found
