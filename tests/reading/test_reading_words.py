"""Values made of words: names, choices, entries of the office's lists, and text."""

from __future__ import annotations

import dataclasses

import pytest
from reading_steps import spelled
from reading_values import (
    COMMUNITY,
    GENDER,
    KNOWLEDGE,
    NAME,
    PROGRESS,
    PROJECTS,
    SKILLS,
    TEXT,
    UNIT,
    doubtful,
    evidence,
    read,
)

from pipeline.definitions import FieldDefinition
from pipeline.dictionaries import Dictionary
from pipeline.reading.language import Lexicon
from pipeline.reading.names import NameModel

# --- names and text ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "value", "doubt"),
    [
        ("王建国", "王建国", False),
        ("王國強", "王国强", False),
        ("阿依古丽·买买提", "阿依古丽·买买提", False),
        ("王 建国", "王建国", True),
        ("王建国。", "王建国", True),
        ("王", "王", True),
    ],
)
def test_names(written: str, value: str, doubt: bool) -> None:
    answer = read(NAME, written)
    assert (answer.value, doubtful(answer)) == (value, doubt)


@pytest.mark.parametrize("written", ["—", "K", "12"])
def test_what_holds_no_character_of_a_name_stays_as_read_and_is_doubted(written: str) -> None:
    answer = read(NAME, written)
    assert (answer.value, doubtful(answer)) == (written, True)


NAMES = NameModel(["王建琼", "王琼", "李琼", "陈琼"] * 30)


def test_between_characters_that_the_ink_leaves_open_a_names_is_taken() -> None:
    open_ink = spelled("王竟", {1: {"竟": 0.5, "琼": 0.4}})
    answer = read(NAME, open_ink, knowledge=dataclasses.replace(KNOWLEDGE, names=NAMES))
    assert (answer.value, answer.raw, doubtful(answer)) == ("王琼", "王竟", True)
    assert read(NAME, open_ink).value == "王竟"  # without names known, the ink alone decides


@pytest.mark.parametrize("clear", [{"竟": 0.99, "琼": 0.005}, {"竟": 0.9999}])
def test_a_rare_name_is_never_bent_to_a_common_one_against_the_ink(clear: dict[str, float]) -> None:
    answer = read(NAME, spelled("王竟", {1: clear}), knowledge=dataclasses.replace(KNOWLEDGE, names=NAMES))
    assert (answer.value, doubtful(answer)) == ("王竟", False)


def test_words_say_nothing_about_names() -> None:
    common = dataclasses.replace(KNOWLEDGE, lexicon=Lexicon({"王建国": 10_000_000}))
    reading = spelled("王建囯", {2: {"囯": 0.5, "国": 0.45}})
    assert read(NAME, reading, knowledge=common).value == reading.text


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("同意接收。", "同意接收。"),
        (":同意", "同意"),
        ("__同意__", "同意"),
        ("火炬路142号6号楼2单元", "火炬路142号6号楼2单元"),
        ("___", None),
    ],
)
def test_text(written: str, value: str | None) -> None:
    assert read(TEXT, written).value == value


def test_text_over_several_lines_is_joined_without_a_gap() -> None:
    assert read(TEXT, "组织党员志愿者", "清理垃圾", "12袋").value == "组织党员志愿者清理垃圾12袋"


# --- choices and lists of the office -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "written"), [(GENDER, "男"), (GENDER, "女"), (PROGRESS, "已完成"), (PROGRESS, "未开始")]
)
def test_a_choice_as_written(what: FieldDefinition, written: str) -> None:
    answer = read(what, written)
    assert (answer.value, doubtful(answer)) == (written, False)
    assert evidence(answer).known


def test_a_choice_that_the_ink_leaves_open_is_one_of_the_options() -> None:
    gender = read(GENDER, spelled("勇", {0: {"勇": 0.5, "男": 0.45}}))
    assert (gender.value, doubtful(gender)) == ("男", True)
    progress = read(PROGRESS, spelled("已完戍", {2: {"戍": 0.5, "成": 0.45}}))
    assert (progress.value, doubtful(progress)) == ("已完成", True)
    assert gender.confidence < read(GENDER, "男").confidence


def test_what_is_far_from_every_option_stays_as_read() -> None:
    answer = read(PROGRESS, "取消")
    assert (answer.value, doubtful(answer)) == ("取消", True)


def test_a_closed_list() -> None:
    assert read(COMMUNITY, "洸河社区").value == "洸河社区"
    assert not doubtful(read(COMMUNITY, "洸河社区"))
    settled = read(COMMUNITY, spelled("洗河社区", {0: {"洗": 0.5, "洸": 0.45}}))
    assert (settled.value, doubtful(settled)) == ("洸河社区", True)


@pytest.mark.parametrize("written", ["北湖小区", "北湖社区", "幸福社区", "洗河社区"])
def test_a_name_that_a_closed_list_lacks_is_not_bent_to_its_nearest_entry(written: str) -> None:
    answer = read(COMMUNITY, written)
    assert (answer.value, doubtful(answer)) == (written, True)


@pytest.mark.parametrize("written", ["济宁高新区税务局", "高新区税务局"])
def test_an_entry_or_alias_as_written(written: str) -> None:
    answer = read(UNIT, written)
    assert (answer.value, doubtful(answer)) == (written, False)
    assert evidence(answer).known


def test_an_entry_is_chosen_where_the_ink_supports_it() -> None:
    answer = read(UNIT, spelled("济宁高新区税物局", {6: {"物": 0.5, "务": 0.45}}))
    assert (answer.value, doubtful(answer)) == ("济宁高新区税务局", True)
    assert answer.confidence < read(UNIT, "济宁高新区税务局").confidence


@pytest.mark.parametrize(
    "written", ["济宁高新区税物局", "济宁高新区商务局", "济宁高新区审计局", "曲阜师范大学", "济宁高新区"]
)
def test_a_name_in_no_list_is_read_as_written(written: str) -> None:
    answer = read(UNIT, written)
    assert (answer.value, doubtful(answer)) == (written, False)


def test_a_field_whose_list_is_empty_is_text() -> None:
    nothing = dataclasses.replace(KNOWLEDGE, dictionaries={"units": Dictionary.of("units", [])})
    assert read(UNIT, "济宁高新区税务局", knowledge=nothing).value == "济宁高新区税务局"


@pytest.mark.parametrize(
    "written",
    [
        "垃圾分类宣传、防汛物资支援",
        "垃圾分类宣传，防汛物资支援",
        "垃圾分类宣传;防汛物资支援",
        "垃圾分类宣传/防汛物资支援",
        "垃圾分类宣传。防汛物资支援。",
        "垃圾分类宣传、、防汛物资支援、",
        ":垃圾分类宣传、防汛物资支援",
        "垃圾分类宣传防汛物资支援",  # nothing between them: an entry ends where the next begins
    ],
)
def test_several_things_in_one_blank_are_joined_with_the_same_sign(written: str) -> None:
    assert read(PROJECTS, written).value == "垃圾分类宣传、防汛物资支援"


def test_a_list_over_two_lines() -> None:
    assert read(PROJECTS, "垃圾分类", "宣传、防汛物资支援").value == "垃圾分类宣传、防汛物资支援"


def test_each_thing_of_a_list_is_weighed_on_its_own() -> None:
    reading = spelled("垃圾分类宜传、树木修剪", {4: {"宜": 0.5, "宣": 0.45}})
    answer = read(PROJECTS, reading)
    assert (answer.value, doubtful(answer)) == ("垃圾分类宣传、树木修剪", True)


@pytest.mark.parametrize("written", ["垃圾分类宜传、防汛物资支援", "树木修剪、防汛物资支援", "无"])
def test_a_thing_in_no_list_is_read_as_written(written: str) -> None:
    assert read(PROJECTS, written).value == written


def test_a_list_without_a_dictionary() -> None:
    assert read(SKILLS, "音乐，舞蹈/书法；").value == "音乐、舞蹈、书法"
    assert read(SKILLS, "图书242册、停车位10个").value == "图书242册、停车位10个"
    assert read(SKILLS, "、").value is None
