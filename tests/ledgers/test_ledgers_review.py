"""待核对 and 统计汇总."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ledgers_samples import (
    DICTIONARIES,
    FORMS,
    agreement,
    feedback,
    item_list,
    member,
    record,
    rows_of,
    unit,
    value,
    values_of,
)
from openpyxl import load_workbook

from pipeline.ledgers.codes import CODES, DOCUMENT_STATUS, FIELD_STATUS, Reason, describe
from pipeline.ledgers.export import write_all
from pipeline.records import Code, DocumentStatus, FieldStatus, Record


def review(folder: Path, *records: Record) -> list[dict[str, Any]]:
    return values_of(write_all(records, FORMS, DICTIONARIES, folder)[1], "待核对")


def test_every_code_and_status_has_a_chinese_name() -> None:
    assert set(CODES) == {c.value for c in Code}
    assert set(FIELD_STATUS) == set(FieldStatus)
    assert set(DOCUMENT_STATUS) == set(DocumentStatus)
    assert all(not t.name.isascii() and t.advice.endswith("。") for t in CODES.values())
    assert "new_code" in describe("new_code").name


def test_the_most_costly_error_comes_first(tmp_path: Path) -> None:
    rows = review(
        tmp_path,
        member(
            "1.jpg",
            position=value("科长", "low_confidence", confidence=0.1),
            community=value("科院社区", "not_in_dictionary", confidence=0.8),
            name=value("赵一", "low_confidence", confidence=0.5),
        ),
        member("2.jpg", id_number=value("3708", "id_checksum", confidence=0.9), phone=value("1", "phone_format")),
        member("3.jpg", id_number=value("3709", "id_checksum", confidence=0.3)),
        unit("4.jpg", secretary=value("钱", "low_confidence", confidence=0.1), contact=value("孙", "low_confidence")),
        record("unknown", "5.jpg", status="needs_review"),
    )
    assert [(r["文件"], r["字段"]) for r in rows] == [
        ("3.jpg", "身份证号"),
        ("2.jpg", "身份证号"),
        ("1.jpg", "姓名"),
        ("4.jpg", "联系人"),  # required, before the secretary who is not
        ("4.jpg", "党组织书记"),
        ("5.jpg", "（整份文件）"),
        ("1.jpg", "报到社区"),
        ("2.jpg", "联系电话"),
        ("1.jpg", "职务"),
    ]
    assert [r["序号"] for r in rows] == list(range(1, 10))


def test_a_row_says_where_what_and_why(tmp_path: Path) -> None:
    doubtful = value("=3708", "id_checksum", confidence=0.25)
    doubtful.raw, doubtful.page = "=37O8", 2
    rows = review(tmp_path, member("夹/1.pdf", id_number=doubtful))
    assert rows[0].pop("校验")
    assert rows[0] == {
        "序号": 1,
        "文件": "夹/1.pdf",
        "页": 2,
        "表单类型": FORMS["member_registration"].title,
        "字段": "身份证号",
        "识别值": "=3708",
        "原始识别": "=37O8",
        "置信度": 0.25,
        "问题": "身份证号校验码不符",
        "处理建议": CODES["id_checksum"].advice,
        "编号": "id-夹/1.pdf/id_number",
        **dict.fromkeys(("确认无误", "核对人", "核对意见", "备注", "原件", "核对页")),
    }
    cell = rows_of(tmp_path / "双报到台账.xlsx", "待核对")[0]["识别值"]
    assert (cell.data_type, cell.number_format) == ("s", "@")
    assert str(cell.fill.fgColor.rgb).endswith(Reason.INVALID.colour)


def test_rows_of_lists_and_choices_are_named_in_chinese(tmp_path: Path) -> None:
    rows = review(
        tmp_path,
        item_list(
            value("demand", "low_confidence"),  # type: ignore[arg-type]
            rows=[{"item": "甲"}, {"item": value("乙", "low_confidence")}],
        ),
    )
    assert [(r["字段"], r["识别值"]) for r in rows] == [("清单类别", "需求"), ("第2行 名称", "乙")]


def test_documents_with_issues_have_rows_of_their_own(tmp_path: Path) -> None:
    twice = member("1.jpg", status="needs_review")
    twice.issues = ["duplicate_person", "page_missing"]
    failed = record("unknown", "2.jpg", status="failed")
    failed.issues = ["unreadable_page"]
    silent = member("3.jpg", status="needs_review")
    settled = member("4.jpg")
    settled.issues = ["duplicate_document"]
    rows = review(tmp_path, twice, failed, silent, settled)
    assert [(r["文件"], r["问题"]) for r in rows] == [
        ("1.jpg", "同一人重复登记"),
        ("1.jpg", "缺页"),
        ("2.jpg", "页面无法辨认"),
        ("2.jpg", "未识别的表单"),
        ("3.jpg", "待核对"),
    ]


def test_an_unknown_document_is_one_row(tmp_path: Path) -> None:
    pairs = {"事项": value("某事", status="review"), "经办人": value("某人", status="review")}
    strange = record("unknown", "x.jpg", **pairs)
    rows = review(tmp_path, strange)
    assert [(r["字段"], r["问题"]) for r in rows] == [("（整份文件）", "未识别的表单")]
    assert {r["表单类型"] for r in rows} == {"未识别的表单"}


def test_fields_of_a_form_that_is_defined_no_more_are_shown(tmp_path: Path) -> None:
    rows = review(tmp_path, record("gone_form", "x.jpg", **{"事项 1.2": value("某事", "low_confidence")}))
    assert ("事项 1.2", "某事") in [(r["字段"], r["识别值"]) for r in rows]


def blocks(path: Path, sheet: str = "统计汇总") -> dict[str, list[dict[str, Any]]]:
    """The tables of a sheet with several, by their titles."""
    out: dict[str, list[dict[str, Any]]] = {}
    heads: list[Any] = []
    title = ""
    for row in load_workbook(path, data_only=True)[sheet].iter_rows(min_row=2, values_only=True):
        if row[0] is None:
            title = ""
        elif not title:
            title, heads = str(row[0]), []
            out[title] = []
        elif not heads:
            heads = list(row)
        else:
            out[title].append({h: v for h, v in zip(heads, row, strict=True) if h})
    return out


def test_the_summary_counts_by_community(tmp_path: Path) -> None:
    paths = write_all(
        [
            member(community="科苑社区"),
            member("2.jpg", community="金水岸"),
            agreement(),
            unit(),
            item_list(),
            feedback(),
            member("3.jpg", community=value("南池社区", "not_in_dictionary")),
            member("4.jpg", community=value(None, "required_missing", status="missing")),
        ],
        FORMS,
        DICTIONARIES,
        tmp_path,
    )
    table = {r["社区"]: r for r in blocks(paths[1])["按社区统计"]}
    assert list(table) == ["洸河社区", "科苑社区", "黄金水岸社区", "南池社区", "（未填）", "合计"]
    assert table["黄金水岸社区"]["党员报到花名册"] == 1, "an alias counts for its community"
    assert table["洸河社区"]["共驻共建协议台账"] == 1, "the community's committee is the community's"
    assert table["合计"]["党员报到花名册"] == 4
    assert table["洸河社区"]["项目清单"] == 1
    months = {r["月份"]: r for r in blocks(paths[1])["按月统计"]}
    assert months[201905]["党员报到花名册"] == 4
    crossed = {r["社区"]: r for r in blocks(paths[1])["党员报到花名册：社区与月份"]}
    assert crossed["科苑社区"]["2019年05月"] == 1
    # the unit's two claims; agreement and list state one of them again
    claims = {r["社区"]: r for r in blocks(paths[2])["认领与完成：按社区"]}
    own = claims["洸河社区"]
    assert (own["认领项目"], own["已完成"], own["未反馈"]) == (2, 1, 1)
    assert claims["合计"]["认领项目"] == 6
    assert {r["社区"]: r for r in blocks(paths[2])["按社区统计"]}["洸河社区"]["服务活动反馈"] == 1


def test_the_summary_counts_statuses_and_problems_and_explains_colours(tmp_path: Path) -> None:
    doubtful = member("2.jpg", phone=value("1", "phone_format"))
    paths = write_all([member(), doubtful, record("unknown", "x.jpg", status="failed")], FORMS, DICTIONARIES, tmp_path)
    found = blocks(paths[1])
    own = {r["台账"]: r for r in found["核对情况（行）"]}["党员报到花名册"]
    assert (own["已通过"], own["待核对"], own["处理失败"], own["总数"]) == (1, 1, 0, 2)
    found = blocks(paths[1], "核对统计")
    problems = {r["问题"]: r["待核对数量"] for r in found["按问题统计"]}
    assert problems == {"电话号码格式不对": 1, "未识别的表单": 1}
    assert [r["含义"] for r in found["颜色说明"]] == [r.meaning for r in Reason]
