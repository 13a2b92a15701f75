"""``run``: what it says of a batch, and its exit status. Papers of plain words, no engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from tests.support.command import Result
from tests.support.papers import Office, faulty, member, open_office


@pytest.fixture
def office(tmp_path: Path, rules: tuple[Forms, Dictionaries], monkeypatch: pytest.MonkeyPatch) -> Office:
    return open_office(tmp_path, rules, monkeypatch)


@pytest.fixture
def run(office: Office, command: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("PIPELINE_INTAKE__SETTLE_SECONDS", "0")
    return lambda *options: command("run", "--scans", office.scans, "--outputs", office.outputs, *options)


def test_a_file_to_be_tried_again_is_told_with_its_reason_and_time(office: Office, run: Callable[..., Result]) -> None:
    office.put("a.pdf", faulty("timed_out"))
    office.put("b.jpg", member())
    shown = run()
    assert shown.code == 1
    assert "待重试 a.pdf：请重新扫描。（第 1 次失败" in shown.out
    again = run()  # nothing of it is due: this batch has nothing to complain of
    assert (again.code, "没有新的文档" in again.out) == (0, True)


def test_a_file_still_being_written_is_told_and_is_no_failure(office: Office, run: Callable[..., Result]) -> None:
    fcntl = pytest.importorskip("fcntl", reason="Windows has other locks")
    office.put("a.jpg", member())
    with (office.scans / "a.jpg").open("r+b") as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)
        shown = run()
    assert shown.code == 0
    assert "1 个文件还在写入" in shown.out


def test_outputs_that_could_not_be_written_are_told_and_a_failure(office: Office, run: Callable[..., Result]) -> None:
    (office.outputs / "双报到台账.xlsx").mkdir()
    office.put("a.jpg", member())
    shown = run()
    assert shown.code == 1
    assert "台账未能更新" in shown.out
    assert "已存入数据库" in shown.out


def test_a_batch_out_of_time_says_that_the_rest_follows(office: Office, run: Callable[..., Result]) -> None:
    for name in ("a.jpg", "b.jpg"):
        office.put(name, member(name))
    shown = run("--minutes", "0.0001")
    assert shown.code == 0
    assert "已到设置的时限" in shown.out
    assert run().code == 0
    assert office.names() == ["a.jpg", "b.jpg"]


def test_what_is_to_be_tried_again_is_counted_by_status(
    office: Office, run: Callable[..., Result], command: Callable[..., Result]
) -> None:
    office.put("a.pdf", faulty("timed_out"))
    run()
    shown = command("status", "--outputs", office.outputs)
    assert "待重试 1" in shown.out
