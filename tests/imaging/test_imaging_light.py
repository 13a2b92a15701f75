"""Light is made even, and red seal ink comes apart from black and blue writing."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from imaging_pictures import A4, BLACK, BLUE, RED, form, gradient, scan, white, write

from pipeline.imaging.light import even_light, is_coloured, red_ink
from pipeline.imaging.prepare import flatten
from pipeline.sheets import Image

PAPER = cv2.erode((form().min(axis=2) == 255).astype(np.uint8), np.ones((9, 9))) > 0  # clear of any ink


@pytest.mark.parametrize("low", [0.7, 0.4])
def test_a_gradient_of_light_is_removed(low: float) -> None:
    lit = (form() * gradient(*A4, low)).astype(np.uint8)
    even = even_light(lit)
    assert int(lit[PAPER].max()) - int(lit[PAPER].min()) > 50 * (1 - low) / 0.2 - 10  # there was one
    assert np.percentile(even[PAPER], 0.5) > 238
    ink = form().max(axis=2) < 30
    assert np.percentile(even[ink], 95) < 90  # and ink stays dark


def test_a_colour_cast_is_removed() -> None:
    yellow = (form() * gradient(*A4, 0.6) * np.array([0.7, 0.9, 1.0])).astype(np.uint8)
    even = even_light(yellow)
    assert np.ptp(np.median(even[PAPER], axis=0)) <= 3
    assert not is_coloured(even)


def test_ink_keeps_its_colour_relative_to_the_paper() -> None:
    page = white()
    write(page, "blue pen", 300, 600, BLUE, size=2)
    lit = (page * gradient(*A4, 0.6) * np.array([0.8, 0.9, 1.0])).astype(np.uint8)
    even = even_light(lit)
    b, g, r = np.median(even[(page != 255).all(axis=2)].astype(int), axis=0)
    assert b > g + 40
    assert b > r + 60


def sealed(page: Image) -> tuple[Image, np.ndarray]:
    """The page with a red ring and a red stroke printed over it, and where the red is."""
    seal = white()
    cv2.circle(seal, (600, 600), 150, RED, 9)
    cv2.line(seal, (300, 585), (1000, 585), RED, 12)
    over = (page.astype(np.float64) * seal / 255).astype(np.uint8)
    return over, seal.min(axis=2) < 100


def test_writing_under_a_red_stroke_survives_and_the_red_goes() -> None:
    page = white()
    write(page, "Signed by the chairman", 300, 600, size=2)
    text = page.max(axis=2) < 100
    over, red = sealed(page)
    sheet = flatten(scan(over, 150))
    assert sheet.ink.shape == text.shape  # nothing to straighten
    assert (sheet.mask[text] > 0).mean() > 0.95
    assert (sheet.mask[text & red] > 0).mean() > 0.95
    beside = red & (cv2.erode(page.min(axis=2), np.ones((7, 7))) == 255)
    assert (sheet.mask[beside] > 0).mean() < 0.01
    assert (sheet.red[beside] > 0).mean() > 0.98
    assert sheet.ink[beside].min() > 230


def test_blue_writing_under_a_red_stroke_survives() -> None:
    page = white()
    write(page, "Signed by the chairman", 300, 600, BLUE, size=2)
    text = page[:, :, 2] < 100
    over, red = sealed(page)
    sheet = flatten(scan(over, 150))
    assert (sheet.mask[text] > 0).mean() > 0.9
    assert (sheet.mask[text & red] > 0).mean() > 0.9


@pytest.mark.parametrize("colour", [BLACK, BLUE], ids=["black", "blue"])
def test_black_and_blue_ink_are_kept_and_are_not_red(colour: tuple[int, int, int]) -> None:
    page = white()
    write(page, "written by hand", 300, 600, colour, size=2)
    sheet = flatten(scan(page, 150))
    assert np.count_nonzero(sheet.red) == 0
    written = page.max(axis=2) < 200
    assert (sheet.mask[written] > 0).mean() > 0.95


def test_faded_and_dark_seals_are_red_and_brown_paper_is_not() -> None:
    for colour in ((150, 150, 235), (30, 30, 150), (70, 60, 200)):
        page = white(400, 300)
        cv2.circle(page, (200, 150), 80, colour, 10)
        found = red_ink(even_light(page))
        ring = (page != 255).any(axis=2)
        assert (found[ring] > 0).mean() > 0.9, colour
        assert np.count_nonzero(found[~ring]) == 0, colour
    kraft = (white(400, 300) * np.array([0.5, 0.65, 0.8])).astype(np.uint8)
    assert np.count_nonzero(red_ink(even_light(kraft))) == 0


def test_the_blurred_rim_of_a_seal_does_not_become_ink() -> None:
    page = white(400, 300)
    cv2.circle(page, (200, 150), 80, RED, 10)
    sheet = flatten(scan(np.asarray(cv2.GaussianBlur(page, (0, 0), 2.5), dtype=np.uint8)))
    assert np.count_nonzero(sheet.red) > 1000
    assert np.count_nonzero(sheet.mask) == 0


def test_colour_is_noticed_where_there_is_some() -> None:
    page = form()
    assert not is_coloured(page)
    write(page, "a few words in blue", 300, 200, BLUE)
    assert is_coloured(page)


def test_the_grain_of_an_empty_page_is_not_ink() -> None:
    grain = np.random.default_rng(1).normal(0, 6, (1754, 1240, 1))
    paper = np.clip(232 + grain + np.zeros(3), 0, 255).astype(np.uint8)
    assert np.count_nonzero(flatten(scan(paper, 150)).mask) == 0
