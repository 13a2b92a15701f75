"""What a batch decides to do with the folder it finds. Real files and the real store, nothing read."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.batch.plan import Looking, Plan, make_plan
from pipeline.errors import SetupError
from pipeline.intake.quarantine import read_notes
from pipeline.scanned import FileStat
from pipeline.store import Store
from tests.support.folders import Folders, save

Planner = Callable[..., Plan]
NOW = datetime(2026, 11, 1, 22, 0, tzinfo=UTC)


@pytest.fixture
def plan(folders: Folders, store: Store) -> Planner:
    def make(*, force: bool = False, now: datetime = NOW) -> Plan:
        codes = {note["file"]: note["code"] for note in read_notes(folders.outputs)}
        codes |= {file.path: file.code for file in store.quarantined()}
        return make_plan(folders.scans, folders.outputs, store, Looking(now, codes, force=force))

    return make


def work(made: Plan) -> list[list[str]]:
    return [[file.path for file in item.files] for item in made.work]


def duplicates(made: Plan) -> list[str]:
    return [stat.path for stat in made.duplicates]


def set_time(path: Path, seconds: int) -> None:
    info = path.stat()
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns + seconds * 10**9))


def test_everything_is_new_at_first_in_natural_order(folders: Folders, plan: Planner) -> None:
    for name in ("scan10.jpg", "scan2.jpg", "二季度/表.pdf", "scan1.jpg"):
        folders.put(name, name)
    made = plan()
    assert work(made) == [["scan1.jpg"], ["scan2.jpg"], ["scan10.jpg"], ["二季度/表.pdf"]]
    assert made.unchanged == 0
    stat = made.work[0].files[0]
    assert stat == folders.stat("scan1.jpg")


def test_an_empty_folder_has_nothing_to_do(plan: Planner) -> None:
    made = plan()
    assert (made.work, made.gone, made.refused, made.unchanged) == ([], [], [], 0)


def test_what_was_read_is_not_read_again(folders: Folders, store: Store, plan: Planner) -> None:
    save(store, folders.put("a.jpg", "a"))
    folders.put("b.jpg", "b")
    made = plan()
    assert work(made) == [["b.jpg"]]
    assert made.unchanged == 1
    assert made.touched == []


def test_changed_content_is_read_again(folders: Folders, store: Store, plan: Planner) -> None:
    save(store, folders.put("a.jpg", "first scan"))
    save(store, folders.put("b.jpg", "b"))
    folders.put("a.jpg", "second scan, better")
    assert work(plan()) == [["a.jpg"]]


def test_changed_content_of_the_same_size_is_read_again(folders: Folders, store: Store, plan: Planner) -> None:
    save(store, folders.put("a.jpg", "one"))
    folders.put("a.jpg", "two")
    set_time(folders.scans / "a.jpg", 5)
    assert work(plan()) == [["a.jpg"]]


def test_a_new_time_alone_is_noted_and_not_read(folders: Folders, store: Store, plan: Planner) -> None:
    """Copying a folder gives its files a new time."""
    save(store, folders.put("a.jpg", "a"))
    set_time(folders.scans / "a.jpg", 60)
    made = plan()
    assert work(made) == []
    assert [stat.path for stat in made.touched] == ["a.jpg"]
    store.touch_files(made.touched)
    assert plan().touched == []


def test_force_reads_everything_again(folders: Folders, store: Store, plan: Planner) -> None:
    save(store, folders.put("a.jpg", "a"))
    failed = folders.put("b.jpg", "b")
    store.save_failure(failed, "corrupt_file", "坏")
    assert work(plan()) == []
    assert work(plan(force=True)) == [["a.jpg"], ["b.jpg"]]


def test_a_file_that_went_is_noted_once(folders: Folders, store: Store, plan: Planner) -> None:
    save(store, folders.put("a.jpg", "a"))
    (folders.scans / "a.jpg").unlink()
    made = plan()
    assert (made.gone, work(made)) == (["a.jpg"], [])
    store.forget_file("a.jpg")
    assert plan().gone == []


def test_a_file_that_comes_back_was_read(folders: Folders, store: Store, plan: Planner) -> None:
    save(store, folders.put("a.jpg", "a"))
    store.forget_file("a.jpg")
    made = plan()
    assert (work(made), duplicates(made)) == ([], ["a.jpg"])


def test_of_two_new_copies_the_first_by_name_is_read(folders: Folders, plan: Planner) -> None:
    for name in ("b.jpg", "a.jpg", "c.jpg"):
        folders.put(name, "the same scan")
    made = plan()
    assert work(made) == [["a.jpg"]]
    assert duplicates(made) == ["b.jpg", "c.jpg"]


def test_a_copy_of_what_was_read_is_not_read_even_if_its_name_comes_first(
    folders: Folders, store: Store, plan: Planner
) -> None:
    save(store, folders.put("m.jpg", "scan"))
    folders.put("a.jpg", "scan")
    made = plan()
    assert work(made) == []
    assert duplicates(made) == ["a.jpg"]


def test_a_copy_that_was_noted_is_no_news(folders: Folders, store: Store, plan: Planner) -> None:
    record = save(store, folders.put("a.jpg", "scan"))
    store.save_duplicate(folders.put("b.jpg", "scan"), record.document_id)
    made = plan()
    assert (work(made), made.duplicates, made.unchanged) == ([], [], 2)


def test_a_copy_stays_when_the_first_goes(folders: Folders, store: Store, plan: Planner) -> None:
    record = save(store, folders.put("a.jpg", "scan"))
    store.save_duplicate(folders.put("b.jpg", "scan"), record.document_id)
    (folders.scans / "a.jpg").unlink()
    made = plan()
    assert (made.gone, work(made)) == (["a.jpg"], [])
    store.forget_file("a.jpg")
    assert work(plan()) == []
    kept = store.record(record.document_id)
    assert kept is not None
    assert kept.files == ["b.jpg"]


def test_a_renamed_file_is_one_that_went_and_one_that_came(folders: Folders, store: Store, plan: Planner) -> None:
    save(store, folders.put("a.jpg", "scan"))
    (folders.scans / "a.jpg").rename(folders.scans / "王建国.jpg")
    made = plan()
    assert (made.gone, work(made), duplicates(made)) == (["a.jpg"], [], ["王建国.jpg"])


@pytest.mark.parametrize("code", ["corrupt_file", "password_protected", "too_many_pages", "worker_died"])
def test_what_is_in_quarantine_is_not_tried_again(folders: Folders, store: Store, plan: Planner, code: str) -> None:
    store.save_failure(folders.put("a.pdf", "a"), code, "坏")
    made = plan()
    assert (work(made), made.unchanged) == ([], 1)


def test_what_cannot_be_read_at_all_is_tried_again_in_every_batch(
    folders: Folders, store: Store, plan: Planner
) -> None:
    store.save_failure(folders.put("a.pdf", "a"), "unreadable_file", "稍后再试")
    assert work(plan()) == [["a.pdf"]]


def test_what_failed_waits_until_its_next_try_is_due(folders: Folders, store: Store, plan: Planner) -> None:
    due = NOW + timedelta(minutes=15)
    store.save_retry(folders.put("a.pdf", "a"), "timed_out", "超时", attempts=1, retry_at=due)
    early = plan()
    assert (work(early), early.delayed, early.unchanged, early.has_news) == ([], ["a.pdf"], 0, False)
    assert work(plan(now=due)) == [["a.pdf"]]
    assert work(plan(force=True)) == [["a.pdf"]]


def test_a_try_due_absurdly_late_is_due_at_once(folders: Folders, store: Store, plan: Planner) -> None:
    """Its time was written when the clock was ahead."""
    due = NOW + timedelta(days=400)
    store.save_retry(folders.put("a.pdf", "a"), "timed_out", "超时", attempts=1, retry_at=due)
    assert work(plan()) == [["a.pdf"]]


def test_another_content_does_not_wait_for_the_one_that_failed(folders: Folders, store: Store, plan: Planner) -> None:
    due = NOW + timedelta(minutes=15)
    store.save_retry(folders.put("a.pdf", "a"), "timed_out", "超时", attempts=1, retry_at=due)
    folders.put("a.pdf", "a, scanned again")
    assert work(plan()) == [["a.pdf"]]


def test_a_new_page_takes_one_that_failed_with_it(folders: Folders, store: Store, plan: Planner) -> None:
    due = NOW + timedelta(minutes=15)
    store.save_retry(folders.put("协议_1.jpg", "one"), "timed_out", "超时", attempts=1, retry_at=due)
    folders.put("协议_2.jpg", "two")
    made = plan()
    assert (work(made), made.delayed, made.unchanged) == ([["协议_1.jpg", "协议_2.jpg"]], [], 0)


def test_a_mended_file_is_read(folders: Folders, store: Store, plan: Planner) -> None:
    store.save_failure(folders.put("a.pdf", "broken"), "corrupt_file", "坏")
    folders.put("a.pdf", "whole again")
    assert work(plan()) == [["a.pdf"]]


def test_numbered_pages_are_one_piece_of_work(folders: Folders, plan: Planner) -> None:
    for name in ("协议_2.jpg", "协议_1.jpg", "单页.jpg"):
        folders.put(name, name)
    assert work(plan()) == [["协议_1.jpg", "协议_2.jpg"], ["单页.jpg"]]


def test_a_page_that_comes_later_brings_its_fellows_with_it(folders: Folders, store: Store, plan: Planner) -> None:
    save(store, folders.put("协议_1.jpg", "one"))
    folders.put("协议_2.jpg", "two")
    assert work(plan()) == [["协议_1.jpg", "协议_2.jpg"]]


def test_a_page_scanned_anew_brings_its_fellows_with_it(folders: Folders, store: Store, plan: Planner) -> None:
    save(store, folders.put("协议_1.jpg", "one"), folders.put("协议_2.jpg", "two, crooked"))
    assert work(plan()) == []
    folders.put("协议_2.jpg", "two")
    assert work(plan()) == [["协议_1.jpg", "协议_2.jpg"]]


def test_outputs_within_the_scans_folder_are_not_scans(folders: Folders, store: Store) -> None:
    folders.outputs = folders.scans / "outputs"
    folders.outputs.mkdir()
    (folders.outputs / "quarantine").mkdir()
    (folders.outputs / "quarantine" / "a.jpg").write_bytes(b"a")
    folders.put("b.jpg", "b")
    assert work(make_plan(folders.scans, folders.outputs, store, Looking(NOW, {}))) == [["b.jpg"]]


def test_clutter_is_no_scan(folders: Folders, plan: Planner) -> None:
    for name in (".DS_Store", "Thumbs.db", "~$表.docx", "a.jpg.part", "README.md"):
        folders.put(name, name)
    made = plan()
    assert (work(made), made.refused, made.unchanged) == ([], [], 0)


def test_a_link_is_refused_with_a_reason(folders: Folders, plan: Planner, tmp_path: Path) -> None:
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(b"not a scan")
    try:
        (folders.scans / "link.jpg").symlink_to(secret)
    except OSError:
        return  # Windows makes links for administrators only
    made = plan()
    assert work(made) == []
    assert [(entry.path, entry.code) for entry in made.refused] == [("link.jpg", "link_refused")]


def test_only_what_changed_is_hashed(folders: Folders, store: Store, plan: Planner) -> None:
    """Ten thousand scans must not be read through each time: size and time say enough."""
    stat = folders.put("a.jpg", "a")
    remembered = FileStat(stat.path, "f" * 64, stat.size, stat.mtime_ns)
    save(store, remembered)
    assert work(plan()) == []


def test_a_missing_folder_cannot_be_planned(folders: Folders, store: Store, tmp_path: Path) -> None:
    with pytest.raises(SetupError) as caught:
        make_plan(tmp_path / "no such folder", folders.outputs, store, Looking(NOW, {}))
    assert "no such folder" in caught.value.message
