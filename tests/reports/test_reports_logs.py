"""The log: JSON lines without personal data, rotated, and never in the way of a batch."""

from __future__ import annotations

import datetime
import json
import logging
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from pipeline.reports import logs
from pipeline.reports.logs import open_log

SHA = "ab" * 32


def lines(outputs: Path, name: str = "pipeline.jsonl") -> list[dict[str, Any]]:
    return [json.loads(x) for x in (outputs / "logs" / name).read_text(encoding="utf-8").splitlines()]


def test_an_event_is_a_line_with_its_time(tmp_path: Path) -> None:
    retry_at = datetime.datetime(2026, 11, 23, 1, 30, tzinfo=datetime.UTC)
    with open_log(tmp_path) as log:
        log.event("batch_started", batch=3, workers=2, code=None)
        log.event("file_retried", sha256=SHA, code="unreadable_file", attempts=1, retry_at=retry_at, seconds=1.23456)
    first, second = lines(tmp_path)
    assert list(first) == ["time", "event", "process", "batch", "workers"]
    assert datetime.datetime.fromisoformat(first.pop("time")).tzinfo is not None
    assert first == {"event": "batch_started", "process": os.getpid(), "batch": 3, "workers": 2}
    assert second["sha256"] == SHA[:12]
    assert second["retry_at"] == "2026-11-23T01:30:00+00:00"
    assert second["seconds"] == 1.235


@pytest.mark.parametrize(
    "facts",
    [
        {"sha256": "370811198003154510"},
        {"sha256": ""},
        {"document_id": "370811198003154510"},
        {"code": "王建国"},
        {"code": "scan 王.jpg"},
        {"code": "No such file: '/scans/x.jpg'"},
        {"doc_type": "A"},
        {"batch": 13812345678},
        {"pages": 370811198003154510},
        {"pages": "13812345678"},
        {"seconds": 13812345678.0},
        {"seconds": float("nan")},
        {"retry_at": "2026-11-23"},
        {"version": "370811198003154510"},
    ],
)
def test_what_has_not_the_form_of_its_fact_is_not_written(tmp_path: Path, facts: dict[str, object]) -> None:
    with open_log(tmp_path) as log:
        log.event("document_read", **facts)
    (line,) = lines(tmp_path)
    assert [line[name] for name in facts] == ["?"]


@pytest.mark.parametrize("name", ["file", "path", "message", "value", "name", "error"])
def test_facts_that_may_be_personal_are_refused(tmp_path: Path, name: str) -> None:
    with open_log(tmp_path) as log, pytest.raises(ValueError, match=name):
        log.event("file_failed", **{name: "x"})
    assert not (tmp_path / "logs").exists()


def test_a_name_of_an_event_is_a_word(tmp_path: Path) -> None:
    with open_log(tmp_path) as log, pytest.raises(ValueError, match="王"):
        log.event("读取王建国")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_only_owner_and_group_may_read(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with open_log(tmp_path) as log:
            log.event("batch_started")
    finally:
        os.umask(before)
    assert (tmp_path / "logs" / "pipeline.jsonl").stat().st_mode & 0o777 == 0o640


def test_rotated_with_nothing_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "BYTES_A_FILE", 2000)
    with open_log(tmp_path) as first, open_log(tmp_path) as second:
        for i in range(200):
            (first, second)[i % 2].event("file_taken", pages=i)
    names = sorted(p.name for p in (tmp_path / "logs").iterdir())
    assert names == ["pipeline.jsonl", *(f"pipeline.jsonl.{i}" for i in range(1, 6))]
    kept = [line["pages"] for name in reversed([names[0], *names[1:]]) for line in lines(tmp_path, name)]
    assert kept == list(range(kept[0], 200))  # the oldest went, the rest is whole and in order
    assert all((tmp_path / "logs" / name).stat().st_size <= 2000 for name in names)


def test_several_logs_and_threads_at_once(tmp_path: Path) -> None:
    def write(start: int) -> None:
        with open_log(tmp_path) as log:
            for i in range(50):
                log.event("file_taken", pages=start + i)

    threads = [threading.Thread(target=write, args=(100 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(line["pages"] for line in lines(tmp_path)) == [100 * n + i for n in range(4) for i in range(50)]


def test_no_effect_on_the_logging_of_others(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers), sorted(logging.Logger.manager.loggerDict))
    logging.disable(logging.CRITICAL)  # as some libraries do
    try:
        with open_log(tmp_path) as log:
            log.event("batch_started", batch=1)
    finally:
        logging.disable(logging.NOTSET)
    assert (root.level, list(root.handlers), sorted(logging.Logger.manager.loggerDict)) == before
    assert caplog.records == []
    assert len(lines(tmp_path)) == 1


def test_where_nothing_can_be_written_the_error_stream_is_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logs").write_text("in the way")
    for number in (1, 2):
        with open_log(tmp_path) as log:
            log.event("batch_started", batch=number)
            log.event("batch_finished", batch=number)
    notice, *events = capsys.readouterr().err.splitlines()
    assert "无法写入日志" in notice
    assert [json.loads(e)["event"] for e in events] == ["batch_started", "batch_finished"] * 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is full")
def test_a_full_disk_stops_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "pipeline.jsonl").symlink_to("/dev/full")
    with open_log(tmp_path) as log:
        log.event("batch_started", batch=1)
        log.event("batch_finished", batch=1)
    assert "无法写入日志" in capsys.readouterr().err


def test_a_program_without_a_console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "logs").write_text("in the way")
    monkeypatch.setattr(sys, "stderr", None)
    with open_log(tmp_path) as log:
        log.event("batch_started", batch=1)
