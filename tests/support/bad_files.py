"""Files that no batch can read, each bad in its own way, and small ones that it can."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pypdfium2 as pdfium
from PIL import Image, ImageDraw

from tests.intake.intake_samples import Sheet, encoded, huge_png, noise, pdf, text


def blank_picture(seed: int = 0, width: int = 400, height: int = 560) -> bytes:
    """A white page with a dot, a different file for each ``seed``."""
    picture = Image.new("L", (width, height), 255)
    ImageDraw.Draw(picture).point((10 + seed, 10), 0)
    return encoded(picture, "PNG")


def blank_pdf(pages: int) -> bytes:
    out = io.BytesIO()
    with pdfium.PdfDocument.new() as document:
        for _ in range(pages):
            document.new_page(595, 842).close()
        document.save(out)
    return out.getvalue()


def truncated_jpeg() -> bytes:
    data = encoded(noise(), "JPEG")
    return data[: len(data) // 2]


BAD_FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "空文件.jpg": ("empty_file", lambda: b""),
    "文字.jpg": ("not_an_image", lambda: "这不是图片，只是一段文字。".encode()),
    "半张.jpg": ("truncated_file", truncated_jpeg),
    "加密.pdf": ("password_protected", lambda: pdf(Sheet(text("secret")), password="12345")),
    "三百页.pdf": ("too_many_pages", lambda: blank_pdf(300)),
    "巨图.png": ("too_many_pixels", lambda: huge_png(30_000)),
}
"""Name, quarantine code and content of each bad file that the main job names."""


def put_bad_files(folder: Path) -> dict[str, str]:
    """Write them all; returns the code expected for each name."""
    for name, (_, make) in BAD_FILES.items():
        (folder / name).write_bytes(make())
    return {name: code for name, (code, _) in BAD_FILES.items()}
