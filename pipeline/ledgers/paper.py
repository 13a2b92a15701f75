"""How a sheet is cut into pages of A4 landscape, and how high its rows have to be for what is in them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

PAGE = 165.0
"""Characters of the body font side by side on a page at six tenths of their size, which still reads."""
_PAGE_AT_FULL_SIZE = 102.0  # with room to spare: fonts and printers differ
_LINE, _ROOM = 14.5, 4.0  # points
_MOST_LINES = 12  # of a cell with a whole paragraph in it; the rest is seen in the cell itself


@dataclass(frozen=True, slots=True)
class Paper:
    """``breaks`` are the columns, from 0, that begin a page after the first; ``scale`` in per cent."""

    breaks: tuple[int, ...]
    scale: int

    def page_of(self, column: int) -> int:
        """Which of the pages side by side a column stands on, from 0."""
        return sum(column >= first for first in self.breaks)


def cut(widths: Sequence[float], repeated: int) -> Paper:
    """The pages of columns of these widths, about equally full, when the first ``repeated`` stand on each."""
    head = sum(widths[:repeated])
    pages = max(1, math.ceil((sum(widths) - head) / (PAGE - head))) if head < PAGE else 1
    if pages == 1:
        return Paper((), _scale(sum(widths)))
    room = (sum(widths) - head) / pages
    breaks: list[int] = []
    filled: list[float] = []
    used = head
    for i, width in enumerate(widths[repeated:], repeated):
        # A column goes to the page on which most of it falls.
        if used > head and used + width / 2 > head + room and len(breaks) < pages - 1:
            breaks.append(i)
            filled.append(used)
            used = head
        used += width
    return Paper(tuple(breaks), _scale(max(*filled, used)))


def _scale(width: float) -> int:
    return max(10, min(100, int(100 * _PAGE_AT_FULL_SIZE / max(width, 1.0))))


def row_height(lines: int) -> float | None:
    """The height in points of a row of so many lines; ``None`` where the usual one will do."""
    return min(lines, _MOST_LINES) * _LINE + _ROOM if lines > 1 else None
