"""The figures of one day, as the morning report and its JSON show them. Text in them is made plain already."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

SCHEMA = 1
"""Rises when a key of the JSON changes its meaning or goes."""


class Ended(StrEnum):
    """How a batch ended."""

    FINISHED = "finished"
    TIME_BUDGET = "time_budget"
    SIGNAL = "signal"
    KILLED = "killed"
    UNFINISHED = "unfinished"  # the last batch of all: it still runs, or was killed


@dataclass(frozen=True, slots=True)
class BatchFigures:
    """One batch: when it ran and how much it did. ``documents`` by type, then status."""

    id: int
    started: datetime.datetime
    finished: datetime.datetime | None
    ended: Ended
    documents: Mapping[str, Mapping[str, int]]
    pages: int
    blank_pages: int
    taken: int
    duplicates: int
    unchanged: int
    delayed: int
    superseded: int
    archived: int
    seconds: float | None


@dataclass(frozen=True, slots=True)
class FormRow:
    """The documents of one form type that were read."""

    doc_type: str
    form: str
    accepted: int
    review: int
    failed: int

    @property
    def total(self) -> int:
        return self.accepted + self.review + self.failed


@dataclass(frozen=True, slots=True)
class CameIn:
    """The files. ``seen`` are all but the ``unchanged``, ``waiting`` those still being written."""

    seen: int
    taken: int
    duplicates: int
    failed: int
    retried: int
    waiting: int
    waiting_files: list[str]
    unchanged: int
    delayed: int


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What was made of the files. ``accepted_share`` is ``None`` where no document was read."""

    documents: int
    forms: list[FormRow]
    accepted_share: float | None
    pages: int
    blank_pages: int
    superseded: int
    archived: int
    seconds: float | None
    seconds_a_page: float | None


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """In how many documents a code asks for a person; ``code`` is empty where none says why."""

    code: str
    name: str
    advice: str
    key_field: bool
    documents: int


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A document that needs a person, and where it is corrected."""

    document_id: str
    doc_type: str
    form: str
    file: str
    files: int
    reasons: list[str]
    url: str


@dataclass(frozen=True, slots=True)
class Review:
    """What needs a person, of all that the store holds: the costliest first, ``listed`` up to a limit."""

    documents: int
    reasons: list[ReasonRow]
    listed: list[ReviewRow]


@dataclass(frozen=True, slots=True)
class FailedRow:
    """A file that could not be read. ``retry_at`` is ``None`` for one in quarantine."""

    file: str
    code: str
    message: str
    attempts: int = 0
    retry_at: datetime.datetime | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """``total`` files, of which ``listed`` are shown."""

    total: int
    listed: list[FailedRow]


@dataclass(frozen=True, slots=True)
class SlowRow:
    """A document whose reading took long; ``file`` is its first file, empty where the document is gone."""

    document_id: str
    doc_type: str
    form: str
    file: str
    pages: int
    seconds: float
    url: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A line for staff, with the batch that left it."""

    batch: int
    text: str


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One batch of the trend; what a batch that was killed did is not known."""

    id: int
    started: datetime.datetime
    ended: Ended
    pages: int | None
    accepted_share: float | None
    seconds_a_page: float | None


@dataclass(frozen=True, slots=True)
class Link:
    """A file or folder, by an address relative to the report."""

    name: str
    href: str


@dataclass(frozen=True, slots=True)
class Figures:
    """All of one day."""

    day: datetime.date
    generated: datetime.datetime
    batches: list[BatchFigures]
    came_in: CameIn
    taken_in: TakenIn
    review: Review
    quarantined: Failed
    retried: Failed
    quarantine: Link | None
    quarantine_total: int
    slow: list[SlowRow]
    notices: list[Notice]
    trend: list[TrendPoint]
    workbooks: list[Link] = field(default_factory=list)
    suggestions: list[str] = field(default_factory=list)

    def to_json(self) -> str:
        return json.dumps({"schema": SCHEMA, **asdict(self)}, ensure_ascii=False, indent=2, default=_moment) + "\n"


def _moment(value: Any) -> str:
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    raise TypeError(f"not for JSON: {type(value).__name__}")
