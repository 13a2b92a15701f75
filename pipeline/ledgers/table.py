"""A sheet before it is written: columns, a frame of values, and the marks on doubtful cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import Enum, auto
from typing import TYPE_CHECKING

from pipeline.definitions import FieldDefinition
from pipeline.ledgers.codes import Reason
from pipeline.ledgers.marks import Mark

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Link:
    """A cell that opens something: ``target`` is a URL, or a path relative to the workbook's folder."""

    text: str
    target: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A cell that shows a picture: an encoded PNG or JPEG of ``width`` by ``height`` pixels."""

    data: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that computes: ``text`` begins with ``=``; ``result`` is what it gives for the values written.

    In the text ``{row}`` and ``{column}`` stand for the cell's own, ``{first}`` and ``{before}`` for the first row of
    its table and the row above it, as a spreadsheet counts them.
    """

    text: str
    result: int | float


CellValue = str | int | float | date | Link | Picture | Formula | None

NUMBER_TITLE = "序号"


class Kind(Enum):
    """How a column is written and aligned."""

    TEXT = auto()
    SHORT = auto()  # centred text: 有/无, statuses
    CODE = auto()  # digits that are no number: always a text cell
    DATE = auto()
    MONTH = auto()  # 201905, shown as 2019年05月
    NUMBER = auto()
    RATIO = auto()
    PICTURE = auto()


class Use(Enum):
    """Whose a column is."""

    FIXED = auto()  # ours: what is written into it is not taken back
    VALUE = auto()  # a value of the database: changed in the sheet, it is a correction
    OFFICE = auto()  # people's own: kept as they write it
    KEY = auto()  # names the row
    CHECK = auto()  # says what the row's values were when they were written; see :mod:`rowcheck`


@dataclass(frozen=True, slots=True)
class Column:
    """``key`` tells columns apart and names the frame's column; ``title`` is what staff see.

    ``group`` is the heading above several columns. ``choices`` are what a cell may hold, where that is closed.
    ``field`` is the definition behind the values, where there is one. ``printed`` columns are on paper too.
    """

    key: str
    title: str
    kind: Kind = Kind.TEXT
    use: Use = Use.FIXED
    group: str = ""
    choices: tuple[str, ...] = ()
    field: FieldDefinition | None = None
    printed: bool = True
    hidden: bool = False


@dataclass(slots=True)
class Table:
    """``frame`` has one column (dtype object) a :class:`Column`, in order; ``marks`` go by row and column number.

    ``name`` is what formulas call it; "" for one that none refers to.
    """

    title: str
    columns: list[Column]
    frame: pd.DataFrame
    marks: dict[tuple[int, int], Mark | Reason] = field(default_factory=dict)
    name: str = ""

    def place(self, key: str) -> int:
        """The number of a column from 0. Raises ``ValueError`` for one that is not there."""
        return [c.key for c in self.columns].index(key)

    def only(self, rows: pd.Series[bool]) -> Table:
        """The table of some of its rows, numbered anew; formulas do not refer to it."""
        import pandas as pd  # slow to import: a batch has other things to do before it writes tables

        frame = self.frame[rows].reset_index(drop=True)
        old = [int(i) for i in self.frame.index[rows]]
        new = {number: i for i, number in enumerate(old)}
        if self.columns[0].title == NUMBER_TITLE:
            frame[self.columns[0].key] = pd.Series(range(1, len(frame) + 1), dtype=object)
        marks = {(new[r], c): mark for (r, c), mark in self.marks.items() if r in new}
        return Table(self.title, self.columns, frame, marks)

    @property
    def keyed(self) -> bool:
        """Whether its rows have names, and so a place in the database."""
        return any(c.use is Use.KEY for c in self.columns)


class ChartKind(Enum):
    BAR = "bar"  # lying
    COLUMN = "column"
    STACKED = "stacked"  # lying, the series one after another
    PIE = "pie"


@dataclass(frozen=True, slots=True)
class Chart:
    """A native chart of some columns of a table that stands in the workbook; its last ``leave_out`` rows are not in."""

    title: str
    kind: ChartKind
    table: Table
    categories: str
    series: tuple[str, ...]
    leave_out: int = 0


@dataclass(slots=True)
class SheetPlan:
    """A sheet to write: one table, or several below one another, or charts."""

    name: str
    title: str
    tables: list[Table] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)


def make_table(title: str, columns: Sequence[Column], rows: Iterable[Sequence[CellValue]], name: str = "") -> Table:
    """A table of plain rows, numbered from 1 in a first column 序号."""
    import pandas as pd

    numbered = [(i, *row) for i, row in enumerate(rows, 1)]
    every = [Column("#", NUMBER_TITLE, Kind.NUMBER), *distinct(columns, {NUMBER_TITLE})]
    # dtype object keeps dates, whole numbers and text as they are
    frame = pd.DataFrame(numbered, columns=[c.key for c in every], dtype=object)
    return Table(title, every, frame, name=name)


def distinct(columns: Iterable[Column], taken: set[str]) -> list[Column]:
    """The same columns with no title twice, so that a heading names one column."""
    seen, out = {title.lower() for title in taken}, []
    for column in columns:
        title, number = column.title, 1
        if title == NUMBER_TITLE:
            title = "表内序号"  # the number printed on the form, beside our own
        base = title
        while title.lower() in seen:  # Excel tells headings of a table apart whatever their case
            number += 1
            title = f"{base}（{number}）"
        seen.add(title.lower())
        out.append(column if title == column.title else replace(column, title=title))
    return out
