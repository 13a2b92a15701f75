"""The audit log: who did what when, written in the transaction of the deed itself, at its end.

At the end, since lines are chained and so written by one transaction at a time: whoever waits for its turn then
holds no lock that another still needs.

It is kept for good, so it holds no personal data: no values, and no file names (staff name scans after
people). Files are named by their hash, corrections by the number of their row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select

from pipeline.store import chain
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
    CORRECTION_WITHDRAWN = "correction_withdrawn"
    ROW_ADDED = "row_added"
    ROW_REMOVED = "row_removed"
    RELABELLED = "relabelled"  # a label of a document of no known form, by a person
    ACKNOWLEDGED = "acknowledged"  # a document's code, by a person
    PROPOSED = "proposed"
    PROPOSAL_WITHDRAWN = "proposal_withdrawn"
    PROPOSAL_APPROVED = "proposal_approved"
    PROPOSAL_REFUSED = "proposal_refused"
    CLAIM_ASSIGNED = "claim_assigned"  # to something served, or none
    DUPLICATE_MARKED = "marked_duplicate"
    DUPLICATE_UNMARKED = "unmarked_duplicate"
    ARRANGED = "arranged"
    DISSOLVED = "dissolved"
    DOCUMENT_OPENED = "document_opened"
    VALUES_SHOWN = "values_shown"
    EXPORTED = "exported"
    WORKBOOK_IMPORTED = "workbook_imported"  # what people changed in a workbook; each change has a line of its own
    NOTES_TAKEN = "notes_taken"  # what people wrote in their own columns and rows of a workbook
    USER_ADDED = "user_added"
    USER_CHANGED = "user_changed"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    SIGN_IN_FAILED = "sign_in_failed"
    LOCKED_OUT = "locked_out"
    BATCH_STARTED = "batch_started"
    BATCH_FINISHED = "batch_finished"


UNCHANGING = frozenset(
    {
        Action.BATCH_STARTED,
        Action.BATCH_FINISHED,
        Action.PROPOSED,
        Action.PROPOSAL_WITHDRAWN,
        Action.PROPOSAL_REFUSED,
        Action.ARRANGED,
        Action.DISSOLVED,
        Action.DOCUMENT_OPENED,
        Action.VALUES_SHOWN,
        Action.EXPORTED,
        Action.WORKBOOK_IMPORTED,
        Action.USER_ADDED,
        Action.USER_CHANGED,
        Action.SIGNED_IN,
        Action.SIGNED_OUT,
        Action.SIGN_IN_FAILED,
        Action.LOCKED_OUT,
    }
)
"""Deeds after which the outputs are as they were; what follows from some of them is a deed of its own."""

_WAITING = "audit_lines"


@contextmanager
def written(connection: Connection) -> Iterator[None]:
    """Write the lines that are added within the block at its end; none of them if it raises."""
    lines: list[dict[str, Any]] = []
    connection.info[_WAITING] = lines
    try:
        yield
        if lines:
            _write(connection, lines)
    finally:
        del connection.info[_WAITING]


def append(
    connection: Connection,
    action: str,
    actor: str,
    *,
    document_id: str | None = None,
    path: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add one line, at the end of the transaction; ``detail`` is free of personal data."""
    connection.info[_WAITING].append(
        {
            "time": now(),
            "actor": actor,
            "action": str(action),
            "document_id": document_id,
            "path": path,
            "detail": dict(detail or {}),
        }
    )


def _write(connection: Connection, lines: list[dict[str, Any]]) -> None:
    chain.hold(connection)
    _, known = chain.head(connection)
    for seq, line in zip(chain.next_numbers(connection, len(lines)), lines, strict=True):
        known = chain.line_hash(known, seq, **line)
        line |= {"seq": seq, "hash": known}
    connection.execute(insert(AuditRow), lines)


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
