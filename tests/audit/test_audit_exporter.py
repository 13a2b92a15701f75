"""The outputs follow what people correct, in a process of its own."""

from __future__ import annotations

import json
import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from pipeline.audit.exporter import Exporter, ExportState
from pipeline.batch import exports
from pipeline.batch.exports import update_outputs
from pipeline.batch.office import calibration_in_use
from pipeline.batch.weigh import Rules
from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers.census import Figures
from pipeline.settings import Settings
from pipeline.store import Action, Store
from tests.conftest import TODAY
from tests.support.folders import Folders, record_of, save

NAME = "王建国"


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


@pytest.fixture
def store(folders: Folders) -> Iterator[Store]:
    with folders.store() as opened:
        file = folders.put("a.jpg", "a")
        save(opened, file, record=record_of("member_registration", file, name=NAME, community="科苑社区"))
        yield opened


@pytest.fixture
def exporter(folders: Folders, store: Store) -> Iterator[Exporter]:
    made = Exporter(folders.settings(), store, quiet=0.05)
    yield made
    made.close()


def until(exporter: Exporter, wanted: Callable[[ExportState], bool], seconds: float = 60) -> ExportState:
    deadline = time.monotonic() + seconds
    while not wanted(exporter.state):
        assert time.monotonic() < deadline, exporter.state
        time.sleep(0.02)
    return exporter.state


def settled(state: ExportState) -> bool:
    return state.state in ("idle", "failed") and state.when is not None


def names(folders: Folders) -> list[str]:
    return [record["fields"]["name"]["value"] for record in folders.records()]


def rules_of(settings: Settings, rules: tuple[Forms, Dictionaries]) -> Rules:
    return Rules(*rules, settings.acceptance, calibration_in_use(settings).calibration, TODAY)


def test_a_correction_reaches_the_outputs_and_the_figures(folders: Folders, store: Store, exporter: Exporter) -> None:
    assert exporter.state == ExportState("idle")
    document_id = next(store.records()).document_id
    store.correct(document_id, "name", "王建固", "王芳", 1)
    exporter.changed()
    assert until(exporter, settled).state == "idle"
    assert names(folders) == ["王建固"]
    assert (folders.outputs / "双报到台账.xlsx").is_file()
    figures = Figures.from_dict(store.recall(exports.CENSUS))
    assert [(c.community, c.count) for c in figures.counts] == [("科苑社区", 1)]
    assert [entry.actor for entry in store.audit_entries(action=Action.EXPORTED)] == ["pipeline"]
    # Asked again, with nothing new, nothing is written.
    written = (folders.outputs / "records.jsonl").stat().st_mtime_ns
    exporter.now()
    until(exporter, settled)
    assert (folders.outputs / "records.jsonl").stat().st_mtime_ns == written
    assert len(store.audit_entries(action=Action.EXPORTED)) == 1


def test_many_changes_are_written_together(store: Store, exporter: Exporter, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[float] = []
    monkeypatch.setattr(Exporter, "_export", lambda self: (runs.append(time.monotonic()), ("idle", ""))[1])
    last = 0.0
    for _ in range(20):
        exporter.changed()
        last = time.monotonic()
        assert exporter.state.state == "waiting"
        time.sleep(0.005)
    until(exporter, settled)
    assert len(runs) == 1
    assert runs[0] - last >= 0.04


def test_who_never_pauses_is_written_all_the_same(exporter: Exporter, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = threading.Event()
    monkeypatch.setattr("pipeline.audit.exporter._LONGEST", 0.2)
    monkeypatch.setattr(Exporter, "_export", lambda self: (ran.set(), ("idle", ""))[1])
    deadline = time.monotonic() + 5
    while not ran.is_set() and time.monotonic() < deadline:
        exporter.changed()
        time.sleep(0.01)
    assert ran.is_set()


def test_a_change_during_an_export_is_written_after_it(exporter: Exporter, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []

    def export(self: Exporter) -> tuple[str, str]:
        runs.append(len(runs))
        if len(runs) == 1:
            self.changed()
        return "idle", ""

    monkeypatch.setattr(Exporter, "_export", export)
    exporter.changed()
    until(exporter, lambda state: len(runs) == 2 and settled(state))


def test_it_waits_for_a_batch_that_is_writing(folders: Folders, store: Store, exporter: Exporter) -> None:
    with FileLock(folders.outputs / ".export.lock"):
        exporter.now()
        until(exporter, lambda state: state.state == "running")
        time.sleep(3)
        assert exporter.state.state == "running"
        assert not (folders.outputs / "records.jsonl").exists()
    assert until(exporter, settled).state == "idle"
    assert names(folders) == [NAME]


def test_a_batch_that_waits_too_long_says_so(
    folders: Folders, store: Store, rules: tuple[Forms, Dictionaries], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_WAIT", 0.1)
    monkeypatch.setattr(exports, "_POLL", 0.02)
    settings = folders.settings()
    with FileLock(folders.outputs / ".export.lock"):
        found = update_outputs(store, rules_of(settings, rules), settings)
    assert found.paths == []
    assert "另一个程序正在生成台账" in found.notice
    assert update_outputs(store, rules_of(settings, rules), settings).notice == ""


def test_what_cannot_be_written_is_told_and_tried_again(folders: Folders, store: Store, exporter: Exporter) -> None:
    blocked = folders.outputs / "records.jsonl"
    blocked.mkdir()
    exporter.now()
    state = until(exporter, settled)
    assert (state.state, "台账未能更新" in state.message) == ("failed", True)
    blocked.rmdir()
    exporter.now()
    until(exporter, lambda s: s.state == "idle")
    assert names(folders) == [NAME]


def test_rules_that_are_at_fault_are_told(tmp_path: Path, folders: Folders, store: Store) -> None:
    (tmp_path / "forms").mkdir()
    exporter = Exporter(folders.settings(folders={"forms": tmp_path / "forms"}), store, quiet=0.0)
    exporter.changed()
    state = until(exporter, settled)
    assert (state.state, "没有 .yaml 文件" in state.message) == ("failed", True)
    exporter.close()


def test_a_killed_process_is_told(folders: Folders, store: Store, exporter: Exporter) -> None:
    with FileLock(folders.outputs / ".export.lock"):
        exporter.now()
        until(exporter, lambda state: state.state == "running")
        deadline = time.monotonic() + 20
        while not multiprocessing.active_children() and time.monotonic() < deadline:
            time.sleep(0.02)
        for child in multiprocessing.active_children():
            child.kill()
        state = until(exporter, settled)
    assert (state.state, "意外终止" in state.message) == ("failed", True)
    exporter.now()
    until(exporter, lambda s: s.state == "idle")


def test_it_ends_with_the_page_that_serves(folders: Folders, store: Store) -> None:
    exporter = Exporter(folders.settings(), store)
    with FileLock(folders.outputs / ".export.lock"):
        exporter.now()
        until(exporter, lambda state: state.state == "running")
        exporter.close()
        assert multiprocessing.active_children() == []
    exporter.close()


def test_one_that_never_began_is_closed_too(folders: Folders, store: Store) -> None:
    Exporter(folders.settings(), store).close()


def test_figures_hold_no_names(folders: Folders, store: Store, rules: tuple[Forms, Dictionaries]) -> None:
    settings = folders.settings()
    update_outputs(store, rules_of(settings, rules), settings)
    assert NAME not in json.dumps(store.recall(exports.CENSUS), ensure_ascii=False)
