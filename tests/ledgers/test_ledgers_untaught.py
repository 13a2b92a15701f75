"""其他表格: the pairs of documents of no known form, which of them look alike, and corrections that come back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ledgers_books import books_of, table_of
from ledgers_samples import member, record, value

from pipeline.ledgers.lookalikes import group_looks, look_of, suggestions, unfamiliar
from pipeline.ledgers.office import Office
from pipeline.ledgers.table import Link
from pipeline.ledgers.untaught import SHEET
from pipeline.records import Record

LABELS = ("借用人", "所在部门", "联系电话", "设备名称", "借用日期", "归还日期")


def slip(file: str, title: str = "设备借用单", labels: tuple[str, ...] = LABELS, rows: Any = (), **more: Any) -> Record:
    """A page of no known form, with a value of its own beside each label."""
    fields: dict[str, Any] = {"text_1": value("全文", status="review")}
    if title:
        fields["title"] = value(title, status="review")
    fields |= {label: value(f"{label}写的", status="review", confidence=0.5) for label in labels}
    found = record("unknown", file, rows=rows, **fields, **more)
    found.issues = ["unknown_document"]
    return found


def rows(*records: Record, office: Office | None = None) -> list[dict[str, Any]]:
    table = table_of(records, SHEET, office)
    return [dict(zip((c.title for c in table.columns), row, strict=True)) for row in table.frame.values.tolist()]


def test_each_pair_is_a_row_and_known_forms_have_none() -> None:
    found = rows(slip("a.jpg", labels=("借用人",)), member("b.jpg"))
    assert [(r["文件"], r["表名"], r["页"], r["标签"], r["识别值"]) for r in found] == [
        ("a.jpg", "设备借用单", 1, "借用人", "借用人写的")
    ]
    assert (found[0]["置信度"], found[0]["核对状态"]) == (0.5, "待核对")


def test_rows_of_lists_ticks_and_marks_are_shown() -> None:
    listed = [{"品名": value("投影仪", status="review")}, {"品名": value("话筒", status="review")}]
    more = {"状况": value(["完好", "齐全"], status="review"), "盖章": value(True, status="review")}
    found = rows(slip("a.jpg", labels=(), rows=listed, **more))
    assert [(r["标签"], r["识别值"]) for r in found] == [
        ("状况", "完好、齐全"),
        ("盖章", "有"),
        ("第1行 品名", "投影仪"),
        ("第2行 品名", "话筒"),
    ]


def test_labels_that_people_corrected_are_shown_under_the_key_that_stays() -> None:
    found = slip("a.jpg", labels=("借甪人",), rows=[{"品明": value("投影仪", status="review")}])
    found.labels = {"借甪人": "借用人", "rows.品明": "品名"}
    assert [(r["标签"], r["编号"]) for r in rows(found)] == [
        ("借用人", "id-a.jpg/借甪人"),
        ("第1行 品名", "id-a.jpg/rows.0.品明"),
    ]
    assert look_of(found).labels == {"借用人", "品名"}


def test_rows_link_to_scan_and_page_and_carry_notes() -> None:
    key = "id-a.jpg/借用人"
    office = Office("http://x", ("备注",), originals={"0" * 64: "archive/a.jpg"}, notes={key: {"备注": "已电话核实"}})
    [row] = rows(slip("a.jpg", labels=("借用人",)), office=office)
    assert row["原件"] == Link("原件", "archive/a.jpg")
    assert row["核对页"] == Link("核对", "http://x/documents/id-a.jpg")
    assert (row["编号"], row["备注"]) == (key, "已电话核实")


def test_the_sheet_stands_in_the_main_workbook_also_when_empty() -> None:
    names = {book: [plan.name for plan in plans] for book, plans in books_of([member("b.jpg")]).items()}
    assert SHEET in names["双报到台账"]
    assert rows(member("b.jpg")) == []


def test_documents_that_look_alike_are_shown_as_such() -> None:
    found = rows(slip("a.jpg"), slip("b.jpg"), slip("c.jpg", "门诊登记表", ("姓名", "科室")))
    assert {(r["文件"], r["看起来同类"]) for r in found} == {
        ("a.jpg", "设备借用单（2 份）"),
        ("b.jpg", "设备借用单（2 份）"),
        ("c.jpg", None),
    }


def names_of(*records: Record) -> list[tuple[str, ...]]:
    return [tuple(look.document_id.removeprefix("id-") for look in g.looks) for g in unfamiliar(records)]


def test_misread_labels_and_titles_are_alike_all_the_same() -> None:
    misread = ("借用人", "所在部门", "联系电活", "没备名称", "借用日期", "归还日期")
    assert names_of(slip("a"), slip("b", "没备借用单", misread), member("m")) == [("a", "b")]


def test_a_copy_without_a_title_is_known_by_its_labels() -> None:
    assert names_of(slip("a"), slip("b", "")) == [("a", "b")]
    assert names_of(slip("a"), slip("b", "", LABELS[:3])) == [("a",), ("b",)]


def test_forms_that_ask_for_the_same_under_other_titles_are_two() -> None:
    assert names_of(slip("a"), slip("b", "访客登记簿")) == [("a",), ("b",)]


def test_some_labels_may_be_lost_where_the_title_agrees() -> None:
    assert names_of(slip("a"), slip("b", labels=LABELS[:4])) == [("a", "b")]
    assert names_of(slip("a"), slip("b", labels=("主诉", "诊断"))) == [("a",), ("b",)]


def test_numbered_labels_are_the_same_label() -> None:
    assert look_of(slip("a", labels=("联系人", "联系人（2）"))).labels == {"联系人"}


def test_what_was_grouped_stays_grouped_when_more_comes() -> None:
    looks = [look_of(slip(str(i), "设备借用单" if i % 2 else "门诊登记表")) for i in range(6)]
    before = [group.documents for group in group_looks(looks[:4])]
    after = [group.documents[:2] for group in group_looks(looks)]
    assert before == after


def test_only_what_came_more_than_once_is_suggested() -> None:
    groups = unfamiliar([slip("a"), slip("b"), slip("c", "门诊登记表", ("姓名", "科室"))])
    [text] = suggestions(groups)
    assert "有 2 份" in text
    assert "设备借用单" in text
    assert "forms draft" in text


def test_a_number_taken_for_a_label_is_not_told() -> None:
    [text] = suggestions(unfamiliar([slip("a", "", ("l38OO001234",)), slip("b", "", ("l38OO001234",))]))
    assert "（l38****1234）" in text


def test_a_group_without_titles_is_named_by_its_labels(tmp_path: Path) -> None:
    [group] = unfamiliar([slip("a", ""), slip("b", "")])
    assert set(group.name.split("、")) <= set(LABELS)
