"""What a person changes of a document: values, codes that are settled; and how that and all else is taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from pipeline.records import UNKNOWN_TYPE, FieldStatus, FieldValue, Value, is_label, label_place
from pipeline.sheets import as_quad
from pipeline.store import audit, corrections, editing, rows
from pipeline.store.audit import Action
from pipeline.store.cells import columns
from pipeline.store.columns import AnyRow
from pipeline.store.editing import Draft
from pipeline.store.faults import NotFoundError
from pipeline.store.judging import Judge
from pipeline.store.nouns import CROSS_DOCUMENT_CODES, Place
from pipeline.store.overlay import DUPLICATE, FULFILS, LABEL, ROW, ROW_PATH, SETTLED, added_cell, is_of_field
from pipeline.store.schema import IssueRow


@dataclass(frozen=True, slots=True)
class Change:
    """A new value for a field, by a person; ``add`` where the document may lack the field.

    ``proposed_by`` is who wanted it, where ``actor`` has agreed.
    """

    path: str
    new_value: Value
    actor: str
    issues: Sequence[str] = ()
    place: Place | None = None
    add: bool = False
    proposed_by: str = ""


def correct(
    connection: Connection, document_id: str, change: Change, expected_revision: int | None, judge: Judge | None
) -> int:
    """Change or confirm one field; the new revision. See :meth:`Store.correct`."""
    draft = editing.take(connection, document_id, expected_revision)
    field, before = _field_to_change(draft, change)
    issues = [code for code in dict.fromkeys(change.issues) if code not in CROSS_DOCUMENT_CODES]
    old = field.value
    number = corrections.write(
        connection,
        draft.record,
        change.path,
        old,
        change.new_value,
        change.proposed_by or change.actor,
        field=field,
        issues=issues,
        placed=change.place,
        before=before or None,
    )
    if field.status is not FieldStatus.CORRECTED:
        field.as_read = field.value
    field.value, field.status, field.issues = change.new_value, FieldStatus.CORRECTED, list(issues)
    if change.place is not None:
        field.file, field.page, field.quad = change.place.file, change.place.page, as_quad(change.place.quad)
        field.centres = []
    editing.put_back(connection, draft, judge)
    if field.issues != issues:
        corrections.set_issues(connection, number, field.issues)
    detail: dict[str, Any] = {"correction": number, "confirmed": old == change.new_value}
    if change.place is not None:
        detail["placed"] = True
    if change.proposed_by:
        detail["proposed_by"] = change.proposed_by
    audit.append(connection, Action.CORRECTED, change.actor, document_id=document_id, path=change.path, detail=detail)
    return draft.revision


def _field_to_change(draft: Draft, change: Change) -> tuple[FieldValue, dict[str, Any]]:
    """The field, put there if need be; and what is needed to take the correction back."""
    document_id = draft.record.document_id
    holder, key = draft.holder(change.path)
    field = holder.get(key) if holder is not None else None
    before: dict[str, Any] = {}
    may_be_new = (change.add or change.place is not None) and bool(key)
    if holder is None or not is_of_field(change.path) or (field is None and not may_be_new):
        raise NotFoundError(f"文档 {document_id} 中没有字段 {change.path}。请刷新后重试。")
    if field is None:
        field = holder[key] = FieldValue()
        before["absent"] = True
    if change.place is not None:
        record, place = draft.record, change.place
        known = {(f, n) for f, numbers in zip(record.files, record.pages, strict=True) for n in numbers}
        if (place.file, place.page) not in known.union(record.blank):
            raise NotFoundError(f"文档 {document_id} 中没有这一页。请刷新后重试。")
        stored = columns(field)
        before["place"] = {name: stored[name] for name in ("file", "page", "quad", "centres")}
    return field, before


def withdraw(
    connection: Connection, document_id: str, path: str, actor: str, expected_revision: int, judge: Judge | None
) -> int:
    """Take back what was said last under a path; the new revision. See :meth:`Store.withdraw`."""
    draft = editing.take(connection, document_id, expected_revision)
    last = corrections.latest(connection, document_id, path)
    if last is None or path == DUPLICATE:
        raise NotFoundError("这里没有可以撤销的修改，可能已被他人撤销。请刷新后重试。")
    corrections.withdraw(connection, [last.id])
    row = ROW.fullmatch(path)
    if row is not None and last.new_value is None:
        rows.restore(connection, draft, int(row[1]), last)
    elif row is not None:
        rows.drop(connection, draft, int(row[1]), actor)
    elif is_of_field(path):
        _revert(connection, draft, path, last)
    editing.put_back(connection, draft, judge)
    detail = {"correction": last.id}
    told = FULFILS if path.startswith(FULFILS) else path  # the log holds no values
    audit.append(connection, Action.CORRECTION_WITHDRAWN, actor, document_id=document_id, path=told, detail=detail)
    return draft.revision


def _revert(connection: Connection, draft: Draft, path: str, last: AnyRow) -> None:
    """A field to the correction before the last one, or to what was read."""
    holder, key = draft.holder(path)
    if holder is None or key not in holder:
        return  # the document is read as another form now, without that field
    field, before = holder[key], last.before or {}
    earlier = corrections.latest(connection, draft.record.document_id, path)
    if earlier is not None:
        field.value, field.issues = earlier.new_value, list(earlier.issues)
    elif before.get("absent") and _is_unread(field):
        del holder[key]
        return
    elif _is_of_added_row(connection, draft, path):
        holder[key] = added_cell()
        return
    elif field.status is FieldStatus.CORRECTED:
        field.value, field.as_read, field.issues = field.as_read, None, []
        field.status = FieldStatus.REVIEW
    place = before.get("place")
    if place is not None and (place["file"] in draft.record.files or not place["quad"]):
        field.file, field.page, field.centres = place["file"], place["page"], list(place["centres"] or ())
        field.quad = as_quad(place["quad"]) if place["quad"] else None


def _is_unread(field: FieldValue) -> bool:
    """Whether no reading has anything to say of a field, also none since it was put there."""
    return field.as_read is None and field.evidence is None and not field.raw


def _is_of_added_row(connection: Connection, draft: Draft, path: str) -> bool:
    found = ROW_PATH.fullmatch(path)
    return found is not None and rows.is_added(connection, draft.record.document_id, int(found[1]))


def acknowledge(connection: Connection, document_id: str, code: str, actor: str, expected_revision: int) -> int:
    """Let a code of the document ask no more; the new revision. See :meth:`Store.acknowledge`."""
    draft = editing.take(connection, document_id, expected_revision)
    issue = IssueRow
    stands = select(issue.code).where(issue.document_id == document_id, issue.path == "", issue.code == code)
    if connection.scalar(stands) is None:
        raise NotFoundError("这份文档已没有这个问题。请刷新后重试。")
    number = corrections.write(connection, draft.record, SETTLED + code, None, True, actor)
    editing.put_back(connection, draft)
    detail = {"correction": number, "code": code}
    audit.append(connection, Action.ACKNOWLEDGED, actor, document_id=document_id, detail=detail)
    return draft.revision


def relabel(connection: Connection, document_id: str, path: str, label: str, actor: str, expected_revision: int) -> int:
    """Say what the label beside a field is; the new revision. See :meth:`Store.relabel`."""
    draft = editing.take(connection, document_id, expected_revision)
    place = label_place(path)
    if draft.record.doc_type != UNKNOWN_TYPE or not is_label(path) or draft.field(path) is None:
        raise NotFoundError("这里没有可以更正的标签。请刷新后重试。")
    before = draft.record.labels.get(place, place.removeprefix("rows.") if place != path else path)
    number = corrections.write(connection, draft.record, LABEL + place, before, label, actor, at=path)
    editing.put_back(connection, draft)
    detail = {"correction": number}
    audit.append(connection, Action.RELABELLED, actor, document_id=document_id, path=LABEL + place, detail=detail)
    return draft.revision
