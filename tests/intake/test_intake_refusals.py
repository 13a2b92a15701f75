"""What cannot be taken says which way it is bad, in Chinese, before it costs memory or time."""

from __future__ import annotations

import re
import struct
import time
from pathlib import Path

import psutil
import pypdfium2 as pdfium
import pytest
from intake_samples import Sheet, card, encoded, huge_png, noise, pdf, png, put, scan_sheet, text
from test_intake_pictures import heic

from pipeline.errors import FileError
from pipeline.intake.pages import count_pages, read_pages
from pipeline.settings import Limits

LIMITS = Limits()


def refusal(path: Path, limits: Limits = LIMITS) -> str:
    """The code a file is refused with; its message must be Chinese and end in something to do."""
    with pytest.raises(FileError) as caught:
        list(read_pages(path, path.name, limits))
    assert re.search(r"请.+。|请.+）", caught.value.message), caught.value.message
    return caught.value.code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"just some text, not a picture", "not_an_image"),
        ("姓名：王建国".encode(), "not_an_image"),
        (b"BMW is a make of cars, and this is text", "not_an_image"),
        (bytes(5000), "not_an_image"),
        (b"\x00\x01\x02\x99" * 50, "not_an_image"),
        (b"PK\x03\x04" + bytes(50), "unsupported_type"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(50), "unsupported_type"),
        (b"GIF89a" + bytes(50), "unsupported_type"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + bytes(50), "unsupported_type"),
        (b"\0\0\0\x1cftypavif\0\0\0\0mif1avifmiaf" + bytes(50), "unsupported_type"),
        (b"%PDF-1.7\nthis is all there is", "truncated_file"),
        (b"%PDF-1.7\nnothing of use\n%%EOF\n", "corrupt_file"),
        (b"\xff\xd8\xff\xe0", "truncated_file"),
        (b"\x89PNG\r\n\x1a\n", "truncated_file"),
        (b"II*\0", "truncated_file"),
    ],
)
def test_a_file_that_is_no_scan(tmp_path: Path, data: bytes, code: str) -> None:
    path = put(tmp_path, "scan.jpg", data)
    assert refusal(path) == code
    with pytest.raises(FileError):
        count_pages(path, LIMITS)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
@pytest.mark.parametrize(
    ("file_type", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("PNG", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("BMP", {}),
        ("WEBP", {}),
        ("HEIC", {}),
    ],
)
def test_a_picture_cut_short(tmp_path: Path, file_type: str, options: dict[str, object], share: float) -> None:
    data = heic(noise()) if file_type == "HEIC" else encoded(noise(), file_type, **options)
    assert refusal(put(tmp_path, "scan", data[: int(len(data) * share)])) == "truncated_file"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_pdf_cut_short(tmp_path: Path, share: float) -> None:
    data = pdf(*[scan_sheet(noise(), 100) for _ in range(3)])
    assert refusal(put(tmp_path, "scan.pdf", data[: int(len(data) * share)])) == "truncated_file"


def test_a_png_with_damaged_pixels(tmp_path: Path) -> None:
    data = png(struct.pack(">IIBBBBB", 200, 200, 8, 2, 0, 0, 0), b"this is not what zlib writes" * 9)
    assert refusal(put(tmp_path, "scan.png", data)) == "corrupt_file"


def test_a_damaged_later_frame_fails_the_file(tmp_path: Path) -> None:
    data = encoded(card(), "TIFF", compression="tiff_lzw", save_all=True, append_images=[noise()])
    whole = put(tmp_path, "scan.tif", data)
    assert len(list(read_pages(whole, "scan.tif", LIMITS))) == 2
    assert refusal(put(tmp_path, "cut.tif", data[:-2000])) == "truncated_file"


def test_a_damaged_later_page_of_a_pdf_fails_the_file(tmp_path: Path) -> None:
    broken = scan_sheet(card(1200, 800), 200)
    broken.images["Im0"] = b"this is no JPEG"
    assert refusal(put(tmp_path, "scan.pdf", pdf(scan_sheet(card(1200, 800), 200), broken))) == "corrupt_file"


def test_a_pdf_with_a_password(tmp_path: Path) -> None:
    path = put(tmp_path, "locked.pdf", pdf(Sheet(text("secret")), password="12345"))
    assert refusal(path) == "password_protected"
    with pytest.raises(FileError) as caught:
        count_pages(path, LIMITS)
    assert caught.value.code == "password_protected"


def test_300_blank_pages(tmp_path: Path) -> None:
    path = tmp_path / "blank.pdf"
    with pdfium.PdfDocument.new() as document:
        for _ in range(300):
            document.new_page(595, 842).close()
        document.save(path)
    assert refusal(path) == "too_many_pages"
    roomy = Limits(max_pages=300)
    assert count_pages(path, roomy) == 300
    assert next(iter(read_pages(path, "blank.pdf", roomy))).pixels.min() == 255


def test_too_many_frames(tmp_path: Path) -> None:
    data = encoded(card(), "TIFF", save_all=True, append_images=[card()] * 5)
    assert refusal(put(tmp_path, "fax.tif", data), Limits(max_pages=5)) == "too_many_pages"
    assert count_pages(tmp_path / "fax.tif", Limits(max_pages=6)) == 6


def test_a_png_of_30000_by_30000_costs_neither_time_nor_memory(tmp_path: Path) -> None:
    path = put(tmp_path, "bomb.png", huge_png(30_000))
    process = psutil.Process()
    before, start = process.memory_info().rss, time.perf_counter()
    assert refusal(path) == "too_many_pixels"
    assert time.perf_counter() - start < 1
    assert process.memory_info().rss - before < 50_000_000


def test_a_page_larger_than_pillow_takes_by_itself_is_read_where_the_limit_allows(tmp_path: Path) -> None:
    path = put(tmp_path, "plan.png", huge_png(15_000))  # 225 megapixels; Pillow's own error starts at 179
    assert count_pages(path, Limits(max_pixels=230_000_000)) == 1
    assert refusal(path) == "too_many_pixels"


@pytest.mark.parametrize("file_type", ["JPEG", "PNG", "TIFF", "BMP", "WEBP", "HEIC"])
def test_the_pixel_limit_holds_for_every_format(tmp_path: Path, file_type: str) -> None:
    data = heic(card(200, 100)) if file_type == "HEIC" else encoded(card(200, 100), file_type)
    path = put(tmp_path, "page", data)
    assert refusal(path, Limits(max_pixels=19_999)) == "too_many_pixels"
    assert len(list(read_pages(path, "page", Limits(max_pixels=20_000)))) == 1


def test_the_pixel_limit_holds_for_each_frame(tmp_path: Path) -> None:
    data = encoded(card(), "TIFF", save_all=True, append_images=[card(300, 300)])
    assert refusal(put(tmp_path, "fax.tif", data), Limits(max_pixels=50_000)) == "too_many_pixels"


def test_a_pdf_page_that_is_a_hall_wall(tmp_path: Path) -> None:
    assert refusal(put(tmp_path, "w.pdf", pdf(Sheet(text("x"), (14_000, 14_000))))) == "too_many_pixels"


def test_a_huge_image_on_a_small_pdf_page(tmp_path: Path) -> None:
    path = put(tmp_path, "s.pdf", pdf(scan_sheet(card(1200, 800), 1200)))
    assert refusal(path, Limits(max_pixels=900_000)) == "too_many_pixels"


def test_too_many_bytes(tmp_path: Path) -> None:
    assert refusal(put(tmp_path, "s.bmp", encoded(card(), "BMP")), Limits(max_bytes=1000)) == "too_many_bytes"


def test_a_file_that_is_gone_and_a_folder(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone.jpg") == "unreadable_file"
    assert refusal(tmp_path) == "unreadable_file"
