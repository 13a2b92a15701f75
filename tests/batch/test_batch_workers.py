"""Worker processes: what one file does to its process must not reach the others. Real processes, real engine."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import psutil
import pytest

from pipeline.batch.outcome import Outcome
from pipeline.batch.plan import Work
from pipeline.batch.pool import Ahead, Crew, Pool, worker_count
from pipeline.batch.reader import Reader
from pipeline.batch.run import in_order, run_batch
from pipeline.batch.summary import BatchSummary
from pipeline.errors import SetupError
from pipeline.scanned import FileStat
from tests.support.bad_files import blank_picture, truncated_jpeg
from tests.support.command import compiled
from tests.support.folders import Folders
from tests.support.trouble import make_trouble

ONNX = {"engine": "onnxruntime"}  # starts in half a second; what is tested here does not depend on it
TODAY = datetime.date(2026, 11, 1)
AT_ONCE = {"settle_seconds": 0.0}


class Heard:
    """Keeps what a batch said of its progress."""

    def __init__(self) -> None:
        self.begun: list[tuple[int, int, int]] = []
        self.names: list[str] = []

    def started(self, files: int, pages: int, workers: int) -> None:
        self.begun.append((files, pages, workers))

    def advanced(self, names: str, outcome: Outcome) -> None:
        self.names.append(names)


@pytest.fixture(autouse=True)
def started_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers inherit this process's environment."""
    changed = compiled(dict(os.environ))
    for name in os.environ.keys() - changed.keys():
        monkeypatch.delenv(name)
    for name, value in changed.items():
        monkeypatch.setenv(name, value)


def run(folders: Folders, heard: Heard | None = None, **batch: float) -> BatchSummary:
    settings = folders.settings(reading=ONNX, intake=AT_ONCE, batch={"retry_minutes": 0.0, **batch})
    return run_batch(settings, heard or Heard())


def test_what_a_file_does_to_its_process_is_that_files_failure_alone(
    folders: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", make_trouble(tmp_path / "trouble"))
    names = ("a.png", "dies.png", "eats.png", "sleeps.png", "z.png")
    for number, name in enumerate(names):
        folders.put(name, blank_picture(number))
    heard = Heard()
    summary = run(folders, heard, workers=2, file_seconds=3.0, page_seconds=2.0, worker_megabytes=1000)
    assert {f["file"]: f["code"] for f in summary.retried} == {
        "dies.png": "worker_died",
        "eats.png": "out_of_memory",
        "sleeps.png": "timed_out",
    }
    assert all("请" in f["message"] or "已中止" in f["message"] for f in summary.retried)
    assert (sorted(heard.names), heard.begun) == (sorted(names), [(5, 5, 2)])
    assert {r["source"]["files"][0] for r in folders.records()} == {"a.png", "z.png"}
    assert (summary.failed, folders.notes()) == ([], {})


def test_one_bad_page_of_several_files_leaves_the_others(folders: Folders) -> None:
    good, bad = folders.put("组_1.png", blank_picture(7)), folders.put("组_2.jpg", truncated_jpeg())
    also = folders.put("组_3.png", blank_picture(8))
    outcome = Reader(folders.settings(reading=ONNX), folders.scans, TODAY).read((good, bad, also))
    assert [(f.file.path, f.code) for f in outcome.failures] == [("组_2.jpg", "truncated_file")]
    assert {file for d in outcome.documents for file in d.record.files} == {"组_1.png", "组_3.png"}
    assert outcome.pages == 2


def test_damaged_weights_stop_the_batch_and_blame_no_file(folders: Folders, tmp_path: Path) -> None:
    ocr = folders.settings().path("ocr")
    (tmp_path / "ocr").mkdir()
    (tmp_path / "ocr" / "manifest.yaml").write_bytes((ocr / "manifest.yaml").read_bytes())
    (tmp_path / "ocr" / "PP-OCRv6_small_det.onnx").write_bytes(b"no weights")
    folders.put("a.png", blank_picture(1))
    folders.put("b.png", blank_picture(2))
    settings = folders.settings(reading=ONNX, intake=AT_ONCE, batch={"workers": 1}, folders={"ocr": tmp_path / "ocr"})
    with pytest.raises(SetupError) as caught:
        run_batch(settings, Heard())
    assert "PP-OCRv6_small_det" in caught.value.message
    assert "损坏" in caught.value.message
    assert folders.notes() == {}
    with folders.store() as store:
        assert store.known_files() == {}


def test_a_limit_that_no_worker_can_keep_is_a_fault_of_the_settings_and_of_no_file(folders: Folders) -> None:
    folders.put("a.png", blank_picture(1))
    # ONNX Runtime alone needs less than the least that may be set.
    batch = {"workers": 1, "worker_megabytes": 256}
    settings = folders.settings(reading={"engine": "paddleocr"}, intake=AT_ONCE, batch=batch)
    with pytest.raises(SetupError, match=r"batch\.worker_megabytes"):
        run_batch(settings, Heard())
    with folders.store() as store:
        assert store.known_files() == {}


def test_nothing_to_read_yields_nothing(folders: Folders) -> None:
    pool = Pool(Crew(folders.settings(), folders.scans, TODAY), 2)
    assert list(pool.read_all([], lambda item: 1)) == []


def test_who_is_asked_to_stop_begins_nothing(folders: Folders) -> None:
    work = [Work((folders.put("a.png", blank_picture()),))]
    pool = Pool(Crew(folders.settings(), folders.scans, TODAY), 2, stop=lambda: True)
    assert list(pool.read_all(work, lambda item: 1)) == []


@pytest.mark.parametrize(("workers", "jobs", "most"), [(5, 2, 2), (1, 9, 1), (3, 9, 3), (0, 1, 1), (0, 1000, 1000)])
def test_as_many_workers_as_set_and_never_more_than_work(folders: Folders, workers: int, jobs: int, most: int) -> None:
    count = worker_count(folders.settings(batch={"workers": workers}), jobs)
    assert 1 <= count <= min(most, max(workers, os.cpu_count() or 1))
    if workers:
        assert count == min(workers, jobs)


def workers_alive() -> set[int]:
    """The worker processes of this one; what Python keeps to itself beside them is none."""
    children = psutil.Process().children(recursive=True)
    return {child.pid for child in children if "spawn_main" in " ".join(child.cmdline())}


def test_workers_that_started_ahead_do_the_reading(folders: Folders) -> None:
    crew = Crew(folders.settings(reading=ONNX, batch={"workers": 1}), folders.scans, TODAY)
    work = [Work((folders.put("a.png", blank_picture()),))]
    with Ahead(crew) as ahead:
        ahead.expect(1)
        started = workers_alive()
        assert len(started) == 1
        reading = Pool(crew, 1, ahead=ahead).read_all(work, lambda item: 1)
        [_, outcome] = next(reading)
        assert outcome.pages == 1
        assert workers_alive() == started
        assert not list(reading)
    assert not workers_alive()


@pytest.mark.parametrize("wanted", [None, 2])
def test_workers_that_started_ahead_in_vain_are_ended(folders: Folders, wanted: int | None) -> None:
    crew = Crew(folders.settings(reading=ONNX, batch={"workers": 1}), folders.scans, TODAY)
    with Ahead(crew) as ahead:
        ahead.expect(5)
        assert workers_alive()
        if wanted is not None:  # there is more to read than it seemed
            assert ahead.take(wanted) is None
            assert not workers_alive()
    assert not workers_alive()


def test_nobody_starts_ahead_where_nothing_will_be_read(folders: Folders) -> None:
    crew = Crew(folders.settings(reading=ONNX), folders.scans, TODAY)
    with Ahead(crew, limit=0) as none_wanted, Ahead(crew) as nothing_new:
        none_wanted.expect(5)
        nothing_new.expect(0)
        assert not workers_alive()


def test_near_the_end_the_longest_come_first() -> None:
    work = [Work((FileStat(f"{number:02d}.pdf", "", 0, 0),)) for number in range(40)]
    pages = {item.names: 1 for item in work} | {"03.pdf": 9, "25.pdf": 4, "38.pdf": 7}
    names = [item.names for item in in_order(work, pages, workers=1)]
    assert names[:24] == [item.names for item in work[:24]]  # as planned, the long one among them too
    assert names[24:28] == ["38.pdf", "25.pdf", "24.pdf", "26.pdf"]
    assert sorted(names) == [item.names for item in work]
