"""What the office reports of itself: people, units, agreements, lists, claims, by community and month."""

from __future__ import annotations

import json
from typing import Any

from pipeline.ledgers.census import BLANK, Census, Figures
from pipeline.records import Record
from tests.ledgers.ledgers_samples import (
    DICTIONARIES,
    FORMS,
    agreement,
    feedback,
    item_list,
    member,
    record,
    unit,
    value,
)


def census(*records: Record) -> Figures:
    found = Census(FORMS, DICTIONARIES)
    assert list(found.watch(records)) == list(records)
    return found.figures()


def counts(figures: Figures, kind: str) -> dict[tuple[str, str], int]:
    return {(c.community, c.month): c.count for c in figures.counts if c.kind == kind}


def claims(figures: Figures) -> dict[tuple[str, str, str], int]:
    return {(c.community, c.month, c.kind): c.count for c in figures.claims}


def test_every_sheet_of_the_ledgers_is_a_kind_in_their_order() -> None:
    kinds = census().kinds
    assert list(kinds.values()) == [
        "党员报到花名册",
        "单位报到台账",
        "共驻共建协议台账",
        "资源清单",
        "需求清单",
        "项目清单",
        "服务活动反馈",
    ]
    assert list(kinds)[3] == "item_list:resource"


def test_people_units_agreements_and_services_by_community_and_month_on_paper() -> None:
    figures = census(member(), unit(), unit("v.jpg", report_date="2019-06"), agreement(), feedback())
    assert counts(figures, "member_registration") == {("科苑社区", "2019-05"): 1}
    assert counts(figures, "unit_registration") == {("洸河社区", "2019-05"): 1, ("洸河社区", "2019-06"): 1}
    assert counts(figures, "agreement") == {("洸河社区", "2019-05"): 1}
    assert counts(figures, "service_feedback") == {("洸河社区", "2019-08"): 1}
    assert figures.months == ["2019-05", "2019-06", "2019-08"]


def test_a_list_counts_by_its_rows() -> None:
    rows: list[dict[str, Any]] = [{"item": "义诊"}, {"item": "图书"}]
    figures = census(item_list("resource", rows=rows), item_list("demand", "d.jpg", rows=rows[:1]))
    assert counts(figures, "item_list:resource") == {("洸河社区", "2019-06"): 2}
    assert counts(figures, "item_list:demand") == {("洸河社区", "2019-06"): 1}
    unsorted = census(item_list("other", rows=rows))
    assert unsorted.kinds["item_list:"] == "三项清单（未分类）"
    assert counts(unsorted, "item_list:") == {("洸河社区", "2019-06"): 2}


def test_a_person_counts_once_where_they_registered_first() -> None:
    later = member("2.jpg", report_date="2019-07-01", community="洸河社区")
    other = member("3.jpg", id_number="370811197001010014")
    blank = member("4.jpg", id_number=value(None, status="missing"))
    for records in ((member(), later, other, blank), (blank, later, other, member())):
        assert counts(census(*records), "member_registration") == {("科苑社区", "2019-05"): 3}


def test_communities_stand_under_the_offices_names_in_its_order_and_blanks_last() -> None:
    figures = census(
        unit("1.jpg", community="金水岸"),
        unit("2.jpg", community="远方社区"),
        unit("3.jpg", community=value(None), report_date=value("2019年5月")),
    )
    assert figures.communities == ["洸河社区", "科苑社区", "黄金水岸社区", "远方社区", BLANK]
    assert counts(figures, "unit_registration") == {
        ("黄金水岸社区", "2019-05"): 1,
        ("远方社区", "2019-05"): 1,
        (BLANK, BLANK): 1,
    }
    assert figures.months == ["2019-05", BLANK]


def test_every_claim_is_done_open_or_overdue() -> None:
    late = item_list(file="l.jpg", rows=[{"item": "反诈宣传", "owner": "济宁高新区人民法院", "deadline": "2019-07-01"}])
    figures = census(agreement(), member(), late, feedback())
    assert claims(figures) == {
        ("洸河社区", "2019-05", "done"): 1,  # 义务法律咨询, by the feedback
        ("科苑社区", "2019-05", "open"): 1,
        ("洸河社区", "2019-06", "overdue"): 1,
    }
    assert figures.as_of == "2019-08-02"


def test_documents_of_no_form_count_for_nothing() -> None:
    figures = census(record("unknown"), record("gone_form"))
    assert (figures.counts, figures.claims, figures.months, figures.as_of) == ([], [], [], None)


def test_figures_outlast_being_kept_as_json() -> None:
    figures = census(member(), unit(), agreement(), feedback())
    assert Figures.from_dict(json.loads(json.dumps(figures.to_dict()))) == figures


def test_the_order_of_documents_does_not_matter() -> None:
    records = [member(), unit(), agreement(), feedback(), item_list()]
    assert census(*records) == census(*reversed(records))
