"""The store as those see it who look after it: copies, soundness, retention, another reading."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.errors import SetupError
from pipeline.store import audit, copying, loading, retention, soundness, sources
from pipeline.store.audit import Action
from pipeline.store.nouns import StoredDocument
from pipeline.store.retention import Expired
from pipeline.store.soundness import Soundness
from pipeline.store.sources import DocumentSource
from pipeline.store.transactions import PIPELINE, Transactions


class UpkeepStore(Transactions):
    """The part of the store that is about all of it at once."""

    @property
    def kind(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    def snapshot(self, path: Path) -> dict[str, int]:
        """Copy all of one moment into a new SQLite file; how many rows each table has."""
        with self.reading() as connection:
            return copying.snapshot(connection, path)

    def take_over(self, source: UpkeepStore, detail: Mapping[str, Any], *, actor: str = PIPELINE) -> dict[str, int]:
        """Fill this database, which must be empty, with all that ``source`` holds, and note that in its audit log."""
        with source.reading() as read, self.writing() as connection:
            if copying.holds_rows(connection):
                raise SetupError("数据库中已有数据，只能恢复到空的数据库。请另建一个空库。", code="database")
            counts = copying.copy_rows(read, connection)
            audit.append(connection, Action.RESTORED, actor, detail=detail)
        return counts

    def examine(self, *, fast: bool = False) -> Soundness:
        """What is wrong with the database itself; ``fast`` leaves out what takes long."""
        with self.reading() as connection:
            return soundness.examine(connection, fast=fast)

    def stored_documents(self) -> Iterator[StoredDocument]:
        """Every current document of one moment with the facts of its reading, in the order of the outputs."""
        with self.reading() as connection:
            ids = loading.ordered_ids(connection)
            for start in range(0, len(ids), loading.CHUNK):
                yield from loading.load(connection, ids[start : start + loading.CHUNK], findings=True)

    def document_sources(self) -> list[DocumentSource]:
        """Every document, current or superseded, with its type and the contents it was read from."""
        with self.reading() as connection:
            return sources.document_sources(connection)

    def superseded_documents(self) -> set[str]:
        """The documents that another one stands for."""
        with self.reading() as connection:
            return sources.superseded(connection)

    def known_paths(self) -> dict[str, str]:
        """The content that each path was last seen with, also of files that went."""
        with self.reading() as connection:
            return sources.known_paths(connection)

    def purged_contents(self) -> set[str]:
        """The contents that were destroyed at the end of their retention."""
        with self.reading() as connection:
            return retention.purged(connection)

    def expired(self, before: datetime, *, include_review: bool = False) -> Expired:
        """What was first read before a moment; see :meth:`purge`."""
        with self.reading() as connection:
            return retention.find(connection, before, include_review=include_review)

    def purge(
        self,
        before: datetime,
        *,
        include_review: bool = False,
        present: Collection[str] = (),
        actor: str = PIPELINE,
    ) -> Expired:
        """Destroy what was first read before a moment: documents, corrections, names of files; what that was.

        Contents that no other document needs are noted as purged, and are not taken in again; their files
        in the archive are for the caller. ``present`` are paths that still lie in the drop folder. Documents
        that a person has still to look at stay unless ``include_review``.
        """
        with self.writing() as connection:
            expired = retention.find(connection, before, include_review=include_review)
            retention.destroy(connection, expired, before, present, actor)
        return expired

    def scrub(self) -> bool:
        """Rid the database's files of what deleted rows left in them; false where another program is in the way."""
        return retention.scrub(self._engine)
