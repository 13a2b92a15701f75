"""Destroying what has been kept long enough: documents, what people said of them, and traces of their files.

What counts is when a document was first read, which the audit log knows: reading it again for a better
result must not start its time anew. The log itself keeps hashes and counts only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, Engine, Select, delete, func, insert, or_, select, update
from sqlalchemy.exc import DBAPIError

from pipeline.records import DocumentStatus
from pipeline.store import audit, facts, noting, originals
from pipeline.store.audit import Action
from pipeline.store.columns import AnyRow
from pipeline.store.faults import explained
from pipeline.store.nouns import FileState
from pipeline.store.schema import (
    AddedRow,
    ArrangedPageRow,
    AuditRow,
    BatchRow,
    ClaimRow,
    CorrectionRow,
    DocumentFactsRow,
    DocumentFileRow,
    DocumentRow,
    FactHolderRow,
    FactValueRow,
    FieldRow,
    IssueRow,
    NoteRow,
    OriginalRow,
    PageRow,
    ProposalRow,
    ReviewReasonsRow,
    ServedRow,
    SourceFileRow,
)

_TABLES = (
    DocumentRow,
    DocumentFileRow,
    PageRow,
    FieldRow,
    IssueRow,
    ReviewReasonsRow,
    CorrectionRow,
    ProposalRow,
    ArrangedPageRow,
    ClaimRow,
    ServedRow,
    NoteRow,
    AddedRow,
    FactValueRow,
    FactHolderRow,
    DocumentFactsRow,
    SourceFileRow,
    BatchRow,
)
_NAMING = ("failed", "retried", "waiting", "notices")  # parts of a batch's summary that name files


@dataclass(frozen=True, slots=True)
class ExpiredDocument:
    """A document that has been kept long enough; ``superseded`` ones stand in no list."""

    document_id: str
    doc_type: str
    superseded: bool
    first_read: datetime


@dataclass(frozen=True, slots=True)
class Expired:
    """All that has been kept long enough.

    ``contents`` are the hashes of originals that no other document needs, ``shared`` counts those that one
    does; ``in_review`` counts documents as old that stay because a person has still to look at them.
    """

    documents: tuple[ExpiredDocument, ...]
    contents: frozenset[str]
    corrections: int
    shared: int
    in_review: int


def find(connection: Connection, before: datetime, *, include_review: bool) -> Expired:
    """What was first read before a moment. Earlier scans of a paper go with the one that stands for them."""
    papers = {row.document_id: row for row in connection.execute(_papers())}
    held = {
        row.document_id
        for row in papers.values()
        if row.status == DocumentStatus.REVIEW.value and row.superseded_by is None and not include_review
    }

    def is_over(row: AnyRow) -> bool:
        stands = _stands_for(row, papers)
        return stands.document_id not in held and min(row.first_read, stands.first_read) < before

    over = [row for row in papers.values() if is_over(row)]
    ids = {row.document_id for row in over}
    theirs, others = _contents(connection, ids)
    return Expired(
        tuple(ExpiredDocument(r.document_id, r.doc_type, r.superseded_by is not None, r.first_read) for r in over),
        frozenset((theirs - others) | _unused(connection, before)),
        len(_said(connection, CorrectionRow, ids, before)),
        len(theirs & others),
        sum(papers[document_id].first_read < before for document_id in held),
    )


def destroy(connection: Connection, expired: Expired, before: datetime, present: Collection[str], actor: str) -> None:
    """Delete what :func:`find` found, and note the contents as purged; ``present`` paths still lie in the folder.

    The line in the audit log holds counts only.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")  # what is deleted is overwritten with zeros
    ids = {document.document_id for document in expired.documents}
    for said in (CorrectionRow, ProposalRow):
        for some in _chunks(_said(connection, said, ids, before)):
            connection.execute(delete(said).where(said.id.in_(some)))
    for chunk in _chunks(sorted(ids)):
        connection.execute(delete(DocumentRow).where(DocumentRow.document_id.in_(chunk)))
    for chunk in _chunks(sorted(expired.contents)):
        _mark_purged(connection, chunk)
        connection.execute(delete(ArrangedPageRow).where(ArrangedPageRow.sha256.in_(chunk)))
    noting.forget(connection, sorted(ids), before)
    facts.clear(connection)
    _forget_files(connection, expired.contents, before, present)
    _forget_names(connection, before)
    superseded = sum(document.superseded for document in expired.documents)
    detail = {
        "before": before.isoformat(timespec="seconds"),
        "documents": len(expired.documents) - superseded,
        "superseded": superseded,
        "corrections": expired.corrections,
        "originals": len(expired.contents),
    }
    audit.append(connection, Action.PURGED, actor, detail=detail)


def purged(connection: Connection) -> set[str]:
    """The contents that were destroyed."""
    return set(connection.scalars(select(OriginalRow.sha256).where(OriginalRow.purged.is_not(None))))


def scrub(engine: Engine) -> bool:
    """Write the database's files anew, without what deleted rows left in them.

    False where another program uses the database and keeps the old state alive.
    """
    if engine.dialect.name == "postgresql":
        tables = ", ".join(part.__tablename__ for part in _TABLES)
        try:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql(f"VACUUM (FULL) {tables}")
        except DBAPIError:
            return False
        return True
    with closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        try:
            cursor.execute("VACUUM")
            # What was deleted also lies in the write-ahead log, until that is emptied into the file.
            busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                return False
            raise explained(engine.url, error) from error
        finally:
            cursor.close()
    return not busy


def _papers() -> Select[str, str, str, str | None, datetime]:
    """Every document with the time it was first read."""
    row, line = DocumentRow, AuditRow
    logged = select(func.min(line.time)).where(
        line.document_id == row.document_id, line.action == Action.DOCUMENT_READ.value
    )
    first = func.coalesce(logged.correlate(row).scalar_subquery(), row.read_at).label("first_read")
    return select(row.document_id, row.doc_type, row.status, row.superseded_by, first).order_by(row.document_id)


def _contents(connection: Connection, ids: Collection[str]) -> tuple[set[str], set[str]]:
    """The contents that some documents were read from, and those of all others."""
    theirs: set[str] = set()
    others: set[str] = set()
    part = DocumentFileRow
    for document_id, sha256 in connection.execute(select(part.document_id, part.sha256)):
        (theirs if document_id in ids else others).add(sha256)
    return theirs, others


def _unused(connection: Connection, before: datetime) -> set[str]:
    """Contents that were archived before a moment and that no document was read from, or is any more."""
    return {
        original.sha256
        for original in originals.unused(connection)
        if original.archived is not None and original.archived < before
    }


def _stands_for(row: AnyRow, papers: Mapping[str, AnyRow]) -> AnyRow:
    """The document that stands for another one; a better scan may itself be a duplicate."""
    seen = set()
    while row.superseded_by in papers and row.document_id not in seen:
        seen.add(row.document_id)
        row = papers[row.superseded_by]
    return row


def _said(
    connection: Connection,
    row: type[CorrectionRow] | type[ProposalRow],
    ids: Collection[str],
    before: datetime,
) -> list[int]:
    """The corrections or proposals of some documents, and as old ones of documents that are no more."""
    found: set[int] = set()
    for chunk in _chunks(sorted(ids)):
        found.update(connection.scalars(select(row.id).where(row.document_id.in_(chunk))))
    lost = ~select(DocumentRow.document_id).where(DocumentRow.document_id == row.document_id).exists()
    found.update(connection.scalars(select(row.id).where(row.time < before, lost)))
    return sorted(found)


def _mark_purged(connection: Connection, sha256s: Sequence[str]) -> None:
    known = set(connection.scalars(select(OriginalRow.sha256).where(OriginalRow.sha256.in_(sha256s))))
    new = [{"sha256": sha256, "size": 0, "suffix": ""} for sha256 in sha256s if sha256 not in known]
    if new:  # read by a version that kept no originals, from files that had gone since
        connection.execute(insert(OriginalRow), new)
    originals.mark_purged(connection, sha256s)


def _forget_files(
    connection: Connection, contents: Collection[str], before: datetime, present: Collection[str]
) -> None:
    """Delete what is known of files that held these contents, and of files that went as long ago.

    Files that still lie in the folder stay known, so that they are no news.
    """
    row = SourceFileRow
    query = select(row.path_key, row.path, row.sha256, row.state)
    left = set(present)
    over = [
        key
        for key, path, sha256, state in connection.execute(query)
        if sha256 in contents and (path not in left or state == FileState.QUARANTINED.value)
    ]
    used = select(DocumentFileRow.sha256).where(DocumentFileRow.sha256 == row.sha256).exists()
    gone = or_(row.state == FileState.GONE.value, row.taken.is_(True))
    over += connection.scalars(select(row.path_key).where(gone, row.last_seen < before, ~used))
    for chunk in _chunks(sorted(set(over))):
        connection.execute(delete(row).where(row.path_key.in_(chunk)))


def _forget_names(connection: Connection, before: datetime) -> None:
    """Take the names of files, which may be people's, out of the summaries of batches as old."""
    row = BatchRow
    for number, summary in connection.execute(select(row.id, row.summary).where(row.started < before)).all():
        if any(summary.get(part) for part in _NAMING):
            bare = {key: [] if key in _NAMING else value for key, value in summary.items()}
            connection.execute(update(row).where(row.id == number).values(summary=bare))


_Item = TypeVar("_Item")


def _chunks(values: Sequence[_Item], size: int = 500) -> Iterator[Sequence[_Item]]:
    return (values[i : i + size] for i in range(0, len(values), size))
