"""Small pages to read, cut from the sample scans: no two of the same content, and quick to read."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image, ImageDraw

from pipeline.intake.folder import list_scans
from pipeline.intake.grouping import group_files
from pipeline.intake.pages import read_pages
from pipeline.settings import Limits
from tests.support.command import ROOT

WIDTH = 1240  # px: A4 at 150 dpi
_A4_INCHES = 8.27
_TOP = (0.28, 0.42)  # share of the page's height that is kept: title and first fields
_FORMATS = (("JPEG", ".jpg"), ("PNG", ".png"), ("TIFF", ".tif"), ("JPEG", ".jpg"), ("WEBP", ".webp"), ("PDF", ".pdf"))
_FEEDER_PAGES = 3

Page = Image.Image


def make_documents(folder: Path, count: int, seed: int = 1, first: int = 1) -> list[str]:
    """Write ``count`` documents into ``folder``, numbered from ``first``; the names of their files.

    The first is a PDF of several forms, as a feeder makes it; the second lies in two files; the rest are
    one page each in turn of every format. The same arguments give the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    pages = _endless(ROOT / "scans", rng)
    names = []
    for number in range(first, first + count):
        kind = number - first
        if kind == 0 and count > 1:
            parts = [next(pages) for _ in range(_FEEDER_PAGES)]
            names.append(_save(folder, f"连续扫描{number:03}", parts, "PDF", ".pdf", rng))
        elif kind == 1 and count > 2:
            names += [_save(folder, f"两页{number:03}_{i}", [next(pages)], "JPEG", ".jpg", rng) for i in (1, 2)]
        else:
            names.append(_save(folder, f"扫描{number:03}", [next(pages)], *_FORMATS[kind % len(_FORMATS)], rng))
    return names


def _endless(samples: Path, rng: np.random.Generator) -> Iterator[Page]:
    """Cut-down copies of the sample pages, one after another and again from the start, each cut otherwise."""
    limits = Limits()
    names = [name for group in group_files([f.path for f in list_scans(samples).files]) for name in group]
    decoded: list[Page] = []
    for name in names:
        for page in read_pages(samples / name, name, limits):
            whole = Image.fromarray(np.ascontiguousarray(page.pixels[:, :, ::-1]))
            whole.info["dpi"] = (page.dpi or whole.width / _A4_INCHES,) * 2
            whole = _narrowed(whole)
            decoded.append(whole)
            yield _cut(whole, rng)
    while True:
        for whole in decoded:
            yield _cut(whole, rng)


def _narrowed(page: Page) -> Page:
    factor = min(1.0, WIDTH / page.width)
    smaller = page.resize((round(page.width * factor), round(page.height * factor)), Image.Resampling.BILINEAR)
    smaller.info["dpi"] = tuple(round(d * factor, 1) for d in page.info["dpi"])
    return smaller


def _cut(page: Page, rng: np.random.Generator) -> Page:
    """The top of the page, trimmed at the sides by some pixels, with a few specks of dust on it."""
    left, right = (int(n) for n in rng.integers(0, 9, 2))
    bottom = round(page.height * rng.uniform(*_TOP))
    part = page.crop((left, 0, page.width - right, bottom))
    draw = ImageDraw.Draw(part)
    for x, y in zip(rng.integers(0, part.width, 5), rng.integers(0, part.height, 5), strict=True):
        draw.point((int(x), int(y)), (90, 90, 90))
    part.info["dpi"] = page.info["dpi"]
    return part


def _save(folder: Path, stem: str, pages: list[Page], kind: str, suffix: str, rng: np.random.Generator) -> str:
    (folder / (stem + suffix)).write_bytes(encoded(pages, kind, int(rng.integers(72, 93))))
    return stem + suffix


def encoded(pages: list[Page], kind: str, quality: int = 85) -> bytes:
    """Pages as a file of one of Pillow's formats or HEIF, a PDF without the time it was made."""
    out = io.BytesIO()
    if kind == "HEIF":
        pillow_heif.from_pillow(pages[0]).save(out, quality=quality)
        return out.getvalue()
    options: dict[str, object] = {"quality": quality, "dpi": pages[0].info["dpi"]}
    if kind == "PDF":
        options = {
            "quality": quality, "resolution": float(pages[0].info["dpi"][0]), "save_all": True,
            "append_images": pages[1:], "creationDate": None, "modDate": None,
        }  # fmt: skip
    elif kind == "TIFF":
        options = {"compression": "tiff_lzw", "dpi": pages[0].info["dpi"]}
    elif kind == "WEBP":
        options = {"quality": quality}
    pages[0].save(out, kind, **options)
    return out.getvalue()
