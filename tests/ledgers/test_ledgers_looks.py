"""What people did to the look of a workbook: read from real files of three programs, and told from our own."""

from __future__ import annotations

import datetime
import json
import re
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.filters import CustomFilter, CustomFilters, DateGroupItem, FilterColumn, Filters, Top10

from pipeline.ledgers.criteria import Condition, Filter, FilterKind
from pipeline.ledgers.looks import FilterArea, Looks, SheetLook, differences
from pipeline.ledgers.opc import CannotKeepError
from pipeline.ledgers.seen import read_looks
from tests.support.libreoffice import convert, needs_libreoffice

REGISTER, TOTALS, HIDDEN = "党员报到", "统计", "藏"


def write(path: Path) -> Path:
    """A workbook as ours are: a filtered list, a table and a hidden sheet."""
    book = xlsxwriter.Workbook(path)
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet(REGISTER)
    for row in range(2, 14):
        sheet.write_row(row, 0, [f"张{row}", row, ("甲", "乙", "")[row % 3]])
        sheet.write_datetime(row, 3, datetime.datetime(2019, 5, row + 1), day)
    sheet.autofilter(1, 0, 13, 3)
    sheet.freeze_panes(2, 2)
    sheet.set_zoom(85)
    sheet.set_tab_color("#4F81BD")
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 2, 10)
    table = book.add_worksheet(TOTALS)
    table.add_table(1, 0, 5, 2, {"name": "合计", "columns": [{"header": h} for h in "甲乙丙"]})
    book.add_worksheet(HIDDEN).hide()
    book.close()
    return path


def test_a_workbook_of_ours_reads_as_it_was_written(tmp_path: Path) -> None:
    looks = read_looks(write(tmp_path / "a.xlsx"))
    assert looks.order == (REGISTER, TOTALS, HIDDEN)
    register = looks.sheets[REGISTER]
    assert register.freeze == (2, 2)
    assert register.zoom == 85
    assert register.tab == "4F81BD"
    assert register.state == "visible"
    assert register.widths[1] == pytest.approx(20.7, abs=0.1)
    assert register.widths[2] == register.widths[3] == pytest.approx(10.7, abs=0.1)
    assert register.filters == {"": FilterArea("A2:D14")}
    assert looks.sheets[TOTALS].filters == {"合计": FilterArea("A2:C6")}
    assert looks.sheets[HIDDEN].state == "hidden"


def test_looks_survive_json(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx")
    edit(path)
    looks = read_looks(path)
    assert Looks.from_json(json.loads(json.dumps(looks.to_json()))) == looks


def edit(path: Path) -> None:
    """What somebody does to it in a spreadsheet program."""
    book = openpyxl.load_workbook(path)
    sheet = book[REGISTER]
    sheet.column_dimensions["A"].width = 35
    sheet.column_dimensions["D"].hidden = True
    sheet.freeze_panes = "A3"
    sheet.sheet_view.zoomScale = 120
    sheet.sheet_properties.tabColor = "FF0000"
    sheet.auto_filter.filterColumn = [
        FilterColumn(colId=0, customFilters=CustomFilters(customFilter=[CustomFilter("equal", "张*")])),
        FilterColumn(colId=1, top10=Top10(val=3)),
        FilterColumn(colId=2, filters=Filters(blank=True, filter=["甲"])),
        FilterColumn(
            colId=3, filters=Filters(dateGroupItem=[DateGroupItem(year=2019, month=5, dateTimeGrouping="month")])
        ),
    ]
    book[TOTALS].tables["合计"].autoFilter.filterColumn = [
        FilterColumn(
            colId=1,
            customFilters=CustomFilters(
                _and=True, customFilter=[CustomFilter("greaterThan", "3"), CustomFilter("lessThan", "9")]
            ),
        )
    ]
    book[HIDDEN].sheet_state = "visible"
    book.move_sheet(TOTALS, -1)
    book.save(path)


def test_what_a_person_changed_and_nothing_else(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx")
    written = read_looks(path)
    edit(path)
    changed = differences(read_looks(path), written)
    assert changed.order == (TOTALS, REGISTER, HIDDEN)
    register = changed.sheets[REGISTER]
    assert register.widths == {1: 35}
    assert register.hidden == {4: True}
    assert (register.freeze, register.zoom, register.tab, register.state) == ((2, 0), 120, "FF0000", None)
    columns = register.filters[""].columns
    assert columns[1].conditions == (Condition("equal", "张*"),)
    assert columns[2].kind is FilterKind.OTHER
    assert "top10" in columns[2].opaque
    assert (columns[3].values, columns[3].blanks) == (("甲",), True)
    assert columns[4].dates == ((2019, 5),)
    assert changed.sheets[TOTALS].filters["合计"].columns[2].join == "and"
    assert changed.sheets[HIDDEN] == SheetLook(state="visible")


def test_what_a_person_took_away_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx")
    plain = read_looks(path)
    edit(path)
    edited = read_looks(path)
    back = differences(plain, edited).sheets[REGISTER]
    assert back.hidden == {4: False}
    assert set(back.filters[""].columns) == {1, 2, 3, 4}
    assert {c.kind for c in back.filters[""].columns.values()} == {FilterKind.NONE}
    without = differences(Looks({REGISTER: SheetLook()}), Looks({REGISTER: plain.sheets[REGISTER]}))
    assert without.sheets[REGISTER].filters == {"": FilterArea("")}


def test_a_sheet_on_one_side_only_says_nothing(tmp_path: Path) -> None:
    looks = read_looks(write(tmp_path / "a.xlsx"))
    more = Looks({**looks.sheets, "批示": SheetLook(zoom=50)}, ("批示", *(looks.order or ())))
    assert "批示" not in differences(more, looks).sheets
    assert differences(looks, looks) == Looks()


def test_saving_with_openpyxl_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx")
    written = read_looks(path)
    openpyxl.load_workbook(path).save(path)
    assert differences(read_looks(path), written) == Looks()


@needs_libreoffice
def test_saving_with_libreoffice_keeps_what_is_not_of_the_window(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx")
    written = read_looks(path)
    changed = differences(read_looks(convert(path, "xlsx", tmp_path / "saved")), written)
    # without a window LibreOffice has no panes and no zoom to save
    assert {n: s for n, s in changed.sheets.items() if n != REGISTER} == {}
    register = changed.sheets[REGISTER]
    assert (register.widths, register.hidden, register.tab) == ({}, {}, None)


def test_twenty_thousand_rows_are_not_read(tmp_path: Path) -> None:
    cells = "".join(f'<c r="{get_column_letter(c)}ROW" t="s"><v>{c % 4}</v></c>' for c in range(1, 41))
    rows = "".join(f'<row r="{r}">{cells.replace("ROW", str(r))}</row>' for r in range(100, 20_100))
    path = tmp_path / "b.xlsx"
    change(write(tmp_path / "a.xlsx"), "xl/worksheets/sheet1.xml", "</sheetData>", f"{rows}</sheetData>", path)
    started = time.perf_counter()
    looks = read_looks(path)
    assert time.perf_counter() - started < 2
    assert looks.sheets[REGISTER].filters[""].ref == "A2:D14"


def test_themed_and_numbered_tab_colours(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx")
    for colour, rgb in (('theme="4"', "4F81BD"), ('theme="1" tint="0.5"', "808080"), ('indexed="10"', "FF0000")):
        change(path, "xl/worksheets/sheet1.xml", '<tabColor rgb="FF4F81BD"/>', f"<tabColor {colour}/>", tmp_path / "b")
        assert read_looks(tmp_path / "b").sheets[REGISTER].tab == rgb


def test_hidden_to_the_last_column_is_no_thousand_widths(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx")
    end = '<col min="9" max="16384" width="0" hidden="1" customWidth="1"/></cols>'
    change(path, "xl/worksheets/sheet1.xml", "</cols>", end, tmp_path / "b")
    assert len(read_looks(tmp_path / "b").sheets[REGISTER].hidden) < 1000


def change(path: Path, part: str, old: str, new: str, target: Path) -> None:
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for name in source.namelist():
            data = source.read(name)
            if name == part:
                assert old.encode() in data
                data = data.replace(old.encode(), new.encode(), 1)
            out.writestr(name, data)


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("xl/workbook.xml", "<workbook ", '<!DOCTYPE x [<!ENTITY a "b">]><workbook '),
        ("xl/workbook.xml", "<sheets>", "<sheets><"),
        ("xl/workbook.xml", 'r:id="rId1"', 'r:id="rId99"'),
        ("xl/worksheets/sheet1.xml", 'min="1"', 'min="many"'),
        ("xl/worksheets/sheet1.xml", 'zoomScale="85"', 'zoomScale="big"'),
        ("_rels/.rels", "xl/workbook.xml", "xl/nothing.xml"),
    ],
)
def test_damage_is_told_with_what_to_do(tmp_path: Path, part: str, old: str, new: str) -> None:
    change(write(tmp_path / "a.xlsx"), part, old, new, tmp_path / "b.xlsx")
    with pytest.raises(CannotKeepError, match="另存为"):
        read_looks(tmp_path / "b.xlsx")


def test_no_workbook_an_encrypted_one_and_a_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = tmp_path / "text.xlsx"
    text.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096))  # what Excel makes with a password
    with pytest.raises(CannotKeepError, match="去掉密码"):
        read_looks(text)
    monkeypatch.setattr("pipeline.ledgers.opc.PART_LIMIT", 20 << 20)  # a quick bomb
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as out, out.open("xl/worksheets/sheet1.xml", "w") as part:
        for _ in range(30):
            part.write(bytes(1 << 20))
    with pytest.raises(CannotKeepError, match="过大"):
        read_looks(bomb)
    with pytest.raises(CannotKeepError, match="无法读取"):
        read_looks(tmp_path / "none.xlsx")


def custom(*conditions: tuple[str, str], join: str = "or") -> Filter:
    made = tuple(Condition(o, v) for o, v in conditions)
    return Filter(FilterKind.CUSTOM, conditions=made, join="and" if join == "and" else "or")


DAY = datetime.date(2019, 5, 2)


@pytest.mark.parametrize(
    ("criterion", "shown", "gone"),
    [
        (Filter(FilterKind.VALUES, ("甲", "ab")), ["甲", "AB"], ["甲乙", "", None, 3]),
        (Filter(FilterKind.VALUES, ("甲",), blanks=True), ["甲", "", None], ["乙", 0]),
        (Filter(FilterKind.VALUES, ("3", "1,200")), [3, 3.0, "3", 1200], [30, "03", None]),
        (Filter(FilterKind.VALUES, ("2019-05-02",)), [DAY, "2019-05-02"], [datetime.date(2019, 5, 3), "2019"]),
        (Filter(FilterKind.VALUES, ("2019/5/2",)), [DAY], [datetime.date(2018, 5, 2)]),
        (
            Filter(FilterKind.VALUES, dates=((2019, 5), (2018,))),
            [DAY, datetime.date(2018, 1, 1)],
            [datetime.date(2019, 6, 2), "2019-05", 43587, None],
        ),
        (custom(("equal", "张*")), ["张三", "张"], ["王张", None, 3]),
        (custom(("equal", "张?")), ["张三"], ["张", "张三丰"]),
        (custom(("equal", "a~*b.")), ["A*b."], ["axb.", "a*bc"]),
        (custom(("notEqual", "*党*")), ["群众", 3, None], ["中共党员"]),
        (custom(("notEqual", " ")), ["x", 0], ["", None]),
        (custom(("equal", "")), ["", None], ["x", 0]),
        (custom(("equal", "3")), [3, "3"], [4, None]),
        (custom(("greaterThan", "3"), ("lessThan", "9"), join="and"), [4, 8.5], [3, 9, "5", None]),
        (custom(("lessThan", "3"), ("greaterThanOrEqual", "9")), [2, 9], [3, 8]),
        (custom(("greaterThanOrEqual", "43587")), [DAY], [datetime.date(2019, 5, 1), "2019-05-02"]),
        (custom(("lessThanOrEqual", "2019-05-02")), [DAY, 1], [datetime.date(2019, 5, 3)]),
        (custom(("greaterThan", "m")), ["N"], ["a", 5, None]),
        (Filter(FilterKind.OTHER, opaque="<top10/>"), ["x", None, 3], []),
        (Filter(FilterKind.NONE), ["x", None], []),
    ],
)
def test_values_that_stay_in_sight(criterion: Filter, shown: list[object], gone: list[object]) -> None:
    assert [v for v in shown if not criterion.matches(v)] == []  # type: ignore[arg-type]
    assert [v for v in gone if criterion.matches(v)] == []  # type: ignore[arg-type]


def test_a_criterion_is_written_as_it_was_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx")
    edit(path)
    columns = read_looks(path).sheets[REGISTER].filters[""].columns
    written = "".join(columns[number].xml(number - 1) for number in sorted(columns))
    plain = write(tmp_path / "plain.xlsx")
    whole = f'<autoFilter ref="A2:D14">{written}</autoFilter>'
    change(plain, "xl/worksheets/sheet1.xml", '<autoFilter ref="A2:D14"/>', whole, tmp_path / "b.xlsx")
    assert read_looks(tmp_path / "b.xlsx").sheets[REGISTER].filters[""].columns == columns
    assert len(openpyxl.load_workbook(tmp_path / "b.xlsx")[REGISTER].auto_filter.filterColumn) == 4
    assert not re.search("xmlns", written)


def test_a_criterion_by_colour_keeps_its_colour(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx")
    by_colour = '<autoFilter ref="A2:D14"><filterColumn colId="1"><colorFilter dxfId="0"/></filterColumn></autoFilter>'
    change(path, "xl/worksheets/sheet1.xml", '<autoFilter ref="A2:D14"/>', by_colour, tmp_path / "b.xlsx")
    dxf = '<dxfs count="1"><dxf><fill><patternFill><bgColor rgb="FFFFFF00"/></patternFill></fill></dxf></dxfs>'
    change(tmp_path / "b.xlsx", "xl/styles.xml", '<dxfs count="0"/>', dxf, tmp_path / "c.xlsx")
    criterion = read_looks(tmp_path / "c.xlsx").sheets[REGISTER].filters[""].columns[2]
    assert "FFFFFF00" in criterion.dxf
    assert criterion.xml(1) == ""
    assert '<colorFilter dxfId="7"></colorFilter>' in criterion.xml(1, dxf=7)
