"""Open tables on drawn pages: closed where rows are ruled alike, left alone where lines are only blanks."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from pipeline.forms.layout import Layout, find_layout
from pipeline.sheets import Image
from tests.support.pages import INK, Span, flattened, grainy, paper, sheet_of, table, turned_by, write

XS = [130, 220, 640, 1080, 1280, 1540]
YS = [300 + 84 * i for i in range(11)]
GRID = {(r, r + 1, c, c + 1) for r in range(len(YS) - 1) for c in range(len(XS) - 1)}


def spans(layout: Layout) -> set[Span]:
    assert len(layout.tables) == 1
    return {(c.row0, c.row1, c.col0, c.col1) for c in layout.tables[0].cells}


def level(pixels: Image, ys: Sequence[int], x0: int = XS[0], x1: int = XS[-1]) -> None:
    for y in ys:
        cv2.line(pixels, (x0, y), (x1, y), INK, 3)


def open_list(written: int = 9, longest: int = 10) -> Image:
    """A list ruled between its rows only, with headings in the middle of its columns."""
    pixels = paper()
    level(pixels, YS)
    for column, (left, right) in enumerate(itertools.pairwise(XS)):
        write(pixels, (left + right) // 2 - 52, YS[0] + 26, 2 if column == 0 else 3, seed=column)
    for row in range(1, written + 1):
        write(pixels, 160, YS[row] + 28, 1, seed=row)
        write(pixels, 240, YS[row] + 28, 4 + (row * 5) % (longest - 3), seed=row)
        if row % 3:
            write(pixels, 660, YS[row] + 28, 5 + row % 6, seed=row + 20)
        write(pixels, 1110, YS[row] + 28, 2 + row % 2, seed=row + 40)
        write(pixels, 1300, YS[row] + 28, 5, seed=row + 60)
    return pixels


@pytest.mark.parametrize("written", [2, 6, 9])
def test_a_list_without_uprights_has_columns_between_its_headings(written: int) -> None:
    layout = find_layout(sheet_of(grainy(open_list(written))), [])
    assert spans(layout) == GRID
    rows = {b.cell.row0 for b in layout.cells if b.lines}
    assert rows == set(range(written + 1))
    assert all(len(b.lines) <= 1 for b in layout.cells)


@pytest.mark.parametrize("degrees", [-2.0, 0.6])
def test_a_list_without_uprights_on_a_skew_page(degrees: float) -> None:
    assert spans(find_layout(flattened(turned_by(open_list(), degrees)), [])) == GRID


def test_one_row_that_runs_into_the_next_column() -> None:
    pixels = open_list()
    pixels[YS[5] + 10 : YS[6] - 10, 230:650] = 255
    write(pixels, 240, YS[5] + 28, 11)
    assert spans(find_layout(sheet_of(pixels), [])) == GRID


def test_dirt_between_the_columns() -> None:
    pixels = open_list()
    rng = np.random.default_rng(4)
    for x, y in zip(rng.integers(140, 1530, 400), rng.integers(310, 1130, 400), strict=True):
        cv2.circle(pixels, (int(x), int(y)), 1, INK, -1)
    assert spans(find_layout(sheet_of(pixels), [])) == GRID


@pytest.mark.parametrize("sides", ["left", "right", "left right"])
def test_a_table_without_border_at_the_sides(sides: str) -> None:
    pixels = paper()
    merged: list[Span] = [(0, 1, 0, 5), (4, 5, 1, 5), (6, 7, 0, 5)]
    cells = table(pixels, XS, YS, merged)
    if "left" in sides:
        pixels[YS[0] - 6 : YS[-1] + 7, : XS[0] + 4] = 255
    if "right" in sides:
        pixels[YS[0] - 6 : YS[-1] + 7, XS[-1] - 3 :] = 255
    assert spans(find_layout(sheet_of(pixels), [])) == cells


def test_a_streak_of_the_scanner_parts_no_cells() -> None:
    pixels = paper()
    cells = table(pixels, XS, YS)
    for x in (XS[0], XS[-1]):
        pixels[YS[0] - 6 : YS[-1] + 7, x - 6 : x + 7] = 255
        level(pixels, YS, x - 8, x + 8)
    for y in range(60, 2200, 90):
        cv2.line(pixels, (760, y), (758, y + 70), INK, 2)
    assert spans(find_layout(sheet_of(pixels), [])) == cells


def test_blanks_for_some_lines_of_writing_are_no_table() -> None:
    pixels = paper()
    level(pixels, YS[:6])
    for i, y in enumerate(YS[:5]):
        write(pixels, 150, y + 36, 34 - 3 * i, seed=i)
    assert not find_layout(sheet_of(pixels), []).tables


def test_empty_lines_are_no_table() -> None:
    pixels = paper()
    write(pixels, 150, 240, 8)
    level(pixels, YS[:6])
    assert not find_layout(sheet_of(pixels), []).tables


def test_labels_with_blanks_below_one_another_are_no_table() -> None:
    pixels = paper()
    for i, y in enumerate(YS):
        write(pixels, 150, y - 40, 4, seed=i)
        level(pixels, [y], 320, 780)
        write(pixels, 820, y - 40, 4, seed=i + 30)
        level(pixels, [y], 990, 1500)
    assert not find_layout(sheet_of(pixels), []).tables
