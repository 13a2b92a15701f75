"""Every code of the record contract that one document's fields can carry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from validation_samples import MEMBER, RIGHT, id_number, issues, read, record_of, statuses, wrong_check

from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.records import DocumentStatus, FieldStatus, Record, Value
from pipeline.settings import Acceptance
from pipeline.validation.document import validate_document
from pipeline.validation.fields import first_day
from tests.conftest import TODAY

Check = Callable[..., Record]
ACCEPTANCE = Acceptance(target=0.98, strict=0.99)


@pytest.fixture
def check(forms: Forms, dictionaries: Dictionaries) -> Check:
    """A right document of a form with some values changed, validated."""

    def _check(form: str, **changed: Any) -> Record:
        record = record_of(forms[form], **changed)
        validate_document(record, forms[form], dictionaries, ACCEPTANCE, TODAY)
        return record

    return _check


@pytest.mark.parametrize("form", RIGHT)
def test_a_right_document_is_accepted_without_a_word(form: str, check: Check) -> None:
    record = check(form)
    assert issues(record) == {}
    assert statuses(record) == (DocumentStatus.ACCEPTED, set())
    assert record.issues == []


@pytest.mark.parametrize("form", RIGHT)
def test_every_required_field_that_is_empty_is_missing(form: str, check: Check, forms: Forms) -> None:
    marks = {"seal": "seal_missing", "signature": "signature_missing"}
    for field in forms[form].fields:
        empty: Value = False if field.type.is_mark else None
        record = check(form, **{field.key: empty})
        if field.required:
            assert issues(record)[field.key] == [marks.get(field.type.value, "required_missing")]
            assert record.fields[field.key].status is FieldStatus.MISSING
            assert record.status is DocumentStatus.REVIEW
        else:
            assert statuses(record) == (DocumentStatus.ACCEPTED, set()), field.key


@pytest.mark.parametrize("empty", [None, "", []])
def test_empty_in_any_form_is_missing(empty: Value, check: Check) -> None:
    assert issues(check("member_registration", name=empty)) == {"name": ["required_missing"]}


def test_an_empty_field_breaks_no_other_rule(check: Check) -> None:
    record = check("member_registration", id_number=None, birth_date=None, phone="", report_date=None)
    assert issues(record) == {key: ["required_missing"] for key in ("id_number", "birth_date", "phone", "report_date")}


# --- ID numbers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number", [wrong_check(id_number()), id_number()[:-1], id_number() + "0", "不知道", id_number()[:-1] + "x"]
)
def test_id_checksum(number: str, check: Check) -> None:
    record = check("member_registration", id_number=number)
    assert issues(record) == {"id_number": ["id_checksum"]}
    assert statuses(record) == (DocumentStatus.REVIEW, {"id_number"})


def test_id_region(check: Check) -> None:
    record = check("member_registration", id_number=id_number(region="999999"))
    assert issues(record) == {"id_number": ["id_region"]}


def test_an_id_number_of_a_county_that_was_merged_away(check: Check) -> None:
    assert issues(check("member_registration", id_number=id_number(region="370802"))) == {}


def test_an_id_number_with_a_birth_date_that_cannot_be(check: Check) -> None:
    record = check("member_registration", id_number=id_number(born="19800231"))
    assert "date_impossible" in issues(record)["id_number"]
    assert record.fields["id_number"].status is FieldStatus.REVIEW


@pytest.mark.parametrize("birth_date", ["1980-04", "1981-03", "1980-03-16"])
def test_id_birth_mismatch(birth_date: str, check: Check) -> None:
    record = check("member_registration", birth_date=birth_date)
    assert issues(record) == {"id_number": ["id_birth_mismatch"], "birth_date": ["id_birth_mismatch"]}
    assert statuses(record) == (DocumentStatus.REVIEW, {"id_number", "birth_date"})


@pytest.mark.parametrize("birth_date", ["1980-03", "1980-03-15"])
def test_a_birth_date_that_agrees_as_far_as_it_goes(birth_date: str, check: Check) -> None:
    assert issues(check("member_registration", birth_date=birth_date)) == {}


def test_id_gender_mismatch(check: Check) -> None:
    record = check("member_registration", gender="女")
    assert issues(record) == {"id_number": ["id_gender_mismatch"], "gender": ["id_gender_mismatch"]}
    assert statuses(record) == (DocumentStatus.REVIEW, {"id_number", "gender"})
    assert issues(check("member_registration", gender="女", id_number=id_number(sequence="452"))) == {}


def test_a_number_with_a_wrong_check_character_is_not_held_against_birth_and_gender(check: Check) -> None:
    number = wrong_check(id_number(born="19700101", sequence="452"))
    assert issues(check("member_registration", id_number=number)) == {"id_number": ["id_checksum"]}


# --- phones and credit codes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("phone", ["5057511", "1381234567", "138123456789", "12812345678", "11111111111", "无", "138"])
def test_phone_format(phone: str, check: Check) -> None:
    record = check("member_registration", phone=phone)
    assert issues(record) == {"phone": ["phone_format"]}
    assert statuses(record) == (DocumentStatus.REVIEW, {"phone"})


@pytest.mark.parametrize("phone", ["13812345678", "19818312394", "16610163889", "0537-5057511", "05375057511"])
def test_phones_that_can_be_rung(phone: str, check: Check) -> None:
    assert issues(check("member_registration", phone=phone)) == {}


def test_uscc_checksum(check: Check) -> None:
    code = str(RIGHT["unit_registration"]["uscc"])
    for wrong in (wrong_check(code), code[:-1], code + "1", "无"):
        record = check("unit_registration", uscc=wrong)
        assert issues(record) == {"uscc": ["uscc_checksum"]}
        assert record.status is DocumentStatus.REVIEW
    assert issues(check("unit_registration", uscc=None)) == {}  # not required


# --- dates ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("date", ["2019-02-30", "2019-13", "2019年5月", "年月日", "20190518", "2019-5-1", "长期"])
def test_date_impossible(date: str, check: Check) -> None:
    record = check("member_registration", report_date=date)
    assert issues(record) == {"report_date": ["date_impossible"]}
    assert statuses(record) == (DocumentStatus.REVIEW, {"report_date"})


def test_date_in_future(check: Check) -> None:
    assert issues(check("member_registration", report_date=TODAY.isoformat())) == {}
    tomorrow = TODAY.replace(day=TODAY.day + 1).isoformat()
    record = check("member_registration", report_date=tomorrow)
    assert issues(record) == {"report_date": ["date_in_future"]}
    assert statuses(record) == (DocumentStatus.REVIEW, {"report_date"})


def test_the_present_month_is_not_in_the_future(check: Check) -> None:
    assert issues(check("member_registration", report_date=TODAY.isoformat()[:7])) == {}


def test_terms_and_deadlines_may_lie_ahead(check: Check) -> None:
    assert issues(check("agreement", term_end="2036-05-02")) == {}
    assert issues(check("item_list")) == {}  # its row's deadline lies ahead


@pytest.mark.parametrize("joined", ["1998-03-14", "1998-02", "1990-07-01"])
def test_date_order_joined_before_eighteen(joined: str, check: Check) -> None:
    record = check("member_registration", party_join_date=joined, birth_date="1980-03-15")
    assert issues(record) == {"birth_date": ["date_order"], "party_join_date": ["date_order"]}
    assert statuses(record) == (DocumentStatus.REVIEW, {"birth_date", "party_join_date"})


@pytest.mark.parametrize(
    ("born", "joined"), [("1980-03-15", "1998-03-15"), ("1980-03-15", "1998-03"), ("1980-03", "1998-03-01")]
)
def test_joined_on_the_eighteenth_birthday_or_in_its_month(born: str, joined: str, check: Check) -> None:
    assert issues(check("member_registration", birth_date=born, party_join_date=joined)) == {}


def test_someone_born_on_the_29th_of_february(check: Check) -> None:
    number = id_number(born="19800229")
    on_time = {"id_number": number, "birth_date": "1980-02-29"}
    assert issues(check("member_registration", **on_time, party_join_date="1998-03-01")) == {}
    early = check("member_registration", **on_time, party_join_date="1998-02-28")
    assert set(issues(early)) == {"birth_date", "party_join_date"}


def test_date_order_reported_before_joining(check: Check) -> None:
    record = check("member_registration", party_join_date="2019-08-01")
    assert issues(record) == {"party_join_date": ["date_order"], "report_date": ["date_order"]}


def test_date_order_a_term_that_ends_before_it_starts(check: Check) -> None:
    record = check("agreement", term_start="2022-05-18", term_end="2019-05-18")
    assert issues(record) == {"term_start": ["date_order"], "term_end": ["date_order"]}
    assert statuses(record) == (DocumentStatus.REVIEW, {"term_start", "term_end"})
    assert issues(check("agreement", term_start="2019-05-18", term_end="2019-05-18")) == {}


def test_a_date_that_is_none_is_not_compared(check: Check) -> None:
    assert issues(check("agreement", term_start="2019-02-30", term_end="2018-01-01")) == {
        "term_start": ["date_impossible"]
    }
    assert issues(check("agreement", term_start=None)) == {"term_start": ["required_missing"]}


def test_an_advisory_order_notes_and_does_not_question(check: Check) -> None:
    record = check("service_feedback", service_date="2019-06-18", feedback_date="2019-06-01")
    assert issues(record) == {"service_date": ["date_order"], "feedback_date": ["date_order"]}
    assert statuses(record) == (DocumentStatus.ACCEPTED, set())


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2019-05-18", "2019-05-18"),
        ("2019-05", "2019-05-01"),
        ("2019-02-30", None),
        ("2019-13", None),
        ("2019", None),
        ("2019-05-18 ", None),
        ("2019-05-18\n", None),
        ("", None),
    ],
)
def test_the_first_day_of_a_date(text: str, iso: str | None) -> None:
    day = first_day(text)
    assert (day.isoformat() if day else None) == iso


# --- the office's lists --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "key", "value"),
    [
        ("member_registration", "employer", "曲阜师范大学"),
        ("member_registration", "claimed_projects", "关爱空巢老人、月球观测"),
        ("service_feedback", "project", "月球观测"),
        ("unit_registration", "unit_name", "曲阜师范大学"),
        ("agreement", "projects", "月球观测"),
    ],
)
def test_a_name_in_none_of_the_open_lists_is_noted_and_not_questioned(
    form: str, key: str, value: str, check: Check
) -> None:
    record = check(form, **{key: value})
    assert issues(record) == {key: ["not_in_dictionary"]}
    assert statuses(record) == (DocumentStatus.ACCEPTED, set())  # the lists are incomplete on purpose


@pytest.mark.parametrize(("key", "value"), [("community", "北湖社区"), ("ethnicity", "汗族"), ("education", "大雪")])
def test_not_in_dictionary_of_a_list_that_is_complete(key: str, value: str, check: Check) -> None:
    record = check("member_registration", **{key: value})
    assert issues(record) == {key: ["not_in_dictionary"]}
    assert statuses(record) == (DocumentStatus.REVIEW, {key})


def test_an_alias_is_in_the_dictionary(check: Check) -> None:
    assert issues(check("member_registration", employer="高新区税务局", ethnicity="汉")) == {}


# --- marks ---------------------------------------------------------------------------------------------------------


def test_seal_missing_and_signature_missing(check: Check) -> None:
    record = check("agreement", party_b_seal=False, party_a_signature=False)
    assert issues(record) == {"party_b_seal": ["seal_missing"], "party_a_signature": ["signature_missing"]}
    assert record.fields["party_b_seal"].status is FieldStatus.MISSING
    assert record.status is DocumentStatus.REVIEW


def test_a_mark_that_is_not_required_may_be_absent(check: Check) -> None:
    assert statuses(check("service_feedback", leader_signature=False)) == (DocumentStatus.ACCEPTED, set())
    assert statuses(check("item_list", seal=False)) == (DocumentStatus.ACCEPTED, set())


# --- how sure ------------------------------------------------------------------------------------------------------


def test_low_confidence(check: Check) -> None:
    record = check("member_registration", home_address=("火炬路142号", 0.979))
    assert issues(record) == {"home_address": ["low_confidence"]}
    assert statuses(record) == (DocumentStatus.REVIEW, {"home_address"})
    assert issues(check("member_registration", home_address=("火炬路142号", 0.98))) == {}


def test_names_and_numbers_are_held_to_a_stricter_measure(check: Check) -> None:
    record = check("member_registration", name=("王建国", 0.985), position=("科员", 0.985))
    assert issues(record) == {"name": ["low_confidence"]}
    assert issues(check("member_registration", name=("王建国", 0.99))) == {}
    assert issues(check("unit_registration", uscc=(RIGHT["unit_registration"]["uscc"], 0.985))) == {
        "uscc": ["low_confidence"]
    }


def test_an_unsure_value_that_another_contradicts(check: Check) -> None:
    unsure = check("member_registration", id_number=(MEMBER["id_number"], 0.9), birth_date=("1980-05", 0.8))
    assert issues(unsure) == {
        "id_number": ["low_confidence", "id_birth_mismatch"],
        "birth_date": ["low_confidence", "id_birth_mismatch"],
    }


def test_low_confidence_of_a_value_that_also_breaks_a_rule(check: Check) -> None:
    record = check("member_registration", phone=("138", 0.4))
    assert sorted(issues(record)["phone"]) == ["low_confidence", "phone_format"]


# --- rows ----------------------------------------------------------------------------------------------------------


def test_rows_are_checked_like_fields(forms: Forms, dictionaries: Dictionaries) -> None:
    record = record_of(forms["item_list"])
    row = {"item": read("月球观测"), "phone": read("138"), "deadline": read("2019-02-30"), "contact": read("方华", 0.5)}
    record.rows.append(row)
    validate_document(record, forms["item_list"], dictionaries, ACCEPTANCE, TODAY)
    assert issues(record) == {
        "rows.1.item": ["not_in_dictionary"],
        "rows.1.phone": ["phone_format"],
        "rows.1.deadline": ["date_impossible"],
        "rows.1.contact": ["low_confidence"],
    }
    assert statuses(record) == (DocumentStatus.REVIEW, {"rows.1.phone", "rows.1.deadline", "rows.1.contact"})


def test_a_list_without_rows_is_missing_something(forms: Forms, dictionaries: Dictionaries) -> None:
    record = record_of(forms["item_list"])
    record.rows = []
    validate_document(record, forms["item_list"], dictionaries, ACCEPTANCE, TODAY)
    assert record.issues == ["required_missing"]
    assert record.status is DocumentStatus.REVIEW
