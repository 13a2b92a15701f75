"""The repeated rows of a list, by the headings of its table's columns."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.definitions import FieldDefinition, RowsDefinition
from pipeline.forms.labels import Labels, Match, alike, plain, similarity
from pipeline.forms.layout import CellBlock, Layout
from pipeline.forms.place import Place

_HALF = 0.5  # least similarity of a heading to a label that no other column has taken


@dataclass(slots=True)
class _Column:
    """A column of the table and the field its heading names."""

    field: FieldDefinition
    x0: float
    x1: float


def find_rows(layouts: list[Layout], definition: RowsDefinition) -> list[dict[str, Place]]:
    """The places of every filled-in row, in printed order, over the pages of one document.

    A page that goes on without headings keeps those of the page before. A row in which nothing but
    printed values stands (its number) is empty and left out.
    """
    labels = Labels((f.key, f.labels) for f in definition.fields)
    fields = {f.key: f for f in definition.fields}
    columns: list[_Column] = []
    rows: list[dict[str, Place]] = []
    for layout in layouts:
        for number in range(len(layout.tables)):
            blocks = [b for b in layout.cells if b.table == number]
            header, found = _header(blocks, labels, fields, definition.item)
            if found:
                columns = found
            elif not columns:
                continue
            last = max((b.cell.row1 for b in blocks), default=0)
            for index in range(header, last):
                row = _row(layout, blocks, index, columns)
                if any(place.lines for key, place in row.items() if not fields[key].printed):
                    rows.append(row)
    return rows


def _header(
    blocks: list[CellBlock], labels: Labels, fields: dict[str, FieldDefinition], item: str
) -> tuple[int, list[_Column]]:
    """The first grid row below the headings, and the columns they name.

    Where no heading names the ``item`` but all that makes a list is there, the widest column whose
    heading says nothing to us is the item's: its wording is what varies most.
    """
    by_row: dict[int, list[tuple[CellBlock, Match]]] = {}
    for block in blocks:
        match = labels.whole(block.text)
        if match is not None:
            by_row.setdefault(block.cell.row0, []).append((block, match))
    row, best = max(by_row.items(), key=lambda entry: len(entry[1]), default=(0, []))
    if len(best) < 2:
        return 0, []
    columns: dict[str, _Column] = {}
    named: set[int] = set()
    for block, match in sorted(best, key=lambda entry: -entry[1].score):
        key = next((k for k in match.keys if k not in columns), None)
        if key is not None:
            columns[key] = _Column(fields[key], block.box.x0, block.box.x1)
            named.add(id(block))
    others = [b for b in blocks if b.cell.row0 == row and b.lines and id(b) not in named]
    for block in list(others):
        key = _half_known(block.text, [f for f in fields.values() if f.key not in columns])
        if key is not None:
            columns[key] = _Column(fields[key], block.box.x0, block.box.x1)
            others.remove(block)
    if item not in columns and others:
        widest = max(others, key=lambda b: b.box.width)
        columns[item] = _Column(fields[item], widest.box.x0, widest.box.x1)
    return max(block.cell.row1 for block, _ in best), list(columns.values())


def _half_known(heading: str, fields: list[FieldDefinition]) -> str | None:
    """The field among those not found that a heading half agrees with, if there is one alone: 提出方 for 需求方."""
    text = alike(plain(heading))
    scores = sorted((max(similarity(text, plain(n)) for n in f.labels), f.key) for f in fields if f.labels)
    if not scores or scores[-1][0] < _HALF or (len(scores) > 1 and scores[-2][0] == scores[-1][0]):
        return None
    return scores[-1][1]


def _row(layout: Layout, blocks: list[CellBlock], index: int, columns: list[_Column]) -> dict[str, Place]:
    """The places of one grid row: for each column the cell that spans the row beneath its heading."""
    row: dict[str, Place] = {}
    for column in columns:
        for block in blocks:
            if not block.cell.row0 <= index < block.cell.row1 or block.cell.row0 != index:
                continue
            overlap = min(block.box.x1, column.x1) - max(block.box.x0, column.x0)
            if overlap > 0.6 * min(block.box.width, column.x1 - column.x0):
                key = column.field.key
                row[key] = Place(key, layout, block.box, block.box, list(block.lines), 1.0, block)
                break
    return row
