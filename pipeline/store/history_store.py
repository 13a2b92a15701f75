"""What comes after reading: findings across documents, corrections, the audit log, batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pipeline.records import Record, Value
from pipeline.store import audit, batches, corrections, examples, findings, judging, loading, memory
from pipeline.store.judging import Judge
from pipeline.store.nouns import AuditEntry, BatchInfo, Correction, Example, Findings, StatusSummary
from pipeline.store.overlay import with_corrections
from pipeline.store.transactions import PIPELINE, Transactions


class HistoryStore(Transactions):
    """The part of the store that knows what people and later checks said of documents."""

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

    def correct(
        self,
        document_id: str,
        path: str,
        new_value: Value,
        actor: str,
        expected_revision: int,
        *,
        issues: Sequence[str] = (),
    ) -> int:
        """Change a field, or confirm it by giving the value it has; returns the new revision.

        ``issues`` are the codes that still hold for the new value. The document is accepted once no
        field and no code of it is left to ask about. Raises :class:`ConflictError` if the document is no
        longer at ``expected_revision``, :class:`NotFoundError` if it or the field is not there.
        """
        with self.writing() as connection:
            return corrections.correct(connection, document_id, path, new_value, actor, expected_revision, issues)

    def corrections(self, document_id: str | None = None) -> Iterator[Correction]:
        """All corrections ever made, oldest first, or those of one document."""
        with self.reading() as connection:
            if document_id is None:
                yield from corrections.everything(connection)
            else:
                yield from corrections.of_document(connection, document_id)

    def with_corrections(self, record: Record, heir_of: Sequence[str] = ()) -> Record:
        """A fresh reading with what people said of it before, so that it can be validated as such.

        ``heir_of`` are the documents that it is going to stand for.
        """
        with self.reading() as connection:
            return with_corrections(record, corrections.for_reading(connection, record.document_id, heir_of))

    def examples(self) -> Iterator[Example]:
        """Every reading that a person corrected or confirmed, and whether it was right.

        A reading is right where it equals what the person left there. Fields that nobody looked at are
        no examples (they would teach that what is accepted is right), nor are those without evidence.
        """
        with self.reading() as connection:
            yield from examples.labelled(connection)

    def corrected_without_evidence(self) -> int:
        """How many fields people looked at that are no examples: marks, boxes, readings of an older program."""
        with self.reading() as connection:
            return examples.without_evidence(connection)

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
            with self.writing() as connection:
                changed += judging.rejudge(connection, ids[start : start + loading.CHUNK], judge, actor)
        return changed

    def _write_findings(self, batch: Sequence[Findings], actor: str) -> int:
        if not batch:
            return 0
        with self.writing() as connection:
            return findings.write(connection, batch, actor)

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
