"""Workbooks read back: what people changed is found wherever its row and column stand; what they broke is named."""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from pipeline.batch.office_view import plans_of
from pipeline.ledgers.faults import FaultKind
from pipeline.ledgers.readback import BookBack, CannotReadBackError, NotOursError, Plans, TableBack, read_back
from pipeline.ledgers.reopened import Cell
from tests.support.ledger_office import FEEDBACK, MAIN, QUEUE, ROSTER, LedgerOffice, cell, heads, sort
from tests.support.libreoffice import convert, needs_libreoffice


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[LedgerOffice, Plans, dict[str, bytes]]:
    office = LedgerOffice(tmp_path_factory.mktemp("readback"))
    office.export()
    with office.store() as store:
        plans = plans_of(store, office.rules.forms, office.rules.dictionaries, office.settings)
    return office, plans, {name: office.book(name).read_bytes() for name in (MAIN, FEEDBACK)}


class Desk:
    """The workbooks as they were written, to be changed and read back."""

    def __init__(self, office: LedgerOffice, plans: Plans) -> None:
        self.office, self.plans = office, plans

    def after(self, change: Callable[[Any], object], name: str = MAIN) -> BookBack:
        self.office.change(change, name)
        return read_back(self.office.book(name), self.plans)


@pytest.fixture
def desk(template: tuple[LedgerOffice, Plans, dict[str, bytes]]) -> Desk:
    office, plans, contents = template
    for name, content in contents.items():
        office.book(name).write_bytes(content)
    return Desk(office, plans)


def table(back: BookBack, sheet: str = ROSTER) -> TableBack:
    return next(t for t in back.tables if t.sheet == sheet)


def changed(back: BookBack, sheet: str = ROSTER) -> list[tuple[str, Cell]]:
    return [(key, found) for row in table(back, sheet).rows for key, found in row.changed.items()]


def faults(back: BookBack) -> list[tuple[FaultKind, int, str]]:
    return [(f.kind, f.row, f.column) for f in back.faults]


def set_cell(row: int, heading: str, value: Any, sheet: str = ROSTER) -> Callable[[Any], None]:
    def change(book: Any) -> None:
        cell(book[sheet], row, heading).value = value

    return change


@pytest.mark.parametrize("name", [MAIN, FEEDBACK])
def test_untouched_nothing_was_changed(desk: Desk, name: str) -> None:
    back = desk.after(lambda book: None, name)
    assert back.faults == []
    assert [row.changed for t in back.tables for row in t.rows if row.changed] == []
    assert [t.added for t in back.tables if t.added] == []
    assert all(not t.gone for t in back.tables)


@needs_libreoffice
@pytest.mark.parametrize("name", [MAIN, FEEDBACK])
def test_saved_by_libreoffice_nothing_was_changed(desk: Desk, name: str, tmp_path: Path) -> None:
    back = read_back(convert(desk.office.book(name), "xlsx", tmp_path), desk.plans)
    assert back.faults == []
    assert [row.changed for t in back.tables for row in t.rows if row.changed] == []


def rearrange(book: Any) -> None:
    """Sorted, filtered, with a column and rows put in and one hidden, with a sheet moved."""
    sheet = book[ROSTER]
    sort(sheet)
    sheet.row_dimensions[6].hidden = True
    sheet.column_dimensions["D"].hidden = True
    for name in list(sheet.tables):
        del sheet.tables[name]
    for merged in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(merged))
    sheet.insert_cols(4)
    sheet.insert_rows(1, 2)
    book.move_sheet(sheet, 3)


def test_a_change_is_found_wherever_it_stands(desk: Desk) -> None:
    def change(book: Any) -> None:
        cell(book[ROSTER], 2, "姓名").value = "新名字"
        rearrange(book)

    back = desk.after(change)
    assert back.faults == []
    assert changed(back) == [("fields.name", Cell("新名字"))]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("13900001111", Cell("13900001111")),
        (13900001111, Cell("13900001111", number=True)),
        (3.70811198003154e17, Cell("3.70811198003154e+17", number=True)),
        ("", Cell("")),
        ("=A1", Cell("=A1", odd="是公式，这里应当是值")),
        ("#REF!", Cell("#REF!", odd="是错误值 #REF!")),
        (True, Cell("TRUE", truth=True)),
        (datetime.date(2019, 5, 18), Cell("2019-05-18", day=True)),
        (datetime.datetime(2019, 5, 18, 8, 30), Cell("2019-05-18 08:30:00", day=True, odd="带有时刻，不是日期")),
        ("a\nb\r\nc", Cell("a\nb\nc")),
        ("  空格  ", Cell("空格")),
        ("长" * 32_767, Cell("长" * 32_767)),
    ],
)
def test_what_a_cell_holds(desk: Desk, value: Any, found: Cell) -> None:
    assert changed(desk.after(set_cell(1, "联系电话", value))) == [("fields.phone", found)]


def test_people_own_columns_and_rows(desk: Desk) -> None:
    def change(book: Any) -> None:
        cell(book[ROSTER], 1, "备注").value = "=HYPERLINK(1)"
        cell(book[ROSTER], 2, "核对人").value = "李"
        _, places = heads(book[ROSTER])
        row = book[ROSTER].max_row + 1
        book[ROSTER].cell(row, places["姓名"]).value = "手写的人"
        book[ROSTER].cell(row, places["出生年月"]).value = datetime.date(1980, 5, 1)
        book[ROSTER].cell(row + 3, places["备注"]).value = "只有备注"

    back = desk.after(change)
    notes = [{k: v for k, v in row.notes.items() if v} for row in table(back).rows]
    assert [n for n in notes if n] == [{"备注": "=HYPERLINK(1)"}, {"核对人": "李"}]
    assert table(back).added == [{"姓名": "手写的人", "出生年月": "1980-05-01"}, {"备注": "只有备注"}]
    assert back.faults == []


def no_key(book: Any) -> None:
    cell(book[ROSTER], 1, "编号").value = None


def same_key(book: Any) -> None:
    cell(book[ROSTER], 2, "编号").value = cell(book[ROSTER], 1, "编号").value


def column_sorted_alone(book: Any) -> None:
    sheet = book[ROSTER]
    first, places = heads(sheet)
    values = [sheet.cell(r, places["姓名"]).value for r in range(first + 1, sheet.max_row + 1)]
    for number, value in enumerate(values[1:] + values[:1], first + 1):
        sheet.cell(number, places["姓名"]).value = value


def keys_left_behind(book: Any) -> None:
    """Two rows' values changed places, their keys and checks did not."""
    sheet = book[ROSTER]
    first, places = heads(sheet)
    for column in range(2, places["核对状态"]):
        a, b = sheet.cell(first + 1, column), sheet.cell(first + 2, column)
        a.value, b.value = b.value, a.value


def drop(heading: str) -> Callable[[Any], None]:
    def change(book: Any) -> None:
        _, places = heads(book[ROSTER])
        for name in list(book[ROSTER].tables):
            del book[ROSTER].tables[name]
        book[ROSTER].delete_cols(places[heading])

    return change


def rename(heading: str, to: str) -> Callable[[Any], None]:
    def change(book: Any) -> None:
        first, places = heads(book[ROSTER])
        book[ROSTER].cell(first, places[heading]).value = to

    return change


MANGLED: dict[str, tuple[Callable[[Any], object], list[tuple[FaultKind, int, str]]]] = {
    "a key emptied": (no_key, [(FaultKind.KEY_MISSING, 4, "编号")]),
    "a key altered": (set_cell(1, "编号", "abc"), [(FaultKind.ROW_UNKNOWN, 4, "编号")]),
    "a key twice": (same_key, [(FaultKind.KEY_DOUBLED, 4, "编号"), (FaultKind.KEY_DOUBLED, 5, "编号")]),
    "a check damaged": (set_cell(1, "校验", "x?"), [(FaultKind.CHECK_DAMAGED, 4, "校验")]),
    "a check emptied": (set_cell(1, "校验", None), [(FaultKind.CHECK_DAMAGED, 4, "校验")]),
    "the keys gone": (drop("编号"), [(FaultKind.HEADING_MISSING, 0, "编号")]),
    "the checks gone": (drop("校验"), [(FaultKind.HEADING_MISSING, 0, "校验")]),
    "a column gone": (drop("姓名"), [(FaultKind.HEADING_MISSING, 0, "姓名")]),
    "a heading renamed": (
        rename("姓名", "名字"),
        [(FaultKind.HEADING_MISSING, 0, "姓名"), (FaultKind.OUTSIDE, 3, "名字")],
    ),
    "a heading doubled": (
        rename("民族", "姓名"),
        [(FaultKind.HEADING_DOUBLED, 0, "姓名"), (FaultKind.HEADING_MISSING, 0, "民族")],
    ),
    "one column sorted": (column_sorted_alone, [(FaultKind.COLUMN_TORN, 0, "姓名")]),
    "keys left behind": (keys_left_behind, [(FaultKind.ROW_TORN, 4, ""), (FaultKind.ROW_TORN, 5, "")]),
    "a sheet deleted": (lambda b: b.remove(b[ROSTER]), [(FaultKind.SHEET_MISSING, 0, "")]),
    "the headings gone": (lambda b: b[ROSTER].delete_rows(1, 3), [(FaultKind.HEADINGS_MISSING, 0, "")]),
    "beyond the table": (lambda b: b[ROSTER].__setitem__("ZZ5", "x"), [(FaultKind.OUTSIDE, 5, "")]),
}


@pytest.mark.parametrize("name", MANGLED)
def test_what_was_broken_is_named_and_the_rest_is_read(desk: Desk, name: str) -> None:
    change, expected = MANGLED[name]

    def both(book: Any) -> None:
        cell(book[QUEUE], 1, "识别值").value = "改过的值"
        change(book)

    back = desk.after(both)
    assert faults(back) == expected
    assert all(f"工作表“{ROSTER}”" in str(fault) for fault in back.faults)
    assert changed(back, QUEUE) == [("value", Cell("改过的值"))]
    if any(t.sheet == ROSTER for t in back.tables):
        assert changed(back) == []


def test_ten_thousand_merged_rows_in_a_sheet_of_people(desk: Desk) -> None:
    def change(book: Any) -> None:
        sheet = book.create_sheet("我的表")
        for row in range(1, 10_001):
            sheet.cell(row, 1).value = row
            sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=3)

    assert desk.after(change).faults == []


def test_without_shared_strings_and_with_wrong_dimensions(desk: Desk, tmp_path: Path) -> None:
    """As some programs save: texts in the cells, and a stated size of one cell."""
    source = desk.office.book(MAIN)
    target = tmp_path / "wps.xlsx"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        shared = old.read("xl/sharedStrings.xml").decode()
        texts = re.findall(r"<si>(.*?)</si>", shared, re.DOTALL)
        for name in old.namelist():
            data = old.read(name)
            if name.startswith("xl/worksheets/sheet"):
                text = re.sub(r'<dimension ref="[^"]*"/>', '<dimension ref="A1"/>', data.decode())
                text = re.sub(
                    r'<c ([^>]*?)t="s"([^>]*)><v>(\d+)</v></c>',
                    lambda m: f'<c {m[1]}t="inlineStr"{m[2]}><is>{texts[int(m[3])]}</is></c>',
                    text,
                )
                data = text.encode()
            new.writestr(name, data)
    back = read_back(target, desk.plans)
    assert back.faults == []
    assert [row.changed for t in back.tables for row in t.rows if row.changed] == []
    assert len(table(back).rows) > 5


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"name,phone\n", "不是 Excel 工作簿"),
        (b"", "不是 Excel 工作簿"),
        (b"PK\x03\x04 broken", "不是完好的 Excel 工作簿"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "旧格式（.xls）"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "打开密码"),
    ],
)
def test_no_workbook_at_all(desk: Desk, tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(content)
    with pytest.raises(CannotReadBackError, match=re.escape(words)):
        read_back(path, desk.plans)
    with pytest.raises(CannotReadBackError, match="无法读取"):
        read_back(tmp_path / "none.xlsx", desk.plans)


def test_a_workbook_of_somebody_else(desk: Desk, tmp_path: Path) -> None:
    Workbook().save(tmp_path / "other.xlsx")
    with pytest.raises(NotOursError):
        read_back(tmp_path / "other.xlsx", desk.plans)
