"""Checks that need more than one document, and their codes brought up to date in the store."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable

from pipeline.batch.facts import PERSON, renew_facts
from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers.links import Links
from pipeline.ledgers.matches import Decisions
from pipeline.ledgers.names import squash
from pipeline.ledgers.stated import from_json
from pipeline.records import Code
from pipeline.store import MATCHED, RENEWED, Findings, Store


def cross_check(store: Store, forms: Forms, dictionaries: Dictionaries) -> int:
    """Set the cross-document codes of every document; returns how many documents changed.

    A person registered twice, or a content came in twice. A claim names a project that neither the office's dictionary
    nor any project list has; feedback tells of a project that nobody claimed, unless a person has said so. Looked at
    are the documents that changed since the last time, and those that what changed concerns.
    """
    renew_facts(store, forms)
    _match(store, forms, dictionaries)
    changed, touched = store.due("unchecked"), store.touched_facts(PERSON, like=True)
    concerned = sorted(changed.keys() | store.fact_holders({fact.key for fact in touched}))
    count = store.update_issues(_findings(store, forms, concerned)) if concerned else 0
    store.see_facts(touched)
    store.settle("unchecked", changed)
    return count


def _findings(store: Store, forms: Forms, documents: list[str]) -> Iterable[Findings]:
    known = store.copied_and_linked(documents)
    held = store.facts_held(documents)
    persons = store.keys_of_kind(PERSON, set().union(*held.values()))
    numbers = store.fact_numbers(persons)
    for document in documents:
        copied, linked = known.get(document, (False, []))
        codes = set(linked)
        if copied:
            codes.add(Code.DUPLICATE_DOCUMENT.value)
        if any(numbers[key] > 1 for key in held[document] & persons):
            codes.add(Code.DUPLICATE_PERSON.value)
        yield Findings(document, sorted(codes))


def _match(store: Store, forms: Forms, dictionaries: Dictionaries) -> None:
    """Match claims and feedback, where anything that this follows from changed, and keep the codes that follow."""
    decisions = store.claim_decisions()
    by = _fingerprint(dictionaries, decisions)
    if store.recall(MATCHED) == by:
        return
    line, facts = store.change_number(), store.recall(RENEWED)
    links, listed = Links(forms), _listed_projects(forms, dictionaries)
    for document, data in store.stated():
        stated = from_json(document, data)
        links.take(stated.mentions, stated.fulfilments)
        listed.update(stated.projects)
    matches = links.match(dictionaries, decisions)
    known = {squash(name) for name in listed}
    codes: defaultdict[str, set[str]] = defaultdict(set)
    for i in set(matches.unmatched) - matches.decided:
        codes[matches.fulfilments[i].source.document_id].add(Code.FEEDBACK_WITHOUT_CLAIM.value)
    for claim in matches.claims:
        if claim.project and squash(claim.project) not in known:
            for mention in claim.mentions:
                codes[mention.source.document_id].add(Code.CLAIM_WITHOUT_PROJECT.value)
    store.link({document: sorted(found) for document, found in codes.items()}, line)
    # Where somebody else renewed the facts meanwhile, these codes may be behind: match again the next time.
    store.keep(MATCHED, by if store.recall(RENEWED) == facts else None)


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
