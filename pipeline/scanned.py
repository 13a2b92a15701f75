"""What those who read files and those who keep what was read hand one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.records import Record


@dataclass(frozen=True, slots=True)
class FileStat:
    """A file as found in the drop folder; ``path`` relative to it, ``sha256`` empty if it was unreadable."""

    path: str
    sha256: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What was measured on one page: ``number`` from 1 within ``file``, size in pixels as scanned.

    ``blank`` is true for the empty back of a form.
    """

    file: str
    number: int
    width: int | None = None
    height: int | None = None
    dpi: float | None = None
    quality: float | None = None
    blank: bool = False


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A record as it came from reading, with what is worth keeping about the reading itself."""

    record: Record
    seconds: float = 0.0
    pages: Sequence[PageFacts] = ()
    form_version: str | None = None
