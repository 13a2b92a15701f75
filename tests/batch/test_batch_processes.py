"""The command as a process of its own: told to stop, killed, left alone with a file that kills its worker."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from pipeline.store import FileState
from tests.support.bad_files import blank_picture
from tests.support.command import finish, run_pipeline, start
from tests.support.folders import Folders
from tests.support.trouble import make_trouble, wait_for

on_posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")

QUICK = {
    "PIPELINE_READING__ENGINE": "onnxruntime",
    "PIPELINE_INTAKE__SETTLE_SECONDS": "0",
    "PIPELINE_BATCH__WORKERS": "1",
}


@pytest.fixture
def trouble(tmp_path: Path) -> str:
    return make_trouble(tmp_path / "trouble")


def where(folders: Folders) -> tuple[str | Path, ...]:
    return ("--scans", folders.scans, "--outputs", folders.outputs)


def states(folders: Folders) -> dict[str, FileState]:
    with folders.store() as store:
        return {path: file.state for path, file in store.known_files().items()}


def test_a_file_that_kills_its_process_does_not_take_the_command_with_it(folders: Folders, trouble: str) -> None:
    """Also where it is the only new one: it must come to quarantine, or no batch after it gets anywhere."""
    folders.put("dies.png", blank_picture())
    given_up = {**QUICK, "PIPELINE_BATCH__ATTEMPTS": "1"}
    result = run_pipeline(*where(folders), cwd=folders.scans, PYTHONPATH=trouble, **given_up)
    assert result.code == 1
    assert "Traceback" not in result.err
    assert folders.notes()["dies.png"]["code"] == "worker_died"
    assert "请" in folders.notes()["dies.png"]["message"]


@on_posix
def test_a_batch_told_to_stop_finishes_what_is_in_hand(folders: Folders, trouble: str) -> None:
    """As a service manager tells it: every process of the group, and not the first alone."""
    for number, name in enumerate(("slow.png", "x.png", "y.png", "z.png")):
        folders.put(name, blank_picture(number))
    process = start(*where(folders), cwd=folders.scans, own_group=True, PYTHONPATH=trouble, **QUICK)
    wait_for(trouble, "slow.png")
    os.killpg(process.pid, signal.SIGTERM)
    result = finish(process, 60)
    assert (result.code, "Traceback" in result.err) == (0, False)
    assert "收到停止信号" in result.out
    assert states(folders).pop("slow.png") is FileState.PROCESSED
    assert not states(folders).keys() & {"y.png", "z.png"}
    assert folders.notes() == {}


@on_posix
def test_no_process_outlives_a_batch_that_was_killed(folders: Folders, trouble: str) -> None:
    folders.put("sleeps.png", blank_picture())
    process = start(*where(folders), cwd=folders.scans, PYTHONPATH=trouble, **QUICK)
    wait_for(trouble, "sleeps.png")
    family = psutil.Process(process.pid).children(recursive=True)
    assert family
    process.kill()
    finish(process)
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []
