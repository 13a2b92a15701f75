"""Documents out of the database, as they were saved, with their duplicates and corrections."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from pipeline.records import UNKNOWN_TYPE, DocumentStatus, FieldValue, Record
from pipeline.scanned import PageFacts
from pipeline.store import corrections, files
from pipeline.store.cells import READING, field_of
from pipeline.store.columns import AnyRow
from pipeline.store.nouns import CROSS_DOCUMENT_CODES, StoredDocument
from pipeline.store.order import NaturalKey, natural_key
from pipeline.store.overlay import ROW_PATH
from pipeline.store.schema import DocumentFileRow, DocumentRow, FieldRow, IssueRow, PageRow

CHUNK = 200
"""Documents loaded at a time: few enough to be lean, enough that queries are not what costs."""


def ordered_ids(connection: Connection, doc_type: str | None = None) -> list[str]:
    """All current documents, or those of one type, in the order of :mod:`pipeline.store.order`, whoever was saved
    first."""
    first = DocumentFileRow
    page = select(func.min(PageRow.number)).where(PageRow.document_id == DocumentRow.document_id)
    page = page.where(PageRow.file_position == 0)
    query = (
        select(DocumentRow.document_id, first.path, page.scalar_subquery())
        .outerjoin(first, (first.document_id == DocumentRow.document_id) & (first.position == 0))
        .where(DocumentRow.superseded_by.is_(None))
    )
    if doc_type is not None:
        query = query.where(DocumentRow.doc_type == doc_type)
    found = [
        (natural_key(path or ""), path or "", number or 0, document_id)
        for document_id, path, number in connection.execute(query)
    ]
    return [key[-1] for key in sorted(found)]


def load_all(
    connection: Connection, findings: bool, doc_type: str | None = None, *, reading: bool = True
) -> Iterator[Record]:
    """Every record, or those of one type, in order, a few hundred in memory at a time."""
    ids = ordered_ids(connection, doc_type)
    for start in range(0, len(ids), CHUNK):
        for document in load(connection, ids[start : start + CHUNK], findings, reading=reading):
            yield document.record


def load(connection: Connection, ids: Sequence[str], findings: bool, *, reading: bool = True) -> list[StoredDocument]:
    """The documents ``ids`` in that order, without those that do not exist.

    ``findings`` false leaves out cross-document codes and what they did to statuses, ``reading`` false how values
    came to be read.
    """
    rows = {
        row.document_id: row
        for row in connection.execute(select(DocumentRow.__table__).where(DocumentRow.document_id.in_(ids)))
    }
    sources = _grouped(connection, DocumentFileRow, ids)
    pages = _grouped(connection, PageRow, ids)
    fields = _fields(connection, ids, reading)
    issues = _issues(connection, ids, findings)
    unknown = [row.document_id for row in rows.values() if row.doc_type == UNKNOWN_TYPE]
    labels = corrections.labels(connection, unknown) if unknown else {}
    holding = files.holders(connection, [part.sha256 for parts in sources.values() for part in parts])
    out = []
    for document_id in ids:
        if document_id not in rows:
            continue
        row = rows[document_id]
        record = _record(row, sources[document_id], pages[document_id], findings)
        record.issues = issues[document_id, ""]
        record.labels = labels.get(document_id, {})
        for part in fields[document_id]:
            path, status = part["path"], part["status" if findings else "own_status"]
            _put(record, path, field_of(part, status, issues[document_id, path]))
        record.duplicates = [
            path
            for sha256 in dict.fromkeys(record.sha256)
            for path in holding.get(sha256, ())
            if path not in record.files
        ]
        facts = tuple(
            PageFacts(record.files[p.file_position], p.number, p.width, p.height, p.dpi, p.quality, p.blank)
            for p in pages[document_id]
        )
        out.append(
            StoredDocument(
                record,
                row.revision,
                row.form_version,
                row.read_at,
                row.seconds,
                row.batch_id,
                facts,
                row.superseded_by,
            )
        )
    return out


Place = tuple[NaturalKey, str, int, str]
"""What :func:`ordered_ids` sorts by: the first file, its first page, the document."""


def places(connection: Connection, ids: Sequence[str]) -> dict[str, Place]:
    """Where some documents stand in that order; smaller places come first."""
    file, page = DocumentFileRow, PageRow
    paths = select(file.document_id, file.path).where(file.document_id.in_(ids), file.position == 0)
    numbers = select(page.document_id, func.min(page.number)).where(page.document_id.in_(ids), page.file_position == 0)
    path_of = {row[0]: row[1] for row in connection.execute(paths)}
    number_of = {row[0]: row[1] for row in connection.execute(numbers.group_by(page.document_id))}
    known = connection.scalars(select(DocumentRow.document_id).where(DocumentRow.document_id.in_(ids)))
    return {i: (natural_key(path_of.get(i, "")), path_of.get(i, ""), number_of.get(i) or 0, i) for i in known}


def ids_by_hash(connection: Connection, sha256s: Iterable[str]) -> dict[str, list[str]]:
    """The documents read from each content, by id, for those contents that are known."""
    row = DocumentFileRow
    query = select(row.sha256, row.document_id).where(row.sha256.in_(set(sha256s) - {""})).distinct()
    found: dict[str, list[str]] = {}
    for sha256, document_id in connection.execute(query.order_by(row.sha256, row.document_id)):
        found.setdefault(sha256, []).append(document_id)
    return found


_Part = type[DocumentFileRow] | type[PageRow]


def _grouped(connection: Connection, part: _Part, ids: Sequence[str]) -> dict[str, list[AnyRow]]:
    groups: dict[str, list[AnyRow]] = defaultdict(list)
    query = select(part.__table__).where(part.document_id.in_(ids)).order_by(part.document_id, part.position)
    for row in connection.execute(query):
        groups[row.document_id].append(row)
    return groups


def _fields(connection: Connection, ids: Sequence[str], reading: bool) -> dict[str, list[dict[str, Any]]]:
    """The columns of the fields of each document."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    columns = [c for c in FieldRow.__table__.columns if reading or c.name not in READING]
    query = select(*columns).where(FieldRow.document_id.in_(ids)).order_by(FieldRow.document_id, FieldRow.position)
    names = [c.name for c in columns]
    for row in connection.execute(query):
        part = dict(zip(names, row, strict=True))
        groups[part["document_id"]].append(part)
    return groups


def _issues(connection: Connection, ids: Sequence[str], findings: bool) -> dict[tuple[str, str], list[str]]:
    issue = IssueRow
    query = select(issue.document_id, issue.path, issue.code).where(issue.document_id.in_(ids))
    if not findings:
        query = query.where(issue.code.not_in(CROSS_DOCUMENT_CODES))
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for document_id, path, code in connection.execute(query.order_by(issue.position, issue.code)):
        groups[document_id, path].append(code)
    return groups


def _record(row: AnyRow, sources: list[AnyRow], pages: list[AnyRow], findings: bool) -> Record:
    numbers: list[list[int]] = [[] for _ in sources]
    blank = []
    for page in pages:
        if page.blank:
            blank.append((sources[page.file_position].path, page.number))
        else:
            numbers[page.file_position].append(page.number)
    return Record(
        document_id=row.document_id,
        doc_type=row.doc_type,
        files=[source.path for source in sources],
        sha256=[source.sha256 for source in sources],
        pages=numbers,
        status=DocumentStatus(row.status if findings else row.own_status),
        rows=[{} for _ in range(row.row_count)],
        blank=blank,
    )


def _put(record: Record, path: str, field: FieldValue) -> None:
    row = ROW_PATH.fullmatch(path)
    if row is None or int(row[1]) >= len(record.rows):
        record.fields[path] = field
    else:
        record.rows[int(row[1])][row[2]] = field
