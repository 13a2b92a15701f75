"""Streaks down a page are no rulings of the tables they cross."""

from __future__ import annotations

import cv2
import pytest

from pipeline.forms.layout import Layout, find_layout
from pipeline.sheets import Image
from tests.support.pages import INK, Span, grainy, paper, sheet_of, table, write

XS = [130, 280, 640, 1080, 1280, 1540]
YS = [300 + 84 * i for i in range(11)]


def spans(layout: Layout) -> set[Span]:
    assert len(layout.tables) == 1
    return {(c.row0, c.row1, c.col0, c.col1) for c in layout.tables[0].cells}


def streak(pixels: Image, x: int, gap: int = 0, thickness: int = 1) -> None:
    """Down the whole page, leaning a little, in pieces where there is a ``gap``."""
    for y in range(60, 2200, 150):
        cv2.line(pixels, (x + y // 400, y), (x + (y + 150) // 400, y + 150 - gap), INK, thickness)


@pytest.mark.parametrize("gap", [0, 14, 40])
def test_a_streak_through_a_table_parts_no_cells(gap: int) -> None:
    pixels = paper()
    cells = table(pixels, XS, YS, [(4, 5, 1, 5)], thickness=4)
    cv2.line(pixels, (300, 200), (900, 200), INK, 3)  # a blank above the table, which the streak crosses too
    streak(pixels, 760, gap)
    assert spans(find_layout(sheet_of(grainy(pixels)), [])) == cells


def test_writing_under_a_streak_keeps_its_lines() -> None:
    pixels = paper()
    table(pixels, XS, YS, thickness=4)
    for row in range(1, 6):
        write(pixels, 690, YS[row] + 26, 5, seed=row)
    streak(pixels, 1000)
    layout = find_layout(sheet_of(pixels), [])
    assert [b.cell.row0 for b in layout.cells if b.lines] == [1, 2, 3, 4, 5]
    assert all(b.lines[0].box.x1 < 900 for b in layout.cells if b.lines)


def test_rulings_that_stand_out_of_a_table_alike_are_its_own() -> None:
    """The heading of a table whose top line the copier lost."""
    pixels = paper()
    table(pixels, XS, YS, thickness=3)
    for x in XS:
        cv2.line(pixels, (x, YS[0] - 90), (x, YS[0]), INK, 3)
    assert len({column for _, _, column, _ in spans(find_layout(sheet_of(pixels), []))}) == len(XS) - 1


def test_a_ruling_as_thick_as_the_others_is_no_streak() -> None:
    """A column's line drawn on below the table, to a place for a signature."""
    pixels = paper()
    cells = table(pixels, XS, YS, thickness=3)
    cv2.line(pixels, (XS[3], YS[0]), (XS[3], YS[-1] + 200), INK, 3)
    assert spans(find_layout(sheet_of(pixels), [])) == cells
