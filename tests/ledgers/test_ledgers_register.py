"""The registers read back: sheets, headings, cell types, colours, notes, layout."""

from __future__ import annotations

import datetime
import re
import zipfile
from pathlib import Path

import pytest
from ledgers_samples import (
    DICTIONARIES,
    FORMS,
    agreement,
    feedback,
    headings,
    item_list,
    member,
    record,
    rows_of,
    unit,
    value,
    values_of,
)
from openpyxl import load_workbook

from pipeline.definitions import FormDefinition, load_form
from pipeline.ledgers.codes import Reason
from pipeline.ledgers.export import write_all
from pipeline.records import Record

MAIN_SHEETS = [
    "党员报到花名册",
    "单位报到台账",
    "共驻共建协议台账",
    "资源清单",
    "需求清单",
    "项目清单",
    "统计汇总",
    "单位统计",
    "核对统计",
    "统计图",
    "待核对",
    "其他表格",
]
FEEDBACK_SHEETS = [
    "反馈台账",
    "无认领反馈",
    "反馈对应",
    "供需对接",
    "服务活动反馈",
    "统计汇总",
    "单位统计",
    "统计图",
]
TRAILING = ["核对状态", "问题", "核对人", "核对意见", "备注", "归属社区", "统计月份", "归属单位"]
TRAILING += ["来源文件", "原件", "核对页", "编号", "校验"]


def written(folder: Path, *records: Record) -> Path:
    """The main workbook of some records."""
    return write_all(records, FORMS, DICTIONARIES, folder)[1]


def test_the_workbooks_and_their_sheets_stand_even_without_records(tmp_path: Path) -> None:
    paths = write_all([], FORMS, DICTIONARIES, tmp_path)
    assert [p.name for p in paths] == ["records.jsonl", "双报到台账.xlsx", "服务反馈台账.xlsx"]
    assert load_workbook(paths[1]).sheetnames == MAIN_SHEETS
    assert load_workbook(paths[2]).sheetnames == FEEDBACK_SHEETS


def test_headings_are_the_titles_of_the_definition(tmp_path: Path) -> None:
    path = written(tmp_path, member())
    titles = [f.title for f in FORMS["member_registration"].fields]
    assert headings(path, "党员报到花名册") == ["序号", *titles, *TRAILING]
    sheet = load_workbook(path)["党员报到花名册"]
    assert sheet["A1"].value == "党员报到花名册"
    groups = [c.value for c in sheet[2] if c.value]
    assert list(dict.fromkeys(groups)) == ["登记内容", "核对情况", "办公栏", "统计归属", "原件"]
    assert groups.count("登记内容") == len(sheet.col_breaks.brk) + 1, "said again on every page"


def test_cells_have_the_types_an_office_needs(tmp_path: Path) -> None:
    path = written(tmp_path, member(), unit(), agreement(), feedback())
    row = rows_of(path, "党员报到花名册")[0]
    assert row["序号"].value == 1
    assert row["报到时间"].value == datetime.datetime(2019, 5, 18)
    assert row["报到时间"].number_format == "yyyy-mm-dd"
    assert (row["出生年月"].value, row["出生年月"].number_format) == ("1980-03", "@")
    for title, text in (("身份证号", "370811198003154518"), ("联系电话", "13800001234")):
        assert (row[title].value, row[title].data_type, row[title].number_format) == (text, "s", "@")
    assert row["服务意向"].value == "政策宣传、环境卫生"
    assert (row["本人签字"].value, row["社区盖章"].value, row["民族"].value) == ("有", "无", None)
    assert (row["核对状态"].value, row["问题"].value, row["来源文件"].value) == ("已通过", None, "m.jpg")

    row = rows_of(path, "单位报到台账")[0]
    assert (row["统一社会信用代码"].value, row["统一社会信用代码"].number_format) == ("11370800004234567X", "@")
    assert (row["在职党员人数"].value, row["在职党员人数"].data_type) == ("042", "s"), "leading zeros stay"
    assert rows_of(path, "共驻共建协议台账")[0]["协议编号"].value == "007-2019"

    row = rows_of(tmp_path / "服务反馈台账.xlsx", "服务活动反馈")[0]
    assert (row["参加人数"].value, row["服务时长"].value) == (33, 2.5)


def test_an_impossible_or_early_date_stays_text(tmp_path: Path) -> None:
    path = written(tmp_path, member(report_date="2019-02-30"), member(report_date="1899-12-31"))
    rows = rows_of(path, "党员报到花名册")
    assert [r["报到时间"].value for r in rows] == ["2019-02-30", "1899-12-31"]
    assert {r["报到时间"].data_type for r in rows} == {"s"}


HOSTILE = ["=1+1", "=cmd|' /C calc'!A0", "+86", "-2+3", "@SUM(A1)", "\t=1", "\n=1", '=HYPERLINK("http://x")', "%0A=1"]
MERELY_ODD = ["#N/A", "TRUE", "1E5", "2019-05-18", "'quoted"]


def test_nothing_read_becomes_a_formula(tmp_path: Path) -> None:
    texts = HOSTILE + MERELY_ODD
    members = [member(f"{i}.jpg", name=t, position=t, phone=t, birth_date=f"{t} ") for i, t in enumerate(texts)]
    rows = rows_of(written(tmp_path, *members), "党员报到花名册")
    for text, row in zip(texts, rows, strict=True):
        for title in ("姓名", "职务", "联系电话", "出生年月"):
            assert (row[title].value.removesuffix(" "), row[title].data_type) == (text, "s")
            assert row[title].quotePrefix == (text in HOSTILE)


def test_only_the_counts_are_formulas(tmp_path: Path) -> None:
    bad = value("=1+1", "low_confidence")
    records = [
        member("=m.jpg", name=bad, claimed_projects="=1+1", employer="=2", community="=3"),
        item_list("project", "=l.jpg", [{"item": "=1+1", "owner": "=2", "contact": bad}], community="=3"),
        feedback("=f.jpg", project="=1+1", service_unit="=2", community="=3", community_feedback="=4", hours="=5"),
        feedback("=g.jpg", project="=9"),
        record("unknown", "=u.jpg", 标题=bad),
    ]
    for path in write_all(records, FORMS, DICTIONARIES, tmp_path)[1:]:
        for sheet in load_workbook(path):
            formulas = {c.value for row in sheet.iter_rows() for c in row if c.data_type == "f"}
            if sheet.title in ("统计汇总", "单位统计", "核对统计"):
                assert all(re.match(r"=(COUNTIFS?|COUNT|SUM)\(", formula) for formula in formulas)
            else:
                assert not formulas


def test_a_carriage_return_does_not_hide_a_formula(tmp_path: Path) -> None:
    cell = rows_of(written(tmp_path, member(position="\r=1+1")), "党员报到花名册")[0]["职务"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("\n=1+1", "s", True)


def test_a_numeric_field_with_a_formula_stays_text(tmp_path: Path) -> None:
    path = written(tmp_path, unit(member_count="=2*3"), unit(member_count="-5"), unit(member_count="1e5"))
    cells = [r["在职党员人数"] for r in rows_of(path, "单位报到台账")]
    assert [(c.value, c.data_type) for c in cells] == [("=2*3", "s"), ("-5", "s"), ("1e5", "s")]


def test_what_xml_forbids_is_taken_out_and_what_excel_cannot_hold_is_cut(tmp_path: Path) -> None:
    odd = "好\x00的\x0b\ud800\uffff！"
    path = written(tmp_path, member(position=odd, home_address="长" * 40_000, unit_opinion="😀" * 20_000))
    row = rows_of(path, "党员报到花名册")[0]
    assert row["职务"].value == "好的！"
    assert len(row["家庭住址"].value) == 32_767
    assert row["家庭住址"].value.endswith("已截断）")
    assert "已截断" in row["家庭住址"].comment.text
    assert len(row["单位党组织意见"].value.encode("utf-16-le")) // 2 <= 32_767


def test_an_excel_escape_in_a_file_name_is_shown_as_it_is(tmp_path: Path) -> None:
    # ECMA-376 part 1, 22.9.2.19 ST_Xstring: in the file the escape is escaped, once.
    path = written(tmp_path, member("scan_x1080_.jpg"))
    with zipfile.ZipFile(path) as package:
        assert "<t>scan_x005F_x1080_.jpg</t>" in package.read("xl/sharedStrings.xml").decode()
    assert rows_of(path, "党员报到花名册")[0]["来源文件"].value == "scan_x1080_.jpg"


def test_doubtful_cells_are_coloured_by_reason_and_carry_a_note(tmp_path: Path) -> None:
    doubtful = member(
        id_number=value("370811198003154519", "id_checksum", confidence=0.62),
        name=value("赵一", "low_confidence", confidence=0.4),
        phone=value(None, "required_missing", status="missing"),
        employer=value("某局", "low_confidence", "not_in_dictionary"),
        unit_seal=value(False, "seal_missing"),
        position=value("科长"),
        education=value("大学本科", "low_confidence", status="corrected"),
    )
    row = rows_of(written(tmp_path, doubtful), "党员报到花名册")[0]

    def colour(title: str) -> str:
        return str(row[title].fill.fgColor.rgb)[-6:]

    assert colour("身份证号") == Reason.INVALID.colour
    assert colour("姓名") == Reason.UNSURE.colour
    assert colour("联系电话") == Reason.MISSING.colour
    assert colour("工作单位") == Reason.UNLISTED.colour, "the graver of two reasons"
    assert colour("单位盖章") == Reason.UNMARKED.colour
    assert row["职务"].fill.fill_type is None
    assert row["职务"].comment is None
    assert row["文化程度"].fill.fill_type is None, "what a person settled is not doubtful"
    note = row["身份证号"].comment.text
    assert "校验码不符" in note
    assert "0.62" in note
    assert "370811198003154519" in note
    assert row["核对状态"].value == "待核对"
    assert "身份证号：身份证号校验码不符" in row["问题"].value
    assert "文化程度" not in row["问题"].value


def test_the_status_of_a_row(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        member("1.jpg"),
        member("2.jpg", name=value("赵", "low_confidence")),
        member("3.jpg", name=value(None, "required_missing", status="missing")),
        member("4.jpg", name=value("赵", status="corrected")),
        member("5.jpg", status="failed"),
        member("6.jpg", status="needs_review"),
    )
    shown = [row["核对状态"] for row in values_of(path, "党员报到花名册")]
    assert shown == ["已通过", "待核对", "缺失", "已更正", "处理失败", "待核对"]


def test_a_row_of_a_list_answers_for_itself(tmp_path: Path) -> None:
    rows = [{"item": "会议室", "owner": "甲"}, {"item": value("车位", "low_confidence"), "owner": "乙"}]
    found = values_of(written(tmp_path, item_list("resource", rows=rows)), "资源清单")
    assert [r["核对状态"] for r in found] == ["已通过", "待核对"]


def test_lists_go_to_the_sheet_of_their_kind_with_the_columns_their_header_shows(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        item_list("resource", "r.jpg", [{"seq": "1", "item": "会议室", "owner": "某局", "phone": "0537-1"}]),
        item_list("demand", "d.jpg", []),
        item_list("project", "p.jpg"),
    )
    assert [r["名称"] for r in values_of(path, "资源清单")] == ["会议室"]
    assert "完成时限" not in values_of(path, "资源清单")[0]
    assert values_of(path, "资源清单")[0]["表内序号"] == 1
    assert values_of(path, "项目清单")[0]["完成情况"] == "进行中"
    assert values_of(path, "需求清单")[0]["来源文件"] == "d.jpg", "a list without rows is still a document"


def test_a_list_of_no_known_kind_is_kept(tmp_path: Path) -> None:
    book = load_workbook(written(tmp_path, item_list(value(None, "required_missing", status="missing"))))  # type: ignore[arg-type]
    assert "三项清单（未分类）" in book.sheetnames


def test_sheets_are_laid_out_for_screen_and_paper(tmp_path: Path) -> None:
    sheet = load_workbook(written(tmp_path, member(), member("n.jpg")))["党员报到花名册"]
    assert sheet.freeze_panes == "C4"
    (table,) = sheet.tables.values()
    assert (table.displayName, table.ref) == ("表_党员报到花名册", "A3:AK5")
    assert table.autoFilter.ref == table.ref
    assert [c.name for c in table.tableColumns] == [c.value for c in sheet[3]]
    merged = sorted(str(r) for r in sheet.merged_cells.ranges)
    assert merged[0].startswith("A1:"), "the title stands across the first page"
    assert (sheet.print_title_rows, sheet.print_title_cols) == ("$1:$3", "$A:$B")
    assert sheet.print_area == "'党员报到花名册'!$A$1:$AC$5", "links and what is for counting stay off the paper"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet.page_setup.scale >= 60, "small print nobody reads"
    assert sheet.col_breaks.brk, "what does not fit a page stands on the next, under the same headings"
    assert sheet["B4"].border.left.style == "thin"
    assert sheet["B4"].alignment.wrap_text
    assert sheet["B3"].font.bold
    widths = {sheet.cell(3, i).value: sheet.column_dimensions[sheet.cell(3, i).column_letter].width for i in (2, 6)}
    assert widths["身份证号"] >= 18
    assert widths["姓名"] < widths["身份证号"]


def test_a_document_of_several_files_and_pages_names_them(tmp_path: Path) -> None:
    two = agreement()
    two.files, two.pages, two.sha256 = ["b_1.jpg", "c.pdf"], [[1], [2, 3]], ["0", "1"]
    assert values_of(written(tmp_path, two), "共驻共建协议台账")[0]["来源文件"] == "b_1.jpg、c.pdf（第2、3页）"


SIXTH = """
schema: 1
type: volunteer_hours
title: 志愿时长登记卡
titles: [志愿时长登记卡]
fields:
  - {key: who, title: 志愿者, type: name, required: true, labels: [志愿者]}
  - {key: place, title: 所在社区, type: dictionary, dictionary: communities, labels: [所在社区]}
  - {key: total, title: 累计时长, type: number, labels: [累计时长]}
ledger: {workbook: WORKBOOK, sheet: 志愿时长}
"""


@pytest.mark.parametrize("workbook", ["双报到台账", "志愿者台账"])
def test_a_taught_form_gets_its_sheet_without_code(tmp_path: Path, workbook: str) -> None:
    definition = tmp_path / "sixth.yaml"
    definition.write_text(SIXTH.replace("WORKBOOK", workbook), encoding="utf-8")
    form = load_form(definition)
    card = record("volunteer_hours", "v.jpg", who="孙立", place="科苑社区", total="12")
    paths = write_all([card], {**FORMS, form.type: form}, DICTIONARIES, tmp_path / "out")
    path = tmp_path / "out" / f"{workbook}.xlsx"
    assert path in paths
    row = values_of(path, "志愿时长")[0]
    assert (row["志愿者"], row["所在社区"], row["累计时长"], row["来源文件"]) == ("孙立", "科苑社区", 12, "v.jpg")
    counted = load_workbook(path, data_only=True)["统计汇总"]
    at = next(c for row in counted.iter_rows() for c in row if c.value == "志愿时长")
    here = next(r for r in range(at.row + 1, at.row + 9) if counted.cell(r, 2).value == "科苑社区")
    assert counted.cell(here, at.column).value == 1


def renamed(form: FormDefinition) -> FormDefinition:
    """The same form with every key and its type named otherwise."""
    data = form.model_dump(mode="json", by_alias=True)
    data["type"] = f"x_{form.type}"
    for field in (*data["fields"], *((data["rows"] or {}).get("fields", ()))):
        for name in ("key", "within", "after", "inside", "near"):
            field[name] = field[name] and f"x_{field[name]}"
    if data["rows"]:
        data["rows"]["item"] = f"x_{data['rows']['item']}"
    for rule in data["rules"]:
        rule.update({k: f"x_{v}" for k, v in rule.items() if k != "rule" and isinstance(v, str)})
        rule.update({k: [f"x_{key}" for key in v] for k, v in rule.items() if isinstance(v, list)})
    for part in ("claims", "fulfils", "projects", "offers", "needs"):
        given = data[part] or {}
        given.update({k: f"x_{v}" for k, v in given.items() if isinstance(v, str)})
        given.update({"when": {f"x_{k}": v for k, v in given["when"].items()}} if "when" in given else {})
    data["ledger"]["by"] = data["ledger"]["by"] and f"x_{data['ledger']['by']}"
    return FormDefinition.model_validate(data)


def test_the_ledgers_know_no_field_and_no_form_by_name(tmp_path: Path) -> None:
    """Every key and type named otherwise, the same workbooks come out."""
    doubtful = value("=1", "id_checksum", confidence=0.3)
    batch = [member(id_number=doubtful), unit(), agreement(), item_list(), item_list("demand"), feedback()]
    plain = write_all(batch, FORMS, DICTIONARIES, tmp_path / "plain")
    for one in batch:
        one.doc_type = f"x_{one.doc_type}"
        one.fields = {f"x_{k}": v for k, v in one.fields.items()}
        one.rows = [{f"x_{k}": v for k, v in row.items()} for row in one.rows]
    forms = {f"x_{t}": renamed(f) for t, f in FORMS.items()}
    others = write_all(batch, forms, DICTIONARIES, tmp_path / "renamed")
    for before, after in zip(plain[1:], others[1:], strict=True):
        assert contents(after) == contents(before)


def contents(path: Path) -> dict[str, list[list[object]]]:
    """Every cell of a workbook but what names rows and checks them, which goes by keys."""
    out = {}
    for sheet in load_workbook(path):
        heads = {c.column: c.value for row in sheet.iter_rows(max_row=4) for c in row if c.value in ("编号", "校验")}
        out[sheet.title] = [[c.value for c in row if c.column not in heads] for row in sheet.iter_rows()]
    return out
