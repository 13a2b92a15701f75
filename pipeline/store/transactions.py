"""One database, and its transactions for reading and writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine

from pipeline.store import audit
from pipeline.store.engine import reading, writing
from pipeline.store.faults import explaining

PIPELINE = "pipeline"
"""Who acts where no person does."""


class Transactions:
    """Safe to share between threads, not between processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reader = reading(engine)
        self._writer = writing(engine)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction for queries of one's own, on one state of the database."""
        with explaining(self._engine.url), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction for writing: committed at the end of the block, undone if it raises."""
        with explaining(self._engine.url), self._writer.begin() as connection, audit.written(connection):
            yield connection
