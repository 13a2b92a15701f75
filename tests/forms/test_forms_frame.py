"""The parts of a sheet that a text detector is given: what may carry text, and no white paper."""

from __future__ import annotations

import cv2
import pytest

from pipeline.forms.frame import find_frame, open_parts
from pipeline.sheets import Box, Image
from tests.support.pages import paper, sheet_of, table, write


def parts_of(pixels: Image) -> list[Box]:
    sheet = sheet_of(pixels)
    return open_parts(find_frame(sheet), sheet)


def holds(parts: list[Box], text: Box) -> bool:
    return any(p.x0 < text.x0 and p.y0 < text.y0 and p.x1 > text.x1 and p.y1 > text.y1 for p in parts)


def test_white_paper_is_no_part() -> None:
    assert parts_of(paper()) == []


def test_text_is_within_a_part_with_some_paper_around_and_little_else() -> None:
    pixels = paper()
    title, foot = write(pixels, 500, 200, characters=9), write(pixels, 900, 2100)
    parts = parts_of(pixels)
    assert holds(parts, title)
    assert holds(parts, foot)
    assert len(parts) == 2  # the white between them is left out
    for part, text in zip(parts, (title, foot), strict=True):
        assert part.width - text.width < 60
        assert part.height - text.height < 60


def test_lines_near_one_another_stay_together() -> None:
    pixels = paper()
    lines = [write(pixels, 300, y, characters=12) for y in (300, 390, 480)]
    [part] = parts_of(pixels)
    assert all(holds([part], line) for line in lines)


def test_a_grain_of_dirt_is_no_text() -> None:
    pixels = paper()
    text = write(pixels, 300, 300)
    pixels[1500:1502, 800:802] = 0
    [part] = parts_of(pixels)
    assert holds([part], text)
    assert part.y1 < 1000


def test_a_table_is_left_out_but_for_its_head() -> None:
    pixels = paper()
    title = write(pixels, 500, 150, characters=9)
    table(pixels, [200, 800, 1400], list(range(300, 1600, 100)))
    parts = parts_of(pixels)
    assert holds(parts, title)
    assert sum(part.height for part in parts) < 500  # the title, the head, a strip along the foot


def test_a_long_part_comes_in_pieces_that_cut_no_line() -> None:
    pixels = paper()
    lines = [write(pixels, 300, y, characters=12) for y in range(150, 2250, 90)]
    parts = parts_of(pixels)
    assert len(parts) > 1
    assert all(holds(parts, line) for line in lines)


def dashed(dash: int) -> tuple[Image, list[int], list[int]]:
    """A table whose rulings a copier made faint, with dashes of full ink."""
    pixels = paper()
    columns, rows = [200, 600, 1000, 1400], list(range(400, 1300, 100))
    lines = [((columns[0], y), (columns[-1], y)) for y in rows] + [((x, rows[0]), (x, rows[-1])) for x in columns]
    for (x0, y0), (x1, y1) in lines:
        cv2.line(pixels, (x0, y0), (x1, y1), (222, 222, 222), 2)
        for at in range(0, max(x1 - x0, y1 - y0), 3 * dash):
            across = y0 == y1
            start = (x0 + at, y0) if across else (x0, y0 + at)
            cv2.line(pixels, start, (start[0] + dash * across, start[1] + dash * (not across)), (40, 40, 40), 2)
    return pixels, columns, rows


@pytest.mark.parametrize("dash", [50, 60, 100])
def test_a_table_of_dashes_is_found_in_faint_ink(dash: int) -> None:
    pixels, columns, rows = dashed(dash)
    [found] = find_frame(sheet_of(pixels)).tables
    assert len(found.cells) == (len(columns) - 1) * (len(rows) - 1)
    assert found.box.x0 == pytest.approx(columns[0], abs=5)
    assert found.box.y1 == pytest.approx(rows[-1], abs=5)


def test_faint_lines_without_any_full_ink_are_no_table() -> None:
    """What shines through from the back of the paper."""
    pixels = paper()
    for y in range(400, 1300, 100):
        cv2.line(pixels, (200, y), (1400, y), (222, 222, 222), 2)
    for x in (200, 800, 1400):
        cv2.line(pixels, (x, 400), (x, 1200), (222, 222, 222), 2)
    write(pixels, 300, 1500, characters=12)
    assert find_frame(sheet_of(pixels)).tables == []
