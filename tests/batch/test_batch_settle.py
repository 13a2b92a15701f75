"""Files that are still being written: left for later, whenever somebody writes them, and then read once, whole."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.intake import scans
from pipeline.store import FileState
from tests.support.papers import Office, faulty, member, page, scan


def known(office: Office) -> dict[str, FileState]:
    with office.store() as store:
        return {path: file.state for path, file in store.known_files().items()}


def documents(office: Office) -> int:
    with office.store() as store:
        return store.record_count()


@contextmanager
def being_written(path: Path) -> Iterator[None]:
    """Somebody writes the file, and holds a lock on it."""
    fcntl = pytest.importorskip("fcntl", reason="Windows has other locks")
    with path.open("r+b") as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)
        yield


def test_a_file_that_a_program_holds_is_left_for_later_and_not_recorded(office: Office) -> None:
    office.put("a.jpg", member())
    office.put("b.jpg", member("李芳"))
    with being_written(office.scans / "b.jpg"):
        summary = office.run()
    assert (summary.waiting, summary.read, office.names()) == (["b.jpg"], 1, ["王建国"])
    assert known(office) == {"a.jpg": FileState.PROCESSED}
    summary = office.run()
    assert (summary.waiting, summary.unchanged, office.read_files) == ([], 1, ["b.jpg"])
    assert office.names() == ["李芳", "王建国"]


def test_a_file_that_is_overwritten_keeps_its_document_meanwhile(office: Office) -> None:
    office.put("a.jpg", member())
    office.run()
    office.put("a.jpg", member("李芳")[:50])
    with being_written(office.scans / "a.jpg"):
        assert office.run().waiting == ["a.jpg"]
    assert (known(office), office.names()) == ({"a.jpg": FileState.PROCESSED}, ["王建国"])


def test_a_file_that_grows_is_read_once_it_is_whole(office: Office) -> None:
    """Written in pieces by a real writer, over two batches."""
    content = member()
    path = office.scans / "a.jpg"
    pieces = [content[i : i + 20] for i in range(0, len(content), 20)]
    begun, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with path.open("wb", buffering=0) as stream:
            for number, piece in enumerate(pieces):
                stream.write(piece)
                begun.set()
                time.sleep(0.05)
                if number == len(pieces) - 2:
                    go_on.wait()

    writer = threading.Thread(target=write)
    writer.start()
    begun.wait()
    summary = office.run(intake={"settle_seconds": 0.2})
    assert (summary.waiting, summary.read, office.read_files, known(office)) == (["a.jpg"], 0, [], {})
    go_on.set()
    writer.join()
    summary = office.run(intake={"settle_seconds": 0.2})
    assert (summary.waiting, summary.read, office.read_files) == ([], 1, ["a.jpg"])
    assert (documents(office), office.names(), office.notes()) == (1, ["王建国"], {})


def test_a_file_written_while_it_is_hashed_is_left_for_later(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.put("a.jpg", member())

    def hash_slowly(path: Path, usual: Callable[[Path], str] = scans.hash_file) -> str:
        digest = usual(path)
        office.put("a.jpg", member("李芳"))
        return digest

    with monkeypatch.context() as patch:
        patch.setattr(scans, "hash_file", hash_slowly)
        assert office.run().waiting == ["a.jpg"]
    assert (known(office), documents(office)) == ({}, 0)
    office.run()
    assert office.names() == ["李芳"]


@pytest.mark.parametrize("readable", [True, False])
def test_a_file_overwritten_while_it_is_read_is_read_again_without_counting_a_try(
    office: Office, readable: bool
) -> None:
    """Also where what was read half way made no sense: that is no fault of the file."""
    office.put("a.jpg", member() if readable else faulty("corrupt_file"))
    office.during = lambda path: office.put("a.jpg", member("李芳"))
    summary = office.run()
    assert [(f["code"], f["attempts"]) for f in summary.retried] == [("file_changed", 0)]
    assert (summary.failed, office.notes(), documents(office)) == ([], {}, 0)
    office.during = lambda path: None
    summary = office.run()
    assert (summary.retried, office.names(), documents(office)) == ([], ["李芳"], 1)


def test_a_file_taken_away_while_it_is_read_is_forgotten(office: Office) -> None:
    office.put("a.jpg", member())
    office.put("b.jpg", member("李芳"))
    office.during = lambda path: (office.scans / "a.jpg").unlink(missing_ok=True)
    summary = office.run()
    assert [f["code"] for f in summary.retried] == ["unreadable_file"]
    assert office.run().failed == []
    assert known(office) == {"b.jpg": FileState.PROCESSED}
    assert (office.names(), office.notes()) == (["李芳"], {})


def test_a_page_still_being_written_does_not_hold_up_its_fellow(office: Office) -> None:
    """What was read of the one page alone is then superseded by both together."""
    office.put("协议_1.jpg", scan(page("agreement", party_a="科苑社区党委", sign_date="2019-05-18")))
    office.put("协议_2.jpg", scan(page(None, term_end="2020-05-18")))
    with being_written(office.scans / "协议_2.jpg"):
        assert office.run().waiting == ["协议_2.jpg"]
    assert [r["source"]["files"] for r in office.records()] == [["协议_1.jpg"]]
    assert office.run().superseded == 1
    assert [r["source"]["files"] for r in office.records()] == [["协议_1.jpg", "协议_2.jpg"]]
