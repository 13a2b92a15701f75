"""待核对: everything a person has to look at, the most costly error first."""

from __future__ import annotations

import re

import pandas as pd

from pipeline.definitions import FieldType, Forms
from pipeline.ledgers.cells import definition_of, shown, source_label
from pipeline.ledgers.codes import DOCUMENT_STATUS, Reason, describe, type_name
from pipeline.ledgers.marks import mark_of
from pipeline.ledgers.table import CellValue, Column, Kind, Table, make_table
from pipeline.records import Code, DocumentStatus, Record

SHEET = "待核对"
_COLUMNS = [
    Column("file", "文件"),
    Column("page", "页", Kind.NUMBER),
    Column("form", "表单类型"),
    Column("field", "字段"),
    Column("value", "识别值", Kind.CODE),
    Column("raw", "原始识别", Kind.CODE),
    Column("confidence", "置信度", Kind.RATIO),
    Column("problem", "问题"),
    Column("advice", "处理建议"),
]
_SHOWN = [c.key for c in _COLUMNS]
_SORT = ["cost", "optional", "sureness", "order"]

# A wrong number or name is a wrong person or unit; a doubtful document comes before a doubtful detail.
_COST = {FieldType.ID_NUMBER: 0, FieldType.NAME: 1, FieldType.USCC: 2}
_DOCUMENT_COST, _OTHER_COST = 3, 4
_ROW_PATH = re.compile(r"rows\.(\d+)\.")


class ReviewQueue:
    """Collects the doubtful fields and documents of all records."""

    def __init__(self, forms: Forms) -> None:
        self._forms = forms
        self._titles = {t: f.title for t, f in forms.items()}
        self._rows: list[tuple[CellValue, ...]] = []
        self._reasons: list[Reason] = []

    def add(self, record: Record) -> None:
        before = len(self._rows)
        self._add_fields(record)
        if record.status is DocumentStatus.ACCEPTED:
            return
        for code in _document_codes(record, self._forms):
            text = describe(code)
            self._add_document(record, text.name, text.advice, text.reason)
        if len(self._rows) == before:  # never in silence, even where nothing says why
            self._add_document(record, DOCUMENT_STATUS[record.status], "对照原件核对。", Reason.UNSURE)

    def _add_fields(self, record: Record) -> None:
        form = self._forms.get(record.doc_type)
        whole = source_label(record)
        for path, value in record.all_fields():
            mark = mark_of(value)
            if mark is None:
                continue
            definition = definition_of(form, path)
            match = _ROW_PATH.match(path)
            title = definition.title if definition else path[match.end() :] if match else path
            if match:
                title = f"第{int(match[1]) + 1}行 {title}"
            cost = _COST.get(definition.type, _OTHER_COST) if definition else _OTHER_COST
            self._append(
                (value.file or whole, value.page, type_name(record.doc_type, self._titles), title),
                (shown(definition, value.value) or None, value.raw or None, round(value.confidence, 4)),
                (mark.problem, mark.advice),
                mark.reason,
                (cost, not (definition and definition.required), value.confidence),
            )

    def _add_document(self, record: Record, problem: str, advice: str, reason: Reason) -> None:
        page = record.pages[0][0] if record.pages and record.pages[0] else None
        self._append(
            (source_label(record), page, type_name(record.doc_type, self._titles), "（整份文件）"),
            (None, None, None),
            (problem, advice),
            reason,
            (_DOCUMENT_COST, False, 0.0),
        )

    def _append(
        self,
        where: tuple[CellValue, ...],
        read: tuple[CellValue, ...],
        said: tuple[CellValue, ...],
        reason: Reason,
        rank: tuple[int, bool, float],
    ) -> None:
        self._rows.append((*where, *read, *said, *rank, len(self._rows)))
        self._reasons.append(reason)

    def __len__(self) -> int:
        return len(self._rows)

    def table(self) -> Table:
        """The queue in order; ties keep the order of the records."""
        frame = pd.DataFrame(self._rows, columns=[*_SHOWN, *_SORT], dtype=object)
        frame = frame.sort_values(_SORT, kind="stable")
        table = make_table(SHEET, _COLUMNS, frame[_SHOWN].itertuples(index=False, name=None))
        column = 1 + _SHOWN.index("value")
        table.marks.update({(i, column): self._reasons[old] for i, old in enumerate(frame["order"])})
        return table


def _document_codes(record: Record, forms: Forms) -> list[str]:
    codes = list(record.issues)
    if record.doc_type not in forms and Code.UNKNOWN_DOCUMENT.value not in codes:
        codes.append(Code.UNKNOWN_DOCUMENT.value)
    return codes
