"""Another sheet with the same content: a person says which document stands for both."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from pipeline.store import audit, corrections, editing
from pipeline.store.audit import Action
from pipeline.store.faults import ConflictError, NotFoundError
from pipeline.store.nouns import Correction
from pipeline.store.overlay import DUPLICATE
from pipeline.store.schema import DocumentRow


def mark(connection: Connection, document_id: str, of: str, actor: str, expected_revision: int) -> int:
    """Let another document stand for this one; the new revision. See :meth:`Store.mark_duplicate`."""
    draft = editing.take(connection, document_id, expected_revision)
    if of == document_id:
        raise ConflictError("一份文档不能是自己的重复件。")
    if not corrections.is_known(connection, of):
        raise NotFoundError(f"没有编号为 {of} 的文档，可能已被重新识别或删除。请刷新后重试。")
    if _heir(connection, document_id) is not None:
        raise ConflictError("这份文档已由另一份取代或已标为重复件。请刷新后核对。")
    if _heir(connection, of) is not None:
        raise ConflictError("那一份文档本身已被取代或是重复件，请改选现行的那一份。")
    number = corrections.write(connection, draft.record, DUPLICATE, None, of, actor)
    _supersede(connection, document_id, of)
    detail = {"of": of, "correction": number}
    audit.append(connection, Action.DUPLICATE_MARKED, actor, document_id=document_id, detail=detail)
    return draft.revision


def unmark(connection: Connection, document_id: str, actor: str) -> int:
    """Let a document stand for itself again; the new revision. See :meth:`Store.unmark_duplicate`."""
    draft = editing.take(connection, document_id, None)
    last = corrections.latest(connection, document_id, DUPLICATE)
    if last is None:
        raise ConflictError("这份文档没有被人标为重复件，可能已被他人恢复。请刷新后核对。")
    corrections.withdraw(connection, [last.id])
    _supersede(connection, document_id, None)
    detail = {"correction": last.id}
    audit.append(connection, Action.DUPLICATE_UNMARKED, actor, document_id=document_id, detail=detail)
    return draft.revision


def mark_again(connection: Connection, document_id: str, said: Sequence[Correction]) -> None:
    """Let a document that was read again stay the duplicate that a person said it is.

    Not so where the other one is no more, or stands no longer for itself but for this one.
    """
    of = next((c.new_value for c in reversed(said) if c.path == DUPLICATE), None)
    if not isinstance(of, str) or not corrections.is_known(connection, of):
        return
    seen = {document_id}
    while of not in seen and (heir := _heir(connection, of)) is not None:
        seen.add(of)
        of = heir
    if of not in seen:
        _supersede(connection, document_id, of)


def _heir(connection: Connection, document_id: str) -> str | None:
    return connection.scalar(select(DocumentRow.superseded_by).where(DocumentRow.document_id == document_id))


def _supersede(connection: Connection, document_id: str, by: str | None) -> None:
    connection.execute(update(DocumentRow).where(DocumentRow.document_id == document_id).values(superseded_by=by))
