"""Rows that people wrote into a table themselves: they have no document, and are appended to every new edition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from pipeline.ledgers.belonging import BLANK
from pipeline.ledgers.cells import typed
from pipeline.ledgers.register import EMPLOYER, MONTH, PLACE
from pipeline.ledgers.table import NUMBER_TITLE, CellValue, Table, Use

HANDMADE = "手工添加"
"""What stands as the source of such a row."""

_SOURCE = "source"
_GIVEN = {_SOURCE: HANDMADE, PLACE: BLANK, MONTH: BLANK, EMPLOYER: BLANK}
"""What the program puts into the columns of such a row that people left empty, by the keys of columns."""

Rows = Sequence[Mapping[str, str]]


def place_of(sheet: str, table: Table) -> str:
    """What names a table's place from one edition to the next: its title may say a date."""
    return f"{sheet}/{table.name or table.title}"


def append(table: Table, rows: Rows) -> None:
    """Append rows, texts by heading. What stood under a heading that is no more goes into the last of people's own."""
    if not rows:
        return
    first = len(table.frame) + 1
    cells = [_cells(table, row, number) for number, row in enumerate(rows, first)]
    new = pd.DataFrame(cells, columns=[c.key for c in table.columns], dtype=object)
    table.frame = pd.concat([table.frame, new], ignore_index=True) if first > 1 else new


def is_written(table: Table, row: Mapping[str, str]) -> bool:
    """Whether a row without a key says more than what the program put there."""
    given = {(c.title, _GIVEN[c.key]) for c in table.columns if c.key in _GIVEN}
    return bool(row.items() - given)


def _cells(table: Table, row: Mapping[str, str], number: int) -> list[CellValue]:
    office = [c.title for c in table.columns if c.use is Use.OFFICE]
    known = {c.title for c in table.columns}
    lost = _joined(f"{title}：{text}" for title, text in row.items() if title not in known)
    cells: list[CellValue] = []
    for column in table.columns:
        text = row.get(column.title, "") or _GIVEN.get(column.key, "")
        if office and column.title == office[-1] and lost not in text:
            text = _joined(filter(None, (text, lost)))
        own = column.use in (Use.KEY, Use.CHECK)
        cells.append(number if column.title == NUMBER_TITLE else None if own else typed(column.kind, text))
    return cells


def _joined(texts: Iterable[str]) -> str:
    return "；".join(texts)
