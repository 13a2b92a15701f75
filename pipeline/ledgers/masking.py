"""ID numbers and phones half hidden: wherever nobody has opened the document, and in what is passed around."""

from __future__ import annotations

import re

from pipeline.definitions import FieldType
from pipeline.ledgers.cells import shown
from pipeline.reading.characters import DIGIT_LOOKALIKES, DIGITS, fold
from pipeline.records import Value
from pipeline.terms import Terms

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

_LEAST_RUN, _LONG_RUN = 7, 15  # characters from which a run may be a phone, an ID number
_GROUP = "[dl](?:s{0,2}[dl]){2,}"
_RUN = re.compile(rf"{_GROUP}(?:o{_GROUP})*")
"""A run in a text's shape (:func:`_shape`), also with single other characters for what could not be read at all."""
_SEPARATORS = frozenset(" -－—–·　.,，/~_'()（）")
_DATE = r"(?:19|20)\d{2}\D{1,2}(?:0?[1-9]|1[0-2])\D{1,2}(?:0?[1-9]|[12]\d|3[01])"
_DATES = re.compile(rf"{_DATE}(?:\D{{1,3}}{_DATE})*(?:\D{{1,3}}\d{{1,2}})?")


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


def masked_untaught(value: Value, label: str, terms: Terms) -> str:
    """A value that no definition stands behind, by what its ``label`` says and by its shape.

    Such a value was read without a grammar, so a number in it may be misread beyond recognition, and its label too:
    rather too much is hidden than too little.
    """
    text = "" if isinstance(value, bool) else shown(None, value)
    meant = terms.suggest(label).type
    if meant in _KEPT and not set(_shape(text)).isdisjoint("dl"):
        return masked(text, meant)
    # What is called a number of something (证号) is a person's own number now and then.
    return masked_within(text) if meant in _CODES and meant is not FieldType.CODE else masked_loosely(text)


def masked_loosely(text: str) -> str:
    """A text with whatever may be a number of a person's half hidden, misread ones too; dates stay."""
    shape, end = _shape(text), 0
    parts: list[str] = []
    for found in _RUN.finditer(shape):
        run, kinds = text[found.start() : found.end()], found[0]
        digits, alike = kinds.count("d"), kinds.count("l")
        if digits + alike < _LEAST_RUN or digits < alike or _DATES.fullmatch("".join(map(fold, run))):
            continue
        kept = FieldType.ID_NUMBER if digits + alike >= _LONG_RUN else FieldType.PHONE
        parts += [text[end : found.start()], _hidden(run, *_KEPT[kept])]
        end = found.end()
    return "".join([*parts, text[end:]])


def _shape(text: str) -> str:
    """For each character what it may be: a digit, like one (``l``), a separator, another one, or an end of all runs."""
    return "".join(_kind(char) for char in text)


def _kind(char: str) -> str:
    folded = fold(char)
    if folded in DIGITS:
        return "d"
    if folded in DIGIT_LOOKALIKES or folded in ("x", "X"):
        return "l"
    if char in _SEPARATORS:
        return "s"
    return " " if char.isspace() or char in "*、；;：:" else "o"


def _type_of(found: re.Match[str]) -> FieldType:
    return FieldType.ID_NUMBER if found["id"] else FieldType.PHONE


def _hidden(text: str, head: int, tail: int) -> str:
    if len(text) < head + _LEAST_HIDDEN + tail:
        return "*" * len(text)
    return text[:head] + "*" * (len(text) - head - tail) + text[-tail:]
