"""Matching on synthetic years, and the edges of what may be taken for what."""

from __future__ import annotations

from typing import Any

import pytest
from ledgers_samples import DICTIONARIES, FORMS, feedback, member, unit, value

from pipeline.ledgers.bodies import Bodies, Communities
from pipeline.ledgers.links import Links, Matches, match_claims
from pipeline.records import Record
from tests.synthesis.year import make_year
from tests.synthesis.year_score import score

UNSURE = 0.6
_MANY = "甄乔柏梅兰竹菊松桐榆槐杏桃李柳桂枫荷莲葵薇芦苇棠樱椿檀楠榕杉漆棉麻茶"


def match(*records: Record) -> Matches:
    return match_claims(records, FORMS, DICTIONARIES)


@pytest.mark.parametrize(("family", "recall"), [("usual", 0.95), ("other", 0.92)])
def test_a_synthetic_year(family: str, recall: float) -> None:
    year = make_year(3, family, people=700, feedback=200)
    found = score(match_claims(year.records, FORMS, year.dictionaries), year)
    assert found.precision >= 0.98
    assert found.recall >= recall


def test_a_year_comes_from_its_seed() -> None:
    one, two = (make_year(5, people=60, feedback=20) for _ in range(2))
    assert one.records == two.records
    assert one.fulfils == two.fulfils


def test_the_order_of_the_documents_does_not_matter() -> None:
    year = make_year(2, people=150, feedback=60)

    def pairs(records: list[Record]) -> set[tuple[str, str]]:
        links = Links(FORMS)
        for record in records:
            links.add(record)
        found = links.match(year.dictionaries)
        return {
            (found.claims[p.claim].mentions[0].community.text, found.fulfilments[p.fulfilment].source.files)
            for p in found.pairs
        }

    assert {file for _, file in pairs(year.records)} == {file for _, file in pairs(year.records[::-1])}


@pytest.mark.parametrize(
    ("claimed", "served"),
    [
        ("济宁市第一中学", "济宁市第二中学"),
        ("中国工商银行济宁洸河东支行", "中国工商银行济宁洸河西支行"),
        ("山东胜利生物工程有限公司", "山东胜利置业有限公司"),
        ("济宁高新区崇文学校", "济宁高新区崇德学校"),
        ("济宁高新区杨柳路小学", "济宁高新区杨柳路中学"),
    ],
)
def test_near_misses_are_no_matches(claimed: str, served: str) -> None:
    found = match(unit(unit_name=claimed), feedback(service_unit=served))
    assert found.pairs == []


def test_several_employers_with_the_same_project_each_get_their_own_feedback() -> None:
    names = ["济宁高新区人民法院", "济宁市第十三中学", "济宁高新区税务局"]
    claims = [unit(f"u{i}.jpg", unit_name=n, claimed_projects="义务法律咨询") for i, n in enumerate(names)]
    served = [feedback(f"f{i}.jpg", service_unit=n) for i, n in enumerate(["高新区人民法院", "第十三中学", "税务局"])]
    found = match(*claims, *served)
    assert {(found.claims[p.claim].by, p.fulfilment) for p in found.pairs} == {(n, i) for i, n in enumerate(names)}


def test_repeated_services_answer_one_claim() -> None:
    found = match(unit(), feedback("1.jpg"), feedback("2.jpg", service_date="2019-09-02"))
    assert [p.claim for p in found.pairs] == [0, 0]


def test_service_before_the_claim_is_not_its_fulfilment() -> None:
    found = match(unit(), feedback(service_date="2019-05-02"))
    assert found.pairs == []
    assert "服务日期2019-05-02早于认领日期2019-05-03" in found.hints[0]


@pytest.mark.parametrize("changes", [{"report_date": value("2019-12-03", "date_order")}, {"report_date": None}])
def test_a_doubtful_or_missing_date_of_the_claim_refuses_nothing(changes: dict[str, Any]) -> None:
    assert len(match(unit(**changes), feedback()).pairs) == 1


def test_projects_written_as_one_are_taken_apart() -> None:
    records = [unit(claimed_projects="义务法律咨询和反诈宣传"), feedback(project="反诈骗知识宣传/法律咨询")]
    found = match(*records)
    assert [c.project for c in found.claims] == ["义务法律咨询", "反诈骗知识宣传"]
    assert {p.claim for p in found.pairs} == {0, 1}


def test_a_likeness_is_explained_and_two_are_refused() -> None:
    claim = unit(claimed_projects="困难老人看望")
    found = match(claim, feedback(project="慰问困难老年人"))
    assert len(found.pairs) == 1
    assert "困难老人看望" in found.pairs[0].note + "".join(found.claims[0].notes)
    assert match(unit(claimed_projects="高龄老人看望、困难老人看望"), feedback(project="慰问老人")).pairs == []


def test_a_project_that_shares_only_common_words_is_another() -> None:
    found = match(unit(claimed_projects="消防安全知识讲座"), feedback(project="食品安全知识讲座"))
    assert found.pairs == []
    assert "消防安全知识讲座" in found.hints[0]


def test_two_projects_of_one_document_are_two() -> None:
    found = match(member(claimed_projects="关爱空巢老人、关爱孤寡老人"))
    assert len(found.claims) == 2


@pytest.mark.parametrize(
    "written", ["党员义务法律咨询", "到社区义务法律咨询", "志愿者义务法律咨询", "义务法律咨询主题党日活动"]
)
def test_who_does_it_and_where_tells_no_project_from_another(written: str) -> None:
    found = match(unit(claimed_projects="义务法律咨询"), feedback(project=written))
    assert [c.project for c in found.claims] == ["义务法律咨询"]
    assert len(found.pairs) == 1


def test_what_is_done_for_members_is_another_project() -> None:
    found = match(unit(claimed_projects="困难党员走访慰问"), feedback(project="党员垃圾分类宣传"))
    assert found.pairs == []


def test_a_zone_has_longer_names() -> None:
    bodies = Bodies()
    offices = ["税务局", "民政局", "审计局", "统计局"]
    bodies.learn(
        f"{place}{o}" for place in ("北安市云山区", "北安云山技术产业开发区", "北安国家云山区") for o in offices
    )
    for written in ("北安云山技术产业开发区税务局", "北安国家云山区税务局"):
        likeness = bodies.compare(written, "北安市云山区税务局", True)
        assert likeness is not None
        assert likeness.cost == 0
        assert bodies.compare(written, "北安市云山区审计局", True) is None


def test_a_slip_in_a_short_form_is_told_by_what_is_its_own() -> None:
    claim, served = unit(unit_name="山东泰安电力设备有限公司"), feedback(service_unit="泰安电立设备公司")
    assert len(match(claim, served).pairs) == 1
    served = feedback(service_unit="泰安电力设计公司")
    assert match(claim, served).pairs == []


def test_a_word_that_joins_may_stand_inside_an_employer() -> None:
    names = ["北安市人力资源和社会保障局", "北安人力资源和社会保障局", "北安市人力资源社会保障局"]
    claims = [unit(f"{i}.jpg", unit_name=name, claimed_projects="义务法律咨询") for i, name in enumerate(names)]
    assert len(match(*claims).claims) == 1


def test_words_that_are_unlike_are_one_where_they_stand_in_one_place_again_and_again() -> None:
    def projects(shared: int) -> set[str]:
        """Of employers of whom six claim a project, with so many who claim it by another name too."""
        claimed = ["居民楼道灯光修理" if i < 6 else "旧衣回收" for i in range(len(_MANY))]
        claimed += ["检修居民楼道照明"] * shared
        names = [f"{c}安机械厂" for c in (*_MANY, *_MANY[:shared])]
        records = [
            unit(f"{i}.jpg", unit_name=name, claimed_projects=project)
            for i, (name, project) in enumerate(zip(names, claimed, strict=True))
        ]
        return {c.project for c in match(*records).claims}

    assert projects(5) == {"居民楼道灯光修理", "旧衣回收"}
    assert projects(3) == {"居民楼道灯光修理", "旧衣回收", "检修居民楼道照明"}


def test_an_employers_places_are_learnt() -> None:
    bodies = Bodies()
    bodies.learn(["北安市图书馆", "北安市博物馆", "北安云山区税务局", "云山区民政局", "北安云山区审计局"])
    assert bodies.parse("北安市云山区税务局").core == "税务局"
    assert bodies.parse("云山区市场监督管理局").core == "市场监督管理局"
    assert bodies.compare("云山税务局", "北安云山区税务局", True) is not None
    assert bodies.compare("北安市图书馆", "北安市博物馆", True) is None


@pytest.mark.parametrize(
    ("written", "known", "sure", "same"),
    [
        ("洸河街道科苑", "科苑社区", True, True),
        ("洸河街道科苑", "洸河社区", True, False),
        ("科苑居委会", "科苑社区", True, True),
        ("科宛社区", "科苑社区", False, True),
        ("海龙社区", "海能社区", True, False),
        ("火剧社区", "火炬社区", True, True),  # it sounds the same
        ("苑社区", "科苑社区", True, True),
        ("苑社区", "海能社区", True, False),
    ],
)
def test_communities(written: str, known: str, sure: bool, same: bool) -> None:
    assert (Communities().compare(written, known, sure) is not None) == same
