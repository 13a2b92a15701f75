"""Workbooks as files: the same bytes, whole or not at all, and beside one that is open in Excel."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ledgers_samples import DICTIONARIES, FORMS, agreement, feedback, item_list, member, record, unit, value, values_of

from pipeline.ledgers import atomic as atomic_module
from pipeline.ledgers.atomic import CannotWriteError, TargetInUseError
from pipeline.ledgers.export import write_all
from pipeline.ledgers.naming import sheet_name, workbook_file
from pipeline.records import Record


def batch() -> list[Record]:
    doubtful = member("2.jpg", name=value("赵", "low_confidence"))
    return [member(), doubtful, unit(), agreement(), item_list(), feedback(), record("unknown", "x.jpg")]


def test_the_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    first = write_all(batch(), FORMS, DICTIONARIES, tmp_path / "a")
    second = write_all(batch, FORMS, DICTIONARIES, tmp_path / "b")  # a callable as well
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


def test_what_has_not_changed_is_not_touched(tmp_path: Path) -> None:
    paths = write_all(batch(), FORMS, DICTIONARIES, tmp_path)
    for path in paths:
        os.utime(path, (1_000_000, 1_000_000))
    write_all(batch(), FORMS, DICTIONARIES, tmp_path)
    assert {p.stat().st_mtime for p in paths} == {1_000_000}


def test_a_failure_leaves_the_old_files_and_no_remains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = write_all(batch(), FORMS, DICTIONARIES, tmp_path)
    before = [p.read_bytes() for p in paths]

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipeline.ledgers.package.SheetWriter", full)
    with pytest.raises(CannotWriteError, match="原文件未改动"):
        write_all([*batch(), member("new.jpg")], FORMS, DICTIONARIES, tmp_path)
    assert [p.read_bytes() for p in paths][1:] == before[1:]
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_a_failure_half_way_through_a_sheet_leaves_no_remains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = write_all(batch(), FORMS, DICTIONARIES, tmp_path)
    before = paths[1].read_bytes()

    def broken(*_: object) -> None:
        raise ValueError("坏单元格")

    monkeypatch.setattr("pipeline.ledgers.cell_writer.cell_text", broken)
    with pytest.raises(ValueError, match="坏单元格"):
        write_all([*batch(), member("new.jpg")], FORMS, DICTIONARIES, tmp_path)
    assert paths[1].read_bytes() == before
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def refuse(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Behave like Windows, where a file open in Excel cannot be replaced."""
    real = os.replace

    def replace(source: Path, target: Path) -> None:
        if Path(target).name == name:
            raise PermissionError(13, "Permission denied")
        real(source, target)

    monkeypatch.setattr(atomic_module.os, "replace", replace)
    monkeypatch.setattr(atomic_module, "_WAIT", 0.0)


def test_a_workbook_open_in_excel_is_written_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = write_all(batch(), FORMS, DICTIONARIES, tmp_path)
    before = old[1].read_bytes()
    refuse(monkeypatch, old[1].name)
    for extra in range(2):  # twice within one second
        paths = write_all([*batch(), member(f"new{extra}.jpg")], FORMS, DICTIONARIES, tmp_path)
        assert paths[1] != old[1]
        assert paths[1].name.startswith("双报到台账_")
        assert len(values_of(paths[1], "党员报到花名册")) == 3
    assert old[1].read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 5


def test_records_in_use_are_an_error_that_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_all(batch(), FORMS, DICTIONARIES, tmp_path)
    refuse(monkeypatch, "records.jsonl")
    with pytest.raises(TargetInUseError, match="请关闭后重新运行"):
        write_all([member("new.jpg")], FORMS, DICTIONARIES, tmp_path)


def test_outputs_that_cannot_be_a_folder(tmp_path: Path) -> None:
    blocked = tmp_path / "outputs"
    blocked.write_text("")
    with pytest.raises(CannotWriteError):
        write_all([], FORMS, DICTIONARIES, blocked)


def test_names_that_excel_and_windows_refuse() -> None:
    assert sheet_name("a/b:c*[d]?'") == "a_b_c__d__"
    assert sheet_name("长" * 40) == "长" * 31
    assert sheet_name("长" * 40, {"长" * 31}) == "长" * 28 + "（2）"
    assert sheet_name("待核对", {"待核对"}) == "待核对（2）"
    assert workbook_file('台账:"甲"/乙') == "台账__甲__乙.xlsx"
    assert workbook_file("台账.xlsx") == "台账.xlsx"


def test_a_large_batch_streams(tmp_path: Path) -> None:
    """A generator that could not be gone through twice; sheets grow with it."""
    paths = write_all((member(f"{i}.jpg") for i in range(300)), FORMS, DICTIONARIES, tmp_path)
    assert len(values_of(paths[1], "党员报到花名册")) == 300
