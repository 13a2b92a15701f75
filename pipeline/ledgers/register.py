"""The registers: one sheet a form (or a kind of list), one row a document or a list row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.definitions import FieldDefinition, FormDefinition, Forms
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers.belonging import BLANK, Bearings, Belonging
from pipeline.ledgers.cells import cell_of, choices_of, kind_of, source_label
from pipeline.ledgers.codes import DOCUMENT_STATUS, FIELD_STATUS, names
from pipeline.ledgers.layout import SheetKey, ordered_forms, sheet_for, sheet_title, sheets_of
from pipeline.ledgers.marks import Mark, mark_of
from pipeline.ledgers.naming import table_name
from pipeline.ledgers.office import Office
from pipeline.ledgers.rowcheck import row_check
from pipeline.ledgers.table import CellValue, Column, Kind, Table, Use, make_table
from pipeline.records import DocumentStatus, FieldStatus, FieldValue, Record

STATUS, PLACE, MONTH, EMPLOYER = "status", "place", "month", "employer"
"""The columns that 统计汇总 counts by."""

KEY = "key"
"""The column that names rows."""

STATUS_TITLE, ISSUES_TITLE, SOURCE_TITLE, KEY_TITLE, CHECK_TITLE = "核对状态", "问题", "来源文件", "编号", "校验"
_FORM, _CHECKING, _COUNTING, _OFFICE, _ORIGIN = "登记内容", "核对情况", "统计归属", "办公栏", "原件"


@dataclass(slots=True)
class _Sheet:
    """Rows of one sheet as they come in; ``present`` are the row fields that some list showed."""

    rows: list[tuple[CellValue, ...]] = field(default_factory=list)
    marks: dict[tuple[int, int], Mark] = field(default_factory=dict)
    present: set[str] = field(default_factory=set)


class Register:
    """Collects records of every form; small enough to hold a year, as only cells are kept."""

    def __init__(self, forms: Forms, dictionaries: Dictionaries, office: Office) -> None:
        self._forms = {form.type: form for form in ordered_forms(forms)}
        self._bearings, self._office = Bearings(forms), office
        self._values = {t: value_columns(form, dictionaries) for t, form in self._forms.items()}
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
            self._append(sheet, form, record, {}, record.document_id)
            return
        # A list without rows is still a document that came in.
        for number, row in enumerate(record.rows or [{}], 1):
            sheet.present.update(row)
            self._append(sheet, form, record, row, row_key(record, number if record.rows else 0))

    def _append(
        self, sheet: _Sheet, form: FormDefinition, record: Record, row: Mapping[str, FieldValue], key: str
    ) -> None:
        cells: list[CellValue] = []
        columns = self._values[form.type]
        for column in columns:
            assert column.field is not None
            value = (row if column.key.startswith("rows.") else record.fields).get(column.field.key)
            mark = mark_of(value)
            if mark is not None:
                sheet.marks[len(sheet.rows), len(cells)] = mark
            cells.append(cell_of(column.field, value))
        check = row_check((c.key, v) for c, v in zip(columns, cells, strict=True))
        stated = self._bearings.of(form, record, row)
        cells += [status_of(record, row), _problems(form, record, row), *self._office.written(key)]
        cells += [stated.community, month_value(stated.month), stated.employer, source_label(record)]
        cells += [self._office.original(record), self._office.audited(record.document_id), key, check]
        sheet.rows.append(tuple(cells))

    def tables(self, belonging: Belonging) -> dict[SheetKey, Table]:
        """Every sheet's table, those of the definitions first, in the order of the forms."""
        import pandas as pd

        order = list(self._forms)
        keys = sorted(self._sheets, key=lambda k: order.index(k.doc_type))
        tables = {key: self._table(self._forms[key.doc_type], key) for key in keys}
        for table in tables.values():
            for column, name in ((PLACE, belonging.community), (EMPLOYER, belonging.employer)):
                named = [name(text) for text in table.frame[column]]
                table.frame[column] = pd.Series(named, index=table.frame.index, dtype=object)
        return tables

    def _table(self, form: FormDefinition, key: SheetKey) -> Table:
        sheet = self._sheets[key]
        columns = [*self._values[form.type], *_trailing(self._office)]
        # A list has those columns that its header shows; without any rows all of them stand.
        kept = [
            i
            for i, c in enumerate(columns)
            if not sheet.present or not c.key.startswith("rows.") or c.key.removeprefix("rows.") in sheet.present
        ]
        place = {old: new for new, old in enumerate(kept, 1)}  # 1 for the column 序号
        title = sheet_title(form, key)
        rows = sheet.rows if len(kept) == len(columns) else [tuple(r[i] for i in kept) for r in sheet.rows]
        table = make_table(title, [columns[i] for i in kept], rows, table_name(title))
        table.marks.update({(r, place[c]): mark for (r, c), mark in sheet.marks.items() if c in place})
        return table


def value_columns(form: FormDefinition, dictionaries: Dictionaries) -> list[Column]:
    """The columns of a form's values: the document's (without the field that chooses the sheet), then the rows'."""
    doc = [(f"fields.{d.key}", d) for d in form.fields if d.key != form.ledger.by]
    return [_value_column(key, d, dictionaries) for key, d in (*doc, *((f"rows.{d.key}", d) for d in form.row_fields))]


def _value_column(key: str, definition: FieldDefinition, dictionaries: Dictionaries) -> Column:
    choices = choices_of(definition, dictionaries)
    return Column(key, definition.title, kind_of(definition), Use.VALUE, _FORM, choices, definition)


def _trailing(office: Office) -> list[Column]:
    """What follows the values, the same in every register."""
    return [
        Column(STATUS, STATUS_TITLE, Kind.SHORT, group=_CHECKING),
        Column("issues", ISSUES_TITLE, group=_CHECKING),
        *office_columns(office, _OFFICE),
        Column(PLACE, "归属社区", Kind.SHORT, group=_COUNTING, printed=False),
        Column(MONTH, "统计月份", Kind.MONTH, group=_COUNTING, printed=False),
        Column(EMPLOYER, "归属单位", group=_COUNTING, printed=False),
        *origin_columns(_ORIGIN),
        Column("check", CHECK_TITLE, Kind.CODE, Use.CHECK, _ORIGIN, printed=False, hidden=True),
    ]


def office_columns(office: Office, group: str = "") -> list[Column]:
    """The columns that people write in."""
    return [Column(f"office.{title}", title, Kind.TEXT, Use.OFFICE, group) for title in office.columns]


def origin_columns(group: str = "") -> list[Column]:
    """Where a row comes from: the file, the links, and the row's name."""
    return [
        Column("source", SOURCE_TITLE, group=group, printed=False),
        Column("original", "原件", Kind.SHORT, group=group, printed=False),
        Column("audit", "核对页", Kind.SHORT, group=group, printed=False),
        Column(KEY, KEY_TITLE, Kind.CODE, Use.KEY, group, printed=False),
    ]


def row_key(record: Record, number: int) -> str:
    """What names a row of a list: the document, and the row counted from 1 (0: it has none)."""
    return f"{record.document_id}#{number}" if number else record.document_id


def month_value(month: str) -> CellValue:
    """A month as the number 201905: what a spreadsheet would take for a date it counts wrongly."""
    return int(month.replace("-", "")) if month else BLANK


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


STATUSES = tuple(dict.fromkeys((*FIELD_STATUS.values(), DOCUMENT_STATUS[DocumentStatus.FAILED])))
"""Everything :func:`status_of` may say."""


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
