"""Checks that need more than one document, and their codes brought up to date in the store."""

from __future__ import annotations

import gc
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pipeline.batch.facts import PERSON, renew_facts
from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers.gist import (
    CLAIMED,
    DIGITS,
    ITEMS,
    LISTED,
    NAMES,
    ON,
    OWNERLESS,
    SERVED,
    SINCE,
    TOGETHER,
    Gist,
    loose_ends,
)
from pipeline.ledgers.matches import Decisions
from pipeline.ledgers.stated import Stated, from_json
from pipeline.records import Code
from pipeline.store import MATCHED, Fact, Findings, Store

_UNLISTED, _UNCLAIMED = Code.CLAIM_WITHOUT_PROJECT.value, Code.FEEDBACK_WITHOUT_CLAIM.value


def cross_check(store: Store, forms: Forms, dictionaries: Dictionaries) -> int:
    """Set the cross-document codes of every document; returns how many documents changed.

    A person registered twice, or a content came in twice. A claim names a project that neither the office's dictionary
    nor any project list has; feedback tells of a project that nobody claimed, unless a person has said so. Looked at
    are the documents that changed since the last time, and those that what changed concerns.
    """
    renew_facts(store, forms)
    stated = store.touched_facts(ITEMS, like=True)
    before, after = _match(store, forms, dictionaries, renewed=bool(stated))
    changed, touched = store.due("unchecked"), store.touched_facts(PERSON, like=True)
    keys = {fact.key for fact in touched} | _differing(before.keys, after.keys)
    concerned = sorted(changed.keys() | _differing(before.apart, after.apart) | store.fact_holders(keys))
    count = store.update_issues(_findings(store, after, concerned)) if concerned else 0
    store.see_facts([*touched, *stated])
    store.settle("unchecked", changed)
    if after != before:
        store.keep(MATCHED, after.to_json())
    return count


@dataclass(frozen=True, slots=True)
class _Matched:
    """What claims and feedback were matched ``by``, and what came of it: the codes of facts, by their keys, and those
    of the documents of which people decided anything."""

    by: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    apart: Mapping[str, list[str]] = field(default_factory=dict)

    def codes_of(self, document: str, held: set[str]) -> set[str]:
        """The codes of a document that has the facts ``held``."""
        if document in self.apart:
            return set(self.apart[document])
        return {self.keys[key] for key in held & self.keys.keys()}

    def to_json(self) -> dict[str, Any]:
        """As it is kept; each code once."""
        by_code: defaultdict[str, list[str]] = defaultdict(list)
        for key, code in sorted(self.keys.items()):
            by_code[code].append(key)
        return {"by": self.by, "keys": by_code, "apart": dict(self.apart)}

    @classmethod
    def from_json(cls, data: Any) -> _Matched:
        """The inverse of :meth:`to_json`, of nothing where nothing was kept."""
        if not isinstance(data, dict):
            return cls()
        keys = {key: code for code, of_code in data["keys"].items() for key in of_code}
        return cls(data["by"], keys, data["apart"])


def _findings(store: Store, matched: _Matched, documents: list[str]) -> Iterable[Findings]:
    copied, held = store.copied(documents), store.facts_held(documents)
    persons = store.keys_of_kind(PERSON, set().union(*held.values()))
    numbers = store.fact_numbers(persons)
    for document in documents:
        codes = matched.codes_of(document, held[document])
        if document in copied:
            codes.add(Code.DUPLICATE_DOCUMENT.value)
        if any(numbers[key] > 1 for key in held[document] & persons):
            codes.add(Code.DUPLICATE_PERSON.value)
        yield Findings(document, sorted(codes))


def _match(store: Store, forms: Forms, dictionaries: Dictionaries, *, renewed: bool) -> tuple[_Matched, _Matched]:
    """What the last matching came to, and what it comes to now. Done anew where any item was ``renewed``, or lists or
    decisions changed; it costs what the different items cost, however many documents state them."""
    decisions = store.claim_decisions()
    before, by = _Matched.from_json(store.recall(MATCHED)), _fingerprint(dictionaries, decisions)
    if before.by == by and not renewed:
        return before, before
    with _uncollected():
        return before, _matched_anew(store, forms, dictionaries, decisions, by)


def _matched_anew(store: Store, forms: Forms, dictionaries: Dictionaries, decisions: Decisions, by: str) -> _Matched:
    apart = _decided_of(store, decisions)
    gist = Gist(
        claimed=store.facts_said(CLAIMED).keys(),
        ownerless=store.facts_said(OWNERLESS),
        served=store.facts_said(SERVED).keys(),
        names=tuple(store.facts_said(kind) for kind in NAMES),
        together=store.facts_said(TOGETHER).keys(),
        listed=store.facts_said(LISTED).keys() | _listed_projects(forms, dictionaries),
        since=store.least_facts(SINCE, DIGITS),
        on=store.facts_said(ON).keys(),
        apart=apart,
    )
    loose = loose_ends(gist, forms, dictionaries, decisions)
    keys = {Fact(*item).key: _UNCLAIMED for item in loose.without_claim}
    keys |= {Fact(*item).key: _UNLISTED for item in loose.without_project}
    codes = {
        document: [code for code, holds in zip((_UNLISTED, _UNCLAIMED), loose.apart[document], strict=True) if holds]
        for document in apart
    }
    return _Matched(by, keys, codes)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looking for garbage: of many small things that all live to the end there is none, and the looks take a
    third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _decided_of(store: Store, decisions: Decisions) -> dict[str, Stated]:
    """What the documents state that decisions speak of."""
    documents = {document for document, _ in decisions}
    documents |= {reference.document_id for reference in decisions.values() if reference is not None}
    return {document: from_json(document, data) for document, data in store.stated(sorted(documents)).items()}


def _differing(before: Mapping[str, object], after: Mapping[str, object]) -> set[str]:
    """The keys that one has and the other has not, or has otherwise."""
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def _listed_projects(forms: Forms, dictionaries: Dictionaries) -> set[str]:
    """Every project that stands in an office dictionary."""
    names: set[str] = set()
    for form in forms.values():
        if form.claims is not None:
            field = form.field_of(form.claims.project)
            names |= set(dictionaries[field.dictionary].spellings) if field.dictionary else set()
    return names


def _fingerprint(dictionaries: Dictionaries, decisions: Decisions) -> str:
    """What the matching follows from besides the documents and the definitions."""
    digest = hashlib.sha256()
    for name, dictionary in sorted(dictionaries.items()):
        digest.update(f"{name}{sorted(dictionary.spellings.items())}".encode())
    for key, reference in sorted(decisions.items()):
        digest.update(f"{key}{reference.to_list() if reference else None}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
