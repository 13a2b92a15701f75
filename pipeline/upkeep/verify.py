"""Is all there, unchanged and in agreement: the database, the archive, the outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.batch.lock import sole_batch
from pipeline.batch.office import load_rules
from pipeline.batch.office_view import office_of
from pipeline.batch.run import open_database
from pipeline.ledgers.export import write_all
from pipeline.ledgers.table import SheetPlan
from pipeline.settings import Settings
from pipeline.store import ChainFaultKind, Store
from pipeline.store.engine import parse_url
from pipeline.upkeep.check_archive import check_archive
from pipeline.upkeep.check_exports import check_file
from pipeline.upkeep.check_folder import check_leftovers, check_permissions
from pipeline.upkeep.check_records import RecordCheck
from pipeline.upkeep.disk import workspace
from pipeline.upkeep.findings import LISTED, FindingCode, Findings

WORKSPACE = ".verify-"
"""How the folder begins in which the outputs are written anew, to be held against those that are there."""


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What was looked at, and what was found. ``unsaved`` counts what people wrote into cells and rows of their own
    that the database does not have yet."""

    documents: int
    originals: int
    fast: bool
    findings: Findings
    unsaved: int = 0

    def to_dict(self) -> dict[str, Any]:
        looked_at = {"documents": self.documents, "originals": self.originals, "fast": self.fast}
        looked_at["unsaved"] = self.unsaved
        return {**looked_at, "total": self.findings.total, **self.findings.to_dict()}


def verify(settings: Settings, *, fast: bool = False) -> VerifyReport:
    """Check everything; ``fast`` does not read originals through. Nothing is changed.

    It holds the outputs folder meanwhile: what a batch is about to write would be taken for a fault.
    """
    outputs = settings.path("outputs")
    forms, dictionaries = load_rules(settings)
    findings = Findings()
    with sole_batch(outputs):
        # Before the database is opened, which has files beside it then.
        check_permissions(outputs, _database_elsewhere(settings), findings)
        check_leftovers(outputs, findings)
        held: dict[str, Path] = {}
        documents = unsaved = 0
        with open_database(settings) as store:
            if _is_sound(store, findings, fast=fast):
                held = check_archive(store, outputs, findings, fast=fast)
                documents = _check_documents(store, settings, held, findings, fast=fast)
                with workspace(outputs, WORKSPACE) as folder:
                    written, office = _Written(), office_of(store, settings)
                    for fresh in write_all(store.records, forms, dictionaries, folder, office=office, keeper=written):
                        plans = written.plans.get(fresh.name, ())
                        unsaved += check_file(outputs / fresh.name, fresh, plans, findings)
    return VerifyReport(documents, len(held), fast, findings, unsaved)


class _Written:
    """Takes down from what the workbooks were written; nothing is carried over into them."""

    def __init__(self) -> None:
        self.plans: Mapping[str, Sequence[SheetPlan]] = {}

    def carry_over(self, file: str, new: Path) -> None:
        pass

    def remember(self, written: Mapping[str, Sequence[SheetPlan]]) -> None:
        self.plans = written


def _is_sound(store: Store, findings: Findings, *, fast: bool) -> bool:
    """Whether the database can be relied on for the rest."""
    soundness = store.examine(fast=fast)
    for fault in soundness.faults:
        findings.add(FindingCode.DATABASE_DAMAGED, "pipeline.db", fault)
    for first, last in soundness.audit_gaps:
        findings.add(FindingCode.AUDIT_GAP, "audit_log", f"缺 {first}" + (f" 至 {last}" if last > first else ""))
    if not soundness.faults:
        _check_chain(store, findings, gaps_are_told=bool(soundness.audit_gaps))
    if not soundness.audit_guarded:
        findings.add(FindingCode.AUDIT_UNGUARDED, "audit_log")
    return not soundness.faults


def _check_chain(store: Store, findings: Findings, *, gaps_are_told: bool) -> None:
    """Every line of the audit log against the one before it. Where its numbers show a gap, that is one fault."""
    for fault in store.chain_faults(limit=LISTED):
        if fault.kind is ChainFaultKind.ALTERED:
            findings.add(FindingCode.AUDIT_ALTERED, "audit_log", f"第 {fault.seq} 行")
        elif not gaps_are_told:
            side = "后" if fault.kind is ChainFaultKind.CUT else "前"
            findings.add(FindingCode.AUDIT_GAP, "audit_log", f"第 {fault.seq} 行之{side}")


def _check_documents(store: Store, settings: Settings, held: dict[str, Path], findings: Findings, *, fast: bool) -> int:
    """Every current document; how many there are."""
    sources = store.document_sources()
    ids = {source.document_id for source in sources}
    for source in sources:
        if source.superseded_by is not None and source.superseded_by not in ids:
            findings.add(FindingCode.SUPERSEDED_LOST, source.document_id, f"取代者 {source.superseded_by}")
    check = RecordCheck(store, settings, held, fast=fast)
    count = 0
    for document in store.stored_documents():
        check.check(document, findings)
        count += 1
    return count


def _database_elsewhere(settings: Settings) -> Path | None:
    """The SQLite file where it does not lie among the outputs."""
    url = parse_url(settings.database.url) if settings.database.url else None
    if url is None or url.get_backend_name() != "sqlite" or not url.database:
        return None
    path = Path(url.database).absolute()
    return None if path.is_relative_to(settings.path("outputs")) else path
