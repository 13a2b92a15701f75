"""Numbers written in printed squares: one cell, one line, and no rulings in what is read."""

from __future__ import annotations

import cv2
import pytest

from pipeline.forms.layout import find_layout
from tests.support.pages import INK, paper, sheet_of, table, write


@pytest.mark.parametrize(("count", "side"), [(18, 52), (18, 47), (11, 60)])
def test_squares_for_one_number_are_one_cell(count: int, side: int) -> None:
    pixels = paper()
    x0, y0 = 400, 500
    table(pixels, [x0 + side * i for i in range(count + 1)], [y0, y0 + side])
    for i in range(count):
        write(pixels, x0 + side * i + 10, y0 + 10, 1, side - 20, seed=i)
    page = find_layout(sheet_of(pixels), [])
    assert len(page.cells) == 1
    (line,) = page.cells[0].lines
    assert line.box.width > (count - 1) * side
    between = page.sheet.ink[y0 + 6 : y0 + side - 6, x0 + side - 1 : x0 + side + 2]
    assert between.min() > 200  # the ruling between the first two squares is gone from what is read


def test_a_table_of_words_stays_as_it_is() -> None:
    pixels = paper()
    table(pixels, [150, 350, 550, 750, 950, 1150, 1350, 1500], [400, 470, 540])
    assert len(find_layout(sheet_of(pixels), []).cells) == 14


def test_strokes_of_two_lines_of_print_are_no_ruling() -> None:
    """时 over 时: their hooks run into one upright stroke as long as a low row is high."""
    pixels = paper()
    table(pixels, [150, 500, 900], [400, 480])
    for y in (412, 442):
        cv2.rectangle(pixels, (292, y + 2), (306, y + 24), INK, 3)
        for dy in (0, 9, 18, 27):
            cv2.line(pixels, (315, y + dy), (332, y + dy), INK, 3)
        cv2.line(pixels, (314, y), (314, y + 29), INK, 3)
    assert len(find_layout(sheet_of(pixels), []).cells) == 2
