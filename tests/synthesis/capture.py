"""From a clean page to a scan: flatbed, copier, fax or photograph. Boxes follow through one homography."""

from __future__ import annotations

import io

import cv2
import numpy as np
from PIL import Image

PROFILES = ("flatbed", "copier", "fax", "photo")


def _cloud(rng: np.random.Generator, shape: tuple[int, int], cells: int) -> np.ndarray:
    """Soft noise between 0 and 1."""
    small = rng.random((cells, max(2, cells * shape[1] // shape[0]))).astype(np.float32)
    return np.clip(cv2.resize(small, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), 0, 1)


def _rotation(
    shape: tuple[int, int], scale: float, degrees: float, rng: np.random.Generator
) -> tuple[np.ndarray, tuple[int, int]]:
    """A homography that scales to the output size and turns about the middle, with a little shift."""
    size = (round(shape[1] * scale), round(shape[0] * scale))
    turn = cv2.getRotationMatrix2D((shape[1] / 2, shape[0] / 2), degrees, scale)
    shift = np.array(size) / 2 - np.array(shape[1::-1]) / 2 + rng.normal(0, 0.006, 2) * size
    turn[:, 2] = turn[:, 2] + shift
    return np.vstack([turn, [0, 0, 1]]), size


def _photo_view(shape: tuple[int, int], scale: float, rng: np.random.Generator) -> tuple[np.ndarray, tuple[int, int]]:
    """A homography as of a hand-held camera over a desk."""
    h, w = shape
    margin = rng.uniform(0.03, 0.09)
    size = (round(w * scale * (1 + margin)), round(h * scale * (1 + margin)))
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    ox, oy = (size[0] - w * scale) / 2, (size[1] - h * scale) / 2
    seen = corners * scale + (ox, oy)
    seen += rng.normal(0, 0.014, (4, 2)) * (w * scale)
    angle = np.deg2rad(rng.uniform(-2.5, 2.5))
    centre = np.array(size) / 2
    spin = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    seen = (seen - centre) @ spin.T + centre
    return cv2.getPerspectiveTransform(corners, seen.astype(np.float32)), size


def _desk(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Something a page may lie on: wood, cloth or a plain board."""
    shape = (size[1], size[0])
    base = np.array([rng.uniform(60, 190), rng.uniform(50, 160), rng.uniform(40, 150)], np.float32)
    kind = rng.integers(3)
    if kind == 0:
        grain = cv2.resize(_cloud(rng, (shape[0], 64), 90), (shape[1], shape[0]))
        grain = 0.6 * grain + 0.4 * _cloud(rng, shape, 6)
    elif kind == 1:
        ys, xs = np.mgrid[0 : shape[0], 0 : shape[1]]
        grain = 0.5 + 0.25 * np.sin(xs / 3.1) * np.sin(ys / 3.3) + 0.3 * (_cloud(rng, shape, 12) - 0.5)
    else:
        grain = _cloud(rng, shape, 4)
    return np.clip(base[None, None] * (0.7 + 0.5 * grain[..., None]), 0, 255).astype(np.float32)


def _warp(page: np.ndarray, matrix: np.ndarray, size: tuple[int, int], ground: np.ndarray) -> np.ndarray:
    """The page on its ground."""
    shrink = float(np.sqrt(abs(np.linalg.det(matrix[:2, :2]))))
    if shrink < 0.85:
        page = cv2.GaussianBlur(page, (0, 0), 0.45 / shrink)
    flat = cv2.warpPerspective(page, matrix, size, flags=cv2.INTER_LINEAR).astype(np.float32)
    flat = flat if flat.ndim == 3 else flat[..., None]
    cover = (
        cv2.warpPerspective(np.full(page.shape[:2], 255, np.uint8), matrix, size).astype(np.float32)[..., None] / 255
    )
    return flat * cover + ground * (1 - cover)


def capture(
    page: np.ndarray, profile: str, scale: float, rng: np.random.Generator, turn: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """The scan (RGB, or gray for copier, or 0/255 gray for fax) and the homography from page to scan."""
    shape = page.shape[:2]
    if profile == "photo":
        matrix, size = _photo_view(shape, scale, rng)
    else:
        spread = {"flatbed": 3.0, "copier": 1.6, "fax": 1.2}[profile]
        matrix, size = _rotation(shape, scale, float(np.clip(rng.normal(0, spread / 2), -spread, spread)), rng)
    image = {"flatbed": _flatbed, "copier": _copier, "fax": _fax, "photo": _photo}[profile](page, matrix, size, rng)
    if turn:
        h, w = image.shape[:2]
        for _ in range(turn):  # a quarter turn against the clock: (x, y) -> (y, w - 1 - x)
            matrix = np.array([[0, 1, 0], [-1, 0, w - 1], [0, 0, 1]], np.float64) @ matrix
            h, w = w, h
        image = np.ascontiguousarray(np.rot90(image, turn))
    return image, matrix


def _flatbed(page: np.ndarray, matrix: np.ndarray, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    tint = np.array([1, 1, 1]) - rng.uniform(0, 0.1) * rng.random(3)
    fibre = 1 - 0.03 * _cloud(rng, page.shape[:2], int(rng.choice([40, 160, 420])))[..., None] * rng.random()
    lid = np.full(3, rng.choice([252, 245, 60, 30])) + rng.normal(0, 2, 3)
    image = _warp(
        np.clip(page * tint * fibre, 0, 255).astype(np.uint8), matrix, size, lid.astype(np.float32)[None, None]
    )
    image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 0.8))
    contrast, light = rng.uniform(0.86, 1.05), rng.uniform(-6, 8)
    image = (image - 128) * contrast + 128 + light + rng.normal(0, rng.uniform(1, 4.5), image.shape)
    return np.clip(image, 0, 255).astype(np.uint8)


def _copier(page: np.ndarray, matrix: np.ndarray, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    gray = page.astype(np.float32) @ np.array([0.42, 0.43, 0.15], np.float32)
    image = _warp(gray[..., None].astype(np.uint8), matrix, size, np.array([rng.choice([250, 40])], np.float32))
    image = cv2.GaussianBlur(image[..., 0], (0, 0), rng.uniform(0.3, 0.5) * size[0] / 1000)
    image = 255 / (1 + np.exp(-(image - rng.uniform(150, 190)) / rng.uniform(16, 30)))
    shape = image.shape
    dots = rng.random(shape) < rng.uniform(0.00005, 0.0005)
    dots = cv2.dilate(dots.astype(np.uint8), np.ones((2, 2), np.uint8))
    image = np.where(dots > 0, rng.uniform(20, 120), image)
    ys, xs = np.mgrid[0 : shape[0], 0 : shape[1]]
    edge = np.minimum.reduce(
        [
            xs * rng.uniform(0.7, 3),
            ys * rng.uniform(0.7, 3),
            (shape[1] - 1 - xs) * rng.uniform(0.7, 3),
            (shape[0] - 1 - ys) * rng.uniform(0.7, 3),
        ]
    )
    dark = np.clip(1 - edge / rng.uniform(15, 40), 0, 1) * rng.uniform(0.3, 0.9)
    image = image * (1 - dark * (0.5 + 0.5 * _cloud(rng, shape, 20)))
    if rng.random() < 0.3:  # a line from a dirty glass
        x = int(rng.integers(shape[1] // 20, shape[1]))
        image[:, x : x + 1] *= rng.uniform(0.55, 0.85)
    clipped: np.ndarray = np.clip(image + rng.normal(0, 4, shape), 0, 255).astype(np.uint8)
    return clipped


def _fax(page: np.ndarray, matrix: np.ndarray, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    gray = page.astype(np.float32) @ np.array([0.45, 0.42, 0.13], np.float32)
    image = _warp(gray[..., None].astype(np.uint8), matrix, size, np.array([255], np.float32))
    image = cv2.GaussianBlur(image[..., 0], (0, 0), rng.uniform(0.4, 0.8))
    noisy = image + rng.normal(0, rng.uniform(8, 20), image.shape)
    bits = noisy > rng.uniform(150, 185)
    bits &= ~(rng.random(image.shape) < rng.uniform(0.0001, 0.0008))
    if rng.random() < 0.4:  # lines lost on the way
        y = int(rng.integers(50, image.shape[0] - 50))
        bits[y : y + 2] = bits[y - 1]
    white: np.ndarray = bits.astype(np.uint8) * 255
    return white


def _photo(page: np.ndarray, matrix: np.ndarray, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    image = _warp(page, matrix, size, _desk(rng, size))
    shape = (size[1], size[0])
    ys, xs = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    tilt = rng.uniform(0, 2 * np.pi)
    slope = (xs / shape[1] - 0.5) * np.cos(tilt) + (ys / shape[0] - 0.5) * np.sin(tilt)
    light = rng.uniform(0.82, 0.98) + slope * rng.uniform(0.1, 0.38) + 0.08 * (_cloud(rng, shape, 3) - 0.5)
    if rng.random() < 0.55:  # the shadow of a hand or a head
        line = (
            slope * rng.choice([-1, 1])
            + 0.15 * np.sin(xs / shape[1] * rng.uniform(2, 6) + tilt)
            - rng.uniform(0.1, 0.4)
        )
        light = light * (1 - rng.uniform(0.15, 0.4) / (1 + np.exp(-line * rng.uniform(15, 60))))
    warm = np.array([1, 1, 1]) + np.array([0.05, 0.0, -0.08]) * rng.uniform(-1, 1.3)
    image = image * light[..., None] * warm
    image = cv2.GaussianBlur(image.astype(np.float32), (0, 0), rng.uniform(0.4, 1.15))
    image += rng.normal(0, rng.uniform(2, 6), image.shape)
    clipped: np.ndarray = np.clip(image, 0, 255).astype(np.uint8)
    return clipped


def to_jpeg(image: np.ndarray, quality: int) -> bytes:
    """The picture as JPEG."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def move_box(box: tuple[float, float, float, float], matrix: np.ndarray) -> list[list[float]]:
    """The corners of a page rectangle in the scan, clockwise from its top left."""
    x0, y0, x1, y1 = box
    corners = np.array([[[x0, y0], [x1, y0], [x1, y1], [x0, y1]]], np.float32)
    moved = cv2.perspectiveTransform(corners, matrix.astype(np.float64))[0]
    return [[round(float(x), 1), round(float(y), 1)] for x, y in moved]
