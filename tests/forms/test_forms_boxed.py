"""Boxes that a person drew: the lines in them, and what they say as a value of a field. The real engine."""

from __future__ import annotations

import pytest

from pipeline.definitions import FieldDefinition
from pipeline.flow import Tools, read_box, upright_layout
from pipeline.forms.boxed import box_on, lines_in_box
from pipeline.forms.layout import Layout, find_layout
from pipeline.intake.pages import read_pages
from pipeline.settings import Settings
from pipeline.sheets import Box, Quad
from tests.conftest import SCANS
from tests.support.pages import paper, sheet_of, table, write
from tests.support.truth import SAMPLES, Expected, expected_values, same


def layout_of(name: str, tools: Tools, settings: Settings) -> Layout:
    page = next(read_pages(SCANS / name, name, settings.limits))
    return upright_layout(page, tools.engine)


@pytest.fixture(scope="module", params=["党员登记表_平板扫描.jpg", "党员登记表_手机照片.jpg", "党员登记表_横放.pdf"])
def drawn_on(request: pytest.FixtureRequest, tools: Tools, settings: Settings) -> tuple[Layout, list[Expected]]:
    """A page with what is written on it and where."""
    sample = next(s for s in SAMPLES if s["files"] == [request.param])
    return layout_of(request.param, tools, settings), [v for v in expected_values(sample) if v.box]


def field(tools: Tools, key: str) -> FieldDefinition:
    return tools.forms["member_registration"].field(key)


@pytest.mark.parametrize("key", ["name", "id_number", "employer", "birth_date", "home_address"])
def test_a_box_around_a_value_says_the_value(drawn_on: tuple[Layout, list[Expected]], tools: Tools, key: str) -> None:
    layout, written = drawn_on
    value = next(v for v in written if v.path == key)
    assert value.box is not None
    answer = read_box(layout, value.box, field(tools, key), tools)
    assert same(answer.value, value.value)
    assert answer.evidence is not None
    assert 0 < answer.confidence <= 1


def test_a_box_where_nothing_stands_says_nothing(tools: Tools) -> None:
    layout = find_layout(sheet_of(paper()), [])
    corner: Quad = ((10.0, 10.0), (300.0, 10.0), (300.0, 100.0), (10.0, 100.0))
    assert read_box(layout, corner, field(tools, "name"), tools).value is None
    outside: Quad = ((-500.0, -500.0), (-300.0, -500.0), (-300.0, -400.0), (-500.0, -400.0))
    assert read_box(layout, outside, field(tools, "name"), tools).value is None


def test_the_rulings_of_a_cell_are_no_writing() -> None:
    """People draw around the cell, through its rulings or within them, and around two lines as around one."""
    pixels = paper()
    table(pixels, [200, 800, 1400], [300, 420, 540])
    one, two = write(pixels, 240, 340), write(pixels, 240, 460, seed=5)
    layout = find_layout(sheet_of(pixels), [])
    for margin in (-20, -4, 0, 3):
        [line] = lines_in_box(layout, Box(200, 300, 800, 420).grown(margin))
        assert abs(line.box.x0 - one.x0) < 6
        assert abs(line.box.x1 - one.x1) < 6
    assert [abs(line.box.y0 - box.y0) < 8 for line, box in zip(
        lines_in_box(layout, Box(210, 310, 790, 530)), (one, two), strict=True
    )] == [True, True]  # fmt: skip


def test_only_what_lies_in_the_box_is_taken() -> None:
    pixels = paper()
    written = write(pixels, 240, 340, characters=8)
    layout = find_layout(sheet_of(pixels), [])
    middle = (written.x0 + written.x1) / 2
    [line] = lines_in_box(layout, Box(middle, written.y0 - 5, written.x1 + 5, written.y1 + 5))
    assert line.box.x0 >= middle - 1


def test_a_quad_is_found_again_on_a_sheet_that_was_turned(tools: Tools, settings: Settings) -> None:
    sheet = layout_of("党员登记表_横放.pdf", tools, settings).sheet
    box = Box(300, 400, 700, 460)
    found = box_on(sheet, sheet.quad_of(box))
    assert (found.x0, found.y0, found.x1, found.y1) == pytest.approx((300, 400, 700, 460), abs=0.1)
