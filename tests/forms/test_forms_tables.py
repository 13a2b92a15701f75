"""Ruled tables on drawn pages: cells with the right spans, whatever copying did to the lines."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest

from pipeline.forms.layout import CellBlock, Layout, find_layout
from tests.support.pages import INK, Span, flattened, grainy, paper, sheet_of, table, turned_by, write

XS = [150, 400, 750, 1000, 1500]
YS = [300, 380, 460, 540, 700, 1000]
MERGED: list[Span] = [(0, 1, 1, 4), (1, 3, 3, 4), (4, 5, 1, 4)]


def spans(layout: Layout, number: int = 0) -> set[Span]:
    cells = layout.tables[number].cells
    return {(c.row0, c.row1, c.col0, c.col1) for c in cells}


def block_at(layout: Layout, row: int, column: int) -> CellBlock:
    return next(b for b in layout.cells if (b.cell.row0, b.cell.col0) == (row, column))


def test_a_plain_grid() -> None:
    pixels = paper(height=1150)
    cells = table(pixels, XS, YS)
    layout = find_layout(sheet_of(pixels), [])
    assert len(layout.tables) == 1
    assert spans(layout) == cells
    box = block_at(layout, 1, 2).box
    assert (box.x0, box.y0, box.x1, box.y1) == pytest.approx((XS[2], YS[1], XS[3], YS[2]), abs=4)


@pytest.mark.parametrize("dpi", [100, 150, 200, 300])
def test_merged_cells_at_any_resolution(dpi: int) -> None:
    factor = dpi / 200
    pixels = paper(round(1654 * factor), round(2339 * factor))
    cells = table(
        pixels, [round(x * factor) for x in XS], [round(y * factor) for y in YS], MERGED, max(1, round(3 * factor))
    )
    layout = find_layout(sheet_of(pixels, dpi), [])
    assert spans(layout) == cells


@pytest.mark.parametrize("degrees", [-4.0, -0.7, -0.3, 0.3, 0.7, 2.5, 4.0])
def test_a_skew_page(degrees: float) -> None:
    pixels = paper()
    cells = table(pixels, XS, YS, MERGED)
    for row in range(6, 40):
        write(pixels, 150, 1050 + (row - 6) * 36, 20, 26, seed=row)
    layout = find_layout(flattened(grainy(turned_by(pixels, degrees))), [])
    assert spans(layout) == cells


def test_a_table_a_little_out_of_square() -> None:
    """The paper slipped on the glass: upright lines lean while level ones do not."""
    pixels = paper(height=1150)
    cells = table(pixels, XS, YS, MERGED)
    h, w = pixels.shape[:2]
    lean = np.array([[1, 0.008, 0], [0, 1, 0]], dtype=np.float64)
    pixels = cv2.warpAffine(pixels, lean, (w, h), borderValue=(255, 255, 255)).astype(np.uint8)
    assert spans(find_layout(sheet_of(pixels), [])) == cells


@pytest.mark.parametrize("gap", [6, 20, 45])
def test_broken_lines(gap: int) -> None:
    pixels = paper(height=1150)
    cells = table(pixels, XS, YS, MERGED)
    for i, y in enumerate(YS):  # a copier loses thin lines here and there
        for left, right in itertools.pairwise(XS):
            x = left + 70 + (31 * i) % max(1, right - left - 140 - gap)
            pixels[y - 4 : y + 5, x : x + gap] = 255
    for i, x in enumerate(XS):
        y = YS[-2] + 70 + (37 * i) % (YS[-1] - YS[-2] - 140 - gap)
        pixels[y : y + gap, x - 4 : x + 5] = 255
    assert spans(find_layout(sheet_of(pixels), [])) == cells


def test_lines_that_stop_short_of_one_another() -> None:
    pixels = paper(height=1150)
    cells = table(pixels, XS, YS, MERGED)
    for y in YS:
        pixels[y - 4 : y + 5, XS[0] - 4 : XS[0] + 10] = 255
        pixels[y - 4 : y + 5, XS[-1] - 8 : XS[-1] + 5] = 255
    assert spans(find_layout(sheet_of(pixels), [])) == cells


@pytest.mark.parametrize("distance", [4, 6, 8])
def test_double_rules(distance: int) -> None:
    """A frame of two strokes, and double rules between rows and columns, are one line each.

    A word processor's double line of 1½ pt has its strokes 3 pt, that is 8 pixels, apart.
    """
    pixels = paper(height=1150)
    cells = table(pixels, XS, YS, thickness=2)
    cv2.rectangle(pixels, (XS[0] - distance, YS[0] - distance), (XS[-1] + distance, YS[-1] + distance), INK, 2)
    cv2.line(pixels, (XS[0], YS[3] + distance), (XS[-1], YS[3] + distance), INK, 2)
    cv2.line(pixels, (XS[1] + distance, YS[0]), (XS[1] + distance, YS[-1]), INK, 2)
    layout = find_layout(sheet_of(pixels), [])
    assert len(layout.tables) == 1
    assert spans(layout) == cells


def test_faint_one_pixel_lines_on_a_fax() -> None:
    pixels = paper(height=1150)
    cells = table(pixels, XS, YS, MERGED, thickness=1)
    binary = np.where(pixels < 128, 0, 255).astype(np.uint8)
    assert spans(find_layout(sheet_of(binary), [])) == cells


def test_two_tables_on_one_page() -> None:
    pixels = paper()
    first = table(pixels, XS, YS[:4])
    second = table(pixels, [150, 700, 1500], [1300, 1400, 1500, 1600], [(0, 1, 0, 2)])
    layout = find_layout(sheet_of(pixels), [])
    assert [spans(layout, i) for i in range(len(layout.tables))] == [first, second]


def test_a_frame_around_the_page_is_not_a_table() -> None:
    pixels = paper()
    cv2.rectangle(pixels, (60, 60), (1590, 2270), INK, 4)
    write(pixels, 300, 300, 12)
    assert not find_layout(sheet_of(pixels), []).tables


def test_rows_of_a_long_list() -> None:
    pixels = paper()
    xs, ys = [120, 200, 620, 1000, 1200, 1520], [300 + 62 * i for i in range(26)]
    cells = table(pixels, xs, ys)
    for row in range(1, 20):
        for column in range(1, 4):
            write(pixels, xs[column] + 20, ys[row] + 14, 4, seed=row * column)
    layout = find_layout(sheet_of(grainy(pixels)), [])
    assert spans(layout) == cells
    written = {(b.cell.row0, b.cell.col0) for b in layout.cells if b.lines}
    assert written == {(row, column) for row in range(1, 20) for column in range(1, 4)}


def test_writing_across_a_ruling_does_not_part_or_join_cells() -> None:
    pixels = paper(height=1150)
    cells = table(pixels, XS, YS, MERGED)
    write(pixels, XS[1] - 40, YS[1] + 24, 5, 34)  # over an upright line
    write(pixels, XS[1] + 30, YS[3] - 18, 6, 34)  # over a level one
    assert spans(find_layout(sheet_of(pixels), [])) == cells


def test_lines_of_writing_in_a_cell() -> None:
    pixels = paper(height=1150)
    table(pixels, XS, YS, MERGED)
    boxes = [write(pixels, XS[1] + 30, YS[4] + 40 + 70 * i, 9, seed=i) for i in range(3)]
    lines = block_at(find_layout(sheet_of(pixels), []), 4, 1).lines
    assert len(lines) == 3
    for line, box in zip(lines, boxes, strict=True):
        assert (line.box.x0, line.box.y0, line.box.x1, line.box.y1) == pytest.approx(
            (box.x0, box.y0, box.x1, box.y1), abs=6
        )


def test_dirt_is_not_writing() -> None:
    pixels = paper(height=1150)
    table(pixels, XS, YS)
    rng = np.random.default_rng(5)
    for x, y in zip(rng.integers(160, 1490, 120), rng.integers(310, 990, 120), strict=True):
        cv2.circle(pixels, (int(x), int(y)), 0, INK, -1)
    layout = find_layout(sheet_of(pixels), [])
    assert not any(block.lines for block in layout.cells)
