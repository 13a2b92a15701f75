"""A folder with bad files beside good scans, and what stops a batch altogether."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.bad_files import BAD_FILES, put_bad_files
from tests.support.command import Result, call, run_pipeline
from tests.support.folders import Folders

SCANS = Path(__file__).resolve().parents[2] / "scans"
GOOD = ["服务反馈表.tif", "资源清单.pdf"]
ONNX = ("PIPELINE_READING__ENGINE", "onnxruntime")  # the quicker to start


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    folders = Folders(tmp_path_factory.mktemp("faults"))
    put_bad_files(folders.scans)
    for name in GOOD:
        shutil.copy(SCANS / name, folders.scans)
    return folders


@pytest.fixture(scope="module")
def limited(office: Folders) -> tuple[Result, set[str]]:
    """A first run that takes one piece of work only; and the files named after it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(*ONNX)
        result = call("--scans", office.scans, "--outputs", office.outputs, "--limit", "1", "--json")
    return result, office.named()


@pytest.fixture(scope="module")
def whole(office: Folders, limited: tuple[Result, set[str]]) -> Result:
    """The run that takes the rest, with two workers."""
    return run_pipeline(
        "--scans", office.scans, "--outputs", office.outputs, "--workers", "2", cwd=office.scans, **dict([ONNX])
    )


def test_limit_leaves_the_rest_for_the_next_run(limited: tuple[Result, set[str]]) -> None:
    result, named = limited
    assert result.code == 1
    assert [failure["file"] for failure in result.json()["failed"]] == ["三百页.pdf"]  # the first by name
    assert named == {"三百页.pdf"}


def test_some_failed_and_it_says_which_and_why(whole: Result) -> None:
    assert whole.code == 1
    assert "Traceback" not in whole.err
    for name in set(BAD_FILES) - {"三百页.pdf"}:
        assert f"隔离 {name}" in whole.out.replace("\n", "")
    assert "隔离文件 6 个" in whole.out


def test_the_good_ones_come_out(office: Folders, whole: Result) -> None:
    records = {record["source"]["files"][0]: record for record in office.records()}
    assert {name: record["doc_type"] for name, record in records.items()} == {
        "服务反馈表.tif": "service_feedback",
        "资源清单.pdf": "item_list",
    }
    assert len(records["资源清单.pdf"]["rows"]) == 7


def test_each_bad_one_is_in_quarantine_with_its_reason(office: Folders, whole: Result) -> None:
    notes = office.notes()
    assert {name: note["code"] for name, note in notes.items()} == {n: code for n, (code, _) in BAD_FILES.items()}
    for name, note in notes.items():
        assert set(note) == {"file", "sha256", "code", "message", "time"}
        assert "请" in note["message"], name
        stat = office.stat(name)
        assert note["sha256"] == stat.sha256


def test_the_bad_files_are_copied_and_left_where_they_were(office: Folders, whole: Result) -> None:
    copies = {
        json.loads(note.read_text(encoding="utf-8"))["file"]: note.with_suffix("")
        for note in (office.outputs / "quarantine").glob("*.json")
    }
    for name in BAD_FILES:
        assert copies[name].read_bytes() == (office.scans / name).read_bytes()


def test_every_file_is_named(office: Folders, whole: Result) -> None:
    assert office.named() == office.files()


def test_status_counts_them(office: Folders, whole: Result) -> None:
    shown = call("status", "--outputs", office.outputs, "--json")
    assert shown.json()["files"] == {"processed": 2, "quarantined": 6}


def test_other_outputs_know_nothing_of_it(
    office: Folders, whole: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two pairs of folders never mix: the same command with other folders starts from nothing."""
    before = {path: path.read_bytes() for path in office.outputs.rglob("*") if path.is_file()}
    other = Folders(tmp_path)
    other.put("空.jpg", b"")
    monkeypatch.setenv(*ONNX)
    shown = call("--scans", other.scans, "--outputs", other.outputs, "--json")
    assert shown.code == 1
    assert [failure["code"] for failure in shown.json()["failed"]] == ["empty_file"]
    assert (other.records(), set(other.notes())) == ([], {"空.jpg"})
    assert {path: path.read_bytes() for path in office.outputs.rglob("*") if path.is_file()} == before


def test_wrong_settings_stop_the_command(tmp_path: Path) -> None:
    shown = run_pipeline(cwd=tmp_path, PIPELINE_LIMITS__MAX_PAGE="5")
    assert (shown.code, shown.out) == (2, "")
    assert "PIPELINE_LIMITS__MAX_PAGE" in shown.err
    assert "max_pages" in shown.err


def test_a_missing_scans_folder_stops_the_command(tmp_path: Path) -> None:
    shown = call("--scans", tmp_path / "没有", "--outputs", tmp_path / "outputs")
    assert (shown.code, shown.out) == (2, "")
    assert "没有" in shown.err


def test_outputs_that_cannot_be_written_stop_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a traceback, and not exit status 1: nothing can be run until somebody mends it."""
    folders = Folders(tmp_path)
    folders.put("空.jpg", b"")
    (folders.outputs / "quarantine").write_text("a file lies where the folder should be")
    monkeypatch.setenv(*ONNX)
    shown = call("--scans", folders.scans, "--outputs", folders.outputs)
    assert shown.code == 2
    assert str(folders.outputs / "quarantine") in shown.err
    assert "请" in shown.err
