"""Every picture format becomes upright 8-bit BGR pixels with the resolution the file states."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from intake_samples import BLUE, RED, WHITE, card, corners, encoded, noise, png_16, put, tiff
from PIL import Image, ImageCms

from pipeline.intake.pages import count_pages, read_pages
from pipeline.settings import Limits
from pipeline.sheets import PageImage

LIMITS = Limits()
AS_DRAWN = [RED, WHITE, BLUE, WHITE]


def pages(path: Path) -> list[PageImage]:
    found = list(read_pages(path, "a/名.jpg", LIMITS))
    assert count_pages(path, LIMITS) == len(found)
    for page in found:
        assert page.file == "a/名.jpg"
        assert page.pixels.dtype == np.uint8
        assert page.pixels.shape[2:] == (3,)
        assert page.pixels.flags.c_contiguous
    return found


def only(path: Path) -> PageImage:
    (page,) = pages(path)
    assert page.number == 1
    return page


@pytest.mark.parametrize(
    ("file_type", "options", "dpi"),
    [
        ("JPEG", {"dpi": (150, 150), "quality": 95}, 150),
        ("JPEG", {"progressive": True, "quality": 95}, 0),
        ("PNG", {"dpi": (300, 300)}, 300),
        ("PNG", {}, 0),
        ("TIFF", {"dpi": (200, 200)}, 200),
        ("TIFF", {"compression": "tiff_lzw", "dpi": (200, 200)}, 200),
        ("TIFF", {"compression": "jpeg", "quality": 95}, 0),
        ("BMP", {"dpi": (96, 96)}, 96),
        ("WEBP", {"lossless": True}, 0),
    ],
)
def test_a_colour_picture_of_each_format(
    tmp_path: Path, file_type: str, options: dict[str, object], dpi: float
) -> None:
    page = only(put(tmp_path, "page", encoded(card(), file_type, **options)))
    assert page.pixels.shape == (80, 120, 3)
    assert corners(page.pixels) == AS_DRAWN
    assert page.dpi == pytest.approx(dpi, abs=0.1)


def heic(picture: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(picture).save(out, quality=95, **options)
    return out.getvalue()


def test_heic(tmp_path: Path) -> None:
    assert corners(only(put(tmp_path, "photo.heic", heic(card(160, 128)))).pixels) == AS_DRAWN


def test_the_content_decides_not_the_ending(tmp_path: Path) -> None:
    assert corners(only(put(tmp_path, "page.pdf", encoded(card(), "PNG"))).pixels) == AS_DRAWN


@pytest.mark.parametrize("dpi", [29, 2401, 9600])
def test_an_absurd_resolution_counts_as_none(tmp_path: Path, dpi: int) -> None:
    assert only(put(tmp_path, "page.png", encoded(card(), "PNG", dpi=(dpi, dpi)))).dpi == 0


@pytest.mark.parametrize("file_type", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "seen"),
    [
        (1, AS_DRAWN),
        (2, [WHITE, RED, WHITE, BLUE]),
        (3, [BLUE, WHITE, RED, WHITE]),
        (6, [WHITE, RED, WHITE, BLUE]),
        (8, [WHITE, BLUE, WHITE, RED]),
    ],
)
def test_the_exif_turn_is_applied(
    tmp_path: Path, file_type: str, orientation: int, seen: list[tuple[int, int, int]]
) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    page = only(put(tmp_path, "photo", encoded(card(), file_type, exif=exif)))
    assert page.pixels.shape == ((120, 80, 3) if orientation > 4 else (80, 120, 3))
    assert corners(page.pixels) == seen


def test_the_exif_turn_of_heic_is_applied_once(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    page = only(put(tmp_path, "photo.heic", heic(card(160, 128), exif=exif.tobytes())))
    assert page.pixels.shape == (160, 128, 3)
    assert corners(page.pixels) == [WHITE, RED, WHITE, BLUE]


def test_frames_of_a_tiff_are_pages_each_with_its_own_size_mode_and_turn(tmp_path: Path) -> None:
    turned = card()
    turned.encoderinfo = {"tiffinfo": {274: 3}}
    frames = [card(60, 40).convert("L"), turned, card(90, 120).convert("1")]
    found = pages(put(tmp_path, "fax.tif", encoded(card(), "TIFF", save_all=True, append_images=frames)))
    assert [page.number for page in found] == [1, 2, 3, 4]
    assert [page.pixels.shape[:2] for page in found] == [(80, 120), (40, 60), (80, 120), (120, 90)]
    assert corners(found[0].pixels) == AS_DRAWN
    assert corners(found[2].pixels) == [BLUE, WHITE, RED, WHITE]


def test_the_thumbnail_in_a_tiff_is_no_page(tmp_path: Path) -> None:
    small = card(30, 20)
    small.encoderinfo = {"tiffinfo": {254: 1}}
    found = pages(put(tmp_path, "s.tif", encoded(card(), "TIFF", save_all=True, append_images=[small])))
    assert [page.pixels.shape[:2] for page in found] == [(80, 120)]


@pytest.mark.parametrize("compression", ["group4", "group3", "tiff_lzw", "packbits"])
def test_one_bit_tiff(tmp_path: Path, compression: str) -> None:
    page = Image.new("1", (100, 60), 1)
    page.paste(0, (0, 0, 50, 30))
    pixels = only(put(tmp_path, "fax.tif", encoded(page, "TIFF", compression=compression))).pixels
    assert corners(pixels) == [(0, 0, 0), WHITE, WHITE, WHITE]


def test_one_bit_png(tmp_path: Path) -> None:
    page = Image.new("1", (100, 60), 1)
    page.paste(0, (0, 0, 50, 30))
    assert corners(only(put(tmp_path, "fax.png", encoded(page, "PNG"))).pixels) == [(0, 0, 0), WHITE, WHITE, WHITE]


def test_palette(tmp_path: Path) -> None:
    paletted = card().convert("P", palette=Image.Palette.ADAPTIVE)
    for file_type in ("PNG", "TIFF", "BMP"):
        assert corners(only(put(tmp_path, file_type, encoded(paletted, file_type))).pixels) == AS_DRAWN


def test_gray_of_16_bits_is_scaled_to_8(tmp_path: Path) -> None:
    values = np.tile(np.array([0, 32768, 65535], np.uint16).repeat(20), (40, 1))
    for name, data in {
        "a.png": png_16(values),
        "little.tif": tiff(values, {}, "<"),
        "big.tif": tiff(values, {}, ">"),
        "white_is_zero.tif": tiff(65535 - values, {262: 0}),
    }.items():
        pixels = only(put(tmp_path, name, data)).pixels
        assert [pixels[5, x].tolist() for x in (5, 25, 55)] == [[0] * 3, pytest.approx([128] * 3, abs=1), [255] * 3], (
            name
        )


def test_colour_of_16_bits_is_scaled_to_8(tmp_path: Path) -> None:
    values = np.asarray(card()).astype(np.uint16) * 257
    for name, data in {"a.png": png_16(values), "l.tif": tiff(values, {}, "<"), "b.tif": tiff(values, {}, ">")}.items():
        assert corners(only(put(tmp_path, name, data)).pixels) == AS_DRAWN, name


@pytest.mark.parametrize("white", [1.0, 255.0, 65535.0])
def test_float_tiff(tmp_path: Path, white: float) -> None:
    values = np.full((40, 60), white, np.float32)
    values[:20, :30] = 0
    page = only(put(tmp_path, "f.tif", encoded(Image.fromarray(values), "TIFF")))
    assert corners(page.pixels) == [(0, 0, 0), WHITE, WHITE, WHITE]


@pytest.mark.parametrize("file_type", ["JPEG", "TIFF"])
def test_cmyk(tmp_path: Path, file_type: str) -> None:
    options = {"quality": 95} if file_type == "JPEG" else {}
    page = only(put(tmp_path, "print", encoded(card().convert("CMYK"), file_type, **options)))
    assert corners(page.pixels) == AS_DRAWN


def test_lab(tmp_path: Path) -> None:
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    lab = ImageCms.applyTransform(card(), to_lab)
    assert lab is not None
    assert corners(only(put(tmp_path, "lab.tif", encoded(lab, "TIFF"))).pixels) == AS_DRAWN


def test_an_embedded_profile_is_converted_and_a_broken_one_passed_over(tmp_path: Path) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    gray = Image.new("RGB", (40, 40), (90, 120, 200))
    for name, profile in {"good": srgb, "broken": b"no profile at all" * 20}.items():
        data = encoded(gray, "PNG", icc_profile=profile)
        assert only(put(tmp_path, name, data)).pixels[5, 5].tolist() == pytest.approx([200, 120, 90], abs=2)


@pytest.mark.parametrize("file_type", ["PNG", "WEBP", "TIFF"])
def test_transparency_is_laid_over_white(tmp_path: Path, file_type: str) -> None:
    picture = card().convert("RGBA")
    picture.paste((0, 0, 0, 0), (60, 0, 120, 40))
    options = {"lossless": True} if file_type == "WEBP" else {}
    assert corners(only(put(tmp_path, "logo", encoded(picture, file_type, **options))).pixels) == AS_DRAWN


def test_a_transparent_palette_colour_is_white(tmp_path: Path) -> None:
    picture = Image.new("P", (60, 40), 0)
    picture.putpalette([0, 0, 0, 255, 0, 0])
    picture.paste(1, (0, 0, 30, 20))
    pixels = only(put(tmp_path, "p.png", encoded(picture, "PNG", transparency=0))).pixels
    assert corners(pixels) == [RED, WHITE, WHITE, WHITE]


@pytest.mark.parametrize("file_type", ["TIFF", "PNG"])
@pytest.mark.parametrize(("orientation", "seen"), [(1, AS_DRAWN), (6, [WHITE, RED, WHITE, BLUE])])
def test_the_oblong_pixels_of_a_coarse_fax_become_square(
    tmp_path: Path, file_type: str, orientation: int, seen: list[tuple[int, int, int]]
) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    data = encoded(card(408, 98), file_type, dpi=(204, 98), exif=exif)
    page = only(put(tmp_path, "fax", data))
    assert page.pixels.shape[:2] == pytest.approx((204, 408) if orientation == 1 else (408, 204), abs=1)
    assert page.dpi == pytest.approx(204, abs=0.1)
    assert corners(page.pixels) == seen


def test_a_large_page_is_converted_in_strips_without_a_seam(tmp_path: Path) -> None:
    picture = noise(2500, 2100)
    page = only(put(tmp_path, "large.bmp", encoded(picture, "BMP")))
    assert (page.pixels[:, :, ::-1] == np.asarray(picture)).all()


def test_an_animation_is_one_page(tmp_path: Path) -> None:
    moving = encoded(card(), "WEBP", save_all=True, append_images=[noise(120, 80)], lossless=True)
    assert corners(only(put(tmp_path, "a.webp", moving)).pixels) == AS_DRAWN


@pytest.mark.parametrize("first", [1, 2, 3, 4])
def test_pages_from_a_later_one_on_are_those_of_the_whole_file(tmp_path: Path, first: int) -> None:
    frames = [card(60, 40), card(90, 120)]
    path = put(tmp_path, "frames.tif", encoded(card(), "TIFF", save_all=True, append_images=frames))
    whole = [page.pixels.shape for page in read_pages(path, "frames.tif", Limits())]
    later = list(read_pages(path, "frames.tif", Limits(), first=first))
    assert [page.number for page in later] == list(range(first, 4))
    assert [page.pixels.shape for page in later] == whole[first - 1 :]
