"""Why documents are in review, kept beside them: whatever happens to them, as if counted anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import delete

from pipeline.records import DocumentStatus, FieldStatus, FieldValue, Record
from pipeline.scanned import FileStat
from pipeline.store import Findings, Store, reviewing
from pipeline.store.overlay import settled
from pipeline.store.reviewing import InReview
from pipeline.store.schema import ReviewReasonsRow, StateRow
from tests.support.folders import Folders
from tests.support.store_life import Life

KEYS = ("id_number", "phone")
ORDER = ("id_checksum", "low_confidence")
SEEDS = range(6)


class Asking(Life):
    """Documents with codes of their own and of others, some of which people settle."""

    def happen(self) -> None:
        deeds = [super().happen, super().happen, self.find, self.settle, self.withdraw]
        self.chance.choice(deeds if self.live else [self.arrive])()

    def find(self) -> None:
        record = self.chance.choice(self.live)
        found = self.store.record(record.document_id)
        assert found is not None
        paths = [path for path, _ in found.all_fields()]
        codes = ["duplicate_person"] if self.chance.random() < 0.6 else []
        issues = ["feedback_without_claim"] if self.chance.random() < 0.5 else []
        self.store.update_issues([Findings(record.document_id, issues, {self.chance.choice(paths): codes})])

    def settle(self) -> None:
        record = self.chance.choice(self.live)
        found = self.store.record(record.document_id)
        assert found is not None
        if found.issues:
            code = self.chance.choice(found.issues)
            self.store.acknowledge(record.document_id, code, "李核对", self._revision(record))

    def withdraw(self) -> None:
        record = self.chance.choice(self.live)
        said = [c for c in self.store.corrections(record.document_id) if not c.withdrawn and c.path[0] not in "=>"]
        if said:
            self.store.withdraw(record.document_id, said[-1].path, "李核对", self._revision(record))

    def _record(self, stat: FileStat, doc_type: str = "") -> Record:
        record = super()._record(stat, doc_type)
        record.issues = self.chance.choice([[], [], ["page_missing"], ["duplicate_document"]])
        if self.chance.random() < 0.3:
            for _, value in record.all_fields():
                value.status, value.issues = FieldStatus.ACCEPTED, []
        statuses = [value.status for _, value in record.all_fields()]
        record.status = settled(record.status, statuses, record.issues)
        return record

    def _doubt(self, value: FieldValue) -> None:
        super()._doubt(value)
        value.issues = self.chance.choice([[], ["low_confidence"], ["id_checksum", "low_confidence"]])


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


def _asked(store: Store) -> InReview:
    found = store.in_review(1000, key_fields=KEYS, order=ORDER)
    found.reasons.sort(key=lambda reason: (reason.code, reason.key_field))
    return found


def _anew(store: Store) -> InReview:
    with store.writing() as connection:
        connection.execute(delete(StateRow).where(StateRow.name == "review_reasons"))
    return _asked(store)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_kept_is_what_counting_anew_finds(folders: Folders, store: Store, seed: int) -> None:
    life = Asking(seed, folders, store)
    codes: set[tuple[str, bool]] = set()
    for _ in range(15):
        for _ in range(life.chance.randrange(1, 5)):
            life.happen()
        found = _asked(store)
        assert found == _anew(store)
        waiting = {r.document_id for r in store.records() if r.status is DocumentStatus.REVIEW}
        assert {document.document_id for document in found.first} == waiting
        codes |= {(reason.code, reason.key_field) for reason in found.reasons}
        assert max((reason.documents for reason in found.reasons), default=0) <= len(waiting)
    assert len(codes) > 3


def test_only_what_changed_is_looked_at_again(folders: Folders, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    life = Asking(1, folders, store)
    for _ in range(8):
        life.arrive()
    before = _asked(store)
    looked: list[str] = []
    reasons_of = reviewing._reasons
    monkeypatch.setattr(
        reviewing,
        "_reasons",
        lambda connection, some, keys: (looked.extend(some), reasons_of(connection, some, keys))[1],
    )
    assert _asked(store) == before
    assert looked == []
    asked = before.first[0].document_id
    record = store.record(asked)
    assert record is not None
    path = next(path for path, field in record.all_fields() if field.status is FieldStatus.REVIEW)
    life.store.correct(asked, path, "更正", "李核对", 1)
    _asked(store)
    assert looked == [asked]


def test_nothing_is_kept_of_a_document_that_went(folders: Folders, store: Store) -> None:
    life = Asking(2, folders, store)
    for _ in range(4):
        life.arrive()
    assert _asked(store).first
    while life.live:
        life.remove()
    with store.reading() as connection:
        assert not connection.execute(ReviewReasonsRow.__table__.select()).all()
