"""Rows of a list that people add, remove and bring back; those below move, and with them what was said of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import Connection, select

from pipeline.store import audit, corrections, editing, proposals
from pipeline.store.audit import Action
from pipeline.store.cells import columns, field_of
from pipeline.store.columns import AnyRow
from pipeline.store.editing import Draft
from pipeline.store.faults import NotFoundError
from pipeline.store.judging import Judge
from pipeline.store.overlay import ROW, added_cell
from pipeline.store.schema import CorrectionRow

_OF_ROW = re.compile(r"rows\.([0-9]+)(\..+)?", re.DOTALL)


def add(
    connection: Connection,
    document_id: str,
    actor: str,
    expected_revision: int,
    keys: Sequence[str],
    judge: Judge | None,
) -> int:
    """Add an empty row at the end of a list; the new revision. See :meth:`Store.add_row`."""
    draft = editing.take(connection, document_id, expected_revision)
    path = f"rows.{len(draft.record.rows)}"
    number = corrections.write(connection, draft.record, path, None, list(keys), actor)
    draft.record.rows.append({key: added_cell() for key in keys})
    editing.put_back(connection, draft, judge)
    detail = {"correction": number}
    audit.append(connection, Action.ROW_ADDED, actor, document_id=document_id, path=path, detail=detail)
    return draft.revision


def remove(
    connection: Connection, document_id: str, index: int, actor: str, expected_revision: int, judge: Judge | None
) -> int:
    """Remove a row of a list; the new revision. See :meth:`Store.remove_row`."""
    draft = editing.take(connection, document_id, expected_revision)
    rows = draft.record.rows
    if not 0 <= index < len(rows):
        raise NotFoundError(f"文档 {document_id} 中没有第 {index + 1} 行。请刷新后重试。")
    path = f"rows.{index}"
    had_been_read = not is_added(connection, document_id, index)
    kept = {key: {**columns(field), "issues": field.issues} for key, field in rows[index].items()}
    said = _numbers_of_row(connection, document_id, index)
    before = {"row": kept, "corrections": said}
    number = corrections.write(connection, draft.record, path, had_been_read, None, actor, before=before)
    drop(connection, draft, index, actor)
    editing.put_back(connection, draft, judge)
    detail = {"correction": number}
    audit.append(connection, Action.ROW_REMOVED, actor, document_id=document_id, path=path, detail=detail)
    return draft.revision


def drop(connection: Connection, draft: Draft, index: int, actor: str) -> None:
    """Take a row out; those below move up, and so does what people said of them."""
    document_id = draft.record.document_id
    corrections.withdraw(connection, _numbers_of_row(connection, document_id, index))
    proposals.withdraw_of_row(connection, document_id, index, actor)
    del draft.record.rows[index]
    _move(connection, document_id, index + 1, -1)


def restore(connection: Connection, draft: Draft, index: int, removal: AnyRow) -> None:
    """Put a removed row back where it stood, with what people had said of it."""
    document_id, rows = draft.record.document_id, draft.record.rows
    index = min(index, len(rows))
    _move(connection, document_id, index, +1, removals_after=removal.id)
    row = removal.before["row"]
    rows.insert(index, {key: field_of(cell, cell["own_status"], cell["issues"]) for key, cell in row.items()})
    numbers = removal.before["corrections"]
    corrections.withdraw(connection, numbers, again=True)
    theirs = connection.execute(select(CorrectionRow.id, CorrectionRow.path).where(CorrectionRow.id.in_(numbers)))
    corrections.renumber(connection, {number: _shifted(path, index) for number, path in theirs.all()})


def _shifted(path: str, index: int) -> str:
    found = _OF_ROW.fullmatch(path)
    return f"rows.{index}{found[2] or ''}" if found else path


def _of_rows(connection: Connection, document_id: str) -> list[tuple[AnyRow, int]]:
    """What stands of what was said of rows and their fields, with the number of each row."""
    row = CorrectionRow
    query = select(row.id, row.path, row.new_value).where(
        row.document_id == document_id, row.withdrawn.is_(False), row.path.startswith("rows.", autoescape=True)
    )
    found = ((line, _OF_ROW.fullmatch(line.path)) for line in connection.execute(query.order_by(row.id)))
    return [(line, int(match[1])) for line, match in found if match]


def is_added(connection: Connection, document_id: str, index: int) -> bool:
    """Whether a row is one that a person added."""
    rows = _of_rows(connection, document_id)
    return any(at == index and ROW.fullmatch(line.path) and not _is_removal(line) for line, at in rows)


def _is_removal(line: AnyRow) -> bool:
    return ROW.fullmatch(line.path) is not None and line.new_value is None


def _numbers_of_row(connection: Connection, document_id: str, index: int) -> list[int]:
    """The corrections of a row and its fields, but for rows that stood there and were removed."""
    return [line.id for line, at in _of_rows(connection, document_id) if at == index and not _is_removal(line)]


def _move(connection: Connection, document_id: str, first: int, by: int, *, removals_after: int | None = None) -> None:
    """Renumber what was said of the rows from ``first`` on; removals made after another one only if that is undone."""
    paths = {}
    for line, at in _of_rows(connection, document_id):
        moves = removals_after is not None and line.id > removals_after if _is_removal(line) else True
        if at >= first and moves:
            paths[line.id] = _shifted(line.path, at + by)
    corrections.renumber(connection, paths)
    proposals.move_rows(connection, document_id, first, by)
