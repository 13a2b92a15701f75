"""A sheet before it is written: columns, a frame of values, and the marks on doubtful cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, auto

import pandas as pd

from pipeline.ledgers.codes import Reason
from pipeline.ledgers.marks import Mark

CellValue = str | int | float | date | None

NUMBER_TITLE = "序号"


class Kind(Enum):
    """How a column is written and aligned."""

    TEXT = auto()
    SHORT = auto()  # centred text: 有/无, statuses
    CODE = auto()  # digits that are no number: always a text cell
    DATE = auto()
    NUMBER = auto()
    RATIO = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """``key`` tells columns apart and names the frame's column; ``title`` is what staff see."""

    key: str
    title: str
    kind: Kind = Kind.TEXT


@dataclass(slots=True)
class Table:
    """``frame`` has one column (dtype object) a :class:`Column`, in order; ``marks`` go by row and column number."""

    title: str
    columns: list[Column]
    frame: pd.DataFrame
    marks: dict[tuple[int, int], Mark | Reason] = field(default_factory=dict)


@dataclass(slots=True)
class SheetPlan:
    """A sheet to write: one table, or several below one another."""

    name: str
    title: str
    tables: list[Table]


def make_table(title: str, columns: Sequence[Column], rows: Iterable[Sequence[CellValue]]) -> Table:
    """A table of plain rows, numbered from 1 in a first column 序号."""
    numbered = [(i, *row) for i, row in enumerate(rows, 1)]
    every = [Column("#", NUMBER_TITLE, Kind.NUMBER), *distinct(columns, {NUMBER_TITLE})]
    # dtype object keeps dates, whole numbers and text as they are
    frame = pd.DataFrame(numbered, columns=[c.key for c in every], dtype=object)
    return Table(title, every, frame)


def distinct(columns: Iterable[Column], taken: set[str]) -> list[Column]:
    """The same columns with no title twice, so that a heading names one column."""
    seen, out = set(taken), []
    for column in columns:
        title, number = column.title, 1
        if title == NUMBER_TITLE:
            title = "表内序号"  # the number printed on the form, beside our own
        base = title
        while title in seen:
            number += 1
            title = f"{base}（{number}）"
        seen.add(title)
        out.append(Column(column.key, title, column.kind))
    return out
