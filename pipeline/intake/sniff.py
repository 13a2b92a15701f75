"""What a file is, by its first bytes and not by its name."""

from __future__ import annotations

import struct
from enum import StrEnum
from typing import BinaryIO

from pipeline.intake.faults import fault

HEAD_BYTES = 1024
_TAIL_BYTES = 4096
_MAX_DIRECTORIES = 1000


class Kind(StrEnum):
    """The file types that pages are read from; the values are Pillow's format names, except PDF and HEIC."""

    JPEG = "JPEG"
    PNG = "PNG"
    TIFF = "TIFF"
    HEIC = "HEIC"
    BMP = "BMP"
    WEBP = "WEBP"
    PDF = "PDF"


_MAGIC = (
    (b"\xff\xd8\xff", Kind.JPEG),
    (b"\x89PNG\r\n\x1a\n", Kind.PNG),
    (b"II*\x00", Kind.TIFF),
    (b"MM\x00*", Kind.TIFF),
    (b"II+\x00", Kind.TIFF),
    (b"MM\x00+", Kind.TIFF),
)
_HEIF_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"}
_BMP_HEADER_SIZES = {12, 16, 40, 52, 56, 64, 108, 124}
_OTHER = (
    (b"GIF8", "GIF 动图"),
    (b"PK\x03\x04", "Office 文档（docx、xlsx）、OFD 或压缩包"),
    (b"\xd0\xcf\x11\xe0", "Office 旧版文档（doc、xls）"),
    (b"Rar!", "压缩包"),
    (b"7z\xbc\xaf\x27\x1c", "压缩包"),
    (b"\x1f\x8b", "压缩包"),
    (b"{\\rtf", "RTF 文档"),
    (b"%!PS", "PostScript 文件"),
    (b"8BPS", "Photoshop 文件"),
    (b"AT&TFORM", "DjVu 文件"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000 图片"),
    (b"\xff\x4f\xff\x51", "JPEG 2000 图片"),
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL 图片"),
    (b"\xff\x0a", "JPEG XL 图片"),
    (b"MZ", "程序文件"),
    (b"RIFF", "音频或视频"),
    (b"ID3", "音频"),
)


def sniff(head: bytes) -> Kind:
    """The file type that starts with ``head`` (up to :data:`HEAD_BYTES` bytes).

    Raises ``FileError`` with ``unsupported_type`` for a type known but not read, ``not_an_image`` for
    text and anything else.
    """
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Kind.WEBP
    if head[4:8] == b"ftyp":
        return _sniff_boxes(head)
    if head[:2] == b"BM" and len(head) >= 18 and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES:
        return Kind.BMP
    for magic, name in _OTHER:
        if head.startswith(magic):
            raise fault("unsupported_type", detail=name)
    if b"%PDF-" in head:
        return Kind.PDF
    raise fault("not_an_image", detail="，而是文字" if _is_text(head) else "")


def _sniff_boxes(head: bytes) -> Kind:
    """HEIF apart from AVIF and video, by the brands in the ``ftyp`` box (ISO/IEC 14496-12, 23008-12)."""
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12], *(head[i : i + 4] for i in range(16, size - 3, 4))}
    if brands & {b"avif", b"avis"}:
        raise fault("unsupported_type", detail="AVIF 图片")
    if brands & _HEIF_BRANDS:
        return Kind.HEIC
    raise fault("unsupported_type", detail="视频")


def _is_text(head: bytes) -> bool:
    return not any(byte < 9 or 13 < byte < 27 for byte in head)


def ends_early(stream: BinaryIO, kind: Kind, size: int) -> bool:
    """Whether a file that could not be read breaks off before its end, by the marks of its format.

    ``size`` is the file's length in bytes. Only meant for files known to be damaged.
    """
    stream.seek(max(0, size - _TAIL_BYTES))
    tail = stream.read(_TAIL_BYTES)
    stream.seek(0)
    head = stream.read(HEAD_BYTES)
    if kind is Kind.JPEG:
        return b"\xff\xd9" not in tail
    if kind is Kind.PNG:
        return b"IEND" not in tail
    if kind is Kind.PDF:
        return b"%%EOF" not in tail
    if kind is Kind.WEBP:
        return int.from_bytes(head[4:8], "little") + 8 > size
    if kind is Kind.BMP:
        return int.from_bytes(head[2:6], "little") > size
    if kind is Kind.TIFF:
        return _directories_end_early(stream, size)
    return _boxes_end_early(stream, size)


def _directories_end_early(stream: BinaryIO, size: int) -> bool:
    """Whether a directory of a TIFF or BigTIFF lies, wholly or in part, beyond the end."""
    stream.seek(0)
    head = stream.read(16)
    order = "<" if head[:2] == b"II" else ">"
    big = 43 in head[2:4]
    pointer, count, entry = ("Q", "Q", 20) if big else ("I", "H", 12)
    field = head[8:16] if big else head[4:8]
    for _ in range(_MAX_DIRECTORIES):
        if len(field) < struct.calcsize(pointer):
            return True
        (at,) = struct.unpack(order + pointer, field)
        if at == 0:
            return False
        stream.seek(min(at, size))
        number = stream.read(struct.calcsize(count))
        if len(number) < struct.calcsize(count):
            return True
        stream.seek(min(size, stream.tell() + struct.unpack(order + count, number)[0] * entry))
        field = stream.read(struct.calcsize(pointer))
    return False


def _boxes_end_early(stream: BinaryIO, size: int) -> bool:
    """Whether a top-level box of an ISO base media file (HEIC) reaches past the end."""
    at = 0
    while at < size:
        stream.seek(at)
        head = stream.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if length == 0:
            return False  # reaches to the end of the file, wherever that is
        if length < 8 or at + length > size:
            return True
        at += length
    return False
