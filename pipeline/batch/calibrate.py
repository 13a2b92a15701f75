"""Fit the calibration on an office's own corrections, and judge what was read by it.

What is read stays; how sure the program is of it, and so what a person has to look at, changes.
"""

from __future__ import annotations

import datetime
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pipeline.batch.crosscheck import cross_check
from pipeline.batch.exports import export
from pipeline.batch.office import remove_office_calibration, shipped, write_office_calibration
from pipeline.batch.weigh import Rules, fits, judge_by
from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.reading.calibration import KINDS, Calibration, fit, load_calibration
from pipeline.reading.calibration_check import calibration_error, held_out
from pipeline.records import DocumentStatus
from pipeline.settings import Acceptance, Settings
from pipeline.store import PIPELINE, Example, Store

ENOUGH = 200
"""Examples below which a calibration of one's own is not worth trusting."""

_ENOUGH_TO_CHECK = 30  # examples of a kind below which its calibration error is mostly chance
_FOLDS = 5
_FEW_CONFIRMED = 0.05
_ALL = "all"


@dataclass(slots=True)
class KindReport:
    """One kind of field: the examples, what is known of each calibration, what would be accepted by it.

    ``error_shipped`` and ``error_fitted`` are expected calibration errors, the latter on examples held
    out by document; ``None`` where they would be mostly chance. ``accepted_shipped`` and
    ``accepted_fitted`` count, of all ``fields`` in the store with evidence, those that reach the target.
    """

    kind: str
    examples: int = 0
    right: int = 0
    error_shipped: float | None = None
    error_fitted: float | None = None
    fields: int = 0
    accepted_shipped: int = 0
    accepted_fitted: int = 0


@dataclass(slots=True)
class Proposal:
    """A calibration that could be put in force, and what is known of it."""

    calibration: Calibration
    kinds: list[KindReport]
    total: KindReport
    documents: int
    without_evidence: int

    @property
    def few_confirmed(self) -> bool:
        """Whether people seem to have changed what was wrong without confirming what was right."""
        return self.total.right < _FEW_CONFIRMED * self.total.examples

    def to_dict(self) -> dict[str, Any]:
        return {
            "examples": self.total.examples,
            "documents": self.documents,
            "without_evidence": self.without_evidence,
            "kinds": [asdict(kind) for kind in self.kinds],
            "total": asdict(self.total),
        }


def propose(store: Store, settings: Settings, forms: Forms) -> Proposal:
    """Fit a calibration on what people corrected and confirmed; nothing is changed.

    The shipped calibration is the prior, also where an earlier fit is in force: its examples are still
    among these, and would count twice.
    """
    prior = shipped(settings)
    examples = [example for example in store.examples() if prior.judges(example.evidence)]
    fitted = fit(((e.evidence, e.right) for e in examples), prior)
    reports = _measured(examples, prior)
    _count_accepted(store, settings.acceptance, forms, prior, fitted, reports)
    total = reports.pop(_ALL)
    documents = len({example.document_id for example in examples})
    return Proposal(fitted, list(reports.values()), total, documents, store.corrected_without_evidence())


def _measured(examples: list[Example], prior: Calibration) -> dict[str, KindReport]:
    """A report for each kind, and for all of them together."""
    pairs = [(e.evidence, e.right) for e in examples]
    before = np.array([prior.probability(e.evidence) for e in examples])
    after = held_out(pairs, [e.document_id for e in examples], prior, folds=_FOLDS)
    right = np.array([e.right for e in examples], dtype=bool)
    kinds = np.array([e.evidence.kind for e in examples], dtype=object)
    reports = {}
    for kind in (*KINDS, _ALL):
        some = np.ones(len(examples), dtype=bool) if kind == _ALL else kinds == kind
        report = reports[kind] = KindReport(kind, int(some.sum()), int(right[some].sum()))
        if report.examples >= _ENOUGH_TO_CHECK:
            bins = min(15, report.examples // 10)
            report.error_shipped = round(calibration_error(before[some], right[some], bins), 4)
            report.error_fitted = round(calibration_error(after[some], right[some], bins), 4)
    return reports


def _count_accepted(
    store: Store,
    acceptance: Acceptance,
    forms: Forms,
    prior: Calibration,
    fitted: Calibration,
    reports: dict[str, KindReport],
) -> None:
    for record in store.records(findings=False):
        form = forms.get(record.doc_type)
        if form is None or not fits(record, form):
            continue
        for path, value in record.all_fields():
            if value.evidence is None or not prior.judges(value.evidence):
                continue
            needed = acceptance.needed(form.field_at(path).type)
            for report in (reports[value.evidence.kind], reports[_ALL]):
                report.fields += 1
                report.accepted_shipped += prior.probability(value.evidence) >= needed
                report.accepted_fitted += fitted.probability(value.evidence) >= needed


@dataclass(frozen=True, slots=True)
class Rejudged:
    """How many documents changed, and how many were and are accepted; a ``notice`` of the outputs, for staff."""

    documents: int
    accepted_before: int
    accepted_after: int
    notice: str = ""


def put_in_force(
    proposal: Proposal, store: Store, settings: Settings, forms: Forms, dictionaries: Dictionaries
) -> Rejudged:
    """Write the office's calibration, and judge all that was read by it.

    The file comes first: a command that is interrupted then has only to be run again.
    """
    path = write_office_calibration(settings, proposal.calibration, proposal.total.examples)
    store.audit("calibrated", PIPELINE, examples=proposal.total.examples, right=proposal.total.right)
    return _rejudge(load_calibration(path), store, settings, forms, dictionaries)


def put_back(store: Store, settings: Settings, forms: Forms, dictionaries: Dictionaries) -> Rejudged | None:
    """Remove the office's calibration, and judge all by the shipped one; ``None`` where there was no other."""
    calibration = shipped(settings)
    if not remove_office_calibration(settings):
        return None
    store.audit("calibration_reset", PIPELINE)
    return _rejudge(calibration, store, settings, forms, dictionaries)


def _rejudge(
    calibration: Calibration, store: Store, settings: Settings, forms: Forms, dictionaries: Dictionaries
) -> Rejudged:
    before = _accepted(store)
    changed = store.rejudge(
        judge_by(Rules(forms, dictionaries, settings.acceptance, calibration, datetime.date.today()))
    )
    cross_check(store, forms, dictionaries)
    notice = export(store, forms, dictionaries, settings).notice
    return Rejudged(changed, before, _accepted(store), notice)


def _accepted(store: Store) -> int:
    by_type = store.status_summary().documents
    return sum(by_status.get(DocumentStatus.ACCEPTED.value, 0) for by_status in by_type.values())
