"""What is new, changed or gone between two states of the ledgers, row by row by what names the rows."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pandas as pd

from pipeline.definitions import FieldType
from pipeline.ledgers.circulation import half_hidden
from pipeline.ledgers.feedback import CLAIMS_SHEET
from pipeline.ledgers.frames import AS_WRITTEN, cells_of
from pipeline.ledgers.table import CellValue, Column, Kind, SheetPlan, Table, Use, make_table

SHEET = "与上期对比"
# A row is called ``document``, ``document#3``, ``document/path`` or, where something was served, ``document-0123abcd``.
_AFTER_DOCUMENT = re.compile(r"(?:#[0-9]+|/.*|-[0-9a-f]{8})$", re.DOTALL)
_PLACES = ("place", "community")
_NUMBERS = (FieldType.NUMBER, FieldType.CODE)
_CLAIM = ("project", "by", "community")


class What(StrEnum):
    """What became of a row."""

    NEW = "新增"
    CHANGED = "变更"
    GONE = "消失"


@dataclass(frozen=True, slots=True)
class Field:
    """A column that is held against its like."""

    key: str
    title: str
    type: str


@dataclass(slots=True)
class Kept:
    """One register as it was: the columns to compare, and rows as canonical text by column key, by row key.

    ``told_by`` are the columns that together say what a row is of, where its name may change: the number of a claim
    follows from the first document that makes it, and an earlier one may come in later.
    """

    title: str
    fields: list[Field]
    rows: dict[str, dict[str, str]]
    told_by: tuple[str, ...] = ()


Snapshot = Mapping[str, Kept]
"""Registers by the names of their sheets."""


@dataclass(frozen=True, slots=True)
class Change:
    """One row that came or went, or one value of a row that changed. ``name`` and ``place`` say whose it is."""

    what: What
    sheet: str
    name: str
    place: str
    field: Field | None
    before: str
    after: str
    key: str


@dataclass(frozen=True, slots=True)
class Counted:
    """Of one register: its rows before and after, and how many of them are new, changed, gone."""

    sheet: str
    before: int
    after: int
    new: int
    changed: int
    gone: int


@dataclass(frozen=True, slots=True)
class Difference:
    """All changes, register by register, and the counts of each."""

    changes: list[Change]
    counts: list[Counted]


def document_of(key: str) -> str:
    """The document that a row is of, by what names the row."""
    return _AFTER_DOCUMENT.sub("", key, count=1)


def is_compared(sheet: str, table: Table) -> bool:
    """Whether a table is a register of documents or claims; other tables say the same again, or what to do."""
    return sheet == CLAIMS_SHEET or any(c.use is Use.VALUE and c.field for c in table.columns)


def kept(frame: pd.DataFrame) -> Kept:
    """A register out of its frame (see :func:`frames.frame_of`)."""
    described: list[dict[str, Any]] = [d for d in frame.attrs["columns"] if not d["key"].endswith(AS_WRITTEN)]
    values = [d for d in described if d["use"] == Use.VALUE.name]
    told = values or [d for d in described if d["use"] == Use.FIXED.name and d["printed"] and d["key"] != "#"]
    fields = [Field(d["key"], d["title"], d["type"]) for d in told if d["key"] != "in_period"]
    key = next(d["key"] for d in described if d["use"] == Use.KEY.name)
    rows = {cells[key]: cells for cells in cells_of(frame) if cells[key]}  # rows that people wrote have no name
    return Kept(frame.attrs["title"], fields, rows, () if values else _CLAIM)


def differences(before: Snapshot, after: Snapshot, successors: Mapping[str, str]) -> Difference:
    """``successors`` name the document that stands for one from before: a better scan changes a row, and no more."""
    changes: list[Change] = []
    counts: list[Counted] = []
    for sheet in dict.fromkeys([*before, *after]):
        old, new = before.get(sheet), after.get(sheet)
        found = list(_compared(sheet, old, new, successors))
        changes += found
        rows = {what: {c.key for c in found if c.what is what} for what in What}
        sizes = [len(side.rows) if side else 0 for side in (old, new)]
        counts.append(Counted(sheet, *sizes, *(len(rows[what]) for what in What)))
    return Difference(changes, counts)


def _compared(sheet: str, old: Kept | None, new: Kept | None, successors: Mapping[str, str]) -> Iterator[Change]:
    before, after = old.rows if old else {}, new.rows if new else {}
    fields = list(dict.fromkeys([*(new.fields if new else ()), *(old.fields if old else ())]))
    by_key = {field.key: field for field in reversed(fields)}
    fields = [field for field in fields if by_key[field.key] is field]  # headings may have been reworded
    known = _paired(before, after, successors)
    known |= _told_alike(before, after, known, new.told_by if new else ())
    stands_for = {now: then for then, now in known.items()}
    for key, row in after.items():
        if key not in stands_for:
            yield _whole(What.NEW, sheet, fields, key, row)
            continue
        then = before[stands_for[key]]
        for field in fields:
            was, now = then.get(field.key, ""), row.get(field.key, "")
            if was != now:
                yield Change(What.CHANGED, sheet, _name(fields, row), _place(row), field, was, now, key)
    for key, row in before.items():
        if key not in known:
            yield _whole(What.GONE, sheet, fields, key, row)


def _paired(before: Iterable[str], after: Mapping[str, Any], successors: Mapping[str, str]) -> dict[str, str]:
    """The rows of before with what names them now: the same name first, else that of the document's successor."""
    same = {key: key for key in before if key in after}
    taken = set(same)
    for key in before:
        document = document_of(key)
        successor = successors.get(document)
        if key in same or successor is None:
            continue
        now = successor + key[len(document) :]
        if now in after and now not in taken:
            same[key] = now
            taken.add(now)
    return same


def _told_alike(
    before: Mapping[str, Mapping[str, str]],
    after: Mapping[str, Mapping[str, str]],
    known: Mapping[str, str],
    told_by: tuple[str, ...],
) -> dict[str, str]:
    """Rows that are left on both sides and are of the same thing, where it is one row each."""
    if not told_by:
        return {}
    taken = set(known.values())
    old, new = (
        _by_content(((key, row) for key, row in side.items() if key not in out), told_by)
        for side, out in ((before, known), (after, taken))
    )
    return {keys[0]: new[told][0] for told, keys in old.items() if len(keys) == 1 and len(new.get(told, ())) == 1}


def _by_content(
    rows: Iterable[tuple[str, Mapping[str, str]]], told_by: tuple[str, ...]
) -> dict[tuple[str, ...], list[str]]:
    found: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for key, row in rows:
        found[tuple(row.get(column, "") for column in told_by)].append(key)
    return found


def _whole(what: What, sheet: str, fields: list[Field], key: str, row: Mapping[str, str]) -> Change:
    return Change(what, sheet, _name(fields, row), _place(row), None, "", "", key)


def _name(fields: list[Field], row: Mapping[str, str]) -> str:
    """What tells people which row it is: its first value, in a list the first that is the row's own and no number."""
    own = [f for f in fields if f.key.startswith("rows.") and f.type not in _NUMBERS]
    return next((row[f.key] for f in own or fields if row.get(f.key)), "")


def _place(row: Mapping[str, str]) -> str:
    return next((row[key] for key in _PLACES if row.get(key)), "")


_COUNT_COLUMNS = [
    Column("sheet", "台账"),
    *(Column(key, title, Kind.NUMBER) for key, title in (("before", "上期行数"), ("after", "本期行数"))),
    *(Column(what.name, what.value, Kind.NUMBER) for what in What),
]


def difference_plan(
    difference: Difference, name: str, title: str, sides: tuple[str, str] = ("上期", "本期"), *, hide: bool = False
) -> SheetPlan:
    """The sheet of a difference: counts, then every change. ``hide`` half hides ID numbers and phones."""
    before, after = sides
    counted: list[list[CellValue]] = [[c.sheet, c.before, c.after, c.new, c.changed, c.gone] for c in difference.counts]
    count_columns = [
        Column("sheet", "台账"),
        Column("before", f"{before}行数", Kind.NUMBER),
        Column("after", f"{after}行数", Kind.NUMBER),
        *(Column(what.name, what.value, Kind.NUMBER) for what in What),
    ]
    columns = [
        Column("what", "变化", Kind.SHORT),
        Column("sheet", "台账"),
        Column("name", "名称"),
        Column("place", "社区", Kind.SHORT),
        Column("field", "栏目"),
        Column("before", before, Kind.CODE),
        Column("after", after, Kind.CODE),
        Column("key", "编号", Kind.CODE, Use.KEY, printed=False),
    ]
    rows = [_row(change, hide=hide) for change in difference.changes]
    return SheetPlan(
        name, title, [make_table("各台账的变化", count_columns, counted), make_table("变化明细", columns, rows)]
    )


def _row(change: Change, *, hide: bool) -> list[CellValue]:
    texts = (change.name, None), (change.place, None), (change.before, change.field), (change.after, change.field)
    name, place, before, after = (
        (half_hidden(text, field.type if field else None) if hide else text) or None for text, field in texts
    )
    title = change.field.title if change.field else None
    return [str(change.what), change.sheet, name, place, title, before, after, change.key]
