"""One database, and its transactions for reading and writing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import TracebackType
from typing import Self, TypeVar

from sqlalchemy import Connection, Engine

from pipeline.store import audit
from pipeline.store.engine import reading, writing
from pipeline.store.faults import explaining

_PIECE = 20
_PAUSE = 0.11  # seconds

T = TypeVar("T")

PIPELINE = "pipeline"
"""Who acts where no person does."""


class Transactions:
    """Safe to share between threads, not between processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reader = reading(engine)
        self._writer = writing(engine)
        # Threads of one process take turns at once; SQLite itself would have them look again after a while.
        self._turn: AbstractContextManager[object] = (
            threading.Lock() if engine.dialect.name == "sqlite" else nullcontext()
        )

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def in_turns(self, work: Sequence[T]) -> Iterator[Sequence[T]]:
        """Pieces of a long work, each for a transaction of its own, with time between for others who wait to write.

        SQLite does not queue them: they look again every tenth of a second, and whoever goes on writing without
        a pause keeps them waiting to the end.
        """
        for start in range(0, len(work), _PIECE):
            if start and self._engine.dialect.name == "sqlite":
                time.sleep(_PAUSE)
            yield work[start : start + _PIECE]

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction for queries of one's own, on one state of the database."""
        with explaining(self._engine.url), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction for writing: committed at the end of the block, undone if it raises."""
        with self._turn, explaining(self._engine.url), self._writer.begin() as connection, audit.written(connection):
            yield connection
