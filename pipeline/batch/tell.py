"""What a batch tells those who were not there: the morning report, figures for monitoring, why it did not run."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.batch.summary import BatchSummary
from pipeline.definitions import Forms
from pipeline.errors import PipelineError
from pipeline.ledgers.atomic import CannotWriteError
from pipeline.reports.failure import write_failure_report
from pipeline.reports.logs import Log
from pipeline.reports.metrics import write_metrics
from pipeline.reports.morning import write_morning_report
from pipeline.settings import ROOT, Settings
from pipeline.store import Store

_LOOK_BACK = 10  # batches


def report(store: Store, forms: Forms, settings: Settings, summary: BatchSummary) -> None:
    """Write the day's report and the figures; what cannot be written is a notice, and no fault of the batch.

    A batch that was killed wrote no report: that of its day is made up for.
    """
    outputs = settings.path("outputs")
    *before, last = store.batches(newest=_LOOK_BACK)
    days = {batch.started.astimezone().date() for batch in (last, *(b for b in before if b.finished is None))}
    try:
        for day in sorted(days):
            write_morning_report(store, forms, outputs, day=day, audit_url=settings.report.audit_url)
        if settings.report.metrics_file:
            write_metrics(ROOT / Path(settings.report.metrics_file), summary.to_dict(), store.status_summary())
    except CannotWriteError as error:
        summary.notices.append(error.message)


@contextmanager
def telling_of_failure(outputs: Path, log: Log) -> Iterator[None]:
    """Where the batch within the block cannot be run, leave a report that says why: nobody is watching at night."""
    try:
        yield
    except PipelineError as error:
        log.event("batch_failed", code=error.code)
        if error.code != "busy":
            write_failure_report(outputs, datetime.datetime.now().astimezone(), error.message)
        raise
