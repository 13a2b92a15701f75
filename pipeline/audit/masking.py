"""ID numbers and phones half hidden, wherever nobody has opened the document."""

from __future__ import annotations

import re

from pipeline.audit.typed import text_of
from pipeline.definitions import FieldType
from pipeline.records import Value

_KEPT: dict[str, tuple[int, int]] = {FieldType.ID_NUMBER: (6, 4), FieldType.PHONE: (3, 4)}
_LEAST_HIDDEN = 4
_CODES = frozenset({FieldType.USCC, FieldType.CODE, FieldType.DATE, FieldType.NUMBER})  # their digits are nobody's
_WITHIN = re.compile(r"(?<![0-9A-Za-z])(?:[0-9]{17}[0-9Xx]|[0-9]{15}|1[3-9][0-9]{9})(?![0-9A-Za-z])")
"""An ID number or a mobile phone among other text: remarks hold them, and readings that went too far."""


def masked(value: Value, field_type: str | None) -> str:
    """The value as text, with the middle of an ID number or phone as ``*``; what is too short is hidden whole."""
    text = text_of(value)
    kept = _KEPT.get(field_type or "")
    if kept is not None:
        return _hidden(text, *kept)
    if field_type in _CODES:
        return text
    return _WITHIN.sub(lambda found: _hidden(found[0], *(_ends(found[0]))), text)


def _ends(digits: str) -> tuple[int, int]:
    return _KEPT[FieldType.PHONE if len(digits) == 11 else FieldType.ID_NUMBER]


def _hidden(text: str, head: int, tail: int) -> str:
    if len(text) < head + _LEAST_HIDDEN + tail:
        return "*" * len(text)
    return text[:head] + "*" * (len(text) - head - tail) + text[-tail:]
