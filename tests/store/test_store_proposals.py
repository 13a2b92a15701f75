"""Changes that hold once a second person agrees."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from store_samples import box, item_list, registration, stat

from pipeline.records import FieldStatus, FieldValue, Record
from pipeline.scanned import ReadDocument
from pipeline.store import ConflictError, NotFoundError, Place, Store, open_store

READ, GOOD = "370811198003154510", "37081119800315451X"
ONE, TWO = "李核对", "王审核"


def save(store: Store, record: Record) -> Record:
    store.save_record(record, files=[stat(record.files[0])])
    return record


def field(store: Store, record: Record, path: str) -> FieldValue:
    found = store.record(record.document_id)
    assert found is not None
    return dict(found.all_fields())[path]


def revision(store: Store, record: Record) -> int:
    stored = store.stored_document(record.document_id)
    assert stored is not None
    return stored.revision


@pytest.fixture
def record(store: Store) -> Record:
    return save(store, registration())


@pytest.fixture
def proposed(store: Store, record: Record) -> int:
    return store.propose(record.document_id, "id_number", GOOD, ONE, 1)


def test_a_proposal_changes_nothing_yet(store: Store, record: Record, proposed: int) -> None:
    assert store.record(record.document_id) == record
    assert revision(store, record) == 1
    [found] = store.proposals()
    assert (found.id, found.document_id, found.doc_type) == (proposed, record.document_id, "member_registration")
    assert (found.path, found.old_value, found.new_value) == ("id_number", READ, GOOD)
    assert (found.actor, found.state, found.decided_by, found.decided_at) == (ONE, "open", None, None)
    assert store.proposals(record.document_id) == [found]
    assert store.proposals("other") == []
    [line] = store.audit_entries(action="proposed")
    assert (line.actor, line.path, line.detail) == (ONE, "id_number", {"proposal": proposed})


def test_a_second_person_agrees(store: Store, record: Record, proposed: int) -> None:
    assert store.decide(proposed, True, TWO) == 2
    found = field(store, record, "id_number")
    assert (found.value, found.status, found.as_read) == (GOOD, FieldStatus.CORRECTED, READ)
    [said] = store.corrections()
    assert (said.actor, said.new_value) == (ONE, GOOD)
    [closed] = store.proposals(state="approved")
    assert (closed.decided_by, closed.decided_at is not None) == (TWO, True)
    assert store.proposals() == []
    lines = {e.action: e for e in store.audit_entries()}
    assert lines["corrected"].actor == lines["proposal_approved"].actor == TWO
    assert lines["corrected"].detail["proposed_by"] == lines["proposal_approved"].detail["proposed_by"] == ONE


def test_a_second_person_refuses(store: Store, record: Record, proposed: int) -> None:
    assert store.decide(proposed, False, TWO) is None
    assert store.record(record.document_id) == record
    assert [(p.state, p.decided_by) for p in store.proposals(state="refused")] == [("refused", TWO)]
    assert store.audit_entries(action="proposal_refused")[0].actor == TWO


def test_nobody_agrees_with_themselves_but_may_take_it_back(store: Store, record: Record, proposed: int) -> None:
    with pytest.raises(ConflictError, match="另一人"):
        store.decide(proposed, True, ONE)
    assert [p.id for p in store.proposals()] == [proposed]
    store.decide(proposed, False, ONE)
    assert [p.id for p in store.proposals(state="withdrawn")] == [proposed]
    assert field(store, record, "id_number").value == READ


def test_it_is_decided_once(store: Store, proposed: int) -> None:
    store.decide(proposed, True, TWO)
    for approve in (True, False):
        with pytest.raises(ConflictError, match="处理过"):
            store.decide(proposed, approve, "第三人")
    with pytest.raises(NotFoundError):
        store.decide(proposed + 1, True, TWO)


def test_a_newer_proposal_takes_the_place_of_the_older(store: Store, record: Record, proposed: int) -> None:
    other = store.propose(record.document_id, "phone", "0537", ONE, 1)
    newer = store.propose(record.document_id, "id_number", None, TWO, 1)
    assert [p.id for p in store.proposals()] == [other, newer]
    assert [(p.id, p.decided_by) for p in store.proposals(state="withdrawn")] == [(proposed, TWO)]
    with pytest.raises(ConflictError):
        store.decide(proposed, True, "第三人")


def test_what_has_changed_since_is_not_agreed_to(store: Store, record: Record, proposed: int) -> None:
    store.correct(record.document_id, "phone", "0537", TWO, 1)  # another field is no reason
    store.correct(record.document_id, "id_number", "370811198003154528", TWO, 2)
    with pytest.raises(ConflictError, match="改动"):
        store.decide(proposed, True, TWO)
    assert field(store, record, "id_number").value == "370811198003154528"
    assert [p.id for p in store.proposals()] == [proposed]
    store.decide(proposed, False, TWO)


def test_another_reading_of_the_same_is_no_change_but_for_rows(store: Store, record: Record, proposed: int) -> None:
    listed = save(store, item_list())
    of_row = store.propose(listed.document_id, "rows.1.phone", "13911112222", ONE, 1)
    save(store, registration())
    save(store, item_list(items=("义诊", "会议室", "图书")))
    assert store.decide(proposed, True, TWO) == 3
    with pytest.raises(ConflictError):
        store.decide(of_row, True, TWO)


def test_a_proposal_moves_with_its_row(store: Store) -> None:
    listed = save(store, item_list())
    number = store.propose(listed.document_id, "rows.2.phone", "13911112222", ONE, 1)
    gone = store.propose(listed.document_id, "rows.1.phone", "13911113333", ONE, 1)
    store.remove_row(listed.document_id, 1, ONE, 1)
    assert [(p.id, p.path) for p in store.proposals()] == [(number, "rows.1.phone")]
    assert [p.id for p in store.proposals(state="withdrawn")] == [gone]
    store.decide(number, True, TWO)
    assert field(store, listed, "rows.1.phone").value == "13911112222"
    assert field(store, listed, "rows.1.item").value == "图书"


def test_a_place_goes_with_it(store: Store, record: Record) -> None:
    place = Place("scan_1.jpg", 1, box(300, 400))
    number = store.propose(record.document_id, "specialty", "书法", ONE, 1, place=place)
    store.decide(number, True, TWO)
    found = field(store, record, "specialty")
    assert (found.value, found.quad) == ("书法", box(300, 400))


def test_what_cannot_be_proposed(store: Store, record: Record) -> None:
    with pytest.raises(ConflictError, match="刷新"):
        store.propose(record.document_id, "id_number", GOOD, ONE, 2)
    with pytest.raises(NotFoundError):
        store.propose("0" * 16, "id_number", GOOD, ONE, 1)
    for path in ("specialty", "!page_missing", "=", "rows.0"):
        with pytest.raises(NotFoundError):
            store.propose(record.document_id, path, GOOD, ONE, 1)
    with pytest.raises(NotFoundError, match="页"):
        store.propose(record.document_id, "name", "x", ONE, 1, place=Place("b.jpg", 1, box(1, 1)))
    assert store.proposals() == []


def test_the_proposals_of_a_document_that_went(store: Store, record: Record, proposed: int) -> None:
    better = registration("scan_1.jpg", content="sharp")
    replaced = {record.document_id: better.document_id}
    store.save_documents([ReadDocument(better)], files=[stat("scan_1.jpg", "sharp")], supersedes=replaced)
    assert store.proposals() == []
    store.remove_documents([record.document_id])
    with pytest.raises(NotFoundError):
        store.decide(proposed, True, TWO)
    store.decide(proposed, False, TWO)


def test_of_two_who_agree_at_once_one_is_told(store: Store, record: Record, proposed: int, url: str) -> None:
    failures: list[BaseException] = []

    def agree(name: str) -> None:
        with open_store(url) as own:
            try:
                own.decide(proposed, True, name)
            except ConflictError as error:
                failures.append(error)

    threads = [threading.Thread(target=agree, args=(name,)) for name in ("甲", "乙")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failures) == 1
    assert len(list(store.corrections())) == 1


def test_a_proposal_goes_with_the_document_at_the_end_of_its_time(store: Store, proposed: int) -> None:
    expired = store.purge(datetime.now(UTC), include_review=True)
    assert len(expired.documents) == 1
    with store.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM proposals").scalar_one() == 0
    assert store.scrub()
