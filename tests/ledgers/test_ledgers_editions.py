"""Periods, the sheets of one, and what changed between two."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from ledgers_books import Books, books_of
from ledgers_samples import DICTIONARIES, FORMS, feedback, item_list, member, unit, value
from openpyxl import load_workbook

from pipeline.batch.ways_out import keyed_tables
from pipeline.ledgers.belonging import listed_communities
from pipeline.ledgers.difference import (
    Difference,
    Snapshot,
    What,
    difference_plan,
    differences,
    is_compared,
    kept,
)
from pipeline.ledgers.edition import of_period
from pipeline.ledgers.frames import frame_of
from pipeline.ledgers.package import save_workbook
from pipeline.ledgers.periods import Length, Period, PeriodError, dating, last_period, parse_period
from pipeline.records import Record
from tests.support.libreoffice import error_cells, needs_libreoffice, recalculated

MAY = parse_period("2019-05")
PEOPLE, CLAIMS = "党员报到花名册", "反馈台账"


@pytest.mark.parametrize(
    ("text", "first", "last", "title"),
    [
        ("2026-05", (2026, 5, 1), (2026, 5, 31), "2026年5月"),
        ("2024-02", (2024, 2, 1), (2024, 2, 29), "2024年2月"),
        ("2026-12", (2026, 12, 1), (2026, 12, 31), "2026年12月"),
        ("2026-Q1", (2026, 1, 1), (2026, 3, 31), "2026年第一季度"),
        ("2026-Q4", (2026, 10, 1), (2026, 12, 31), "2026年第四季度"),
        ("2026", (2026, 1, 1), (2026, 12, 31), "2026年"),
    ],
)
def test_periods(text: str, first: tuple[int, ...], last: tuple[int, ...], title: str) -> None:
    period = parse_period(text)
    assert (period.first, period.last) == (datetime.date(*first), datetime.date(*last))
    assert (period.name, period.title) == (text, title)
    assert parse_period(period.previous.name).length is period.length
    assert period.previous.last + datetime.timedelta(days=1) == period.first


@pytest.mark.parametrize(
    "text", ["", "2026-13", "2026-00", "2026-Q5", "26-05", "2026-5", "../2026", "2026-05-01", "一月"]
)
def test_no_periods(text: str) -> None:
    with pytest.raises(PeriodError, match="2026-Q2"):
        parse_period(text)


@pytest.mark.parametrize(
    ("length", "today", "name"),
    [
        (Length.MONTH, (2026, 1, 31), "2025-12"),
        (Length.MONTH, (2026, 3, 1), "2026-02"),
        (Length.QUARTER, (2026, 1, 1), "2025-Q4"),
        (Length.QUARTER, (2026, 6, 30), "2026-Q1"),
        (Length.YEAR, (2026, 11, 26), "2025"),
    ],
)
def test_the_last_period_that_is_over(length: Length, today: tuple[int, ...], name: str) -> None:
    assert last_period(length, datetime.date(*today)).name == name


def test_a_document_belongs_where_it_is_dated() -> None:
    month = dating(FORMS)
    assert month(member(report_date="2019-05-18")) == "2019-05"
    assert month(member(report_date="2019-05")) == "2019-05"
    assert month(member(report_date=None)) == month(member(report_date="五月")) == ""
    assert month(feedback(service_date="2019-08-02")) == "2019-08"
    assert month(Record("x", "unknown", [], [], [])) == ""
    assert MAY.reaches("")
    assert MAY.reaches("2018-12")
    assert not MAY.reaches("2019-06")


def edition(*records: Record, period: Period = MAY) -> Books:
    month = dating(FORMS)
    books = books_of((r for r in records if period.reaches(month(r))), as_of=period.last)
    of_period(books, period, period.last, listed_communities(FORMS, DICTIONARIES))
    return books


def rows(books: Books, sheet: str) -> list[dict[str, object]]:
    (table,) = next(plan.tables for plans in books.values() for plan in plans if plan.name == sheet)
    return table.frame.to_dict("records")


def test_rows_of_the_period_are_told_apart() -> None:
    books = edition(
        member("a.jpg", report_date="2019-04-30"),
        member("b.jpg", report_date="2019-05-01"),
        member("c.jpg", report_date=None),
        member("d.jpg", report_date="2019-06-01"),
    )
    found = {row["source"]: row["in_period"] for row in rows(books, PEOPLE)}
    assert found == {"a.jpg": None, "b.jpg": "是", "c.jpg": None}


def test_marks_stay_on_their_cells() -> None:
    books = edition(member(phone=value("138", "phone_format")))
    (table,) = next(plan.tables for plan in books["双报到台账"] if plan.name == PEOPLE)
    assert {table.columns[c].key for _, c in table.marks} == {"fields.phone"}


def test_claims_are_overdue_by_the_periods_last_day() -> None:
    demand = item_list(date="2019-05-02", rows=[
        {"item": "义务法律咨询", "owner": "济宁高新区人民法院", "deadline": "2019-05-20"}])  # fmt: skip
    late = item_list(file="l2.jpg", date="2019-05-02", rows=[
        {"item": "社区环境卫生整治", "owner": "济宁高新区人民法院", "deadline": "2019-06-20"}])  # fmt: skip
    after = feedback(service_date="2019-06-02")  # does not count yet
    may = {row["project"]: row["status"] for row in rows(edition(demand, late, after), CLAIMS)}
    assert may == {"义务法律咨询": "逾期", "社区环境卫生整治": "未反馈"}
    june = rows(edition(demand, late, after, period=parse_period("2019-06")), CLAIMS)
    assert {row["project"]: row["status"] for row in june} == {"义务法律咨询": "已完成", "社区环境卫生整治": "逾期"}
    assert [row["in_period"] for row in june if row["project"] == "义务法律咨询"] == ["是"]  # done in it


def test_titles_and_counts_name_the_period(tmp_path: Path) -> None:
    books = edition(
        member("a.jpg", report_date="2019-04-30"), member("b.jpg"), unit(), feedback(service_date="2019-05-03")
    )
    for plans in books.values():
        assert all("2019年5月" in plan.title for plan in plans)
    counts = next(plan for plan in books["双报到台账"] if plan.name == "统计汇总").tables
    first = next(table for table in counts if table.title.startswith("本期") and "社区" in table.title)
    heads = [column.title for column in first.columns]
    total = dict(zip(heads, first.frame.iloc[-1], strict=True))
    assert total[PEOPLE].result == 1
    path = save_workbook(books["双报到台账"], tmp_path / "a.xlsx")
    assert load_workbook(path)[PEOPLE]["A1"].value == f"{PEOPLE}（2019年5月，截至2019-05-31）"


@needs_libreoffice
def test_a_spreadsheet_counts_an_edition(tmp_path: Path) -> None:
    books = edition(member("a.jpg", report_date="2019-04-30"), member("b.jpg"), unit(), item_list(date="2019-05-01"))
    change = difference_plan(difference([member("a.jpg")], [member("b.jpg")]), "与上期对比", "与上期对比")
    for name, plans in books.items():
        path = save_workbook([*plans, change], tmp_path / f"{name}.xlsx")
        counted = recalculated(path, tmp_path / "counted")
        assert error_cells(counted) == []
        assert _counts(counted) == _counts(path)


def _counts(path: Path) -> list[list[object]]:
    return [[cell.value for cell in row] for row in load_workbook(path, data_only=True)["统计汇总"].iter_rows()]


def snapshot(records: list[Record]) -> Snapshot:
    tables = keyed_tables(books_of(records))
    return {sheet: kept(frame_of(table)) for sheet, table in tables.items() if is_compared(sheet, table)}


def difference(before: list[Record], after: list[Record], **successors: str) -> Difference:
    return differences(snapshot(before), snapshot(after), successors)


def changes(found: Difference, sheet: str) -> list[tuple[What, str, str | None, str, str]]:
    own = [change for change in found.changes if change.sheet == sheet]
    return [(c.what, c.name, c.field.title if c.field else None, c.before, c.after) for c in own]


def test_new_changed_and_gone() -> None:
    before = [member("a.jpg", name="赵一"), member("b.jpg", name="钱二"), member("c.jpg", name="孙三")]
    after = [member("b.jpg", name="钱二"), member("c.jpg", name="孙三", phone=None, birth_date="1980-03-15"),
             member("d.jpg", name="李四")]  # fmt: skip
    found = difference(before, after)
    assert changes(found, PEOPLE) == [
        (What.CHANGED, "孙三", "出生年月", "1980-03", "1980-03-15"),
        (What.CHANGED, "孙三", "联系电话", "13800001234", ""),
        (What.NEW, "李四", None, "", ""),
        (What.GONE, "赵一", None, "", ""),
    ]
    (counted,) = (c for c in found.counts if c.sheet == PEOPLE)
    assert (counted.before, counted.after, counted.new, counted.changed, counted.gone) == (3, 3, 1, 1, 1)


def test_what_was_only_checked_is_no_change() -> None:
    found = difference([member(name=value("赵一帆", "low_confidence"))], [member()])
    assert changes(found, PEOPLE) == []


def test_a_better_scan_is_a_change() -> None:
    before, after = [member("a.jpg", name="赵—帆")], [member("b.jpg")]
    assert changes(difference(before, after, **{"id-a.jpg": "id-b.jpg"}), PEOPLE) == [
        (What.CHANGED, "赵一帆", "姓名", "赵—帆", "赵一帆")
    ]
    assert {what for what, *_ in changes(difference(before, after), PEOPLE)} == {What.NEW, What.GONE}


def test_a_successor_that_was_there_before_leaves_the_other_gone() -> None:
    both = [member("a.jpg", name="赵—帆"), member("b.jpg")]
    found = difference(both, [member("b.jpg")], **{"id-a.jpg": "id-b.jpg"})
    assert changes(found, PEOPLE) == [(What.GONE, "赵—帆", None, "", "")]


def test_rows_of_a_list_go_by_their_number() -> None:
    one, two = {"item": "义务法律咨询", "owner": "法院"}, {"item": "关爱空巢老人", "owner": "税务局"}
    found = difference(
        [item_list(file="a.jpg", rows=[one])],
        [item_list(file="b.jpg", rows=[one, two])],
        **{"id-a.jpg": "id-b.jpg"},
    )
    assert [change[:2] for change in changes(found, "项目清单")] == [(What.NEW, "关爱空巢老人")]


def test_a_claim_under_another_number_is_the_same() -> None:
    later, earlier = unit("b.jpg"), unit("a.jpg", report_date="2019-04-01")
    found = difference([later], [earlier, later])
    assert What.GONE not in {what for what, *_ in changes(found, CLAIMS)}


def test_the_sheet_of_a_difference_may_hide_numbers() -> None:
    found = difference([member(id_number="370811198003154518")], [member(id_number="37081119800315451")])
    open_, hidden = (
        "".join(str(table.frame.to_numpy().tolist()) for table in difference_plan(found, "a", "a", hide=hide).tables)
        for hide in (False, True)
    )
    assert "370811198003154518" in open_
    assert "37081119800315451" not in hidden
    assert "370811*******5451" in hidden
