"""What every document was read from, and what every path was last seen to hold."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from pipeline.store.schema import DocumentFileRow, DocumentRow, SourceFileRow


@dataclass(frozen=True, slots=True)
class DocumentSource:
    """A document by its contents, each with its path; ``superseded_by`` names the one that stands for it.

    ``form_version`` is the version of the definition it was read with, ``None`` where that was not kept yet.
    """

    document_id: str
    doc_type: str
    superseded_by: str | None
    paths: tuple[str, ...]
    sha256s: tuple[str, ...]
    form_version: str | None = None


def superseded(connection: Connection) -> set[str]:
    """The documents that another one stands for."""
    return set(connection.scalars(select(DocumentRow.document_id).where(DocumentRow.superseded_by.is_not(None))))


def document_sources(connection: Connection) -> list[DocumentSource]:
    """Every document, current or superseded, by id."""
    part = DocumentFileRow
    files: dict[str, list[tuple[str, str]]] = {}
    query = select(part.document_id, part.path, part.sha256).order_by(part.document_id, part.position)
    for document_id, path, sha256 in connection.execute(query):
        files.setdefault(document_id, []).append((path, sha256))
    row = DocumentRow
    documents = select(row.document_id, row.doc_type, row.superseded_by, row.form_version).order_by(row.document_id)
    return [
        DocumentSource(
            document_id,
            doc_type,
            superseded_by,
            tuple(path for path, _ in files.get(document_id, ())),
            tuple(sha256 for _, sha256 in files.get(document_id, ())),
            form_version,
        )
        for document_id, doc_type, superseded_by, form_version in connection.execute(documents)
    ]


def known_paths(connection: Connection) -> dict[str, str]:
    """The content that each path was last seen with, also of files that went."""
    known = connection.execute(select(SourceFileRow.path, SourceFileRow.sha256))
    return {row.path: row.sha256 for row in known}
