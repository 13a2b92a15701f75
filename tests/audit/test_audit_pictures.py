"""Pictures of originals: tiles that make up the page, crops that come out upright, originals found by content alone."""

from __future__ import annotations

import hashlib
import io
import math
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from PIL import Image as Pillow

from pipeline.audit.pictures import PageInfo, Pictures
from pipeline.audit.pictures.cache import Cache
from pipeline.audit.pictures.crops import crop, glyph
from pipeline.audit.pictures.pyramid import TILE, Pyramid
from pipeline.errors import FileError
from pipeline.intake.archive import Archive
from pipeline.intake.folder import hash_file
from pipeline.intake.pages import read_pages
from pipeline.intake.quarantine import quarantine
from pipeline.sheets import Image, Quad
from pipeline.store import NotFoundError
from tests.intake.intake_samples import Sheet as PdfSheet
from tests.intake.intake_samples import encoded, huge_png, pdf, scan_sheet, text
from tests.support.folders import Folders
from tests.support.pages import grainy, grayed, paper, seal, write

FIELD = (200, 300, 420, 360)  # x0, y0, x1, y1 of the field that the page below has


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


@pytest.fixture
def pictures(folders: Folders) -> Pictures:
    return Pictures(folders.settings())


@pytest.fixture(scope="module")
def page() -> Image:
    """A field with a red left end and a blue right end, a seal, and writing."""
    pixels = paper(1300, 1837)
    x0, y0, x1, y1 = FIELD
    pixels[y0:y1, x0 : x0 + 60] = (0, 0, 255)
    pixels[y0:y1, x1 - 60 : x1] = (255, 0, 0)
    seal(pixels, 900, 1400)
    for line in range(6):
        write(pixels, 150, 500 + line * 80, 12, seed=line)
    return pixels


def png(pixels: Image) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()


def shown(data: bytes) -> Image:
    """What a browser makes of a JPEG."""
    return np.asarray(Pillow.open(io.BytesIO(data), formats=["JPEG"]).convert("RGB"))[:, :, ::-1].astype(np.uint8)


def rectangle(x0: float, y0: float, x1: float, y1: float) -> Quad:
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def archived(folders: Folders, content: bytes, suffix: str = ".png") -> str:
    stat = folders.put("scan" + suffix, content)
    Archive(folders.outputs).keep(folders.scans / stat.path, stat.sha256, suffix)
    (folders.scans / stat.path).unlink()
    return stat.sha256


def whole(pictures: Pictures, sha256: str, level: int, file: str = "x", number: int = 1) -> Image:
    """A level put together from its tiles as a browser does."""
    info = pictures.page(sha256, file, number)
    width, height = info.size(level)
    out = np.zeros((height, width, 3), np.uint8)
    for y in range(0, height, TILE):
        for x in range(0, width, TILE):
            tile = shown(pictures.tile(sha256, file, number, level, x // TILE, y // TILE))
            assert tile.shape[:2] == (min(TILE, height - y), min(TILE, width - x))
            out[y : y + TILE, x : x + TILE] = tile
    return out


def colour(pixels: Image, x: float, y: float) -> str:
    """The colour at a place given in parts of width and height."""
    b, g, r = np.broadcast_to(pixels[int(y * pixels.shape[0]), int(x * pixels.shape[1])], 3).astype(int)
    for name, there in (("red", r - b), ("blue", b - r)):
        if there > 120:
            return name
    return "white" if min(b, g, r) > 245 else "beyond" if min(b, g, r) > 220 else "ink"


def difference(one: Image, other: Image) -> float:
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


# ---- levels and tiles


@pytest.mark.parametrize("size", [(1300, 1837), (513, 511), (512, 512), (1, 1), (2, 3000), (1025, 1)])
def test_the_tiles_make_up_every_level(size: tuple[int, int]) -> None:
    width, height = size
    ramp = np.linspace(0, 255, width)[None, :, None] * 0.5 + np.linspace(0, 255, height)[:, None, None] * 0.5
    pixels = np.repeat(ramp, 3, axis=2).astype(np.uint8)
    pyramid = Pyramid(pixels)
    assert (pyramid.info.width, pyramid.info.height, pyramid.info.tile_size) == (width, height, 512)
    last = pyramid.info.levels - 1
    assert max(pyramid.info.size(last)) <= 512
    assert last == 0 or max(pyramid.info.size(last - 1)) > 512
    for level in range(pyramid.info.levels):
        w, h = pyramid.info.size(level)
        assert (w, h) == (math.ceil(width / 2**level), math.ceil(height / 2**level))
        cut = pyramid.cut(level, 0, 0, w, h)
        assert cut.shape[:2] == (h, w)
        centres = np.minimum((np.arange(w) + 0.5) * 2**level, width) / width * 127.5
        assert np.abs(cut.reshape(h, w, -1)[0, :, 0] - centres).max() < 3 + 130 * 2**level / min(size)


def test_a_page_is_shown_as_it_is(folders: Folders, pictures: Pictures, page: Image) -> None:
    sha256 = archived(folders, png(page))
    assert pictures.page(sha256, "x", 1) == PageInfo(1300, 1837, 3)
    assert difference(whole(pictures, sha256, 0), page) < 1.5
    half = cv2.resize(page, (650, 919), interpolation=cv2.INTER_AREA)
    assert difference(whole(pictures, sha256, 1), half) < 2.5


@pytest.mark.parametrize("place", [(-1, 0, 0), (3, 0, 0), (0, -1, 0), (0, 3, 0), (0, 0, 4), (0, 0, -1), (2, 1, 0)])
def test_there_are_no_tiles_beside_the_page(
    folders: Folders, pictures: Pictures, page: Image, place: tuple[int, int, int]
) -> None:
    sha256 = archived(folders, png(page))
    with pytest.raises(NotFoundError):
        pictures.tile(sha256, "x", 1, *place)


def test_pages_without_colour_take_less_and_look_the_same(page: Image) -> None:
    noisy = grayed(grainy(page))
    pyramid = Pyramid(noisy)
    assert pyramid.cut(0, 0, 0, 1300, 1837).ndim == 2
    assert difference(cv2.cvtColor(pyramid.cut(0, 0, 0, 1300, 1837), cv2.COLOR_GRAY2BGR), noisy) < 6
    hardly = noisy.copy()
    hardly[1001, 700, 0] ^= 255  # one blue dot
    assert Pyramid(hardly).cut(0, 0, 0, 1300, 1837).ndim == 3


def test_a_fax_of_one_bit(folders: Folders, pictures: Pictures) -> None:
    fax = Pillow.new("1", (1728, 2200), 1)
    fax.paste(0, (200, 300, 420, 360))
    sha256 = archived(folders, encoded(fax, "TIFF", compression="group4"), ".tif")
    assert pictures.page(sha256, "fax.tif", 1) == PageInfo(1728, 2200, 4)
    out = shown(pictures.crop(sha256, "fax.tif", 1, rectangle(*FIELD)))
    assert [colour(out, 0.5, 0.5), colour(out, 0.5, 0.05)] == ["ink", "white"]


def test_a_page_of_ten_thousand_pixels_takes_little_to_keep(folders: Folders) -> None:
    sha256 = archived(folders, huge_png(10_000))
    pictures = Pictures(folders.settings(), budget=20_000_000)
    started = time.monotonic()
    assert pictures.page(sha256, "x", 1) == PageInfo(10_000, 10_000, 6)
    first = time.monotonic() - started
    started = time.monotonic()
    for _ in range(20):
        pictures.tile(sha256, "x", 1, 0, 19, 19)
        pictures.crop(sha256, "x", 1, rectangle(9000, 9000, 9900, 9060))
    assert time.monotonic() - started < first / 2  # it was kept, so not decoded again
    assert shown(pictures.tile(sha256, "x", 1, 0, 19, 19)).shape == (272, 272, 3)
    assert shown(pictures.thumbnail(sha256, "x", 1)).shape == (240, 240, 3)


# ---- crops


@pytest.mark.parametrize("turns", range(4))
def test_a_field_comes_out_upright_however_its_page_lies(
    folders: Folders, pictures: Pictures, page: Image, turns: int
) -> None:
    height, width = page.shape[:2]
    x0, y0, x1, y1 = FIELD

    def turned(x: float, y: float) -> tuple[float, float]:
        return [(x, y), (y, width - x), (width - x, height - y), (height - y, x)][turns]

    sha256 = archived(folders, png(np.rot90(page, turns)))
    quad = (turned(x0, y0), turned(x1, y0), turned(x1, y1), turned(x0, y1))
    out = shown(pictures.crop(sha256, "x", 1, quad))
    assert out.shape == (64, round((220 + 42) * 64 / 102), 3)
    assert [colour(out, x, 0.5) for x in (0.01, 0.15, 0.5, 0.85, 0.99)] == ["white", "red", "white", "blue", "white"]
    assert [colour(out, 0.2, y) for y in (0.1, 0.25, 0.75, 0.9)] == ["white", "red", "red", "white"]


def test_a_crop_is_true_to_the_pixel(page: Image) -> None:
    x0, y0, x1, y1 = FIELD
    out = crop(Pyramid(page), rectangle(*FIELD), height=y1 - y0, pad=0, max_width=900)
    assert difference(out, page[y0:y1, x0:x1]) < 1.5
    assert colour(out, 0.005, 0.02) == "red"  # half a pixel further would be white
    assert colour(out, 0.995, 0.98) == "blue"


def test_a_field_of_a_tilted_photo_comes_out_straight(page: Image) -> None:
    height, width = page.shape[:2]
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    seen = np.array([(90, 60), (1200, 10), (1290, 1800), (20, 1700)], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, seen)
    photo = np.asarray(cv2.warpPerspective(page, matrix, (width, height)), np.uint8)
    field = np.array([rectangle(*FIELD)], np.float32)
    quad = tuple((float(x), float(y)) for x, y in cv2.perspectiveTransform(field, matrix)[0])
    out = crop(Pyramid(photo), quad, height=64, pad=0.2, max_width=900)
    assert [colour(out, x, y) for y in (0.2, 0.8) for x in (0.1, 0.9)] == ["red", "blue", "red", "blue"]
    assert [colour(out, x, y) for y in (0.05, 0.95) for x in (0.1, 0.9)] == ["white"] * 4


@pytest.mark.parametrize(
    ("height", "max_width", "size"), [(64, 900, (64, 208)), (64, 104, (32, 104)), (8, 900, (8, 26))]
)
def test_a_crop_is_as_large_as_wanted_and_keeps_its_shape(
    page: Image, height: int, max_width: int, size: tuple[int, int]
) -> None:
    for factor in (1, 5, 20):  # whether enlarged or reduced
        quad = rectangle(100, 100, 100 + 55 * factor, 100 + 10 * factor)
        assert crop(Pyramid(page), quad, height, 0.5, max_width).shape[:2] == size


def test_what_is_asked_for_without_measure_stays_within_measure(page: Image) -> None:
    out = crop(Pyramid(page), rectangle(*FIELD), height=10**9, pad=10**9, max_width=10**9)
    assert max(out.shape) <= 2000
    assert min(crop(Pyramid(page), rectangle(*FIELD), height=0, pad=-3, max_width=-1).shape[:2]) >= 1


def test_what_lies_beside_the_page_is_not_taken_for_paper(page: Image) -> None:
    out = crop(Pyramid(page), rectangle(-100, 700, 100, 800), height=60, pad=0, max_width=900)
    assert [colour(out, x, 0.5) for x in (0.1, 0.4, 0.6, 0.9)] == ["beyond", "beyond", "white", "white"]
    corner = crop(Pyramid(page), rectangle(1200, 1800, 1400, 1900), height=60, pad=0.35, max_width=900)
    assert [colour(corner, 0.1, 0.1), colour(corner, 0.9, 0.9)] == ["white", "beyond"]


@pytest.mark.parametrize(
    "quad",
    [
        rectangle(-500, 10, -300, 60),
        rectangle(10, 5000, 200, 5060),
        rectangle(math.nan, 0, 100, 100),
        rectangle(0, 0, math.inf, 100),
        rectangle(0, -1e300, 100, 1e300),
    ],
)
def test_a_place_that_is_not_on_the_page_is_none(page: Image, quad: Quad) -> None:
    pyramid = Pyramid(page)
    for make in (lambda: crop(pyramid, quad, 64, 0.35, 900), lambda: glyph(pyramid, quad, 0.5, 4, 64)):
        with pytest.raises(NotFoundError):
            make()


@pytest.mark.parametrize(
    "quad",
    [
        ((230, 330), (230, 330), (230, 330), (230, 330)),  # a point within the red end
        ((210, 330), (250, 330), (250, 330), (210, 330)),  # a line
        ((210, 310), (210, 350), (250, 350), (250, 310)),  # counter-clockwise
        ((210, 310), (250, 350), (250, 310), (210, 350)),  # twisted
        ((210, 310), (250, 310), (230, 350), (230, 350)),  # a triangle
        ((210, 310), (250, 310), (231, 350), (230, 350)),  # tilted beyond the horizon
        ((210, 310), (250, 310), (230, 315), (210, 350)),  # dented
    ],
)
def test_what_is_no_quad_is_still_shown_where_it_lies(page: Image, quad: Quad) -> None:
    out = crop(Pyramid(page), quad, 64, 0.0, 900)
    assert colour(out, 0.5, 0.5) == "red"
    assert min(out.shape[:2]) > 1


def test_a_line_without_height_comes_out_in_its_own_direction(page: Image) -> None:
    """The base line of the field on a page that lies on its side."""
    x0, _, x1, y1 = FIELD
    y = y1 - 4
    side = np.rot90(page, 3)  # clockwise: (x, y) goes to (height - y, x)
    across = page.shape[0] - y
    quad = ((across, x0), (across, x1), (across, x1), (across, x0))
    out = crop(Pyramid(np.ascontiguousarray(side)), quad, 64, 0.0, 900)
    assert out.shape[1] > 5 * out.shape[0]
    assert [colour(out, 0.1, 0.2), colour(out, 0.9, 0.2)] == ["red", "blue"]


_numbers = st.floats(-3000, 3000) | st.floats(-20, 20) | st.floats(width=16) | st.sampled_from([0.0, 100.0, 1300.0])
_points = st.tuples(_numbers, _numbers)


def test_a_side_of_no_length_makes_no_plane() -> None:
    quad = ((-16.0, -1.0), (0.0, -1.0), (1.8e-162, 0.0), (0.0, 0.0))
    assert crop(SMALL, quad, 64, 0.35, 900).size


@effort(max_examples=150)
@given(
    st.tuples(_points, _points, _points, _points),
    st.floats(),
    st.integers(-1, 40),
    st.integers(-2, 300),
    st.floats(-1, 3),
)
def test_whatever_is_drawn_gives_a_picture_or_is_no_place(
    quad: Quad, centre: float, count: int, height: int, pad: float
) -> None:
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        for make in (
            lambda: crop(SMALL, quad, height, pad, 900),
            lambda: glyph(SMALL, quad, centre, count, height),
        ):
            try:
                out = make()
            except NotFoundError:
                continue
            assert out.size
            assert max(out.shape) <= 2000


SMALL = Pyramid(paper(1300, 700))


# ---- characters


@pytest.fixture(scope="module")
def line() -> tuple[Image, Quad]:
    """Ten bars of rising gray, 40 pixels apart, for the characters of a line."""
    pixels = paper(900, 600)
    for i in range(10):
        pixels[200:250, 300 + i * 40 + 8 : 300 + i * 40 + 32] = (i * 20,) * 3
    return pixels, rectangle(300, 200, 700, 250)


@pytest.mark.parametrize("position", range(10))
def test_a_character_stands_in_the_middle_of_its_picture(line: tuple[Image, Quad], position: int) -> None:
    pixels, quad = line
    out = glyph(Pyramid(pixels), quad, (position + 0.5) / 10, 10, 60)
    height, width = out.shape[:2]
    assert height == 60
    assert width == 50  # one and a quarter of 40
    middle = out[height // 2, width // 2 - 8 : width // 2 + 8]
    assert np.abs(middle.astype(int) - position * 20).max() < 8
    assert out[height // 2, 7].min() > 200  # the gap before it, also at the first, where the line begins
    assert out[height // 2, -8].min() > 200


def test_characters_keep_to_their_line_and_a_readable_shape(line: tuple[Image, Quad]) -> None:
    pixels, quad = line
    pyramid = Pyramid(pixels)
    assert glyph(pyramid, quad, 0.5, 1000, 60).shape[:2] == (60, 30)  # no narrower than six tenths of the line
    assert glyph(pyramid, quad, 0.5, 1, 60).shape[:2] == (60, 100)  # no wider than twice
    assert glyph(pyramid, quad, 0.5, 0, 60).shape == glyph(pyramid, quad, 0.5, 1, 60).shape
    for beyond, end in ((-5.0, 0.0), (7.0, 1.0)):
        assert np.array_equal(glyph(pyramid, quad, beyond, 10, 60), glyph(pyramid, quad, end, 10, 60))


def test_a_character_at_the_end_of_the_page_is_shown_with_what_lies_beyond(line: tuple[Image, Quad]) -> None:
    pixels, _ = line
    out = glyph(Pyramid(pixels), rectangle(0, 0, 200, 50), 0.0, 5, 60)
    assert [colour(out, 0.1, 0.5), colour(out, 0.9, 0.5), colour(out, 0.9, 0.02)] == ["beyond", "white", "beyond"]


def test_crops_and_characters_of_the_same_numbers_are_told_apart(
    folders: Folders, pictures: Pictures, page: Image
) -> None:
    sha256 = archived(folders, png(page))
    quad = rectangle(*FIELD)
    assert pictures.crop(sha256, "x", 1, quad, height=1, pad=1, max_width=64) != pictures.glyph(
        sha256, "x", 1, quad, 1, 1, height=64
    )
    assert pictures.crop(sha256, "x", 1, quad) == pictures.crop(sha256, "x", 1, [list(p) for p in quad])  # type: ignore[arg-type]


def test_a_thumbnail_shows_the_whole_page(folders: Folders, pictures: Pictures, page: Image) -> None:
    sha256 = archived(folders, png(page))
    out = shown(pictures.thumbnail(sha256, "x", 1, side=200))
    assert out.shape == (200, 142, 3)
    assert difference(out, cv2.resize(page, (142, 200), interpolation=cv2.INTER_AREA)) < 4
    assert shown(pictures.thumbnail(sha256, "x", 1, side=10**9)).shape == (1837, 1300, 3)
    assert shown(pictures.thumbnail(sha256, "x", 1, side=0)).shape == (1, 1, 3)


# ---- originals


def test_the_frame_is_that_of_the_reading(folders: Folders, pictures: Pictures, page: Image) -> None:
    """EXIF turns, pages of a TIFF, turned and drawn PDFs: always what ``read_pages`` gave the reading."""
    picture = Pillow.fromarray(page[:, :, ::-1])
    exif = Pillow.Exif()
    exif[274] = 6
    drawn = PdfSheet(text("12345"), (595.0, 842.0))
    contents = {
        ".jpg": encoded(picture, "JPEG", exif=exif, quality=95),
        ".tif": encoded(picture, "TIFF", save_all=True, append_images=[picture.resize((650, 919)), picture]),
        ".pdf": pdf(drawn, scan_sheet(picture, 150, rotate=90), drawn),
    }
    limits = folders.settings(limits={"pdf_dpi": 120}).limits
    pictures = Pictures(folders.settings(limits={"pdf_dpi": 120}))
    for suffix, content in contents.items():
        sha256 = archived(folders, content, suffix)
        pages = list(read_pages(Archive(folders.outputs).path_of(sha256, suffix), "x", limits))
        for read in pages:
            info = pictures.page(sha256, "x", read.number)
            assert (info.height, info.width) == read.pixels.shape[:2]
            assert difference(whole(pictures, sha256, 0, number=read.number), read.pixels) < 2
        for number in (0, -1, len(pages) + 1):
            with pytest.raises(NotFoundError):
                pictures.page(sha256, "x", number)


def test_an_original_is_found_in_archive_folder_or_quarantine(
    folders: Folders, pictures: Pictures, page: Image
) -> None:
    kept = archived(folders, png(page[:100]))
    lying = folders.put("上午/登记表.png", png(page[:200]))
    faulty = folders.put("坏.png", png(page[:300]))
    quarantine(folders.scans / "坏.png", "坏.png", faulty.sha256, "internal_error", "…", folders.outputs)
    (folders.scans / "坏.png").unlink()
    assert pictures.page(kept, "long gone.png", 1).height == 100
    assert pictures.page(lying.sha256, lying.path, 1).height == 200
    assert pictures.page(faulty.sha256, faulty.path, 1).height == 300


def test_a_name_leads_to_no_other_content(folders: Folders, pictures: Pictures, page: Image) -> None:
    before = folders.put("a.png", png(page[:100]))
    after = folders.put("a.png", png(page[:200]))
    with pytest.raises(FileError, match="找不到"):
        pictures.page(before.sha256, "a.png", 1)
    assert pictures.page(after.sha256, "a.png", 1).height == 200
    outside = folders.scans.parent / "secret.png"
    outside.write_bytes(png(page[:300]))
    secret = hashlib.sha256(outside.read_bytes()).hexdigest()
    (folders.scans / "link.png").symlink_to(outside)
    (folders.scans / "within").symlink_to(outside.parent)
    for name in ("../secret.png", str(outside), "link.png", "within/secret.png", "", ".", "a\0b", "x" * 5000, "\udcff"):
        with pytest.raises(FileError):
            pictures.page(secret, name, 1)


@pytest.mark.parametrize("sha256", ["", "*", "?" * 64, "../" * 20, "A" * 64, "0" * 64])
def test_a_hash_is_no_pattern_and_no_path(folders: Folders, pictures: Pictures, page: Image, sha256: str) -> None:
    archived(folders, png(page[:100]))
    with pytest.raises(FileError, match="找不到"):
        pictures.page(sha256, "scan.png", 1)


def test_a_file_of_the_folder_is_hashed_once_as_long_as_it_stays(
    folders: Folders, page: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = encoded(Pillow.fromarray(page), "TIFF", save_all=True, append_images=[Pillow.fromarray(page)] * 2)
    stat = folders.put("a.tif", content)
    hashed: list[Path] = []

    def counting(path: Path) -> str:
        hashed.append(path)
        return hash_file(path)

    monkeypatch.setattr("pipeline.audit.pictures.originals.hash_file", counting)
    pictures = Pictures(folders.settings())
    for number in (1, 2, 3):
        pictures.page(stat.sha256, "a.tif", number)
    assert len(hashed) == 1
    changed = folders.put("a.tif", content + b"\0")
    assert Pictures(folders.settings()).page(changed.sha256, "a.tif", 1).width == 1300
    assert pictures.page(changed.sha256, "a.tif", 1).width == 1300


def test_a_file_that_changes_while_it_is_decoded_is_not_shown(
    folders: Folders, pictures: Pictures, page: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    stat = folders.put("a.png", png(page))

    def meddled(path: Path, *arguments: object, **named: int) -> object:
        folders.put("a.png", png(page[:100]))
        return read_pages(path, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("pipeline.audit.pictures.originals.read_pages", meddled)
    with pytest.raises(FileError) as fault:
        pictures.page(stat.sha256, "a.png", 1)
    assert fault.value.code == "file_changed"


def test_what_cannot_be_decoded_says_so_each_time(folders: Folders, pictures: Pictures, page: Image) -> None:
    content = encoded(Pillow.fromarray(page), "JPEG")
    sha256 = archived(folders, content[: len(content) // 2], ".jpg")
    for ask in (
        lambda: pictures.page(sha256, "x", 1),
        lambda: pictures.tile(sha256, "x", 1, 0, 0, 0),
        lambda: pictures.crop(sha256, "x", 1, rectangle(*FIELD)),
        lambda: pictures.glyph(sha256, "x", 1, rectangle(*FIELD), 0.5, 4),
        lambda: pictures.thumbnail(sha256, "x", 1),
    ):
        with pytest.raises(FileError) as fault:
            ask()
        assert fault.value.code == "truncated_file"


@pytest.mark.parametrize(
    ("limits", "code"), [({"max_pixels": 100_000}, "too_many_pixels"), ({"max_bytes": 100}, "too_many_bytes")]
)
def test_the_limits_hold(folders: Folders, page: Image, limits: dict[str, int], code: str) -> None:
    sha256 = archived(folders, png(page))
    with pytest.raises(FileError) as fault:
        Pictures(folders.settings(limits=limits)).page(sha256, "x", 1)
    assert fault.value.code == code


def test_nothing_is_written(folders: Folders, pictures: Pictures, page: Image) -> None:
    stat = folders.put("<img src=x>.png", png(page))
    before = sorted(folders.scans.parent.rglob("*"))
    pictures.crop(stat.sha256, stat.path, 1, rectangle(*FIELD))
    pictures.thumbnail(stat.sha256, stat.path, 1)
    assert sorted(folders.scans.parent.rglob("*")) == before


# ---- what is kept


def counted(monkeypatch: pytest.MonkeyPatch, wait: float = 0.0) -> list[int]:
    """The numbers of pages as they are decoded from now on."""
    decoded: list[int] = []

    def counting(path: Path, name: str, limits: object, first: int = 1) -> object:
        decoded.append(first)
        time.sleep(wait)
        return read_pages(path, name, limits, first)  # type: ignore[arg-type]

    monkeypatch.setattr("pipeline.audit.pictures.originals.read_pages", counting)
    return decoded


def test_a_page_that_many_ask_for_is_decoded_once(
    folders: Folders, pictures: Pictures, page: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = archived(folders, png(page))
    decoded = counted(monkeypatch, 0.1)
    together = threading.Barrier(16)
    asks: list[Callable[[], object]] = [
        lambda: pictures.page(sha256, "x", 1),
        lambda: pictures.tile(sha256, "x", 1, 0, 1, 1),
        lambda: pictures.crop(sha256, "x", 1, rectangle(*FIELD)),
        lambda: pictures.thumbnail(sha256, "x", 1),
    ]

    def ask(number: int) -> object:
        together.wait()
        return asks[number % 4]()

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(16)))
    assert decoded == [1]
    assert all(answers[i] == answers[i % 4] for i in range(16))


def test_two_pages_are_decoded_at_once_and_no_more(
    folders: Folders, pictures: Pictures, page: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many people come in the morning, memory is for two."""
    lock, at_once = threading.Lock(), [0, 0]

    def counting(path: Path, name: str, limits: object, first: int = 1) -> object:
        with lock:
            at_once[0] += 1
            at_once[1] = max(at_once)
        try:
            time.sleep(0.02)
            yield from read_pages(path, name, limits, first)  # type: ignore[arg-type]
        finally:
            with lock:
                at_once[0] -= 1

    monkeypatch.setattr("pipeline.audit.pictures.originals.read_pages", counting)
    picture = Pillow.fromarray(page[:300, :, ::-1])
    sha256 = archived(folders, encoded(picture, "TIFF", save_all=True, append_images=[picture] * 7), ".tif")
    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(lambda n: pictures.page(sha256, "x", n), range(1, 9)))) == 8
    assert at_once[1] == 2


def test_a_fault_reaches_all_who_wait_and_is_forgotten(
    folders: Folders, pictures: Pictures, page: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded = counted(monkeypatch, 0.1)
    sha256 = archived(folders, png(page)[:5000])
    with ThreadPoolExecutor(4) as pool:
        faults = [pool.submit(pictures.page, sha256, "x", 1).exception() for _ in range(4)]
    assert all(isinstance(fault, FileError) for fault in faults)
    shutil.rmtree(Archive(folders.outputs).folder)
    stat = folders.put("scan.png", png(page))
    assert pictures.page(stat.sha256, "scan.png", 1).width == 1300
    assert 2 <= len(decoded) <= 5


def test_pages_are_kept_within_the_budget_and_those_used_last_longest(
    folders: Folders, page: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    weight = Pyramid(page).nbytes
    pictures = Pictures(folders.settings(), budget=weight * 4)
    decoded = counted(monkeypatch)
    picture = Pillow.fromarray(page[:, :, ::-1])
    sha256 = archived(folders, encoded(picture, "TIFF", save_all=True, append_images=[picture] * 4), ".tif")
    for number in (1, 2, 3, 1, 4, 1):
        pictures.page(sha256, "x", number)
    assert decoded == [1, 2, 3, 4]  # 2 went for 4, since 1 was used again
    pictures.page(sha256, "x", 2)
    assert decoded == [1, 2, 3, 4, 2]


def test_a_cache_stays_within_its_budget() -> None:
    cache: Cache[int, bytes] = Cache(1000, len)
    for number in range(100):
        cache.get(number, lambda: bytes(90))
        assert cache.weight <= 1000
    assert cache.weight == 990
    assert cache.get(500, lambda: bytes(5000)) == bytes(5000)
    assert cache.weight == 5000  # the newest stays, alone
    cache.get(501, lambda: bytes(10))
    assert cache.weight == 10


def test_a_cache_under_many_threads_makes_and_keeps_what_belongs_to_the_key() -> None:
    cache: Cache[int, str] = Cache(50, len)
    rng = np.random.default_rng(5)
    asked = [int(n) for n in rng.integers(0, 30, 4000)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda n: cache.get(n, lambda: f"{n:05}"), asked)) == [f"{n:05}" for n in asked]
    assert cache.weight == 50


def test_a_cache_whose_maker_is_interrupted_lets_the_next_one_try() -> None:
    cache: Cache[str, int] = Cache(10, lambda _: 1)

    def interrupted() -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.get("a", interrupted)
    assert cache.get("a", lambda: 1) == 1
