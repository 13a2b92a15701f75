"""Blanks to write on: underlines in running text, filled in or not."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.forms.layout import Layout, Line, find_layout
from pipeline.intake.pages import read_pages
from pipeline.settings import Limits
from pipeline.sheets import Box, Image
from tests.support.pages import INK, flattened, grainy, paper, sheet_of, table, turned_by, write

SCANS = Path(__file__).resolve().parents[2] / "scans"
TITLES = {"党员登记表_平板扫描.jpg": (161, 197, 421, 908), "单位登记表_传真.png": (202, 253, 502, 1204)}
"""Where the title's print stands on the flattened sheet: top, bottom, left, right."""
BASE = 340  # the y of the row's top; underlines lie just below the row's print


def underline(pixels: Image, start: int, end: int, y: int = BASE + 36, thickness: int = 2) -> None:
    cv2.line(pixels, (start, y), (end, y), INK, thickness)


def row_of(layout: Layout) -> list[Line]:
    assert len(layout.rows) == 1
    return layout.rows[0]


def blanks_of(layout: Layout) -> list[Line]:
    return [line for row in layout.rows for line in row if line.blank is not None]


def test_an_empty_blank_after_a_label() -> None:
    pixels = paper(height=700)
    label = write(pixels, 200, BASE, 3)
    underline(pixels, 330, 900)
    row = row_of(find_layout(sheet_of(pixels), [label]))
    assert [(line.blank is not None, line.ink) for line in row] == [(False, True), (True, False)]
    assert row[1].blank is not None
    assert (row[1].blank.start, row[1].blank.end) == pytest.approx((330, 900), abs=6)


def test_a_filled_blank_is_tightened_to_its_writing() -> None:
    pixels = paper(height=700)
    label = write(pixels, 200, BASE, 3)
    underline(pixels, 330, 900)
    value = write(pixels, 420, BASE - 4, 6, 32, seed=9)
    row = row_of(find_layout(sheet_of(pixels), [label, value]))
    assert [(line.blank is not None, line.ink) for line in row] == [(False, True), (True, True)]
    assert (row[1].box.x0, row[1].box.x1) == pytest.approx((value.x0, value.x1), abs=8)


@pytest.mark.parametrize("filled", [False, True])
@pytest.mark.parametrize("characters", [1, 3])
def test_two_blanks_with_a_word_between_stay_two(filled: bool, characters: int) -> None:
    pixels = paper(height=700)
    first = write(pixels, 200, BASE, 3)
    underline(pixels, 330, 700)
    word = write(pixels, 712, BASE, characters, seed=2)
    start = round(word.x1) + 12
    underline(pixels, start, start + 380)
    boxes = [first, word]
    if filled:
        boxes += [write(pixels, 380, BASE - 4, 5, seed=4), write(pixels, start + 40, BASE - 4, 5, seed=5)]
    row = row_of(find_layout(sheet_of(pixels), boxes))
    assert [line.blank is not None for line in row] == [False, True, False, True]
    assert [line.ink for line in row] == [True, filled, True, filled]


def test_one_detected_box_over_label_blank_and_value_is_cut_where_the_blank_begins() -> None:
    """A detector sees a filled-in row as one line of text."""
    pixels = paper(height=700)
    label = write(pixels, 200, BASE, 3)
    underline(pixels, 330, 700)
    value = write(pixels, 380, BASE - 4, 6, seed=4)
    word = write(pixels, 712, BASE, 3, seed=2)
    row = row_of(find_layout(sheet_of(pixels), [label.union(value).union(word)]))
    assert [line.blank is not None for line in row] == [False, True, False]
    assert row[0].box.x1 <= 332
    assert row[2].box.x0 >= 698


def test_writing_high_above_its_underline_is_tightened_to_its_ink() -> None:
    """Its row is as high as the label below it and its own box together; dirt in the blank is none of it."""
    pixels = paper()
    label = write(pixels, 200, BASE + 6, 3)
    underline(pixels, 330, 900, BASE + 40)
    value = write(pixels, 360, BASE - 12, 4, 26, seed=9)
    cv2.circle(pixels, (700, BASE + 8), 1, INK, -1)
    row = row_of(find_layout(sheet_of(pixels), [label, value.grown(10, 12)]))
    assert [line.blank is not None for line in row] == [False, True]
    assert row[1].box.y0 == pytest.approx(value.y0, abs=2)
    assert row[1].box.y1 == pytest.approx(value.y1, abs=2)
    assert row[1].box.x1 == pytest.approx(value.x1, abs=2)


def test_a_stroke_alone_in_a_blank_keeps_the_height_of_its_row() -> None:
    pixels = paper()
    label = write(pixels, 200, BASE, 3)
    underline(pixels, 330, 900)
    cv2.line(pixels, (400, BASE + 14), (430, BASE + 14), INK, 3)
    row = row_of(find_layout(sheet_of(pixels), [label]))
    assert row[1].ink
    assert row[1].box.height == pytest.approx(row[0].box.height, abs=8)


def test_what_a_value_s_box_has_of_its_label_is_no_line_of_its_own() -> None:
    pixels = paper()
    label = write(pixels, 200, BASE, 3)
    underline(pixels, 330, 900)
    value = write(pixels, 420, BASE, 6, seed=9)
    over = Box(label.x1 - 40, value.y0, value.x1, value.y1)
    row = row_of(find_layout(sheet_of(pixels), [label, over]))
    assert [line.blank is not None for line in row] == [False, True]


def test_writing_that_hangs_below_the_underline() -> None:
    pixels = paper(height=700)
    label = write(pixels, 200, BASE, 3)
    underline(pixels, 330, 900)
    value = write(pixels, 420, BASE + 6, 6, 38, seed=9)
    row = row_of(find_layout(sheet_of(pixels), [label, value]))
    assert [(line.blank is not None, line.ink) for line in row] == [(False, True), (True, True)]


@pytest.mark.parametrize("degrees", [-2.0, 0.4, 2.0])
def test_blanks_on_a_skew_page(degrees: float) -> None:
    pixels = paper()
    for i in range(12):
        write(pixels, 200, 300 + 90 * i, 3, seed=i)
        underline(pixels, 330, 700, 336 + 90 * i)
        write(pixels, 712, 300 + 90 * i, 3, seed=i + 20)
        underline(pixels, 840, 1300, 336 + 90 * i)
    sheet = flattened(grainy(turned_by(pixels, degrees)))
    back = cv2.getRotationMatrix2D((pixels.shape[1] / 2, pixels.shape[0] / 2), degrees, 1.0)

    def seen(x: float, y: float) -> Box:
        on_scan = back @ np.array([x, y, 1.0])
        at = np.linalg.inv(sheet.to_scan) @ np.array([*on_scan, 1.0])
        at = at / at[2]
        return Box(at[0] - 50, at[1] - 16, at[0] + 50, at[1] + 16)

    boxes = [seen(x, 316 + 90 * i) for i in range(12) for x in (251, 763)]
    layout = find_layout(sheet, boxes)
    assert [[line.blank is not None for line in row] for row in layout.rows] == [[False, True, False, True]] * 12
    assert not any(line.ink for line in blanks_of(layout))


def test_a_row_that_slopes_is_one_row_from_neighbour_to_neighbour() -> None:
    """A photo of a page without rulings: its ends hardly overlap."""
    pixels = paper()
    boxes = [write(pixels, x, 400 - round(0.03 * x) + 90 * i, 3) for i in range(3) for x in (200, 380, 800, 1180)]
    assert boxes[0].y0 > boxes[3].y1 - 8
    layout = find_layout(sheet_of(pixels), boxes)
    assert [len(row) for row in layout.rows] == [4, 4, 4]


@pytest.mark.parametrize("points", [16, 18, 22])
@pytest.mark.parametrize("scan", ["党员登记表_平板扫描.jpg", "单位登记表_传真.png"])
def test_strokes_of_a_large_title_are_not_blanks(scan: str, points: int) -> None:
    """22 points (二号) is the usual size of an official form's title; its level strokes are long then."""
    page = next(read_pages(SCANS / scan, scan, Limits()))
    sheet = flattened(page.pixels, page.dpi)
    top, bottom, left, right = TITLES[scan]
    title = sheet.pixels[top:bottom, left:right]
    scale = points / 72 * 200 / (bottom - top)
    title = cv2.resize(title, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    h, w = title.shape[:2]
    pixels = paper(height=700)
    pixels[200 : 200 + h, 80 : 80 + w] = title
    layout = find_layout(sheet_of(pixels), [Box(80, 200, 80 + w, 200 + h)])
    assert not blanks_of(layout)


def test_the_rulings_of_a_table_are_not_blanks() -> None:
    pixels = paper(height=700)
    table(pixels, [150, 600, 1500], [500, 580, 660])
    label = write(pixels, 200, 440, 3)
    assert not blanks_of(find_layout(sheet_of(pixels), [label]))
