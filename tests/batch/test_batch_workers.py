"""Worker processes: what one file does to its process must not reach the others. Real processes, real engine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.batch.pool import read_all, worker_count
from pipeline.batch.run import BatchSummary, run_batch
from pipeline.batch.worker import Outcome, Reader
from pipeline.errors import SetupError
from tests.support.bad_files import blank_picture, truncated_jpeg
from tests.support.command import run_pipeline
from tests.support.folders import Folders

# Loaded by every Python process started with its folder on the path: ends the process that reads the pages
# of dies.png, as a crash in a native library would.
_KILLER = """
import os, sys

def hook(event, args):
    if event == "open" and str(args[0]).endswith("dies.png"):
        frame = sys._getframe()
        while frame:
            if frame.f_code.co_name == "read_pages":
                os._exit(9)
            frame = frame.f_back

sys.addaudithook(hook)
"""

ONNX = {"engine": "onnxruntime"}  # starts in half a second; what is tested here does not depend on it


class Heard:
    """Keeps what a batch said of its progress."""

    def __init__(self) -> None:
        self.begun: list[tuple[int, int, int]] = []
        self.names: list[str] = []

    def started(self, files: int, pages: int, workers: int) -> None:
        self.begun.append((files, pages, workers))

    def advanced(self, names: str, outcome: Outcome) -> None:
        self.names.append(names)


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


def run(folders: Folders, heard: Heard | None = None, workers: int = 1) -> BatchSummary:
    settings = folders.settings(reading=ONNX, batch={"workers": workers})
    return run_batch(settings, heard or Heard())


@pytest.fixture
def killer(tmp_path: Path) -> str:
    """The folder that makes dies.png end its process, for PYTHONPATH."""
    folder = tmp_path / "killer"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(_KILLER)
    return str(folder)


def test_a_file_that_kills_its_process_fails_alone(
    folders: Folders, killer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", killer)
    for number, name in enumerate(("a.png", "dies.png")):
        folders.put(name, blank_picture(number))
    heard = Heard()
    summary = run(folders, heard)
    assert [(f["file"], f["code"]) for f in summary.failed] == [("dies.png", "worker_died")]
    assert sorted(heard.names) == ["a.png", "dies.png"]
    assert folders.named() == folders.files()
    assert "请" in folders.notes()["dies.png"]["message"]
    assert {r["source"]["files"][0] for r in folders.records()} == {"a.png"}

    monkeypatch.delenv("PYTHONPATH")  # whatever was the matter is over
    summary = run(folders, heard)
    assert summary.failed == []
    assert {r["source"]["files"][0] for r in folders.records()} == {"a.png", "dies.png"}
    assert folders.notes() == {}


def test_a_file_that_kills_its_process_does_not_take_the_command_with_it(folders: Folders, killer: str) -> None:
    """Also where it is the only new one: it must come to quarantine, or no batch after it gets anywhere."""
    folders.put("dies.png", blank_picture())
    where = ("--scans", folders.scans, "--outputs", folders.outputs)
    result = run_pipeline(*where, cwd=folders.scans, PYTHONPATH=killer, PIPELINE_READING__ENGINE="onnxruntime")
    assert result.code == 1
    assert folders.notes()["dies.png"]["code"] == "worker_died"


def test_one_bad_page_of_several_files_leaves_the_others(folders: Folders) -> None:
    good, bad = folders.put("组_1.png", blank_picture(7)), folders.put("组_2.jpg", truncated_jpeg())
    also = folders.put("组_3.png", blank_picture(8))
    outcome = Reader(folders.settings(reading=ONNX), folders.scans).read((good, bad, also))
    assert [(f.file.path, f.code) for f in outcome.failures] == [("组_2.jpg", "truncated_file")]
    assert {file for d in outcome.documents for file in d.record.files} == {"组_1.png", "组_3.png"}
    assert outcome.pages == 2


def test_damaged_weights_stop_the_batch_and_blame_no_file(folders: Folders, tmp_path: Path) -> None:
    """Two files, so that the fault shows in a worker process and not in this one."""
    ocr = folders.settings().path("ocr")
    (tmp_path / "ocr").mkdir()
    (tmp_path / "ocr" / "manifest.yaml").write_bytes((ocr / "manifest.yaml").read_bytes())
    (tmp_path / "ocr" / "PP-OCRv6_small_det.onnx").write_bytes(b"no weights")
    folders.put("a.png", blank_picture(1))
    folders.put("b.png", blank_picture(2))
    settings = folders.settings(reading=ONNX, batch={"workers": 1}, folders={"ocr": tmp_path / "ocr"})
    with pytest.raises(SetupError) as caught:
        run_batch(settings, Heard())
    assert "PP-OCRv6_small_det" in caught.value.message
    assert "损坏" in caught.value.message
    assert folders.notes() == {}
    with folders.store() as store:
        assert store.known_files() == {}


def test_nothing_to_read_yields_nothing(folders: Folders) -> None:
    assert list(read_all([], folders.settings(), folders.scans, 2)) == []


@pytest.mark.parametrize(("workers", "jobs", "most"), [(5, 2, 2), (1, 9, 1), (3, 9, 3), (0, 1, 1), (0, 1000, 1000)])
def test_as_many_workers_as_set_and_never_more_than_work(folders: Folders, workers: int, jobs: int, most: int) -> None:
    count = worker_count(folders.settings(batch={"workers": workers}), jobs)
    assert 1 <= count <= min(most, max(workers, os.cpu_count() or 1))
    if workers:
        assert count == min(workers, jobs)
