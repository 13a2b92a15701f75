"""What a content says is read once, under whatever name it comes and whatever became of the file it came in first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.batch.run import Order
from pipeline.store import FileState
from tests.support.papers import Office, faulty, member

MOVE = {"originals": "move"}


def duplicates(office: Office) -> dict[str, list[str]]:
    """The further files of each record, by its first."""
    return {r["source"]["files"][0]: r["source"].get("duplicates", []) for r in office.records()}


def states(office: Office) -> dict[str, FileState]:
    with office.store() as store:
        return {path: file.state for path, file in store.known_files().items()}


def test_of_copies_that_come_together_one_is_read(office: Office) -> None:
    for name in ("b.jpg", "a.jpg", "二季度/c.jpg"):
        office.put(name, member())
    summary = office.run()
    assert (summary.read, summary.duplicates, office.read_files) == (1, 2, ["a.jpg"])
    assert duplicates(office) == {"a.jpg": ["b.jpg", "二季度/c.jpg"]}
    [record] = office.records()
    assert "duplicate_document" in record["issues"]


@pytest.mark.parametrize("first", ["there", "gone", "gone long ago", "moved to the archive"])
def test_a_copy_that_comes_later_is_linked_and_not_read(office: Office, first: str) -> None:
    intake = MOVE if first == "moved to the archive" else {}
    office.put("a.jpg", member())
    office.run(intake=intake)
    if first.startswith("gone"):
        (office.scans / "a.jpg").unlink()
    if first == "gone long ago":
        office.run()
    office.put("再来一次.jpg", member())
    summary = office.run(intake=intake)
    assert (summary.read, office.read_files) == (0, [])
    [source] = [record["source"] for record in office.records()]
    assert "再来一次.jpg" in source["files"] + source.get("duplicates", [])
    assert office.run(intake=intake).duplicates == 0  # and is no news after that


def test_a_file_that_was_renamed_is_not_read_again(office: Office) -> None:
    office.put("a.jpg", member())
    office.run()
    (office.scans / "a.jpg").rename(office.scans / "王建国.jpg")
    summary = office.run()
    assert (summary.read, office.read_files) == (0, [])
    assert duplicates(office) == {"王建国.jpg": []}
    assert states(office) == {"王建国.jpg": FileState.PROCESSED}


def test_the_earlier_scan_of_a_paper_that_comes_again_does_not_push_out_the_better_one(office: Office) -> None:
    office.put("a.jpg", member(phone="13812345678", number=1))
    office.run()
    office.put("a.jpg", member(phone="13812345678", number=2))
    assert office.run().superseded == 1
    office.put("旧扫描.jpg", member(phone="13812345678", number=1))
    summary = office.run()
    assert (summary.read, summary.superseded, office.read_files) == (0, 0, [])
    assert list(duplicates(office)) == ["a.jpg"]


def test_the_copy_of_what_cannot_be_read_is_not_tried_and_says_so(office: Office) -> None:
    office.put("a.pdf", faulty("password_protected"))
    office.run()
    office.put("b.pdf", faulty("password_protected"))
    summary = office.run()
    assert ([f["file"] for f in summary.failed], office.read_files) == (["b.pdf"], [])
    assert {name: note["code"] for name, note in office.notes().items()} == {
        "a.pdf": "password_protected",
        "b.pdf": "password_protected",
    }


def test_the_copy_of_what_is_to_be_tried_again_waits_for_it(office: Office) -> None:
    office.put("a.pdf", faulty("timed_out"))
    office.put("b.pdf", faulty("timed_out"))
    summary = office.run(batch={"attempts": 2})
    assert ([f["file"] for f in summary.retried], summary.duplicates) == (["a.pdf"], 0)
    assert states(office) == {"a.pdf": FileState.RETRY}
    office.run(batch={"attempts": 2})
    assert set(office.notes()) == {"a.pdf", "b.pdf"}


def test_a_purged_content_is_not_taken_in_again(office: Office) -> None:
    office.put("a.jpg", member())
    office.run()
    (office.scans / "a.jpg").unlink()
    office.run()
    with office.store() as store:
        store.purge(datetime.now(UTC) + timedelta(days=1), include_review=True)
    office.put("又来了.jpg", member())
    summary = office.run()
    assert (summary.read, office.read_files, office.records()) == (0, [], [])
    assert any("又来了.jpg" in notice and "清除" in notice for notice in summary.notices)
    assert office.run().notices == []  # said once
    assert (office.run(Order(force=True)).read, office.records()) == (0, [])  # not even by those who insist


def test_force_reads_each_content_once(office: Office) -> None:
    office.put("a.jpg", member())
    office.put("b.jpg", member())
    office.put("c.jpg", member("李芳"))
    office.run()
    summary = office.run(Order(force=True))
    assert (summary.read, office.read_files) == (2, ["a.jpg", "c.jpg"])
    assert duplicates(office) == {"a.jpg": ["b.jpg"], "c.jpg": []}


def test_a_folder_taken_away_and_put_back_is_not_read_again(office: Office, tmp_path: Path) -> None:
    """As when a network share was away."""
    for name in ("一季度/a.jpg", "一季度/b.jpg"):
        office.put(name, member(name))
    office.put("坏.jpg", faulty("corrupt_file"))
    office.run()
    before = office.records()
    office.scans.rename(tmp_path / "away")
    office.scans.mkdir()
    office.run()
    office.scans.rmdir()
    (tmp_path / "away").rename(office.scans)
    summary = office.run()
    assert (summary.read, office.read_files, office.records()) == (0, ["坏.jpg"], before)
    assert set(office.notes()) == {"坏.jpg"}
