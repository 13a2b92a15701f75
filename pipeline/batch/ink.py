"""The ink of doubtful values, cut out of the archived scans for 待核对.

Each picture is kept in ``outputs/ink`` under the content it comes from, so that an export decodes only scans it has not
seen.
"""

from __future__ import annotations

import hashlib
import math
import os
import shutil
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np

from pipeline.errors import FileError
from pipeline.imaging.geometry import rectifying
from pipeline.intake.archive import Archive
from pipeline.intake.pages import read_pages
from pipeline.ledgers.office import Ink
from pipeline.ledgers.table import Picture
from pipeline.settings import Limits
from pipeline.sheets import Image

FOLDER = "ink"
_HEIGHT, _WIDEST = 56, 480  # pixels of a picture: a row's height at twice the usual resolution
_ROOM = 0.25  # of the height, on every side: ink runs over lines
_LEAST_SIDE = 4.0  # pixels of the page
_QUALITY = 80


class InkCabinet:
    """Cuts and keeps pictures for one outputs folder. A ``tidy`` one destroys those that are not asked for any more:
    they show what people wrote."""

    def __init__(self, outputs: Path, limits: Limits, *, tidy: bool = False) -> None:
        self.folder = outputs / FOLDER
        self._tidy = tidy
        self._archive = Archive(outputs)
        self._limits = limits

    def cut(self, inks: Sequence[Ink]) -> dict[Ink, Picture]:
        """The pictures of what can be cut; each scan is decoded once. What is not in the archive, or can no longer be
        read, has no picture: the row says the rest."""
        if self._tidy:
            self._clear({self._path(ink) for ink in inks})
        out: dict[Ink, Picture] = {}
        missing: defaultdict[str, list[Ink]] = defaultdict(list)
        for ink in inks:
            kept = self._kept(ink)
            if kept is not None:
                out[ink] = kept
            else:
                missing[ink.sha256].append(ink)
        for sha256, wanted in missing.items():
            out |= self._cut_from(sha256, wanted)
        return out

    def _clear(self, wanted: Collection[Path]) -> None:
        for folder in self.folder.glob("*/*") if self.folder.is_dir() else ():
            kept = [path for path in folder.iterdir() if path in wanted]
            if not kept:
                shutil.rmtree(folder)
                continue
            for path in folder.iterdir():
                if path not in wanted:
                    path.unlink()

    def _path(self, ink: Ink) -> Path:
        where = ";".join(f"{x:.1f},{y:.1f}" for x, y in ink.quad)
        name = hashlib.sha256(f"{ink.page};{where}".encode()).hexdigest()[:20]
        return self.folder / ink.sha256[:2] / ink.sha256 / f"{name}.jpg"

    def _kept(self, ink: Ink) -> Picture | None:
        try:
            data = self._path(ink).read_bytes()
        except FileNotFoundError:
            return None
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
        return Picture(data, pixels.shape[1], pixels.shape[0]) if pixels is not None else None

    def _cut_from(self, sha256: str, inks: Sequence[Ink]) -> Mapping[Ink, Picture]:
        source = self._archive.find(sha256)
        if source is None:
            return {}
        out = {}
        last = max(ink.page for ink in inks)
        try:
            for page in read_pages(source, sha256, self._limits):
                for ink in inks:
                    if ink.page == page.number and (picture := _picture(page.pixels, ink)) is not None:
                        self._keep(ink, picture)
                        out[ink] = picture
                if page.number >= last:
                    break
        except FileError:
            pass  # verify tells of damaged originals; what was cut before stands
        return out

    def _keep(self, ink: Ink, picture: Picture) -> None:
        """Keep a picture for the next time, where that can be: this time it is at hand, and a full disk will be told of
        by the workbook that has no room either."""
        path = self._path(ink)
        partial = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(picture.data)
            partial.replace(path)
        except OSError:
            with suppress(OSError):
                partial.unlink(missing_ok=True)


def _picture(pixels: Image, ink: Ink) -> Picture | None:
    """The quad brought upright with some room around it, as JPEG; ``None`` for a quad without area."""
    if not all(math.isfinite(n) for point in ink.quad for n in point):
        return None
    matrix, (across, down) = rectifying(ink.quad)
    if min(across, down) < _LEAST_SIDE:
        return None
    room = _ROOM * down
    scale = min(_HEIGHT / (down + 2 * room), _WIDEST / (across + 2 * room))
    size = (max(1, round((across + 2 * room) * scale)), max(1, round((down + 2 * room) * scale)))
    # Places are counted from the edges of pixels, OpenCV counts from their centres.
    shift = np.array([[scale, 0.0, room * scale - 0.5], [0.0, scale, room * scale - 0.5], [0.0, 0.0, 1.0]])
    centre = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])
    # A page is two to five times as fine as the picture: averaging keeps thin strokes.
    cut = cv2.warpPerspective(pixels, shift @ matrix @ centre, size, flags=cv2.INTER_AREA, borderValue=(255, 255, 255))
    encoded = cv2.imencode(".jpg", cut, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1]
    return Picture(encoded.tobytes(), *size)
