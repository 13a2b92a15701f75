"""Rules for one field on its own."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable

import phonenumbers
from stdnum.cn import uscc

from pipeline import identity
from pipeline.definitions import FieldDefinition, FieldType
from pipeline.dictionaries import Dictionaries
from pipeline.records import Code, FieldValue

_ISO = re.compile(r"\d{4}-\d{2}(-\d{2})?")


def check_field(
    field: FieldDefinition, value: FieldValue, dictionaries: Dictionaries, today: datetime.date
) -> list[Code]:
    """The codes of the rules that a field's value breaks; an empty value breaks none here."""
    if value.value in (None, "", []) or isinstance(value.value, bool):
        return []
    text = "、".join(value.value) if isinstance(value.value, list) else value.value
    assert isinstance(text, str)
    check = _CHECKS.get(field.type)
    codes = check(text) if check else []
    if field.type is FieldType.DATE:
        codes += _future(text, field, today)
    if field.type is FieldType.CHOICE and text not in field.options:
        codes.append(Code.NOT_IN_DICTIONARY)
    if field.dictionary:
        codes += _dictionary(text, field, dictionaries)
    return codes


def _id_number(text: str) -> list[Code]:
    if not identity.has_checksum(text):
        return [Code.ID_CHECKSUM]
    codes = []
    if not identity.has_region(text):
        codes.append(Code.ID_REGION)
    if identity.birth_date(text) is None:
        codes.append(Code.DATE_IMPOSSIBLE)
    return codes


def _uscc(text: str) -> list[Code]:
    return [] if uscc.is_valid(text) else [Code.USCC_CHECKSUM]


def _phone(text: str) -> list[Code]:
    try:
        number = phonenumbers.parse(text, "CN")
    except phonenumbers.NumberParseException:
        return [Code.PHONE_FORMAT]
    return [] if phonenumbers.is_valid_number(number) else [Code.PHONE_FORMAT]


def _date(text: str) -> list[Code]:
    return [] if _ISO.fullmatch(text) and first_day(text) is not None else [Code.DATE_IMPOSSIBLE]


def _future(text: str, field: FieldDefinition, today: datetime.date) -> list[Code]:
    day = first_day(text)
    return [Code.DATE_IN_FUTURE] if day and day > today and not field.future else []


def _dictionary(text: str, field: FieldDefinition, dictionaries: Dictionaries) -> list[Code]:
    dictionary = dictionaries[field.dictionary or ""]
    items = text.split("、") if field.type is FieldType.LIST else [text]
    return [] if all(item in dictionary for item in items) else [Code.NOT_IN_DICTIONARY]


def first_day(text: str) -> datetime.date | None:
    """The day of an ISO date, the first of the month for one without a day; ``None`` for anything else."""
    if not _ISO.fullmatch(text):
        return None
    try:
        return datetime.date.fromisoformat(text if len(text) == 10 else f"{text}-01")
    except ValueError:
        return None


_CHECKS: dict[FieldType, Callable[[str], list[Code]]] = {
    FieldType.ID_NUMBER: _id_number,
    FieldType.USCC: _uscc,
    FieldType.PHONE: _phone,
    FieldType.DATE: _date,
}
