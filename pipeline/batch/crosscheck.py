"""Checks that need more than one document, and their codes brought up to date in the store."""

from __future__ import annotations

from collections import defaultdict

from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers import match_claims
from pipeline.ledgers.names import split_terms, squash
from pipeline.records import Code, Record
from pipeline.store import Findings, Store
from pipeline.validation.across import find_duplicates


def cross_check(store: Store, forms: Forms, dictionaries: Dictionaries) -> int:
    """Set the cross-document codes of every document; returns how many documents changed.

    A claim names a project that neither the office's dictionary nor any project list has; feedback
    tells of a project that nobody claimed, unless a person has said so.
    """
    records = list(store.records(findings=False))
    codes: dict[str, set[Code]] = defaultdict(set)
    for document, found in find_duplicates(records, forms).items():
        codes[document] |= found
    matches = match_claims(records, forms, dictionaries, store.claim_decisions())
    for i in set(matches.unmatched) - matches.decided:
        codes[matches.fulfilments[i].source.document_id].add(Code.FEEDBACK_WITHOUT_CLAIM)
    known = _known_projects(records, forms, dictionaries)
    for claim in matches.claims:
        if claim.project and squash(claim.project) not in known:
            for mention in claim.mentions:
                codes[mention.source.document_id].add(Code.CLAIM_WITHOUT_PROJECT)
    return store.update_issues(
        Findings(r.document_id, sorted(c.value for c in codes.get(r.document_id, ()))) for r in records
    )


def _known_projects(records: list[Record], forms: Forms, dictionaries: Dictionaries) -> set[str]:
    """Every project that stands in an office dictionary or on a project list, as names compare."""
    names: set[str] = set()
    for form in forms.values():
        if form.claims is not None:
            field = form.field_of(form.claims.project)
            names |= set(dictionaries[field.dictionary].spellings) if field.dictionary else set()
    for record in records:
        projects = forms[record.doc_type].projects if record.doc_type in forms else None
        if projects is None:
            continue
        if any(record.fields[k].value != v for k, v in projects.when.items() if k in record.fields):
            continue
        for row in record.rows:
            value = row[projects.name].value if projects.name in row else None
            names |= set(split_terms(value)) if isinstance(value, str) else set()
    return {squash(name) for name in names}
