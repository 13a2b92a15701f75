"""Readings judged anew: evidence, confidences, codes and statuses change, values stay."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, select, update

from pipeline.records import FieldValue, Record
from pipeline.store import audit, corrections, loading
from pipeline.store.audit import Action
from pipeline.store.overlay import settled
from pipeline.store.schema import DocumentRow, FieldRow

Judge = Callable[[Record], None]
"""Sets evidence, confidences, issues and statuses of a record in place."""


def rejudge(connection: Connection, ids: Sequence[str], judge: Judge, actor: str) -> int:
    """Judge some documents, write what changed, and say how many did."""
    # Locked, in one order, so that no correction comes between what is read here and written below.
    connection.execute(
        select(DocumentRow.document_id)
        .where(DocumentRow.document_id.in_(ids))
        .order_by(DocumentRow.document_id)
        .with_for_update()
    ).all()
    documents = loading.load(connection, ids, findings=False)
    acknowledged = corrections.acknowledged(connection, ids)
    return sum(
        _rejudge_one(connection, d.record, judge, acknowledged.get(d.record.document_id, frozenset()), actor)
        for d in documents
    )


def _rejudge_one(
    connection: Connection, record: Record, judge: Judge, acknowledged: frozenset[str], actor: str
) -> bool:
    before = {path: _judgement(value) for path, value in record.all_fields()}
    status, issues = record.status, list(record.issues)
    judge(record)
    if acknowledged:
        statuses = [value.status for _, value in record.all_fields()]
        record.status = settled(record.status, statuses, record.issues, acknowledged)
    changed = {path: value for path, value in record.all_fields() if _judgement(value) != before[path]}
    for path, value in changed.items():
        word = value.status.value
        evidence = value.evidence.to_dict() if value.evidence else None
        connection.execute(
            update(FieldRow)
            .where(FieldRow.document_id == record.document_id, FieldRow.path == path)
            .values(confidence=value.confidence, status=word, own_status=word, evidence=evidence)
        )
        corrections.replace_issues(connection, record.document_id, path, value.issues)
    if record.issues != issues:
        corrections.replace_issues(connection, record.document_id, "", record.issues)
    if record.status is not status:
        word = record.status.value
        here = DocumentRow.document_id == record.document_id
        connection.execute(update(DocumentRow).where(here).values(status=word, own_status=word))
    if not (changed or record.issues != issues or record.status is not status):
        return False
    detail = {"fields": len(changed), "status": record.status.value}
    audit.append(connection, Action.DOCUMENT_REJUDGED, actor, document_id=record.document_id, detail=detail)
    return True


def _judgement(value: FieldValue) -> tuple[object, ...]:
    return value.confidence, value.status, tuple(value.issues), value.evidence
