"""What people changed or confirmed, written down for good."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from pipeline.records import DocumentStatus, FieldStatus, Value, as_quad
from pipeline.store import audit
from pipeline.store.audit import Action
from pipeline.store.columns import AnyRow, now
from pipeline.store.faults import ConflictError, NotFoundError
from pipeline.store.nouns import CROSS_DOCUMENT_CODES, Anchor, Correction
from pipeline.store.overlay import ROW_PATH, settled
from pipeline.store.schema import CorrectionRow, DocumentFileRow, DocumentRow, FieldRow, IssueRow


def of_document(connection: Connection, document_id: str) -> list[Correction]:
    """The corrections of one document, oldest first."""
    query = select(CorrectionRow.__table__).where(CorrectionRow.document_id == document_id).order_by(CorrectionRow.id)
    return [_correction(row) for row in connection.execute(query)]


def everything(connection: Connection) -> Iterator[Correction]:
    """All corrections, oldest first."""
    query = select(CorrectionRow.__table__).order_by(CorrectionRow.id).execution_options(yield_per=500)
    for row in connection.execute(query):
        yield _correction(row)


def for_reading(connection: Connection, document_id: str, heir_of: Sequence[str]) -> list[Correction]:
    """The corrections that hold for a reading: its own, or those of the fields of a document it is to stand for."""
    own = of_document(connection, document_id)
    for old in heir_of:
        own = own or [replace(c, anchor=None) for c in of_document(connection, old) if not ROW_PATH.fullmatch(c.path)]
    return own


def carry_over(connection: Connection, old: str, new: str) -> None:
    """Let what people said of the fields of one document hold for another one that has said nothing yet.

    Corrections of rows stay behind.
    """
    if of_document(connection, new):
        return
    columns = [column for column in CorrectionRow.__table__.columns if column.key != "id"]
    query = select(*columns).where(CorrectionRow.document_id == old).order_by(CorrectionRow.id)
    for row in connection.execute(query).all():
        if ROW_PATH.fullmatch(row.path) is None:
            connection.execute(insert(CorrectionRow).values({**row._mapping, "document_id": new, "anchor": None}))


def correct(
    connection: Connection,
    document_id: str,
    path: str,
    new_value: Value,
    actor: str,
    expected_revision: int,
    issues: Sequence[str],
) -> int:
    """Change or confirm one field; the new revision. See :meth:`Store.correct`."""
    document = DocumentRow
    moved = connection.execute(
        update(document)
        .where(document.document_id == document_id, document.revision == expected_revision)
        .values(revision=document.revision + 1)
        .returning(document.doc_type, document.own_status, document.status)
    ).first()
    if moved is None:
        known = connection.scalar(select(document.revision).where(document.document_id == document_id))
        if known is None:
            raise NotFoundError(f"没有编号为 {document_id} 的文档，可能已被重新识别或删除。请刷新后重试。")
        raise ConflictError("这份文档刚被他人修改或重新识别过，您的修改没有保存。请刷新后核对，再改一次。")
    here = (FieldRow.document_id == document_id) & (FieldRow.path == path)
    field = connection.execute(select(FieldRow.__table__).where(here)).first()
    if field is None:
        raise NotFoundError(f"文档 {document_id} 中没有字段 {path}。请刷新后重试。")
    number = connection.execute(
        insert(CorrectionRow)
        .values(
            document_id=document_id,
            doc_type=moved.doc_type,
            path=path,
            old_value=field.value,
            new_value=new_value,
            raw=field.raw,
            confidence=field.confidence,
            issues=list(issues),
            anchor=_anchor(connection, document_id, path),
            actor=actor,
            time=now(),
        )
        .returning(CorrectionRow.id)
    ).scalar_one()
    done = FieldStatus.CORRECTED.value
    as_read = field.as_read if field.own_status == done else field.value
    connection.execute(
        update(FieldRow).where(here).values(value=new_value, as_read=as_read, status=done, own_status=done)
    )
    replace_issues(connection, document_id, path, issues)
    _settle(connection, document_id, moved)
    detail = {"correction": number, "confirmed": field.value == new_value}
    audit.append(connection, Action.CORRECTED, actor, document_id=document_id, path=path, detail=detail)
    return expected_revision + 1


def replace_issues(connection: Connection, document_id: str, path: str, issues: Sequence[str]) -> None:
    """Own codes of a field, or of the document where ``path`` is empty; those from other documents are for
    :mod:`pipeline.store.findings`."""
    issue = IssueRow
    connection.execute(
        delete(issue).where(
            issue.document_id == document_id, issue.path == path, issue.code.not_in(CROSS_DOCUMENT_CODES)
        )
    )
    rows = [
        {"document_id": document_id, "path": path, "code": code, "position": i}
        for i, code in enumerate(dict.fromkeys(issues))
        if code not in CROSS_DOCUMENT_CODES
    ]
    if rows:
        connection.execute(insert(issue), rows)


def _settle(connection: Connection, document_id: str, before: AnyRow) -> None:
    own, shown = DocumentStatus(before.own_status), DocumentStatus(before.status)
    fields = connection.execute(
        select(FieldRow.own_status, FieldRow.status).where(FieldRow.document_id == document_id)
    ).all()
    codes = connection.scalars(
        select(IssueRow.code).where(IssueRow.document_id == document_id, IssueRow.path == "")
    ).all()
    own = settled(own, (FieldStatus(f.own_status) for f in fields), (c for c in codes if c not in CROSS_DOCUMENT_CODES))
    shown = settled(shown, (FieldStatus(f.status) for f in fields), codes)
    connection.execute(
        update(DocumentRow)
        .where(DocumentRow.document_id == document_id)
        .values(own_status=own.value, status=shown.value)
    )


def _anchor(connection: Connection, document_id: str, path: str) -> dict[str, Any] | None:
    """Where the field stands, or else another field of its row; ``None`` where neither was found."""
    row = ROW_PATH.fullmatch(path)
    near = FieldRow.path.startswith(f"rows.{row[1]}.", autoescape=True) if row else FieldRow.path == path
    fields = connection.execute(
        select(FieldRow.path, FieldRow.file, FieldRow.page, FieldRow.quad)
        .where(FieldRow.document_id == document_id, near)
        .order_by(FieldRow.position)
    ).all()
    found = sorted((f for f in fields if f.quad), key=lambda f: f.path != path)
    if not found:
        return None
    place = found[0]
    files = connection.scalars(
        select(DocumentFileRow.path)
        .where(DocumentFileRow.document_id == document_id)
        .order_by(DocumentFileRow.position)
    ).all()
    return {"file": files.index(place.file) if place.file in files else 0, "page": place.page, "quad": place.quad}


def _correction(row: AnyRow) -> Correction:
    values = dict(row._mapping)
    anchor = values.pop("anchor")
    place = Anchor(anchor["file"], anchor["page"], as_quad(anchor["quad"])) if anchor else None
    return Correction(**{**values, "issues": tuple(values["issues"]), "anchor": place})
