"""Readings judged anew: evidence, confidences, codes and statuses change, values stay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from pipeline.records import FieldValue, Record
from pipeline.store import audit, corrections, loading
from pipeline.store.audit import Action
from pipeline.store.nouns import StoredDocument
from pipeline.store.overlay import settled
from pipeline.store.schema import Base, DocumentRow, FieldRow

Judge = Callable[[Record], None]
"""Sets evidence, confidences, issues and statuses of a record in place."""

_ISSUES = 2  # the place of the codes in a judgement

# One statement for all fields of a document: there are many, and most of them change together.
_TABLE = Base.metadata.tables[FieldRow.__tablename__]
_FIELD = (
    update(_TABLE)
    .where(_TABLE.c.document_id == bindparam("of_document"), _TABLE.c.path == bindparam("at_path"))
    .values({name: bindparam(name) for name in ("confidence", "status", "own_status", "evidence")})
)


@dataclass(frozen=True, slots=True)
class Judged:
    """A document as of its ``revision``, judged anew: the fields that changed, the paths whose codes did (empty for the
    document's own), and whether its status did."""

    record: Record
    revision: int
    fields: dict[str, FieldValue]
    recoded: tuple[str, ...]
    status: bool


def judge_anew(connection: Connection, ids: Sequence[str], judge: Judge) -> list[Judged]:
    """Judge some documents; those that changed. Nothing is written."""
    documents = loading.load(connection, ids, findings=False)
    acknowledged = corrections.acknowledged(connection, ids)
    judged = (_judge_one(d, judge, acknowledged.get(d.record.document_id, frozenset())) for d in documents)
    return [found for found in judged if found is not None]


def write(connection: Connection, judged: Sequence[Judged], judge: Judge, actor: str) -> int:
    """Write what changed, and say how many documents did. What somebody corrected meanwhile is judged again."""
    row = DocumentRow
    # Locked, in one order, so that no correction comes between what is seen here and written below.
    query = select(row.document_id, row.revision).where(row.document_id.in_([j.record.document_id for j in judged]))
    locked = connection.execute(query.order_by(row.document_id).with_for_update())
    revisions = {found.document_id: found.revision for found in locked}
    same = [j for j in judged if revisions.get(j.record.document_id) == j.revision]
    moved = revisions.keys() - {j.record.document_id for j in same}
    every = [*same, *judge_anew(connection, sorted(moved), judge)]
    for one in every:
        _write_one(connection, one, actor)
    return len(every)


def _judge_one(document: StoredDocument, judge: Judge, acknowledged: frozenset[str]) -> Judged | None:
    record = document.record
    before = {path: _judgement(value) for path, value in record.all_fields()}
    status, issues = record.status, list(record.issues)
    judge(record)
    if acknowledged:
        statuses = [value.status for _, value in record.all_fields()]
        record.status = settled(record.status, statuses, record.issues, acknowledged)
    changed = {path: value for path, value in record.all_fields() if _judgement(value) != before[path]}
    recoded = [path for path, value in changed.items() if tuple(value.issues) != before[path][_ISSUES]]
    recoded += [""] if record.issues != issues else []
    judged = Judged(record, document.revision, changed, tuple(recoded), record.status is not status)
    return judged if judged.fields or judged.recoded or judged.status else None


def _write_one(connection: Connection, judged: Judged, actor: str) -> None:
    record = judged.record
    if judged.fields:
        connection.execute(_FIELD, [_as_row(record.document_id, *item) for item in judged.fields.items()])
    for path in judged.recoded:
        issues = judged.fields[path].issues if path else record.issues
        corrections.replace_issues(connection, record.document_id, path, issues)
    if judged.status:
        word = record.status.value
        here = DocumentRow.document_id == record.document_id
        connection.execute(update(DocumentRow).where(here).values(status=word, own_status=word))
    detail = {"fields": len(judged.fields), "status": record.status.value}
    audit.append(connection, Action.DOCUMENT_REJUDGED, actor, document_id=record.document_id, detail=detail)


def _as_row(document_id: str, path: str, value: FieldValue) -> dict[str, Any]:
    return {
        "of_document": document_id,
        "at_path": path,
        "confidence": value.confidence,
        "status": value.status.value,
        "own_status": value.status.value,
        "evidence": value.evidence.to_dict() if value.evidence else None,
    }


def _judgement(value: FieldValue) -> tuple[object, ...]:
    return value.confidence, value.status, tuple(value.issues), value.evidence
