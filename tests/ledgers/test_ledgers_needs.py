"""需供对接: needs beside what is offered and what came of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ledgers_samples import DICTIONARIES, FORMS, feedback, item_list, unit, value, values_of

from pipeline.ledgers.export import Ledgers, write_all
from pipeline.records import Record


def rows(folder: Path, *records: Record) -> list[dict[str, Any]]:
    return values_of(write_all(records, FORMS, DICTIONARIES, folder)[2], "供需对接")


def needs(*items: str, file: str = "n.jpg", **changes: Any) -> Record:
    return item_list("demand", file, [{"item": item, "owner": "3号楼居民"} for item in items], **changes)


def offers(*items: str, file: str = "o.jpg", **changes: Any) -> Record:
    owned = [{"item": item, "owner": "济宁高新区人民法院"} for item in items]
    return item_list("resource", file, owned, **changes)


def test_a_need_stands_beside_what_may_meet_it(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, needs("义诊服务"), offers("义诊医生6名", "投影仪2台"))
    assert row["状态"] == "有资源"
    assert (row["需求"], row["社区"], row["需求主体"]) == ("义诊服务", "洸河社区", "3号楼居民")
    assert row["可对接资源"] == "义诊医生6名（济宁高新区人民法院）"
    assert row["需求依据"] == "n.jpg 第1行"
    assert row["匹配说明"] == "资源“义诊医生6名”同有“义诊”"


def test_words_of_one_meaning_fit_and_are_named(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, needs("法律讲座"), offers("律师3名"))
    assert row["可对接资源"].startswith("律师3名")
    assert "法律/律师" in row["匹配说明"]


def test_how_many_of_a_thing_there_are_says_nothing(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, needs("健身器材3套"), offers("桌椅3套"))
    assert (row["状态"], row["可对接资源"]) == ("待对接", None)
    assert row["匹配说明"] == "未找到用词相近的资源和项目"


def test_the_same_community_comes_first_and_others_are_named(tmp_path: Path) -> None:
    near = offers("绿化工具", file="b.jpg")
    far = offers("绿化工具30件", file="a.jpg", community="科苑社区")
    (row,) = rows(tmp_path, needs("社区绿化工具"), far, near)
    assert row["可对接资源"] == "绿化工具（济宁高新区人民法院）；绿化工具30件（济宁高新区人民法院，科苑社区）"
    assert "（其他社区）" in row["匹配说明"]


@pytest.mark.parametrize(
    ("records", "state"),
    [
        ([], "待对接"),
        ([unit(claimed_projects="义务法律咨询")], "已认领"),
        ([unit(claimed_projects="义务法律咨询"), feedback()], "已完成"),
        ([item_list(), unit("later.jpg", report_date="2020-06-01", claimed_projects="反诈骗知识宣传")], "逾期"),
        ([unit(claimed_projects="义务法律咨询", community="科苑社区")], "待对接"),
    ],
)
def test_the_state_follows_the_projects_of_the_community(tmp_path: Path, records: list[Record], state: str) -> None:
    (row,) = rows(tmp_path, needs("法律咨询"), *records)
    assert row["状态"] == state
    if state == "已完成":
        assert row["相关项目"] == "义务法律咨询（济宁高新区人民法院）：已完成"


def test_open_needs_come_first(tmp_path: Path) -> None:
    found = rows(
        tmp_path,
        needs("法律咨询", "义诊", "更换窗户"),
        offers("义诊医生"),
        unit(claimed_projects="义务法律咨询"),
        feedback(),
    )
    assert [r["状态"] for r in found] == ["待对接", "有资源", "已完成"]
    assert [r["序号"] for r in found] == [1, 2, 3]


def test_a_doubtful_need_is_marked_and_a_formula_stays_text(tmp_path: Path) -> None:
    rows_ = [{"item": value("=1+1", "low_confidence"), "owner": None}]
    ledgers = Ledgers(FORMS, DICTIONARIES)
    ledgers.add(item_list("demand", "n.jpg", rows_))
    (plan,) = [p for p in ledgers.plans()["服务反馈台账"] if p.name == "供需对接"]
    assert plan.tables[0].marks
    assert rows(tmp_path, item_list("demand", "n.jpg", rows_))[0]["需求"].lstrip("'") == "=1+1"


def test_without_a_definition_there_is_no_sheet() -> None:
    forms = {k: f.model_copy(update={"needs": None, "offers": None}) for k, f in FORMS.items()}
    assert "供需对接" not in [p.name for p in Ledgers(forms, DICTIONARIES).plans()["服务反馈台账"]]
