"""A workbook that people changed, taken back into the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.batch.amend import Amendment, amend
from pipeline.batch.exports import Outputs, update_outputs
from pipeline.batch.kept_sheets import new_notes, taken_in_full
from pipeline.batch.office_view import plans_of
from pipeline.batch.sheet_changes import Change, ChangeKind, Conflict, SheetChanges, changes_in, with_codes
from pipeline.batch.weigh import Rules
from pipeline.intake.folder import hash_file
from pipeline.ledgers.faults import FaultKind
from pipeline.ledgers.naming import workbook_file
from pipeline.ledgers.readback import read_back
from pipeline.settings import Settings
from pipeline.store import Action, ConflictError, Note, NotFoundError, Store


@dataclass(slots=True)
class ImportReport:
    """What a workbook says; with ``done`` what became of it: ``taken`` by kind, ``waiting`` for a second person.

    ``notes`` are texts in people's own columns where the database has none.
    """

    workbook: str
    found: SheetChanges
    notes: list[Note]
    done: bool = False
    taken: Counter[ChangeKind] = field(default_factory=Counter)
    waiting: int = 0
    outputs: Outputs = field(default_factory=lambda: Outputs([]))

    @property
    def in_full(self) -> bool:
        """Whether nothing was left for somebody to look at."""
        faults = [fault for fault in self.found.faults if fault.kind is not FaultKind.OUTSIDE]
        return not (self.found.conflicts or faults or self.outputs.notice)


def preview_book(path: Path, store: Store, rules: Rules, settings: Settings) -> ImportReport:
    """What taking the workbook back would change. Raises
    :class:`~pipeline.ledgers.readback.CannotReadBackError` where it is none of ours."""
    plans = plans_of(store, rules.forms, rules.dictionaries, settings)
    back = read_back(path, plans)
    found = changes_in(back, store, rules.forms)
    found.changes = with_codes(found.changes, store, rules)
    return ImportReport(back.workbook, found, new_notes(store, back, plans))


def import_book(path: Path, store: Store, rules: Rules, settings: Settings, actor: str) -> ImportReport:
    """Make every change of the workbook that nothing speaks against, as ``actor``, and write the outputs anew.

    Each is a correction of its own, in the order of the sheets. Raises as :func:`preview_book`.
    """
    sha256 = hash_file(path)
    report = preview_book(path, store, rules, settings)
    _take(report, store, rules, settings, actor)
    report.done = True
    store.take_notes(workbook_file(report.workbook), [replace(note, actor=actor) for note in report.notes], {}, actor)
    store.audit(
        Action.WORKBOOK_IMPORTED,
        actor,
        workbook=workbook_file(report.workbook),
        sha256=sha256,
        taken={kind.value: count for kind, count in report.taken.items()},
        waiting=report.waiting,
        conflicts=len(report.found.conflicts),
        faults=len(report.found.faults),
    )
    if report.in_full:
        taken_in_full(store, sha256)
    report.outputs = update_outputs(store, rules, settings)
    return report


def _take(report: ImportReport, store: Store, rules: Rules, settings: Settings, actor: str) -> None:
    """Make the changes; those of one document follow one another from the revision that was looked at."""
    found, revisions = report.found, _revisions(report.found.changes)
    for change in found.changes:
        revision = revisions[change.document_id]
        try:
            made = _make(change, store, rules, settings, actor, revision)
        except (ConflictError, NotFoundError) as error:
            found.conflicts.append(Conflict(change, error.message))
            continue
        if made is None:
            report.waiting += 1
        else:
            report.taken[change.kind] += 1
            revisions[change.document_id] = made
    refused = {id(conflict.change) for conflict in found.conflicts}
    found.changes = [change for change in found.changes if id(change) not in refused]


def _make(change: Change, store: Store, rules: Rules, settings: Settings, actor: str, revision: int) -> int | None:
    """The document's new revision, ``None`` where the change waits for a second person."""
    document_id = change.document_id
    match change.kind:
        case ChangeKind.CLAIM:
            return store.assign_claim(document_id, change.subject, change.reference, actor, revision)
        case ChangeKind.SETTLE:
            return store.acknowledge(document_id, change.subject, actor, revision)
        case _:
            record = store.record(document_id)
            if record is None:
                raise NotFoundError("数据库中已没有这份文件。")
            return amend(store, rules, settings.audit, record, Amendment(change.path, change.after, actor), revision)


def _revisions(changes: Sequence[Change]) -> dict[str, int]:
    return {change.document_id: change.revision for change in reversed(changes)}
