"""Corrections of documents of no known form, made in 其他表格 and taken back by ``import``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from pipeline.ledgers.untaught import SHEET
from pipeline.records import Code, FieldStatus, FieldValue, Record, document_id
from pipeline.scanned import FileStat
from tests.support.command import Result
from tests.support.ledger_office import MAIN, LedgerOffice, cell, heads

Command = Callable[..., Result]
_QUAD = ((10.0, 20.0), (200.0, 20.0), (200.0, 50.0), (10.0, 50.0))


def unknown(file: str, fields: dict[str, Any], rows: list[dict[str, Any]]) -> Record:
    sha256 = hashlib.sha256(file.encode()).hexdigest()

    def made(value: Any) -> FieldValue:
        return FieldValue(value, str(value), 0.5, FieldStatus.REVIEW, file, 1, _QUAD)

    found = Record(document_id([sha256], [[1]]), "unknown", [file], [sha256], [[1]])
    found.fields = {key: made(value) for key, value in fields.items()}
    found.rows = [{key: made(value) for key, value in row.items()} for row in rows]
    found.flag(Code.UNKNOWN_DOCUMENT)
    return found


def open_office(root: Path) -> tuple[LedgerOffice, str]:
    """An office with one document of no known form; its id."""
    office = LedgerOffice(root)
    fields = {"text_1": "全文", "title": "设备借用单", "借用人": "王建国", "状况": ["完好"], "盖章": True}
    record = unknown("借用单.jpg", fields, [{"品名": "投影仪", "数量": "2"}])
    with office.store() as store:
        store.save_record(record, files=[FileStat("借用单.jpg", record.sha256[0], 1, 1)])
    office.export()
    return office, record.document_id


def put(office: LedgerOffice, document: str, path: str, heading: str, value: Any) -> None:
    with office.opened() as book:
        sheet = book[SHEET]
        first, _ = heads(sheet)
        rows = range(1, sheet.max_row - first + 1)
        row = next(r for r in rows if cell(sheet, r, "编号").value == f"{document}/{path}")
        cell(sheet, row, heading).value = value


def run(command: Command, office: LedgerOffice, *more: str) -> Result:
    return command("import", office.book(MAIN), "--outputs", office.outputs, *more)


def test_values_come_back_as_what_they_were(tmp_path: Path, command: Command) -> None:
    office, document = open_office(tmp_path / "office")
    put(office, document, "借用人", "识别值", "王建民")
    put(office, document, "状况", "识别值", "完好、齐全")
    put(office, document, "盖章", "识别值", "无")
    put(office, document, "rows.0.数量", "识别值", "3")
    put(office, document, "rows.0.品名", "确认无误", "√")
    shown = run(command, office, "--yes", "--actor", "李核对")
    assert (shown.code, shown.err) == (0, ""), shown.out
    assert office.value(document, "借用人") == "王建民"
    assert office.value(document, "状况") == ["完好", "齐全"]
    assert office.value(document, "盖章") is False
    assert office.value(document, "rows.0.数量") == "3"
    with office.store() as store:
        record = store.record(document)
        assert record is not None
        corrected = {path for path, field in record.all_fields() if field.status is FieldStatus.CORRECTED}
        assert corrected == {"借用人", "状况", "盖章", "rows.0.数量", "rows.0.品名"}
        assert {c.actor for c in store.corrections(document)} == {"李核对"}
    again = run(command, office)
    assert again.code == 0 and "没有要导入的" in again.out


def test_a_mark_is_there_or_not(tmp_path: Path, command: Command) -> None:
    office, document = open_office(tmp_path / "office")
    put(office, document, "盖章", "识别值", "好像有")
    shown = run(command, office, "--yes")
    assert shown.code == 1
    assert "只能填“有”或“无”" in shown.out
    assert office.value(document, "盖章") is True


def test_the_preview_hides_numbers_that_were_misread(tmp_path: Path, command: Command) -> None:
    office = LedgerOffice(tmp_path / "office")
    found = unknown("借用单.jpg", {"联系电活": "138ooo1", "备注": "找 l38OOOO1234"}, [{"手机": "1380000123"}])
    with office.store() as store:
        store.save_record(found, files=[FileStat("借用单.jpg", found.sha256[0], 1, 1)])
    office.export()
    document = found.document_id
    put(office, document, "联系电活", "识别值", "139ooo1")
    put(office, document, "备注", "识别值", "找 l38OOOO1235")
    put(office, document, "rows.0.手机", "确认无误", "√")
    for arguments in ((), ("--json",)):
        shown = run(command, office, *arguments)
        assert shown.code == 0, shown.out
        for number in ("138ooo1", "139ooo1", "l38OOOO123", "1380000123"):
            assert number not in shown.out
        assert "找 l38****1234" in shown.out
        assert "找 l38****1235" in shown.out


def test_the_sheet_verifies(tmp_path: Path, command: Command) -> None:
    office, document = open_office(tmp_path / "office")
    put(office, document, "借用人", "识别值", "别人")
    shown = command("verify", "--outputs", office.outputs, "--json")
    assert shown.code == 1
    assert SHEET in shown.out


def test_the_sheet_stays_out_of_circulation(tmp_path: Path, command: Command) -> None:
    office, _ = open_office(tmp_path / "office")
    assert command("export", "--masked", "--outputs", office.outputs).code == 0
    [book] = (office.outputs / "circulation").glob("双报到台账*.xlsx")
    assert SHEET not in load_workbook(book).sheetnames
