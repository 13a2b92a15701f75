"""A field's value as a cell: dates as dates, counts as numbers, everything else as the text it is."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from pipeline.definitions import FieldDefinition, FieldType, FormDefinition
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers.table import CellValue, Kind
from pipeline.records import TITLE_KEY, FieldValue, Record, Value, page_text

_KINDS = {
    FieldType.ID_NUMBER: Kind.CODE,
    FieldType.USCC: Kind.CODE,
    FieldType.PHONE: Kind.CODE,
    FieldType.CODE: Kind.CODE,
    FieldType.DATE: Kind.DATE,
    FieldType.NUMBER: Kind.NUMBER,
    FieldType.NAME: Kind.SHORT,
    FieldType.CHOICE: Kind.SHORT,
    FieldType.TITLE_CHOICE: Kind.SHORT,
    FieldType.SIGNATURE: Kind.SHORT,
    FieldType.SEAL: Kind.SHORT,
}
_IN_ROW = re.compile(r"rows\.\d+\.")
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
# No leading zero that a number would lose, and no more digits than a double carries.
# A sign makes it text: no form counts below zero, and a leading minus is no number to trust.
_NUMBER = re.compile(r"(?:0|[1-9]\d{0,14})(?:\.\d{1,6})?", re.ASCII)
# Excel's calendar has a 29 February 1900; before March of that year its days are off by one.
_FIRST_DAY = date(1900, 3, 1)


def kind_of(definition: FieldDefinition) -> Kind:
    """How the column of a field is written."""
    return _KINDS.get(definition.type, Kind.TEXT)


@lru_cache(maxsize=1 << 14)  # the days of a year or two come again and again
def as_date(text: str) -> date | None:
    """An ISO day that a spreadsheet can hold; ``None`` for months, impossible days and anything else."""
    match = _DAY.fullmatch(text)
    if not match:
        return None
    try:
        day = date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
    return day if day >= _FIRST_DAY else None


def as_number(text: str) -> int | float | None:
    """A number that reads back as it was written; ``None`` otherwise."""
    if not _NUMBER.fullmatch(text) or len(text.replace(".", "")) > 15:
        return None
    return float(text) if "." in text else int(text)


def shown(definition: FieldDefinition | None, value: Value) -> str:
    """A value as staff read it: marks as 有/无, several things joined with ``、``, options in Chinese."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "有" if value else "无"
    parts = value if isinstance(value, list) else [value]
    if definition is not None and definition.type is FieldType.TITLE_CHOICE:
        parts = [definition.words.get(p, (p,))[0] for p in parts]
    return "、".join(parts)


def typed(kind: Kind, text: str) -> CellValue:
    """``text`` as the value of a cell of ``kind``: a date or a number only where it surely is one."""
    if text == "":
        return None
    found: CellValue = None
    if kind is Kind.DATE:
        found = as_date(text)
    elif kind in (Kind.NUMBER, Kind.RATIO):
        found = as_number(text)
    return text if found is None else found


def cell_of(definition: FieldDefinition, value: FieldValue | None) -> CellValue:
    """A field as a cell value."""
    return None if value is None else typed(kind_of(definition), shown(definition, value.value))


def definition_of(form: FormDefinition | None, path: str) -> FieldDefinition | None:
    """The definition behind a field path; ``None`` for a form or field that is not defined (any more)."""
    try:
        return form.field_at(path) if form is not None else None
    except KeyError:
        return None


def heading_of(form: FormDefinition | None, path: str) -> str:
    """What staff call the field at a path: by its definition, else by the label it was read beside."""
    definition = definition_of(form, path)
    if definition is not None:
        return definition.title
    in_row = _IN_ROW.match(path)
    key = path[in_row.end() :] if in_row else path
    page = page_text(key)
    return "表名" if key == TITLE_KEY else f"第{page}页全文" if page else key


def choices_of(definition: FieldDefinition, dictionaries: Dictionaries) -> tuple[str, ...]:
    """What a cell of the field may hold, where that is closed; empty where it is not, or holds several of them."""
    if definition.type.is_mark:
        return (shown(definition, True), shown(definition, False))
    if definition.type in (FieldType.CHOICE, FieldType.CHECKBOXES) and not definition.multiple:
        return definition.options
    listed = dictionaries.get(definition.dictionary or "") if definition.closed else None
    return tuple(dict.fromkeys(listed.spellings.values())) if listed else ()


def source_label(record: Record) -> str:
    """The files a document came from, with page numbers where they are not simply page 1."""
    parts = []
    for i, file in enumerate(record.files):
        numbers = record.pages[i] if i < len(record.pages) else []
        where = "" if numbers in ([], [1]) else f"（第{'、'.join(map(str, numbers))}页）"
        parts.append(file + where)
    return "、".join(parts)
