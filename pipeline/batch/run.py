"""One batch: everything new in the drop folder, read, stored, checked and exported."""

from __future__ import annotations

import dataclasses
import datetime
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pipeline.batch.crosscheck import cross_check
from pipeline.batch.lock import sole_batch
from pipeline.batch.office import calibration_in_use
from pipeline.batch.plan import LIMITED, RETRIED, Plan, Work, make_plan
from pipeline.batch.pool import read_all, worker_count
from pipeline.batch.weigh import Rules, weigh_stored
from pipeline.batch.worker import Failure, Outcome, load_rules
from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.errors import FileError, SetupError
from pipeline.intake.pages import count_pages
from pipeline.intake.quarantine import quarantine, read_notes, release
from pipeline.ledgers import write_all
from pipeline.records import FieldStatus
from pipeline.settings import Acceptance, Settings
from pipeline.store import FileStat, ReadDocument, Store, open_store, sqlite_url
from pipeline.validation.document import validate_document

_LIMITS = ".limits.json"


class Progress(Protocol):
    """Hears how the batch gets on."""

    def started(self, files: int, pages: int, workers: int) -> None: ...

    def advanced(self, names: str, outcome: Outcome) -> None: ...


@dataclass(slots=True)
class BatchSummary:
    """What a batch did; ``documents[type][status]`` counts what it read."""

    documents: dict[str, dict[str, int]] = field(default_factory=dict)
    failed: list[dict[str, str]] = field(default_factory=list)
    duplicates: int = 0
    unchanged: int = 0
    pages: int = 0
    seconds: float = 0.0
    quarantined: int = 0
    to_review: int = 0
    outputs: list[str] = field(default_factory=list)

    @property
    def read(self) -> int:
        return sum(sum(by_status.values()) for by_status in self.documents.values())

    @property
    def seconds_a_page(self) -> float:
        return self.seconds / self.pages if self.pages else 0.0

    def to_dict(self) -> dict[str, Any]:
        return {
            "documents": self.documents,
            "read": self.read,
            "failed": self.failed,
            "duplicates": self.duplicates,
            "unchanged": self.unchanged,
            "pages": self.pages,
            "seconds": round(self.seconds, 2),
            "seconds_a_page": round(self.seconds_a_page, 3),
            "quarantined": self.quarantined,
            "to_review": self.to_review,
            "outputs": self.outputs,
        }


@dataclass(frozen=True, slots=True)
class _Job:
    """What saving an outcome needs."""

    store: Store
    batch: int | None
    scans: Path
    outputs: Path
    forms: Forms
    dictionaries: Dictionaries
    acceptance: Acceptance


def run_batch(settings: Settings, progress: Progress, *, limit: int | None = None, force: bool = False) -> BatchSummary:
    """Read everything new in the scans folder into the outputs folder.

    ``limit`` bounds how many pieces of work (files, or groups of pages in several files) are read;
    ``force`` reads again what was read before. One file's fault goes to quarantine and the batch goes
    on. Raises :class:`SetupError` where nothing can be run, also if another batch holds these outputs.
    """
    started = time.monotonic()
    scans, outputs = settings.path("scans"), settings.path("outputs")
    forms, dictionaries = load_rules(settings)
    _make_outputs(outputs)
    with sole_batch(outputs), open_database(settings) as store:
        codes = {note["file"]: note["code"] for note in read_notes(outputs)}
        retried = _retried(settings, outputs)
        plan = make_plan(scans, outputs, store.known_files(), codes, retried=retried, force=force)
        work = plan.work[:limit] if limit is not None else plan.work
        summary = BatchSummary(unchanged=plan.unchanged)
        batch = store.start_batch() if _has_news(plan) else None
        job = _Job(store, batch, scans, outputs, forms, dictionaries, settings.acceptance)
        _settle_the_rest(plan, job, summary)
        read: list[str] = []
        if work:
            workers = worker_count(settings, len(work))
            progress.started(sum(len(w.files) for w in work), _pages_ahead(work, scans, settings), workers)
            for item, outcome in read_all(work, settings, scans, workers):
                read += _save(item, outcome, job, summary)
                progress.advanced(item.names, outcome)
        _note_duplicates(plan, job, summary)
        calibration = calibration_in_use(settings).calibration
        weigh_stored(store, Rules(forms, dictionaries, settings.acceptance, calibration, datetime.date.today()))
        cross_check(store, forms, dictionaries)
        _count(read, store, summary)
        summary.outputs = [str(p) for p in export(store, forms, dictionaries, outputs)]
        status = store.status_summary()
        summary.quarantined = status.quarantined
        summary.to_review = sum(by.get("needs_review", 0) for by in status.documents.values())
        summary.seconds = time.monotonic() - started
        if batch is not None:
            store.finish_batch(batch, summary.to_dict())
    return summary


def open_database(settings: Settings) -> Store:
    """The store of these settings: in the outputs folder unless they name another database."""
    return open_store(settings.database.url or sqlite_url(settings.path("outputs") / "pipeline.db"))


def export(store: Store, forms: Forms, dictionaries: Dictionaries, outputs: Path) -> list[Path]:
    """Write ``records.jsonl`` and the workbooks from the store."""
    return write_all(store.records, forms, dictionaries, outputs)


def _make_outputs(outputs: Path) -> None:
    try:
        outputs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(f"无法创建输出文件夹 {outputs}：{error.strerror}。请检查路径和权限。") from error


def _has_news(plan: Plan) -> bool:
    return bool(plan.work or plan.duplicates or plan.refused or plan.unreadable or plan.gone)


def _pages_ahead(work: Sequence[Work], scans: Path, settings: Settings) -> int:
    """Pages to be read, for the progress bar; a file that cannot be counted counts as one."""
    total = 0
    for item in work:
        for stat in item.files:
            try:
                total += count_pages(scans / stat.path, settings.limits)
            except FileError:
                total += 1
    return total


def _settle_the_rest(plan: Plan, job: _Job, summary: BatchSummary) -> None:
    """Everything about the folder that needs no reading: refused, unreadable, touched, gone."""
    for refused in plan.refused:
        failure = Failure(FileStat(refused.path, "", 0, 0), refused.code, refused.message)
        _fail(failure, job, summary)
    for stat, error in plan.unreadable:
        _fail(Failure(stat, error.code, error.message), job, summary)
    if plan.touched:
        job.store.touch_files(plan.touched)
    for path in plan.gone:
        job.store.forget_file(path)
        release(path, job.outputs)


def _note_duplicates(plan: Plan, job: _Job, summary: BatchSummary) -> None:
    """Link copies to what was read of the first one; after reading, so that there is something to link.

    The copy of a file that could not be read cannot be read either, and says so under its own name.
    """
    by_hash = job.store.documents_by_hash([stat.sha256 for stat, _ in plan.duplicates])
    faults = {q.sha256: q for q in job.store.quarantined()} if plan.duplicates else {}
    for stat, _ in plan.duplicates:
        documents = by_hash.get(stat.sha256)
        fault = faults.get(stat.sha256)
        if not documents and fault is not None:
            _fail(Failure(stat, fault.code, fault.message), job, summary)
            continue
        job.store.save_duplicate(stat, next(iter(documents or ()), None), job.batch)
        summary.duplicates += 1


def _count(read: Sequence[str], store: Store, summary: BatchSummary) -> None:
    """Count what was read by type and status, as corrections and the checks across documents leave it."""
    for document_id in read:
        record = store.record(document_id)
        if record is not None:
            by_status = summary.documents.setdefault(record.doc_type, {})
            by_status[record.status.value] = by_status.get(record.status.value, 0) + 1


def _retried(settings: Settings, outputs: Path) -> frozenset[str]:
    """Which quarantined files are worth another try: those over a limit too, where the limits changed."""
    now = settings.limits.model_dump_json()
    kept = outputs / _LIMITS
    before = kept.read_text(encoding="utf-8") if kept.is_file() else now
    kept.write_text(now, encoding="utf-8")
    return RETRIED if before == now else RETRIED | LIMITED


def _save(
    item: Work,
    outcome: Outcome,
    job: _Job,
    summary: BatchSummary,
) -> list[str]:
    """One piece of work into the store, in one transaction; what failed of it to quarantine.

    What people corrected holds for the new reading too, and is validated with it. Returns the ids of
    the documents written.
    """
    failed = {failure.file.path for failure in outcome.failures}
    done = [stat for stat in item.files if stat.path not in failed]
    foreign = {file for d in outcome.documents for file in d.record.files} - {stat.path for stat in done}
    if foreign:  # saving them under these files would remove what was read from these files
        raise RuntimeError("an outcome came back for other files than were asked for")
    if done:
        documents = [_corrected(document, job) for document in outcome.documents]
        job.store.save_documents(documents, files=done, batch_id=job.batch)
        for stat in done:
            release(stat.path, job.outputs)
    for failure in outcome.failures:
        _fail(failure, job, summary)
    summary.pages += outcome.pages
    return [document.record.document_id for document in outcome.documents] if done else []


def _corrected(document: ReadDocument, job: _Job) -> ReadDocument:
    record = job.store.with_corrections(document.record)
    if any(value.status is FieldStatus.CORRECTED for _, value in record.all_fields()):
        form = job.forms.get(record.doc_type)
        validate_document(record, form, job.dictionaries, job.acceptance, datetime.date.today())
    return dataclasses.replace(document, record=record)


def _fail(failure: Failure, job: _Job, summary: BatchSummary) -> None:
    """The note first: a failure that is on record without its note would never be seen."""
    stat = failure.file
    try:
        quarantine(job.scans / stat.path, stat.path, stat.sha256, failure.code, failure.message, job.outputs)
    except OSError as error:
        raise SetupError(
            f"无法写入隔离文件夹 {job.outputs / 'quarantine'}：{error.strerror}。请检查磁盘空间和权限后重新运行。"
        ) from error
    job.store.save_failure(stat, failure.code, failure.message, job.batch)
    summary.failed.append({"file": stat.path, "code": failure.code, "message": failure.message})
