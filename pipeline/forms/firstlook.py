"""The first look at a page: print is skimmed, and what is likely a value is read in full at once.

Most of what stands on a form is print, and print is legible in a picture half as wide, for half the work.
Whatever turns out to be part of a value is read in full later; a wrong guess here costs time and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from pipeline.definitions import Forms
from pipeline.forms.labels import Labels, labels_of
from pipeline.forms.layout import CellBlock, Layout, Line
from pipeline.sheets import Reading

Look = Callable[[Sequence[Line]], None]
"""Reads lines in place, but for those that were."""

_LONG = 11  # times its height: print as long is no label
_LEGIBLE = 0.8  # probability of the least certain character of a label that was skimmed well
_HEADINGS = 0.6  # share of a row's cells that are labels where it is the headings of columns; half are in a form


def telling_lines(layout: Layout, skim: Look, read: Look) -> Iterator[Reading]:
    """What the page's lines say, the longest first, as far as it is asked for; each is read as :func:`look_over` would.

    Lines outside tables come first: what stands in a table may be written by hand.
    """
    rows = [line for row in layout.rows for line in row if line.blank is None]
    cells = [line for block in layout.cells for line in block.lines]
    for lines in (rows, cells):
        for line in sorted(lines, key=lambda line: -line.box.width / line.box.height):
            if lines is rows:
                _look_at(line, skim, read)
            else:
                skim([line])
            if line.said is not None:
                yield line.said


def look_over(layout: Layout, forms: Forms, skim: Look, read: Look) -> None:
    """Give every line of the page a reading, or at least a draft of one."""
    for row in layout.rows:
        for line in row:
            _look_at(line, skim, read)
    labels = _labels(forms)
    for number in range(len(layout.tables)):
        _look_over_table(layout.cells_of(number), labels, skim, read)


def _look_over_table(blocks: Sequence[CellBlock], labels: Labels, skim: Look, read: Look) -> None:
    """Cells in reading order: what stands right of a label, or in a column under a heading, is likely a value."""
    labelled: list[CellBlock] = []
    columned: list[CellBlock] = []
    for block in blocks:
        beside = any(_is_left_of(other, block) for other in labelled)
        under = [other for other in (*labelled, *columned) if _is_above(other, block)]
        heading = [other for other in under if other in columned or _heads_columns(other, blocks, labelled)]
        first, rest = block.lines[:1], block.lines[1:]
        (read if beside or heading else skim)(first)
        read([line for line in first if _is_doubtful(line)])
        if any(labels.whole(text) for text in {block.text, *(line.text for line in first)}):
            labelled.append(block)
        elif heading:
            columned.append(block)
        # A cell that begins with a label holds its value below, other cells are one thing throughout.
        written = beside or heading or block in labelled
        (read if written else skim)(rest)
        read([line for line in rest if _is_doubtful(line)])
        if rest and not written and labels.whole(block.text):
            labelled.append(block)  # a label of several lines


def _look_at(line: Line, skim: Look, read: Look) -> None:
    """A line outside tables: a short one may be a label and its value together, a long one is prose, or the title."""
    (skim if line.blank is None and _is_long(line) else read)([line])


def _is_long(line: Line) -> bool:
    return line.box.width > _LONG * line.box.height


def _is_doubtful(line: Line) -> bool:
    """Whether a skimmed line is a short one that was not legible so."""
    return line.reading is None and line.draft is not None and line.draft.weakest < _LEGIBLE and not _is_long(line)


def _heads_columns(block: CellBlock, blocks: Iterable[CellBlock], labelled: Iterable[CellBlock]) -> bool:
    def in_row(cells: Iterable[CellBlock]) -> int:
        return sum(other.cell.row0 == block.cell.row0 for other in cells)

    return in_row(labelled) > _HEADINGS * max(3, in_row(blocks))


def _is_left_of(other: CellBlock, block: CellBlock) -> bool:
    a, b = other.cell, block.cell
    return a.col1 == b.col0 and a.row0 < b.row1 and b.row0 < a.row1


def _is_above(other: CellBlock, block: CellBlock) -> bool:
    a, b = other.cell, block.cell
    return a.row1 == b.row0 and a.col0 == b.col0 and a.col1 == b.col1


def _labels(forms: Forms) -> Labels:
    """The labels of all forms: which form the page is, is not known yet."""
    fields = [f for form in forms.values() for f in (*form.fields, *form.row_fields)]
    return labels_of(tuple((f.key, f.labels) for f in fields))
