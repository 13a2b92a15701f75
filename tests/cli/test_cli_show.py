"""``status`` and ``export`` on a store with documents in it; nothing is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook

from pipeline.records import DocumentStatus, FieldStatus
from tests.support.command import Result
from tests.support.folders import Folders, record_of, save

Command = Callable[..., Result]

HOSTILE = ['=HYPERLINK("http://x","点我")', "+1+1", "-2+3", "@SUM(A1)", "=cmd|' /C calc'!A0"]


@pytest.fixture
def filled(folders: Folders) -> Folders:
    """Two registrations, an agreement, a copy and a file in quarantine."""
    with folders.store() as store:
        batch = store.start_batch()
        first, second, third = (folders.put(name, name) for name in ("a.jpg", "b.jpg", "c.pdf"))
        values = dict(zip(("name", "employer", "position", "home_address"), HOSTILE, strict=False))
        values |= {"id_number": "370883196911142436", "phone": "13812345678"}
        record = save(store, first, record=record_of("member_registration", first, **values))
        doubtful = record_of("member_registration", second, name="李芳", party_branch=HOSTILE[4])
        doubtful.fields["name"].status = FieldStatus.REVIEW
        doubtful.status = DocumentStatus.REVIEW
        save(store, second, record=doubtful)
        save(store, third, record=record_of("agreement", third, party_a="科苑社区"))
        store.save_duplicate(folders.put("a 副本.jpg", "a.jpg"), record.document_id, batch)
        store.save_failure(folders.put("坏.jpg", "bad"), "corrupt_file", "文件已损坏。", batch)
        store.finish_batch(batch, {"read": 3})
    return folders


def test_status_in_chinese(command: Command, filled: Folders) -> None:
    shown = command("status", "--outputs", filled.outputs)
    assert shown.code == 0
    assert "3 份" in shown.out
    assert "在职党员到社区报到登记表：待核对 1，通过 1" in shown.out or "通过 1，待核对 1" in shown.out
    assert "已处理 3" in shown.out
    assert "重复 1" in shown.out
    assert "已隔离 1" in shown.out
    assert "最近一次批处理" in shown.out


def test_status_for_machines(command: Command, filled: Folders) -> None:
    data = command("status", "--outputs", filled.outputs, "--json").json()
    assert data["documents"] == {
        "agreement": {"accepted": 1},
        "member_registration": {"accepted": 1, "needs_review": 1},
    }
    assert data["files"] == {"processed": 3, "duplicate": 1, "quarantined": 1}
    assert data["last_batch"]["finished"] is not None
    assert data["last_batch"]["summary"] == {"read": 3}


@pytest.mark.parametrize("name", ["status", "export"])
def test_outputs_that_were_never_made(command: Command, tmp_path: Path, name: str) -> None:
    shown = command(name, "--outputs", tmp_path / "never")
    assert shown.code == 2
    assert "never" in shown.err
    assert "请" in shown.err
    assert not (tmp_path / "never").exists()


def test_export_writes_everything_anew(command: Command, filled: Folders) -> None:
    shown = command("export", "--outputs", filled.outputs)
    assert shown.code == 0
    for name in ("records.jsonl", "双报到台账.xlsx", "服务反馈台账.xlsx"):
        assert (filled.outputs / name).is_file()
        assert name in shown.out
    assert len(filled.records()) == 3
    assert filled.named() >= filled.files() - {"坏.jpg"}
    (filled.outputs / "records.jsonl").unlink()
    again = command("export", "--outputs", filled.outputs, "--json").json()
    assert [Path(p).name for p in again["outputs"]] == ["records.jsonl", "双报到台账.xlsx", "服务反馈台账.xlsx"]
    assert len(filled.records()) == 3


def test_exporting_twice_gives_the_same_bytes(command: Command, filled: Folders) -> None:
    command("export", "--outputs", filled.outputs)
    first = (filled.outputs / "records.jsonl").read_bytes()
    command("export", "--outputs", filled.outputs)
    assert (filled.outputs / "records.jsonl").read_bytes() == first


def test_nothing_that_was_read_becomes_a_formula(command: Command, filled: Folders) -> None:
    command("export", "--outputs", filled.outputs)
    shown = set()
    for path in filled.outputs.glob("*.xlsx"):
        for sheet in load_workbook(path).worksheets:
            for row in sheet.iter_rows():
                for cell in row:
                    counts = re.match(r"=(COUNTIFS?|COUNT|SUM)\(", str(cell.value))
                    assert cell.data_type != "f" or counts, (path.name, sheet.title, cell.coordinate, cell.value)
                    shown.add(cell.value)
    assert set(HOSTILE) <= shown  # as they were written, for people to see


def test_numbers_that_are_names_of_people_are_text(command: Command, filled: Folders) -> None:
    command("export", "--outputs", filled.outputs)
    cells = [
        cell
        for row in load_workbook(filled.outputs / "双报到台账.xlsx")["党员报到花名册"].iter_rows()
        for cell in row
        if str(cell.value) in ("370883196911142436", "13812345678")
    ]
    assert [cell.data_type for cell in cells] == ["s", "s"]
    assert {cell.number_format for cell in cells} == {"@"}
