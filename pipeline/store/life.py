"""The life of a document or a field: what the audit log tells, with the values that are kept beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from pipeline.records import FieldStatus, Value, label_place
from pipeline.store import corrections, proposals
from pipeline.store.audit import UNCHANGING, Action
from pipeline.store.columns import AnyRow
from pipeline.store.nouns import AuditEntry, Correction
from pipeline.store.overlay import FULFILS, LABEL, is_of_field
from pipeline.store.people import LifeEvent
from pipeline.store.schema import AuditRow, FieldRow

CONFIRMED = "confirmed"
"""The kind of a correction that left the value as it was."""

_READINGS = (Action.DOCUMENT_READ.value, Action.DOCUMENT_REREAD.value)


def events(connection: Connection, document_id: str, path: str | None) -> list[LifeEvent]:
    """See :meth:`Store.life`."""
    lines = _lines(connection, document_id)
    said = {c.id: c for c in corrections.of_document(connection, document_id, withdrawn=True)}
    asked = {p.id: p for p in proposals.of_document(connection, document_id)}
    found: list[tuple[AuditEntry | None, LifeEvent]] = []
    for line in lines:
        event = LifeEvent(line.time, line.actor, line.action, line.path, detail=line.detail)
        correction = said.get(line.detail.get("correction", 0))
        proposal = asked.get(line.detail.get("proposal", 0))
        if correction is not None:
            event = _with_values(event, correction)
        elif proposal is not None:
            event = replace(event, path=proposal.path, old=proposal.old_value, new=proposal.new_value)
        found.append((line, event))
    told = {line.detail.get("correction") for line in lines}
    found += [(None, _carried_over(c)) for c in said.values() if c.id not in told]
    exports = [
        (line, LifeEvent(line.time, line.actor, line.action, detail=line.detail))
        for line in _exports(connection, lines)
    ]
    found += exports
    if path is not None:
        own = (None, path, LABEL + label_place(path))
        found = [(line, event) for line, event in found if event.path in own]
        found = _with_reading(connection, found, document_id, path)
    return [event for _, event in sorted(found, key=lambda pair: pair[1].time)]


def _lines(connection: Connection, document_id: str) -> list[AuditEntry]:
    row = AuditRow
    query = select(row.seq, row.time, row.actor, row.action, row.document_id, row.path, row.detail)
    return [
        AuditEntry(*line) for line in connection.execute(query.where(row.document_id == document_id).order_by(row.seq))
    ]


def _with_values(event: LifeEvent, correction: Correction) -> LifeEvent:
    """With what was changed, under the path that it has now; rows may have other numbers than then."""
    old, new = correction.old_value, correction.new_value
    if not is_of_field(correction.path) and not correction.path.startswith((FULFILS, LABEL)):
        return event if event.path is None else replace(event, path=correction.path)
    if event.detail.get("confirmed"):
        event = replace(event, kind=CONFIRMED)
    if event.kind == Action.CORRECTION_WITHDRAWN:
        old, new = new, old
    return replace(event, path=correction.path, old=old, new=new)


def _carried_over(correction: Correction) -> LifeEvent:
    """What was said of an earlier scan of the same paper, and holds for this one."""
    same = correction.old_value == correction.new_value
    changed = Action.RELABELLED if correction.path.startswith(LABEL) else Action.CORRECTED
    kind, path = CONFIRMED if same else changed.value, correction.path
    detail = {"correction": correction.id, "carried_over": True}
    return LifeEvent(correction.time, correction.actor, kind, path, correction.old_value, correction.new_value, detail)


def _exports(connection: Connection, lines: Sequence[AuditEntry]) -> Iterator[AuditEntry]:
    """The first export after each change of the document."""
    changes = [line.seq for line in lines if line.action not in UNCHANGING]
    if not changes:
        return
    row = AuditRow
    query = select(row.seq, row.time, row.actor, row.action, row.document_id, row.path, row.detail)
    # Without a document, so that the index on that finds them.
    query = query.where(row.document_id.is_(None), row.action == Action.EXPORTED.value, row.seq > changes[0])
    shown = 0
    for line in connection.execute(query.order_by(row.seq)):
        if any(shown < change < line.seq for change in changes):
            yield AuditEntry(*line)
            shown = line.seq


def _with_reading(
    connection: Connection, found: list[tuple[AuditEntry | None, LifeEvent]], document_id: str, path: str
) -> list[tuple[AuditEntry | None, LifeEvent]]:
    """The last reading with the value that it gave the field; what earlier ones gave is not kept."""
    row = FieldRow
    query = select(row.value, row.as_read, row.own_status).where(row.document_id == document_id, row.path == path)
    stored = connection.execute(query).first()
    readings = [i for i, (_, event) in enumerate(found) if event.kind in _READINGS]
    if stored is not None and readings:
        line, event = found[readings[-1]]
        found[readings[-1]] = line, replace(event, path=path, new=_read(stored))
    return found


def _read(stored: AnyRow) -> Value:
    value: Value = stored.as_read if stored.own_status == FieldStatus.CORRECTED.value else stored.value
    return value
