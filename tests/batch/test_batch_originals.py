"""Originals: into the archive once what they say is safe, and out of the drop folder only then, if so set."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipeline.batch.run import Order
from pipeline.intake.archive import Archive
from pipeline.store import FileState
from tests.support.papers import Office, faulty, member

MOVE = {"originals": "move"}


def state(office: Office, path: str) -> FileState | None:
    with office.store() as store:
        known = store.known_files().get(path)
    return known.state if known else None


def in_quarantine(office: Office) -> set[bytes]:
    return {p.read_bytes() for p in (office.outputs / "quarantine").iterdir() if p.suffix != ".json"}


def requeue(office: Office, *sha256s: str) -> None:
    with office.store() as store:
        store.requeue(sha256s)


# --- into the archive


def test_what_was_read_lies_in_the_archive_and_stays_where_it_was(office: Office) -> None:
    stat = office.put("二季度/a.JPG", member())
    office.put("b.jpg", member())
    office.put("坏.jpg", faulty("corrupt_file"))
    summary = office.run()
    kept = office.outputs / "archive" / stat.sha256[:2] / f"{stat.sha256}.jpg"
    assert (summary.archived, office.archived()) == (1, {stat.sha256})
    assert kept.read_bytes() == member()
    assert office.files() == {"二季度/a.JPG", "b.jpg", "坏.jpg"}
    with office.store() as store:
        assert [original.sha256 for original in store.archived_originals()] == [stat.sha256]
        assert store.pending_originals() == []
    assert office.run(Order(force=True)).archived == 0  # it lies there already


def test_where_the_archive_cannot_be_written_documents_are_safe_and_a_later_batch_catches_up(office: Office) -> None:
    stat = office.put("a.jpg", member())
    (office.outputs / "archive").write_text("a file lies where the folder should be")
    summary = office.run(intake=MOVE)
    assert (summary.read, summary.archived, office.names()) == (1, 0, ["王建国"])
    assert any("a.jpg" in notice and "存档" in notice for notice in summary.notices)
    assert office.files() == {"a.jpg"}  # nothing leaves the folder that lies nowhere else
    (office.outputs / "archive").unlink()
    summary = office.run(intake=MOVE)
    assert (summary.read, summary.archived, summary.notices, office.read_files) == (0, 1, [], [])
    assert (office.archived(), office.files()) == ({stat.sha256}, set())


def test_what_a_killed_batch_had_not_archived_is_archived_by_the_next(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    stat = office.put("a.jpg", member())
    office.put("b.jpg", member("李芳"))

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Archive, "keep", die)
        with pytest.raises(KeyboardInterrupt):
            office.run()
    with office.store() as store:
        assert [original.sha256 for original in store.pending_originals()] == [stat.sha256]
    summary = office.run()
    assert (summary.read, summary.archived, office.read_files) == (1, 2, ["b.jpg"])
    assert office.names() == ["李芳", "王建国"]


# --- out of the drop folder


def test_what_was_dealt_with_leaves_the_folder_and_is_no_news_afterwards(office: Office) -> None:
    scanned = [office.put("a.jpg", member()), office.put("b.jpg", member("李芳"))]
    office.put("b 副本.jpg", member("李芳"))
    office.put("坏.jpg", faulty("corrupt_file"))
    office.run(intake=MOVE)
    assert office.files() == set()
    assert office.archived() == {stat.sha256 for stat in scanned}
    assert in_quarantine(office) == {faulty("corrupt_file")}
    assert (office.names(), set(office.notes())) == (["李芳", "王建国"], {"坏.jpg"})
    before = (office.outputs / "records.jsonl").read_bytes()
    summary = office.run(intake=MOVE)
    assert (summary.read, summary.failed, summary.duplicates, summary.notices) == (0, [], 0, [])
    assert (office.outputs / "records.jsonl").read_bytes() == before
    assert set(office.notes()) == {"坏.jpg"}


def test_what_is_to_be_tried_again_stays_in_the_folder(office: Office) -> None:
    office.put("a.jpg", faulty("timed_out"))
    for _ in range(2):
        office.run(intake=MOVE, batch={"retry_minutes": 15.0})
        assert (state(office, "a.jpg"), office.files()) == (FileState.RETRY, {"a.jpg"})


def test_what_is_kept_nowhere_else_stays_in_the_folder(office: Office, tmp_path: Path) -> None:
    """What is too large to be copied into quarantine; what has no content at all, a link."""
    office.put("a.jpg", member())
    office.put("太大.jpg", member("李芳", address="长" * 3000))
    if sys.platform != "win32":
        (tmp_path / "secret.jpg").write_bytes(b"secret")
        (office.scans / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    office.put("读不了.jpg", faulty("too_many_bytes"))
    left = {p.name for p in office.scans.iterdir()} - {"a.jpg", "太大.jpg"}
    for _ in range(2):
        office.run(intake=MOVE)
        assert {p.name for p in office.scans.iterdir()} == left


def test_a_file_overwritten_during_the_batch_stays_in_the_folder(office: Office) -> None:
    """The first content is safe, the second has not been read yet."""
    office.put("a.jpg", member())
    office.put("b.jpg", member("李芳"))
    office.during = lambda path: office.put("a.jpg", member("张新来")) if path == "b.jpg" else None
    office.run(intake=MOVE)
    assert (office.names(), office.files()) == (["李芳", "王建国"], {"a.jpg"})
    office.during = lambda path: None
    office.run(intake=MOVE)
    assert (office.names(), office.files()) == (["张新来", "李芳", "王建国"], set())


def test_a_name_that_was_freed_is_free_for_another_scan(office: Office) -> None:
    for name in ("王建国", "李芳", "张新来"):
        office.put("scan001.jpg", member(name, phone="1381234567" + str(len(office.archived()))))
        assert office.run(intake=MOVE).read == 1
    assert (office.names(), office.files(), len(office.archived())) == (["张新来", "李芳", "王建国"], set(), 3)


def test_originals_leave_also_where_they_were_left_before(office: Office) -> None:
    """The setting was changed."""
    office.put("a.jpg", member())
    office.run()
    summary = office.run(intake=MOVE)
    assert (summary.read, office.files(), office.names()) == (0, set(), ["王建国"])


# --- read again from where they are kept


def test_a_scan_that_left_the_folder_is_read_again_from_the_archive(office: Office) -> None:
    stat = office.put("a.jpg", member())
    office.run(intake=MOVE)
    requeue(office, stat.sha256)
    for _ in range(2):
        office.run(intake=MOVE)
    assert (office.names(), office.files()) == (["王建国"], set())
    with office.store() as store:
        actions = [entry.action for entry in store.audit_entries(document_id=office.records()[0]["document_id"])]
    assert actions == ["document_read", "document_reread"]


def test_what_failed_is_tried_again_from_its_copy_in_quarantine(office: Office) -> None:
    content = faulty("corrupt_file")
    stat = office.put("坏.jpg", content)
    office.run(intake=MOVE)
    requeue(office, stat.sha256)
    summary = office.run(intake=MOVE)
    assert ([f["code"] for f in summary.failed], office.read_files) == (["corrupt_file"], ["坏.jpg"])
    assert in_quarantine(office) == {content}


def test_the_only_copy_outlasts_a_try_that_fails_in_another_way(office: Office) -> None:
    content = faulty("corrupt_file")
    stat = office.put("坏.jpg", content)
    office.run(intake=MOVE)
    requeue(office, stat.sha256)

    def fault(path: str) -> None:
        raise ValueError("not the file's fault")

    office.during = fault
    for attempts in (1, 2):
        summary = office.run(intake=MOVE)
        assert [f["attempts"] for f in summary.retried] == [attempts]
        office.run(Order(limit=0), intake=MOVE)  # nothing is taken for gone, or taken away, meanwhile
    assert [f["code"] for f in office.run(intake=MOVE).failed] == ["internal_error"]
    assert in_quarantine(office) == {content}
    assert office.notes()["坏.jpg"]["code"] == "internal_error"


def test_what_fails_when_it_is_read_again_from_the_archive_is_copied_to_quarantine(office: Office) -> None:
    stat = office.put("a.jpg", member())
    office.run(intake=MOVE)
    requeue(office, stat.sha256)

    def fault(path: str) -> None:
        raise ValueError

    office.during = fault
    summary = office.run(intake=MOVE, batch={"attempts": 1})
    assert [f["code"] for f in summary.failed] == ["internal_error"]
    assert in_quarantine(office) == {member()}
    assert office.names() == ["王建国"]  # what was read before stands


def test_a_faulty_file_that_a_known_content_takes_the_place_of_leaves_quarantine(office: Office) -> None:
    office.put("a.jpg", member())
    office.put("坏.jpg", faulty("corrupt_file"))
    office.run()
    assert in_quarantine(office)
    office.put("坏.jpg", member())
    assert office.run().duplicates == 1
    assert (office.notes(), in_quarantine(office)) == ({}, set())
