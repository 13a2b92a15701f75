"""Claims and feedback matched as people write them."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from ledgers_samples import DICTIONARIES, FORMS, agreement, feedback, item_list, member, unit, value, values_of

from pipeline.ledgers.export import write_all
from pipeline.ledgers.links import Matches, match_claims
from pipeline.records import Record


def match(*records: Record) -> Matches:
    return match_claims(records, FORMS, DICTIONARIES)


def ledger(folder: Path, *records: Record, **options: Any) -> list[dict[str, Any]]:
    return values_of(write_all(records, FORMS, DICTIONARIES, folder, **options)[2], "反馈台账")


def test_several_projects_in_one_blank_are_each_a_claim() -> None:
    found = match(unit())
    assert [c.project for c in found.claims] == ["义务法律咨询", "反诈骗知识宣传"]
    assert {c.by for c in found.claims} == {"济宁高新区人民法院"}


def test_one_claim_in_several_documents_is_one_row_with_all_of_its_evidence(tmp_path: Path) -> None:
    rows = ledger(
        tmp_path,
        unit("u.jpg", claimed_projects="义务法律咨询"),
        agreement("g.jpg"),
        item_list("project", "l.jpg"),
        member("m.jpg", employer="济宁高新区人民法院", community="洸河社区", claimed_projects="义务法律咨询"),
        feedback("f.jpg"),
    )
    assert len(rows) == 1
    row = rows[0]
    assert row["认领依据"] == "u.jpg、g.jpg、l.jpg 第1行、m.jpg"
    assert row["反馈依据"] == "f.jpg"
    assert (row["认领项目"], row["认领单位"], row["社区"]) == ("义务法律咨询", "济宁高新区人民法院", "洸河社区")
    assert row["认领人"] == "赵一帆"
    assert row["认领日期"] == datetime.datetime(2019, 5, 3), "the earliest"
    assert row["完成时限"] == datetime.datetime(2019, 12, 1), "the list's, before the agreement's end"
    assert (row["状态"], row["服务日期"]) == ("已完成", datetime.datetime(2019, 8, 2))
    assert (row["时长"], row["人数"], row["满意度"], row["社区反馈"]) == (2.5, 33, "满意", "效果明显。")
    assert "党组织" not in row["匹配说明"]
    assert "“中共济宁高新区人民法院支部委员会”即“济宁高新区人民法院”" in row["匹配说明"]


UNSURE = 0.6


@pytest.mark.parametrize(
    "written",
    [
        "济宁高新区人民法院",
        "中共济宁高新区人民法院支部委员会",
        "中共济宁高新区人民法院总支部",
        "中共济宁高新区人民法院委员会",
        "中共济宁高新区人民法院机关党委",
        "济宁高新区人民法院第一党支部",
        "济宁高新区人民 法院",
        "高新区人民法院",
        value("济宁高新区人民法完", "not_in_dictionary", confidence=UNSURE),
    ],
)
def test_employers_as_people_and_scanners_write_them(written: Any) -> None:
    found = match(unit(unit_name=written), feedback())
    assert len(found.pairs) == 1
    assert found.unmatched == []


def test_a_long_name_may_have_two_slips() -> None:
    slips = value("济宁商新区财政金融周", "not_in_dictionary", confidence=UNSURE)
    assert len(match(unit(unit_name=slips), feedback(service_unit="济宁高新区财政金融局")).pairs) == 1


@pytest.mark.parametrize(
    "written",
    [
        "济宁高新区人民检察院",  # another entry, two characters away
        value("济宁市第十五中学", "not_in_dictionary", confidence=UNSURE),
        "山东某某有限公司",
    ],
)
def test_other_employers_stay_other(written: Any) -> None:
    found = match(unit(unit_name="济宁市第十三中学"), unit("2.jpg"), feedback(service_unit=written))
    assert found.pairs == []
    assert found.unmatched == [0]


def test_a_short_form_of_two_names_is_neither() -> None:
    records = [unit("1.jpg", unit_name="济宁市公安局高新区分局"), unit("2.jpg", unit_name="济宁市环保局高新区分局")]
    assert match(*records, feedback(service_unit="高新区分局")).pairs == []
    assert len(match(records[0], feedback(service_unit="高新区分局")).pairs) == 1


def test_stray_characters_beside_a_name() -> None:
    stray = value("奐共济宁高新区人民法院支部委员会", "not_in_dictionary", confidence=UNSURE)
    assert len(match(unit(unit_name=stray), feedback()).pairs) == 1
    assert match(unit(claimed_projects="义务法律咨询回访"), feedback()).pairs == [], (
        "surely read, it is another project"
    )


def test_the_name_that_most_documents_write_is_the_one_shown() -> None:
    odd = unit("0.jpg", claimed_projects=value("楼道灯维修活呶", confidence=UNSURE))
    usual = [unit(f"{i}.jpg", claimed_projects="楼道灯维修") for i in (1, 2)]
    assert [c.project for c in match(odd, *usual).claims] == ["楼道灯维修"]


def test_a_blank_employer_is_filled_only_where_one_claim_fits() -> None:
    blank = feedback(service_unit=value(None, "required_missing", status="missing"))
    assert "未写明单位" in match(unit(), blank).pairs[0].note
    assert match(unit(), unit("2.jpg", unit_name="济宁市第十三中学"), blank).pairs == []


def test_an_alias_is_explained() -> None:
    found = match(
        member(employer="税务局"), feedback(service_unit="高新区税务局", project="关爱空巢老人", community="科苑社区")
    )
    assert found.claims[0].by == "济宁高新区税务局"
    assert "“高新区税务局”即“济宁高新区税务局”" in found.pairs[0].note


@pytest.mark.parametrize(
    "written", ["中共洸河街道洸河社区委员会", "洸河", "洸河社区党委", value("洸河杜区", confidence=UNSURE)]
)
def test_communities_as_people_write_them(written: Any) -> None:
    assert len(match(unit(), feedback(community=written)).pairs) == 1


def test_a_slip_inside_a_committees_name() -> None:
    found = match(
        agreement(party_a=value("中共洸河街道科宛社区委员会", confidence=UNSURE)), feedback(community="科苑社区")
    )
    assert len(found.pairs) == 1


@pytest.mark.parametrize(
    ("claimed", "served"),
    [
        ("社区环境卫生整治", "环境卫生整治活动"),
        ("反诈骗知识宣传", "反诈宣传"),
        ("义务法律咨询", "法律咨询"),
        ("社区文艺汇演", "文艺汇演"),  # in no list
        ("社区文艺汇演", "开展社区文艺汇演"),
        ("社区环境卫生整治", value("社区环境卫生整给", confidence=UNSURE)),
        ("健康义诊进社区", value("健康义珍进社区", confidence=UNSURE)),  # in no list, a slip
    ],
)
def test_projects_as_people_write_them(claimed: str, served: Any) -> None:
    assert len(match(unit(claimed_projects=claimed), feedback(project=served)).pairs) == 1


def test_two_surely_read_names_in_no_list_are_two() -> None:
    found = match(unit(unit_name="济宁高新区崇文学校"), feedback(service_unit="济宁高新区崇德学校"))
    assert found.pairs == []


def test_the_order_of_documents_does_not_matter() -> None:
    slip = unit("1.jpg", unit_name=value("济宁高新区祟文学校", confidence=UNSURE))
    plain = unit("2.jpg", unit_name="济宁高新区崇文学校")
    for records in ((slip, plain), (plain, slip)):
        assert {c.by for c in match(*records).claims} == {"济宁高新区崇文学校"}


def test_a_blank_community_is_filled_only_where_one_claim_fits() -> None:
    blank = feedback(community=value(None, "required_missing", status="missing"))
    assert "未写明社区" in match(unit(), blank).pairs[0].note
    assert match(unit(), unit("2.jpg", community="科苑社区"), blank).pairs == []


def test_claims_of_unnamed_employers_are_not_thrown_together() -> None:
    missing = {"employer": value(None, "required_missing", status="missing")}
    assert len(match(member("1.jpg", **missing), member("2.jpg", name="钱二", **missing)).claims) == 2


def test_only_the_project_list_claims_and_only_where_someone_is_named() -> None:
    rows = [{"item": "关爱空巢老人", "owner": "济宁高新区税务局"}, {"item": "义务法律咨询", "owner": None}]
    assert match(item_list("resource", rows=rows)).claims == []
    assert match(item_list("demand", rows=rows)).claims == []
    assert [c.project for c in match(item_list("project", rows=rows)).claims] == ["关爱空巢老人"]


def test_feedback_without_a_claim_is_listed_apart_with_a_hint(tmp_path: Path) -> None:
    records = [
        unit(),
        feedback("ok.jpg"),
        feedback("other.jpg", project="关爱空巢老人"),
        feedback("else.jpg", community="科苑社区"),
    ]
    path = write_all(records, FORMS, DICTIONARIES, tmp_path)[2]
    rows = values_of(path, "无认领反馈")
    assert [r["反馈依据"] for r in rows] == ["other.jpg", "else.jpg"]
    assert rows[0]["匹配说明"] == "该单位在该社区认领的项目是：义务法律咨询、反诈骗知识宣传"
    assert rows[1]["匹配说明"] == "该单位认领了该项目，但社区为：洸河社区"
    assert len(values_of(path, "服务活动反馈")) == 3


def test_a_claim_without_feedback_says_so(tmp_path: Path) -> None:
    rows = ledger(tmp_path, unit(claimed_projects="义务法律咨询"))
    assert (rows[0]["状态"], rows[0]["服务日期"], rows[0]["反馈依据"]) == ("未反馈", None, None)
    assert "未找到" in rows[0]["匹配说明"]


@pytest.mark.parametrize(
    ("completion", "served", "as_of", "status"),
    [
        ("已完成", "2019-08-02", datetime.date(2020, 1, 1), "已完成"),
        ("进行中", "2019-08-02", datetime.date(2019, 9, 1), "进行中"),
        ("未完成", "2019-08-02", datetime.date(2019, 9, 1), "未完成"),
        ("进行中", "2019-08-02", datetime.date(2020, 1, 1), "逾期"),
        (None, "2019-08-02", datetime.date(2019, 9, 1), "已反馈"),
    ],
)
def test_the_status_of_a_claim(
    tmp_path: Path, completion: str | None, served: str, as_of: datetime.date, status: str
) -> None:
    rows = ledger(tmp_path, item_list(), feedback(completion=completion, service_date=served), as_of=as_of)
    assert rows[0]["状态"] == status


def test_overdue_is_reckoned_by_the_records_own_time(tmp_path: Path) -> None:
    late = item_list("project", "2.jpg", [], date="2020-01-31")
    newer = unit("3.jpg", report_date="2020-01-31", claimed_projects="关爱空巢老人")
    rows = ledger(tmp_path, item_list(), late, newer)
    status = {r["认领项目"]: r["状态"] for r in rows}
    assert status == {"义务法律咨询": "逾期", "关爱空巢老人": "未反馈"}


def test_a_doubtful_date_does_not_make_claims_overdue(tmp_path: Path) -> None:
    wrong = unit(report_date=value("2091-05-03", "date_in_future"), claimed_projects="关爱空巢老人")
    assert {r["状态"] for r in ledger(tmp_path, item_list(), wrong)} == {"未反馈"}


def test_several_services_for_one_claim_are_put_together(tmp_path: Path) -> None:
    rows = ledger(
        tmp_path,
        item_list(),
        feedback("1.jpg", service_date="2019-09-01", completion="已完成", hours="1.5", satisfaction="满意"),
        feedback("2.jpg", service_date="2019-07-01", completion="进行中", hours="2", satisfaction="基本满意"),
    )
    assert len(rows) == 1
    assert (rows[0]["时长"], rows[0]["人数"], rows[0]["满意度"]) == (3.5, 66, "满意")
    assert rows[0]["服务日期"] == datetime.datetime(2019, 9, 1)
    assert (rows[0]["状态"], rows[0]["完成情况"]) == ("已完成", "已完成")
    assert "共2次服务" in rows[0]["匹配说明"]


def test_done_after_the_deadline_is_noted(tmp_path: Path) -> None:
    rows = ledger(tmp_path, item_list(), feedback(service_date="2019-12-11"))
    assert rows[0]["状态"] == "已完成"
    assert "晚于时限10天" in rows[0]["匹配说明"]
