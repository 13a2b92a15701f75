"""What happened around documents: findings across documents, the audit log, batches, what is remembered."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any

from pipeline.store import audit, batches, chain, findings, judging, loading, memory
from pipeline.store.chain import ChainFault
from pipeline.store.judging import Judge
from pipeline.store.nouns import AuditEntry, BatchInfo, Findings, StatusSummary
from pipeline.store.transactions import PIPELINE, Transactions


class HistoryStore(Transactions):
    """The part of the store that knows what later checks said of documents, and who did what when."""

    def update_issues(self, changes: Iterable[Findings], *, actor: str = PIPELINE) -> int:
        """Replace the cross-document codes of documents and what follows for their statuses.

        Only what changed is written; returns how many documents changed. Give every document whose
        codes may have changed, also those that now have none.
        """
        changed = 0
        batch: list[Findings] = []
        for finding in changes:
            batch.append(finding)
            if len(batch) == loading.CHUNK:
                changed += self._write_findings(batch, actor)
                batch = []
        return changed + self._write_findings(batch, actor)

    def rejudge(self, judge: Judge, ids: Sequence[str] | None = None, *, actor: str = PIPELINE) -> int:
        """Let ``judge`` set evidence, confidences, issues and statuses of records anew; how many documents changed.

        All documents, or those with the given ``ids``.

        Values stay as they are, whatever ``judge`` does to them. Records come without cross-document
        codes; what those do to statuses is for :meth:`update_issues`, to be called afterwards.
        """
        if ids is None:
            with self.reading() as connection:
                ids = loading.ordered_ids(connection)
        changed = 0
        for start in range(0, len(ids), loading.CHUNK):
            with self.reading() as connection:
                judged = judging.judge_anew(connection, ids[start : start + loading.CHUNK], judge)
            for some in self.in_turns(judged):
                with self.writing() as connection:
                    changed += judging.write(connection, some, judge, actor)
        return changed

    def _write_findings(self, batch: Sequence[Findings], actor: str) -> int:
        changed = 0
        with self.reading() as connection:
            differing = findings.differing(connection, batch) if batch else []
        for some in self.in_turns(differing):
            with self.writing() as connection:
                changed += findings.write(connection, some, actor)
        return changed

    def audit(
        self, action: str, actor: str, *, document_id: str | None = None, path: str | None = None, **detail: Any
    ) -> None:
        """Add a line to the audit log. ``detail`` must be free of personal data: it is kept for good."""
        with self.writing() as connection:
            audit.append(connection, action, actor, document_id=document_id, path=path, detail=detail)

    def audit_entries(
        self,
        *,
        document_id: str | None = None,
        action: str | None = None,
        actor: str | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> list[AuditEntry]:
        """Up to ``limit`` lines of the audit log in order, from the one that follows number ``after``."""
        with self.reading() as connection:
            return audit.entries(
                connection, document_id=document_id, action=action, actor=actor, after=after, limit=limit
            )

    def check_chain(self) -> ChainFault | None:
        """The first line of the audit log that was changed, or beside which lines are missing; ``None`` if none was."""
        return next(iter(self.chain_faults(limit=1)), None)

    def chain_faults(self, *, limit: int) -> list[ChainFault]:
        """The first ``limit`` of them."""
        with self.reading() as connection, closing(chain.faults(connection)) as faults:
            return list(itertools.islice(faults, limit))

    def chain_head(self) -> tuple[int, str]:
        """Number and hash of the last line of the audit log: noted elsewhere, it vouches for all before it."""
        with self.reading() as connection:
            return chain.head(connection)

    def start_batch(self, *, actor: str = PIPELINE) -> int:
        """Note that a batch begins; its number."""
        with self.writing() as connection:
            return batches.start(connection, actor)

    def finish_batch(self, batch_id: int, summary: Mapping[str, Any], *, actor: str = PIPELINE) -> None:
        """Note that a batch ended. Raises :class:`NotFoundError` if it was never started."""
        with self.writing() as connection:
            batches.finish(connection, batch_id, summary, actor)

    def batches(self, *, newest: int) -> list[BatchInfo]:
        """The last ``newest`` batches, oldest first."""
        with self.reading() as connection:
            return batches.newest(connection, newest)

    def latest_start(self) -> datetime | None:
        """The latest time at which a batch began, by the clock of the computer."""
        with self.reading() as connection:
            return batches.latest_start(connection)

    def recall(self, name: str) -> Any:
        """What was kept under ``name``, or ``None``."""
        with self.reading() as connection:
            return memory.recall(connection, name)

    def keep(self, name: str, value: Any) -> None:
        """Keep a value that JSON can hold under ``name``."""
        with self.writing() as connection:
            memory.keep(connection, name, value)

    def changed_since(self, number: int) -> bool:
        """Whether anything that outputs show was written after the line ``number`` of the audit log."""
        with self.reading() as connection:
            return memory.changed_since(connection, number)

    def change_number(self) -> int:
        """A number that rises with every change that the audit log tells of."""
        with self.reading() as connection:
            return memory.change_number(connection)

    def status_summary(self) -> StatusSummary:
        """Counts by type and status, and the last batch."""
        with self.reading() as connection:
            return batches.summary(connection)
