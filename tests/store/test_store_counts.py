"""What reports ask: reasons and documents in review, batches by time, files in trouble."""

from __future__ import annotations

import datetime

import pytest
from sqlalchemy import update
from store_samples import item_list, registration, stat

from pipeline.records import DocumentStatus, FieldStatus, Record
from pipeline.scanned import PageFacts
from pipeline.store import FileState, Findings, Store
from pipeline.store.reviewing import ReviewReason
from pipeline.store.schema import BatchRow, DocumentRow

KEYS = ("id_number", "phone")


def put(store: Store, record: Record, batch: int | None = None, **more: object) -> Record:
    store.save_record(record, files=[stat(path) for path in record.files], batch_id=batch, **more)  # type: ignore[arg-type]
    return record


def accepted(path: str) -> Record:
    record = registration(path)
    record.fields["id_number"].status = FieldStatus.ACCEPTED
    record.fields["id_number"].issues = []
    record.status = DocumentStatus.ACCEPTED
    return record


def reasons(store: Store) -> set[tuple[str, bool, int]]:
    return {(r.code, r.key_field, r.documents) for r in store.in_review(0, key_fields=KEYS).reasons}


def test_an_empty_database(store: Store) -> None:
    assert store.in_review(0).reasons == []
    assert store.in_review(10).first == []
    assert store.batches_before(datetime.datetime.now(datetime.UTC), newest=5) == []
    assert store.batch_counts([]) == {}
    assert store.troubled_files([]) == []
    assert store.settled_paths([]) == set()
    assert store.files_of([]) == {}


def test_each_document_counts_once_a_code(store: Store) -> None:
    both = registration("a.jpg")
    both.fields["name"].status, both.fields["name"].issues = FieldStatus.REVIEW, ["low_confidence"]
    both.fields["phone"].status, both.fields["phone"].issues = FieldStatus.MISSING, ["low_confidence"]
    both.fields["unit_seal"].status, both.fields["unit_seal"].issues = FieldStatus.REVIEW, ["low_confidence"]
    put(store, both)
    put(store, registration("b.jpg"))
    assert reasons(store) == {("id_checksum", True, 2), ("low_confidence", True, 1), ("low_confidence", False, 1)}
    assert set(store.in_review(0).reasons) == {
        ReviewReason("id_checksum", False, 2),
        ReviewReason("low_confidence", False, 1),
    }


def test_what_asks_nothing_does_not_count(store: Store) -> None:
    record = registration("a.jpg")
    record.fields["name"].issues = ["not_in_dictionary"]  # noted on an accepted field
    record.issues = ["duplicate_document"]  # informs and does not question
    record.fields["phone"].status, record.fields["phone"].issues = FieldStatus.CORRECTED, ["phone_format"]
    put(store, record)
    fine = accepted("b.jpg")
    fine.fields["name"].issues = ["not_in_dictionary"]
    put(store, fine)
    assert reasons(store) == {("id_checksum", True, 1)}
    assert [d.codes for d in store.in_review(10).first] == [("id_checksum",)]


def test_codes_of_documents_and_of_rows(store: Store) -> None:
    record = item_list()  # its telephone numbers are doubtful
    for row in record.rows:
        row["phone"].issues = ["phone_format"]
    record.issues = ["page_missing"]
    put(store, record)
    assert reasons(store) == {("phone_format", True, 1), ("page_missing", False, 1)}


def test_a_document_without_a_code_is_counted_as_such(store: Store) -> None:
    record = registration("a.jpg")
    record.fields["id_number"].issues = []
    put(store, record)
    assert reasons(store) == {("", False, 1)}
    (found,) = store.in_review(10, order=["id_checksum"]).first
    assert (found.file, found.files, found.codes) == ("a.jpg", 1, ())


def test_findings_across_documents_count(store: Store) -> None:
    record = put(store, accepted("a.jpg"))
    assert reasons(store) == set()
    store.update_issues([Findings(record.document_id, field_issues={"id_number": ["duplicate_person"]})])
    assert reasons(store) == {("duplicate_person", True, 1)}


def test_documents_that_a_better_scan_replaced_do_not_count(store: Store) -> None:
    batch = store.start_batch()
    old, new = put(store, registration("a.jpg"), batch, seconds=9.0), put(store, registration("b.jpg"), batch)
    with store.writing() as connection:
        superseded = update(DocumentRow).where(DocumentRow.document_id == old.document_id)
        connection.execute(superseded.values(superseded_by=new.document_id))
    assert reasons(store) == {("id_checksum", True, 1)}
    assert [d.document_id for d in store.in_review(10).first] == [new.document_id]
    assert store.batch_counts([batch])[batch].documents == {"member_registration": {"needs_review": 1}}
    assert store.slowest(batch, limit=5) == []


def test_documents_in_review_the_costliest_first(store: Store) -> None:
    seal, number, phone, unsaid = (registration(f"{name}.jpg") for name in ("seal", "number", "phone", "unsaid"))
    for record, key, code in ((seal, "unit_seal", "seal_missing"), (phone, "phone", "phone_format")):
        record.fields["id_number"].status = FieldStatus.ACCEPTED
        record.fields["id_number"].issues = []
        record.fields[key].status, record.fields[key].issues = FieldStatus.REVIEW, [code]
    unsaid.fields["id_number"].issues = []
    number.fields["unit_seal"].status, number.fields["unit_seal"].issues = FieldStatus.REVIEW, ["seal_missing"]
    for record in (number, unsaid, phone, seal):
        put(store, record)
    put(store, accepted("fine.jpg"))
    order = ["seal_missing", "id_checksum", "phone_format"]
    found = store.in_review(10, key_fields=KEYS, order=order).first
    assert [d.file for d in found] == ["number.jpg", "phone.jpg", "seal.jpg", "unsaid.jpg"]
    assert found[0].codes == ("id_checksum", "seal_missing")
    assert {d.file for d in store.in_review(2, order=order).first} == {"seal.jpg", "number.jpg"}
    assert len(store.in_review(2, key_fields=KEYS, order=order).first) == 2


def test_batches_by_time(store: Store) -> None:
    start = datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC)
    hour = datetime.timedelta(hours=1)
    numbers = [store.start_batch() for _ in range(4)]
    with store.writing() as connection:
        for i, number in enumerate(numbers):
            connection.execute(update(BatchRow).where(BatchRow.id == number).values(started=start + i * hour))
    assert [b.id for b in store.batches_started(start + hour, start + 3 * hour)] == numbers[1:3]
    assert [b.id for b in store.batches_before(start + 3 * hour, newest=2)] == numbers[1:3]


def test_what_the_database_knows_of_batches(store: Store) -> None:
    first, second = store.start_batch(), store.start_batch()
    record = registration("a.jpg")
    put(store, record, first, seconds=2.5, pages=[PageFacts("a.jpg", 1)])
    put(store, accepted("b.jpg"), second, seconds=4.0)
    store.save_duplicate(stat("copy.jpg", "a.jpg"), record.document_id, first)
    store.save_failure(stat("bad.jpg"), "corrupt_file", "坏", first)
    counts = store.batch_counts([first, second, 99])
    assert counts[first].files == {"duplicate": 1, "processed": 1, "quarantined": 1}
    assert counts[first].documents == {"member_registration": {"needs_review": 1}}
    assert counts[second].documents == {"member_registration": {"accepted": 1}}
    assert (counts[first].pages, counts[99].pages) == (1, 0)
    assert [(d.document_id, d.pages, d.seconds) for d in store.slowest(first, limit=5)] == [
        (record.document_id, 1, 2.5)
    ]
    assert store.files_of([record.document_id, "gone"]) == {record.document_id: ["a.jpg"], "gone": []}


def test_files_in_trouble_and_settled(store: Store) -> None:
    batch = store.start_batch()
    retry_at = datetime.datetime(2026, 11, 23, 2, tzinfo=datetime.UTC)
    store.save_failure(stat("bad\udcff.jpg"), "corrupt_file", "坏", batch)
    store.save_retry(stat("locked.jpg"), "unreadable_file", "锁", attempts=2, retry_at=retry_at, batch_id=batch)
    put(store, registration("fine.jpg"), batch)
    found = {f.path: f for f in store.troubled_files([batch])}
    assert found.keys() == {"bad\udcff.jpg", "locked.jpg"}
    assert found["bad\udcff.jpg"].state is FileState.QUARANTINED
    locked = found["locked.jpg"]
    assert (locked.code, locked.message, locked.attempts, locked.retry_at) == ("unreadable_file", "锁", 2, retry_at)
    assert store.troubled_files([batch + 1]) == []
    many = [f"{i}.jpg" for i in range(1200)]
    assert store.settled_paths(["fine.jpg", "bad\udcff.jpg", "locked.jpg", *many]) == {"fine.jpg"}


@pytest.mark.parametrize("key", ["phone", "p_one"])
def test_a_key_is_no_pattern(store: Store, key: str) -> None:
    record = item_list()
    for row in record.rows:
        row["phone"].issues = ["phone_format"]
    put(store, record)
    (reason,) = store.in_review(0, key_fields=[key]).reasons
    assert reason.key_field is (key == "phone")
