"""One batch: everything new in the drop folder, read, stored, checked and exported."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pipeline.batch.clock import Clock, tell_time
from pipeline.batch.counting import count_all
from pipeline.batch.executor import Executor, check_executor, get_ahead, open_executor
from pipeline.batch.keeper import Keeper
from pipeline.batch.leftovers import remove_leftovers
from pipeline.batch.lock import sole_batch
from pipeline.batch.office import calibration_in_use, load_rules
from pipeline.batch.plan import LIMITED, RETRIED, Looking, Plan, Work, make_plan
from pipeline.batch.pool import Ahead, Stop
from pipeline.batch.summary import BatchSummary, Progress
from pipeline.batch.tell import report, telling_of_failure
from pipeline.batch.weigh import Rules
from pipeline.errors import SetupError
from pipeline.intake.quarantine import read_notes
from pipeline.ledgers.lookalikes import suggestions, unfamiliar
from pipeline.records import UNKNOWN_TYPE, DocumentStatus
from pipeline.reports.logs import Log, open_log
from pipeline.settings import Settings
from pipeline.store import Store, open_store, sqlite_url

_LIMITS = "limits"
_SUGGESTED = "suggested"
_LAST = 16  # pieces of work a worker: what counts as near the end
_LEAST_FREE = 100_000_000  # bytes; below this a batch would fail half way


@dataclasses.dataclass(frozen=True, slots=True)
class Order:
    """What a batch is asked to do.

    ``limit`` bounds how many pieces of work (files, or groups of pages in several files) are read;
    ``force`` reads again what was read before. ``stop`` is asked between pieces of work whether to end;
    what is in hand is finished. ``quiet`` writes nothing down where there is nothing new.
    """

    limit: int | None = None
    force: bool = False
    quiet: bool = False
    stop: Callable[[], bool] = lambda: False


def run_batch(settings: Settings, progress: Progress, order: Order = Order()) -> BatchSummary:
    """Read everything new in the scans folder into the outputs folder.

    One file's fault is tried again or goes to quarantine, and the batch goes on. Raises
    :class:`SetupError` where nothing can be run, :class:`~pipeline.batch.lock.BusyError` if another batch
    holds these outputs.
    """
    outputs = settings.path("outputs")
    _make_outputs(outputs)
    with open_log(outputs) as log, telling_of_failure(outputs, log):
        return _run(settings, progress, order, log)


def _run(settings: Settings, progress: Progress, order: Order, log: Log) -> BatchSummary:
    started = time.monotonic()
    outputs = settings.path("outputs")
    check_executor(settings)
    _require_room(outputs)
    forms, dictionaries = load_rules(settings)
    calibration = calibration_in_use(settings).calibration
    with sole_batch(outputs), open_database(settings) as store:
        clock = tell_time(store)
        rules = Rules(forms, dictionaries, settings.acceptance, calibration, clock.today)
        # Who watches the folder looks at it every few seconds, mostly in vain.
        with get_ahead(settings, rules, 0 if order.quiet else order.limit) as ahead:
            plan = _plan(settings, store, clock, order, ahead)
            summary = BatchSummary(unchanged=plan.unchanged, waiting=list(plan.waiting), delayed=len(plan.delayed))
            if clock.notice:
                summary.notices.append(clock.notice)
            if order.quiet and not plan.has_news:
                if plan.touched:
                    store.touch_files(plan.touched)
                summary.outputs = _outputs(store, rules, settings, summary)
                return summary
            remove_leftovers(outputs)
            work = plan.work[: order.limit]
            stop = _stop(settings, summary, order, started)
            with open_executor(settings, len(work), rules, stop, ahead) as executor:
                batch = summary.batch = store.start_batch()
                log.event("batch_started", batch=batch, work=len(plan.work), unchanged=plan.unchanged)
                keeper = Keeper(store, settings, rules, plan, batch, clock.now, summary, log)
                keeper.settle_folder()
                _read(work, keeper, progress, executor)
        keeper.note_duplicates()
        keeper.archive_the_rest()
        summary.outputs = _outputs(store, rules, settings, summary)
        _count(keeper.read, store, summary)
        summary.titles = {name: forms[name].title for name in summary.documents if name in forms}
        summary.seconds = time.monotonic() - started
        if summary.stopped is None and order.limit is None:
            store.keep(_LIMITS, settings.limits.model_dump())  # what they kept out has had its other try
        store.finish_batch(batch, summary.to_dict())
        report(store, forms, settings, summary)
        log.event("batch_finished", **_figures(summary))
    return summary


def _outputs(store: Store, rules: Rules, settings: Settings, summary: BatchSummary) -> list[str]:
    """Everything that people work with brought up to date: the files' paths."""
    from pipeline.batch.exports import bring_up_to_date  # slow to import, and not needed before the first page is read

    return [str(path) for path in bring_up_to_date(store, rules, settings, summary)]


def open_database(settings: Settings) -> Store:
    """The store of these settings: in the outputs folder unless they name another database."""
    return open_store(settings.database.url or sqlite_url(settings.path("outputs") / "pipeline.db"))


def _make_outputs(outputs: Path) -> None:
    try:
        outputs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(f"无法创建输出文件夹 {outputs}：{error.strerror}。请检查路径和权限。") from error


def _require_room(outputs: Path) -> None:
    free = shutil.disk_usage(outputs).free
    if free < _LEAST_FREE:
        raise SetupError(
            f"输出文件夹 {outputs} 所在磁盘只剩 {free // 1_000_000} MB，至少需要 {_LEAST_FREE // 1_000_000} MB。"
            "请清理磁盘后重新运行；扫描件都还在，没有丢失。",
            code="disk_full",
        )


def _plan(settings: Settings, store: Store, clock: Clock, order: Order, ahead: Ahead) -> Plan:
    outputs = settings.path("outputs")
    looking = Looking(
        clock.now,
        {note["file"]: note["code"] for note in read_notes(outputs)},
        _retried(settings, store),
        settings.intake.settle_seconds,
        order.force,
        store.arrangements(),
        ahead.expect,
    )
    return make_plan(settings.scans, outputs, store, looking)


def _stop(settings: Settings, summary: BatchSummary, order: Order, started: float) -> Stop:
    """Whether to begin no further work; the summary says why."""
    budget = settings.batch.minutes * 60

    def stop() -> bool:
        if summary.stopped is None and order.stop():
            summary.stopped = "signal"
        if summary.stopped is None and budget and time.monotonic() - started > budget:
            summary.stopped = "time_budget"
        return summary.stopped is not None

    return stop


def _read(work: list[Work], keeper: Keeper, progress: Progress, executor: Executor) -> None:
    """Read the work as far as time allows, keeping each piece as it comes."""
    if not work:
        return
    pages = _pages(work, keeper)
    progress.started(sum(len(item.files) for item in work), sum(pages.values()), executor.workers)
    done = 0
    for item, outcome in executor.read_all(in_order(work, pages, executor.workers), lambda item: pages[item.names]):
        keeper.save(item, outcome)
        progress.advanced(item.names, outcome)
        done += 1
    if executor.moved:
        notice = f"集群中有机器失去联系，{executor.moved} 件改由其他机器识别，结果不受影响。"
        keeper.summary.notices.append(notice)
    if done == len(work):
        keeper.summary.stopped = None  # it was all done when the time came


def in_order(work: Sequence[Work], pages: Mapping[str, int], workers: int) -> list[Work]:
    """The work as planned, but near its end the longest first: no worker is then left alone with a long one.

    ``pages`` are those of each piece, by its names.
    """
    last = max(0, len(work) - _LAST * workers)
    return [*work[:last], *sorted(work[last:], key=lambda item: -pages[item.names])]


def _pages(work: list[Work], keeper: Keeper) -> dict[str, int]:
    """Pages of each piece of work, for the progress bar and the time limits; at most, of what lies elsewhere."""
    bounds = {stat: keeper.pages_at_most(stat) for item in work for stat in item.every}
    sources = {stat: keeper.source_of(stat) for stat, bound in bounds.items() if bound is None}
    counts = count_all(list(sources.values()), keeper.settings)
    pages = {stat: counts[sources[stat]] if bound is None else bound for stat, bound in bounds.items()}
    return {item.names: sum(pages[stat] for stat in item.every) for item in work}


def _count(read: list[str], store: Store, summary: BatchSummary) -> None:
    """Count what was read by type and status, as corrections and the checks across documents leave it."""
    for document_id in read:
        record = store.record(document_id)
        if record is not None:
            by_status = summary.documents.setdefault(record.doc_type, {})
            by_status[record.status.value] = by_status.get(record.status.value, 0) + 1
    status = store.status_summary()
    summary.quarantined = status.quarantined
    summary.suggestions = _suggestions(store)
    summary.to_review = sum(by.get(DocumentStatus.REVIEW.value, 0) for by in status.documents.values())


def _suggestions(store: Store) -> list[str]:
    """What staff are told of unknown forms. Grouping them takes all of them, so it is kept until one is another."""
    revisions = repr(store.revisions_of(UNKNOWN_TYPE)).encode()
    of, known = hashlib.sha256(revisions).hexdigest(), store.recall(_SUGGESTED) or {}
    if known.get("of") != of:
        known = {"of": of, "say": suggestions(unfamiliar(store.records_of(UNKNOWN_TYPE)))}
        store.keep(_SUGGESTED, known)
    return [str(text) for text in known["say"]]


def _figures(summary: BatchSummary) -> dict[str, object]:
    """What of a summary goes into the log: counts, and no names."""
    return {
        "batch": summary.batch,
        "read": summary.read,
        "pages": summary.pages,
        "blank_pages": summary.blank_pages,
        "failed": len(summary.failed),
        "retried": len(summary.retried),
        "waiting": len(summary.waiting),
        "duplicates": summary.duplicates,
        "superseded": summary.superseded,
        "archived": summary.archived,
        "quarantined": summary.quarantined,
        "to_review": summary.to_review,
        "notices": len(summary.notices),
        "stopped": summary.stopped,
        "seconds": summary.seconds,
        "seconds_a_page": summary.seconds_a_page,
    }


def _retried(settings: Settings, store: Store) -> frozenset[str]:
    """Which quarantined files are worth another try: those over a limit too, where the limits changed."""
    return RETRIED if store.recall(_LIMITS) in (None, settings.limits.model_dump()) else RETRIED | LIMITED
