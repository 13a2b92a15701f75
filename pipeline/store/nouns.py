"""What the store takes and gives besides records: files, readings, findings, corrections, summaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pipeline.records import ClaimReference, Code, DocumentStatus, Evidence, FieldStatus, Record, Value, served_key
from pipeline.scanned import PageFacts
from pipeline.sheets import Quad

CROSS_DOCUMENT_CODES = frozenset(
    code.value
    for code in (
        Code.DUPLICATE_PERSON,
        Code.DUPLICATE_DOCUMENT,
        Code.CLAIM_WITHOUT_PROJECT,
        Code.FEEDBACK_WITHOUT_CLAIM,
    )
)
"""The codes that depend on other documents; only :meth:`Store.update_issues` changes them."""


class FileState(StrEnum):
    """What became of a file of the drop folder."""

    PROCESSED = "processed"
    DUPLICATE = "duplicate"  # its content is that of another file, which was processed
    QUARANTINED = "quarantined"
    RETRY = "retry"  # failed for a reason that may pass; tried again later
    GONE = "gone"  # no longer in the folder; its documents stay


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What the store knows of a path, to tell a changed file from one that was dealt with."""

    sha256: str
    size: int
    mtime_ns: int
    state: FileState
    attempts: int = 0
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Original:
    """A content that documents were read from; ``suffix`` (``.jpg``) ends its name in the archive."""

    sha256: str
    size: int
    suffix: str
    archived: datetime | None


@dataclass(frozen=True, slots=True)
class QuarantinedFile:
    """A file that could not be processed, with the reason."""

    path: str
    sha256: str
    code: str
    message: str
    batch_id: int | None
    time: datetime


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A record with its revision (for :meth:`Store.correct`) and the facts of its reading."""

    record: Record
    revision: int
    form_version: str | None
    read_at: datetime
    seconds: float
    batch_id: int | None
    pages: tuple[PageFacts, ...]
    superseded_by: str | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """All cross-document codes of one document; what is not named here is taken back.

    ``statuses`` (by field path) and ``status`` may be left out: a field or document that was accepted
    and now carries a code then goes to review, and returns to what it was when the code is taken back.
    """

    document_id: str
    issues: Sequence[str] = ()
    field_issues: Mapping[str, Sequence[str]] = field(default_factory=dict)
    statuses: Mapping[str, FieldStatus] = field(default_factory=dict)
    status: DocumentStatus | None = None


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a corrected field stood: which of the document's files (from 0), page, and pixels as scanned.

    It finds the row of a list again when another reading numbers the rows differently.
    """

    file: int
    page: int
    quad: Quad


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person says that a value stands: a quad on a page (from 1) of one of the document's files."""

    file: str
    page: int
    quad: Quad


@dataclass(frozen=True, slots=True)
class Correction:
    """One change or confirmation by a person. ``raw`` and ``confidence`` are the reading's.

    ``path`` is that of a field in most, where rows are numbered as they are now; see
    :mod:`pipeline.store.overlay` for what else people say. ``placed`` is where they say that the value stands.
    """

    id: int
    document_id: str
    doc_type: str
    path: str
    old_value: Value
    new_value: Value
    raw: str
    confidence: float
    issues: tuple[str, ...]
    anchor: Anchor | None
    actor: str
    time: datetime
    placed: Anchor | None = None
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class KnownClaim:
    """A claim as the last export showed it: ``number`` and ``status`` as staff read them."""

    number: str
    project: str
    by: str
    community: str
    status: str
    reference: ClaimReference


@dataclass(frozen=True, slots=True)
class Served:
    """Something served as the last export matched it: the number of its ``claim``, or ``None``.

    ``project`` is as the document states it, ``by`` and ``community`` as they were understood. ``note`` says why, or
    what speaks against; ``close`` are the numbers of claims that come near.
    """

    document_id: str
    project: str
    by: str
    community: str
    claim: str | None
    note: str
    close: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What names it on the sheets; see :func:`pipeline.records.served_key`."""
        return served_key(self.document_id, self.project)


@dataclass(frozen=True, slots=True)
class Note:
    """A text that somebody wrote beside a row of a workbook, under a heading of their own; ``document_id`` is that of
    the row, if it is of one. ``time`` is when it was kept, ``None`` for one that is not yet."""

    row_key: str
    heading: str
    text: str
    actor: str
    time: datetime | None = None
    document_id: str | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A reading that a person looked at: what spoke for it, and whether it was ``right``."""

    document_id: str
    evidence: Evidence
    right: bool


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit log."""

    seq: int
    time: datetime
    actor: str
    action: str
    document_id: str | None
    path: str | None
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BatchInfo:
    """One run over the drop folder; ``finished`` is ``None`` if it still runs or was killed."""

    id: int
    started: datetime
    finished: datetime | None
    summary: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StatusSummary:
    """Counts for the status command: ``documents[doc_type][status]`` and ``files[state]``."""

    documents: dict[str, dict[str, int]]
    files: dict[str, int]
    last_batch: BatchInfo | None

    @property
    def total(self) -> int:
        return sum(sum(by_status.values()) for by_status in self.documents.values())

    @property
    def quarantined(self) -> int:
        return self.files.get(FileState.QUARANTINED.value, 0)
