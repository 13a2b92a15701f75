"""What reports ask of the database: few rows out, however many documents it holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, exists, false, func, literal, or_, select

from pipeline.records import ADVISORY_DOCUMENT_CODES, DocumentStatus, FieldStatus
from pipeline.store.nouns import BatchInfo, FileState
from pipeline.store.overlay import SETTLED
from pipeline.store.schema import (
    BatchRow,
    CorrectionRow,
    DocumentFileRow,
    DocumentRow,
    FieldRow,
    IssueRow,
    PageRow,
    SourceFileRow,
    path_key,
)

_OPEN = (FieldStatus.REVIEW.value, FieldStatus.MISSING.value)
_SETTLED = (FileState.PROCESSED.value, FileState.DUPLICATE.value, FileState.GONE.value)
_TROUBLED = (FileState.QUARANTINED.value, FileState.RETRY.value)
_TOGETHER = 500  # parameters of one query


@dataclass(frozen=True, slots=True)
class ReviewReason:
    """In how many documents in review ``code`` stands open, on a key field or elsewhere.

    ``code`` is empty for documents of which no code says why they are in review.
    """

    code: str
    key_field: bool
    documents: int


@dataclass(frozen=True, slots=True)
class DocumentInReview:
    """A document in review: its first file, how many files it has, and the codes that stand open."""

    document_id: str
    doc_type: str
    file: str
    files: int
    codes: tuple[str, ...]


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


def review_reasons(connection: Connection, key_fields: Collection[str]) -> list[ReviewReason]:
    """Why documents are in review; one with several reasons counts for each."""
    of_key_field = case((_is_key_field(key_fields), 1), else_=0)
    query = _open_issues(IssueRow.code, of_key_field, func.count(DocumentRow.document_id.distinct()))
    query = query.group_by(IssueRow.code, of_key_field)
    found = [ReviewReason(code, bool(key), count) for code, key, count in connection.execute(query)]
    told = select(IssueRow.code).outerjoin(FieldRow, _same_field()).where(_same_document(), _asks())
    untold = select(func.count()).select_from(DocumentRow).where(_in_review(), ~exists(told.correlate(DocumentRow)))
    silent = connection.execute(untold).scalar_one()
    return [*found, ReviewReason("", False, silent)] if silent else found


def documents_in_review(
    connection: Connection, limit: int, key_fields: Collection[str], order: Sequence[str]
) -> list[DocumentInReview]:
    """Up to ``limit`` documents, those first of which a key field is in doubt, then by where their codes
    stand in ``order``, then what was read last."""
    last = len(order)
    place = case({code: i for i, code in enumerate(order)}, value=IssueRow.code, else_=last) if order else 0
    rank = place + case((_is_key_field(key_fields), 0), else_=last + 1)
    ranks = _open_issues(IssueRow.document_id, func.min(rank).label("rank")).group_by(IssueRow.document_id).subquery()
    document = DocumentRow
    query = (
        select(document.document_id, document.doc_type)
        .outerjoin(ranks, ranks.c.document_id == document.document_id)
        .where(_in_review())
        .order_by(func.coalesce(ranks.c.rank, 2 * last + 2), document.read_at.desc(), document.document_id)
        .limit(limit)
    )
    types = {row.document_id: row.doc_type for row in connection.execute(query)}
    codes: dict[str, list[str]] = defaultdict(list)
    open_codes = _open_issues(IssueRow.document_id, IssueRow.code).where(IssueRow.document_id.in_(types))
    for document_id, code in connection.execute(open_codes.order_by(rank, IssueRow.code)):
        codes[document_id].append(code)
    files = files_of(connection, types)
    return [
        DocumentInReview(i, doc_type, (files[i] or [""])[0], len(files[i]), tuple(dict.fromkeys(codes[i])))
        for i, doc_type in types.items()
    ]


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


def _open_issues(*columns: Any) -> Select[Any]:
    """``columns`` of the codes that keep documents in review."""
    return (
        select(*columns)
        .select_from(DocumentRow)
        .join(IssueRow, _same_document())
        .outerjoin(FieldRow, _same_field())
        .where(_in_review(), _asks())
    )


def _in_review() -> ColumnElement[bool]:
    return and_(DocumentRow.status == DocumentStatus.REVIEW.value, DocumentRow.superseded_by.is_(None))


def _same_document() -> ColumnElement[bool]:
    return IssueRow.document_id == DocumentRow.document_id


def _same_field() -> ColumnElement[bool]:
    return and_(FieldRow.document_id == IssueRow.document_id, FieldRow.path == IssueRow.path)


def _asks() -> ColumnElement[bool]:
    """Whether a code is a question: one of the document's, or of a field that a person has to look at."""
    settled = exists(CorrectionRow.id).where(
        CorrectionRow.document_id == IssueRow.document_id,
        CorrectionRow.path == literal(SETTLED) + IssueRow.code,
        CorrectionRow.withdrawn.is_(False),
    )
    of_document = and_(IssueRow.path == "", IssueRow.code.not_in(ADVISORY_DOCUMENT_CODES), ~settled)
    return or_(of_document, FieldRow.status.in_(_OPEN))


def _is_key_field(keys: Collection[str]) -> ColumnElement[bool]:
    """Whether a code stands on a field of one of these ``keys``, of the document or of a row."""
    if not keys:
        return false()
    in_row = [IssueRow.path.endswith(f".{key}", autoescape=True) for key in sorted(keys)]
    return or_(IssueRow.path.in_(sorted(keys)), and_(IssueRow.path.startswith("rows."), or_(*in_row)))
