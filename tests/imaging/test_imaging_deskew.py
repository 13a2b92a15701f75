"""The small angle by which a page is out of square."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from imaging_pictures import form, rotated, white, write

from pipeline.imaging.deskew import skew_angle
from pipeline.sheets import Image

ANGLES = [-8.0, -5.37, -2.5, -0.3, 0.0, 0.12, 1.0, 3.3, 6.05, 8.0]


def turned_by(page: Image, degrees: float) -> Image:
    """The gray page after a turn clockwise."""
    gray = np.asarray(cv2.cvtColor(page, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    return rotated(gray, degrees) if degrees else gray


@pytest.mark.parametrize("degrees", ANGLES)
def test_a_ruled_form(degrees: float) -> None:
    assert skew_angle(turned_by(form(), degrees)) == pytest.approx(degrees, abs=0.1)


@pytest.mark.parametrize("degrees", [-8.0, -2.7, 5.4])
def test_running_text_without_a_rule(degrees: float) -> None:
    page = white()
    for line in range(20):
        write(page, "the quick brown fox jumps over it", 150, 200 + 70 * line)
    assert skew_angle(turned_by(page, degrees)) == pytest.approx(degrees, abs=0.1)


@pytest.mark.parametrize("degrees", [-4.0, 0.0, 3.3])
def test_a_page_on_its_side_is_squared_and_not_stood_up(degrees: float) -> None:
    page = np.ascontiguousarray(np.rot90(form()))
    assert skew_angle(turned_by(page, degrees)) == pytest.approx(degrees, abs=0.1)


def test_a_single_line_is_enough() -> None:
    page = white()
    write(page, "the quick brown fox jumps over it", 150, 800)
    assert skew_angle(turned_by(page, 5.4)) == pytest.approx(5.4, abs=0.25)


def test_a_blank_page_is_left_as_it_is() -> None:
    assert skew_angle(turned_by(white(), 0)) == 0.0
    assert skew_angle(np.zeros((300, 200), dtype=np.uint8)) == 0.0


def test_a_dense_page_gives_the_same_angle_each_time() -> None:
    """There is so much ink that only a sample of it is looked at."""
    dense = white()
    for line in range(52):
        write(dense, "the quick brown fox jumps over the lazy dog, and the dog", 90, 120 + 30 * line, size=1.1)
    page = turned_by(dense, 1.7)
    assert skew_angle(page) == skew_angle(page) == pytest.approx(1.7, abs=0.1)
