"""What reports ask of the database: few rows out, however many documents it holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, and_, case, func, select

from pipeline.store.nouns import BatchInfo, FileState
from pipeline.store.schema import (
    BatchRow,
    DocumentFileRow,
    DocumentRow,
    PageRow,
    SourceFileRow,
    path_key,
)

_SETTLED = (FileState.PROCESSED.value, FileState.DUPLICATE.value, FileState.GONE.value)
_TROUBLED = (FileState.QUARANTINED.value, FileState.RETRY.value)
_TOGETHER = 500  # parameters of one query


@dataclass(frozen=True, slots=True)
class TimedDocument:
    """How long the reading of a document took."""

    document_id: str
    doc_type: str
    pages: int
    seconds: float


@dataclass(frozen=True, slots=True)
class TroubledFile:
    """A file in quarantine, or one that is tried again at ``retry_at``."""

    path: str
    state: FileState
    code: str
    message: str
    attempts: int
    retry_at: datetime | None


@dataclass(slots=True)
class BatchCounts:
    """What the database knows of a batch, also of one that was killed and left no summary.

    Documents and files count for the batch that dealt with them last.
    """

    files: dict[str, int] = field(default_factory=dict)  # by state
    documents: dict[str, dict[str, int]] = field(default_factory=dict)  # by type, then status
    pages: int = 0
    blank_pages: int = 0


def files_of(connection: Connection, documents: Collection[str]) -> dict[str, list[str]]:
    """The files of a few documents, in order; none for one that does not exist."""
    found: dict[str, list[str]] = {document_id: [] for document_id in documents}
    row = DocumentFileRow
    query = select(row.document_id, row.path).where(row.document_id.in_(documents)).order_by(row.position)
    for document_id, path in connection.execute(query):
        found[document_id].append(path)
    return found


def batches_started(connection: Connection, start: datetime, end: datetime) -> list[BatchInfo]:
    """The batches that began from ``start`` on and before ``end``, oldest first."""
    row = BatchRow
    query = select(row.id, row.started, row.finished, row.summary).where(row.started >= start, row.started < end)
    return [BatchInfo(*found) for found in connection.execute(query.order_by(row.id))]


def batches_before(connection: Connection, end: datetime, count: int) -> list[BatchInfo]:
    """The last ``count`` batches that began before ``end``, oldest first."""
    row = BatchRow
    query = select(row.id, row.started, row.finished, row.summary).where(row.started < end)
    rows = connection.execute(query.order_by(row.id.desc()).limit(count)).all()
    return [BatchInfo(*found) for found in reversed(rows)]


def batch_counts(connection: Connection, batches: Collection[int]) -> dict[int, BatchCounts]:
    """Files, current documents and pages of each of these batches."""
    found = {number: BatchCounts() for number in batches}
    of, source, document = BatchRow.id, SourceFileRow, DocumentRow
    states = select(of, source.state, func.count()).join(source, source.batch_id == of).where(of.in_(batches))
    for number, state, count in connection.execute(states.group_by(of, source.state)):
        found[number].files[state] = count
    current = and_(document.batch_id == of, document.superseded_by.is_(None))
    statuses = select(of, document.doc_type, document.status, func.count()).join(document, current)
    statuses = statuses.where(of.in_(batches)).group_by(of, document.doc_type, document.status)
    for number, doc_type, status, count in connection.execute(statuses):
        found[number].documents.setdefault(doc_type, {})[status] = count
    blank = func.sum(case((PageRow.blank, 1), else_=0))
    pages = select(of, func.count(), blank).join(document, current)
    pages = pages.join(PageRow, PageRow.document_id == document.document_id).where(of.in_(batches))
    for number, count, blanks in connection.execute(pages.group_by(of)):
        found[number].pages, found[number].blank_pages = count, blanks
    return found


def slowest(connection: Connection, batch: int, limit: int) -> list[TimedDocument]:
    """The current documents of a batch whose reading took longest, the slowest first."""
    document = DocumentRow
    pages = select(func.count()).select_from(PageRow).where(PageRow.document_id == document.document_id)
    query = (
        select(document.document_id, document.doc_type, pages.scalar_subquery(), document.seconds)
        .where(document.batch_id == batch, document.superseded_by.is_(None), document.seconds > 0)
        .order_by(document.seconds.desc(), document.document_id)
        .limit(limit)
    )
    return [TimedDocument(*found) for found in connection.execute(query)]


def troubled_files(connection: Connection, batches: Collection[int]) -> list[TroubledFile]:
    """The files that these batches put in quarantine or left for another try, as it stands now."""
    row = SourceFileRow
    query = select(row.path, row.state, row.code, row.message, row.attempts, row.retry_at)
    query = query.where(row.state.in_(_TROUBLED), row.batch_id.in_(batches)).order_by(row.path)
    return [
        TroubledFile(path, FileState(state), code or "", message or "", attempts, retry_at)
        for path, state, code, message, attempts, retry_at in connection.execute(query)
    ]


def settled_paths(connection: Connection, paths: Iterable[str]) -> set[str]:
    """Those of ``paths`` whose files have been read, are copies, or went."""
    keys = {path_key(path): path for path in paths}
    wanted = sorted(keys)
    found: set[str] = set()
    for start in range(0, len(wanted), _TOGETHER):
        query = select(SourceFileRow.path_key).where(
            SourceFileRow.path_key.in_(wanted[start : start + _TOGETHER]), SourceFileRow.state.in_(_SETTLED)
        )
        found |= {keys[key] for key in connection.scalars(query)}
    return found
