"""Pages out of picture files (JPEG, PNG, TIFF, HEIC, BMP, WebP), as the file shows them."""

from __future__ import annotations

import contextlib
import io
import itertools
import struct
import threading
from collections.abc import Iterator
from typing import Any, BinaryIO

import cv2
import pillow_heif
from PIL import Image, ImageOps

from pipeline import sheets
from pipeline.intake.colour import to_bgr
from pipeline.intake.faults import fault
from pipeline.intake.sniff import Kind
from pipeline.settings import Limits

_ORIENTATION, _NEW_SUBFILE_TYPE = 274, 254
_NOT_A_PAGE = 1 | 4  # reduced-resolution copy, transparency mask (TIFF 6.0, NewSubfileType)
_QUARTER_TURNS = (5, 6, 7, 8)
_DPI_RANGE = (30.0, 2400.0)
_SQUARE_WITHIN = 1.2
_BAD_TAGS = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, AttributeError, struct.error)
_PILLOW_GUARD = threading.Lock()


def picture_pages(stream: BinaryIO, kind: Kind, limits: Limits, first: int = 1) -> Iterator[tuple[sheets.Image, float]]:
    """Each page from ``first`` on as ``(BGR uint8 (h, w, 3), dpi)``, decoded one at a time.

    ``dpi`` is 0 where none is stated.

    The EXIF or TIFF orientation is applied. A fax with oblong pixels (204 × 98 dpi) is brought to square
    ones, which is how viewers show it. Raises ``FileError`` with ``too_many_pages`` and
    ``too_many_pixels`` (both before anything is decoded); whatever Pillow raises on damage passes through.
    """
    frames = _heic_frames(stream, limits) if kind is Kind.HEIC else _frames(stream, kind, limits)
    for number, picture in enumerate(itertools.islice(frames, first - 1, None), first):
        yield _page(picture, stream, number, limits)
        del picture


def _page(picture: Image.Image, stream: BinaryIO, number: int, limits: Limits) -> tuple[sheets.Image, float]:
    across, down = _stated_dpi(picture)
    # Oblong by the factor of a fax's coarse mode; small differences are rounding.
    oblong = bool(across and down) and max(across, down) > _SQUARE_WITHIN * min(across, down)
    dpi = max(across, down) if oblong else across
    width, height = picture.size
    if width * height * (dpi * dpi / across / down if oblong else 1) > limits.max_pixels:
        raise fault("too_many_pixels", page=number, width=width, height=height, limit=limits.max_pixels)
    try:
        if oblong and _orientation(picture) in _QUARTER_TURNS:
            across, down = down, across
        pixels = to_bgr(_upright(picture))
    except Exception as error:
        if _strips_missing(picture, stream):
            raise fault("truncated_file") from error
        raise
    if oblong:
        height, width = pixels.shape[:2]
        pixels = _resized(pixels, (round(width * dpi / across), round(height * dpi / down)))
    if picture.format != "TIFF":
        picture.close()  # as large as the page, and not needed while the page is read
    return pixels, dpi


def count_picture_pages(stream: BinaryIO, kind: Kind, limits: Limits) -> int:
    """How many pages a picture file has, without decoding any. Raises as :func:`picture_pages`."""
    if kind is Kind.HEIC:
        return len(_heic_file(stream, limits))
    with _opened(stream, kind) as picture:
        return len(_page_frames(picture, limits)) if kind is Kind.TIFF else 1


@contextlib.contextmanager
def _unguarded() -> Iterator[None]:
    """Pillow's own guard against huge pictures off while a header is read: ours is checked right after.

    The guard is a global of Pillow's, with a limit of its own, so it is put back, under a lock.
    """
    with _PILLOW_GUARD:
        usual = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = usual


@contextlib.contextmanager
def _opened(stream: BinaryIO, kind: Kind) -> Iterator[Image.Image]:
    stream.seek(0)
    with _unguarded():
        picture = Image.open(stream, formats=[kind.value])
    with picture:
        yield picture


def _frames(stream: BinaryIO, kind: Kind, limits: Limits) -> Iterator[Image.Image]:
    """The undecoded pages of a file. Only TIFFs have several: what else moves is an animation or a preview."""
    with _opened(stream, kind) as picture:
        if kind is not Kind.TIFF:
            yield picture
            return
        for index in _page_frames(picture, limits):
            with _unguarded():
                picture.seek(index)
            yield picture


def _page_frames(picture: Image.Image, limits: Limits) -> list[int]:
    """The indices of those TIFF frames that are pages, not thumbnails or masks."""
    pages: list[int] = []
    index = 0
    with _unguarded():
        while True:
            try:
                picture.seek(index)
            except EOFError:
                break
            if not _tags(picture).get(_NEW_SUBFILE_TYPE, 0) & _NOT_A_PAGE:
                pages.append(index)
            if len(pages) > limits.max_pages:
                raise fault("too_many_pages", limit=limits.max_pages)
            index += 1
    return pages or [0]


def _heic_file(stream: BinaryIO, limits: Limits) -> pillow_heif.HeifFile:
    stream.seek(0)
    heif = pillow_heif.open_heif(stream, convert_hdr_to_8bit=True)
    if len(heif) > limits.max_pages:
        raise fault("too_many_pages", limit=limits.max_pages)
    return heif


def _heic_frames(stream: BinaryIO, limits: Limits) -> Iterator[Image.Image]:
    """The top-level pictures of a HEIC file, turned upright by libheif. Sizes are checked before decoding."""
    heif = _heic_file(stream, limits)
    for number, frame in enumerate(heif, 1):
        width, height = frame.size
        if width * height > limits.max_pixels:
            raise fault("too_many_pixels", page=number, width=width, height=height, limit=limits.max_pixels)
        yield frame.to_pillow()


def _upright(picture: Image.Image) -> Image.Image:
    """The picture, decoded and turned as its orientation tag says; a tag that cannot be read changes nothing."""
    picture.load()
    with contextlib.suppress(*_BAD_TAGS):
        ImageOps.exif_transpose(picture, in_place=True)
    return picture


def _orientation(picture: Image.Image) -> int:
    """The orientation tag, 1 to 8; 1 where it is absent or unreadable. Decoding removes it from a TIFF."""
    if picture.format != "TIFF":
        picture.load()  # a PNG's tag may stand behind the pixels
    try:
        value = picture.getexif().get(_ORIENTATION, 1)
    except _BAD_TAGS:
        return 1
    return value if isinstance(value, int) else 1


def _stated_dpi(picture: Image.Image) -> tuple[float, float]:
    """Pixels an inch across and down as the file states them; 0 where absent or absurd."""
    stated = picture.info.get("dpi")
    if not isinstance(stated, tuple) or len(stated) != 2:
        return 0.0, 0.0
    return _sane(stated[0]), _sane(stated[1])


def _sane(value: Any) -> float:
    try:
        dpi = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return 0.0
    return round(dpi, 2) if _DPI_RANGE[0] <= dpi <= _DPI_RANGE[1] else 0.0


def _strips_missing(picture: Image.Image, stream: BinaryIO) -> bool:
    """Whether a TIFF frame has strips or tiles beyond the end of the file."""
    tags = _tags(picture)
    end = stream.seek(0, io.SEEK_END)
    starts, sizes = (tags.get(273) or tags.get(324) or (), tags.get(279) or tags.get(325) or ())
    return any(start + size > end for start, size in zip(starts, sizes, strict=False))


def _tags(picture: Image.Image) -> Any:
    return getattr(picture, "tag_v2", {})


def _resized(pixels: sheets.Image, size: tuple[int, int]) -> sheets.Image:
    out: sheets.Image = cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC)  # type: ignore[assignment]
    return out
