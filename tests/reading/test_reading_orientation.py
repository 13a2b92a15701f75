"""Which way up a sheet stands: every sample scan, turned every way; and pages that do not say."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.flow import upright_layout
from pipeline.imaging.prepare import flatten, turned
from pipeline.intake.pages import read_pages
from pipeline.reading.orientation import choose_turn, turn_box
from pipeline.settings import Limits
from pipeline.sheets import Box, Image, PageImage, Sheet
from tests.conftest import SCANS
from tests.support.engine import CachedEngine

SAMPLES = [
    "党员登记表_平板扫描.jpg",
    "单位登记表_平板扫描.jpg",
    "共建协议_单页.jpg",
    "服务反馈表.tif",
    "党员登记表_传真.png",
    "共建协议_1.jpg",
    "资源清单.pdf",
    "党员登记表_横放.pdf",
    "党员登记表_手机照片.jpg",
    "单位登记表_传真.png",
    "共建协议_两页.tif",
    "服务反馈表_倒放.jpg",
    "项目清单_手机照片.jpg",
]
TALL = 1000  # px; the pictures are shrunk to this height, which leaves the writing legible and the test quick


@lru_cache(maxsize=1)
def scanned(name: str) -> PageImage:
    page = next(read_pages(SCANS / name, name, Limits()))
    scale = TALL / max(page.pixels.shape)
    small = cv2.resize(page.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return PageImage(name, 1, np.asarray(small, dtype=np.uint8), page.dpi * scale)


def direction_of_writing(sample: dict[str, Any]) -> np.ndarray:
    """The unit vector along a line of the page as scanned, from the quad of something written on it."""
    quad = np.array(next(box["quad"] for box in sample["boxes"] if box["page"] == 0))
    along = quad[1] - quad[0]
    return along / np.linalg.norm(along)


def direction_of_rows(sheet: Sheet) -> np.ndarray:
    """Where the sheet's left-to-right points on the page as scanned, as a unit vector."""
    h, w = sheet.ink.shape
    left, right = sheet.quad_of(Box(w / 2 - 50, h / 2, w / 2 + 50, h / 2))[:2]
    along = np.array(right) - np.array(left)
    return along / np.linalg.norm(along)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_scan_comes_out_upright_whichever_way_it_was_put_in(
    name: str, turns: int, engine: CachedEngine, samples: list[dict[str, Any]]
) -> None:
    sample = next(s for s in samples if s["files"][0] == name)
    page = scanned(name)
    pixels = np.ascontiguousarray(np.rot90(page.pixels, -turns))
    writing = direction_of_writing(sample)
    for _ in range(turns):
        writing = np.array([-writing[1], writing[0]])
    layout = upright_layout(PageImage(name, 1, pixels, page.dpi), engine)
    assert float(direction_of_rows(layout.sheet) @ writing) > 0.99
    boxes = [line.box for row in layout.rows for line in row]
    assert boxes
    assert sum(b.width > b.height for b in boxes) > 0.6 * len(boxes)  # the boxes were turned with it


def test_every_sample_is_listed(samples: list[dict[str, Any]]) -> None:
    assert sorted(SAMPLES) == sorted(s["files"][0] for s in samples)


def page_of(pixels: Image) -> PageImage:
    return PageImage("page.png", 1, pixels, 100)


def empty() -> Image:
    return np.full((1169, 827, 3), 255, dtype=np.uint8)


def ruled() -> Image:
    page = empty()
    for y in range(130, 1040, 65):
        cv2.line(page, (70, y), (760, y), (0, 0, 0), 2)
    for x in (70, 260, 470, 760):
        cv2.line(page, (x, 130), (x, 1040), (0, 0, 0), 2)
    return page


def stamped() -> Image:
    page = empty()
    cv2.circle(page, (530, 870), 80, (40, 40, 215), 6)
    return page


@pytest.mark.parametrize("draw", [empty, ruled, stamped])
@pytest.mark.parametrize("turns", [0, 1])
def test_a_page_without_writing_is_not_turned(draw: Any, turns: int, engine: CachedEngine) -> None:
    pixels = np.ascontiguousarray(np.rot90(draw(), turns))
    sheet = upright_layout(page_of(pixels), engine).sheet
    assert direction_of_rows(sheet) @ np.array([1.0, 0.0]) > 0.9


def test_noise_that_is_found_as_lines_does_not_turn_a_page(engine: CachedEngine) -> None:
    pixels = empty()
    rng = np.random.default_rng(11)
    rows = range(130, 1000, 60)
    for y in rows:
        pixels[y : y + 24, 130:670] = rng.choice([0, 255], (24, 540, 1), p=[0.3, 0.7])
    sheet = flatten(page_of(pixels))
    boxes = [Box(130, y, 670, y + 24) for y in rows]
    assert choose_turn(sheet, boxes, engine, turned) == 0


def test_no_boxes_no_turn(engine: CachedEngine) -> None:
    assert choose_turn(flatten(page_of(empty())), [], engine, turned) == 0


coordinates = st.floats(0, 900)


@given(st.integers(-4, 7), coordinates, coordinates, st.floats(1, 90), st.floats(1, 90))
def test_a_box_is_turned_as_the_picture_is(turns: int, x: float, y: float, width: float, height: float) -> None:
    box = Box(x, y, x + width, y + height)
    after = turn_box(box, turns, 1000, 1200)
    sides = (width, height) if turns % 2 == 0 else (height, width)
    assert (after.width, after.height) == pytest.approx(sides)
    w, h = (1000, 1200) if turns % 2 == 0 else (1200, 1000)
    back = turn_box(after, -turns, w, h)
    assert (back.x0, back.y0, back.x1, back.y1) == pytest.approx((box.x0, box.y0, box.x1, box.y1))


def test_a_box_after_one_turn_clockwise() -> None:
    picture = np.zeros((120, 100), dtype=np.uint8)
    picture[10:20, 30:70] = 1
    ys, xs = np.nonzero(np.rot90(picture, -1))
    assert turn_box(Box(30, 10, 70, 20), 1, 100, 120) == Box(xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)
