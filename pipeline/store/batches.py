"""Batches, and the counts that say where things stand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from pipeline.store import audit
from pipeline.store.audit import Action
from pipeline.store.columns import now
from pipeline.store.faults import NotFoundError
from pipeline.store.nouns import BatchInfo, StatusSummary
from pipeline.store.schema import BatchRow, DocumentRow, SourceFileRow


def start(connection: Connection, actor: str) -> int:
    """Note that a batch begins; its number."""
    number: int = connection.execute(
        insert(BatchRow).values(started=now(), finished=None, summary={}).returning(BatchRow.id)
    ).scalar_one()
    audit.append(connection, Action.BATCH_STARTED, actor, detail={"batch": number})
    return number


def finish(connection: Connection, batch_id: int, summary: Mapping[str, Any], actor: str) -> None:
    """Note that a batch ended."""
    ended = connection.execute(
        update(BatchRow).where(BatchRow.id == batch_id).values(finished=now(), summary=dict(summary))
    )
    if ended.rowcount == 0:
        raise NotFoundError(f"没有编号为 {batch_id} 的批次。")
    audit.append(connection, Action.BATCH_FINISHED, actor, detail={"batch": batch_id})


def last(connection: Connection) -> BatchInfo | None:
    """The batch started last."""
    query = select(BatchRow.id, BatchRow.started, BatchRow.finished, BatchRow.summary)
    row = connection.execute(query.order_by(BatchRow.id.desc()).limit(1)).first()
    return BatchInfo(*row) if row else None


def latest_start(connection: Connection) -> datetime | None:
    """The latest time at which a batch began by the clock; that of the last one, unless the clock was set back."""
    return connection.scalar(select(func.max(BatchRow.started)))


def newest(connection: Connection, count: int) -> list[BatchInfo]:
    """The last ``count`` batches, oldest first."""
    query = select(BatchRow.id, BatchRow.started, BatchRow.finished, BatchRow.summary)
    rows = connection.execute(query.order_by(BatchRow.id.desc()).limit(count)).all()
    return [BatchInfo(*row) for row in reversed(rows)]


def summary(connection: Connection) -> StatusSummary:
    """Counts of documents and files, and the last batch."""
    documents: dict[str, dict[str, int]] = {}
    by_type = (
        select(DocumentRow.doc_type, DocumentRow.status, func.count())
        .where(DocumentRow.superseded_by.is_(None))
        .group_by(DocumentRow.doc_type, DocumentRow.status)
    )
    for doc_type, status, count in sorted(connection.execute(by_type).all()):
        documents.setdefault(doc_type, {})[status] = count
    by_state = select(SourceFileRow.state, func.count()).group_by(SourceFileRow.state)
    files = dict(sorted((state, count) for state, count in connection.execute(by_state)))
    return StatusSummary(documents, files, last(connection))
