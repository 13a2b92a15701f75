"""What the audit page shows of originals, kept in memory as long as there is room."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipeline.audit.pictures import crops
from pipeline.audit.pictures.cache import Cache
from pipeline.audit.pictures.originals import Originals
from pipeline.audit.pictures.pyramid import PageInfo, Pyramid, encode
from pipeline.settings import Settings
from pipeline.sheets import Image, Quad, as_quad

BUDGET = 300_000_000
"""Bytes kept: about 150 pages of A4 at 300 dpi, and some ten thousand crops."""

MEDIA_TYPE = "image/jpeg"
_CROPS_SHARE = 0.1
_ENTRY_BYTES = 700  # what a small picture takes besides its bytes: its key, above all the quad
_AT_ONCE = 2  # pages decoded; each takes several times its pixels in memory for as long


class Pictures:
    """JPEGs of pages, of their tiles, of fields and characters; thread-safe.

    A page is named by its file's ``sha256``, the ``file`` it was read from, and its ``number`` from 1. Quads and
    sizes are in pixels of the page as scanned. Everything raises ``FileError`` where the original cannot be read, and
    :class:`NotFoundError` where it has no such page or the place is not on it. Nothing is written to the disk.
    """

    def __init__(self, settings: Settings, budget: int = BUDGET) -> None:
        """``budget`` is in bytes."""
        self._originals = Originals(settings)
        self._pages: Cache[tuple[str, int], Pyramid] = Cache(
            round(budget * (1 - _CROPS_SHARE)), lambda pyramid: pyramid.nbytes
        )
        self._crops: Cache[Hashable, bytes] = Cache(round(budget * _CROPS_SHARE), lambda data: len(data) + _ENTRY_BYTES)
        # First come, first served: a semaphore may pass over who waits, and again and again.
        self._decoders = ThreadPoolExecutor(_AT_ONCE, "decoder")

    def page(self, sha256: str, file: str, number: int) -> PageInfo:
        """The size of a page and of its levels."""
        return self._page(sha256, file, number).info

    def tile(self, sha256: str, file: str, number: int, level: int, column: int, row: int) -> bytes:
        """A tile of a level; level 0 is the full size."""
        return self._page(sha256, file, number).tile(level, column, row)

    def crop(
        self,
        sha256: str,
        file: str,
        number: int,
        quad: Quad,
        *,
        height: int = 64,
        pad: float = 0.35,
        max_width: int = 900,
    ) -> bytes:
        """A quad, upright, with ``pad`` of its height as room on every side; at most as high and wide as given."""
        quad = as_quad(quad)
        return self._made(
            ("crop", sha256, number, quad, height, pad, max_width),
            lambda: crops.crop(self._page(sha256, file, number), quad, height, pad, max_width),
        )

    def glyph(
        self, sha256: str, file: str, number: int, quad: Quad, centre: float, count: int, *, height: int = 64
    ) -> bytes:
        """One of the ``count`` characters of a line, the one that stands at ``centre`` (0 to 1) along its quad."""
        quad = as_quad(quad)
        return self._made(
            ("glyph", sha256, number, quad, centre, count, height),
            lambda: crops.glyph(self._page(sha256, file, number), quad, centre, count, height),
        )

    def thumbnail(self, sha256: str, file: str, number: int, *, side: int = 240) -> bytes:
        """The whole page, its longer side ``side`` pixels."""
        return self._made(
            ("thumbnail", sha256, number, side), lambda: crops.thumbnail(self._page(sha256, file, number), side)
        )

    def locate(self, sha256: str, file: str) -> Path:
        """A file with this content, to be read by its path."""
        return self._originals.locate(sha256, file)

    def _made(self, key: Hashable, make: Callable[[], Image]) -> bytes:
        return self._crops.get(key, lambda: encode(make()))

    def _page(self, sha256: str, file: str, number: int) -> Pyramid:
        def decoded() -> Pyramid:
            return Pyramid(self._originals.decode(sha256, file, number))

        return self._pages.get((sha256, number), lambda: self._decoders.submit(decoded).result())
