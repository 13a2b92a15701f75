"""The repeated rows of a list, by the headings of its table's columns."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.definitions import FieldDefinition, RowsDefinition
from pipeline.forms.labels import Labels, Match, alike, is_name_only, labels_of, plain, similarity
from pipeline.forms.layout import CellBlock, Layout
from pipeline.forms.place import Place

_HALF = 0.5  # least similarity of a heading to a label that no other column has taken
_NAME = "姓名"
_HEADING_ROWS = 3  # headings stand in fewer grid rows than these one above the other


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
    labels = labels_of(tuple((f.key, f.labels) for f in definition.fields))
    fields = {f.key: f for f in definition.fields}
    columns: list[_Column] = []
    rows: list[dict[str, Place]] = []
    for layout in layouts:
        for number in range(len(layout.tables)):
            blocks = layout.cells_of(number)
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
    by_row: dict[int, list[CellBlock]] = {}
    for block in blocks:
        if labels.whole(block.text) is not None:
            by_row.setdefault(block.cell.row0, []).append(block)
    best = max(by_row.values(), key=len, default=[])
    if len(best) < 2:
        return 0, []
    headings, end = _headings(blocks, best, labels)
    columns: dict[str, _Column] = {}
    others: list[CellBlock] = []
    for block, match in sorted(headings, key=lambda entry: -entry[1].score if entry[1] else 0.0):
        key = next((k for k in match.keys if k not in columns), None) if match else None
        if key is not None:
            columns[key] = _Column(fields[key], block.box.x0, block.box.x1)
        else:
            others.append(block)
    for block in list(others):
        key = _half_known(block.text, [f for f in fields.values() if f.key not in columns])
        if key is not None:
            columns[key] = _Column(fields[key], block.box.x0, block.box.x1)
            others.remove(block)
    if item not in columns and others:
        widest = max(others, key=lambda b: b.box.width)
        columns[item] = _Column(fields[item], widest.box.x0, widest.box.x1)
    return end, list(columns.values())


def _headings(
    blocks: list[CellBlock], best: list[CellBlock], labels: Labels
) -> tuple[list[tuple[CellBlock, Match | None]], int]:
    """The lowest heading over each column with the label it is, and the first grid row below the headings.

    ``best`` are known headings of one row; headings of several columns stand above their columns' own, beside
    headings as high as both: 联系方式 over 联系人 and 电话.
    """
    top, end = best[0].cell.row0, max(b.cell.row1 for b in best)
    for block in blocks:
        cell = block.cell
        if cell.row0 < top < cell.row1 <= end and top - cell.row0 < _HEADING_ROWS and labels.whole(block.text):
            top = cell.row0
    found: list[tuple[CellBlock, Match | None]] = []
    for block in (b for b in blocks if top <= b.cell.row0 < end and b.lines):
        group = next((b for b in blocks if b.cell.row0 >= top and _is_group(b, block)), None)
        if group is not None:
            found.append((block, _of_group(group, block, labels)))
        elif block.cell.row0 in (top, best[0].cell.row0) and not _parts(block, blocks, end):
            found.append((block, labels.whole(block.text)))
    return found, end


def _parts(group: CellBlock, blocks: list[CellBlock], end: int) -> list[CellBlock]:
    """The headings right below that of several columns."""
    return [b for b in blocks if b.cell.row0 < end and _is_group(group, b)]


def _is_group(group: CellBlock, block: CellBlock) -> bool:
    """Whether ``group`` stands right above ``block`` and over more columns than that."""
    above, below = group.cell, block.cell
    if above.row1 != below.row0 or not group.lines:
        return False
    inside = above.col0 <= below.col0 and below.col1 <= above.col1
    return inside and below.col1 - below.col0 < above.col1 - above.col0


def _of_group(group: CellBlock, block: CellBlock, labels: Labels) -> Match | None:
    """What a heading below another one is: by its own words, or by both where its own say too little."""
    own, both = labels.whole(block.text), labels.whole(group.text + block.text)
    if is_name_only(block.text):
        return both or labels.whole(group.text) or own
    return both if both and (own is None or both.score > own.score) else own


def _half_known(heading: str, fields: list[FieldDefinition]) -> str | None:
    """The field among those not found that a heading half agrees with, if there is one alone: 提出方 for 需求方.

    A heading 姓名 says of nobody whose name it is: of the only one that is asked for.
    """
    text = alike(plain(heading))
    people = [f.key for f in fields if f.type == "name"]
    if text == _NAME and len(people) == 1:
        return people[0]
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
