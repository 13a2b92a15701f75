"""What people do to a document, by the rules the batch has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.audit.desk import Desk
from pipeline.batch import amend
from pipeline.batch.amend import Amendment
from pipeline.batch.typed import TypedError, like_before, value_of
from pipeline.batch.weigh import judge_by
from pipeline.definitions import FieldDefinition, FormDefinition
from pipeline.forms.generic import label_key
from pipeline.ledgers.cells import heading_of
from pipeline.ledgers.codes import describe
from pipeline.records import Record, Value, is_label
from pipeline.sheets import Quad
from pipeline.store import ConflictError, NotFoundError, Place, StoredDocument, User
from pipeline.store.overlay import FULFILS, LABEL


@dataclass(frozen=True, slots=True)
class Change:
    """One field as a person left it. ``place`` is where they say it stands, where they drew a box."""

    path: str
    typed: str | bool | list[str]
    place: Place | None = None


def stored(desk: Desk, document_id: str) -> StoredDocument:
    """The document. Raises :class:`NotFoundError`."""
    found = desk.store.stored_document(document_id)
    if found is None:
        raise NotFoundError("没有这份文档，可能已被清除或重新识别。请回到清单刷新。")
    return found


def form_of(desk: Desk, record: Record) -> FormDefinition | None:
    return desk.rules.forms.get(record.doc_type)


def field_at(form: FormDefinition | None, path: str) -> FieldDefinition | None:
    """The definition behind a path. Raises :class:`NotFoundError` where the form has no such field."""
    if form is None:
        return None
    try:
        return form.field_at(path)
    except KeyError as error:
        raise NotFoundError("表单中没有这个字段。请刷新后重试。") from error


def codes_with(desk: Desk, record: Record, path: str, value: Value) -> dict[str, list[str]]:
    """The codes of every field if ``value`` stood at ``path``, by the same rules as in a batch."""
    return amend.codes_with(desk.rules, record, {path: value})


def save(desk: Desk, document: StoredDocument, change: Change, user: User, revision: int) -> bool:
    """Change or confirm a field; whether it waits for a second person.

    Raises :class:`ConflictError` where the document is no longer as it was at ``revision``.
    """
    record = document.record
    value = like_before(value_of(field_at(form_of(desk, record), change.path), change.typed), record, change.path)
    amendment = Amendment(change.path, value, user.name, change.place)
    waits = amend.amend(desk.store, desk.rules, desk.settings.audit, record, amendment, revision) is None
    if not waits:
        desk.exporter.changed()
    return waits


def decide(desk: Desk, number: int, user: User, *, approve: bool) -> str:
    """Agree to a proposed change, or refuse it; the document it belongs to."""
    proposal = next((p for p in desk.store.proposals() if p.id == number), None)
    if proposal is None:
        raise NotFoundError("这条更正已被处理或撤回。请刷新。")
    record = stored(desk, proposal.document_id).record
    issues: Sequence[str] = codes_with(desk, record, proposal.path, proposal.new_value).get(proposal.path, ())
    desk.store.decide(number, approve, user.name, issues=issues, judge=judge_by(desk.rules))
    if approve:
        desk.exporter.changed()
    return proposal.document_id


def withdraw(desk: Desk, document_id: str, path: str, user: User, revision: int) -> None:
    """Take back what ``user`` said last of a field, a row (``rows.N``), a question (``!code``) or the claim that
    something served fulfils (``>project``).

    Raises :class:`ConflictError` where somebody else has said something of it since.
    """
    mine = next((p for p in desk.store.proposals(document_id) if p.path == path and p.actor == user.name), None)
    if mine is not None:
        desk.store.decide(mine.id, False, user.name)
        return
    said = [c for c in desk.store.corrections(document_id) if c.path == path]
    if said and said[-1].actor != user.name and not path.startswith("!"):
        raise ConflictError(f"这里后来由 {said[-1].actor} 改过，没有撤销。请核对；不对的，直接改。")
    desk.store.withdraw(document_id, path, user.name, revision, judge=judge_by(desk.rules))
    desk.exporter.changed()


def acknowledge(desk: Desk, document_id: str, code: str, user: User, revision: int) -> None:
    """Say that a question of the whole document is settled."""
    desk.store.acknowledge(document_id, code, user.name, revision)
    desk.exporter.changed()


def relabel(desk: Desk, document: StoredDocument, path: str, label: str, user: User, revision: int) -> None:
    """Say what the label beside a field is, on a document of no known form.

    Raises :class:`~pipeline.batch.typed.TypedError` where it is no label.
    """
    said = label_key(label)
    if not said or not is_label(said):
        raise TypedError("请写出纸上的标签，例如“借用人”。")
    desk.store.relabel(document.record.document_id, path, said, user.name, revision)
    desk.exporter.changed()


def add_row(desk: Desk, document: StoredDocument, user: User, revision: int) -> None:
    form = form_of(desk, document.record)
    if form is None or not form.row_fields:
        raise NotFoundError("这种表单没有可增加的行。")
    used = {key for row in document.record.rows for key in row}
    keys = [f.key for f in form.row_fields if f.key in used] or [f.key for f in form.row_fields]
    desk.store.add_row(document.record.document_id, user.name, revision, keys=keys, judge=judge_by(desk.rules))
    desk.exporter.changed()


def remove_row(desk: Desk, document_id: str, index: int, user: User, revision: int) -> None:
    desk.store.remove_row(document_id, index, user.name, revision, judge=judge_by(desk.rules))
    desk.exporter.changed()


def place_of(document: StoredDocument, position: int, quad: Quad) -> Place:
    """A place on the page at ``position`` (from 0) of a document. Raises :class:`NotFoundError`."""
    if not 0 <= position < len(document.pages):
        raise NotFoundError("文档没有这一页。请刷新后重试。")
    page = document.pages[position]
    return Place(page.file, page.number, quad)


def title_at(form: FormDefinition | None, path: str) -> str:
    """What staff call the field at a path."""
    if path.startswith("!"):
        return describe(path[1:]).name
    if path.startswith(FULFILS):
        return f"“{path.removeprefix(FULFILS)}”对应的认领"
    if path.startswith(LABEL):
        return f"标签“{path.removeprefix(LABEL).removeprefix('rows.')}”"
    parts = path.split(".")
    try:
        title = form.field_at(path).title if form else heading_of(None, path)
    except KeyError:
        title = path if len(parts) != 2 else ""
    return f"第 {int(parts[1]) + 1} 行{title}" if parts[0] == "rows" and len(parts) > 1 else title
