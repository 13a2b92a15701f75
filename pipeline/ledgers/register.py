"""The registers: one sheet a form (or a kind of list), one row a document or a list row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.definitions import FieldDefinition, FormDefinition, Forms
from pipeline.ledgers.cells import cell_of, kind_of, source_label
from pipeline.ledgers.codes import DOCUMENT_STATUS, FIELD_STATUS, names
from pipeline.ledgers.layout import SheetKey, ordered_forms, sheet_for, sheet_title, sheets_of
from pipeline.ledgers.marks import Mark, mark_of
from pipeline.ledgers.table import CellValue, Column, Kind, Table, make_table
from pipeline.records import DocumentStatus, FieldStatus, FieldValue, Record

STATUS_TITLE, ISSUES_TITLE, SOURCE_TITLE = "核对状态", "问题", "来源文件"


@dataclass(slots=True)
class _Sheet:
    """Rows of one sheet as they come in; ``present`` are the row fields that some list showed."""

    rows: list[tuple[CellValue, ...]] = field(default_factory=list)
    marks: dict[tuple[int, int], Mark] = field(default_factory=dict)
    present: set[str] = field(default_factory=set)


class Register:
    """Collects records of every form; small enough to hold a year, as only cells are kept."""

    def __init__(self, forms: Forms) -> None:
        self._forms = {form.type: form for form in ordered_forms(forms)}
        self._sheets: dict[SheetKey, _Sheet] = {}
        for form in self._forms.values():
            for key in sheets_of(form):
                self._sheets[key] = _Sheet()

    def add(self, record: Record) -> None:
        """Take a record in; one whose form is not defined has no register (it stands in 待核对)."""
        form = self._forms.get(record.doc_type)
        if form is None:
            return
        sheet = self._sheets.setdefault(sheet_for(form, record), _Sheet())
        if form.rows is None:
            self._append(sheet, form, record, {})
            return
        for row in record.rows or [{}]:  # a list without rows is still a document that came in
            sheet.present.update(row)
            self._append(sheet, form, record, row)

    def _append(self, sheet: _Sheet, form: FormDefinition, record: Record, row: Mapping[str, FieldValue]) -> None:
        cells: list[CellValue] = []
        doc, own = _columns(form)
        values = [(d, record.fields.get(d.key)) for d in doc] + [(d, row.get(d.key)) for d in own]
        for definition, value in values:
            mark = mark_of(value)
            if mark is not None:
                sheet.marks[len(sheet.rows), len(cells)] = mark
            cells.append(cell_of(definition, value))
        cells += [status_of(record, row), _problems(form, record, row), source_label(record)]
        sheet.rows.append(tuple(cells))

    def tables(self) -> dict[SheetKey, Table]:
        """Every sheet's table, those of the definitions first, in the order of the forms."""
        order = list(self._forms)
        keys = sorted(self._sheets, key=lambda k: order.index(k.doc_type))
        return {key: self._table(self._forms[key.doc_type], key) for key in keys}

    def _table(self, form: FormDefinition, key: SheetKey) -> Table:
        sheet = self._sheets[key]
        doc, own = _columns(form)
        columns = [Column(f"fields.{d.key}", d.title, kind_of(d)) for d in doc]
        columns += [Column(f"rows.{d.key}", d.title, kind_of(d)) for d in own]
        columns += [
            Column("status", STATUS_TITLE, Kind.SHORT),
            Column("issues", ISSUES_TITLE),
            Column("source", SOURCE_TITLE),
        ]
        # A list has those columns that its header shows; without any rows all of them stand.
        kept = [
            i
            for i, c in enumerate(columns)
            if not sheet.present or not c.key.startswith("rows.") or c.key.removeprefix("rows.") in sheet.present
        ]
        place = {old: new for new, old in enumerate(kept, 1)}  # 1 for the column 序号
        table = make_table(
            sheet_title(form, key), [columns[i] for i in kept], ([r[i] for i in kept] for r in sheet.rows)
        )
        table.marks.update({(r, place[c]): mark for (r, c), mark in sheet.marks.items() if c in place})
        return table


def _columns(form: FormDefinition) -> tuple[list[FieldDefinition], tuple[FieldDefinition, ...]]:
    """The document's fields (without the one that chooses the sheet) and the rows' fields."""
    return [d for d in form.fields if d.key != form.ledger.by], form.row_fields


def status_of(record: Record, row: Mapping[str, FieldValue]) -> str:
    """What a row says of itself: its own cells and the document's count, other rows do not."""
    if record.status is DocumentStatus.FAILED:
        return DOCUMENT_STATUS[DocumentStatus.FAILED]
    found = {v.status for v in (*record.fields.values(), *row.values())}
    for status in (FieldStatus.REVIEW, FieldStatus.MISSING):
        if status in found:
            return FIELD_STATUS[status]
    if record.status is DocumentStatus.REVIEW and (record.issues or not _doubtful(record)):
        return FIELD_STATUS[FieldStatus.REVIEW]
    return FIELD_STATUS[FieldStatus.CORRECTED if FieldStatus.CORRECTED in found else FieldStatus.ACCEPTED]


def _doubtful(record: Record) -> bool:
    return any(mark_of(v) for _, v in record.all_fields())


def _problems(form: FormDefinition, record: Record, row: Mapping[str, FieldValue]) -> str:
    """``字段：问题`` for every field with codes, then the document's own. What a person settled is left out."""
    parts = []
    for definitions, values in ((form.fields, record.fields), (form.row_fields, row)):
        for d in definitions:
            value = values.get(d.key)
            if value is None or value.status is FieldStatus.CORRECTED:
                continue
            if value.issues:
                parts.append(f"{d.title}：{names(value.issues)}")
            elif mark := mark_of(value):
                parts.append(f"{d.title}：{mark.problem}")
    if record.issues:
        parts.append(names(record.issues))
    return "；".join(parts)
