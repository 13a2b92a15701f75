"""Fields as they stand in the database at this moment, with their places: for the few that a page shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from pipeline.audit.index.inked import centres
from pipeline.audit.index.nouns import FieldRef
from pipeline.definitions import FieldDefinition
from pipeline.ledgers.cells import shown
from pipeline.records import FieldStatus
from pipeline.sheets import as_quad
from pipeline.store import Store
from pipeline.store.schema import DocumentFileRow, DocumentRow, FieldRow, IssueRow

Wanted = tuple[str, str, str, FieldDefinition | None]
"""A field to be looked up: its document, its path, its heading, its definition."""

Found = dict[tuple[str, str], FieldRef]


def look_up(store: Store, wanted: Sequence[Wanted]) -> Found:
    """These fields by document and path; without those that have gone in the meantime."""
    if not wanted:
        return {}
    with store.reading() as connection:
        return _look_up(connection, wanted)


def _look_up(connection: Connection, wanted: Sequence[Wanted]) -> Found:
    ids = sorted({w[0] for w in wanted})
    paths = sorted({w[1] for w in wanted})
    part, field, issue = DocumentFileRow, FieldRow, IssueRow
    files: dict[str, dict[str, str]] = defaultdict(dict)
    of_files = select(part.document_id, part.path, part.sha256).where(part.document_id.in_(ids))
    for document_id, path, sha256 in connection.execute(of_files.order_by(part.document_id, part.position)):
        files[document_id].setdefault(path, sha256)
    codes: dict[tuple[str, str], list[str]] = defaultdict(list)
    of_codes = select(issue.document_id, issue.path, issue.code).where(
        issue.document_id.in_(ids), issue.path.in_(paths)
    )
    for document_id, path, code in connection.execute(of_codes.order_by(issue.position, issue.code)):
        codes[document_id, path].append(code)
    query = (
        select(field.__table__, DocumentRow.doc_type, DocumentRow.revision)
        .join(DocumentRow, DocumentRow.document_id == field.document_id)
        .where(field.document_id.in_(ids), field.path.in_(paths))
    )
    rows = {(row.document_id, row.path): row for row in connection.execute(query)}
    return {
        (document_id, path): _ref(
            rows[document_id, path], title, definition, codes[document_id, path], files[document_id]
        )
        for document_id, path, title, definition in wanted
        if (document_id, path) in rows
    }


def _ref(row: Any, title: str, definition: FieldDefinition | None, codes: list[str], files: dict[str, str]) -> FieldRef:
    file = row.file if row.file in files else next(iter(files), "")
    return FieldRef(
        row.document_id,
        row.doc_type,
        row.path,
        title,
        definition.type.value if definition else "",
        row.value,
        shown(definition, row.value),
        FieldStatus(row.status),
        row.confidence,
        tuple(codes),
        row.revision,
        file,
        files.get(file, ""),
        row.page,
        as_quad(row.quad) if row.quad else None,
        _centres(row),
        tuple(value for value, _ in row.alternatives or ()),
    )


def _centres(row: Any) -> tuple[float | None, ...]:
    """Where the characters of the value stand, or of what had been read where a person's value now stands."""
    value = row.as_read if row.status == FieldStatus.CORRECTED.value else row.value
    if not row.centres or not isinstance(value, str):
        return ()
    return tuple(centres(value, row.raw, row.centres))
