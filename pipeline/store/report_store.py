"""What reports ask of the store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from pipeline.store import counts, reviewing
from pipeline.store.counts import BatchCounts, TimedDocument, TroubledFile
from pipeline.store.nouns import BatchInfo
from pipeline.store.reviewing import InReview
from pipeline.store.transactions import Transactions


class ReportStore(Transactions):
    """The part of the store that counts. What comes back is bounded or asked for."""

    def in_review(self, limit: int, *, key_fields: Collection[str] = (), order: Sequence[str] = ()) -> InReview:
        """Why current documents are in review (documents by code, those of ``key_fields`` apart), and up to ``limit``
        of them.

        Those first of which one of ``key_fields`` is in doubt, then those whose codes stand first in
        ``order``, then what was read last. A document with several reasons counts for each.
        """
        with self.writing() as connection:
            reviewing.renew(connection, key_fields)
            return reviewing.in_review(connection, limit, order)

    def files_of(self, document_ids: Collection[str]) -> dict[str, list[str]]:
        """The files of a few documents, in order; none for one that does not exist."""
        with self.reading() as connection:
            return counts.files_of(connection, document_ids)

    def batches_started(self, start: datetime, end: datetime) -> list[BatchInfo]:
        """The batches that began from ``start`` on and before ``end``, oldest first."""
        with self.reading() as connection:
            return counts.batches_started(connection, start, end)

    def batches_before(self, end: datetime, *, newest: int) -> list[BatchInfo]:
        """The last ``newest`` batches that began before ``end``, oldest first."""
        with self.reading() as connection:
            return counts.batches_before(connection, end, newest)

    def batch_counts(self, batch_ids: Collection[int]) -> dict[int, BatchCounts]:
        """What the database knows of each of these batches, also of one that was killed."""
        with self.reading() as connection:
            return counts.batch_counts(connection, batch_ids)

    def slowest(self, batch_id: int, *, limit: int) -> list[TimedDocument]:
        """The current documents of a batch whose reading took longest, the slowest first."""
        with self.reading() as connection:
            return counts.slowest(connection, batch_id, limit)

    def troubled_files(self, batch_ids: Collection[int]) -> list[TroubledFile]:
        """The files that these batches put in quarantine or left for another try, as it stands now."""
        with self.reading() as connection:
            return counts.troubled_files(connection, batch_ids)

    def settled_paths(self, paths: Iterable[str]) -> set[str]:
        """Those of ``paths`` whose files have been read, are copies, or went."""
        with self.reading() as connection:
            return counts.settled_paths(connection, paths)
