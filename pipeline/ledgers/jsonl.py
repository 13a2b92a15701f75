"""``records.jsonl``: one JSON object a document, the same bytes for the same records."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from pipeline.ledgers.atomic import Written, replacing
from pipeline.records import Record

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


class RecordsWriter:
    """Appends records to an open stream, one line each."""

    def __init__(self, stream: IO[bytes], written: Written) -> None:
        self._stream = stream
        self._written = written

    def write(self, record: Record) -> None:
        self._stream.write(line(record))

    @property
    def path(self) -> Path:
        return self._written.path


def line(record: Record) -> bytes:
    """One record as a line. Keys stand in the contract's order, the fields by name.

    A lone surrogate (from a file name that is not UTF-8) becomes its ``\\udcxx`` escape, which is JSON.
    """
    data = record.to_dict()
    data["fields"] = _by_name(data["fields"])
    data["rows"] = [_by_name(row) for row in data["rows"]]
    return _ENCODER.encode(data).encode("utf-8", "backslashreplace") + b"\n"


def _by_name(fields: dict[str, Any]) -> dict[str, Any]:
    # A record fresh from the reader and the same one out of the database may differ in order.
    return dict(sorted(fields.items()))


@contextmanager
def records_file(path: Path) -> Iterator[RecordsWriter]:
    """A writer whose lines become ``path`` at the end of the block, or nothing on an error."""
    with replacing(path) as written, written.temp.open("wb") as stream:
        yield RecordsWriter(stream, written)
        stream.flush()


def write_records(records: Iterable[Record], path: Path) -> Path:
    """Write all records to ``path`` atomically, in the order given. Returns ``path``."""
    with records_file(path) as writer:
        for record in records:
            writer.write(record)
    return writer.path
