"""Find the sheet of paper in a photo, or on a scanner bed wider than the paper."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.raster import shrink
from pipeline.sheets import Image, Quad, as_quad

_SIDE = 800  # px; the long side at which paper is looked for
_LEAST_SIDE = 40  # px at that size; a strip narrower than this shows no sheet
_MIN_AREA = 0.2  # of the picture; less is not the sheet somebody meant to scan
_STROKE = 30  # gray levels that a stroke is darker than what is around it
_STRAY_INK = 0.05  # of all strokes; what may lie outside the sheet
_BACKGROUND = 0.03  # of the picture; less background than this and there is nothing to cut away


def find_sheet(pixels: Image) -> Quad | None:
    """The corners of the paper, clockwise from top left, in pixels of ``pixels`` (BGR).

    ``None`` where the picture shows no edge of the paper all round: then the whole picture is taken.
    """
    h, w = pixels.shape[:2]
    scale = min(1.0, _SIDE / max(h, w))
    if min(h, w) * scale < _LEAST_SIDE:
        return None
    small = shrink(pixels, round(w * scale), round(h * scale))
    found = [corners for mask in _paper_masks(small) if (corners := _corners(mask)) is not None]
    if not found:
        return None
    shares = [_ink_share(small, corners) for corners in found]
    # The first guess stands unless it leaves writing outside that another one takes in: a shadow's edge
    # across the paper looks like the paper's own.
    best = next(c for c, share in zip(found, shares, strict=True) if share >= max(shares) - _STRAY_INK)
    return as_quad(_clockwise(best) / scale)


def _corners(mask: Image) -> NDArray[np.float64] | None:
    """The corners of the largest area of ``mask``, where it is a sheet seen from above."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return None
    contour = max(contours, key=cv2.contourArea)
    hull = cv2.convexHull(contour)
    area, total = cv2.contourArea(hull), float(mask.size)
    if not _MIN_AREA * total < area < (1 - _BACKGROUND) * total:
        return None
    corners = _four_corners(hull.astype(np.int32))
    if corners is None or cv2.contourArea(corners.astype(np.float32)) < 0.9 * area:
        return None
    corners = _refined(corners, contour[:, 0, :].astype(np.float64))
    return corners if _plausible(corners) else None


def _ink_share(small: Image, corners: NDArray[np.float64]) -> float:
    """How much of the picture's thin dark strokes, which on a desk are few, lies within the corners."""
    gray = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (9, 9))
    strokes = cv2.morphologyEx(gray, cv2.MORPH_BLACKHAT, kernel) > _STROKE
    inside = np.zeros(gray.shape, dtype=np.uint8)
    cv2.fillConvexPoly(inside, corners.round().astype(np.int32), (1,))
    return float((strokes & (inside > 0)).sum() / max(1, strokes.sum()))


def _paper_masks(small: Image) -> Iterator[Image]:
    """255 where the picture may be paper: bright and little coloured next to what surrounds it.

    The second guess also takes in what is darker, such as paper in shade: of what the first leaves out,
    the brighter part.
    """
    h, w = small.shape[:2]
    # A median of half the size in a picture of half the size: a tenth of the work.
    half = cv2.medianBlur(shrink(small, w // 2, h // 2), 5)
    blurred = cv2.resize(half, (w, h), interpolation=cv2.INTER_LINEAR)
    hsv = cv2.cvtColor(blurred, cv2.COLOR_BGR2HSV)
    brightness = hsv[:, :, 2].astype(np.int16) - hsv[:, :, 1].astype(np.int16) // 2
    level = np.clip(brightness, 0, 255).astype(np.uint8)
    bright, mask = cv2.threshold(level, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    yield _smooth(np.asarray(mask, dtype=np.uint8))
    rest = level[level <= bright]
    if rest.size:
        shade, _ = cv2.threshold(rest.reshape(1, -1), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
        yield _smooth(np.asarray((level > shade) * np.uint8(255), dtype=np.uint8))


def _smooth(mask: Image) -> Image:
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (15, 15))
    mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel), dtype=np.uint8)
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel), dtype=np.uint8)


def _four_corners(hull: NDArray[np.int32]) -> NDArray[np.float64] | None:
    length = cv2.arcLength(hull, True)
    for eps in np.linspace(0.01, 0.08, 15):
        polygon = cv2.approxPolyDP(hull, eps * length, True)
        if len(polygon) == 4:
            return polygon[:, 0, :].astype(np.float64)
        if len(polygon) < 4:
            return None
    return None


def _refined(corners: NDArray[np.float64], contour: NDArray[np.float64]) -> NDArray[np.float64]:
    """Corners as the meeting points of lines fitted to the contour along each side.

    A corner read off the hull is moved by one dog-ear or one shadow; a fitted side is not.
    """
    lines = []
    for i in range(4):
        a, b = corners[i], corners[(i + 1) % 4]
        along = (b - a) / (np.linalg.norm(b - a) + 1e-9)
        t = (contour - a) @ along / (np.linalg.norm(b - a) + 1e-9)
        off = np.abs((contour - a) @ np.array([-along[1], along[0]]))
        near = contour[(t > 0.08) & (t < 0.92) & (off < 8)]
        if len(near) < 10:
            lines.append((a, along))
            continue
        vx, vy, x, y = cv2.fitLine(near.astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01).ravel()
        lines.append((np.array([x, y]), np.array([vx, vy])))
    out = []
    for i in range(4):
        (p, u), (q, v) = lines[i - 1], lines[i]
        cross = u[0] * v[1] - u[1] * v[0]
        if abs(cross) < 1e-6:
            out.append(corners[i])
            continue
        s = ((q[0] - p[0]) * v[1] - (q[1] - p[1]) * v[0]) / cross
        out.append(p + s * u)
    return np.array(out)


def _plausible(corners: NDArray[np.float64]) -> bool:
    """A quad like a sheet seen from above: convex, corners between 60 and 120 degrees."""
    for i in range(4):
        u, v = corners[i - 1] - corners[i], corners[(i + 1) % 4] - corners[i]
        cosine = float(u @ v / (np.linalg.norm(u) * np.linalg.norm(v) + 1e-9))
        if abs(cosine) > 0.5:
            return False
    return bool(cv2.isContourConvex(corners.astype(np.float32)))


def _clockwise(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """The corners clockwise (y down), starting with the one nearest the top left."""
    centre = corners.mean(axis=0)
    angles = np.arctan2(corners[:, 1] - centre[1], corners[:, 0] - centre[0])
    ordered = corners[np.argsort(angles)]
    return np.roll(ordered, -int(np.argmin(ordered.sum(axis=1))), axis=0)
