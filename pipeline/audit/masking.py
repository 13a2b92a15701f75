"""ID numbers and phones half hidden, wherever nobody has opened the document."""

from __future__ import annotations

from pipeline.audit.typed import text_of
from pipeline.definitions import FieldType
from pipeline.records import Value

_KEPT: dict[str, tuple[int, int]] = {FieldType.ID_NUMBER: (6, 4), FieldType.PHONE: (3, 4)}


def masked(value: Value, field_type: str | None) -> str:
    """The value as text, with the middle of an ID number or phone as ``*``; what is too short is hidden whole."""
    text = text_of(value)
    kept = _KEPT.get(field_type or "")
    if kept is None or not text:
        return text
    head, tail = kept
    if len(text) <= head + tail:
        return "*" * len(text)
    return text[:head] + "*" * (len(text) - head - tail) + text[-tail:]
