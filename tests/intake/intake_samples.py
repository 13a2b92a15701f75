"""Real little files for the intake tests: pictures with a corner of each colour, PDFs written by hand."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

RED, BLUE, WHITE = (0, 0, 255), (255, 0, 0), (255, 255, 255)  # BGR


def card(width: int = 120, height: int = 80) -> Image.Image:
    """White, with the top left quarter red and the bottom right quarter blue."""
    picture = Image.new("RGB", (width, height), "white")
    picture.paste((255, 0, 0), (0, 0, width // 2, height // 2))
    picture.paste((0, 0, 255), (width // 2, height // 2, width, height))
    return picture


def noise(width: int = 200, height: int = 150) -> Image.Image:
    """What does not compress, so that a cut falls into the pixels."""
    return Image.fromarray(np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8))


def corners(pixels: NDArray[np.uint8]) -> list[tuple[int, int, int]]:
    """The BGR colours inside the corners, clockwise from top left, each channel to 0 or 255 where it is near."""
    height, width = pixels.shape[:2]
    spots = [(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)]

    def snapped(value: int) -> int:
        return 0 if value < 60 else 255 if value > 195 else value

    found = []
    for x, y in spots:
        b, g, r = (snapped(int(v)) for v in pixels[int(y * height), int(x * width)])
        found.append((b, g, r))
    return found


def encoded(picture: Image.Image, file_type: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, file_type, **options)
    return out.getvalue()


def png_16(values: NDArray[np.uint16]) -> bytes:
    """A 16-bit PNG, gray ``(h, w)`` or RGB ``(h, w, 3)``."""
    height, width = values.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, 2 if values.ndim == 3 else 0, 0, 0, 0)
    return png(header, zlib.compress(rows))


def png(header: bytes, data: bytes) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def huge_png(side: int) -> bytes:
    """A valid all-black 1-bit PNG of ``side`` × ``side`` pixels, a few kilobytes long."""
    packer = zlib.compressobj(1)
    row = bytes(1 + (side + 7) // 8)
    data = b"".join(packer.compress(row * 100) for _ in range(side // 100)) + packer.flush()
    return png(struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0), data)


def tiff(values: NDArray[np.uint16] | NDArray[np.uint8], tags: dict[int, int], order: str = "<") -> bytes:
    """An uncompressed one-strip TIFF of the given sample values, with further SHORT tags."""
    height, width = values.shape[:2]
    samples = 1 if values.ndim == 2 else values.shape[2]
    bits = values.dtype.itemsize * 8
    data = values.astype(values.dtype.newbyteorder(order)).tobytes()
    entries: dict[int, tuple[int, int, bytes]] = {}

    def short(tag: int, *numbers: int) -> None:
        entries[tag] = (3, len(numbers), struct.pack(f"{order}{len(numbers)}H", *numbers))

    short(256, width)
    short(257, height)
    short(258, *[bits] * samples)
    short(259, 1)
    short(262, 2 if samples == 3 else 1)
    short(277, samples)
    short(278, height)
    entries[279] = (4, 1, struct.pack(order + "I", len(data)))
    for tag, value in tags.items():
        short(tag, value)
    start = 8 + len(data)
    extra_at = start + 2 + 12 * (len(entries) + 1) + 4
    directory, extra = b"", b""
    entries[273] = (4, 1, struct.pack(order + "I", 8))
    for tag, (kind, count, body) in sorted(entries.items()):
        if len(body) > 4:
            extra, body = extra + body, struct.pack(order + "I", extra_at + len(extra))
        directory += struct.pack(order + "HHI", tag, kind, count) + body.ljust(4, b"\0")
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", start)
    return head + data + struct.pack(order + "H", len(entries)) + directory + bytes(4) + extra


@dataclass
class Sheet:
    """A PDF page: its size in points, what is drawn on it, its JPEG images by name."""

    content: bytes = b""
    size: tuple[float, float] = (595.0, 842.0)
    images: dict[str, bytes] = field(default_factory=dict)
    rotate: int = 0


def scan_sheet(picture: Image.Image, dpi: float, rotate: int = 0, over: bytes = b"") -> Sheet:
    """A page that is one JPEG from edge to edge; ``over`` is drawn over it."""
    width, height = picture.width * 72 / dpi, picture.height * 72 / dpi
    content = b"q %.4f 0 0 %.4f 0 0 cm /Im0 Do Q\n" % (width, height) + over
    return Sheet(content, (width, height), {"Im0": encoded(picture, "JPEG", quality=95, subsampling=0)}, rotate)


def pdf(*sheets: Sheet, password: str = "") -> bytes:
    """A PDF written by hand; with ``password``, encrypted as PDF 1.7 section 7.6.3 says (revision 2, RC4 40 bit)."""
    bodies: list[bytes] = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    streams: dict[int, bytes] = {}
    kids = []

    def add(body: bytes, stream: bytes | None = None) -> int:
        bodies.append(body)
        if stream is not None:
            streams[len(bodies)] = stream
        return len(bodies)

    font = add(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    for sheet in sheets:
        names = b""
        for name, data in sheet.images.items():
            width, height = Image.open(io.BytesIO(data)).size if data[:2] == b"\xff\xd8" else (100, 100)
            image = b"/Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB /BitsPerComponent 8" % (width, height)
            names += b"/%s %d 0 R " % (
                name.encode(),
                add(b"<< /Type /XObject " + image + b" /Filter /DCTDecode %s>>", data),
            )
        content = add(b"<< %s>>", sheet.content)
        resources = b"<< /Font << /F1 %d 0 R >> /XObject << %s >> >>" % (font, names)
        box = b"/MediaBox [0 0 %.4f %.4f] /Rotate %d" % (*sheet.size, sheet.rotate)
        kids.append(
            add(b"<< /Type /Page /Parent 2 0 R %s /Contents %d 0 R /Resources %s >>" % (box, content, resources))
        )
    bodies[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(b"%d 0 R" % kid for kid in kids))

    trailer = b""
    if password:
        identity, rights = b"0123456789abcdef", -4
        padding = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
        padded = (password.encode() + padding)[:32]
        owner = _rc4(hashlib.md5(padded).digest()[:5], padded)
        key = hashlib.md5(padded + owner + struct.pack("<i", rights) + identity).digest()[:5]
        user = _rc4(key, padding)
        streams = {
            number: _rc4(hashlib.md5(key + struct.pack("<I", number)[:3] + b"\0\0").digest()[:10], data)
            for number, data in streams.items()
        }
        lock = add(b"<< /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P %d >>" % (_hex(owner), _hex(user), rights))
        trailer = b"/Encrypt %d 0 R /ID [<%s> <%s>]" % (lock, _hex(identity), _hex(identity))

    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        data = streams.get(number)
        if data is not None:
            body = body % (b"/Length %d " % len(data)) + b"\nstream\n" + data + b"\nendstream"
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1) + b"".join(
        b"%010d 00000 n \n" % at for at in places
    )
    return out + b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, trailer, start)


def text(words: str, x: int = 72, y: int = 700, points: int = 24, mode: int = 0) -> bytes:
    """PDF operators that write ``words``; mode 3 is invisible."""
    return b"BT %d Tr /F1 %d Tf %d %d Td (%s) Tj ET\n" % (mode, points, x, y, words.encode())


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _hex(data: bytes) -> bytes:
    return data.hex().encode()


def _rc4(key: bytes, data: bytes) -> bytes:
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out = bytearray()
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)
