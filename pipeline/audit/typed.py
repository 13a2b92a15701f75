"""What a person typed, as the value of a field: normalised as a reading is, and never guessed at."""

from __future__ import annotations

import re
import unicodedata

from pipeline.definitions import FieldDefinition, FieldType
from pipeline.reading.characters import fold_text
from pipeline.reading.dates import parse_date
from pipeline.records import Value

_SEPARATORS = re.compile(r"\s*[、,，;；\n]\s*")
_SPACES = re.compile(r"\s+")


def value_of(field: FieldDefinition | None, typed: str | bool | list[str]) -> Value:
    """The value that ``typed`` stands for; ``None`` where nothing was typed.

    Marks and single boxes are switches. Text that is no date stays as it was typed, for the rules to object
    to. ``field`` is ``None`` on documents of no form.
    """
    if isinstance(typed, bool):
        return typed
    if isinstance(typed, list):
        chosen = [t for t in typed if field is None or t in field.options]
        if field is not None and not field.multiple:
            return chosen[0] if chosen else None
        return chosen or None
    text = _SPACES.sub(" ", unicodedata.normalize("NFC", typed)).strip()
    if not text:
        return None
    if field is None:
        return text
    return _normalised(field, text)


def _normalised(field: FieldDefinition, text: str) -> str:
    match field.type:
        case FieldType.ID_NUMBER | FieldType.USCC:
            return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()
        case FieldType.PHONE:
            digits = re.sub(r"[^\d-]", "", unicodedata.normalize("NFKC", text)).strip("-")
            return (digits if digits.startswith("0") else digits.replace("-", "")) or text
        case FieldType.DATE:
            return parse_date(unicodedata.normalize("NFKC", text)) or text
        case FieldType.NUMBER:
            return re.sub(r"[\s,，]", "", unicodedata.normalize("NFKC", text))
        case FieldType.CODE:
            return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper()
        case FieldType.LIST:
            return "、".join(part for part in _SEPARATORS.split(fold_text(text)) if part)
        case FieldType.NAME:
            return text.replace(" ", "") if not text.isascii() else text
        case _:
            return fold_text(text)


def text_of(value: Value) -> str:
    """A value as it stands in an input."""
    if value is None or isinstance(value, bool):
        return ""
    return "、".join(value) if isinstance(value, list) else value
