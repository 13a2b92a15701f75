"""Sheets that people added survive a new edition of the workbook, looks and all; real files throughout."""

from __future__ import annotations

import datetime
import io
import shutil
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openpyxl.cell import MergedCell
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image
from openpyxl.formatting.rule import CellIsRule, ColorScaleRule
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table, TableStyleInfo
from PIL import Image as Picture

from pipeline.ledgers.graft import extra_sheets, graft
from pipeline.ledgers.opc import CannotKeepError
from tests.support.libreoffice import convert, error_cells, needs_libreoffice, pdf_pages, recalculated
from tests.support.packages import flaws

REGISTER, TOTALS = "党员报到", "统计汇总"
OWN = (REGISTER, TOTALS)
LOOKS = ("font", "fill", "border", "alignment", "number_format", "protection")
NOTES, HIDDEN, CHART = "领导批示", "藏", "图表页"


def edition(path: Path, *, rows: int = 9, own: tuple[str, ...] = OWN) -> Path:
    """A workbook as ours are."""
    book = xlsxwriter.Workbook(path)
    book.set_properties({"created": datetime.datetime(2020, 1, 1)})
    box = book.add_format({"border": 1, "num_format": "yyyy-mm-dd", "font_name": "宋体"})
    for name in own:
        sheet = book.add_worksheet(name)
        if name == REGISTER:
            headings = [{"header": h} for h in ("姓名", "数", "日")]
            sheet.add_table(1, 0, rows + 1, 2, {"name": "党员", "columns": headings})
            for row in range(2, rows + 2):
                sheet.write_row(row, 0, [f"张{row}", row])
                sheet.write_datetime(row, 2, datetime.datetime(2019, 5, row % 28 + 1), box)
            sheet.repeat_rows(0, 1)
            sheet.conditional_format(2, 1, 9, 1, {"type": "cell", "criteria": ">", "value": 5, "format": box})
        else:
            sheet.write_formula("A1", f"=SUM({REGISTER}!B3:B11)", None, 54)
            sheet.print_area("A1:C3")
            sheet.write_comment("A1", "本表")
    if TOTALS in own:
        book.get_worksheet_by_name(TOTALS).activate()
    book.close()
    return path


def add_notes(path: Path, target: Path) -> Path:
    """What somebody adds to it: a sheet with a bit of everything, a hidden one, a chart of its own."""
    book = openpyxl.load_workbook(path)
    fancy = NamedStyle(
        "批示", font=Font(name="楷体", size=14, italic=True), fill=PatternFill("solid", fgColor="EEEEEE")
    )
    sheet = book.create_sheet(NOTES, 1)
    sheet["A1"], sheet["A1"].font = "标题", Font(name="楷体", size=20, bold=True, color="FF0000")
    sheet["A1"].alignment = Alignment("center", "center", wrap_text=True)
    sheet.merge_cells("A1:D1")
    sheet["A2"] = f"=SUM({REGISTER}!B3:B11)"
    sheet["A3"], sheet["A3"].number_format = 1234.5, '#,##0.00"元"'
    sheet["A4"], sheet["A4"].hyperlink, sheet["A4"].style = "链接", "https://example.org/?a=1&b=2", "Hyperlink"
    sheet["A5"], sheet["A5"].hyperlink = "内部", f"#{TOTALS}!A1"
    sheet["A6"] = "=COUNTA(名单)"
    sheet["A7"], sheet["A7"].style = "自定样式", fancy
    sheet["A8"] = CellRichText("平", TextBlock(InlineFont(b=True, color="0000FF"), "粗"), " 尾 ")
    sheet["B2"].comment = Comment("批注", "某")
    sheet["B3"], sheet["B3"].number_format = datetime.date(2019, 5, 2), "yyyy年m月d日"
    sheet["B4"] = "  前后有空格\n两行  "
    sheet["C3"].fill = PatternFill("solid", fgColor="00FF00")
    sheet["C4"].border = Border(left=Side("double", color="FF00FF"))
    sheet["A9"], sheet["B9"] = "x", "y"
    for i in range(5):
        sheet.cell(10 + i, 1, i)
        sheet.cell(10 + i, 2, i * i)
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=2, min_row=9, max_row=14), titles_from_data=True)
    sheet.add_chart(chart, "E5")
    ink = io.BytesIO()
    Picture.new("RGB", (20, 20), "blue").save(ink, "PNG")
    sheet.add_image(Image(ink), "H1")
    choices = DataValidation(type="list", formula1='"是,否"')
    sheet.add_data_validation(choices)
    choices.add("D2:D9")
    sheet.conditional_formatting.add("B10:B14", CellIsRule("greaterThan", ["3"], fill=PatternFill(bgColor="FFAA00")))
    sheet.conditional_formatting.add(
        "A10:A14", ColorScaleRule("min", start_color="FFFFFF", end_type="max", end_color="FF0000")
    )
    table = Table(
        displayName="批示表", ref="A9:B14", tableStyleInfo=TableStyleInfo("TableStyleLight1", showRowStripes=True)
    )
    sheet.add_table(table)
    sheet.print_area = "A1:H20"
    sheet.print_title_rows = "1:1"
    sheet.column_dimensions["A"].width = 30
    sheet.sheet_view.tabSelected = True
    book.defined_names["名单"] = DefinedName("名单", attr_text=f"{REGISTER}!$A$3:$A$11")
    book.defined_names["没人用"] = DefinedName("没人用", attr_text=f"{REGISTER}!$A$1")
    hidden = book.create_sheet(HIDDEN)
    hidden.sheet_state = "hidden"
    hidden["A1"] = f"='{NOTES}'!A3*2"
    whole = BarChart()
    whole.add_data(Reference(sheet, min_col=2, min_row=9, max_row=14), titles_from_data=True)
    book.create_chartsheet(CHART).add_chart(whole)
    book.save(target)
    return target


@pytest.fixture
def noted(tmp_path: Path) -> Path:
    return add_notes(edition(tmp_path / "first.xlsx"), tmp_path / "old.xlsx")


def test_the_sheets_that_are_not_ours_in_the_order_of_their_tabs(noted: Path) -> None:
    assert extra_sheets(noted, OWN) == [NOTES, HIDDEN, CHART]
    assert extra_sheets(noted, [*OWN, NOTES, HIDDEN, CHART]) == []


def test_a_sheet_comes_over_as_it_was(noted: Path, tmp_path: Path) -> None:
    new = edition(tmp_path / "new.xlsx", rows=12)
    graft(noted, new, OWN)
    assert flaws(new) == []
    check_same_sheet(noted, new)
    book = openpyxl.load_workbook(new)
    assert book.sheetnames == [REGISTER, NOTES, TOTALS, HIDDEN, CHART]
    assert book.active.title == TOTALS
    assert book[HIDDEN].sheet_state == "hidden"
    assert [book[NOTES][c].style for c in ("A3", "A4", "A7")] == ["Normal", "Hyperlink", "批示"]
    assert book[HIDDEN]["A1"].value in (f"='{NOTES}'!A3*2", f"={NOTES}!A3*2")
    assert len(book[CHART]._charts) == 1
    assert {n: d.attr_text for n, d in book.defined_names.items()} == {"名单": f"{REGISTER}!$A$3:$A$11"}
    assert book[REGISTER].print_title_rows == "$1:$2"
    assert book[TOTALS].print_area == f"'{TOTALS}'!$A$1:$C$3"
    assert book[TOTALS]["A1"].comment.text == "本表"
    assert book[REGISTER].max_row == 14


def check_same_sheet(old: Path, new: Path) -> None:
    before, after = (openpyxl.load_workbook(p, rich_text=True)[NOTES] for p in (old, new))
    for row in before.iter_rows():
        for cell in row:
            if isinstance(cell, MergedCell):  # has no look of its own
                continue
            other = after[cell.coordinate]
            assert (other.coordinate, other.value) == (cell.coordinate, cell.value)
            written = cell.has_style or cell.value is not None
            for look in LOOKS if written else ():
                assert repr(getattr(other, look)) == repr(getattr(cell, look)), (cell.coordinate, look)
            assert (other.comment and other.comment.text) == (cell.comment and cell.comment.text)
            link, same = cell.hyperlink, other.hyperlink
            assert (link and (link.target, link.location)) == (same and (same.target, same.location))
    assert after.merged_cells.ranges == before.merged_cells.ranges
    assert after.tables.items() == before.tables.items()
    assert [v.sqref for v in after.data_validations.dataValidation] == [
        v.sqref for v in before.data_validations.dataValidation
    ]
    rules = [
        [(str(c.sqref), r.type, r.dxf and r.dxf.fill.bgColor.rgb) for c in s.conditional_formatting for r in c.rules]
        for s in (before, after)
    ]
    assert rules[0] == rules[1]
    assert (len(after._charts), len(after._images)) == (1, 1)
    assert (after.print_area, after.print_title_rows) == (before.print_area, before.print_title_rows)
    assert after.column_dimensions["A"].width == before.column_dimensions["A"].width


@needs_libreoffice
def test_libreoffice_opens_recalculates_and_prints_it(noted: Path, tmp_path: Path) -> None:
    new = edition(tmp_path / "new.xlsx")
    graft(noted, new, OWN)
    again = recalculated(new, tmp_path / "again")
    assert error_cells(again) == []
    book = openpyxl.load_workbook(again, data_only=True)
    assert [book[NOTES][c].value for c in ("A2", "A6")] == [54, 9]
    assert book[HIDDEN]["A1"].value == 2469
    assert len(pdf_pages(convert(new, "pdf", tmp_path / "pdf"), tmp_path / "png")) >= 4


@needs_libreoffice
def test_a_workbook_that_libreoffice_saved(noted: Path, tmp_path: Path) -> None:
    saved = convert(noted, "xlsx", tmp_path / "saved")
    new = edition(tmp_path / "new.xlsx")
    graft(saved, new, OWN)
    assert flaws(new) == []
    check_same_sheet(saved, new)
    assert error_cells(recalculated(new, tmp_path / "again")) == []
    plain = edition(tmp_path / "plain.xlsx")
    graft(new, plain, OWN)
    assert plain.read_bytes() == new.read_bytes()


def test_the_same_files_give_the_same_bytes_time_and_again(noted: Path, tmp_path: Path) -> None:
    first, second, third = (edition(tmp_path / f"{n}.xlsx") for n in "abc")
    graft(noted, first, OWN)
    graft(noted, second, OWN)
    assert first.read_bytes() == second.read_bytes()
    graft(first, third, OWN)  # from its own result
    assert third.read_bytes() == first.read_bytes()
    graft(noted, first, OWN)  # on its own result
    assert third.read_bytes() == first.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert {i.date_time for i in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist()[0] == "[Content_Types].xml"


def test_without_sheets_of_theirs_nothing_is_touched(tmp_path: Path) -> None:
    old, new = edition(tmp_path / "old.xlsx"), edition(tmp_path / "new.xlsx", rows=12)
    before = new.read_bytes()
    graft(old, new, OWN)
    assert new.read_bytes() == before


def sheets_of(path: Path, *names: str) -> Path:
    book = xlsxwriter.Workbook(path)
    for name in names:
        book.add_worksheet(name).write("A1", name)
    book.close()
    return path


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (("封面", "甲", "乙"), ("甲", "乙"), ["封面", "甲", "乙"]),
        (("甲", "注", "乙", "尾"), ("甲", "乙"), ["甲", "注", "乙", "尾"]),
        (("甲", "五月", "注", "乙"), ("甲", "六月", "乙"), ["甲", "注", "六月", "乙"]),
        (("五月", "注"), ("六月", "乙"), ["六月", "乙", "注"]),
        (("甲", "注一", "注二"), ("乙", "甲"), ["乙", "甲", "注一", "注二"]),
        (("ABC", "note"), ("abc",), ["abc", "note"]),
    ],
)
def test_where_a_sheet_comes_to_stand(
    tmp_path: Path, old: tuple[str, ...], new: tuple[str, ...], expected: list[str]
) -> None:
    before, after = sheets_of(tmp_path / "old.xlsx", *old), sheets_of(tmp_path / "new.xlsx", *new)
    graft(before, after, ["甲", "乙", "五月", "六月", "Abc"])
    assert openpyxl.load_workbook(after).sheetnames == expected
    assert flaws(after) == []


def test_a_sheet_that_is_called_as_one_of_ours_is_ours(tmp_path: Path) -> None:
    old, new = sheets_of(tmp_path / "old.xlsx", "Summary", "x"), sheets_of(tmp_path / "new.xlsx", "SUMMARY", "X")
    graft(old, new, ["summary"])
    assert openpyxl.load_workbook(new).sheetnames == ["SUMMARY", "X"]


def broken(path: Path, kind: str) -> None:
    data = path.read_bytes()
    if kind == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif kind == "flipped":  # inside a part's data
        with zipfile.ZipFile(path) as archive:
            info = archive.getinfo("xl/styles.xml")
        at = info.header_offset + 60
        path.write_bytes(data[:at] + bytes(b ^ 0xFF for b in data[at : at + 40]) + data[at + 40 :])
    elif kind == "encrypted":
        path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + data)
    else:
        path.write_bytes(b"")


@pytest.mark.parametrize("kind", ["cut", "flipped", "encrypted", "empty"])
def test_a_damaged_workbook_is_named_and_the_new_one_left(noted: Path, tmp_path: Path, kind: str) -> None:
    broken(noted, kind)
    if kind == "encrypted":
        noted.write_bytes(noted.read_bytes()[:4096])
    new = edition(tmp_path / "new.xlsx")
    before = new.read_bytes()
    with pytest.raises(CannotKeepError, match="另存为") as error:
        graft(noted, new, OWN)
    assert str(noted) in error.value.message
    assert new.read_bytes() == before
    assert not list(tmp_path.glob(".*"))


def test_one_of_many_extra_parts_damaged(noted: Path, tmp_path: Path) -> None:
    mangled = tmp_path / "mangled.xlsx"
    with zipfile.ZipFile(noted) as source, zipfile.ZipFile(mangled, "w") as out:
        for name in source.namelist():
            if not name.startswith("xl/media/"):
                out.writestr(name, source.read(name))
    new = edition(tmp_path / "new.xlsx")
    before = new.read_bytes()
    with pytest.raises(CannotKeepError):
        graft(mangled, new, OWN)
    assert new.read_bytes() == before


def test_from_the_same_file_as_the_new_one(noted: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copy(noted, tmp_path / "copy.xlsx"))
    before = copy.read_bytes()
    graft(copy, copy, OWN)
    assert copy.read_bytes() == before
