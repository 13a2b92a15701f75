"""What stands again elsewhere on a document: signatures, legends of seals, other fields."""

from __future__ import annotations

import pytest
from reading_documents import ENOUGH, read_all
from reading_steps import spelled
from reading_values import evidence

from pipeline.definitions import FormDefinition, Forms
from pipeline.reading.witness import Witness, falls_short
from pipeline.sheets import Reading

NAME = "于思强"


def says(key: str, text: str) -> dict[str, Witness]:
    """A place that reads ``text``."""
    return {key: lambda: [spelled(text)]}


@pytest.fixture(scope="module")
def member(forms: Forms) -> FormDefinition:
    return forms["member_registration"]


def test_a_signature_settles_a_name_that_the_ink_leaves_open(member: FormDefinition) -> None:
    ink = spelled("王建园", {2: {"园": 0.5, "国": 0.45}})
    alone = read_all(member, {"name": ink})["name"]
    signed = read_all(member, {"name": ink}, ENOUGH, says("applicant_signature", "王建国"))["name"]
    assert signed.value == "王建国"
    assert evidence(signed).support == 1.0
    assert signed.confidence > alone.confidence


def test_a_signature_of_somebody_else_changes_nothing(member: FormDefinition) -> None:
    ink = spelled("王建园", {2: {"园": 0.5, "国": 0.45}})
    alone = read_all(member, {"name": ink})["name"]
    other = read_all(member, {"name": ink}, ENOUGH, says("applicant_signature", "李思远"))["name"]
    assert (other.value, evidence(other)) == (alone.value, evidence(alone))


def test_a_seals_legend_settles_the_units_name(member: FormDefinition) -> None:
    ink = spelled("济宁高新区税务屋", {7: {"屋": 0.5, "局": 0.4}})
    legend = "中共济宁高新区税务局支部委员会"
    read = read_all(member, {"employer": ink}, ENOUGH, says("unit_seal", legend))["employer"]
    assert read.value == "济宁高新区税务局"
    assert evidence(read).support > 0.9


def test_the_party_branch_and_the_employer_speak_for_each_other(member: FormDefinition) -> None:
    ink = spelled("第七小字", {3: {"字": 0.5, "学": 0.45}})
    read = read_all(member, {"employer": ink, "party_branch": "第七小学党支部"}, ENOUGH)
    assert read["employer"].value == "第七小学"


def test_a_sure_value_hears_no_witness(member: FormDefinition) -> None:
    def never() -> list[Reading]:
        raise AssertionError("read in vain")

    read_all(member, {"name": "王建国"}, 0.0, {"applicant_signature": never})


@pytest.mark.parametrize("text", ["", "同意接收", "二〇一九年"])
def test_what_is_about_something_else_is_no_witness(text: str) -> None:
    assert falls_short([NAME, "于思绝"], [spelled(text)]) is None


def test_how_far_values_fall_short_of_the_witness() -> None:
    short = falls_short([NAME, "于思绝", "田"], [spelled(NAME)])
    assert short is not None
    assert short[0] == 0
    assert short[1] > 0
    assert short[2] > 0
