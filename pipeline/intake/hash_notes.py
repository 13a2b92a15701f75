"""Hashes of objects, noted as soon as they are known: what has to be fetched to be hashed is hashed once."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import Self

from pipeline.intake.folder import FoundFile

FILE = "bucket-hashes.db"
_TOGETHER = 200  # notes in one transaction


class HashNotes:
    """Notes in the outputs folder, by one process at a time; losing them costs time alone."""

    def __init__(self, outputs: Path) -> None:
        outputs.mkdir(parents=True, exist_ok=True)
        self._notes = sqlite3.connect(outputs / FILE)
        self._notes.execute(
            "CREATE TABLE IF NOT EXISTS hashes (path TEXT PRIMARY KEY, size INTEGER, state INTEGER, sha256 TEXT)"
        )
        self._added = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._notes.commit()
        self._notes.close()

    def get(self, found: FoundFile) -> str | None:
        """The hash of this state of the object, if it is known."""
        row = self._notes.execute(
            "SELECT sha256 FROM hashes WHERE path = ? AND size = ? AND state = ?", found.key
        ).fetchone()
        return str(row[0]) if row else None

    def add(self, found: FoundFile, sha256: str) -> None:
        self._notes.execute("INSERT OR REPLACE INTO hashes VALUES (?, ?, ?, ?)", (*found.key, sha256))
        self._added += 1
        if self._added % _TOGETHER == 0:
            self._notes.commit()

    def keep_only(self, paths: Collection[str]) -> None:
        """Forget all but the objects of these paths."""
        gone = [(path,) for (path,) in self._notes.execute("SELECT path FROM hashes") if path not in paths]
        self._notes.executemany("DELETE FROM hashes WHERE path = ?", gone)
