"""Work across documents by facts: whatever happens to a store, it comes to what going over all documents comes to."""

from __future__ import annotations

import random
from collections import defaultdict

import pytest

from pipeline.batch.crosscheck import cross_check
from pipeline.batch.facts import facts_of, renew_facts
from pipeline.batch.weigh import Rules, weigh_stored
from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers import match_claims
from pipeline.ledgers.names import split_terms, squash
from pipeline.ledgers.stated import from_json, stated_of, to_json
from pipeline.reading.calibration import fit
from pipeline.records import Code, Evidence, FieldStatus, FieldValue, Record
from pipeline.settings import Acceptance
from pipeline.store import Store
from pipeline.store.facts import Fact
from pipeline.store.schema import DocumentFactsRow, FactHolderRow, FactValueRow
from pipeline.validation.across import find_duplicates
from pipeline.validation.echoes import LEVELS, count_echoes, level
from tests.conftest import TODAY
from tests.support.folders import Folders, record_of, save

CALIBRATION = fit([])
UNITS = ("济宁高新区养护中心", "济宁高新区养扩中心", "济宁高新区税务局", "山东公用集团", "山东公用集困", "任城区教育局")
PROJECTS = ("社区环境卫生整治", "养蜂技术推广", "图书捐赠", "读书角建设", "图书捐增")
PLACES = ("科苑社区", "永丰社区")
PEOPLE = ("370811198003154510", "370883196911142436", "370811199001011234")


@pytest.fixture
def measure(forms: Forms, dictionaries: Dictionaries) -> Rules:
    return Rules(forms, dictionaries, Acceptance(target=0.9, strict=0.99), CALIBRATION, TODAY)


class Life:
    """A store to which something happens again and again."""

    def __init__(self, seed: int, folders: Folders, store: Store) -> None:
        self.chance, self.folders, self.store = random.Random(seed), folders, store
        self.made = 0
        self.live: list[Record] = []

    def happen(self) -> None:
        deeds = [self.arrive, self.arrive, self.arrive, self.correct, self.read_again, self.remove]
        deeds += [self.replace, self.copy, self.lose_copy, self.mark, self.decide]
        self.chance.choice(deeds if self.live else [self.arrive])()

    def arrive(self) -> None:
        self.made += 1
        stat = self.folders.put(f"{self.chance.randrange(1000)}_{self.made}.jpg", str(self.made))
        self.live.append(save(self.store, stat, record=self._record(stat)))

    def correct(self) -> None:
        record = self.chance.choice(self.live)
        path = self.chance.choice([p for p in record.fields if p in ("employer", "service_unit", "id_number")] or [""])
        if path:
            new = self.chance.choice(PEOPLE if path == "id_number" else UNITS)
            self.store.correct(record.document_id, path, new, "李核对", self._revision(record))

    def read_again(self) -> None:
        record = self.chance.choice(self.live)
        stat = self.folders.stat(record.files[0])
        again = self._record(stat, record.doc_type)
        save(self.store, stat, record=again)

    def remove(self) -> None:
        gone = self.live.pop(self.chance.randrange(len(self.live)))
        self.store.remove_documents([gone.document_id])

    def replace(self) -> None:
        old = self.live.pop(self.chance.randrange(len(self.live)))
        self.arrive()
        new = self.live[-1]
        self.store.save_documents(
            [_read(new)], files=[self.folders.stat(new.files[0])], supersedes={old.document_id: new.document_id}
        )

    def copy(self) -> None:
        record = self.chance.choice(self.live)
        content = (self.folders.scans / record.files[0]).read_bytes()
        self.store.save_duplicate(self.folders.put(f"copy_{self.chance.randrange(3)}.jpg", content), record.document_id)

    def lose_copy(self) -> None:
        self.store.forget_file(f"copy_{self.chance.randrange(3)}.jpg")

    def mark(self) -> None:
        if len(self.live) > 1:
            one, other = self.chance.sample(self.live, 2)
            self.store.mark_duplicate(one.document_id, other.document_id, "李核对", self._revision(one))
            if self.chance.random() < 0.5:
                self.store.unmark_duplicate(one.document_id, "李核对")
            else:
                self.live.remove(one)

    def decide(self) -> None:
        served = [r for r in self.live if r.doc_type == "service_feedback"]
        if served:
            record = self.chance.choice(served)
            project = str(record.fields["project"].value)
            self.store.assign_claim(record.document_id, project, None, "李核对", self._revision(record))

    def _revision(self, record: Record) -> int:
        found = self.store.stored_document(record.document_id)
        assert found is not None
        return found.revision

    def _record(self, stat: object, doc_type: str = "") -> Record:
        pick = self.chance.choice
        doc_type = doc_type or pick(("member_registration", "member_registration", "service_feedback", "item_list"))
        values = {
            "member_registration": {
                "name": pick(("王建国", "李芳", "张伟")), "id_number": pick(PEOPLE), "employer": pick(UNITS),
                "community": pick(PLACES), "claimed_projects": "、".join(self.chance.sample(PROJECTS, 2)),
            },
            "service_feedback": {
                "service_unit": pick(UNITS), "community": pick(PLACES), "project": pick(PROJECTS),
                "service_date": "2019-06-18",
            },
            "item_list": {"list_kind": "project", "community": pick(PLACES)},
        }[doc_type]  # fmt: skip
        record = record_of(doc_type, stat, **values)  # type: ignore[arg-type]
        if doc_type == "item_list":
            record.rows = [{"item": record_of("item_list", stat, item=pick(PROJECTS)).fields["item"]}]  # type: ignore[arg-type]
        for _, value in record.all_fields():
            self._doubt(value)
        return record

    def _doubt(self, value: FieldValue) -> None:
        value.evidence = Evidence("open", weakest=0.6, mean=0.8, length=9, margin=1.0, doubt=False, known=False)
        value.confidence, value.status = CALIBRATION.probability(value.evidence), FieldStatus.REVIEW


def _read(record: Record) -> object:
    from pipeline.store import ReadDocument

    return ReadDocument(record)


@pytest.mark.parametrize("seed", range(6))
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
    [touched] = store.touched_facts("person:", like=False)
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
