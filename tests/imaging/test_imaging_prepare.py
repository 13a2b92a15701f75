"""From a page as scanned to a flat sheet, and the way back to the scan."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from imaging_pictures import Points, dot, dots, form, photo, rotated, scan, table_top, white, write

from pipeline.imaging.prepare import WORKING_DPI, flatten, turned
from pipeline.intake.pages import read_pages
from pipeline.settings import Limits
from pipeline.sheets import Box, Image, PageImage, Sheet
from tests.conftest import SCANS

SPOTS: Points = [(90, 90), (1150, 120), (620, 880), (100, 1650), (1140, 1640)]
PHOTO_CORNERS: Points = [(280, 220), (1210, 240), (1400, 1850), (90, 1810)]
PHOTO_SPOTS: Points = [(400, 330), (1120, 330), (740, 1000), (220, 1700), (1270, 1730)]


def larger(points: Points, times: float) -> Points:
    return [(times * x, times * y) for x, y in points]


def with_dots(pixels: Image, spots: Points, radius: int = 7) -> Image:
    for x, y in spots:
        dot(pixels, x, y, radius)
    return pixels


def lying() -> Image:
    return photo(form(), PHOTO_CORNERS, table_top(1500, 2000, (45, 75, 110)))


def lying_large() -> Image:
    """As a phone takes it: the sheet has more pixels than are needed."""
    return photo(form(2480, 3508), larger(PHOTO_CORNERS, 1.6), table_top(2400, 3200, (45, 75, 110)))


PICTURES: dict[str, tuple[Callable[[], Image], float, float]] = {  # pixels, stated dpi, times the size
    "square": (form, 150, 1),
    "askew": (lambda: rotated(form(), 4), 150, 1),
    "askew the other way": (lambda: rotated(form(), -7), 150, 1),
    "300 dpi askew": (lambda: rotated(form(2480, 3508), 3), 300, 2),
    "photo": (lying, 0, 1),
    "large photo": (lying_large, 72, 1.6),
}


@pytest.fixture(scope="module", params=list(PICTURES))
def spotted(request: pytest.FixtureRequest) -> tuple[Sheet, Points]:
    """A scan with blue spots at known places, flattened."""
    make, dpi, times = PICTURES[request.param]
    spots = larger(PHOTO_SPOTS if "photo" in request.param else SPOTS, times)
    return flatten(scan(with_dots(make(), spots, round(7 * times)), dpi)), spots


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_what_is_found_on_the_sheet_is_led_back_to_the_scan(spotted: tuple[Sheet, Points], turns: int) -> None:
    sheet, spots = spotted
    sheet = turned(sheet, turns)
    found = dots(sheet.pixels)
    assert len(found) == len(spots)
    # A pixel's centre is half a pixel from its corner, on the sheet as on the scan.
    quads = [sheet.quad_of(Box(x + 0.5, y + 0.5, x + 0.5, y + 0.5)) for x, y in found]
    for x, y in spots:
        nearest = min(np.hypot(x + 0.5 - q[0][0], y + 0.5 - q[0][1]) for q in quads)
        assert nearest < 2.0


def test_a_box_becomes_a_quad_clockwise_from_the_top_left_of_the_sheet() -> None:
    sheet = turned(flatten(scan(form(), 150)), 1)
    h, w = sheet.ink.shape
    quad = sheet.quad_of(Box(0, 0, w, h))
    # The sheet's top left is the scan's bottom left after one turn clockwise.
    assert np.array(quad) == pytest.approx(np.array([(0, 1754), (0, 0), (1240, 0), (1240, 1754)]), abs=0.5)


def test_turning_moves_every_layer_alike() -> None:
    page = form()
    page[100:140, 900:1000] = (40, 40, 215)
    sheet = flatten(scan(page, 150))
    for turns in (-1, 1, 2, 3, 5):
        after = turned(sheet, turns)
        for layer in ("pixels", "ink", "mask", "red"):
            assert np.array_equal(getattr(after, layer), np.rot90(getattr(sheet, layer), -turns)), (turns, layer)
        assert (after.dpi, after.quality, after.colour) == (sheet.dpi, sheet.quality, sheet.colour)


def test_four_quarter_turns_change_nothing() -> None:
    sheet = flatten(scan(lying()))
    round_trip = sheet
    for _ in range(4):
        round_trip = turned(round_trip, 1)
    assert np.array_equal(round_trip.ink, sheet.ink)
    assert round_trip.to_scan == pytest.approx(sheet.to_scan)
    assert turned(sheet, 4) is sheet


def test_a_photo_comes_out_flat() -> None:
    sheet = flatten(scan(lying()))
    h, w = sheet.ink.shape
    # The form's 13 rules are level: each keeps to its row of pixels from end to end.
    for fraction in np.linspace(0.15, 0.85, 13):
        y = round(fraction * h)
        band = sheet.mask[y - 12 : y + 12, round(0.12 * w) : round(0.88 * w)] > 0
        rule = np.convolve(band.mean(axis=1), np.ones(5), "same").max()
        assert rule > 0.95, fraction
    assert 0.65 < w / h < 0.75  # and about as tall as A4


def test_resolution_is_brought_to_what_the_recogniser_needs() -> None:
    fine = flatten(scan(form(2480, 3508), 300))
    assert fine.dpi == pytest.approx(WORKING_DPI)
    assert fine.ink.shape == (2339, 1653)
    coarse = flatten(scan(form(), 150))
    assert coarse.dpi == 150  # nothing is gained by enlarging
    assert coarse.ink.shape == (1754, 1240)


@pytest.mark.parametrize("stated", [0.0, 48.0, 1200.0])
def test_a_resolution_that_cannot_be_is_taken_from_the_page_as_a4(stated: float) -> None:
    assert flatten(scan(form(827, 1169), stated)).dpi == pytest.approx(100, abs=1)


def test_a_page_smaller_than_a4_keeps_its_stated_resolution() -> None:
    a5 = flatten(scan(form(583, 827), 100))
    assert a5.dpi == pytest.approx(100)


def test_a_fax_is_prepared_without_colour() -> None:
    page = next(read_pages(SCANS / "党员登记表_传真.png", "fax.png", Limits()))
    assert set(np.unique(page.pixels)) == {0, 255}  # one bit
    sheet = flatten(page)
    assert not sheet.colour
    assert np.count_nonzero(sheet.red) == 0
    assert sheet.quality > 0.5
    assert sheet.dpi == pytest.approx(150, abs=1)
    share = (page.pixels[:, :, 0] == 0).mean()
    assert np.count_nonzero(sheet.mask) / sheet.mask.size == pytest.approx(share, rel=0.25)


def test_a_huge_scan_comes_out_at_working_size() -> None:
    sheet = flatten(scan(form(4960, 7016), 600))
    assert sheet.dpi == pytest.approx(WORKING_DPI)
    assert sheet.ink.shape == (2339, 1653)
    assert sheet.quality > 0.5


@pytest.mark.parametrize("size", [(50, 50), (50, 70), (1, 1), (20, 200)])
def test_a_tiny_picture_is_prepared_like_any_other(size: tuple[int, int]) -> None:
    page = white(*size)
    write(page, "x", 5, 40, size=0.5)
    sheet = flatten(scan(page))
    h, w = sheet.ink.shape
    assert sheet.pixels.shape == (h, w, 3)
    assert sheet.mask.shape == sheet.red.shape == (h, w)
    assert 0.0 <= sheet.quality <= 1.0
    assert np.isfinite(sheet.to_scan).all()


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_page_of_one_tone_is_prepared_and_worthless(level: int) -> None:
    sheet = flatten(scan(np.full((1169, 827, 3), level, dtype=np.uint8), 100))
    assert sheet.quality == 0.0
    assert not sheet.colour


def test_the_page_as_scanned_is_not_touched() -> None:
    page = scan(rotated(form(), 3), 150)
    before = page.pixels.copy()
    flatten(page)
    assert np.array_equal(page.pixels, before)


@pytest.mark.parametrize("size", [(3, 2000), (2000, 3), (1, 5000), (1, 1)])
def test_a_strip_of_a_picture_is_a_blank_sheet(size: tuple[int, int]) -> None:
    pixels = np.full((*size, 3), 255, dtype=np.uint8)
    sheet = flatten(PageImage("strip.png", 1, pixels, 0.0))
    assert not sheet.mask.any()
