"""The status of a document, what a person settled, and rules across documents."""

from __future__ import annotations

import pytest
from validation_samples import id_number, read, record_of, statuses, wrong_check

from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.records import UNKNOWN_TYPE, Code, DocumentStatus, FieldStatus, Record
from pipeline.settings import Acceptance
from pipeline.validation.across import find_duplicates
from pipeline.validation.document import settle_status, validate_document
from tests.conftest import TODAY


def validate(record: Record, forms: Forms, dictionaries: Dictionaries) -> Record:
    validate_document(record, forms.get(record.doc_type), dictionaries, Acceptance(), TODAY)
    return record


@pytest.mark.parametrize(
    "code", [Code.UNREADABLE_PAGE, Code.PAGE_MISSING, Code.UNKNOWN_DOCUMENT, Code.DUPLICATE_PERSON]
)
def test_a_code_of_the_document_asks_for_review(code: Code, forms: Forms, dictionaries: Dictionaries) -> None:
    record = record_of(forms["member_registration"])
    record.flag(code)
    validate(record, forms, dictionaries)
    assert statuses(record) == (DocumentStatus.REVIEW, set())
    assert record.issues == [code.value]


def test_a_second_copy_of_the_scan_is_no_question(forms: Forms, dictionaries: Dictionaries) -> None:
    record = record_of(forms["member_registration"])
    record.flag(Code.DUPLICATE_DOCUMENT)
    assert validate(record, forms, dictionaries).status is DocumentStatus.ACCEPTED


def test_what_failed_stays_failed(forms: Forms, dictionaries: Dictionaries) -> None:
    record = record_of(forms["member_registration"])
    record.status = DocumentStatus.FAILED
    assert validate(record, forms, dictionaries).status is DocumentStatus.FAILED


def test_an_unknown_document_is_kept_for_review(dictionaries: Dictionaries) -> None:
    fields = {"姓名": read("王建国"), "身份证号": read("不知道")}
    record = Record("unknown-1", UNKNOWN_TYPE, ["x.jpg"], ["0" * 64], [[1]], fields=fields)
    record.flag(Code.UNKNOWN_DOCUMENT)
    validate_document(record, None, dictionaries, Acceptance(), TODAY)
    assert statuses(record) == (DocumentStatus.REVIEW, {"姓名", "身份证号"})
    assert record.fields["姓名"].issues == []


def test_what_a_person_settled_is_not_questioned_again(forms: Forms, dictionaries: Dictionaries) -> None:
    record = record_of(forms["member_registration"], phone=("5057511", 0.2), unit_seal=False)
    for key in ("phone", "unit_seal"):
        record.fields[key].status = FieldStatus.CORRECTED
    validate(record, forms, dictionaries)
    assert record.fields["phone"].status is FieldStatus.CORRECTED
    assert record.fields["unit_seal"].status is FieldStatus.CORRECTED
    assert "low_confidence" not in record.fields["phone"].issues
    assert record.status is DocumentStatus.ACCEPTED


def test_a_rule_between_fields_leaves_a_settled_one_settled(forms: Forms, dictionaries: Dictionaries) -> None:
    record = record_of(forms["member_registration"], gender="女")
    record.fields["gender"].status = FieldStatus.CORRECTED
    validate(record, forms, dictionaries)
    assert record.fields["gender"].status is FieldStatus.CORRECTED
    assert record.fields["id_number"].status is FieldStatus.REVIEW


def test_validating_twice_is_validating_once(forms: Forms, dictionaries: Dictionaries) -> None:
    record = record_of(
        forms["member_registration"],
        gender="女",
        phone="138",
        unit_seal=False,
        employer="曲阜师范大学",
        position=("科员", 0.4),
    )
    once = validate(record, forms, dictionaries).to_dict()
    assert validate(record, forms, dictionaries).to_dict() == once


def test_what_is_only_noted_is_not_questioned_the_second_time(forms: Forms, dictionaries: Dictionaries) -> None:
    record = record_of(forms["service_feedback"], service_date="2019-06-18", feedback_date="2019-06-01")
    for _ in range(2):
        validate(record, forms, dictionaries)
        assert record.status is DocumentStatus.ACCEPTED
        assert record.fields["feedback_date"].issues == ["date_order"]


def test_codes_go_when_their_cause_is_corrected(forms: Forms, dictionaries: Dictionaries) -> None:
    record = record_of(forms["member_registration"], gender="女", phone="138")
    validate(record, forms, dictionaries)
    assert record.fields["id_number"].issues
    for key, value in {"gender": "男", "phone": "13812345678"}.items():
        record.fields[key].value = value
        record.fields[key].status = FieldStatus.CORRECTED
    validate(record, forms, dictionaries)
    assert all(not value.issues for value in record.fields.values())
    assert record.status is DocumentStatus.ACCEPTED


def test_a_document_accepted_after_correction(forms: Forms, dictionaries: Dictionaries) -> None:
    record = record_of(forms["member_registration"], phone="138")
    validate(record, forms, dictionaries)
    assert record.status is DocumentStatus.REVIEW
    record.fields["phone"].status = FieldStatus.CORRECTED
    settle_status(record)
    assert record.status is DocumentStatus.ACCEPTED


def named(record: Record, name: str) -> Record:
    record.document_id = name
    return record


def test_the_same_person_twice(forms: Forms) -> None:
    form = forms["member_registration"]
    records = [
        named(record_of(form), "first"),
        named(record_of(form, name="王建囯"), "again"),  # the number tells, however the name was read
        named(record_of(form, id_number=id_number(sequence="453")), "namesake"),
        named(record_of(form, id_number=None), "without"),
        named(record_of(form, id_number=""), "empty"),
        named(record_of(forms["unit_registration"]), "unit"),
    ]
    assert find_duplicates(records, forms) == {"first": {Code.DUPLICATE_PERSON}, "again": {Code.DUPLICATE_PERSON}}


def test_three_times_is_told_of_all_three_and_order_does_not_matter(forms: Forms) -> None:
    records = [named(record_of(forms["member_registration"]), name) for name in "abc"]
    expected = {name: {Code.DUPLICATE_PERSON} for name in "abc"}
    assert find_duplicates(records, forms) == find_duplicates(reversed(records), forms) == expected


def test_people_without_a_number_are_not_taken_for_one(forms: Forms) -> None:
    records = [named(record_of(forms["member_registration"], id_number=None), name) for name in "ab"]
    assert find_duplicates(records, forms) == {}


def test_a_number_that_was_misread_alike_is_still_one_person(forms: Forms) -> None:
    number = wrong_check(id_number())
    records = [named(record_of(forms["member_registration"], id_number=number), name) for name in "ab"]
    assert set(find_duplicates(records, forms)) == {"a", "b"}


def test_the_same_scan_twice(forms: Forms) -> None:
    record = named(record_of(forms["unit_registration"]), "unit")
    record.duplicates = ["copy.jpg"]
    assert find_duplicates([record], forms) == {"unit": {Code.DUPLICATE_DOCUMENT}}


def test_unknown_documents_and_none_at_all(forms: Forms) -> None:
    unknown = Record("u", UNKNOWN_TYPE, ["x.jpg"], ["0" * 64], [[1]])
    assert find_duplicates([unknown], forms) == {}
    assert find_duplicates([], forms) == {}
