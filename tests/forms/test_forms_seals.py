"""Seals on drawn pages: red ones, overlapping ones, black ones on copies, and what only looks like one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.forms.seals import find_seals
from pipeline.sheets import Image
from tests.support.pages import DPI, INK, grainy, grayed, paper, seal, sheet_of, table, write

MM = DPI / 25.4


def seals_in(pixels: Image) -> list[tuple[float, float, float]]:
    """``(x, y, radius)`` of the seals found, from top to bottom."""
    return sorted(((s.x, s.y, s.radius) for s in find_seals(sheet_of(pixels))), key=lambda s: (s[1], s[0]))


def near(x: float, y: float, radius: float) -> tuple[object, ...]:
    return (pytest.approx(x, abs=3 * MM), pytest.approx(y, abs=3 * MM), pytest.approx(radius, rel=0.12))


def written_page() -> Image:
    pixels = paper()
    for i in range(28):
        write(pixels, 160, 200 + 68 * i, 34, 30, seed=i)
    return pixels


@pytest.mark.parametrize("millimetres", [38, 42, 45])
def test_a_red_seal_of_official_size(millimetres: int) -> None:
    pixels, radius = paper(), round(millimetres * MM / 2)
    seal(pixels, 1100, 1500, radius)
    assert seals_in(grainy(pixels)) == [near(1100, 1500, radius)]


def test_a_red_seal_over_writing() -> None:
    pixels = written_page()
    seal(pixels, 1000, 1200)
    assert seals_in(grainy(pixels)) == [near(1000, 1200, 160)]


@pytest.mark.parametrize("distance", [180, 240, 300])
def test_two_overlapping_seals(distance: int) -> None:
    pixels = paper()
    seal(pixels, 700, 1500)
    seal(pixels, 700 + distance, 1540)
    assert seals_in(grainy(pixels)) == [near(700, 1500, 160), near(700 + distance, 1540, 160)]


def test_two_seals_apart() -> None:
    pixels = written_page()
    seal(pixels, 500, 700)
    seal(pixels, 1200, 1700, 150)
    assert seals_in(grainy(pixels)) == [near(500, 700, 160), near(1200, 1700, 150)]


def test_a_faint_seal_with_gaps_in_its_ring() -> None:
    pixels = paper()
    seal(pixels, 900, 1300, colour=(150, 140, 225))
    cv2.ellipse(pixels, (900, 1300), (160, 160), 0, 20, 75, (255, 255, 255), 18)  # badly inked
    assert seals_in(pixels) == [near(900, 1300, 160)]


def test_a_seal_half_off_the_page() -> None:
    pixels = paper()
    seal(pixels, pixels.shape[1] - 70, 1500)
    assert len(seals_in(pixels)) == 1


@pytest.mark.parametrize("radius", [145, 165])
def test_a_black_seal_on_a_copy(radius: int) -> None:
    pixels = paper()
    seal(pixels, 1000, 1500, radius)
    for i in range(8):
        write(pixels, 160, 200 + 68 * i, 30, 30, seed=i)
    assert seals_in(grayed(pixels)) == [near(1000, 1500, radius)]


def test_two_black_seals_on_a_copy() -> None:
    pixels = paper()
    seal(pixels, 500, 1500)
    seal(pixels, 1200, 1520)
    table(pixels, [150, 850, 1500], [1200, 1800])
    assert seals_in(grayed(pixels)) == [near(500, 1500, 160), near(1200, 1520, 160)]


def test_a_black_seal_on_a_fax() -> None:
    pixels = paper()
    seal(pixels, 1000, 1500)
    binary = np.where(grayed(grainy(pixels)) < 170, 0, 255).astype(np.uint8)
    assert seals_in(binary) == [near(1000, 1500, 160)]


@pytest.mark.parametrize("size", [22, 30])
def test_dense_writing_is_no_seal(size: int) -> None:
    pixels = paper()
    for i in range(round(2000 / (1.2 * size))):
        write(pixels, 120, 150 + round(1.2 * size * i), round(1400 / (1.15 * size)), size, seed=i)
    assert seals_in(grayed(grainy(pixels))) == []


def test_a_grid_full_of_writing_is_no_seal() -> None:
    pixels = paper()
    xs, ys = list(range(120, 1540, 118)), list(range(200, 2200, 60))
    table(pixels, xs, ys)
    for r, y in enumerate(ys[:-1]):
        for x in xs[:-1]:
            write(pixels, x + 10, y + 14, 3, 30, seed=r)
    assert seals_in(grayed(pixels)) == []


def test_red_print_is_no_seal() -> None:
    """A red heading over a red rule, as on official letters."""
    pixels = paper()
    heading = paper(1654, 200)
    write(heading, 300, 60, 14, 70)
    red = np.where(heading < 128, np.array([60, 50, 215], dtype=np.uint8), np.uint8(255)).astype(np.uint8)
    pixels[100:300] = red
    cv2.line(pixels, (150, 340), (1500, 340), (60, 50, 215), 6)
    assert seals_in(pixels) == []


def test_a_stamp_of_another_size_or_shape_is_no_seal() -> None:
    pixels = paper()
    seal(pixels, 400, 600, 60, legend=6)  # 15 mm across: a signet
    cv2.rectangle(pixels, (900, 500), (1220, 660), (60, 50, 215), 6)  # a boxed date stamp
    assert seals_in(pixels) == []


def test_a_hand_drawn_black_circle_is_no_seal() -> None:
    pixels = written_page()
    cv2.ellipse(pixels, (900, 1000), (170, 150), 12, 0, 350, INK, 4)
    assert seals_in(grayed(pixels)) == []


def test_a_page_without_seals() -> None:
    assert seals_in(grainy(written_page())) == []


@pytest.mark.parametrize("turn", [0, 25, 110])
def test_a_black_seal_of_which_a_third_of_the_ring_and_the_legend_are_lost(turn: int) -> None:
    pixels = paper()
    seal(pixels, 1000, 1500, legend=0)
    cv2.ellipse(pixels, (1000, 1500), (160, 160), turn, 0, 120, (255, 255, 255), 24)
    for i in range(8):
        write(pixels, 160, 200 + 68 * i, 30, 30, seed=i)
    assert seals_in(grayed(grainy(pixels))) == [near(1000, 1500, 160)]


def test_a_red_seal_of_which_half_the_ring_is_lost() -> None:
    pixels = written_page()
    seal(pixels, 1000, 1950, legend=0)
    cv2.ellipse(pixels, (1000, 1950), (160, 160), 0, 90, 270, (255, 255, 255), 24)
    assert seals_in(pixels) == [near(1000, 1950, 160)]
