"""What a batch did, in numbers and names, and who hears of it while it goes on."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from pipeline.batch.outcome import Outcome
from pipeline.scanned import ReadDocument

_SLOWEST = 5


class Progress(Protocol):
    """Hears how the batch gets on."""

    def started(self, files: int, pages: int, workers: int) -> None: ...

    def advanced(self, names: str, outcome: Outcome) -> None: ...


class Silent:
    """Nobody listens."""

    def started(self, files: int, pages: int, workers: int) -> None:
        pass

    def advanced(self, names: str, outcome: Outcome) -> None:
        pass


@dataclass(slots=True)
class BatchSummary:
    """What a batch did; ``documents[type][status]`` counts what it read, ``titles[type]`` is what its form is called.
    ``batch`` is its number, ``None`` where there was nothing to write down.

    ``waiting`` are files still being written, ``retried`` those that failed and are tried again later;
    ``stopped`` says why the batch ended before all was done (``time_budget``, ``signal``). ``notices`` are
    for staff, ``suggestions`` say which unknown forms came more than once and could be taught.
    """

    batch: int | None = None
    documents: dict[str, dict[str, int]] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    failed: list[dict[str, str]] = field(default_factory=list)
    retried: list[dict[str, Any]] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    duplicates: int = 0
    unchanged: int = 0
    delayed: int = 0
    superseded: int = 0
    archived: int = 0
    pages: int = 0
    blank_pages: int = 0
    seconds: float = 0.0
    slow: list[dict[str, Any]] = field(default_factory=list)
    quarantined: int = 0
    to_review: int = 0
    stopped: str | None = None
    notices: list[str] = field(default_factory=list)
    suggestions: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)

    @property
    def read(self) -> int:
        return sum(sum(by_status.values()) for by_status in self.documents.values())

    @property
    def seconds_a_page(self) -> float:
        return self.seconds / self.pages if self.pages else 0.0

    def add_outcome(self, outcome: Outcome) -> None:
        """Count the pages of a piece of work, and keep its documents if they are among the slowest."""
        self.pages += outcome.pages
        self.blank_pages += outcome.blank_pages
        self.slow += [_timed(document) for document in outcome.documents]
        self.slow = sorted(self.slow, key=lambda d: -float(d["seconds"]))[:_SLOWEST]

    def to_dict(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "read": self.read,
            "seconds": round(self.seconds, 2),
            "seconds_a_page": round(self.seconds_a_page, 3),
        }


def _timed(document: ReadDocument) -> dict[str, Any]:
    record = document.record
    pages = sum(len(numbers) for numbers in record.pages)
    return {
        "document_id": record.document_id,
        "doc_type": record.doc_type,
        "pages": pages,
        "seconds": round(document.seconds, 2),
    }
