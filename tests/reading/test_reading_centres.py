"""Where characters stand: carried from one reading of a line to another, and along a value's box on real scans."""

from __future__ import annotations

import hashlib

import cv2
import numpy as np
import pytest

from pipeline.flow import Tools, read_documents
from pipeline.intake.pages import read_pages
from pipeline.reading.centres import carried_over
from pipeline.reading.crops import along, crop_line
from pipeline.records import FieldValue, Record
from pipeline.settings import Settings
from pipeline.sheets import Box, Image
from tests.conftest import SCANS
from tests.support.pages import paper, sheet_of

PLACES = [0.1, 0.3, 0.5, 0.7]


@pytest.mark.parametrize("other", ["王建国人", "王健國入"])
def test_as_many_characters_stand_where_those_of_the_other_reading_do(other: str) -> None:
    assert carried_over("王建国人", PLACES, other) == PLACES


def test_a_character_more_stands_between_its_neighbours() -> None:
    assert carried_over("1382", PLACES, "13x82") == pytest.approx([0.1, 0.3, 0.4, 0.5, 0.7])
    assert carried_over("1382", PLACES, "x1382") == pytest.approx([0.05, *PLACES])
    assert carried_over("1382", PLACES, "1382x") == pytest.approx([*PLACES, 0.85])


def test_a_character_less_moves_none_of_the_others() -> None:
    assert carried_over("1382", PLACES, "182") == pytest.approx([0.1, 0.5, 0.7])


def test_other_words_stand_nowhere_that_is_known() -> None:
    assert carried_over("王建国人", PLACES, "高新区税务局") == []
    assert carried_over("王建国", PLACES, "王建国") == []  # the places are not those of this text
    assert carried_over("", [], "王建国") == []
    assert carried_over("王建国人", PLACES, "") == []


def test_fractions_of_a_crop_are_fractions_of_the_box_without_its_margin() -> None:
    """Also at the edge of the sheet, where the margin is cut off."""
    sheet = sheet_of(paper(600, 200))
    for line in (Box(200, 50, 300, 90), Box(0, 50, 100, 90), Box(510, 50, 600, 90)):
        crop = crop_line(sheet, line)
        margin = min(line.x0, round(0.22 * line.height))
        wanted = [0.0, 0.5, 1.0]
        inside = [(margin + f * line.width) / crop.shape[1] for f in wanted]
        assert along(sheet, line, inside) == pytest.approx(wanted, abs=0.01)


# --- on real scans


@pytest.fixture(scope="module")
def scanned(tools: Tools, settings: Settings) -> list[tuple[Image, Record]]:
    """A flat scan, a photo, and a page that lies on its side, each with its record."""
    found = []
    for name in ("党员登记表_平板扫描.jpg", "党员登记表_手机照片.jpg", "党员登记表_横放.pdf"):
        pages = list(read_pages(SCANS / name, name, settings.limits))
        hashes = {name: hashlib.sha256((SCANS / name).read_bytes()).hexdigest()}
        [record] = read_documents(pages, hashes, tools)
        found.append((pages[0].pixels, record))
    return found


def test_every_text_on_one_line_says_where_its_characters_stand(scanned: list[tuple[Image, Record]]) -> None:
    for _, record in scanned:
        for path, value in record.all_fields():
            assert len(value.centres) in (0, len(value.raw)), path
            assert value.centres == sorted(value.centres), path
            assert all(0 <= c <= 1 for c in value.centres), path
        assert all(record.fields[key].centres for key in ("name", "id_number", "phone", "birth_date"))


def test_at_the_centres_there_is_ink_and_halfway_between_digits_less(scanned: list[tuple[Image, Record]]) -> None:
    """Cut out of the page as scanned, as the audit page does."""
    for pixels, record in scanned:
        on, between = [], []
        for key in ("id_number", "phone"):
            value = record.fields[key]
            ink = _ink(pixels, value)
            halves = [(a + b) / 2 for a, b in zip(value.centres, value.centres[1:], strict=False)]
            on += [_around(ink, c) for c in value.centres]
            between += [_around(ink, c) for c in halves]
        assert np.mean(on) > 1.5 * np.mean(between)


def _ink(pixels: Image, value: FieldValue) -> Image:
    assert value.quad is not None
    target = np.array([[0, 0], [1000, 0], [1000, 60], [0, 60]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(np.array(value.quad, dtype=np.float32), target)
    flat = cv2.warpPerspective(pixels, matrix, (1000, 60))
    gray = np.asarray(cv2.cvtColor(flat, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    return (255 - np.minimum(gray, int(np.median(gray)))).astype(np.uint8) - (255 - np.uint8(np.median(gray)))


def _around(ink: Image, centre: float) -> float:
    x = round(centre * 1000)
    return float(ink[:, max(0, x - 4) : x + 5].mean())
