"""The parts of a sheet that a text detector is given: what may carry text, and no white paper."""

from __future__ import annotations

from pipeline.forms.frame import find_frame, open_parts
from pipeline.records import Box, Image
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
