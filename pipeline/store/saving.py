"""Documents into the database: a reading replaces the one before it, corrections stay."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from pipeline.records import Record
from pipeline.scanned import FileStat, ReadDocument
from pipeline.store import audit, corrections, duplicates
from pipeline.store.audit import Action
from pipeline.store.cells import columns, finite
from pipeline.store.columns import now
from pipeline.store.engine import insert_or_update
from pipeline.store.overlay import lay_over
from pipeline.store.schema import DocumentFileRow, DocumentRow, FieldRow, IssueRow, PageRow, path_key

_PARTS = (DocumentFileRow, PageRow, FieldRow, IssueRow)


def save(connection: Connection, document: ReadDocument, batch_id: int | None, actor: str) -> None:
    """Write one document with its files, pages, fields and issues."""
    record = document.record
    revision = _save_document(connection, document, batch_id)
    # Only now, with the document's row locked by the statement above: a correction made a moment ago
    # must be seen here, and one made a moment later must find the new reading.
    said = corrections.of_document(connection, record.document_id)
    overlaid = lay_over(record, said)
    shown = overlaid.record
    if shown is not record:
        connection.execute(
            update(DocumentRow)
            .where(DocumentRow.document_id == record.document_id)
            .values(status=shown.status.value, own_status=shown.status.value, row_count=len(shown.rows))
        )
    corrections.renumber(connection, overlaid.paths)
    duplicates.mark_again(connection, record.document_id, said)
    if revision > 1:
        for part in _PARTS:
            connection.execute(delete(part).where(part.document_id == record.document_id))
    for part, rows in (
        (DocumentFileRow, _files(shown)),
        (PageRow, _pages(shown, document)),
        (FieldRow, _fields(shown)),
        (IssueRow, _issues(shown)),
    ):
        if rows:
            connection.execute(insert(part), rows)
    action = Action.DOCUMENT_READ if revision == 1 else Action.DOCUMENT_REREAD
    detail = {"revision": revision, "batch": batch_id, "type": shown.doc_type, "status": shown.status.value}
    audit.append(connection, action, actor, document_id=record.document_id, detail=detail)


def earlier(connection: Connection, files: Iterable[FileStat], new: Collection[str]) -> list[str]:
    """The current documents read from these paths or contents before, without the ids ``new``."""
    row = DocumentFileRow
    found: set[str] = set()
    for file in files:
        ours = or_(row.path_key == path_key(file.path), row.sha256 == file.sha256)
        query = select(row.document_id).join(DocumentRow, DocumentRow.document_id == row.document_id)
        found.update(connection.scalars(query.where(ours, DocumentRow.superseded_by.is_(None))))
    return sorted(found - set(new))


def supersede(connection: Connection, old: str, new: str, actor: str) -> None:
    """Let ``new`` stand for ``old``, of which it is a better scan or a fuller reading.

    The old document is kept as it was, and out of every list.
    """
    connection.execute(update(DocumentRow).where(DocumentRow.document_id == old).values(superseded_by=new))
    # What the old one stood for, the new one stands for now.
    connection.execute(update(DocumentRow).where(DocumentRow.superseded_by == old).values(superseded_by=new))
    audit.append(connection, Action.DOCUMENT_SUPERSEDED, actor, document_id=old, detail={"by": new})


def remove(connection: Connection, ids: Collection[str], actor: str) -> None:
    """Remove documents for good. Their corrections and their lines in the audit log stay."""
    for document_id in sorted(ids):
        connection.execute(delete(DocumentRow).where(DocumentRow.document_id == document_id))
        audit.append(connection, Action.DOCUMENT_REMOVED, actor, document_id=document_id)


def _save_document(connection: Connection, document: ReadDocument, batch_id: int | None) -> int:
    record = document.record
    values = {
        "doc_type": record.doc_type,
        "status": record.status.value,
        "own_status": record.status.value,
        "form_version": document.form_version,
        "row_count": len(record.rows),
        "read_at": now(),
        "seconds": finite(document.seconds),
        "batch_id": batch_id,
        "superseded_by": None,
    }
    statement = insert_or_update(connection, DocumentRow).values(document_id=record.document_id, revision=1, **values)
    statement = statement.on_conflict_do_update(
        index_elements=["document_id"], set_={**values, "revision": DocumentRow.revision + 1}
    )
    revision: int = connection.execute(statement.returning(DocumentRow.revision)).scalar_one()
    return revision


def _files(record: Record) -> list[dict[str, Any]]:
    return [
        {
            "document_id": record.document_id,
            "position": i,
            "path": path,
            "path_key": path_key(path),
            "sha256": sha256,
        }
        for i, (path, sha256) in enumerate(zip(record.files, record.sha256, strict=True))
    ]


def _pages(record: Record, document: ReadDocument) -> list[dict[str, Any]]:
    facts = {(page.file, page.number): page for page in document.pages}
    rows: list[dict[str, Any]] = []
    for file_position, (path, numbers) in enumerate(zip(record.files, record.pages, strict=True)):
        for number in sorted([*numbers, *(n for file, n in record.blank if file == path)]):
            page = facts.get((path, number))
            rows.append(
                {
                    "document_id": record.document_id,
                    "position": len(rows),
                    "file_position": file_position,
                    "number": number,
                    "width": page.width if page else None,
                    "height": page.height if page else None,
                    "dpi": page.dpi if page else None,
                    "quality": page.quality if page else None,
                    "blank": (path, number) in record.blank,
                }
            )
    return rows


def _fields(record: Record) -> list[dict[str, Any]]:
    return [
        {
            "document_id": record.document_id,
            "path": path,
            "position": i,
            "status": field.status.value,
            **columns(field),
        }
        for i, (path, field) in enumerate(record.all_fields())
    ]


def _issues(record: Record) -> list[dict[str, Any]]:
    flagged = [("", record.issues)] + [(path, field.issues) for path, field in record.all_fields()]
    return [
        {"document_id": record.document_id, "path": path, "code": code, "position": i}
        for path, codes in flagged
        for i, code in enumerate(dict.fromkeys(codes))
    ]
