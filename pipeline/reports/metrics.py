"""Figures for monitoring: a text file as the Prometheus node exporter collects them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from pipeline.ledgers.atomic import CannotWriteError
from pipeline.store import FileState, StatusSummary

_PREFIX = "shuangbaodao"
_MODE = 0o644  # counts and no personal data, for a collector that runs as another user

_BATCH_NUMBERS = {
    "pages": "Pages read in the last batch.",
    "blank_pages": "Blank backs among the pages of the last batch.",
    "duplicates": "Files of the last batch with the content of another file.",
    "unchanged": "Files that the last batch found unchanged.",
    "superseded": "Documents that the last batch replaced by a better scan.",
    "archived": "Originals archived by the last batch.",
    "seconds": "Duration of the last batch in seconds.",
    "seconds_a_page": "Seconds a page in the last batch.",
}


def write_metrics(path: Path, summary: Mapping[str, Any], status: StatusSummary) -> None:
    """Write the figures of the last batch (``summary`` as the store keeps it) and of the whole store.

    What a summary lacks is left out. The file is replaced as a whole; its name must end in ``.prom`` for the
    node exporter to take it. Raises :class:`CannotWriteError`.
    """
    registry = CollectorRegistry()
    _add_batch(registry, summary)
    _add_store(registry, status)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_to_textfile(str(path), registry)
        path.chmod(_MODE)
    except OSError as error:
        reason = error.strerror or str(error)
        raise CannotWriteError(f"无法写入监控指标 {path}：{reason}。请检查设置 report.metrics_file。") from error


def _add_batch(registry: CollectorRegistry, summary: Mapping[str, Any]) -> None:
    for key, text in _BATCH_NUMBERS.items():
        if key in summary:
            _gauge(registry, f"batch_{key}", text).set(summary[key])
    if "documents" in summary:
        _by_type(registry, "batch_documents", "Documents read in the last batch.", summary["documents"])
    for key, text in (
        ("failed", "Files that the last batch put in quarantine, by code."),
        ("retried", "Files that failed in the last batch and are tried again, by code."),
    ):
        if key in summary:
            gauge = _gauge(registry, f"batch_{key}_files", text, "code")
            for code, number in sorted(Counter(entry["code"] for entry in summary[key]).items()):
                gauge.labels(code).set(number)
    if "waiting" in summary:
        _gauge(registry, "batch_waiting_files", "Files still being written during the last batch.").set(
            len(summary["waiting"])
        )
    if "stopped" in summary:
        _gauge(registry, "batch_stopped", "1 if the last batch ended before all was done.").set(
            summary["stopped"] is not None
        )


def _add_store(registry: CollectorRegistry, status: StatusSummary) -> None:
    _by_type(registry, "documents", "Current documents in the database.", status.documents)
    files = _gauge(registry, "files", "Files known to the database, by what became of them.", "state")
    for state in FileState:  # those without files too: a series that comes and goes cannot be watched
        files.labels(state.value).set(status.files.get(state.value, 0))
    last = status.last_batch
    if last is not None:
        _gauge(registry, "last_batch_start_timestamp_seconds", "When the last batch began (Unix time).").set(
            last.started.timestamp()
        )
        _gauge(
            registry,
            "last_batch_end_timestamp_seconds",
            "When the last batch ended (Unix time); 0 if it has not.",
        ).set(last.finished.timestamp() if last.finished else 0)


def _by_type(registry: CollectorRegistry, name: str, text: str, documents: Mapping[str, Mapping[str, int]]) -> None:
    gauge = _gauge(registry, name, text, "type", "status")
    for doc_type, by_status in sorted(documents.items()):
        for status, number in sorted(by_status.items()):
            gauge.labels(doc_type, status).set(number)


def _gauge(registry: CollectorRegistry, name: str, text: str, *labels: str) -> Gauge:
    return Gauge(f"{_PREFIX}_{name}", text, labels, registry=registry)
