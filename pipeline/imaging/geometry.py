"""Homographies between a page as scanned and its flattened sheet. Points are ``(x, y)`` in pixels."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.sheets import Matrix, Quad


def scaling(factor: float) -> Matrix:
    """Uniform scaling about the origin, pixel centres at whole numbers plus one half."""
    return np.diag([factor, factor, 1.0])


def rotation(degrees: float, width: float, height: float) -> tuple[Matrix, tuple[float, float]]:
    """Rotation by ``degrees`` counter-clockwise that keeps the whole picture, and its new size."""
    rad = np.deg2rad(degrees)
    cos, sin = np.cos(rad), np.sin(rad)
    new_w = abs(width * cos) + abs(height * sin)
    new_h = abs(width * sin) + abs(height * cos)
    matrix = np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])
    moved = matrix @ np.array([width / 2, height / 2, 1.0])
    matrix[0, 2] = new_w / 2 - moved[0]
    matrix[1, 2] = new_h / 2 - moved[1]
    return matrix, (new_w, new_h)


def quarter_turn(turns: int, width: float, height: float) -> tuple[Matrix, tuple[float, float]]:
    """The matrix of ``turns`` quarter turns clockwise, and the new ``(width, height)``."""
    turns %= 4
    if turns == 0:
        return np.eye(3), (width, height)
    if turns == 1:
        return np.array([[0.0, -1.0, height], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]), (height, width)
    if turns == 2:
        return np.array([[-1.0, 0.0, width], [0.0, -1.0, height], [0.0, 0.0, 1.0]]), (width, height)
    return np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, width], [0.0, 0.0, 1.0]]), (height, width)


def rectifying(quad: Quad) -> tuple[Matrix, tuple[float, float]]:
    """The homography that makes ``quad`` (clockwise from top left) an upright rectangle, and its size.

    The rectangle's sides are the mean lengths of the quad's opposite sides.
    """
    tl, tr, br, bl = (np.array(p) for p in quad)
    width = float((np.linalg.norm(tr - tl) + np.linalg.norm(br - bl)) / 2)
    height = float((np.linalg.norm(bl - tl) + np.linalg.norm(br - tr)) / 2)
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(np.array(quad, dtype=np.float32), target)
    return np.asarray(matrix, dtype=np.float64), (width, height)
