"""What other documents say of a value: the same, or something a stroke apart."""

from __future__ import annotations

from typing import Any

import pytest
from validation_samples import record_of

from pipeline.definitions import Forms
from pipeline.records import FieldStatus, FieldValue, Record, Value
from pipeline.validation.echoes import count_echoes

UNIT, SLIP = "济宁高新区养护中心", "济宁高新区养扩中心"


@pytest.fixture
def office(forms: Forms) -> Office:
    return Office(forms)


class Office:
    """Documents with one value each that may be echoed, and what is counted for them."""

    def __init__(self, forms: Forms) -> None:
        self.forms = forms
        self.records: list[Record] = []

    def add(self, doc_type: str, **values: Value) -> Record:
        record = record_of(self.forms[doc_type])
        record.document_id = f"{doc_type}-{len(self.records)}"
        record.fields = {key: FieldValue(value) for key, value in values.items()}
        record.rows = []
        self.records.append(record)
        return record

    def count(self, record: Record, path: str) -> tuple[int, int]:
        """Other documents with the same value, and with the likeliest rival."""
        return count_echoes(self.records, self.forms)[(record.document_id, path)]


def test_every_other_document_with_the_value_counts_once(office: Office) -> None:
    first, second, third = (office.add("member_registration", employer=UNIT) for _ in range(3))
    assert [office.count(r, "employer") for r in (first, second, third)] == [(2, 0)] * 3
    office.add("member_registration", employer="山东公用集团")
    assert office.count(first, "employer") == (2, 0)


def test_a_value_that_stands_nowhere_else_has_no_echo(office: Office) -> None:
    assert office.count(office.add("member_registration", employer=UNIT), "employer") == (0, 0)


def test_forms_that_use_one_dictionary_speak_for_one_another(office: Office) -> None:
    member = office.add("member_registration", employer=UNIT)
    office.add("service_feedback", service_unit=UNIT)
    assert office.count(member, "employer") == (1, 0)


def test_fields_of_other_kinds_do_not(office: Office) -> None:
    member = office.add("member_registration", position="社区广场")
    office.add("service_feedback", place="社区广场")
    assert office.count(member, "position") == (0, 0)


def test_the_same_document_twice_in_a_field_does_not_count(office: Office) -> None:
    """The rows of one list are of one hand, and one slip of it may stand in all of them."""
    listed = office.add("item_list")
    listed.rows = [{"owner": FieldValue(UNIT)}, {"owner": FieldValue(UNIT)}, {"owner": FieldValue(UNIT)}]
    assert office.count(listed, "rows.0.owner") == (0, 0)
    member = office.add("member_registration", employer=UNIT)
    assert office.count(member, "employer") == (1, 0)
    assert office.count(listed, "rows.2.owner") == (1, 0)


def test_names_and_numbers_of_people_are_one_kind_wherever_they_stand(office: Office) -> None:
    agreement = office.add("agreement", party_b_contact="方宇华", party_b_phone="13812345678")
    office.add("unit_registration", contact="方宇华", phone="13812345678")
    assert office.count(agreement, "party_b_contact") == (1, 0)
    assert office.count(agreement, "party_b_phone") == (1, 0)


def test_spaces_make_no_difference(office: Office) -> None:
    member = office.add("member_registration", employer="济宁高新区 养护中心")
    office.add("member_registration", employer=UNIT)
    assert office.count(member, "employer") == (1, 0)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("community", "洸河社区"),  # a closed list has its own judge
        ("id_number", "370811198003154510"),
        ("birth_date", "1980-03"),
        ("gender", "男"),
        ("service_intents", ["政策宣传"]),
        ("unit_seal", True),
        ("employer", None),
        ("employer", ""),
    ],
)
def test_what_does_not_repeat_itself_is_not_counted(office: Office, key: str, value: Any) -> None:
    for _ in range(2):
        office.add("member_registration", **{key: value})
    assert count_echoes(office.records, office.forms) == {}


# --- several things in one blank -----------------------------------------------------------------------------------


def test_of_several_things_the_one_with_least_support_counts(office: Office) -> None:
    both = office.add("member_registration", claimed_projects="垃圾分类宣传、养蜂技术推广")
    for _ in range(3):
        office.add("member_registration", claimed_projects="垃圾分类宣传")
    assert office.count(both, "claimed_projects") == (0, 0)
    office.add("agreement", projects="养蜂技术推广")
    assert office.count(both, "claimed_projects") == (1, 0)


# --- rivals --------------------------------------------------------------------------------------------------------


def test_a_value_a_stroke_from_an_established_one_has_a_rival(office: Office) -> None:
    slip = office.add("member_registration", employer=SLIP)
    right = [office.add("member_registration", employer=UNIT) for _ in range(3)]
    assert office.count(slip, "employer") == (0, 3)
    assert [office.count(r, "employer") for r in right] == [(2, 0)] * 3


def test_a_value_that_stands_once_is_nobodys_rival(office: Office) -> None:
    slip = office.add("member_registration", employer=SLIP)
    office.add("member_registration", employer=UNIT)
    assert office.count(slip, "employer") == (0, 0)


def test_two_established_values_are_each_others_rivals(office: Office) -> None:
    several = [office.add("member_registration", employer=e) for e in (UNIT, UNIT, UNIT, SLIP, SLIP)]
    assert [office.count(r, "employer") for r in several] == [(2, 2)] * 3 + [(1, 3)] * 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("火炬路142号3号楼", "火炬路143号3号楼"),  # neighbours
        ("图书242册", "图书42册"),
        ("科员", "科长"),  # too short for a stroke to mean a slip
        ("济宁高新区养护中心", "济宁任城区疗养中心"),  # too far apart
    ],
)
def test_different_things_are_no_rivals(office: Office, one: str, other: str) -> None:
    first = office.add("member_registration", home_address=one)
    for _ in range(3):
        office.add("member_registration", home_address=other)
    assert office.count(first, "home_address") == (0, 0)


def test_people_are_no_rivals_of_their_namesakes(office: Office) -> None:
    one = office.add("unit_registration", contact="方宇华")
    for _ in range(3):
        office.add("unit_registration", contact="方字华")
    assert office.count(one, "contact") == (0, 0)


# --- corrections and strangers -------------------------------------------------------------------------------------


def test_a_corrected_value_counts_as_it_now_stands(office: Office) -> None:
    read = office.add("member_registration", employer=UNIT)
    corrected = office.add("member_registration", employer=UNIT)
    corrected.fields["employer"].status = FieldStatus.CORRECTED
    corrected.fields["employer"].as_read = SLIP
    assert office.count(read, "employer") == (1, 0)
    slip = office.add("member_registration", employer=SLIP)
    assert office.count(slip, "employer") == (0, 2)


def test_documents_of_no_form_and_fields_of_none_are_passed_over(office: Office) -> None:
    member = office.add("member_registration", employer=UNIT)
    stranger = office.add("member_registration", employer=UNIT, once_a_field=UNIT)
    stranger.doc_type = "unknown"
    assert office.count(member, "employer") == (0, 0)
    stranger.doc_type = "member_registration"
    assert office.count(member, "employer") == (1, 0)
    assert (stranger.document_id, "once_a_field") not in count_echoes(office.records, office.forms)


def test_no_documents_no_echoes(forms: Forms) -> None:
    assert count_echoes([], forms) == {}
