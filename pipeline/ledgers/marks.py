"""The doubt attached to one cell: why it is coloured, and the note a clerk reads on it."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.ledgers.codes import FIELD_STATUS, Reason, describe, gravest, names
from pipeline.records import FieldStatus, FieldValue

_RAW_SHOWN = 60  # a note is read in passing; the full reading stands in 待核对


@dataclass(frozen=True, slots=True)
class Mark:
    """A doubtful cell's status, codes, confidence and raw reading (see :class:`FieldValue`)."""

    status: FieldStatus
    issues: tuple[str, ...] = ()
    confidence: float = 0.0
    raw: str = ""

    @property
    def reason(self) -> Reason:
        return gravest(self.issues, Reason.MISSING if self.status is FieldStatus.MISSING else Reason.UNSURE)

    @property
    def problem(self) -> str:
        """The names of the codes, or the meaning of the reason where no code says more."""
        return names(self.issues) if self.issues else self.reason.meaning

    @property
    def advice(self) -> str:
        return describe(self.issues[0]).advice if self.issues else "对照原件核对。"

    def note(self) -> str:
        """A short note: status, problem, confidence, what was read, what to do."""
        head = f"{FIELD_STATUS[self.status]}：{self.problem}"
        if self.status is FieldStatus.REVIEW:
            head += f"（置信度 {self.confidence:.2f}）"
        raw = self.raw if len(self.raw) <= _RAW_SHOWN else self.raw[:_RAW_SHOWN] + "…"
        return "\n".join(line for line in (head, f"原始识别：{raw}" if raw else "", self.advice) if line)


def mark_of(value: FieldValue | None) -> Mark | None:
    """The mark of a field that a person has to look at; ``None`` for the others."""
    if value is None or value.status not in (FieldStatus.REVIEW, FieldStatus.MISSING):
        return None
    return Mark(value.status, tuple(value.issues), value.confidence, value.raw)
