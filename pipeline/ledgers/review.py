"""待核对: everything a person has to look at, the most costly error first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.definitions import FieldType, Forms
from pipeline.ledgers.cells import definition_of, heading_of, shown, source_label
from pipeline.ledgers.codes import DOCUMENT_STATUS, Reason, describe, type_name
from pipeline.ledgers.marks import mark_of
from pipeline.ledgers.naming import table_name
from pipeline.ledgers.office import Ink, Office
from pipeline.ledgers.register import CHECK_TITLE, KEY_TITLE, office_columns
from pipeline.ledgers.rowcheck import row_check
from pipeline.ledgers.table import CellValue, Column, Kind, Link, Picture, Table, Use, make_table
from pipeline.records import UNKNOWN_TYPE, Code, DocumentStatus, FieldValue, Record

SHEET = "待核对"
PROBLEM, VALUE, CONFIRM = "problem", "value", "confirm"
WHOLE = "!"
"""Begins the path of a question about the whole document; its code follows."""
CONFIRMED = "√"
"""What a person puts into 确认无误 where the value that was read is right."""

# A wrong number or name is a wrong person or unit; a doubtful document comes before a doubtful detail.
_COST = {FieldType.ID_NUMBER: 0, FieldType.NAME: 1, FieldType.USCC: 2}
_DOCUMENT_COST, _OTHER_COST = 3, 4
_ROW_PATH = re.compile(r"rows\.(\d+)\.")


class _Rank(NamedTuple):
    """What comes first: the costly before the cheap, the required before the optional, the unsure before the sure."""

    cost: int
    optional: bool
    sureness: float
    order: int


@dataclass(frozen=True, slots=True)
class _Row:
    """One question: about the field at ``path``, or about the whole document, where that begins with :data:`WHOLE` or
    is empty."""

    rank: _Rank
    where: tuple[CellValue, ...]  # file, page, form, field
    read: tuple[str | None, str | None, float | None]  # value, raw, confidence
    said: tuple[str, str]  # problem, advice
    reason: Reason
    document_id: str
    path: str
    ink: Ink | None
    original: Link | None

    @property
    def key(self) -> str:
        return f"{self.document_id}/{self.path}"


class ReviewQueue:
    """Collects the doubtful fields and documents of all records."""

    def __init__(self, forms: Forms, office: Office) -> None:
        self._forms, self._office = forms, office
        self._titles = {t: f.title for t, f in forms.items()}
        self._rows: list[_Row] = []

    def add(self, record: Record) -> None:
        before = len(self._rows)
        if record.doc_type != UNKNOWN_TYPE:  # of which 其他表格 shows every pair
            self._add_fields(record)
        if record.status is DocumentStatus.ACCEPTED:
            return
        for code in _document_codes(record, self._forms):
            text = describe(code)
            self._add_document(record, WHOLE + code, text.name, text.advice, text.reason)
        if len(self._rows) == before:  # never in silence, even where nothing says why
            self._add_document(record, "", DOCUMENT_STATUS[record.status], "对照原件核对。", Reason.UNSURE)

    def _add_fields(self, record: Record) -> None:
        form = self._forms.get(record.doc_type)
        whole = source_label(record)
        for path, value in record.all_fields():
            mark = mark_of(value)
            if mark is None:
                continue
            definition = definition_of(form, path)
            match = _ROW_PATH.match(path)
            title = heading_of(form, path)
            if match:
                title = f"第{int(match[1]) + 1}行 {title}"
            cost = _COST.get(definition.type, _OTHER_COST) if definition else _OTHER_COST
            self._append(
                record,
                path,
                value,
                (value.file or whole, value.page, type_name(record.doc_type, self._titles), title),
                (shown(definition, value.value) or None, value.raw or None, round(value.confidence, 4)),
                (mark.problem, mark.advice, mark.reason),
                (cost, not (definition and definition.required), value.confidence),
            )

    def _add_document(self, record: Record, path: str, problem: str, advice: str, reason: Reason) -> None:
        page = record.pages[0][0] if record.pages and record.pages[0] else None
        self._append(
            record,
            path,
            None,
            (source_label(record), page, type_name(record.doc_type, self._titles), "（整份文件）"),
            (None, None, None),
            (problem, advice, reason),
            (_DOCUMENT_COST, False, 0.0),
        )

    def _append(
        self,
        record: Record,
        path: str,
        value: FieldValue | None,
        where: tuple[CellValue, ...],
        read: tuple[str | None, str | None, float | None],
        said: tuple[str, str, Reason],
        rank: tuple[int, bool, float],
    ) -> None:
        content = record.content_of(value.file) if value is not None and value.file in record.files else None
        ink = Ink(content, value.page, value.quad) if content and value is not None and value.quad else None
        original = self._office.scan(content) if content else self._office.original(record)
        place = _Rank(*rank, len(self._rows))
        self._rows.append(_Row(place, where, read, said[:2], said[2], record.document_id, path, ink, original))

    def __len__(self) -> int:
        return len(self._rows)

    def table(self) -> Table:
        """The queue in order; ties keep the order of the records."""
        rows = sorted(self._rows, key=lambda row: row.rank)
        columns = _columns(self._office)
        inks = [row.ink for row in rows[: self._office.pictures] if row.ink is not None]
        pictures = self._office.cut(inks) if self._office.pictures else {}
        cells = [self._cells(row, pictures) for row in rows]
        table = make_table(SHEET, columns, cells, table_name(SHEET))
        column = table.place(VALUE)
        table.marks.update({(i, column): row.reason for i, row in enumerate(rows)})
        return table

    def _cells(self, row: _Row, pictures: Mapping[Ink, Picture]) -> tuple[CellValue, ...]:
        value, raw, confidence = row.read
        ink: tuple[CellValue, ...] = (pictures.get(row.ink) if row.ink else None,) if self._office.pictures else ()
        check = row_check(((VALUE, value), (CONFIRM, None)))
        links = (row.original, self._office.audited(row.document_id))
        noted = self._office.written(row.key)
        return (*row.where, *ink, value, None, raw, confidence, *row.said, *noted, *links, row.key, check)


def _columns(office: Office) -> list[Column]:
    ink = [Column("ink", "原件笔迹", Kind.PICTURE)] if office.pictures else []
    return [
        Column("file", "文件"),
        Column("page", "页", Kind.NUMBER),
        Column("form", "表单类型"),
        Column("field", "字段"),
        *ink,
        Column(VALUE, "识别值", Kind.CODE, Use.VALUE),
        Column(CONFIRM, "确认无误", Kind.SHORT, Use.VALUE, choices=(CONFIRMED,)),
        Column("raw", "原始识别", Kind.CODE, printed=False),
        Column("confidence", "置信度", Kind.RATIO),
        Column(PROBLEM, "问题"),
        Column("advice", "处理建议"),
        *office_columns(office),
        Column("original", "原件", Kind.SHORT, printed=False),
        Column("audit", "核对页", Kind.SHORT, printed=False),
        Column("key", KEY_TITLE, Kind.CODE, Use.KEY, printed=False),
        Column("check", CHECK_TITLE, Kind.CODE, Use.CHECK, printed=False, hidden=True),
    ]


def _document_codes(record: Record, forms: Forms) -> list[str]:
    codes = list(record.issues)
    if record.doc_type not in forms and Code.UNKNOWN_DOCUMENT.value not in codes:
        codes.append(Code.UNKNOWN_DOCUMENT.value)
    return codes
