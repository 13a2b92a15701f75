"""A document in the hands of a person: taken at the revision they saw, changed, put back with what follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from pipeline.records import Code, FieldValue, Record
from pipeline.store import corrections, findings, loading
from pipeline.store.cells import columns
from pipeline.store.faults import ConflictError, NotFoundError
from pipeline.store.judging import Judge
from pipeline.store.nouns import CROSS_DOCUMENT_CODES
from pipeline.store.overlay import ROW_PATH, Row, settled
from pipeline.store.schema import DocumentRow, FieldRow, IssueRow

_Stored = dict[str, tuple[dict[str, Any], list[str]]]


@dataclass(slots=True)
class Draft:
    """A document as it is being changed: its record without what other documents say of it.

    ``revision`` is the one it will have. ``was`` are its fields as they are stored.
    """

    record: Record
    revision: int
    was: _Stored
    issues: list[str]
    rows: int

    def field(self, path: str) -> FieldValue | None:
        """The field at a path, if there is one."""
        row, key = self.holder(path)
        return row.get(key) if row is not None else None

    def holder(self, path: str) -> tuple[Row | None, str]:
        """What a field of this path is or would be kept in, and under which key; ``None`` for a row there is not."""
        found = ROW_PATH.fullmatch(path)
        if found is None:
            return self.record.fields, path
        index = int(found[1])
        return (self.record.rows[index] if index < len(self.record.rows) else None), found[2]


def take(connection: Connection, document_id: str, expected_revision: int | None) -> Draft:
    """A document to be changed, locked and one revision on.

    Raises :class:`NotFoundError` where there is none, :class:`ConflictError` where it changed since a person saw it.
    """
    document = DocumentRow
    here = document.document_id == document_id
    if expected_revision is not None:
        here &= document.revision == expected_revision
    moved = update(document).where(here).values(revision=document.revision + 1).returning(document.revision)
    revision = connection.scalar(moved)
    if revision is None:
        if not corrections.is_known(connection, document_id):
            raise NotFoundError(f"没有编号为 {document_id} 的文档，可能已被重新识别或删除。请刷新后重试。")
        raise ConflictError("这份文档刚被他人修改或重新识别过，您的修改没有保存。请刷新后核对，再改一次。")
    [stored] = loading.load(connection, [document_id], findings=False)
    record = stored.record
    return Draft(record, revision, _as_stored(record), list(record.issues), len(record.rows))


def put_back(connection: Connection, draft: Draft, judge: Judge | None = None) -> None:
    """Write what changed, and what follows from it for codes and statuses."""
    record = draft.record
    if record.rows and not draft.rows:  # the only thing that a list without rows is said to lack
        record.issues = [code for code in record.issues if code != Code.REQUIRED_MISSING.value]
    if judge is not None:
        values = [(field, field.value) for _, field in record.all_fields()]
        judge(record)
        for field, value in values:  # a judge says how sure a value is, and changes none
            field.value = value
    acknowledged = corrections.acknowledged(connection, [record.document_id]).get(record.document_id, frozenset())
    statuses = [field.status for _, field in record.all_fields()]
    record.status = settled(record.status, statuses, record.issues, acknowledged)
    _write_fields(connection, draft)
    if record.issues != draft.issues:
        corrections.replace_issues(connection, record.document_id, "", record.issues)
    connection.execute(
        update(DocumentRow)
        .where(DocumentRow.document_id == record.document_id)
        .values(own_status=record.status.value, row_count=len(record.rows))
    )
    findings.show(connection, record.document_id, record.status, acknowledged)


def _as_stored(record: Record) -> _Stored:
    return {path: (columns(field), list(field.issues)) for path, field in record.all_fields()}


def _write_fields(connection: Connection, draft: Draft) -> None:
    document_id, was = draft.record.document_id, draft.was
    now = _as_stored(draft.record)
    if len(draft.record.rows) != draft.rows:
        _forget_findings_of_rows(connection, document_id)
    _delete(connection, document_id, [path for path in was if path not in now])
    position = connection.scalar(
        select(FieldRow.position).where(FieldRow.document_id == document_id).order_by(FieldRow.position.desc()).limit(1)
    )
    free = (position if position is not None else -1) + 1
    for path, (stored, issues) in now.items():
        before, codes = was.get(path, (None, []))
        here = (FieldRow.document_id == document_id) & (FieldRow.path == path)
        if before is None:
            key = {"document_id": document_id, "path": path, "position": free}
            connection.execute(insert(FieldRow).values({**key, **stored, "status": stored["own_status"]}))
            free += 1
        elif stored != before:
            moved = {"status": stored["own_status"]} if stored["own_status"] != before["own_status"] else {}
            connection.execute(update(FieldRow).where(here).values({**stored, **moved}))
        if issues != codes:
            corrections.replace_issues(connection, document_id, path, issues)


def _delete(connection: Connection, document_id: str, paths: Sequence[str]) -> None:
    if paths:
        for part in (FieldRow, IssueRow):
            connection.execute(delete(part).where(part.document_id == document_id, part.path.in_(paths)))


def _forget_findings_of_rows(connection: Connection, document_id: str) -> None:
    """What other documents say of rows that have other numbers now; the next check says it again."""
    issue = IssueRow
    of_rows = issue.path.startswith("rows.", autoescape=True) & issue.code.in_(CROSS_DOCUMENT_CODES)
    connection.execute(delete(issue).where(issue.document_id == document_id, of_rows))
