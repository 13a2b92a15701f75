"""A field as the columns of its row in the table, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.records import Evidence, FieldStatus, FieldValue
from pipeline.sheets import as_quad

READING = frozenset({"evidence", "as_read", "alternatives", "centres"})
"""The columns that say how a value came to be read. Half of what a field takes to load is theirs."""


def columns(field: FieldValue) -> dict[str, Any]:
    """All columns of a field but its path and position, as JSON could hold them; ``own_status`` is its status."""
    return {
        "value": field.value,
        "raw": field.raw,
        "confidence": finite(field.confidence),
        "own_status": field.status.value,
        "file": field.file,
        "page": field.page,
        "quad": [list(point) for point in field.quad] if field.quad else None,
        "evidence": field.evidence.to_dict() if field.evidence else None,
        "as_read": field.as_read,
        "alternatives": [[value, round(nats, 3)] for value, nats in field.alternatives] or None,
        "centres": [round(centre, 4) for centre in field.centres] or None,
    }


def field_of(stored: Mapping[str, Any], status: str, issues: Sequence[str]) -> FieldValue:
    """The field that these columns are of; those of :data:`READING` may be missing."""
    return FieldValue(
        value=stored["value"],
        raw=stored["raw"],
        confidence=stored["confidence"],
        status=FieldStatus(status),
        file=stored["file"],
        page=stored["page"],
        quad=as_quad(stored["quad"]) if stored["quad"] else None,
        issues=list(issues),
        evidence=Evidence.from_dict(evidence) if (evidence := stored.get("evidence")) else None,
        as_read=stored.get("as_read"),
        alternatives=[(value, nats) for value, nats in stored.get("alternatives") or ()],
        centres=list(stored.get("centres") or ()),
    )


def finite(number: float) -> float:
    """A plain float. NaN means "unknown" and becomes 0, as SQLite would make it NULL."""
    return float(number) if math.isfinite(number) else 0.0
