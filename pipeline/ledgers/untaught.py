"""其他表格: what was read of documents of no known form, a row for each label beside its value."""

from __future__ import annotations

import re

from pipeline.ledgers.cells import heading_of, shown, source_label
from pipeline.ledgers.codes import FIELD_STATUS
from pipeline.ledgers.lookalikes import Look, group_looks, look_of
from pipeline.ledgers.marks import Mark, mark_of
from pipeline.ledgers.naming import table_name
from pipeline.ledgers.office import Office
from pipeline.ledgers.register import CHECK_TITLE, KEY_TITLE, office_columns
from pipeline.ledgers.review import CONFIRM, CONFIRMED, VALUE
from pipeline.ledgers.rowcheck import row_check
from pipeline.ledgers.table import CellValue, Column, Kind, Table, Use, make_table
from pipeline.records import UNKNOWN_TYPE, FieldValue, Record, is_label, label_place

SHEET = "其他表格"
_ROW_PATH = re.compile(r"rows\.(\d+)\.")


class Untaught:
    """Collects the pairs of all documents of no known form."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._rows: list[tuple[str, tuple[CellValue, ...], Mark | None]] = []
        self._looks: list[Look] = []

    def add(self, record: Record) -> None:
        """Take a record in; one of a known form has its own register."""
        if record.doc_type != UNKNOWN_TYPE:
            return
        self._looks.append(look_of(record))
        for path, value in record.all_fields():
            if is_label(path):
                self._rows.append((record.document_id, self._cells(record, path, value), mark_of(value)))

    def _cells(self, record: Record, path: str, value: FieldValue) -> tuple[CellValue, ...]:
        key = f"{record.document_id}/{path}"
        row = _ROW_PATH.match(path)
        heading = record.labels.get(label_place(path)) or heading_of(None, path)
        label = f"第{int(row[1]) + 1}行 {heading}" if row else heading
        text = shown(None, value.value) or None
        content = record.content_of(value.file) if value.file in record.files else None
        original = self._office.scan(content) if content else self._office.original(record)
        return (
            value.file or source_label(record),
            value.page,
            label,
            text,
            None,
            round(value.confidence, 4),
            FIELD_STATUS[value.status],
            *self._office.written(key),
            original,
            self._office.audited(record.document_id),
            key,
            row_check(((VALUE, text), (CONFIRM, None))),
        )

    def table(self) -> Table:
        """Every pair, in the order of the records, with what its form is called and how many are like it."""
        named: dict[str, tuple[str, str | None]] = {}
        for group in group_looks(self._looks):
            several = f"{group.name}（{len(group.looks)} 份）" if len(group.looks) > 1 else None
            named.update({look.document_id: (look.title, several) for look in group.looks})
        cells = []
        for document_id, (file, *rest), _ in self._rows:
            title, group_name = named[document_id]
            cells.append((file, title or None, group_name, *rest))
        table = make_table(SHEET, _columns(self._office), cells, table_name(SHEET))
        column = table.place(VALUE)
        table.marks.update({(i, column): mark for i, (_, _, mark) in enumerate(self._rows) if mark is not None})
        return table


def _columns(office: Office) -> list[Column]:
    return [
        Column("file", "文件"),
        Column("title", "表名"),
        Column("group", "看起来同类"),
        Column("page", "页", Kind.NUMBER),
        Column("label", "标签"),
        Column(VALUE, "识别值", Kind.CODE, Use.VALUE),
        Column(CONFIRM, "确认无误", Kind.SHORT, Use.VALUE, choices=(CONFIRMED,)),
        Column("confidence", "置信度", Kind.RATIO),
        Column("status", "核对状态", Kind.SHORT),
        *office_columns(office),
        Column("original", "原件", Kind.SHORT, printed=False),
        Column("audit", "核对页", Kind.SHORT, printed=False),
        Column("key", KEY_TITLE, Kind.CODE, Use.KEY, printed=False),
        Column("check", CHECK_TITLE, Kind.CODE, Use.CHECK, printed=False, hidden=True),
    ]
