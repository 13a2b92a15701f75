"""Where the tables of ours stand in a sheet that people rearranged: each below its headings, wherever those are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.ledgers.reopened import EMPTY, Cell
from pipeline.ledgers.table import SheetPlan, Table

_SPACES = re.compile(r"\s+")
_SHARE = 0.5  # of a table's headings, from which a row is that of its headings
_FEWEST = 2

Line = tuple[int, list[Cell]]
"""A row of a sheet with its number from 1."""


@dataclass(slots=True)
class Section:
    """A table as it was found: the row of its headings, what stands above that, and the rows below."""

    table: Table
    above: list[Line]
    heads: Line
    rows: list[Line] = field(default_factory=list)

    def places(self, title: str) -> list[int]:
        """The columns from 0 that have a heading."""
        wanted = plain(title)
        return [i for i, cell in enumerate(self.heads[1]) if cell.text and plain(cell.text) == wanted]


def keyed_tables(plans: Sequence[SheetPlan]) -> dict[str, Table]:
    """The tables with keys by title. Those of one title are parts of one list, whatever sheet they stand on."""
    return {table.title: table for plan in reversed(plans) for table in plan.tables if table.keyed}


def sections(lines: Iterable[Line], own: Sequence[Table], known: Mapping[str, Table]) -> Iterator[Section]:
    """The tables of a sheet in order. ``own`` are those it should have, ``known`` all by title: rows may have moved to
    another sheet since."""
    current: Section | None = None
    above: list[Line] = []
    banner = ""
    for number, cells in lines:
        texts = {cell.text for cell in cells if cell.text}
        table = _headed(cells, own, known.get(banner))
        if table is not None:
            if current is not None:
                yield current
            current, above = Section(table, above, (number, cells)), []
        elif len(texts) == 1 and texts <= known.keys():
            if current is not None:
                yield current
            current, banner = None, texts.pop()
            above.append((number, cells))
        elif current is not None:
            current.rows.append((number, cells))
        else:
            above.append((number, cells))
    if current is not None:
        yield current


def plain(heading: str) -> str:
    """A heading however it was broken into lines."""
    return _SPACES.sub("", heading)


def cell_at(cells: Sequence[Cell], place: int | None) -> Cell:
    """The cell in a column from 0, empty where the row ends before or there is no such column."""
    return cells[place] if place is not None and place < len(cells) else EMPTY


def _headed(cells: Sequence[Cell], own: Sequence[Table], announced: Table | None) -> Table | None:
    """The table whose headings a row holds: the one announced above it, or the likest."""
    found = {plain(cell.text) for cell in cells if cell.text and not cell.number}
    if len(found) < _FEWEST:
        return None
    if announced is not None and _share(announced, found) > _SHARE:
        return announced
    best = max(own, key=lambda table: _share(table, found), default=None)
    return best if best is not None and _share(best, found) > _SHARE else None


def _share(table: Table, found: set[str]) -> float:
    """How much of a table's headings are among some texts."""
    return sum(plain(c.title) in found for c in table.columns) / len(table.columns)
