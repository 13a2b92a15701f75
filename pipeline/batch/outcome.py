"""What comes of a piece of work, as a worker hands it to the batch."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.scanned import FileStat, ReadDocument

CHANGED = "file_changed"
"""Code of a failure: the file was written while it was read. No fault of it, and no try is counted."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read, with a stable code and a message for the staff."""

    file: FileStat
    code: str
    message: str


@dataclass(slots=True)
class Outcome:
    """What came of one piece of work; files in neither ``documents`` nor ``failures`` do not occur."""

    documents: list[ReadDocument] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    pages: int = 0
    blank_pages: int = 0
    seconds: float = 0.0
