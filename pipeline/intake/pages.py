"""Page images out of any file of the drop folder, whatever its name says it is."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import FileError
from pipeline.intake.faults import fault, unreadable
from pipeline.intake.pdf import count_pdf_pages, pdf_pages
from pipeline.intake.pictures import count_picture_pages, picture_pages
from pipeline.intake.sniff import HEAD_BYTES, Kind, ends_early, sniff
from pipeline.settings import Limits
from pipeline.sheets import Image, PageImage

_LEAST_SIDE = 2  # pixels; a line is no page, and nothing after here reckons with one


def read_pages(path: Path, name: str, limits: Limits, first: int = 1) -> Iterator[PageImage]:
    """The pages of the file at ``path`` in order, decoded one at a time; ``name`` is what they are filed under.

    None is held here once it was given out. Pages before ``first`` are passed over without decoding them.

    Pixels are BGR uint8 ``(h, w, 3)`` in the orientation the file shows (EXIF turn and PDF rotation applied);
    ``dpi`` is what the file states or the PDF page was rendered at, 0 if unknown.

    Raises ``FileError`` on the way, so a caller that keeps pages must drop them then: ``empty_file``,
    ``not_an_image``, ``unsupported_type``, ``truncated_file``, ``password_protected``, ``too_many_pages``,
    ``too_many_pixels``, ``too_many_bytes``, ``corrupt_file``, ``unreadable_file``.
    """
    with _opened(path, limits) as (stream, kind):
        pages = pdf_pages(stream, limits, first) if kind is Kind.PDF else picture_pages(stream, kind, limits, first)
        # A loop would hold each page for as long as whoever asked for it works with it.
        yield from map(partial(_as_page, name), count(first), pages)


def _as_page(name: str, number: int, decoded: tuple[Image, float]) -> PageImage:
    pixels, dpi = decoded
    height, width = pixels.shape[:2]
    if min(height, width) < _LEAST_SIDE:
        raise fault("corrupt_file", detail=f"（第 {number} 页只有 {width} × {height} 像素）")
    return PageImage(file=name, number=number, pixels=pixels, dpi=dpi)


def count_pages(path: Path, limits: Limits) -> int:
    """How many pages the file has, without decoding them. Raises as :func:`read_pages`, as far as that shows."""
    with _opened(path, limits) as (stream, kind):
        return count_pdf_pages(stream, limits) if kind is Kind.PDF else count_picture_pages(stream, kind, limits)


@contextmanager
def _opened(path: Path, limits: Limits) -> Iterator[tuple[BinaryIO, Kind]]:
    """The file, open, and what it is; every error from within leaves as a ``FileError``."""
    try:
        info = path.stat()
        if not stat.S_ISREG(info.st_mode):
            raise fault("unreadable_file", detail="不是普通文件")
        if info.st_size == 0:
            raise fault("empty_file")
        if info.st_size > limits.max_bytes:
            raise fault("too_many_bytes", size=info.st_size, limit=limits.max_bytes)
        stream = path.open("rb")
    except OSError as error:
        raise unreadable(error) from error
    with stream:
        kind = None
        try:
            kind = sniff(stream.read(HEAD_BYTES))
            if kind is Kind.PDF and ends_early(stream, kind, info.st_size):
                raise fault("truncated_file")  # PDFium would repair it and leave pages out
            yield stream, kind
        except (FileError, MemoryError):
            raise
        except Exception as error:  # decoders raise anything on damaged files, from struct.error to KeyError
            raise _damage(error, stream, kind, info.st_size) from error


def _damage(error: Exception, stream: BinaryIO, kind: Kind | None, size: int) -> FileError:
    """What an error of a decoder says about the file."""
    if isinstance(error, OSError) and error.errno is not None:
        return unreadable(error)
    if kind is not None and ("truncated" in str(error).lower() or ends_early(stream, kind, size)):
        return fault("truncated_file")
    return fault("corrupt_file")
