"""Workbooks written anew keep what people wrote, arranged and added; what was not imported is kept beside."""

from __future__ import annotations

import datetime
import hashlib
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.filters import FilterColumn, Filters

from pipeline.batch import kept_sheets
from pipeline.store import Action
from pipeline.upkeep.findings import FindingCode
from pipeline.upkeep.verify import verify
from tests.support.ledger_office import MAIN, QUEUE, ROSTER, LedgerOffice, cell, heads


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template")
    LedgerOffice(root).export()
    return root / "outputs"


@pytest.fixture
def office(template: Path, tmp_path: Path) -> LedgerOffice:
    made = LedgerOffice(tmp_path / "office")
    shutil.copytree(template, made.outputs, dirs_exist_ok=True)
    made.touch()
    return made


def roster(office: LedgerOffice) -> Any:
    return load_workbook(office.book())[ROSTER]


def aside(office: LedgerOffice) -> list[Path]:
    return sorted(office.outputs.glob("*未导入的修改*"))


HOSTILE = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "长" * 32_767, "_x0041_", "多\n行"]


@pytest.mark.parametrize("text", HOSTILE)
def test_notes_are_kept(office: LedgerOffice, text: str) -> None:
    with office.opened() as book:
        there = cell(book[ROSTER], 2, "备注")
        there.value, there.data_type = text, "s"
        key = cell(book[ROSTER], 2, "编号").value
        cell(book[QUEUE], 1, "核对意见").value = "再看"
    assert office.export().notice == ""
    sheet = roster(office)
    row = next(r for r in range(1, 20) if cell(sheet, r, "编号").value == key)
    assert cell(sheet, row, "备注").value == text
    assert cell(sheet, row, "备注").data_type == "s"
    assert cell(load_workbook(office.book())[QUEUE], 1, "核对意见").value == "再看"
    assert aside(office) == []
    with office.store() as store:
        (line,) = store.audit_entries(action=Action.NOTES_TAKEN.value, limit=100_000)
    assert (line.detail, line.actor) == ({"workbook": MAIN, "notes": 2, "emptied": 0, "rows": 0}, "workbook")


def test_an_emptied_note_is_emptied(office: LedgerOffice) -> None:
    office.change(lambda b: setattr(cell(b[ROSTER], 1, "备注"), "value", "先写"))
    office.export()
    office.change(lambda b: setattr(cell(b[ROSTER], 1, "备注"), "value", None))
    office.touch()
    office.export()
    assert cell(roster(office), 1, "备注").value is None
    with office.store() as store:
        assert store.notes() == []


def test_rows_of_people_are_kept_changed_and_deleted(office: LedgerOffice) -> None:
    def add(book: Any) -> None:
        sheet = book[ROSTER]
        _, places = heads(sheet)
        row = sheet.max_row + 1
        for heading, value in (("姓名", "手写"), ("联系电话", "0537-1234567"), ("备注", "=1+1")):
            sheet.cell(row, places[heading]).value = value
            sheet.cell(row, places[heading]).data_type = "s"

    office.change(add)
    assert office.export().notice == ""

    def last(office: LedgerOffice) -> dict[str, Any]:
        sheet = roster(office)
        _, places = heads(sheet)
        return {h: sheet.cell(sheet.max_row, c).value for h, c in places.items() if sheet.cell(sheet.max_row, c).value}

    row = last(office)
    assert (row["姓名"], row["联系电话"], row["备注"], row["来源文件"]) == ("手写", "0537-1234567", "=1+1", "手工添加")
    assert "编号" not in row
    for _ in range(2):  # and stands once, however often it is written
        office.change(lambda b: None)
        office.touch()
        office.export()
    with office.store() as store:
        assert sum(map(len, store.added_rows().values())) == 1
    office.change(lambda b: b[ROSTER].delete_rows(b[ROSTER].max_row))
    office.touch()
    office.export()
    assert last(office).get("姓名") != "手写"
    assert verify(office.settings, fast=True).unsaved == 0


def test_changes_that_were_not_imported_are_kept_beside(office: LedgerOffice) -> None:
    office.change(lambda b: setattr(cell(b[ROSTER], 1, "姓名"), "value", "没有导入"))
    content = office.book().read_bytes()
    outputs = office.export()
    (kept,) = aside(office)
    assert kept.read_bytes() == content
    assert kept.name in outputs.notice and "import" in outputs.notice
    assert cell(roster(office), 1, "姓名").value != "没有导入"
    office.touch()
    assert office.export().notice == ""
    assert aside(office) == [kept]


@pytest.mark.parametrize("content", [b"broken", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99])
def test_what_cannot_be_read_is_kept_beside(office: LedgerOffice, content: bytes) -> None:
    office.book().write_bytes(content)
    outputs = office.export()
    (kept,) = aside(office)
    assert kept.read_bytes() == content
    assert outputs.notice.count(kept.name) >= 1
    assert roster(office) is not None


def test_widths_hidden_columns_and_sheets_of_people(office: LedgerOffice) -> None:
    def arrange(book: Any) -> None:
        sheet = book[ROSTER]
        sheet.column_dimensions["C"].width = 33
        sheet.column_dimensions["E"].hidden = True
        own = book.create_sheet("我的表")
        own["A1"] = "自己的"
        own.merge_cells("A1:C3")

    office.change(arrange)
    assert office.export().notice == ""
    for _ in range(2):
        book = load_workbook(office.book())
        assert book["我的表"]["A1"].value == "自己的"
        assert book[ROSTER].column_dimensions["C"].width == pytest.approx(33, abs=1)
        assert book[ROSTER].column_dimensions["E"].hidden
        office.touch()
        office.export()
    assert "sheet_differs" not in verify(office.settings, fast=True).findings.counts


def test_filters_of_people(office: LedgerOffice) -> None:
    """Chosen, kept in the next editions for the rows there are then, and taken away."""

    def choose(book: Any) -> None:
        sheet = book[ROSTER]
        (table,) = sheet.tables.values()
        _, places = heads(sheet)
        criterion = FilterColumn(colId=places["性别"] - 1, filters=Filters(filter=["女"]))
        table.autoFilter.filterColumn = [criterion]

    office.change(choose)
    office.export()
    for _ in range(2):
        sheet = roster(office)
        first, places = heads(sheet)
        (table,) = sheet.tables.values()
        assert [c.filters.filter for c in table.autoFilter.filterColumn] == [["女"]]
        for row in range(first + 1, sheet.max_row + 1):
            hidden = sheet.cell(row, places["性别"]).value != "女"
            assert bool(sheet.row_dimensions[row].hidden) == hidden
        office.touch()
        office.export()

    def clear(book: Any) -> None:
        (table,) = book[ROSTER].tables.values()
        table.autoFilter.filterColumn = []

    office.change(clear)
    office.touch()
    office.export()
    sheet = roster(office)
    assert not any(sheet.row_dimensions[row].hidden for row in range(1, sheet.max_row + 1))
    assert FindingCode.CELL_DIFFERS not in verify(office.settings, fast=True).findings.counts


@pytest.mark.parametrize("mark", ["~$双报到台账.xlsx", ".~lock.双报到台账.xlsx#"])
def test_one_that_is_open_is_written_beside(office: LedgerOffice, mark: str) -> None:
    office.change(lambda b: setattr(cell(b[ROSTER], 1, "备注"), "value", "开着写"))
    before = hashlib.sha256(office.book().read_bytes()).hexdigest()
    (office.outputs / mark).write_text("x")
    outputs = office.export()
    assert "写在旁边" in outputs.notice
    assert hashlib.sha256(office.book().read_bytes()).hexdigest() == before
    (beside,) = office.outputs.glob("双报到台账_2*.xlsx")
    assert cell(load_workbook(beside)[ROSTER], 1, "备注").value == "开着写"
    old = time.time() - 2 * 86_400
    os.utime(office.outputs / mark, (old, old))  # left by a program that died
    assert office.export().notice == ""
    assert cell(roster(office), 1, "备注").value == "开着写"


def test_untouched_ones_are_not_even_read(office: LedgerOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("read")

    monkeypatch.setattr(kept_sheets, "read_back", refuse)
    monkeypatch.setattr(kept_sheets, "plans_of", refuse)
    assert office.export().notice == ""


def test_notes_go_when_their_document_is_purged(office: LedgerOffice) -> None:
    office.change(lambda b: setattr(cell(b[ROSTER], 1, "备注"), "value", "私事"))
    office.export()
    with office.store() as store:
        assert [note.text for note in store.notes()] == ["私事"]
        store.purge(datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1), include_review=True)
        assert store.notes() == []
