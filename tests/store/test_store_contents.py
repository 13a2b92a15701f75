"""Contents and tries: what was read once is not read again, what failed is tried again, what is archived is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from store_samples import agreement, registration, sha, stat

from pipeline.scanned import ReadDocument
from pipeline.store import FileState, Store

DUE = datetime(2026, 11, 1, 22, 15, tzinfo=UTC)


def read(store: Store, path: str, content: str | None = None) -> str:
    record = registration(path, content=content)
    store.save_record(record, files=[stat(path, content)])
    return record.document_id


# --- what needs no reading


@pytest.mark.parametrize("after", ["still there", "gone", "taken out", "replaced", "superseded"])
def test_a_content_that_was_read_is_settled_whatever_became_of_its_file(store: Store, after: str) -> None:
    document = read(store, "a.jpg", "one")
    if after == "gone":
        store.forget_file("a.jpg")
    elif after == "taken out":
        store.take_files(["a.jpg"])
    elif after == "replaced":
        read(store, "a.jpg", "two")
    elif after == "superseded":
        better = ReadDocument(registration("a.jpg", content="two"))
        store.save_documents([better], files=[stat("a.jpg", "two")], supersedes={document: better.record.document_id})
    assert store.settled_contents([sha("one"), sha("never seen"), ""]) == {sha("one"): document}


def test_what_failed_is_not_settled(store: Store) -> None:
    store.save_failure(stat("bad.pdf"), "corrupt_file", "坏")
    store.save_retry(stat("slow.pdf"), "timed_out", "超时", attempts=1, retry_at=DUE)
    assert store.settled_contents([sha("bad.pdf"), sha("slow.pdf")]) == {}


def test_a_content_that_was_purged_is_settled_without_a_document(store: Store) -> None:
    read(store, "a.jpg")
    store.forget_file("a.jpg")
    store.purge(datetime.now(UTC) + timedelta(days=1), include_review=True)
    assert store.settled_contents([sha("a.jpg")]) == {sha("a.jpg"): None}
    read(store, "b.jpg", "a.jpg")  # if it is read all the same, it is to be archived, and known, again
    assert store.settled_contents([sha("a.jpg")]) != {sha("a.jpg"): None}
    assert [original.sha256 for original in store.pending_originals()] == [sha("a.jpg")]


def test_many_contents_may_be_asked_for_at_once(store: Store) -> None:
    document = read(store, "a.jpg")
    many = [sha(str(number)) for number in range(1200)]
    assert store.settled_contents([*many, sha("a.jpg")]) == {sha("a.jpg"): document}


# --- originals


def test_originals_are_to_be_archived_once_with_the_ending_of_their_file(store: Store) -> None:
    store.save_record(agreement("x_1.JPG", "x_2.重要"), files=[stat("x_1.JPG"), stat("x_2.重要")])
    assert sorted((o.sha256, o.suffix, o.size) for o in store.pending_originals()) == sorted(
        [(sha("x_1.JPG"), ".jpg", 1000), (sha("x_2.重要"), "", 1000)]
    )
    store.mark_archived([sha("x_1.JPG")])
    store.save_record(agreement("x_1.JPG", "x_2.重要"), files=[stat("x_1.JPG"), stat("x_2.重要")])
    assert [o.sha256 for o in store.pending_originals()] == [sha("x_2.重要")]
    [archived] = store.archived_originals()
    assert (archived.sha256, archived.archived is not None) == (sha("x_1.JPG"), True)


def test_files_that_were_taken_out_are_not_known_and_still_named(store: Store) -> None:
    """A file that now has such a name is a new one."""
    document = read(store, "scan001.jpg", "one")
    store.take_files(["scan001.jpg"])
    assert store.known_files() == {}
    assert [r.files for r in store.records()] == [["scan001.jpg"]]
    read(store, "scan001.jpg", "two")
    assert {r.document_id for r in store.records()} > {document}
    assert store.known_files()["scan001.jpg"].sha256 == sha("two")


# --- tries


def test_a_file_to_be_tried_again_is_known_with_its_tries(store: Store) -> None:
    store.save_retry(stat("a.pdf"), "timed_out", "超时", attempts=2, retry_at=DUE)
    known = store.known_files()["a.pdf"]
    assert (known.state, known.attempts, known.retry_at) == (FileState.RETRY, 2, DUE)
    assert store.quarantined() == []
    [entry] = store.audit_entries(action="file_retry")
    assert (entry.detail["code"], entry.detail["attempt"]) == ("timed_out", 2)


def test_tries_are_forgotten_when_a_file_is_read_or_given_up(store: Store) -> None:
    for path in ("read.pdf", "bad.pdf"):
        store.save_retry(stat(path), "timed_out", "超时", attempts=2, retry_at=DUE)
    read(store, "read.pdf")
    store.save_failure(stat("bad.pdf"), "timed_out", "超时")
    known = store.known_files()
    assert {(path, k.state, k.attempts, k.retry_at) for path, k in known.items()} == {
        ("read.pdf", FileState.PROCESSED, 0, None),
        ("bad.pdf", FileState.QUARANTINED, 0, None),
    }


def test_a_file_that_fails_now_keeps_the_document_read_before(store: Store) -> None:
    document = read(store, "a.jpg", "one")
    store.save_retry(stat("a.jpg", "two"), "worker_died", "终止", attempts=1, retry_at=DUE)
    assert [r.document_id for r in store.records()] == [document]


def test_files_are_queued_by_content_to_be_read_again(store: Store) -> None:
    read(store, "a.jpg")
    store.take_files(["a.jpg"])
    store.save_failure(stat("bad.pdf"), "corrupt_file", "坏")
    read(store, "c.jpg")
    queued = store.requeue([sha("a.jpg"), sha("bad.pdf"), sha("never seen")])
    assert queued == {sha("a.jpg"): "a.jpg", sha("bad.pdf"): "bad.pdf"}
    known = store.known_files()
    assert {path: (k.state, k.attempts, k.retry_at) for path, k in known.items()} == {
        "a.jpg": (FileState.RETRY, 0, None),
        "bad.pdf": (FileState.RETRY, 0, None),
        "c.jpg": (FileState.PROCESSED, 0, None),
    }
    assert len(store.audit_entries(action="file_requeued")) == 2


# --- what the program remembers of itself


def test_the_program_remembers_by_name(store: Store) -> None:
    assert store.recall("exported") is None
    store.keep("exported", {"change": 3, "files": ["双报到台账.xlsx"]})
    store.keep("exported", {"change": 4, "files": []})
    assert store.recall("exported") == {"change": 4, "files": []}


def test_batches_that_came_and_went_are_no_change(store: Store) -> None:
    read(store, "a.jpg")
    number = store.change_number()
    store.finish_batch(store.start_batch(), {})
    assert not store.changed_since(number)
    document = next(store.records())
    store.correct(document.document_id, "name", "王健国", "李核对", 1)
    assert store.changed_since(number)
    assert store.change_number() > number
