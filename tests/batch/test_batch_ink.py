"""Pictures of ink, cut out of real scans and kept."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.batch.ink import FOLDER, InkCabinet
from pipeline.intake.archive import Archive
from pipeline.intake.folder import hash_file
from pipeline.ledgers.office import Ink
from pipeline.settings import Limits
from tests.conftest import SCANS

BOX = ((300.0, 300.0), (900.0, 300.0), (900.0, 360.0), (300.0, 360.0))


@pytest.fixture
def scan(tmp_path: Path) -> str:
    """A sample in the archive of ``tmp_path``; its hash."""
    source = SCANS / "党员登记表_平板扫描.jpg"
    sha256 = hash_file(source)
    Archive(tmp_path).keep(source, sha256, ".jpg")
    return sha256


def test_the_picture_shows_the_place_upright_with_room_around(tmp_path: Path, scan: str) -> None:
    turned = (BOX[2], BOX[3], BOX[0], BOX[1])  # as on a page that was scanned upside down
    pictures = InkCabinet(tmp_path, Limits()).cut([Ink(scan, 1, BOX), Ink(scan, 1, turned)])
    one, other = (cv2.imdecode(np.frombuffer(p.data, np.uint8), cv2.IMREAD_GRAYSCALE) for p in pictures.values())
    assert one.shape == other.shape
    assert one.shape[1] > 4 * one.shape[0]
    assert np.abs(one.astype(int) - np.rot90(other, 2)).mean() < 4
    page = cv2.imdecode(np.fromfile(Archive(tmp_path).find(scan), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert abs(one.mean() - page[285:375, 285:915].mean()) < 6


def test_a_scan_is_decoded_once(tmp_path: Path, scan: str) -> None:
    first = InkCabinet(tmp_path, Limits()).cut([Ink(scan, 1, BOX)])
    shutil.rmtree(tmp_path / "archive")
    again = InkCabinet(tmp_path, Limits()).cut([Ink(scan, 1, BOX)])
    assert again == first, "out of what was kept"


def test_what_is_not_asked_for_any_more_is_destroyed(tmp_path: Path, scan: str) -> None:
    lower = tuple((x, y + 200) for x, y in BOX)
    both = [Ink(scan, 1, BOX), Ink(scan, 1, lower)]  # type: ignore[arg-type]
    InkCabinet(tmp_path, Limits()).cut(both)
    assert len(list((tmp_path / FOLDER).rglob("*.jpg"))) == 2
    InkCabinet(tmp_path, Limits()).cut([both[0]])
    assert len(list((tmp_path / FOLDER).rglob("*.jpg"))) == 2, "only a tidy one does"
    InkCabinet(tmp_path, Limits(), tidy=True).cut([both[0]])
    assert len(list((tmp_path / FOLDER).rglob("*.jpg"))) == 1
    InkCabinet(tmp_path, Limits(), tidy=True).cut([])
    assert not list((tmp_path / FOLDER).rglob("*.jpg"))


def test_what_cannot_be_cut_has_no_picture(tmp_path: Path, scan: str) -> None:
    point = ((5.0, 5.0),) * 4
    odd = [Ink("f" * 64, 1, BOX), Ink(scan, 7, BOX), Ink(scan, 1, point), Ink(scan, 1, ((float("nan"), 0.0), *BOX[1:]))]
    damaged = Archive(tmp_path).path_of("e" * 64, ".jpg")
    damaged.parent.mkdir(parents=True, exist_ok=True)
    damaged.write_bytes(b"\xff\xd8\xff\xe0 no picture")
    assert InkCabinet(tmp_path, Limits()).cut([*odd, Ink("e" * 64, 1, BOX)]) == {}


def test_a_picture_that_cannot_be_kept_is_shown_all_the_same(
    tmp_path: Path, scan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    cabinet = InkCabinet(tmp_path, Limits())
    assert len(cabinet.cut([Ink(scan, 1, BOX)])) == 1
    assert not [path for path in cabinet.folder.rglob("*") if path.is_file()]
