"""Layouts put together by hand: what stands where and says what, without a picture or an engine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.forms.layout import CellBlock, Layout, Line
from pipeline.forms.rulings import Ruling
from pipeline.forms.seals import Seal
from pipeline.forms.tables import Cell, Table
from pipeline.reading.characters import fold_text
from pipeline.sheets import Box, Reading, Sheet
from tests.support.pages import HEIGHT, WIDTH

PITCH = 34  # px a character
COLUMN, ROW = 190, 70  # px; the size of one cell of a grid

CellText = str | tuple[str, int] | tuple[str, int, int]
"""A cell's text, or its text with the columns and the rows it spans."""


def reading(text: str, probability: float = 0.99) -> Reading:
    """A reading whose characters are spread evenly, folded to half width as the engines give them."""
    text = fold_text(text)
    n = len(text)
    return Reading(text, [probability] * n, [(i + 0.5) / n for i in range(n)])


def line(text: str, x: float, y: float, pitch: float = PITCH) -> Line:
    """A line read as ``text``, its top left at ``(x, y)``."""
    return Line(Box(x, y, x + pitch * max(len(text), 1), y + PITCH + 2), reading(text))


def blank(x: float, y: float, width: float, text: str = "") -> Line:
    """An underlined blank, with ``text`` written on it unless empty."""
    ruling = Ruling(True, x, x + width, y + PITCH, y + PITCH, 2)
    if not text:
        return Line(Box(x, y, x + width, y + PITCH + 2), blank=ruling, ink=False)
    return Line(Box(x + 8, y, x + 8 + PITCH * len(text), y + PITCH + 2), reading(text), blank=ruling)


def row(y: float, *parts: str | float, x: float = 150) -> list[Line]:
    """A row of running text: texts are print, numbers are empty blanks that wide, ``_text`` fills a blank."""
    lines: list[Line] = []
    for part in parts:
        if isinstance(part, str) and not part.startswith("_"):
            made = line(part, x, y)
            x = made.box.x1 + 8
        elif isinstance(part, str):
            width = PITCH * len(part) + 40
            made = blank(x, y, width, part[1:])
            x += width + 8
        else:
            made = blank(x, y, part)
            x += part + 8
        lines.append(made)
    return lines


def grid(
    *rows: Sequence[CellText], x: float = 150, y: float = 400, column: float = COLUMN, number: int = 0
) -> tuple[Table, list[CellBlock]]:
    """A ruled table of cells with their texts; ``\\n`` parts the lines of a cell."""
    taken: set[tuple[int, int]] = set()
    blocks: list[CellBlock] = []
    for r, cells in enumerate(rows):
        c = 0
        for cell in cells:
            text, across, down = (cell, 1, 1) if isinstance(cell, str) else (*cell, 1)[:3]
            while (r, c) in taken:
                c += 1
            taken |= {(r + i, c + j) for i in range(down) for j in range(across)}
            box = Box(x + c * column, y + r * ROW, x + (c + across) * column, y + (r + down) * ROW)
            texts = text.split("\n") if text else []
            pitch = min(PITCH, (box.width - 20) / max((len(t) for t in texts), default=1))
            lines = [line(t, box.x0 + 10, box.y0 + 10 + 40 * i, pitch) for i, t in enumerate(texts)]
            blocks.append(CellBlock(Cell(box, r, r + down, c, c + across), number, lines))
            c += across
    box = blocks[0].box
    for block in blocks:
        box = box.union(block.box)
    return Table(box, [b.cell for b in blocks]), blocks


def layout(
    tables: Sequence[tuple[Table, list[CellBlock]]] = (),
    rows: Sequence[list[Line]] = (),
    seals: Sequence[Seal] = (),
    sheet: Sheet | None = None,
) -> Layout:
    """A layout of tables (from :func:`grid`) and rows (from :func:`row`) on a white A4 sheet."""
    sheet = sheet or white_sheet()
    cells = [block for _, blocks in tables for block in blocks]
    return Layout(sheet, [t for t, _ in tables], cells, list(rows), list(seals), sheet.mask)


def white_sheet() -> Sheet:
    white = np.full((HEIGHT, WIDTH), 255, dtype=np.uint8)
    none = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    return Sheet(np.dstack([white] * 3), white, none, none, 200.0, np.eye(3), 1.0, True)
