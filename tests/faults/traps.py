"""Files made to do harm: small ones that grow when they are opened, absurd sizes, loops, scripts."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache

import pillow_heif
from PIL import Image

from tests.intake.intake_samples import Sheet, encoded, huge_png, noise, pdf, png, text

Maker = Callable[[], bytes]
_CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
_PAGES = b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>"
_PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"


@cache
def deflated(megabytes: int, unit: bytes = b"\0") -> bytes:
    """A deflate stream of a few kilobytes that grows to so many megabytes."""
    packer, block = zlib.compressobj(9), unit * (1_000_000 // len(unit))
    return b"".join([*(packer.compress(block) for _ in range(megabytes)), packer.flush()])


def zip_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for i in range(4):
            archive.writestr(f"{i}.jpg", bytes(50_000_000))
    return out.getvalue()


def png_claiming(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG that says it is so large, whatever is in it."""
    return png(struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), data or zlib.compress(bytes(1000)))


def png_with_bomb(chunk: bytes, head: bytes) -> bytes:
    """A small picture with a compressed text or profile of gigabytes."""
    whole = encoded(Image.new("RGB", (300, 200), "white"), "PNG")
    body = head + deflated(1500)
    part = struct.pack(">I", len(body)) + chunk + body + struct.pack(">I", zlib.crc32(chunk + body))
    return whole[:33] + part + whole[33:]


def jpeg_claiming(width: int, height: int) -> bytes:
    whole = bytearray(encoded(noise(), "JPEG"))
    at = whole.index(b"\xff\xc0") + 5
    whole[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(whole)


def jpeg_of_many_scans(side: int = 1900, times: int = 1500) -> bytes:
    """A progressive picture whose last pass over all its pixels comes thousands of times."""
    whole = encoded(Image.effect_noise((side, side), 40).convert("RGB"), "JPEG", quality=1, progressive=True)
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * times + whole[-2:]


def bmp_claiming(width: int, height: int) -> bytes:
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 1000, 0, 0, 54) + head


def webp_claiming_most() -> bytes:
    whole = bytearray(encoded(noise(), "WEBP", quality=50))
    at = whole.index(b"\x9d\x01\x2a") + 3
    whole[at : at + 4] = struct.pack("<HH", 16383, 16383)
    return bytes(whole)


def heic_claiming_most() -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(noise()).save(out)
    whole = bytearray(out.getvalue())
    at = whole.index(b"ispe") + 8
    whole[at : at + 8] = struct.pack(">II", 60_000, 60_000)
    return bytes(whole)


def gif_of(frames: int) -> bytes:
    pages = [Image.new("P", (2000, 2000), i % 2) for i in range(frames)]
    out = io.BytesIO()
    pages[0].save(out, "GIF", save_all=True, append_images=pages[1:])
    return out.getvalue()


def _ifd(at: int, entries: list[tuple[int, int, int, int]], following: int) -> bytes:
    """A directory of a TIFF; where it lies says nothing about its bytes."""
    del at
    body = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    return struct.pack("<H", len(entries)) + body + struct.pack("<I", following)


def tiff_of(width: int, height: int, *, strip: bytes = b"", compression: int = 1, loop: bool = False) -> bytes:
    """A one-strip gray TIFF that says it is so large; with ``loop`` its next page is itself."""
    at = 8
    entries = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, compression), (262, 3, 1, 1),
        (273, 4, 1, at + 6 + 12 * 9), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, len(strip)),
    ]  # fmt: skip
    return b"II*\0" + struct.pack("<I", at) + _ifd(at, entries, at if loop else 0) + strip


def tiff_of_thumbnails(count: int) -> bytes:
    """Directories without end that are all marked as thumbnails, so that no page limit stops the count."""
    size = 2 + 12 * 3 + 4
    parts = [b"II*\0" + struct.pack("<I", 8)]
    for i in range(count):
        following = 8 + (i + 1) * size if i + 1 < count else 0
        parts.append(_ifd(0, [(254, 4, 1, 1), (256, 4, 1, 8), (257, 4, 1, 8)], following))
    return b"".join(parts)


def tiff_of_pages(count: int) -> bytes:
    out = io.BytesIO()
    pages = [Image.new("1", (200, 200), i % 2) for i in range(count)]
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:])
    return out.getvalue()


def raw_pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A PDF of these objects, numbered from 1, the first of them its catalog."""
    out, starts = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        starts.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    end = b"trailer << /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + end


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(data), data)


def _drawing(content: bytes, entries: bytes = b"", *more: bytes) -> bytes:
    """A page that draws ``content``, with further entries of the page and further objects from number 5."""
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R %s >>" % entries
    return raw_pdf(_CATALOG, _PAGES, page, content, *more)


def pdf_growing_when_drawn() -> bytes:
    return _drawing(stream(deflated(1000, b"q "), b"/Filter /FlateDecode"))


def pdf_growing_when_opened() -> bytes:
    """Its table of contents, which must be read before anything else, is gigabytes of zeros."""
    head = b"%PDF-1.7\n" + b"".join(
        b"%d 0 obj\n%s\nendobj\n" % (i, body) for i, body in enumerate((_CATALOG, _PAGES, _PAGE), 1)
    )
    table = stream(deflated(2500), b"/Type /XRef /Size 5 /W [1 4 1] /Root 1 0 R /Filter /FlateDecode")
    return head + b"4 0 obj\n" + table + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(head)


def pdf_with_bomb_image(width: int, height: int) -> bytes:
    image = stream(
        deflated(1000),
        b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8 "
        b"/Filter /FlateDecode" % (width, height),
    )
    return _drawing(stream(b"q 595 0 0 842 0 0 cm /I Do Q"), b"/Resources << /XObject << /I 5 0 R >> >>", image)


def pdf_drawing_itself() -> bytes:
    """Forms that draw each other twice: two to the thirtieth times."""
    count = 30
    forms = [
        stream(
            b"/F Do /F Do",
            b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /F %d 0 R >> >>" % (6 + i),
        )
        for i in range(count)
    ]
    last = stream(b"0 0 m 500 500 l S", b"/Type /XObject /Subtype /Form /BBox [0 0 595 842]")
    return _drawing(stream(b"/F Do"), b"/Resources << /XObject << /F 5 0 R >> >>", *forms, last)


def pdf_in_a_circle() -> bytes:
    itself = b"/Resources << /XObject << /F 5 0 R >> >>"
    form = stream(b"/F Do", b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] " + itself)
    return _drawing(stream(b"/F Do"), itself, form)


def pdf_with_script() -> bytes:
    action = b"<< /S /JavaScript /JS (while \\(true\\) { app.alert\\('!'\\); }) >>"
    launch = b"<< /S /Launch /F (/bin/sh) >>"
    catalog = b"<< /Type /Catalog /Pages 2 0 R /OpenAction %s /AA << /WC %s >> >>" % (action, launch)
    return raw_pdf(catalog, _PAGES, _PAGE)


def pdf_of_size(box: bytes) -> bytes:
    return raw_pdf(_CATALOG, _PAGES, b"<< /Type /Page /Parent 2 0 R /MediaBox %s >>" % box)


def pdf_of_deep_pages(depth: int) -> bytes:
    nodes = [b"<< /Type /Pages /Count 1 /Kids [%d 0 R] >>" % (i + 3) for i in range(depth)]
    return raw_pdf(_CATALOG, *nodes, b"<< /Type /Page /MediaBox [0 0 595 842] >>")


def pdf_of_pages(count: int) -> bytes:
    return pdf(*[Sheet(text(str(i))) for i in range(count)])


BOMBS: dict[str, tuple[Maker, str | None]] = {
    "zip": (zip_bomb, "unsupported_type"),
    "gzip": (lambda: b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + deflated(1000), "unsupported_type"),
    "gif": (lambda: gif_of(20), "unsupported_type"),
    "png of 900 million pixels": (lambda: huge_png(30_000), "too_many_pixels"),
    "png claiming 4 billion": (lambda: png_claiming(65_000, 65_000), "too_many_pixels"),
    "png claiming 2^62": (lambda: png_claiming(2**31 - 1, 2**31 - 1), None),
    "png growing": (lambda: png_claiming(1500, 1500, deflated(1500)), None),
    "png with a text that grows": (lambda: png_with_bomb(b"zTXt", b"k\0\0"), None),
    "png with a profile that grows": (lambda: png_with_bomb(b"iCCP", b"k\0\0"), None),
    "jpeg claiming 4 billion": (lambda: jpeg_claiming(65_500, 65_500), "too_many_pixels"),
    "jpeg of many scans": (jpeg_of_many_scans, None),
    "png of a line": (lambda: encoded(Image.new("L", (3000, 1)), "PNG"), "corrupt_file"),
    "bmp claiming 4 billion": (lambda: bmp_claiming(65_000, 65_000), "too_many_pixels"),
    "bmp claiming less than nothing": (lambda: bmp_claiming(-5, -2_000_000_000), None),
    "webp claiming 268 million": (webp_claiming_most, None),
    "heic claiming 3.6 billion": (heic_claiming_most, None),
    "tiff claiming 4 billion": (lambda: tiff_of(65_000, 65_000), "too_many_pixels"),
    "tiff growing": (lambda: tiff_of(1500, 1500, strip=deflated(1500), compression=8), None),
    "tiff in a circle": (lambda: tiff_of(300, 300, strip=bytes(90_000), loop=True), None),
    "tiff of thumbnails": (lambda: tiff_of_thumbnails(200_000), None),
    "tiff of pages": (lambda: tiff_of_pages(400), "too_many_pages"),
    "pdf growing when drawn": (pdf_growing_when_drawn, None),
    "pdf growing when opened": (pdf_growing_when_opened, None),
    "pdf with an image of a billion pixels": (lambda: pdf_with_bomb_image(32_000, 32_000), "too_many_pixels"),
    "pdf with an image that grows": (lambda: pdf_with_bomb_image(1000, 1000), None),
    "pdf drawing itself": (pdf_drawing_itself, None),
    "pdf of 300 pages": (lambda: pdf_of_pages(300), "too_many_pages"),
    "pdf of a kilometre": (lambda: pdf_of_size(b"[0 0 3000000 3000000]"), "too_many_pixels"),
}
"""What each is, how it is made, and under which code it must come to be known where only one will do."""

PDFS: dict[str, tuple[Maker, str | None]] = {
    "in a circle": (pdf_in_a_circle, None),
    "page tree in a circle": (lambda: raw_pdf(_CATALOG, b"<< /Type /Pages /Count 9 /Kids [2 0 R 2 0 R] >>"), None),
    "page tree 20,000 deep": (lambda: pdf_of_deep_pages(20_000), None),
    "a billion pages, it says": (
        lambda: raw_pdf(_CATALOG, b"<< /Type /Pages /Count 1000000000 /Kids [3 0 R] >>", _PAGE), None,
    ),
    "less than no pages": (lambda: raw_pdf(_CATALOG, b"<< /Type /Pages /Count -3 /Kids [] >>"), None),
    "with a script": (pdf_with_script, None),
    "encrypted": (lambda: pdf(Sheet(text("secret")), password="12345"), "password_protected"),
    "no catalog": (lambda: raw_pdf(b"null"), None),
    "brackets": (lambda: raw_pdf(b"<< /Type /Catalog /Pages 2 0 R /X " + b"[" * 400_000 + b" >>", _PAGES, _PAGE), None),
    "page of no size": (lambda: pdf_of_size(b"[0 0 0 0]"), None),
    "page turned inside out": (lambda: pdf_of_size(b"[595 842 0 0]"), None),
    "page of odd size": (lambda: pdf_of_size(b"[null (a) << >> 1e99]"), None),
    "a line for a page": (lambda: pdf_of_size(b"[0 0 1000 0.001]"), "corrupt_file"),
    "circular table": (
        lambda: b"%PDF-1.4\nxref\n0 1\n0000000000 65535 f \ntrailer << /Size 1 /Prev 9 >>\nstartxref\n9\n%%EOF", None,
    ),
    "table beyond the end": (lambda: b"%PDF-1.4\nstartxref\n99999999999999999999\n%%EOF", None),
    "nothing but its head": (lambda: b"%PDF-1.7\n%%EOF", None),
    "broken picture": (
        lambda: pdf(Sheet(b"q 595 0 0 842 0 0 cm /I Do Q", images={"I": b"no picture"})), None,
    ),
}  # fmt: skip
"""PDFs that are wrong or up to something, as :data:`BOMBS`."""
