"""Homographies: they keep the whole picture, and lead back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.imaging.geometry import quarter_turn, rectifying, rotation, scaling
from pipeline.sheets import Matrix, as_quad

sizes = st.floats(1, 5000)


def moved(matrix: Matrix, points: list[tuple[float, float]]) -> np.ndarray:
    out = np.array([[x, y, 1.0] for x, y in points]) @ matrix.T
    return out[:, :2] / out[:, 2:3]


def corners(width: float, height: float) -> list[tuple[float, float]]:
    return [(0, 0), (width, 0), (width, height), (0, height)]


@given(st.floats(-180, 180), sizes, sizes)
def test_a_rotation_keeps_every_corner_within_the_new_frame(degrees: float, width: float, height: float) -> None:
    matrix, (w, h) = rotation(degrees, width, height)
    points = moved(matrix, corners(width, height))
    assert points.min() > -1e-6 * max(width, height)
    assert (points[:, 0] <= w + 1e-6 * max(w, h)).all()
    assert (points[:, 1] <= h + 1e-6 * max(w, h)).all()
    assert np.ptp(points, axis=0) == pytest.approx((w, h))  # and no larger than it need be


def test_a_rotation_is_counter_clockwise() -> None:
    matrix, _ = rotation(90, 100, 50)
    assert moved(matrix, [(100, 0)]).ravel() == pytest.approx((0, 0), abs=1e-9)  # top right comes to the top left


@given(st.integers(-8, 8), sizes, sizes)
def test_quarter_turns_move_corners_onto_corners(turns: int, width: float, height: float) -> None:
    matrix, (w, h) = quarter_turn(turns, width, height)
    assert (w, h) == ((width, height) if turns % 2 == 0 else (height, width))
    expected = np.roll(corners(w, h), -(turns % 4), axis=0)  # clockwise: the top left goes to the top right
    assert moved(matrix, corners(width, height)) == pytest.approx(expected)


@given(st.integers(0, 3), sizes, sizes)
def test_a_turn_and_the_rest_of_the_circle_are_nothing(turns: int, width: float, height: float) -> None:
    there, (w, h) = quarter_turn(turns, width, height)
    back, size = quarter_turn(4 - turns, w, h)
    assert size == (width, height)
    assert back @ there == pytest.approx(np.eye(3))


def test_a_quad_becomes_an_upright_rectangle() -> None:
    quad = as_quad([(280, 220), (1210, 240), (1400, 1850), (90, 1810)])
    matrix, (width, height) = rectifying(quad)
    assert moved(matrix, list(quad)) == pytest.approx(np.array(corners(width, height)), abs=0.01)
    assert width == pytest.approx((930.2 + 1310.6) / 2, abs=0.2)
    assert height == pytest.approx((1621.2 + 1601.3) / 2, abs=0.2)


def test_scaling_is_about_the_origin() -> None:
    assert moved(scaling(0.5), [(0, 0), (10, 30)]).tolist() == [[0, 0], [5, 15]]
