"""What stands in a cell of a workbook, as the value of a field: as if it had been typed on the audit page.

A spreadsheet turns what looks like a number or a date into one, and a number has fifteen digits. What may have lost
something that way is refused, and not guessed at.
"""

from __future__ import annotations

import re

from pipeline.batch.typed import TypedError, value_of
from pipeline.definitions import FieldDefinition, FieldType
from pipeline.ledgers.cells import kind_of, shown
from pipeline.ledgers.reopened import Cell
from pipeline.ledgers.table import Kind
from pipeline.records import Value

_DIGITS = 15  # that a number carries
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?[Ee]\+?[0-9]+")
_BETWEEN = re.compile(r"[、,，;；\n]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?")


def cell_value_of(field: FieldDefinition | None, cell: Cell) -> Value:
    """The value that a cell stands for, ``None`` where it is empty. ``field`` is ``None`` where none is defined.

    Raises :class:`~pipeline.batch.typed.TypedError`, whose message says what is wrong with the cell.
    """
    if cell.odd:
        raise TypedError(cell.odd)
    if not cell.text:
        return None
    if field is not None and field.type.is_mark:
        return _mark(field, cell)
    if cell.truth:
        raise TypedError("是逻辑值，不是这一列的值")
    if field is not None and field.type in (FieldType.CHECKBOXES, FieldType.TITLE_CHOICE):
        return _chosen(field, cell.text)
    kind = kind_of(field) if field is not None else Kind.TEXT
    _check_digits(cell, kind)
    if cell.day and kind is not Kind.DATE:
        raise TypedError("被表格软件变成了日期，请把单元格格式改为“文本”后重新填写")
    value = value_of(field, cell.text[: len("2019-05")] if cell.month else cell.text)
    if kind is Kind.DATE and not (isinstance(value, str) and _DAY.fullmatch(value)):
        raise TypedError("不是日期，请写成 2019-05-18 或 2019-05")
    return value


def _mark(field: FieldDefinition, cell: Cell) -> bool:
    words = {shown(field, True): True, shown(field, False): False}
    if cell.text not in words:
        raise TypedError(f"只能填“{'”或“'.join(words)}”")
    return words[cell.text]


def _chosen(field: FieldDefinition, text: str) -> Value:
    options = {shown(field, option): option for option in field.options}
    parts = [part.strip() for part in _BETWEEN.split(text) if part.strip()]
    if not parts or not options.keys() >= set(parts) or (len(set(parts)) > 1 and not field.multiple):
        how = "可选几项，用“、”隔开" if field.multiple else "只选一项"
        raise TypedError(f"没有这个选项，可填：{'、'.join(options)}（{how}）")
    return value_of(field, [options[part] for part in parts])


def _check_digits(cell: Cell, kind: Kind) -> None:
    """Refuse digits of which a spreadsheet has kept the first fifteen."""
    if kind is not Kind.CODE:
        return
    lost = cell.number and not (cell.text.isdigit() and len(cell.text) <= _DIGITS)
    if lost or _SCIENTIFIC.fullmatch(cell.text):
        raise TypedError("成了数字，号码已不完整，请把单元格格式改为“文本”后重新填写")
