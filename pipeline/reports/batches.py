"""What one batch says of itself: its summary, and from the database what the summary lacks.

Batches of an older program lack keys, and one that was killed left no summary at all.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from pipeline.records import DocumentStatus
from pipeline.reports.figures import BatchFigures, Ended, TrendPoint
from pipeline.store import BatchInfo, FileState
from pipeline.store.counts import BatchCounts

_STOPPED = {"time_budget": Ended.TIME_BUDGET, "signal": Ended.SIGNAL}

Documents = Mapping[str, Mapping[str, int]]


def figures_of(info: BatchInfo, known: BatchCounts, *, last: bool) -> BatchFigures:
    """The figures of one batch; ``last`` says that no batch began after it."""
    summary = info.summary
    return BatchFigures(
        id=info.id,
        started=info.started.astimezone(),
        finished=info.finished.astimezone() if info.finished else None,
        ended=how_ended(info, last=last),
        documents=summary.get("documents", known.documents),
        pages=summary.get("pages", known.pages),
        blank_pages=summary.get("blank_pages", known.blank_pages),
        taken=known.files.get(FileState.PROCESSED.value, 0),
        duplicates=summary.get("duplicates", known.files.get(FileState.DUPLICATE.value, 0)),
        unchanged=summary.get("unchanged", 0),
        delayed=summary.get("delayed", 0),
        superseded=summary.get("superseded", 0),
        archived=summary.get("archived", 0),
        seconds=summary.get("seconds"),
    )


def how_ended(info: BatchInfo, *, last: bool) -> Ended:
    """How a batch ended; one that did not may be running still if it is the ``last``."""
    if info.finished is None:
        return Ended.UNFINISHED if last else Ended.KILLED
    return _STOPPED.get(str(info.summary.get("stopped")), Ended.FINISHED)


def trend_point(info: BatchInfo, *, last: bool) -> TrendPoint:
    """One batch of the trend, from its summary alone."""
    summary = info.summary
    pages, seconds = summary.get("pages"), summary.get("seconds")
    return TrendPoint(
        id=info.id,
        started=info.started.astimezone(),
        ended=how_ended(info, last=last),
        pages=pages,
        accepted_share=accepted_share(summary.get("documents", {})),
        seconds_a_page=seconds / pages if pages and seconds is not None else None,
    )


def count(documents: Documents, status: DocumentStatus | None = None) -> int:
    """How many documents there are, or how many of one status."""
    return sum(
        number for by_status in documents.values() for name, number in by_status.items() if status in (None, name)
    )


def accepted_share(documents: Documents) -> float | None:
    """The share of documents that no person needs to look at; ``None`` where there is none."""
    total = count(documents)
    return count(documents, DocumentStatus.ACCEPTED) / total if total else None


def added(batches: list[BatchFigures]) -> dict[str, dict[str, int]]:
    """The documents of several batches together, by type, then status."""
    total: dict[str, dict[str, int]] = {}
    for batch in batches:
        for doc_type, by_status in batch.documents.items():
            known = total.setdefault(doc_type, {})
            for status, number in by_status.items():
                known[status] = known.get(status, 0) + number
    return total


def retry_time(entry: Mapping[str, Any]) -> datetime.datetime | None:
    """The time of the next try, as the summary spells it."""
    text = entry.get("retry_at")
    return datetime.datetime.fromisoformat(text).astimezone() if text else None
