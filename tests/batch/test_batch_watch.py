"""The drop folder watched: files are taken as they come to rest, and nothing but a signal ends it."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipeline.batch import watch as watching
from pipeline.batch.lock import BusyError, sole_batch
from pipeline.batch.summary import BatchSummary, Silent
from pipeline.batch.watch import watch
from pipeline.errors import PipelineError, SetupError
from tests.support.bad_files import blank_picture
from tests.support.command import finish, start
from tests.support.folders import Folders
from tests.support.papers import Office, member

_PATIENCE = 90.0  # seconds; a busy machine needs half a minute to start the command


def until(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not what():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.05)


class Watcher:
    """Watches an office's folder in a thread; ``heard`` is what it told."""

    def __init__(self, office: Office, **intake: Any) -> None:
        self.heard: list[BatchSummary | PipelineError] = []
        self.fault: BaseException | None = None
        self.stopping = threading.Event()
        self._settings = office.settings(intake={"settle_seconds": 0.0, "rescan_minutes": 600.0, **intake})
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            watch(self._settings, Silent(), self.stopping, self.heard.append)
        except BaseException as error:  # noqa: BLE001 - told to the main thread
            self.fault = error

    def read(self) -> int:
        return sum(news.read for news in self.heard if isinstance(news, BatchSummary))

    def faults(self) -> list[PipelineError]:
        return [news for news in self.heard if isinstance(news, PipelineError)]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried again every minute is tried again at once."""
    monkeypatch.setattr(watching, "_WHILE_BUSY", 0.2)
    monkeypatch.setattr(watching, "_LISTEN_AGAIN", 0.2)
    monkeypatch.setattr(watching, "_LISTEN", 0.2)


@contextmanager
def watched(office: Office, **intake: Any) -> Iterator[Watcher]:
    watcher = Watcher(office, **intake)
    try:
        yield watcher
        assert watcher.fault is None
    finally:
        watcher.stopping.set()
        watcher.thread.join(_PATIENCE)
    assert not watcher.thread.is_alive()


def test_files_are_taken_as_they_come(office: Office, impatient: None) -> None:
    office.put("a.jpg", member())
    with watched(office) as watcher:
        until(lambda: watcher.read() == 1)
        office.put("b.jpg", member("李芳"))
        until(lambda: watcher.read() == 2)
        office.put("二季度/c.jpg", member("张新来"))
        until(lambda: watcher.read() == 3)
        office.put("再来.jpg", member())
        until(lambda: watcher.heard[-1].duplicates == 1)  # type: ignore[union-attr]
    assert office.names() == ["张新来", "李芳", "王建国"]
    with office.store() as store:
        assert store.record_count() == 3


def test_what_came_before_anybody_listened_is_taken_too(office: Office, impatient: None) -> None:
    """While the first batch ran, say."""
    office.put("a.jpg", member())
    office.during = lambda path: office.put("b.jpg", member("李芳")) if path == "a.jpg" else None
    with watched(office) as watcher:
        until(lambda: watcher.read() == 2)


def test_looks_that_find_nothing_are_not_told_and_leave_no_batch(office: Office, impatient: None) -> None:
    office.put("a.jpg", member())
    with watched(office, rescan_minutes=0.005) as watcher:
        until(lambda: watcher.read() == 1)
        (office.scans / ".hidden").write_text("nobody's scan")
        time.sleep(2.0)
    assert len(watcher.heard) == 1
    with office.store() as store:
        assert len(store.batches(newest=100)) == 1


@pytest.mark.usefixtures("impatient")
def test_a_share_that_reports_nothing_is_looked_through_by_the_clock(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object, **__: object) -> None:
        raise OSError("no events here")

    monkeypatch.setattr(watching, "file_events", silent)
    with watched(office, rescan_minutes=0.01) as watcher:
        until(lambda: watcher.heard)
        office.put("a.jpg", member())
        until(lambda: watcher.read() == 1)


def test_another_batch_that_runs_is_waited_for(office: Office, impatient: None) -> None:
    """Also at the start, when the machine comes up while the nightly batch is due."""
    office.put("a.jpg", member())
    with sole_batch(office.outputs):
        watcher = Watcher(office)
        until(lambda: len(watcher.faults()) > 1)
    until(lambda: watcher.read() == 1)
    with sole_batch(office.outputs):
        known = len(watcher.faults())
        office.put("b.jpg", member("李芳"))
        until(lambda: len(watcher.faults()) > known)
    until(lambda: watcher.read() == 2)
    watcher.stopping.set()
    watcher.thread.join(_PATIENCE)
    assert {type(fault) for fault in watcher.faults()} == {BusyError}
    assert watcher.fault is None


def test_a_folder_that_goes_away_is_waited_for(office: Office, impatient: None, tmp_path: Path) -> None:
    office.put("a.jpg", member())
    with watched(office) as watcher:
        until(lambda: watcher.read() == 1)
        office.scans.rename(tmp_path / "away")
        until(lambda: any(isinstance(fault, SetupError) for fault in watcher.faults()))
        (tmp_path / "away" / "b.jpg").write_bytes(member("李芳"))
        (tmp_path / "away").rename(office.scans)
        until(lambda: watcher.read() == 2)
        time.sleep(5.0)  # somebody listens again by now, also where much else runs
        office.put("c.jpg", member("张新来"))
        until(lambda: watcher.read() == 3)
    assert office.names() == ["张新来", "李芳", "王建国"]


def test_a_set_up_at_fault_ends_it_at_once(office: Office) -> None:
    office.scans.rmdir()
    watcher = Watcher(office)
    watcher.thread.join(_PATIENCE)
    assert isinstance(watcher.fault, SetupError)
    assert watcher.heard == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
def test_a_file_written_slowly_while_the_command_watches_is_taken_once_and_whole(folders: Folders) -> None:
    """A write a second over twenty seconds and more, until another file put beside it meanwhile was read. Real process,
    real engine."""
    content = blank_picture(1, width=900, height=1300)
    size = -(-len(content) // round(_PATIENCE))
    pieces = [content[i : i + size] for i in range(0, len(content), size)]
    process = start(
        "watch", "--scans", folders.scans, "--outputs", folders.outputs, "--workers", "1", "--json",
        cwd=folders.scans, PIPELINE_READING__ENGINE="onnxruntime",
    )  # fmt: skip
    try:
        until(lambda: process.poll() is not None or (folders.outputs / "records.jsonl").exists())
        with (folders.scans / "慢.png").open("wb", buffering=0) as stream:
            for number, piece in enumerate(pieces):
                stream.write(piece)
                os.fsync(stream.fileno())
                if number == 3:
                    folders.put("快.png", blank_picture(2))
                if number < 20 or not folders.records():
                    time.sleep(1.0)
        meanwhile = folders.records()
        until(lambda: len(folders.records()) == 2)
        time.sleep(3.0)  # would it be taken again
    finally:
        process.send_signal(signal.SIGTERM)
        result = finish(process, _PATIENCE)
    assert (result.code, result.err) == (0, "")
    assert [r["source"]["files"] for r in meanwhile] == [["快.png"]]
    records = {r["source"]["files"][0]: r["source"] for r in folders.records()}
    assert records["慢.png"]["sha256"] == [folders.stat("慢.png").sha256]
    with folders.store() as store:
        assert [e.action for e in store.audit_entries() if e.action.startswith(("document", "file"))] == [
            "document_read",
            "document_read",
        ]
    said = [json.loads(line) for line in result.out.splitlines()]
    assert sum(batch["read"] for batch in said) == 2
    assert not any(batch["failed"] or batch["retried"] for batch in said)
    assert (folders.notes(), folders.scans.joinpath("慢.png").read_bytes()) == ({}, content)
