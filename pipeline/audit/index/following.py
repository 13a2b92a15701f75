"""What changed since the index last looked, as the audit log tells it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from pipeline.store.audit import UNCHANGING, Action
from pipeline.store.schema import AuditRow, DocumentRow

_LINES = 5000  # read at a time

# Lines without a document that may concern any of them. Others (files, batches, accounts) concern none.
_SWEEPING = frozenset({Action.PURGED.value, Action.RESTORED.value})
_UNCHANGING = frozenset(action.value for action in UNCHANGING)


@dataclass(frozen=True, slots=True)
class News:
    """``documents`` in the order they were last named; ``sweeping`` where any document may have changed.

    ``seen`` is the last line read, ``more`` whether there are further ones.
    """

    documents: list[str]
    sweeping: bool
    seen: int
    more: bool


def news(connection: Connection, seen: int) -> News:
    """What the lines after number ``seen`` tell."""
    row = AuditRow
    query = select(row.seq, row.action, row.document_id).where(row.seq > seen).order_by(row.seq).limit(_LINES)
    lines = connection.execute(query).all()
    named: dict[str, None] = {}
    sweeping = False
    for _, action, document_id in lines:
        if document_id is None:
            sweeping = sweeping or action in _SWEEPING
        elif action not in _UNCHANGING:
            named.pop(document_id, None)
            named[document_id] = None
    return News(list(named), sweeping, lines[-1].seq if lines else seen, len(lines) == _LINES)


def revisions(connection: Connection) -> dict[str, tuple[int, str]]:
    """Revision and status of every current document."""
    row = DocumentRow
    query = select(row.document_id, row.revision, row.status).where(row.superseded_by.is_(None))
    return {document_id: (revision, status) for document_id, revision, status in connection.execute(query)}


def last_line(connection: Connection) -> int:
    """The number of the log's last line."""
    return connection.scalar(select(func.max(AuditRow.seq))) or 0
