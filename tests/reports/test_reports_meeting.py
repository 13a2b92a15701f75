"""The summary for the meeting: right figures, one page, nothing from elsewhere, nobody's name or number."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pypdfium2
from playwright.sync_api import Browser

from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers.census import Census
from pipeline.ledgers.export import Ledgers
from pipeline.records import DocumentStatus, FieldStatus, FieldValue, Record
from pipeline.reports.meeting import Meeting, meeting_of, render, write_meeting_summary
from pipeline.reports.meeting_chart import lying, upright

DAY = date(2019, 12, 1)
PHONE = "13812345678"


def record(doc_type: str, number: int, rows: Iterable[dict[str, str]] = (), **fields: str) -> Record:
    def values(given: dict[str, str]) -> dict[str, FieldValue]:
        return {
            key: FieldValue(text, text, 0.99, FieldStatus.ACCEPTED, f"{number}.jpg", 1, None)
            for key, text in given.items()
        }

    made = Record(f"{number:016x}", doc_type, [f"{number}.jpg"], ["0" * 64], [[1]])
    made.fields, made.rows, made.status = values(fields), [values(row) for row in rows], DocumentStatus.ACCEPTED
    return made


def records() -> list[Record]:
    people = [
        record("member_registration", i, name=f"某人{i}", id_number=f"37081119800315{i:04d}", phone=PHONE,
               community=("科苑社区", "洸河社区")[i % 2], employer=f"<b>单位{i % 3}</b>",
               report_date=f"2019-0{5 + i % 2}-18")
        for i in range(6)
    ]  # fmt: skip
    unit = record("unit_registration", 10, unit_name="济宁一中", community="科苑社区", report_date="2019-05-02",
                  claimed_projects="义务法律咨询、关爱空巢老人")  # fmt: skip
    done = record("service_feedback", 11, service_unit="济宁一中", community="科苑社区", project="义务法律咨询",
                  service_date="2019-07-01", completion="已完成")  # fmt: skip
    needed = record("item_list", 12, [{"item": f"增设晾衣架{PHONE}"}], list_kind="demand", community="洸河社区",
                    date="2019-06-01")  # fmt: skip
    return [*people, unit, done, needed]


def meeting(forms: Forms, dictionaries: Dictionaries, given: list[Record]) -> Meeting:
    ledgers, census = Ledgers(forms, dictionaries), Census(forms, dictionaries)
    for one in given:
        ledgers.add(one)
        census.add(one)
    return meeting_of(census.figures(), ledgers.plans(), DAY)


def test_figures(forms: Forms, dictionaries: Dictionaries) -> None:
    made = meeting(forms, dictionaries, records())
    assert made.counted["党员报到花名册"] == 6
    assert made.counted["单位报到台账"] == 1
    assert made.claims == {"已完成": 1, "未完成": 1, "逾期": 0}
    assert made.done_share == 0.5
    assert made.employers == [("<b>单位0</b>", 2), ("<b>单位1</b>", 2), ("<b>单位2</b>", 2)]
    assert made.open_needs == 1
    assert made.needs[0].text == "增设晾衣架138****5678"
    assert made.communities is not None
    assert made.months is not None
    assert "科苑社区 党员报到花名册 3 单位报到台账 1" in made.communities.words
    assert "19年5月 党员报到花名册 3" in made.months.words


def test_the_page(forms: Forms, dictionaries: Dictionaries) -> None:
    page = render(meeting(forms, dictionaries, records()))
    assert "<b>单位" not in page
    assert "&lt;b&gt;单位0" in page
    assert "某人" not in page
    assert PHONE not in page
    assert not re.search(r"(?:src|href)=|https?://(?!www\.w3\.org)|<script", page)
    for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        ElementTree.fromstring(svg)


def test_an_office_without_anything(forms: Forms, dictionaries: Dictionaries) -> None:
    page = render(meeting(forms, dictionaries, []))
    assert page.count("还没有。") == 4
    assert "<svg" not in page


def test_many_communities_are_taken_together() -> None:
    drawing = lying({f"社区{i}": [i, 1] for i in range(3)}, ["党员", "单位"], stacked=True)
    assert drawing is not None
    assert [bar.label for bar in drawing.bars if bar.series == 2] == ["1", "2", "3"]
    assert all(bar.x + bar.width <= drawing.width for bar in drawing.bars)
    assert lying({"社区": [0]}, ["党员"], stacked=False) is None
    assert upright({}, ["党员"]) is None


def test_it_prints_on_one_page(forms: Forms, dictionaries: Dictionaries, browser: Browser, tmp_path: Path) -> None:
    people = [
        record("member_registration", i, name=f"某{i}", community=f"第{i % 20}长名称社区", employer=f"单位{i % 30}" * 9,
               report_date=f"{2018 + i % 2}-{1 + i % 12:02d}-01", claimed_projects=f"项目{i % 7}")
        for i in range(200)
    ]  # fmt: skip
    lists = [
        record("item_list", 999, [{"item": f"需求{i}" * 20} for i in range(30)], list_kind="demand", community="甲社区")
    ]
    ledgers, census = Ledgers(forms, dictionaries), Census(forms, dictionaries)
    for one in [*people, *lists]:
        ledgers.add(one)
        census.add(one)
    path = write_meeting_summary(census.figures(), ledgers.plans(), tmp_path, DAY)
    assert path == tmp_path / "summary" / "2019-12-01.html"
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(path.as_uri())
    page.pdf(path=tmp_path / "a.pdf", prefer_css_page_size=True, print_background=True)
    page.close()
    assert said == []
    document = pypdfium2.PdfDocument(tmp_path / "a.pdf")
    assert len(document) == 1
    document.close()
