"""What became of each file: known, duplicate, in quarantine, gone; and every file is named by a document."""

from __future__ import annotations

from dataclasses import replace

from store_samples import agreement, registration, sha, stat

from pipeline.scanned import ReadDocument
from pipeline.store import FileState, KnownFile, Store


def named(store: Store) -> dict[str, list[str]]:
    """The duplicates of each document by its first file."""
    return {record.files[0]: record.duplicates for record in store.records()}


def states(store: Store) -> dict[str, str]:
    return {path: file.state.value for path, file in store.known_files().items()}


def test_processed_files_are_known(store: Store) -> None:
    files = [stat("agreement_1.jpg"), stat("agreement_2.jpg")]
    store.save_record(agreement(), files=files)
    assert store.known_files() == {f.path: KnownFile(f.sha256, f.size, f.mtime_ns, FileState.PROCESSED) for f in files}


def test_a_failure_is_kept_with_its_reason(store: Store) -> None:
    batch = store.start_batch()
    store.save_failure(stat("bad_10.pdf"), "encrypted_pdf", "PDF 有密码，请去掉密码后重新放入。", batch)
    store.save_failure(replace(stat("bad_9.pdf"), sha256=""), "unreadable_file", "无法读取。", batch)
    assert [(f.path, f.code, f.batch_id) for f in store.quarantined()] == [
        ("bad_9.pdf", "unreadable_file", batch),
        ("bad_10.pdf", "encrypted_pdf", batch),
    ]
    assert store.status_summary().quarantined == 2
    assert store.record_count() == 0


def test_a_file_that_failed_may_succeed_later_and_the_other_way_round(store: Store) -> None:
    store.save_failure(stat("a.jpg", "torn"), "truncated", "文件不完整。")
    store.save_record(registration("a.jpg"), files=[stat("a.jpg")])
    assert store.quarantined() == []
    store.save_failure(stat("a.jpg"), "timeout", "处理超时。")
    assert states(store) == {"a.jpg": "quarantined"}
    assert store.record_count() == 1  # a reading that failed takes nothing away


def test_duplicates_are_named_by_the_document(store: Store) -> None:
    record = registration("b.jpg")
    store.save_record(record, files=[stat("b.jpg")])
    for path in ("copy_10.jpg", "copy_9.jpg", "a.jpg"):
        store.save_duplicate(stat(path, "b.jpg"), record.document_id)
    assert named(store) == {"b.jpg": ["a.jpg", "copy_9.jpg", "copy_10.jpg"]}
    assert states(store)["a.jpg"] == "duplicate"
    assert [e.document_id for e in store.audit_entries(action="file_duplicate")] == [record.document_id] * 3


def test_a_duplicate_of_a_feeder_file_is_named_by_each_of_its_documents(store: Store) -> None:
    pages = [registration("feeder.pdf", page=page) for page in (1, 2)]
    store.save_documents([ReadDocument(r) for r in pages], files=[stat("feeder.pdf")])
    store.save_duplicate(stat("copy.pdf", "feeder.pdf"), pages[0].document_id)
    assert [r.duplicates for r in store.records()] == [["copy.pdf"], ["copy.pdf"]]


def test_two_names_of_one_content_both_processed_are_both_named(store: Store) -> None:
    store.save_record(registration("a.jpg"), files=[stat("a.jpg")])
    store.save_record(registration("b.jpg", content="a.jpg"), files=[stat("b.jpg", "a.jpg")])
    assert named(store) == {"b.jpg": ["a.jpg"]}


def test_a_file_that_went_keeps_its_document(store: Store) -> None:
    store.save_record(registration("a.jpg"), files=[stat("a.jpg")])
    store.forget_file("a.jpg")
    store.forget_file("a.jpg")
    store.forget_file("never seen.jpg")
    assert store.known_files() == {}
    assert named(store) == {"a.jpg": []}
    assert len(store.audit_entries(action="file_gone")) == 1


def test_a_file_that_comes_back_is_the_documents_own_again(store: Store) -> None:
    record = registration("a.jpg")
    store.save_record(record, files=[stat("a.jpg")])
    store.forget_file("a.jpg")
    store.save_duplicate(stat("a.jpg"), record.document_id)
    assert states(store) == {"a.jpg": "processed"}
    assert named(store) == {"a.jpg": []}


def test_a_renamed_file_takes_the_place_of_the_old(store: Store) -> None:
    record = registration("old.jpg")
    store.save_record(record, files=[stat("old.jpg")])
    for forget_first in (True, False):
        before = next(store.records()).files[0]
        after = f"new_{forget_first}.jpg"
        if forget_first:
            store.forget_file(before)
        store.save_duplicate(stat(after, "old.jpg"), record.document_id)
        if not forget_first:
            store.forget_file(before)
        assert named(store) == {after: []}
        assert states(store) == {after: "processed"}
        assert {f.file for f in next(store.records()).fields.values()} == {after}
    assert len(store.audit_entries(action="document_relinked")) == 2


def test_a_name_that_is_used_again_takes_nothing_from_the_document_before(store: Store) -> None:
    """Scanners number from 1 again: what a better scan of the same paper is, the caller says."""
    first, second = registration("scan001.jpg", content="one"), registration("scan001.jpg", content="two")
    store.save_record(first, files=[stat("scan001.jpg", "one")])
    store.save_documents([ReadDocument(second)], files=[stat("scan001.jpg", "two")])
    assert {r.document_id for r in store.records()} == {first.document_id, second.document_id}


def test_a_document_whose_file_was_replaced_lives_on_in_a_copy(store: Store) -> None:
    first = registration("a.jpg", content="one")
    store.save_record(first, files=[stat("a.jpg", "one")])
    store.save_duplicate(stat("copy.jpg", "one"), first.document_id)
    store.save_documents([ReadDocument(registration("a.jpg", content="two"))], files=[stat("a.jpg", "two")])
    assert named(store) == {"a.jpg": [], "copy.jpg": []}


def test_a_scan_overwritten_by_a_copy_of_another_is_that_copy(store: Store) -> None:
    """What it held before was read, and stays."""
    store.save_record(registration("a.jpg"), files=[stat("a.jpg")])
    kept = registration("b.jpg")
    store.save_record(kept, files=[stat("b.jpg")])
    store.save_duplicate(stat("a.jpg", "b.jpg"), kept.document_id)
    assert named(store) == {"a.jpg": [], "b.jpg": ["a.jpg"]}


def test_touched_files_are_not_hashed_again(store: Store) -> None:
    store.save_record(registration("a.jpg"), files=[stat("a.jpg")])
    store.touch_files([replace(stat("a.jpg"), mtime_ns=2**62), replace(stat("b.jpg"), mtime_ns=5)])
    assert {path: f.mtime_ns for path, f in store.known_files().items()} == {"a.jpg": 2**62}
    store.touch_files([replace(stat("a.jpg"), sha256=sha("other"), mtime_ns=7)])  # not what was read: look again
    assert store.known_files()["a.jpg"].mtime_ns == 2**62


def test_batches_and_counts(store: Store) -> None:
    assert store.status_summary().last_batch is None
    store.start_batch()
    batch = store.start_batch()
    store.save_record(registration("a.jpg"), files=[stat("a.jpg")], batch_id=batch)
    store.save_record(registration("b.jpg"), files=[stat("b.jpg")], batch_id=batch)
    store.save_record(agreement(), files=[stat("agreement_1.jpg"), stat("agreement_2.jpg")], batch_id=batch)
    store.finish_batch(batch, {"pages": 4, "备注": "完成"})
    summary = store.status_summary()
    assert summary.documents == {"agreement": {"accepted": 1}, "member_registration": {"needs_review": 2}}
    assert (summary.total, summary.quarantined, summary.files) == (3, 0, {"processed": 4})
    assert summary.last_batch is not None
    assert (summary.last_batch.id, summary.last_batch.summary) == (batch, {"pages": 4, "备注": "完成"})
    assert summary.last_batch.finished is not None
    assert summary.last_batch.finished >= summary.last_batch.started
