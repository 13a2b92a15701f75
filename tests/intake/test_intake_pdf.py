"""PDF pages: a scan keeps its own pixels, a drawn page gets the set resolution."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
from intake_samples import BLUE, RED, WHITE, Sheet, card, corners, encoded, pdf, put, scan_sheet, text
from PIL import Image

from pipeline.intake.pages import count_pages, read_pages
from pipeline.settings import Limits
from pipeline.sheets import PageImage

LIMITS = Limits(pdf_dpi=150)
AS_DRAWN = [RED, WHITE, BLUE, WHITE]


def pages(folder: Path, *sheets: Sheet, limits: Limits = LIMITS) -> list[PageImage]:
    path = put(folder, "doc.pdf", pdf(*sheets))
    found = list(read_pages(path, "doc.pdf", limits))
    assert [page.number for page in found] == list(range(1, count_pages(path, limits) + 1))
    return found


@pytest.mark.parametrize("dpi", [150, 200, 300])
def test_a_scan_keeps_its_pixels_one_for_one(tmp_path: Path, dpi: int) -> None:
    rng = np.random.default_rng(1)
    scan = Image.fromarray(rng.integers(0, 256, (int(11.693 * dpi), int(8.268 * dpi), 3), dtype=np.uint8))
    sheet = scan_sheet(scan, dpi)
    (page,) = pages(tmp_path, sheet)
    assert page.dpi == pytest.approx(dpi, abs=0.05)
    path = put(tmp_path, "same.jpg", sheet.images["Im0"])
    (same,) = read_pages(path, "same.jpg", LIMITS)
    assert (page.pixels == same.pixels).all()


@pytest.mark.parametrize(
    ("rotate", "seen"),
    [
        (0, AS_DRAWN),
        (90, [WHITE, RED, WHITE, BLUE]),
        (180, [BLUE, WHITE, RED, WHITE]),
        (270, [WHITE, BLUE, WHITE, RED]),
    ],
)
def test_a_page_is_turned_as_it_is_displayed(tmp_path: Path, rotate: int, seen: list[tuple[int, int, int]]) -> None:
    (page,) = pages(tmp_path, scan_sheet(card(1200, 800), 200, rotate))
    assert page.pixels.shape == ((800, 1200, 3) if rotate % 180 == 0 else (1200, 800, 3))
    assert corners(page.pixels) == seen
    assert page.dpi == pytest.approx(200, abs=0.05)


def test_an_image_stored_lying_down_and_placed_upright(tmp_path: Path) -> None:
    content = b"q 0 432 -288 0 288 0 cm /Im0 Do Q"
    (page,) = pages(tmp_path, Sheet(content, (288, 432), {"Im0": encoded(card(1200, 800), "JPEG", quality=95)}))
    assert page.pixels.shape == (1200, 800, 3)
    assert corners(page.pixels) == [WHITE, BLUE, WHITE, RED]


def test_a_drawn_page_gets_the_set_resolution(tmp_path: Path) -> None:
    (page,) = pages(tmp_path, Sheet(text("Registration form")))
    assert page.pixels.shape == (round(842 * 150 / 72), round(595 * 150 / 72), 3)
    assert page.dpi == 150
    assert page.pixels.min() < 60
    assert corners(page.pixels) == [WHITE] * 4


def test_a_small_picture_on_a_drawn_page_does_not_set_its_resolution(tmp_path: Path) -> None:
    logo = b"q 90 0 0 60 40 760 cm /Im0 Do Q\n" + text("Registration form")
    (page,) = pages(tmp_path, Sheet(logo, images={"Im0": encoded(card(1200, 800), "JPEG")}))
    assert page.dpi == 150


def test_an_invisible_text_layer_leaves_a_scan_a_scan(tmp_path: Path) -> None:
    sheet = scan_sheet(card(1240, 1754), 200, over=text("what the scanner read", 10, 10, 12, mode=3))
    (page,) = pages(tmp_path, sheet)
    assert page.dpi == pytest.approx(200, abs=0.05)


def test_print_over_a_coarse_background_is_rendered_at_the_set_resolution(tmp_path: Path) -> None:
    (page,) = pages(tmp_path, scan_sheet(card(827, 1169), 100, over=text("typed over the scan", 50, 50, 12)))
    assert page.dpi == pytest.approx(150, abs=0.05)


def test_a_scan_in_strips_of_one_density_is_a_scan(tmp_path: Path) -> None:
    strip = encoded(Image.new("RGB", (1654, 585), (90, 90, 90)), "JPEG")
    content = b"".join(b"q 595.44 0 0 210.6 0 %.1f cm /Im%d Do Q\n" % (210.6 * i, i) for i in range(4))
    (page,) = pages(tmp_path, Sheet(content, (595.44, 842.4), {f"Im{i}": strip for i in range(4)}))
    assert page.pixels.shape == (2340, 1654, 3)
    assert page.pixels.max() < 100


@pytest.mark.parametrize(("dpi", "rendered"), [(60, 100), (600, 400)])
def test_the_resolution_of_a_scan_stays_within_reason(tmp_path: Path, dpi: int, rendered: int) -> None:
    (page,) = pages(tmp_path, scan_sheet(card(6 * dpi, 4 * dpi), dpi))
    assert page.pixels.shape == (4 * rendered, 6 * rendered, 3)
    assert page.dpi == pytest.approx(rendered, abs=0.05)


def test_a_photo_at_one_point_a_pixel_keeps_its_pixels_and_has_no_resolution(tmp_path: Path) -> None:
    (page,) = pages(tmp_path, scan_sheet(card(3000, 2000), 72))
    assert page.pixels.shape == (2000, 3000, 3)
    assert page.dpi == 0


def test_a_large_sheet_is_rendered_coarser_rather_than_refused(tmp_path: Path) -> None:
    limits = Limits(pdf_dpi=200, max_pixels=2_000_000)
    (page,) = pages(tmp_path, Sheet(text("hello")), limits=limits)
    assert 1_900_000 < page.pixels.shape[0] * page.pixels.shape[1] <= 2_000_000
    assert 100 < page.dpi < 200
    assert page.pixels.shape[1] == pytest.approx(595 * page.dpi / 72, abs=1)


def test_filled_in_form_fields_are_seen(tmp_path: Path) -> None:
    look = b"0 0 0 rg 0 0 200 100 re f"
    data = (
        b"%%PDF-1.4\n1 0 obj << /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] >> >> endobj\n"
        b"2 0 obj << /Type /Pages /Count 1 /Kids [3 0 R] >> endobj\n"
        b"3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 400 400] /Annots [4 0 R] >> endobj\n"
        b"4 0 obj << /Type /Annot /Subtype /Widget /FT /Tx /T (name) /V (x) /F 4 /Rect [100 100 300 200]"
        b" /AP << /N 5 0 R >> >> endobj\n"
        b"5 0 obj << /Type /XObject /Subtype /Form /BBox [0 0 200 100] /Length %d >>\nstream\n%s\nendstream endobj\n"
        b"trailer << /Root 1 0 R /Size 6 >>\n%%%%EOF\n" % (len(look), look)
    )
    (page,) = read_pages(put(tmp_path, "form.pdf", data), "form.pdf", LIMITS)
    assert page.pixels[round(250 * 150 / 72), round(200 * 150 / 72)].max() < 120


def test_pages_come_one_at_a_time(tmp_path: Path) -> None:
    broken = scan_sheet(card(1200, 800), 200)
    broken.images["Im0"] = b"this is no JPEG"
    path = put(tmp_path, "doc.pdf", pdf(scan_sheet(card(1200, 800), 200), broken))
    found = read_pages(path, "doc.pdf", LIMITS)
    assert next(found).number == 1
    found.close()  # type: ignore[attr-defined]


def test_the_file_is_free_again_afterwards(tmp_path: Path) -> None:
    path = put(tmp_path, "doc.pdf", pdf(Sheet(text("a")), Sheet(text("b"))))
    unfinished = read_pages(path, "doc.pdf", LIMITS)
    next(unfinished)
    unfinished.close()  # type: ignore[attr-defined]
    path.unlink()  # fails on Windows while a handle is open
    assert not path.exists()


def test_the_encrypted_sample_is_a_real_one(tmp_path: Path) -> None:
    path = put(tmp_path, "locked.pdf", pdf(Sheet(text("secret")), password="12345"))
    with pdfium.PdfDocument(path, password="12345") as document:
        assert "secret" in document[0].get_textpage().get_text_range()
