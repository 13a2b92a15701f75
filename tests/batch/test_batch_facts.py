"""Work across documents by facts: whatever happens to a store, it comes to what going over all documents comes to."""

from __future__ import annotations

from collections import defaultdict

import pytest

from pipeline.batch.crosscheck import cross_check
from pipeline.batch.facts import facts_of, renew_facts
from pipeline.batch.weigh import Rules, weigh_stored
from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers.links import match_claims
from pipeline.ledgers.names import split_terms, squash
from pipeline.ledgers.stated import from_json, stated_of, to_json
from pipeline.records import Code, Record
from pipeline.settings import Acceptance
from pipeline.store import Store
from pipeline.store.facts import Fact
from pipeline.store.schema import DocumentFactsRow, FactHolderRow, FactValueRow
from pipeline.validation.across import find_duplicates
from pipeline.validation.echoes import LEVELS, count_echoes, level
from tests.conftest import TODAY
from tests.support.folders import Folders, record_of, save
from tests.support.store_life import CALIBRATION, PEOPLE, UNITS, Life


@pytest.fixture
def measure(forms: Forms, dictionaries: Dictionaries) -> Rules:
    return Rules(forms, dictionaries, Acceptance(target=0.9, strict=0.99), CALIBRATION, TODAY)


@pytest.mark.parametrize("seed", range(4))
def test_step_by_step_is_as_all_at_once(seed: int, folders: Folders, store: Store, measure: Rules) -> None:
    life = Life(seed, folders, store)
    for _ in range(25):
        for _ in range(life.chance.randrange(1, 6)):
            life.happen()
        weigh_stored(store, measure)
        cross_check(store, measure.forms, measure.dictionaries)
        _as_if_gone_over(store, measure)
    _is_what_is_there(store, measure.forms)


def _as_if_gone_over(store: Store, measure: Rules) -> None:
    records = list(store.records(findings=False))
    counts = count_echoes(records, measure.forms)
    for record in records:
        for path, value in record.all_fields():
            assert value.evidence is not None
            heard = value.evidence.echoes, value.evidence.rivals
            assert heard == counts.get((record.document_id, path), (0, 0)), (record.document_id, path)
    codes = _codes(records, measure.forms, measure.dictionaries, store)
    across = {code.value for code in (Code.DUPLICATE_PERSON, Code.DUPLICATE_DOCUMENT)}
    across |= {Code.FEEDBACK_WITHOUT_CLAIM.value, Code.CLAIM_WITHOUT_PROJECT.value}
    for record in store.records():
        assert set(record.issues) & across == codes[record.document_id], record.document_id


def _codes(records: list[Record], forms: Forms, dictionaries: Dictionaries, store: Store) -> dict[str, set[str]]:
    """The codes that follow from all records, straight from them."""
    codes: defaultdict[str, set[str]] = defaultdict(set)
    for document, found in find_duplicates(records, forms).items():
        codes[document] |= {code.value for code in found}
    matches = match_claims(records, forms, dictionaries, store.claim_decisions())
    for i in set(matches.unmatched) - matches.decided:
        codes[matches.fulfilments[i].source.document_id].add("feedback_without_claim")
    known = {squash(name) for name in dictionaries["projects"].spellings}
    for record in records:
        if record.doc_type == "item_list":
            known |= {squash(t) for row in record.rows for t in split_terms(str(row["item"].value))}
    for claim in matches.claims:
        if claim.project and squash(claim.project) not in known:
            for mention in claim.mentions:
                codes[mention.source.document_id].add("claim_without_project")
    return codes


def _is_what_is_there(store: Store, forms: Forms) -> None:
    """The facts are those of the current documents, and nothing is left of others."""
    renew_facts(store, forms)
    wanted = {r.document_id: facts_of(r, forms) for r in store.records(findings=False)}
    with store.reading() as connection:
        held = {(h.key, h.document_id) for h in connection.execute(FactHolderRow.__table__.select())}
        values = {v.key: v.documents for v in connection.execute(FactValueRow.__table__.select()) if v.documents}
        kept = {d.document_id for d in connection.execute(DocumentFactsRow.__table__.select())}
    assert held == {(fact.key, document) for document, facts in wanted.items() for fact in facts.facts}
    assert sum(values.values()) == len(held)
    assert kept == wanted.keys()


def test_many_that_say_the_same_are_left_alone_by_one_more(folders: Folders, store: Store, measure: Rules) -> None:
    def member(number: int) -> None:
        stat = folders.put(f"{number}.jpg", str(number))
        save(store, stat, record=record_of("member_registration", stat, employer=UNITS[0]))

    for number in range(LEVELS[-1] + 3):
        member(number)
    weigh_stored(store, measure)
    member(1000)
    renew_facts(store, measure.forms)
    assert len(store.due("unweighed")) == 1
    [touched] = store.touched_facts("person:", "stated:", like=False)
    assert (touched.documents, touched.seen) == (LEVELS[-1] + 4, LEVELS[-1] + 3)
    assert level(touched.documents - 1) == level(touched.seen - 1)


def test_facts_of_destroyed_documents_are_destroyed(folders: Folders, store: Store, measure: Rules) -> None:
    life = Life(1, folders, store)
    life.arrive()
    renew_facts(store, measure.forms)
    store.clear_facts()
    with store.reading() as connection:
        for table in (FactValueRow, FactHolderRow, DocumentFactsRow):
            assert not connection.execute(table.__table__.select()).all()
    renew_facts(store, measure.forms)
    _is_what_is_there(store, measure.forms)


def test_what_is_stated_survives_json(folders: Folders, store: Store, measure: Rules) -> None:
    life = Life(3, folders, store)
    for _ in range(12):
        life.arrive()
    for record in life.live:
        stated = stated_of(record, measure.forms)
        data = to_json(stated)
        assert (from_json(record.document_id, data) == stated) if data is not None else not stated.mentions


def test_a_number_is_kept_as_its_hash_alone(folders: Folders, store: Store, measure: Rules) -> None:
    stat = folders.put("a.jpg", "a")
    save(store, stat, record=record_of("member_registration", stat, id_number=PEOPLE[0]))
    renew_facts(store, measure.forms)
    with store.reading() as connection:
        rows = connection.execute(FactValueRow.__table__.select()).all()
    assert {(row.kind, row.value) for row in rows if row.kind.startswith("person:")} == {
        ("person:member_registration", "")
    }
    assert Fact("person:member_registration", PEOPLE[0]).key in {row.key for row in rows}
