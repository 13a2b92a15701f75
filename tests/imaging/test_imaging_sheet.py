"""The sheet is found in a photo, to a few pixels, and not imagined where there is none."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from imaging_pictures import BLACK, Points, form, gradient, photo, table_top, white

from pipeline.imaging.sheet import find_sheet
from pipeline.intake.pages import read_pages
from pipeline.settings import Limits
from pipeline.sheets import Quad
from tests.conftest import SCANS

WIDTH, HEIGHT = 1050, 1400
WOOD, CLOTH, MARBLE, BRICK, SLATE = (45, 75, 110), (120, 70, 40), (120, 120, 120), (60, 50, 140), (35, 35, 40)  # BGR
UPRIGHT: Points = [(105, 112), (945, 112), (945, 1288), (105, 1288)]
ASKEW: Points = [(182, 84), (966, 147), (875, 1316), (84, 1246)]
PERSPECTIVE: Points = [(196, 154), (847, 168), (980, 1295), (63, 1267)]
LANDSCAPE: Points = [(140, 350), (924, 378), (903, 980), (119, 966)]
NEAR = 4.5  # px, of a picture 1,400 px high


def worst(found: Quad | None, corners: Points) -> float:
    """The largest distance of a found corner from the true one, in the same order."""
    assert found is not None
    return max(float(np.hypot(a[0] - b[0], a[1] - b[1])) for a, b in zip(found, corners, strict=True))


@pytest.mark.parametrize(
    "colour", [WOOD, CLOTH, MARBLE, BRICK, SLATE], ids=["wood", "cloth", "marble", "brick", "slate"]
)
def test_paper_on_a_table_of_any_colour(colour: tuple[int, int, int]) -> None:
    picture = photo(form(877, 1240), PERSPECTIVE, table_top(WIDTH, HEIGHT, colour), light=0.8)
    assert worst(find_sheet(picture), PERSPECTIVE) < NEAR


@pytest.mark.parametrize("corners", [UPRIGHT, ASKEW, LANDSCAPE], ids=["upright", "askew", "landscape"])
def test_paper_lying_any_way(corners: Points) -> None:
    paper = form(1240, 877) if corners is LANDSCAPE else form(877, 1240)
    assert worst(find_sheet(photo(paper, corners, table_top(WIDTH, HEIGHT, WOOD))), corners) < NEAR


@pytest.mark.parametrize("tint", [(0.95, 0.82, 0.97), (0.55, 0.9, 0.97)], ids=["pink", "yellow"])
def test_coloured_paper(tint: tuple[float, float, float]) -> None:
    paper = (form(877, 1240) * np.array(tint)).astype(np.uint8)
    assert worst(find_sheet(photo(paper, PERSPECTIVE, table_top(WIDTH, HEIGHT, WOOD))), PERSPECTIVE) < NEAR


def test_light_that_falls_off() -> None:
    picture = photo(form(877, 1240), PERSPECTIVE, table_top(WIDTH, HEIGHT, WOOD)) * gradient(WIDTH, HEIGHT, 0.45)
    assert worst(find_sheet(picture.astype(np.uint8)), PERSPECTIVE) < NEAR


def test_a_shadow_with_a_sharp_edge_across_the_paper() -> None:
    picture = photo(form(877, 1240), PERSPECTIVE, table_top(WIDTH, HEIGHT, WOOD)).astype(np.float64)
    picture[:, :490] *= 0.55
    assert worst(find_sheet(picture.astype(np.uint8)), PERSPECTIVE) < NEAR


def test_a_dog_ear_does_not_move_its_corner() -> None:
    picture = photo(form(877, 1240), PERSPECTIVE, table_top(WIDTH, HEIGHT, WOOD))
    cv2.fillPoly(picture, [np.array([(848, 168), (784, 166), (853, 224)])], WOOD)
    assert worst(find_sheet(picture), PERSPECTIVE) < NEAR


def test_the_size_of_the_picture_does_not_matter() -> None:
    large = [(x * 2, y * 2) for x, y in PERSPECTIVE]
    assert worst(find_sheet(photo(form(), large, table_top(2 * WIDTH, 2 * HEIGHT, CLOTH))), large) < 2 * NEAR
    small = [(x / 2, y / 2) for x, y in PERSPECTIVE]
    assert worst(find_sheet(photo(form(439, 620), small, table_top(WIDTH // 2, HEIGHT // 2, CLOTH))), small) < NEAR


def test_the_sheet_of_a_sample_photo_stands_clear_of_the_table() -> None:
    page = next(read_pages(SCANS / "项目清单_手机照片.jpg", "photo.jpg", Limits()))
    found = find_sheet(page.pixels)
    assert worst(found, [(153, 169), (1776, 123), (1736, 2443), (89, 2400)]) < 10  # measured by eye


PLAIN = ["党员登记表_传真.png", "党员登记表_平板扫描.jpg", "党员登记表_横放.pdf", "共建协议_单页.jpg", "服务反馈表.tif"]


@pytest.mark.parametrize("name", PLAIN, ids=[Path(n).stem for n in PLAIN])
def test_no_sheet_within_a_plain_scan(name: str) -> None:
    page = next(read_pages(SCANS / name, name, Limits()))
    assert find_sheet(page.pixels) is None


def test_a_thick_frame_or_a_dark_picture_on_a_plain_scan_is_no_sheet() -> None:
    framed = form()
    cv2.rectangle(framed, (100, 140), (1140, 1640), BLACK, 14)
    assert find_sheet(framed) is None
    pictured = form()
    pictured[300:1200, 150:1100] = 60
    assert find_sheet(pictured) is None


def test_no_sheet_on_an_even_surface() -> None:
    assert find_sheet(white()) is None
    assert find_sheet(np.zeros((600, 400, 3), dtype=np.uint8)) is None


def test_a_small_card_on_a_table_is_not_taken_for_the_sheet() -> None:
    corners = [(350.0, 490.0), (630.0, 490.0), (630.0, 875.0), (350.0, 875.0)]
    assert find_sheet(photo(form(877, 1240), corners, table_top(WIDTH, HEIGHT, WOOD))) is None
