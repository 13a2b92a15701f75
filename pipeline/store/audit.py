"""The audit log: who did what when, written in the transaction of the deed itself.

It is kept for good, so it holds no personal data: no values, and no file names (staff name scans after
people). Files are named by their hash, corrections by the number of their row.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select

from pipeline.store.columns import now
from pipeline.store.nouns import AuditEntry
from pipeline.store.schema import AuditRow


class Action(StrEnum):
    """The deeds the store itself writes down; callers add their own."""

    DOCUMENT_READ = "document_read"
    DOCUMENT_REREAD = "document_reread"
    DOCUMENT_REJUDGED = "document_rejudged"  # its confidences, by another calibration
    DOCUMENT_SUPERSEDED = "document_superseded"  # by a better scan of the same paper
    DOCUMENT_REMOVED = "document_removed"
    DOCUMENT_RELINKED = "document_relinked"  # its file went, a duplicate took its place
    FILE_QUARANTINED = "file_quarantined"
    FILE_DUPLICATE = "file_duplicate"
    FILE_GONE = "file_gone"
    FILE_RETRY = "file_retry"  # failed, to be tried again
    FILE_REQUEUED = "file_requeued"
    PURGED = "purged"
    BACKED_UP = "backed_up"
    RESTORED = "restored"
    FINDINGS = "findings"  # cross-document codes changed
    CORRECTED = "corrected"
    BATCH_STARTED = "batch_started"
    BATCH_FINISHED = "batch_finished"


def append(
    connection: Connection,
    action: str,
    actor: str,
    *,
    document_id: str | None = None,
    path: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add one line; ``detail`` is free of personal data."""
    connection.execute(
        insert(AuditRow).values(
            time=now(), actor=actor, action=str(action), document_id=document_id, path=path, detail=dict(detail or {})
        )
    )


def entries(
    connection: Connection,
    *,
    document_id: str | None = None,
    action: str | None = None,
    actor: str | None = None,
    after: int = 0,
    limit: int = 1000,
) -> list[AuditEntry]:
    """Up to ``limit`` lines in order, from the one that follows number ``after``."""
    row = AuditRow
    query = select(row.seq, row.time, row.actor, row.action, row.document_id, row.path, row.detail)
    query = query.where(row.seq > after).order_by(row.seq).limit(limit)
    if document_id is not None:
        query = query.where(row.document_id == document_id)
    if action is not None:
        query = query.where(row.action == action)
    if actor is not None:
        query = query.where(row.actor == actor)
    return [AuditEntry(*line) for line in connection.execute(query)]
