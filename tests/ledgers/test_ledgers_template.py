"""An office's own workbooks filled: what is recognised, what stays as it was, what is refused."""

from __future__ import annotations

import datetime
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from ledgers_books import books_of
from ledgers_samples import DICTIONARIES, FORMS, agreement, feedback, item_list, member, unit
from openpyxl import Workbook, load_workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Border, Font, PatternFill, Protection, Side
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.merge import MergedCellRange
from openpyxl.worksheet.table import Table as ExcelTable
from PIL import Image as Picture

from pipeline.batch.filling import Communities, fill_out
from pipeline.ledgers.fill import Filled, TemplateError
from pipeline.ledgers.fill_headings import Heading, Known
from pipeline.ledgers.fill_shift import Shift
from pipeline.records import Record
from tests.support.libreoffice import error_cells, needs_libreoffice, recalculated
from tests.support.packages import flaws

THIN = Border(*(Side(style="thin"),) * 4)
PEOPLE = [
    member("a.jpg", name="赵一", community="科苑社区"),
    member("b.jpg", name="钱二", community="洸河社区", report_date="2019-06-01"),
    member("c.jpg", name="孙三", community="科苑社区", phone=None, birth_date="1975-12-01"),
]


@pytest.fixture
def filled(tmp_path: Path) -> Callable[..., tuple[Filled, Any]]:
    """Fill a workbook; what was made, and the workbook as openpyxl reads it."""

    def fill(book: Workbook, *records: Record, community: str = "", name: str = "街道.xlsx") -> tuple[Filled, Any]:
        template = tmp_path / name
        book.save(template)
        communities = Communities(FORMS, DICTIONARIES)
        made = fill_out(books_of(records), template, tmp_path / "filled", communities, community)
        assert flaws(made.path) == []
        return made, load_workbook(made.path)

    return fill


def people_template(rows: int = 3, *, footer: bool = True) -> Workbook:
    """A title, headings, some empty rows, and a line for signatures below them."""
    book = Workbook()
    sheet = book.active
    sheet.title = "花名册"
    sheet.merge_cells("A1:E1")
    sheet["A1"] = "洸河街道{{社区}}党员名单"
    sheet["A1"].font = Font(name="黑体", size=18, bold=True)
    sheet["E2"] = "填报日期：{{ 日期 }}"
    for column, title in enumerate(("序号", "姓 名", "公民身份号码：", "报到日期", "联系\n电话"), 1):
        cell = sheet.cell(3, column, title)
        cell.font, cell.border = Font(bold=True), THIN
    for row in range(4, 4 + rows):
        sheet.row_dimensions[row].height = 24
        for column in range(1, 6):
            cell = sheet.cell(row, column)
            cell.border, cell.font = THIN, Font(name="仿宋", size=12)
        sheet.cell(row, 4).number_format = 'yyyy"年"m"月"d"日"'
    if footer:
        end = 4 + rows
        sheet.cell(end, 1, "合计")
        sheet.cell(end, 2, f"=COUNTA(B4:B{end - 1})")
        sheet.cell(end, 3, "{{合计}}")
        sheet.cell(end + 2, 1, "填表人：")
        sheet.merge_cells(start_row=end + 2, start_column=1, end_row=end + 2, end_column=3)
    return book


def column(sheet: Any, letter: str, first: int = 4, last: int = 8) -> list[Any]:
    return [sheet[f"{letter}{row}"].value for row in range(first, last + 1)]


def test_rows_are_filled_in_below_the_headings(filled: Any) -> None:
    made, book = filled(people_template(), *PEOPLE)
    sheet = book["花名册"]
    assert [(s.sheet, s.register, s.rows, s.unknown) for s in made.sheets] == [("花名册", "党员报到花名册", 3, ())]
    assert column(sheet, "A", last=6) == [1, 2, 3]
    assert column(sheet, "B", last=6) == ["赵一", "钱二", "孙三"]
    assert sheet["C4"].value == "370811198003154518"
    assert sheet["C4"].data_type == "s"
    assert sheet["D5"].value == datetime.datetime(2019, 6, 1)
    assert sheet["D5"].number_format == 'yyyy"年"m"月"d"日"'
    assert column(sheet, "E", last=6) == ["13800001234", "13800001234", None]
    assert sheet["A7"].value == "合计"  # nothing had to move


def test_more_rows_than_the_template_has_look_alike_and_move_what_is_below(filled: Any) -> None:
    people = [member(f"{i}.jpg", name=f"人{i}") for i in range(10)]
    _, book = filled(people_template(2), *people)
    sheet = book["花名册"]
    assert column(sheet, "B", last=13) == [f"人{i}" for i in range(10)]
    for row in range(4, 14):
        assert sheet.row_dimensions[row].height == 24
        assert sheet.cell(row, 2).border.left.style == "thin"
        assert sheet.cell(row, 2).font.name == "仿宋"
    assert sheet["A14"].value == "合计"
    assert sheet["B14"].value == "=COUNTA(B4:B13)"
    assert sheet["C14"].value == 10
    assert sheet["A16"].value == "填表人："
    assert {str(r) for r in sheet.merged_cells.ranges} == {"A1:E1", "A16:C16"}


def test_words_stand_where_the_template_wants_them(filled: Any) -> None:
    book = people_template()
    book["花名册"].oddFooter.center.text = "{{社区}} 共{{合计}}人"
    made, out = filled(book, *PEOPLE, community="科苑社区")
    sheet = out["花名册"]
    today = datetime.date.today()
    assert sheet["A1"].value == "洸河街道科苑社区党员名单"
    assert sheet["E2"].value == f"填报日期：{today.year}年{today.month}月{today.day}日"
    assert sheet["C7"].value == 2
    assert column(sheet, "B", last=6) == ["赵一", "孙三", None]
    assert sheet.oddFooter.center.text == "科苑社区 共2人"
    assert made.path.name == "街道_科苑社区.xlsx"
    assert filled(people_template(), *PEOPLE)[1]["花名册"]["A1"].value == "洸河街道全部社区党员名单"


def test_a_community_by_another_spelling_or_none(filled: Any) -> None:
    _, book = filled(people_template(), member(community="黄金水岸社区", name="李四"), community="金水岸")
    assert book["花名册"]["B4"].value == "李四"
    with pytest.raises(TemplateError, match=r"没有社区“火星社区”.*科苑社区"):
        filled(people_template(), *PEOPLE, community="火星社区")


def test_a_list_without_rows_stays_empty(filled: Any) -> None:
    _, book = filled(people_template(), agreement())
    assert column(book["花名册"], "B", last=6) == [None] * 3
    assert book["花名册"]["C7"].value == 0


def test_headings_in_two_rows(filled: Any) -> None:
    book = Workbook()
    sheet = book.active
    for area, text in (("A2:A3", "序号"), ("B2:B3", "姓名"), ("C2:D2", "联系方式"), ("E2:E3", "报到社区")):
        sheet.merge_cells(area)
        sheet[area.split(":")[0]] = text
    sheet["C3"], sheet["D3"] = "手机号码", "家庭住址"
    sheet["F2"] = "学历"  # not merged: the cell below it is empty
    _, out = filled(book, member(home_address="洸河小区", education="大学本科"))
    assert [cell.value for cell in out.active[4]] == [1, "赵一帆", "13800001234", "洸河小区", "科苑社区", "大学本科"]


def test_the_heading_above_tells_which_of_two(filled: Any) -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(["协议编号", "甲方", None, "乙方", None])
    sheet.append([None, "名称", "联系电话", "名称", "联系电话"])
    sheet.merge_cells("A1:A2")
    sheet.merge_cells("B1:C1")
    sheet.merge_cells("D1:E1")
    _, out = filled(book, agreement(party_a_phone="0537-1111111", party_b_phone="0537-2222222"))
    row = [cell.value for cell in out.active[3]]
    assert row[0] == "007-2019"
    assert (row[2], row[4]) == ("0537-1111111", "0537-2222222")


def test_several_lists_each_by_its_own_headings(filled: Any) -> None:
    book = people_template()
    other = book.create_sheet("单位")
    other.append(["报到单位", "统一社会信用代码", "党组织书记", "随手记"])
    claims = book.create_sheet("认领")
    claims.append(["认领项目", "认领单位", "完成时限", "状态"])
    book.create_sheet("填表说明")["A1"] = "截至{{日期}}共{{合计}}行"
    made, out = filled(book, *PEOPLE, unit())
    assert {s.sheet: s.register for s in made.sheets} == {
        "花名册": "党员报到花名册", "单位": "单位报到台账", "认领": "反馈台账",
    }  # fmt: skip
    assert made.sheets[1].unknown == ("随手记",)
    assert made.untouched == ("填表说明",)
    assert out["单位"]["A2"].value == "济宁高新区人民法院"
    assert out["认领"]["A2"].value is not None
    assert out["填表说明"]["A1"].value.endswith(f"共{sum(s.rows for s in made.sheets)}行")


def test_lists_that_look_alike_go_by_the_name_of_the_sheet(filled: Any) -> None:
    def template(name: str) -> Workbook:
        book = Workbook()
        book.active.title = name
        book.active.append(["序号", "项目名称", "认领单位"])
        return book

    projects, demands = item_list(), item_list("demand", "d.jpg", [{"item": "增设晾衣架", "owner": "居民"}])
    made, _ = filled(template("需求清单"), projects, demands)
    assert made.sheets[0].register == "需求清单"
    with pytest.raises(TemplateError, match=r"表“Sheet1”.*需求清单"):
        filled(template("Sheet1"), projects, demands)


def test_no_headings_that_are_known(filled: Any, tmp_path: Path) -> None:
    book = Workbook()
    book.active.title = "采购"
    book.active.append(["货物", "单价"])
    with pytest.raises(TemplateError, match=r"采购(?s:.*)党员报到花名册：序号、姓名"):
        filled(book, *PEOPLE)
    assert not (tmp_path / "filled" / "街道.xlsx").exists()


def test_a_row_that_is_not_empty_is_not_overwritten(filled: Any) -> None:
    book = people_template(1)
    book["花名册"]["B4"] = "（示例）张三"
    with pytest.raises(TemplateError, match="表“花名册”第 4 行"):
        filled(book, *PEOPLE)


def test_numbers_that_are_there_already_are_no_rows(filled: Any) -> None:
    book = people_template(4)
    for row in range(4, 8):
        book["花名册"].cell(row, 1, row - 3)
    _, out = filled(book, *PEOPLE)
    assert column(out["花名册"], "A", last=7) == [1, 2, 3, 4]
    assert column(out["花名册"], "B", last=7) == ["赵一", "钱二", "孙三", None]


def rich_template() -> Workbook:
    """A template with all that must move or grow with its list."""
    book = people_template(1)
    sheet = book["花名册"]
    picture = BytesIO()
    Picture.new("RGB", (40, 20), "red").save(picture, "PNG")
    for place in ("E1", "A9"):
        sheet.add_image(Image(BytesIO(picture.getvalue())), place)
    choices = DataValidation(type="list", formula1='"在职,退休"')
    choices.add("F4")
    sheet.add_data_validation(choices)
    sheet["F3"], sheet["G3"] = "身份", "尾号"
    sheet["G4"] = "=RIGHT(C4,4)"
    sheet.conditional_formatting.add("E4:E4", CellIsRule(operator="equal", formula=['""'], fill=PatternFill("solid")))
    sheet["A7"].comment = Comment("由经办人签字", "街道")
    sheet.print_area = "A1:G7"
    sheet.print_title_rows = "3:3"
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=2, min_row=5, max_row=5))
    sheet.add_chart(chart, "I9")
    other = book.create_sheet("汇总")
    other["A1"], other["A2"] = "=花名册!B5", "=SUM('花名册'!A4:A4)"
    book.defined_names["人数"] = DefinedName("人数", attr_text="花名册!$B$5")
    book.defined_names["坏"] = DefinedName("坏", attr_text="#REF!$A$1")
    book.defined_names["更坏"] = DefinedName("更坏", attr_text="花名册!(((")
    sheet.protection.sheet = True
    sheet.protection.password = "secret"
    sheet["B4"].protection = Protection(locked=False)
    return book


def test_all_that_belongs_to_a_list_goes_with_it(filled: Any) -> None:
    made, out = filled(rich_template(), *PEOPLE)
    sheet = out["花名册"]
    assert sheet["A7"].value == "合计"
    assert [image.anchor._from.row for image in sheet._images] == [0, 10]
    assert [str(v.sqref) for v in sheet.data_validations.dataValidation] == ["F4:F6"]
    assert [str(r.sqref) for r in sheet.conditional_formatting] == ["E4:E6"]
    assert column(sheet, "G", last=6) == ["=RIGHT(C4,4)", "=RIGHT(C5,4)", "=RIGHT(C6,4)"]
    assert sheet["A9"].comment.text == "由经办人签字"
    assert sheet.print_area == "'花名册'!$A$1:$G$9"
    assert sheet.print_title_rows == "$3:$3"
    assert out["汇总"]["A1"].value == "=花名册!B7"
    assert out["汇总"]["A2"].value == "=SUM('花名册'!A4:A6)"
    assert out.defined_names["人数"].attr_text == "花名册!$B$7"
    assert out.defined_names["坏"].attr_text == "#REF!$A$1"
    assert out.defined_names["更坏"].attr_text == "花名册!((("
    assert sheet.protection.sheet
    assert not sheet["B6"].protection.locked
    assert made.sheets[0].unknown == ("身份", "尾号")
    with zipfile.ZipFile(made.path) as package:
        chart = next(n for n in package.namelist() if "/charts/chart" in n)
        assert "$B$7" in package.read(chart).decode()
        notes = next(n for n in package.namelist() if n.endswith(".vml"))
        assert b":Row>8</" in package.read(notes)


def test_an_excel_table_grows(filled: Any) -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(["姓名", "联系电话", "报到社区"])
    sheet.append([None, None, None])
    sheet.add_table(ExcelTable(displayName="名单", ref="A1:C2"))
    _, out = filled(book, *PEOPLE)
    assert out.active.tables["名单"].ref == "A1:C4"
    assert out.active.tables["名单"].autoFilter.ref == "A1:C4"


def test_merged_cells_of_the_first_row_are_so_in_all(filled: Any) -> None:
    book = Workbook()
    sheet = book.active
    sheet["A1"], sheet["B1"], sheet["D1"] = "姓名", "家庭住址", "联系电话"
    sheet.merge_cells("B1:C1")
    sheet.merge_cells("B2:C2")
    sheet.merge_cells("E2:E3")
    sheet["A4"] = "完"
    _, out = filled(book, *PEOPLE)
    assert {str(r) for r in out.active.merged_cells.ranges} == {"B1:C1", "B2:C2", "B3:C3", "B4:C4", "E2:E5"}
    assert out.active["A6"].value == "完"


def test_what_is_merged_down_a_filled_column_is_not_any_more(filled: Any) -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(["姓名", "联系电话"])
    sheet.merge_cells("A2:A4")
    sheet["A5"] = "完"
    _, out = filled(book, *PEOPLE)
    assert column(out.active, "A", 2, 4) == ["赵一", "钱二", "孙三"]
    assert not out.active.merged_cells.ranges


def test_dates_have_a_format_even_where_the_template_has_none(filled: Any) -> None:
    book = Workbook()
    book.active.append(["姓名", "报到时间", "出生年月", "入党时间", "统计月份"])
    for place, style in (("B2", "General"), ("D2", "@")):
        book.active[place].number_format = style
    _, out = filled(book, member())
    assert (out.active["B2"].value, out.active["B2"].number_format) == (datetime.datetime(2019, 5, 18), "yyyy-mm-dd")
    assert out.active["C2"].value == "1980-03"
    assert out.active["D2"].value == "2003-07-01"  # a column of text
    assert (out.active["E2"].value, out.active["E2"].number_format) == (201905, '0000"年"00"月"')


def test_days_are_counted_as_the_template_counts_them(filled: Any) -> None:
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    book = people_template()
    book.epoch = CALENDAR_MAC_1904
    _, out = filled(book, *PEOPLE)
    assert out.epoch == CALENDAR_MAC_1904
    assert out["花名册"]["D5"].value == datetime.datetime(2019, 6, 1)


HOSTILE = ["=1+1", "+1", "-1", "@x", "a\x00\x07b\ud800", "_x0041_", "{{合计}}", "<&>\"'", "x\ny"]


def test_hostile_values_stay_text(filled: Any) -> None:
    people = [member(f"{i}.jpg", name="人", position=text) for i, text in enumerate(HOSTILE)]
    book = Workbook()
    book.active.append(["姓名", "职务", "联系电话"])
    _, out = filled(book, *people, member("long.jpg", position="长" * 40_000))
    cells = [out.active.cell(row, 2) for row in range(2, 12)]
    assert all(cell.data_type == "s" for cell in cells)
    assert [c.value for c in cells[:5]] == ["=1+1", "+1", "-1", "@x", "ab"]
    assert cells[5].value in ("_x005F_x0041_", "_x0041_")  # openpyxl leaves the escape that Excel undoes
    assert cells[7].value == "<&>\"'"
    assert len(cells[9].value) == 32_767
    assert all(cell.quotePrefix for cell in cells[:4])


def test_ten_thousand_rows_of_merged_cells(filled: Any) -> None:
    book = people_template(1)
    sheet = book["花名册"]
    sheet["F3"] = "家庭住址"
    sheet.merge_cells("F3:G3")
    sheet.merge_cells("F4:G4")
    for row in range(20, 10_020):
        sheet.cell(row, 1, "旧")
        sheet.merged_cells.ranges.add(MergedCellRange(sheet, f"A{row}:C{row}"))  # merge_cells looks at all others
    people = [member(f"{i}.jpg", name="人") for i in range(10_000)]
    _, out = filled(book, *people)
    assert column(out["花名册"], "B", 4, 10_003) == ["人"] * 10_000
    assert len(out["花名册"].merged_cells.ranges) == 3 + 9_999 + 10_000 + 1


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.xls", b"\xd0\xcf\x11\xe0"), ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), ("a.xlsx", b""),
     ("a.xlsx", b"PK\x05\x06" + b"\0" * 18),
     ("a.csv", "姓名".encode())],
)  # fmt: skip
def test_what_is_no_workbook_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TemplateError, match=r"a\.(xls|xlsx|csv) .*另存为"):
        fill_out(books_of(PEOPLE), tmp_path / name, tmp_path / "filled", Communities(FORMS, DICTIONARIES), "")
    with pytest.raises(TemplateError):
        fill_out(books_of(PEOPLE), tmp_path / "no.xlsx", tmp_path / "filled", Communities(FORMS, DICTIONARIES), "")


def test_a_template_is_not_written_over(tmp_path: Path) -> None:
    people_template().save(tmp_path / "a.xlsx")
    with pytest.raises(TemplateError, match="覆盖"):
        fill_out(books_of(PEOPLE), tmp_path / "a.xlsx", tmp_path, Communities(FORMS, DICTIONARIES), "")


@needs_libreoffice
def test_a_spreadsheet_opens_and_counts_them(filled: Any, tmp_path: Path) -> None:
    book = rich_template()
    del book.defined_names["更坏"]
    made, _ = filled(book, *PEOPLE, unit(), feedback(), item_list())
    counted = recalculated(made.path, tmp_path / "counted")
    assert error_cells(counted) == []
    sheets = load_workbook(counted, data_only=True)
    assert sheets["花名册"]["B7"].value == 3
    assert sheets["花名册"]["G4"].value == "4518"
    assert sheets["汇总"]["A1"].value == 3
    assert sheets["汇总"]["A2"].value == 6


def test_what_people_wrote_is_no_placeholder(filled: Any) -> None:
    book = people_template()
    _, out = filled(book, member(name="{{日期}}"))
    assert out["花名册"]["B4"].value == "{{日期}}"


@pytest.mark.parametrize(
    ("formula", "moved"),
    [
        ("A4", "A4"), ("A5", "A8"), ("SUM(A4:A4)", "SUM(A4:A7)"), ("SUM($A$1:B9)", "SUM($A$1:B12)"), ("A1:A3", "A1:A3"),
        ("A:A", "A:A"), ("3:4", "3:7"), ("'表'!A5", "'表'!A8"), ("别的!A5", "别的!A5"), ('"A5"&A5', '"A5"&A8'),
        ("LOG10(A5)", "LOG10(A8)"), ("表1[姓名]", "表1[姓名]"), ("A5:A1048576", "A8:A1048576"), ("#REF!", "#REF!"),
        ("IF(A5>1,A6,\"\")", "IF(A8>1,A9,\"\")"), ("(((", "((("),
    ],
)  # fmt: skip
def test_formulas_move(formula: str, moved: str) -> None:
    assert Shift("表", 4, 3).formula(formula, "表") == moved


def test_headings_are_known_however_they_are_set() -> None:
    table = next(p for p in books_of(PEOPLE)["双报到台账"] if p.name == "党员报到花名册").tables[0]
    known = Known(table)
    texts = ["序 号", "姓　名*", "身份证号码（18位）", "ＩＤ", "出生\n年月", "联系电话:"]
    match = known.match([Heading(i, text) for i, text in enumerate(texts, 1)])
    titles = {column: table.columns[ours].title for column, ours in match.columns.items()}
    assert titles == {1: "序号", 2: "姓名", 3: "身份证号", 5: "出生年月", 6: "联系电话"}
