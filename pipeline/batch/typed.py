"""What a person typed, as the value of a field: normalised as a reading is, and never guessed at.

Text that is not plainly a value of its type stays as it was typed, for the rules to object to and the person to see.
"""

from __future__ import annotations

import re
import unicodedata

from pipeline.definitions import FieldDefinition, FieldType
from pipeline.errors import PipelineError
from pipeline.reading.characters import HAN_DIGITS, fold_text
from pipeline.reading.dates import parse_date
from pipeline.records import UNKNOWN_TYPE, Record, Value

_SEPARATORS = re.compile(r"[、,，;；\n]")
_SPACES = re.compile(r"\s+")
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")  # that NFKC leaves
_PHONE = re.compile(r"[0-9 ()\-]+")
_COUNTRY = re.compile(r"^(?:\+|00)86[ -]?(?=1[0-9 -]{10,}$)")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_MARKS = {"有": True, "无": False}
_UNSEEN = frozenset({"Cc", "Cf", "Cs"})  # control, direction and zero-width characters, halves of a character


class TypedError(PipelineError):
    """What came is no value that the field can have: the page and the form do not agree."""

    code = "typed"


def value_of(field: FieldDefinition | None, typed: str | bool | list[str]) -> Value:
    """The value that ``typed`` stands for; ``None`` where nothing was typed.

    Marks are switches, boxes are chosen from; all else is text. ``field`` is ``None`` on documents of no form, which
    have texts and marks. Raises :class:`TypedError` where it is another kind of thing.
    """
    if isinstance(typed, bool):
        if field is not None and not field.type.is_mark:
            raise TypedError("这个字段不是签字或盖章，不能只填有或无。请刷新页面后重试。")
        return typed
    if isinstance(typed, list):
        return _chosen(field, typed)
    if field is not None and (field.type.is_mark or _has_boxes(field)):
        raise TypedError("这个字段只能勾选，不能填文字。请刷新页面后重试。")
    lines = [_SPACES.sub(" ", line).strip() for line in _seen(typed).split("\n")]
    text = " ".join(line for line in lines if line)
    if not text:
        return None
    if field is None:
        return text
    if field.type is FieldType.LIST:
        return _listed(lines) or None
    return _normalised(field, text)


def like_before(value: Value, record: Record, path: str) -> Value:
    """A text typed on a document of no known form as the kind of value that stands there: what is ticked is a list,
    a mark is there (有) or not."""
    present = record.field_at(path) if record.doc_type == UNKNOWN_TYPE else None
    if present is None or not isinstance(value, str):
        return value
    if isinstance(present.value, list):
        return [part for part in (p.strip() for p in _SEPARATORS.split(value)) if part]
    if isinstance(present.value, bool):
        if value not in _MARKS:
            raise TypedError(f"只能填“{'”或“'.join(_MARKS)}”。")
        return _MARKS[value]
    return value


def text_of(value: Value) -> str:
    """A value as it stands in an input."""
    if value is None or isinstance(value, bool):
        return ""
    return "、".join(value) if isinstance(value, list) else value


def _has_boxes(field: FieldDefinition) -> bool:
    return field.type in (FieldType.CHECKBOXES, FieldType.TITLE_CHOICE)


def _chosen(field: FieldDefinition | None, typed: list[str]) -> Value:
    """The options chosen, in the form's order."""
    if field is None or not _has_boxes(field) or not set(typed) <= set(field.options):
        raise TypedError("表单中没有这个选项。请刷新页面后重选。")
    chosen = [option for option in field.options if option in typed]
    if field.multiple:
        return chosen or None
    if len(chosen) > 1:
        raise TypedError("这个字段只能选一项。请刷新页面后重选。")
    return chosen[0] if chosen else None


def _seen(typed: str) -> str:
    """The text without what nobody sees: it would make two values of what looks like one."""
    text = unicodedata.normalize("NFC", typed.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(c for c in text if c == "\n" or c.isspace() or unicodedata.category(c) not in _UNSEEN)


def _listed(lines: list[str]) -> str:
    parts = (part.strip() for line in lines for part in _SEPARATORS.split(fold_text(line)))
    return "、".join(part for part in parts if part)


def _normalised(field: FieldDefinition, text: str) -> str:
    narrow = _DASHES.sub("-", unicodedata.normalize("NFKC", text))
    match field.type:
        case FieldType.ID_NUMBER | FieldType.USCC:
            return re.sub(r"[ -]", "", narrow).upper()
        case FieldType.PHONE:
            return _phone(narrow) or text
        case FieldType.DATE:
            return _date(narrow) or text
        case FieldType.NUMBER:
            number = narrow.replace(" ", "")
            return number.replace(",", "") if _THOUSANDS.fullmatch(number) else number
        case FieldType.CODE:
            return narrow.replace(" ", "").upper()
        case FieldType.NAME:
            return text if text.isascii() else text.replace(" ", "")
        case _:
            return fold_text(text)


def _phone(text: str) -> str | None:
    """One number: a landline with its dashes, a mobile phone without. ``None`` where there is more than a number."""
    text = _COUNTRY.sub("", text)
    if not _PHONE.fullmatch(text):
        return None
    digits = re.sub(r"-+", "-", re.sub(r"[()]", "-", text).replace(" ", "")).strip("-")
    return digits if digits.startswith("0") else digits.replace("-", "")


def _date(text: str) -> str | None:
    """The date, where what was typed says all of it: a reading may take 2021.816 for 2021-08-16, a person is asked."""
    found = parse_date(text)
    if found is None or set(text) & HAN_DIGITS.keys() or "十" in text:
        return found
    parts, typed = [int(part) for part in found.split("-")], re.findall(r"[0-9]+", text)
    if len(typed) == 1:
        return found if len(typed[0]) in (6, 8) else None
    return found if [int(n) for n in typed[1:]] == parts[1:] and int(typed[0]) % 100 == parts[0] % 100 else None
