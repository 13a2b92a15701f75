"""Lists of which nothing is known: a row of headings over rows of the same columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.forms.labels import plain
from pipeline.forms.layout import CellBlock, Layout, Line
from pipeline.sheets import Box

_COLUMNS = 3  # a list has so many columns at least
_ROWS = 2  # and so many rows below its headings,
_ROWS_ALONE = 3  # or so many, where the headings are no row of the same columns
_NUMBER = re.compile(r"^\d{1,2}$")
_HEADED = 0.75  # share of the columns with a printed heading
_WORDS = 0.35  # most cells below the headings that look like labels


@dataclass(slots=True)
class PrintedColumn:
    """One column: its heading as printed and the cells below it from top to bottom (None where merged away)."""

    text: str
    heading: CellBlock
    cells: list[CellBlock | None]

    @property
    def numbered(self) -> bool:
        """Whether the rows' numbers are printed in it."""
        said = [plain(c.text) for c in self.cells if c is not None and c.lines]
        counted = [t for t in said if _NUMBER.match(t)]
        heading = plain(self.text) in ("序号", "编号", "号", "No", "项次")
        return heading or (len(counted) >= 3 and len(counted) > 0.8 * len(said) and counted[0] in ("1", "01"))


@dataclass(slots=True)
class PrintedList:
    """A list: its columns, its number of rows below the headings, all its cells, its box on the sheet."""

    layout: Layout
    table: int
    columns: list[PrintedColumn]
    rows: int
    blocks: list[CellBlock]

    @property
    def box(self) -> Box:
        return Box.around([b.box for b in self.blocks])

    @property
    def label_box(self) -> Box:
        return Box.around([c.heading.box for c in self.columns])


def find_lists(layout: Layout, sense: Callable[[Sequence[Line]], float]) -> list[PrintedList]:
    """The lists among a sheet's tables; a form's other rows may stand above and below one."""
    found = []
    for number in range(len(layout.tables)):
        blocks = layout.cells_of(number)
        by_row: dict[int, list[CellBlock]] = {}
        for block in blocks:
            by_row.setdefault(block.cell.row0, []).append(block)
        tops = sorted(by_row)
        i = 0
        while i < len(tops):
            run = _run(by_row, tops, i, sense)
            if run >= _ROWS:
                found.append(_list(layout, number, [by_row[top] for top in tops[i : i + run + 1]]))
                i += run
            else:
                other = _under_merged(layout, number, [by_row[top] for top in tops[i:]], sense)
                if other is not None:
                    found.append(other)
                    i += other.rows - 1
            i += 1
    return found


def _under_merged(
    layout: Layout, number: int, rows: Sequence[Sequence[CellBlock]], sense: Callable[[Sequence[Line]], float]
) -> PrintedList | None:
    """The list whose first row is the first of ``rows``, under headings over several columns or of several heights.

    Two headings in one cell (the line between them was lost) are told apart by where their characters stand.
    """
    first = sorted(rows[0], key=lambda b: b.cell.col0)
    columns = [(b.cell.col0, b.cell.col1) for b in first]
    same = 0
    for row in rows:
        if sorted((b.cell.col0, b.cell.col1) for b in row) != columns:
            break
        same += 1
    heads = [_above(layout.cells_of(number), column, first[0].cell.row0) for column in columns]
    if len(columns) < _COLUMNS or same < _ROWS_ALONE or any(head is None for head in heads):
        return None
    over = [head for head in heads if head is not None]
    if [(h.cell.col0, h.cell.col1) for h in over] == columns and len({h.cell.row0 for h in over}) == 1:
        return None  # an ordinary row above
    distinct = list({id(h): h for h in over}.values())
    likely = [h for h in distinct if h.lines and sense(h.lines) > 0]
    words = [b for row in rows[:same] for b in row if b.lines and not _NUMBER.match(plain(b.text))]
    if len(likely) < _HEADED * len(distinct) or sum(sense(b.lines) > 1.0 for b in words) > _WORDS * len(words):
        return None
    made = []
    for n, (head, column) in enumerate(zip(over, columns, strict=True)):
        cells: list[CellBlock | None] = [next((b for b in r if b.cell.col0 == column[0]), None) for r in rows[:same]]
        shared = sum(h is head for h in over) > 1
        text = _text_over(head, first[n].box) if shared else head.text
        made.append(PrintedColumn(re.sub(r"\s+", "", text).strip(":："), head, cells))
    return PrintedList(layout, number, made, same, [*distinct, *(b for row in rows[:same] for b in row)])


def _above(blocks: Sequence[CellBlock], column: tuple[int, int], top: int) -> CellBlock | None:
    """The cell right above a column, as wide as that or wider."""
    return next(
        (b for b in blocks if b.cell.row1 == top and b.cell.col0 <= column[0] and column[1] <= b.cell.col1), None
    )


def _text_over(head: CellBlock, box: Box) -> str:
    """The characters of a heading that stand over ``box``."""
    out = ""
    for line in head.lines:
        reading = line.said
        if reading is not None:
            xs = [line.box.x0 + c * line.box.width for c in reading.centres]
            out += "".join(char for char, x in zip(reading.text, xs, strict=False) if box.x0 <= x <= box.x1)
    return out


def _run(
    by_row: dict[int, list[CellBlock]], tops: Sequence[int], at: int, sense: Callable[[Sequence[Line]], float]
) -> int:
    """How many rows of a list stand below the row ``at``, if its cells are headings; 0 where they are not."""
    head = sorted(by_row[tops[at]], key=lambda b: b.cell.col0)
    if len(head) < _COLUMNS or any(b.cell.row1 - b.cell.row0 > 2 for b in head):
        return 0
    headed = [b for b in head if b.lines and len(plain(b.text)) >= 1 and not re.search(r"[:：]\s*\w", b.text)]
    likely = [b for b in headed if sense(b.lines) > 0]
    if len(headed) < _HEADED * len(head) or len(likely) < _HEADED * len(headed):
        return 0
    columns = [(b.cell.col0, b.cell.col1) for b in head]
    count, worded, said = 0, 0, 0
    numbered = False
    for top in tops[at + 1 :]:
        row = sorted(by_row[top], key=lambda b: b.cell.col0)
        if [(b.cell.col0, b.cell.col1) for b in row] != columns:
            break
        words = [b for b in row if b.lines and not _NUMBER.match(plain(b.text))]
        likely = [b for b in words if sense(b.lines) > 1.0]
        if len(likely) > 0.5 * len(row) or (likely and likely[0] is row[0] and len(words) < 0.7 * len(row)):
            break  # label and blank, label and blank: a form's row
        numbered |= bool(_NUMBER.match(plain(row[0].text)))
        said += len(words)
        worded += len(likely)
        count += 1
    if said and worded > _WORDS * said and not numbered:
        return 0
    return count


def _list(layout: Layout, number: int, rows: Sequence[Sequence[CellBlock]]) -> PrintedList:
    head = sorted(rows[0], key=lambda b: b.cell.col0)
    columns = []
    for heading in head:
        below = [next((b for b in row if b.cell.col0 == heading.cell.col0), None) for row in rows[1:]]
        columns.append(PrintedColumn(re.sub(r"\s+", "", heading.text).strip(":："), heading, below))
    return PrintedList(layout, number, columns, len(rows) - 1, [b for row in rows for b in row])
