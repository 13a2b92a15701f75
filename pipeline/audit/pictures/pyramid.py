"""A page in levels, each half the size of the one before, cut into tiles that are kept as JPEG.

A 300-dpi A4 page is 26 MB of pixels and 1.5 MB of tiles. Encoding them all takes half as long as decoding the page
did, and then a tile costs nothing, a part of the page a few tiles to decode, and a hundred pages can be kept where
four would be. So no pixels are kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.sheets import Image
from pipeline.store import NotFoundError

TILE = 512  # pixels; a multiple of 16, so that no tile begins within a block of JPEG
_QUALITY = 85
_OBJECT_BYTES = 64  # what Python takes for a bytes object besides its content
_SAMPLE_ROWS = 97
_Tiles = tuple[tuple[bytes, ...], ...]


@dataclass(frozen=True, slots=True)
class PageInfo:
    """The size of a page as scanned in pixels, and how its tiles are laid out.

    Level 0 is the full size; level ``n`` has 2**-n of it, rounded up; on the last the page is one tile.
    """

    width: int
    height: int
    levels: int
    tile_size: int = TILE

    def size(self, level: int) -> tuple[int, int]:
        """Width and height of a level in pixels."""
        return -(-self.width >> level), -(-self.height >> level)


class Pyramid:
    """The levels of a page of BGR uint8 pixels ``(h, w, 3)``. Does not change, so any thread may use it."""

    def __init__(self, pixels: Image) -> None:
        height, width = pixels.shape[:2]
        level: Image = np.ascontiguousarray(pixels[:, :, 0]) if _is_gray(pixels) else pixels
        self._gray = level.ndim == 2
        self._levels: list[_Tiles] = [_tiles(level)]
        while max(level.shape[:2]) > TILE:
            level = _halved(level)
            self._levels.append(_tiles(level))
        self.info = PageInfo(width, height, len(self._levels))
        self.nbytes = sum(len(tile) + _OBJECT_BYTES for rows in self._levels for row in rows for tile in row)

    def tile(self, level: int, column: int, row: int) -> bytes:
        """A tile as JPEG; those at the right and the bottom are as small as what is left of the page.

        Raises :class:`NotFoundError` outside of the page.
        """
        if min(level, column, row) < 0:
            raise NotFoundError("没有这一块图像。")
        try:
            return self._levels[level][row][column]
        except IndexError:
            raise NotFoundError("没有这一块图像。") from None

    def cut(self, level: int, x0: int, y0: int, x1: int, y1: int) -> Image:
        """The pixels ``x0 <= x < x1``, ``y0 <= y < y1`` of a level, which must lie on it.

        BGR ``(h, w, 3)``, or gray ``(h, w)`` of a page without colour.
        """
        shape = (y1 - y0, x1 - x0) if self._gray else (y1 - y0, x1 - x0, 3)
        out = np.empty(shape, np.uint8)
        how = cv2.IMREAD_GRAYSCALE if self._gray else cv2.IMREAD_COLOR
        for row in range(y0 // TILE, (y1 - 1) // TILE + 1):
            for column in range(x0 // TILE, (x1 - 1) // TILE + 1):
                left, top = column * TILE, row * TILE
                tile = cv2.imdecode(np.frombuffer(self._levels[level][row][column], np.uint8), how)
                assert tile is not None  # we encoded it
                a, b = max(x0, left), max(y0, top)
                c, d = min(x1, left + TILE), min(y1, top + TILE)
                out[b - y0 : d - y0, a - x0 : c - x0] = tile[b - top : d - top, a - left : c - left]
        return out


def encode(pixels: Image) -> bytes:
    """Pixels, BGR or gray, as JPEG."""
    done, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    assert done  # JPEG takes any picture up to 65,500 pixels a side
    return data.tobytes()


def _tiles(level: Image) -> _Tiles:
    height, width = level.shape[:2]
    return tuple(
        tuple(encode(level[y : y + TILE, x : x + TILE]) for x in range(0, width, TILE)) for y in range(0, height, TILE)
    )


def _halved(level: Image) -> Image:
    """Half the size by exactly two, whatever the size, so that a pixel lies where its place says on every level."""
    height, width = level.shape[:2]
    if height % 2 or width % 2:
        level = np.asarray(cv2.copyMakeBorder(level, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE), np.uint8)
    size = (level.shape[1] // 2, level.shape[0] // 2)
    return np.asarray(cv2.resize(level, size, interpolation=cv2.INTER_AREA), np.uint8)


def _is_gray(pixels: Image) -> bool:
    """Whether the channels are the same everywhere; most pages in colour show it in the first rows looked at."""
    return all(
        np.array_equal(part[:, :, 0], part[:, :, channel])
        for part in (pixels[::_SAMPLE_ROWS], pixels)
        for channel in (1, 2)
    )
