"""``records.jsonl`` from the store: the lines of documents that changed are written, all others copied."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.ledgers.export import RECORDS_FILE
from pipeline.ledgers.jsonl import write_records
from pipeline.ledgers.splice import CannotSpliceError, splice_records
from pipeline.store import WRITTEN, Store


def write_records_file(store: Store, outputs: Path, *, whole: bool = False) -> Path:
    """Write the file where it does not show the store; its path.

    The documents that changed are those of which the audit log tells, and those whose files have other copies, as of
    the last time that the facts were renewed. All are written where ``whole``, or where the file is not the one that
    was written last. Raises :class:`~pipeline.ledgers.atomic.CannotWriteError`.
    """
    path = outputs / RECORDS_FILE
    last = store.recall(WRITTEN)
    line, due = store.change_number(), store.due("unwritten")
    if whole or last is None or last["file"] != _seen(path):
        write_records(store.records(reading=False), path)
    else:
        try:
            _splice(store, path, store.told_of(last["line"]) | due.keys())
        except CannotSpliceError:
            write_records(store.records(reading=False), path)
    store.settle("unwritten", due)
    store.keep(WRITTEN, {"line": line, "file": _seen(path)})
    return path


def _splice(store: Store, path: Path, changed: set[str]) -> None:
    if changed:
        splice_records(path, changed, store.records_named(sorted(changed)), store.places)


def _seen(path: Path) -> list[Any] | None:
    """By what the file is known again: whoever changes it changes one of these."""
    try:
        status = path.stat()
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns]
