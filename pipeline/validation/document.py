"""Rules for one document: what must be there, how fields agree, and what a person has to look at."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from pipeline import identity
from pipeline.definitions import (
    FieldDefinition,
    FieldType,
    FormDefinition,
    IdMatches,
    Ordered,
    UniquePerson,
    YearsApart,
)
from pipeline.dictionaries import Dictionaries
from pipeline.records import ADVISORY_DOCUMENT_CODES, Code, DocumentStatus, FieldStatus, FieldValue, Record
from pipeline.settings import Acceptance
from pipeline.validation.fields import check_field, first_day

_MARK_CODES = {FieldType.SEAL: Code.SEAL_MISSING, FieldType.SIGNATURE: Code.SIGNATURE_MISSING}


def validate_document(
    record: Record,
    form: FormDefinition | None,
    dictionaries: Dictionaries,
    acceptance: Acceptance,
    today: datetime.date,
) -> None:
    """Attach codes and statuses to the record's fields and to the record, in place.

    Field codes of an earlier validation are taken back first, so that it can be done again after a
    correction; what a person corrected stays so.
    """
    if form is None:
        for _, value in record.all_fields():
            if value.status is not FieldStatus.CORRECTED:
                value.status = FieldStatus.REVIEW
        settle_status(record)
        return
    for path, value in record.all_fields():
        field = form.field_at(path)
        value.issues.clear()
        for code in check_field(field, value, dictionaries, today):
            value.flag(code)
        _settle_field(field, value, acceptance)
    for rule in form.rules:
        match rule:
            case IdMatches():
                _id_matches(record.fields, rule)
            case Ordered():
                _ordered(record.fields, rule.earlier, rule.later, 0, advisory=rule.advisory)
            case YearsApart():
                _ordered(record.fields, rule.earlier, rule.later, rule.years, advisory=False)
            case UniquePerson():
                pass  # across documents
    if form.rows and not record.rows:
        record.flag(Code.REQUIRED_MISSING)
    settle_status(record)


def settle_status(record: Record) -> None:
    """The document's status from its fields' statuses and its own codes."""
    if record.status is DocumentStatus.FAILED:
        return
    open_fields = any(value.status in (FieldStatus.REVIEW, FieldStatus.MISSING) for _, value in record.all_fields())
    questions = [code for code in record.issues if code not in ADVISORY_DOCUMENT_CODES]
    record.status = DocumentStatus.REVIEW if open_fields or questions else DocumentStatus.ACCEPTED


def _settle_field(field: FieldDefinition, value: FieldValue, acceptance: Acceptance) -> None:
    """Accepted, to review, or missing: by what is there, what it breaks, and how sure it is."""
    if value.status is FieldStatus.CORRECTED:
        return
    empty = value.value in (None, "", []) or value.value is False
    if empty and field.required:
        value.flag(_MARK_CODES.get(field.type, Code.REQUIRED_MISSING))
        value.status = FieldStatus.MISSING
        return
    if value.confidence < acceptance.needed(field.type):
        value.flag(Code.LOW_CONFIDENCE)
    # An office's open lists are incomplete on purpose: a name in none of them is noted, not questioned.
    closed = field.closed or field.type is FieldType.CHOICE
    advisory = set() if closed else {Code.NOT_IN_DICTIONARY.value}
    questions = [code for code in value.issues if code not in advisory]
    value.status = FieldStatus.REVIEW if questions else FieldStatus.ACCEPTED


def _question(value: FieldValue, code: Code) -> None:
    value.flag(code)
    if value.status is FieldStatus.ACCEPTED:
        value.status = FieldStatus.REVIEW


def _id_matches(fields: Mapping[str, FieldValue], rule: IdMatches) -> None:
    """GB 11643-1999: positions 7 to 14 are the date of birth, an odd position 17 is a man's."""
    number = fields.get(rule.id_number)
    if number is None or not isinstance(number.value, str) or not identity.has_checksum(number.value):
        return
    born = fields.get(rule.birth_date) if rule.birth_date else None
    date = identity.birth_date(number.value)
    stated = born.value if born is not None and isinstance(born.value, str) and first_day(born.value) else None
    if born is not None and stated and date is not None and not date.isoformat().startswith(stated):
        for value in (number, born):
            _question(value, Code.ID_BIRTH_MISMATCH)
    gender = fields.get(rule.gender) if rule.gender else None
    if gender is not None and isinstance(gender.value, str) and gender.value != identity.gender(number.value):
        for value in (number, gender):
            _question(value, Code.ID_GENDER_MISMATCH)


def _ordered(fields: Mapping[str, FieldValue], earlier: str, later: str, years: int, *, advisory: bool) -> None:
    first, second = fields.get(earlier), fields.get(later)
    if first is None or second is None:
        return
    a = first_day(first.value) if isinstance(first.value, str) else None
    b = first_day(second.value) if isinstance(second.value, str) else None
    if a is None or b is None:
        return
    # A date without a day may be any day of its month: compare what both state.
    by_month = len(str(first.value)) == 7 or len(str(second.value)) == 7
    start = (a.year + years, a.month, 0 if by_month else a.day)
    if (b.year, b.month, 0 if by_month else b.day) < start:
        for value in (first, second):
            if advisory:
                value.flag(Code.DATE_ORDER)
            else:
                _question(value, Code.DATE_ORDER)
