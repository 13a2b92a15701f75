"""ID numbers and phones half hidden: wherever nobody has opened the document, and in what is passed around."""

from __future__ import annotations

import re

from pipeline.definitions import FieldType
from pipeline.ledgers.cells import shown
from pipeline.records import Value

_KEPT: dict[str, tuple[int, int]] = {FieldType.ID_NUMBER: (6, 4), FieldType.PHONE: (3, 4)}
_LEAST_HIDDEN = 4
_CODES = frozenset({FieldType.USCC, FieldType.CODE, FieldType.DATE, FieldType.NUMBER})  # their digits are nobody's
# Full-width digits too: texts that no definition stands behind are kept as they were read.
_DIGIT, _BETWEEN = "[0-9０-９]", r"[ \-－—–·　]?"
_LONG_ID = rf"{_DIGIT}{{6}}{_BETWEEN}{_DIGIT}{{4}}{_BETWEEN}{_DIGIT}{{4}}{_BETWEEN}{_DIGIT}{{3}}[0-9０-９XxＸｘ]"
_ID_NUMBER = rf"{_LONG_ID}|{_DIGIT}{{15}}"
_MOBILE = rf"[1１][3-9３-９]{_DIGIT}{_BETWEEN}{_DIGIT}{{4}}{_BETWEEN}{_DIGIT}{{4}}"
_LANDLINE = rf"[0０][1-9１-９]{_DIGIT}{{1,2}}[ \-－—–]{_DIGIT}{{7,8}}"
_WITHIN = re.compile(rf"(?<![0-9０-９])(?:(?P<id>{_ID_NUMBER})|{_MOBILE}|{_LANDLINE})(?![0-9０-９])")
"""An ID number or a phone among other text: remarks hold them, and readings that went too far."""


def masked(value: Value, field_type: str | None) -> str:
    """The value as text, with the middle of an ID number or phone as ``*``; what is too short is hidden whole."""
    text = "" if isinstance(value, bool) else shown(None, value)
    kept = _KEPT.get(field_type or "")
    if kept is not None:
        return _hidden(text, *kept)
    if field_type in _CODES:
        return text
    return masked_within(text)


def masked_within(text: str) -> str:
    """A text of any kind with the ID numbers and phones in it half hidden."""
    return _WITHIN.sub(lambda found: _hidden(found[0], *_KEPT[_type_of(found)]), text)


def _type_of(found: re.Match[str]) -> FieldType:
    return FieldType.ID_NUMBER if found["id"] else FieldType.PHONE


def _hidden(text: str, head: int, tail: int) -> str:
    if len(text) < head + _LEAST_HIDDEN + tail:
        return "*" * len(text)
    return text[:head] + "*" * (len(text) - head - tail) + text[-tail:]
