"""A value that a person changes or confirms, on the audit page or in a workbook: judged by the batch's own rules."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.batch.weigh import Rules, judge_by
from pipeline.definitions import FieldDefinition, Forms
from pipeline.ledgers.cells import definition_of
from pipeline.records import FieldStatus, FieldValue, Record, Value
from pipeline.settings import AuditSettings
from pipeline.store import Place, Store
from pipeline.validation.document import validate_document


@dataclass(frozen=True, slots=True)
class Amendment:
    """``value`` for the field at ``path``, by ``actor``; ``place`` is where they say it stands."""

    path: str
    value: Value
    actor: str
    place: Place | None = None


def codes_with(rules: Rules, record: Record, values: Mapping[str, Value]) -> dict[str, list[str]]:
    """The codes of every field if these values stood at their paths, by the same rules as in a batch."""
    trial = copy.deepcopy(record)
    form = rules.forms.get(trial.doc_type)
    for path, value in values.items():
        field = trial.field_at(path)
        if field is None:
            field = trial.fields.setdefault(path, FieldValue()) if not path.startswith("rows.") else FieldValue()
        field.value, field.confidence, field.status = value, 1.0, FieldStatus.CORRECTED
    if form is None:
        return {path: [] for path in values}
    validate_document(trial, form, rules.dictionaries, rules.acceptance, rules.today)
    return {path: list(field.issues) for path, field in trial.all_fields()}


def needs_second(audit: AuditSettings, field: FieldDefinition | None, before: FieldValue | None, value: Value) -> bool:
    """Whether a change holds only once a second person agreed."""
    if not audit.four_eyes or field is None or field.type.value not in audit.four_eyes_types:
        return False
    return before is None or before.value != value


def amend(
    store: Store, rules: Rules, audit: AuditSettings, record: Record, amendment: Amendment, revision: int
) -> int | None:
    """Change or confirm a field of a document; its new revision, ``None`` where the change waits for a second person.

    Raises :class:`~pipeline.store.ConflictError` where the document is no longer as it was at ``revision``.
    """
    path, value, actor = amendment.path, amendment.value, amendment.actor
    field = field_of(rules.forms, record, path)
    before = record.field_at(path)
    # A field of the form that was not found may be filled in; rows are added as rows, and nothing else is.
    add = before is None and field is not None and not path.startswith("rows.")
    if needs_second(audit, field, before, value):
        store.propose(record.document_id, path, value, actor, revision, place=amendment.place, add=add)
        return None
    return store.correct(
        record.document_id,
        path,
        value,
        actor,
        revision,
        issues=codes_with(rules, record, {path: value}).get(path, ()),
        judge=judge_by(rules),
        place=amendment.place,
        add=add,
    )


def field_of(forms: Forms, record: Record, path: str) -> FieldDefinition | None:
    """The definition of a field; ``None`` where the document's form or the field is not defined (any more)."""
    return definition_of(forms.get(record.doc_type), path)
