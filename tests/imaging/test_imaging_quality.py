"""How well a page can be read, and whether anything is on it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from imaging_pictures import form, scan, white, write

from pipeline.imaging.prepare import flatten
from pipeline.imaging.quality import is_blank
from pipeline.intake.pages import read_pages
from pipeline.settings import Acceptance, Limits
from pipeline.sheets import Image, Sheet
from tests.conftest import SCANS


def blurred(page: Image, sigma: float) -> Image:
    return np.asarray(cv2.GaussianBlur(page, (0, 0), sigma), dtype=np.uint8)


def faded(page: Image, contrast: float) -> Image:
    return (255 - (255 - page.astype(np.float64)) * contrast).astype(np.uint8)


def quality(page: Image) -> float:
    return flatten(scan(page, page.shape[0] / 11.69)).quality


@pytest.fixture(scope="module")
def crisp() -> Image:
    return form(827, 1169)


def test_crisp_is_better_than_blurred_and_hopeless_is_nothing(crisp: Image) -> None:
    grades = [quality(page) for page in (crisp, blurred(crisp, 3), blurred(crisp, 6), blurred(crisp, 25))]
    assert grades == sorted(grades, reverse=True)
    assert len(set(grades)) == 4
    assert grades[0] > 0.9
    assert grades[-1] < 0.05


def test_strong_ink_is_better_than_faint(crisp: Image) -> None:
    grades = [quality(faded(crisp, contrast)) for contrast in (1.0, 0.45, 0.3)]
    assert grades == sorted(grades, reverse=True)
    assert len(set(grades)) == 3


@pytest.fixture(scope="module")
def flatbed() -> Image:
    """The upper part of a scan."""
    page = next(read_pages(SCANS / "党员登记表_平板扫描.jpg", "page.jpg", Limits()))
    return np.ascontiguousarray(page.pixels[:900])


def test_a_real_scan_grows_worse_with_blur(flatbed: Image) -> None:
    grades = [quality(page) for page in (flatbed, blurred(flatbed, 3), blurred(flatbed, 30))]
    assert grades == sorted(grades, reverse=True)
    assert grades[0] > 0.9
    assert grades[-1] < Acceptance().unreadable_below


VARIED = ["党员登记表_传真.png", "项目清单_手机照片.jpg", "资源清单.pdf", "共建协议_两页.tif"]


@pytest.mark.parametrize("name", VARIED, ids=["fax", "photo", "copy", "two pages"])
def test_a_sample_scan_is_readable_and_not_blank(name: str) -> None:
    for page in read_pages(SCANS / name, name, Limits()):
        sheet = flatten(page)
        assert sheet.quality > 0.5
        assert not is_blank(sheet.mask, sheet.red)


def sheet_of(page: Image) -> Sheet:
    return flatten(scan(page, 100))


def back() -> Image:
    """An empty page at 100 dpi."""
    return white(827, 1169)


def specked(count: int) -> Image:
    page, rng = back(), np.random.default_rng(0)
    for x, y in rng.integers(20, 800, (count, 2)):
        page[y : y + 1 + x % 2, x : x + 1 + y % 2] = 60
    return page


@pytest.mark.parametrize("count", [0, 20, 100])
def test_a_blank_page_with_specks_is_blank(count: int) -> None:
    sheet = sheet_of(specked(count))
    assert is_blank(sheet.mask, sheet.red)
    assert sheet.quality == 0.0


def test_the_back_of_a_page_with_dark_edges_is_blank() -> None:
    page = back()
    page[:, :16] = 30  # the lid of the scanner
    page[-14:] = 30
    reverse = sheet_of(page)
    assert is_blank(reverse.mask, reverse.red)


def test_gray_recycled_paper_is_blank() -> None:
    grain = np.random.default_rng(2).normal(0, 8, (1754, 1240, 1))
    paper = np.clip(205 + grain + np.zeros(3), 0, 255).astype(np.uint8)
    blank = flatten(scan(paper, 150))
    assert is_blank(blank.mask, blank.red)


def test_a_single_line_of_text_is_not_blank() -> None:
    page = back()
    write(page, "one line of text", 130, 200)
    sheet = sheet_of(page)
    assert not is_blank(sheet.mask, sheet.red)


def test_a_single_printed_line_of_a_real_page_is_not_blank() -> None:
    scanned = next(read_pages(SCANS / "共建协议_单页.jpg", "page.jpg", Limits()))
    sheet = flatten(scanned)
    rows = np.flatnonzero((sheet.mask[300:-200, 200:-200] > 0).any(axis=1)) + 300
    first = int(rows[0])
    last = first + int(np.argmax(np.diff(rows) > 3))  # the title, down to the first empty row
    alone = np.full_like(sheet.mask, 0)
    alone[first : last + 1] = sheet.mask[first : last + 1]
    assert 20 < last - first < 80
    assert not is_blank(alone, np.zeros_like(alone))
