"""Failures that may pass are tried again, less and less often, and then given up; all others at once."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.batch.failures import PASSING, is_due, next_try
from pipeline.batch.outcome import CHANGED
from pipeline.batch.run import Order
from pipeline.intake import scans
from pipeline.intake.faults import unreadable
from pipeline.settings import BatchSettings
from pipeline.store import FileState, KnownFile
from tests.support.papers import Office, faulty, member

NOW = datetime(2026, 11, 1, 22, 0, tzinfo=UTC)
SHA = "ab" * 32
FAULTS = ["unreadable_file", "worker_died", "timed_out", "out_of_memory", "internal_error"]


def failed(attempts: int, state: FileState = FileState.RETRY, retry_at: datetime | None = None) -> KnownFile:
    return KnownFile(SHA, 1, 1, state, attempts, retry_at)


def state(office: Office, path: str) -> tuple[FileState, int]:
    with office.store() as store:
        known = store.known_files()[path]
    return known.state, known.attempts


# --- when


def test_tries_come_after_a_quarter_of_an_hour_an_hour_and_four_and_then_daily() -> None:
    settings = BatchSettings(attempts=20)
    pauses = []
    for attempts in range(6):
        again = next_try("timed_out", SHA, failed(attempts), settings, NOW)
        assert again is not None
        assert again[0] == attempts + 1
        pauses.append((again[1] - NOW) / timedelta(hours=1))
    assert pauses == [0.25, 1, 4, 16, 24, 24]


@pytest.mark.parametrize("code", FAULTS)
def test_after_its_tries_a_file_is_given_up(code: str) -> None:
    assert next_try(code, SHA, None, BatchSettings(), NOW) is not None
    assert next_try(code, SHA, failed(1), BatchSettings(), NOW) is not None
    assert next_try(code, SHA, failed(2), BatchSettings(), NOW) is None


def test_one_try_is_one_try() -> None:
    assert next_try("timed_out", SHA, None, BatchSettings(attempts=1), NOW) is None


@pytest.mark.parametrize("code", ["corrupt_file", "password_protected", "too_many_pages", "link_refused"])
def test_what_will_not_pass_is_given_up_at_once(code: str) -> None:
    assert code not in PASSING
    assert next_try(code, SHA, None, BatchSettings(), NOW) is None


def test_a_file_that_was_changed_is_tried_at_once_and_as_often_as_it_takes() -> None:
    assert next_try(CHANGED, SHA, failed(2), BatchSettings(), NOW) == (2, NOW)


def test_tries_of_another_content_do_not_count() -> None:
    again = next_try("timed_out", "cd" * 32, failed(2), BatchSettings(), NOW)
    assert again is not None
    assert again[0] == 1


def test_what_was_given_up_and_fails_again_stays_given_up() -> None:
    assert next_try("timed_out", SHA, failed(0, FileState.QUARANTINED), BatchSettings(), NOW) is None


@pytest.mark.parametrize(
    ("ahead", "due"),
    [(None, True), (-1, True), (0, True), (1, False), (24 * 60, False), (24 * 60 + 1, True), (5_000_000, True)],
)
def test_a_try_is_due_when_its_time_has_come_or_cannot_be_right(ahead: int | None, due: bool) -> None:
    at = None if ahead is None else NOW + timedelta(minutes=ahead)
    assert is_due(failed(1, retry_at=at), NOW) is due


# --- in batches


def test_a_failure_that_may_pass_is_no_quarantine_until_it_was_tried_three_times(office: Office) -> None:
    office.put("a.pdf", faulty("timed_out"))
    office.put("b.jpg", member())
    for attempts in (1, 2):
        summary = office.run()
        assert [(f["file"], f["code"], f["attempts"]) for f in summary.retried] == [("a.pdf", "timed_out", attempts)]
        assert (summary.failed, office.notes(), state(office, "a.pdf")) == ([], {}, (FileState.RETRY, attempts))
    assert [f["code"] for f in office.run().failed] == ["timed_out"]
    assert (state(office, "a.pdf"), set(office.notes())) == ((FileState.QUARANTINED, 0), {"a.pdf"})
    assert office.names() == ["王建国"]


def test_between_tries_nothing_is_done(office: Office) -> None:
    office.put("a.pdf", faulty("timed_out"))
    later = {"retry_minutes": 15.0}
    due = datetime.fromisoformat(office.run(batch=later).retried[0]["retry_at"])
    assert timedelta(minutes=14) < due - datetime.now(UTC) <= timedelta(minutes=15)
    summary = office.run(batch=later)
    assert (summary.delayed, summary.retried, summary.unchanged, office.read_files) == (1, [], 0, [])
    assert office.run(Order(force=True), batch=later).retried[0]["attempts"] == 2


def test_a_failure_that_passed_leaves_nothing_behind(office: Office) -> None:
    def fault(path: str) -> None:
        raise ValueError

    office.put("a.jpg", member())
    office.during = fault
    office.run()
    office.during = lambda path: None
    summary = office.run()
    assert (summary.read, summary.retried, summary.failed) == (1, [], [])
    assert (state(office, "a.jpg"), office.names(), office.notes()) == ((FileState.PROCESSED, 0), ["王建国"], {})


def test_a_mended_file_has_all_its_tries(office: Office) -> None:
    office.put("a.pdf", faulty("timed_out", number=1))
    office.run()
    office.run()
    office.put("a.pdf", faulty("timed_out", number=2))
    assert [f["attempts"] for f in office.run().retried] == [1]
    office.put("a.pdf", member())
    assert (office.run().read, office.names()) == (1, ["王建国"])


def test_a_failed_page_is_set_aside_and_its_fellows_are_read(office: Office) -> None:
    office.put("组_1.jpg", member())
    office.put("组_2.jpg", faulty("worker_died"))
    summary = office.run()
    assert ([f["file"] for f in summary.retried], office.names()) == (["组_2.jpg"], ["王建国"])
    office.put("组_2.jpg", member("李芳"))
    office.run()
    assert office.names() == ["李芳", "王建国"]


def test_what_cannot_be_opened_waits_for_its_tries_too_and_is_then_no_news(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where permissions are wrong; root, who runs tests in containers, may read everything."""
    office.put("a.jpg", member())

    def refuse(path: Path) -> str:
        raise unreadable(PermissionError(13, "Permission denied"))

    later = {"retry_minutes": 15.0}
    with monkeypatch.context() as patch:
        patch.setattr(scans, "hash_file", refuse)
        assert [f["code"] for f in office.run(batch=later).retried] == ["unreadable_file"]
        assert (office.run(batch=later).retried, state(office, "a.jpg")) == ([], (FileState.RETRY, 1))
        office.run(Order(force=True))
        assert [f["code"] for f in office.run().failed] == ["unreadable_file"]
        assert office.run(Order(quiet=True)).batch is None
        assert set(office.notes()) == {"a.jpg"}
    summary = office.run()  # somebody mended the permissions
    assert (summary.read, office.names(), office.notes()) == (1, ["王建国"], {})


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_a_link_is_refused_once(office: Office) -> None:
    (office.scans / "link.jpg").symlink_to(office.outputs)
    assert [f["code"] for f in office.run().failed] == ["link_refused"]
    assert office.run().failed == []
    assert set(office.notes()) == {"link.jpg"}
    (office.scans / "link.jpg").unlink()
    office.run()
    assert office.notes() == {}


def test_files_over_a_limit_are_tried_again_when_the_limits_change(office: Office) -> None:
    office.put("a.pdf", faulty("too_many_pages"))
    office.run()
    assert (office.run().failed, office.read_files) == ([], [])
    office.run(limits={"max_pages": 500})
    assert office.read_files == ["a.pdf"]
    office.run(limits={"max_pages": 500})
    assert office.read_files == []
