"""Which sheets there are, from the form definitions alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from pipeline.definitions import FieldDefinition, FormDefinition, Forms
from pipeline.records import Record, Value

UNSORTED = "未分类"
DEFAULT_WORKBOOK = "双报到台账"


@dataclass(frozen=True, slots=True)
class SheetKey:
    """A form's sheet: its type, and the value of ``ledger.by`` where there is one sheet a value."""

    doc_type: str
    value: str | None = None


def ordered_forms(forms: Forms) -> list[FormDefinition]:
    """The forms in the order in which an office reads their sheets.

    Registrations before agreements of several pages before lists before reports of what was done, and
    within these persons before units; forms that are alike keep the order of the definitions.
    """
    return sorted(forms.values(), key=_place)


def _place(form: FormDefinition) -> tuple[bool, bool, int, bool]:
    return form.fulfils is not None, form.rows is not None, form.max_pages, not (form.claims and form.claims.person)


def sheets_of(form: FormDefinition) -> dict[SheetKey, str]:
    """The sheets a form always has, with the names its definition gives them."""
    ledger = form.ledger
    if ledger.sheet:
        return {SheetKey(form.type): ledger.sheet}
    return {SheetKey(form.type, value): name for value, name in ledger.sheets.items()}


def sheet_for(form: FormDefinition, record: Record) -> SheetKey:
    """The sheet of a record. A value without a sheet gets one for the unsorted: nothing is dropped."""
    if not form.ledger.by:
        return SheetKey(form.type)
    found = record.fields.get(form.ledger.by)
    value = found.value if found else None
    if isinstance(value, str) and value in form.ledger.sheets:
        return SheetKey(form.type, value)
    return SheetKey(form.type, "")


def sheet_title(form: FormDefinition, key: SheetKey) -> str:
    return sheets_of(form).get(key) or f"{form.title}（{UNSORTED}）"


def main_workbook(forms: Forms) -> str:
    """The workbook that most forms go to; it also carries the summary and the review queue."""
    counts = Counter(form.ledger.workbook for form in ordered_forms(forms))
    return counts.most_common(1)[0][0] if counts else DEFAULT_WORKBOOK


def feedback_workbook(forms: Forms) -> str:
    """The workbook of the first form that reports what was done; claims are held against it there."""
    for form in ordered_forms(forms):
        if form.fulfils:
            return form.ledger.workbook
    return main_workbook(forms)


def any_field(form: FormDefinition, key: str | None) -> FieldDefinition | None:
    """A field of the form or of its rows by key."""
    return next((f for f in (*form.fields, *form.row_fields) if f.key == key), None)


def in_rows(form: FormDefinition, key: str | None) -> bool:
    """Whether the key is one of the rows' alone."""
    return all(f.key != key for f in form.fields) and any(f.key == key for f in form.row_fields)


def holds(record: Record, when: dict[str, str]) -> bool:
    """Whether the document's fields have the values that ``when`` asks for."""
    return all(_has(record.fields[k].value, v) if k in record.fields else False for k, v in when.items())


def _has(value: Value, wanted: str) -> bool:
    return wanted in value if isinstance(value, list) else value == wanted
