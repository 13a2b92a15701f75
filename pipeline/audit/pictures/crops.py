"""Parts of a page brought upright: fields, single characters of a line, the page made small."""

from __future__ import annotations

import math

import cv2
import numpy as np

from pipeline.audit.pictures.pyramid import Pyramid
from pipeline.imaging.geometry import rectifying
from pipeline.sheets import Box, Image, Matrix, Quad, as_quad
from pipeline.store import NotFoundError

_LEAST_SIDE = 8.0  # pixels of the page; a quad without area is shown with this much around it
_FARTHEST = 1e6  # pixels; no page reaches there
_MOST_PAD = 1.0
_LEAST_TURN = 1.0  # square pixels between two sides
_NEAREST = 0.4  # of the depth at a quad's centre; no page is so tilted that a corner beside a field is nearer
_LONGEST_SIDE = 2000  # pixels of what is given out
_BEYOND = 235  # the gray of what lies outside of the page
_GLYPH_ROOM, _GLYPH_LEAST, _GLYPH_MOST, _GLYPH_PAD = 1.25, 0.6, 2.0, 0.1


def crop(pyramid: Pyramid, quad: Quad, height: int, pad: float, max_width: int) -> Image:
    """A quad of the page as an upright picture, its first point at the top left.

    ``pad`` is the room on every side as a fraction of the quad's height, at most 1; with it the picture is ``height``
    pixels high, or less where it would be wider than ``max_width``. Raises :class:`NotFoundError` for a quad off the
    page.
    """
    quad = _mended(quad)
    _, (across, down) = rectifying(quad)
    margin = min(max(0.0, pad), _MOST_PAD) * down
    window = Box(0, 0, across, down).grown(margin)
    scale = min(_bounded(height) / window.height, _bounded(max_width) / window.width)
    return _warped(pyramid, quad, window, scale)


def glyph(pyramid: Pyramid, quad: Quad, centre: float, count: int, height: int) -> Image:
    """One character of the line that ``quad`` holds, in the middle of a picture ``height`` pixels high.

    ``centre`` is where it stands along the line, 0 to 1, ``count`` how many characters the line has. At the ends
    the picture shows what stands beside the line. Raises :class:`NotFoundError` for a quad off the page.
    """
    quad = _mended(quad)
    _, (across, down) = rectifying(quad)
    pitch = _GLYPH_ROOM * across / max(1, count)
    half = min(max(pitch, _GLYPH_LEAST * down), _GLYPH_MOST * down) / 2
    middle = across * max(0.0, min(1.0, centre))
    window = Box(middle - half, -_GLYPH_PAD * down, middle + half, (1 + _GLYPH_PAD) * down)
    return _warped(pyramid, quad, window, _bounded(height) / window.height)


def thumbnail(pyramid: Pyramid, side: int) -> Image:
    """The whole page, its longer side ``side`` pixels, or as many as it has."""
    info = pyramid.info
    side = min(_bounded(side), max(info.width, info.height))
    level = max(n for n in range(info.levels) if n == 0 or max(info.size(n)) >= side)
    width, height = info.size(level)
    scale = side / max(info.width, info.height)
    size = (max(1, round(info.width * scale)), max(1, round(info.height * scale)))
    whole = pyramid.cut(level, 0, 0, width, height)
    return np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), np.uint8)


def _bounded(side: int) -> int:
    return min(max(1, side), _LONGEST_SIDE)


def _mended(quad: Quad) -> Quad:
    """The quad, or the rectangle around its points where it is none: thin, twisted, mirrored, tilted away.

    The rectangle lies along the quad's top edge, so that what stands on a turned page still comes out upright.
    Raises :class:`NotFoundError` for what are no places on any page.
    """
    if not all(abs(value) < _FARTHEST for point in quad for value in point):  # nor for what is not a number
        raise NotFoundError("框选的位置不在页面内。")
    if _is_proper(quad):
        return quad
    points = np.array(quad)
    along = _direction(points)
    axes = np.array([along, (-along[1], along[0])])
    places = points @ axes.T
    middle = (places.min(axis=0) + places.max(axis=0)) / 2
    reach = np.maximum(places.max(axis=0) - places.min(axis=0), _LEAST_SIDE) / 2
    corners = middle + reach * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    return as_quad(corners @ axes)


def _is_proper(quad: Quad) -> bool:
    """Whether the corners turn clockwise all the way, the sides are long enough, and the room around lies on a page."""
    points = np.array(quad)
    sides = np.roll(points, -1, axis=0) - points
    after = np.roll(sides, -1, axis=0)
    turns = sides[:, 0] * after[:, 1] - sides[:, 1] * after[:, 0]
    lengths = np.hypot(sides[:, 0], sides[:, 1])
    # A corner that hardly turns makes a plane that cannot be inverted.
    if not (turns > _LEAST_TURN).all() or min(lengths[::2].mean(), lengths[1::2].mean()) < _LEAST_SIDE:
        return False
    to_plane, (across, down) = rectifying(quad)
    _, depth = _on_page(to_plane, Box(0, 0, across, down).grown(_MOST_PAD * max(across, down)))
    return depth > _NEAREST


def _direction(points: Matrix) -> Matrix:
    """The unit vector along the text."""
    top, bottom = points[1] - points[0], points[2] - points[3]
    for vector in (top + bottom, top):
        length = float(np.hypot(*vector))
        if length >= 1.0:
            return np.asarray(vector / length, dtype=np.float64)
    return np.array([1.0, 0.0])


def _warped(pyramid: Pyramid, quad: Quad, window: Box, scale: float) -> Image:
    """``window``, a part of the plane in which ``quad`` is upright, at ``scale`` pixels a pixel of the page."""
    info = pyramid.info
    level = min(info.levels - 1, max(0, math.floor(-math.log2(scale))))
    to_plane, _ = rectifying(quad)
    corners, _ = _on_page(to_plane, window)
    width, height = info.size(level)
    x0, y0 = np.floor(corners.min(axis=0) / 2**level).astype(int) - 2  # room for the interpolation
    x1, y1 = np.ceil(corners.max(axis=0) / 2**level).astype(int) + 2
    x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
    if x0 >= x1 or y0 >= y1:
        raise NotFoundError("框选的位置不在页面内。")
    part = pyramid.cut(level, x0, y0, x1, y1)
    size = (max(1, round(window.width * scale)), max(1, round(window.height * scale)))
    # Places are counted from the edges of pixels, OpenCV counts from their centres.
    to_page = np.diag([2.0**level, 2.0**level, 1.0]) @ _shift(x0 + 0.5, y0 + 0.5)
    matrix = _shift(-0.5, -0.5) @ np.diag([scale, scale, 1.0]) @ _shift(-window.x0, -window.y0) @ to_plane @ to_page
    how = cv2.INTER_CUBIC if scale * 2**level > 1 else cv2.INTER_LINEAR
    beyond = (_BEYOND, _BEYOND, _BEYOND)
    out = cv2.warpPerspective(part, matrix, size, flags=how, borderMode=cv2.BORDER_CONSTANT, borderValue=beyond)
    return np.asarray(out, np.uint8)


def _shift(dx: float, dy: float) -> Matrix:
    return np.array([[1.0, 0.0, dx], [0.0, 1.0, dy], [0.0, 0.0, 1.0]])


def _on_page(to_plane: Matrix, window: Box) -> tuple[Matrix, float]:
    """The corners ``(4, 2)`` of a window of the plane on the page, and the least depth of one, 1 at its centre.

    A corner of negative depth lies beyond the plane's horizon, and nowhere on the page.
    """
    corners = ((window.x0, window.y0), (window.x1, window.y0), (window.x1, window.y1), (window.x0, window.y1))
    places = np.array([(x, y, 1.0) for x, y in (window.centre, *corners)])
    moved = places @ np.linalg.inv(to_plane).T
    return moved[1:, :2] / moved[1:, 2:], float((moved[1:, 2] / moved[0, 2]).min())
