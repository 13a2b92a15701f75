"""Rules across documents: the same person twice, the same scan twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from pipeline.definitions import Forms, UniquePerson
from pipeline.records import Code, Record


def persons_of(record: Record, forms: Forms) -> Iterator[str]:
    """The ID numbers that may stand on one document of this record's form only."""
    form = forms.get(record.doc_type)
    for rule in form.rules if form else ():
        if isinstance(rule, UniquePerson):
            number = record.fields.get(rule.id_number)
            if number is not None and isinstance(number.value, str) and number.value:
                yield number.value


def find_duplicates(records: Iterable[Record], forms: Forms) -> dict[str, set[Code]]:
    """Document codes by document id: people who registered twice, and content that came in twice.

    A person is the same by ID number. An equal name alone says nothing. What the store's facts come to, document by
    document (``batch/crosscheck.py``), is this.
    """
    people: dict[tuple[str, str], list[str]] = defaultdict(list)
    codes: dict[str, set[Code]] = defaultdict(set)
    for record in records:
        if record.duplicates:
            codes[record.document_id].add(Code.DUPLICATE_DOCUMENT)
        for number in persons_of(record, forms):
            people[(record.doc_type, number)].append(record.document_id)
    for documents in people.values():
        if len(documents) > 1:
            for document in documents:
                codes[document].add(Code.DUPLICATE_PERSON)
    return dict(codes)
