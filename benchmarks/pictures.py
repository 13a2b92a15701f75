"""How fast originals are shown, and in how much memory: ``python -m benchmarks.pictures [--pages N]``.

Pages of A4 at 300 dpi, made of the sample scans, are asked for by five threads as five people do. The measure is a
plain page in the same run: decoded as the reading does, and encoded as one JPEG. Ratios below 1 are faster than that.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import psutil

from pipeline.audit.pictures import Pictures
from pipeline.audit.pictures.pyramid import encode
from pipeline.intake.folder import list_scans
from pipeline.intake.pages import read_pages
from pipeline.settings import Settings, load_settings
from pipeline.sheets import Image, Quad

_WIDTH, _HEIGHT = 2480, 3508
_THREADS = 5
_VIEW = 2  # the level at which a page of this size fits half a screen
_FIELD_HEIGHT, _FIELD_WIDTH, _FIELDS = 70, 700, 20
_Thing = TypeVar("_Thing")


@dataclass(frozen=True, slots=True)
class Page:
    sha256: str
    file: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=30)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        settings = _settings(Path(name))
        pages = _fill(settings, arguments.pages)
        print(f"{len(pages)} pages of {_WIDTH} × {_HEIGHT}, {_THREADS} threads, {psutil.cpu_count()} cores")
        _measure(settings, pages)


def _measure(settings: Settings, pages: Sequence[Page]) -> None:
    plain, first = [], []
    scans = settings.path("scans")
    Pictures(settings).page(pages[0].sha256, pages[0].file, 1)  # libraries load on first use
    for page in pages[:10]:  # in turns, so that a machine whose speed drifts drifts for both
        plain.append(_seconds(lambda page=page: _plain(settings, scans / page.file)))  # type: ignore[misc]
        pictures = Pictures(settings)
        first.append(_seconds(lambda page=page, pictures=pictures: _view(pictures, page)))  # type: ignore[misc]
    unit = statistics.median(plain)
    with _peak() as peak:
        for page in pages[:3]:
            _plain(settings, scans / page.file)
    print(f"plain page: {unit * 1000:.0f} ms, {peak[0]:.0f} MB more at its peak")
    _print("first view of a page, alone", first, unit)

    pictures = Pictures(settings)
    with _peak() as peak:
        _print("first view, five at once", _in_turns(pages, lambda page: _view(pictures, page)), unit)
    print(f"{'memory above the start':32}{peak[0]:8.0f} MB at its peak, {peak[1]:.0f} MB kept, for {len(pages)} pages")
    rng = np.random.default_rng(2)
    asked = [pages[int(n)] for n in rng.integers(0, len(pages), 2000)]
    _print("tile, warm", _in_turns(asked, lambda page: pictures.tile(page.sha256, page.file, 1, 0, 2, 3)), unit)
    places = [(page, _field(int(n))) for n in rng.permutation(_FIELDS) for page in pages]
    _print("crop, its page warm", _in_turns(places, lambda at: pictures.crop(at[0].sha256, at[0].file, 1, at[1])), unit)
    _print("crop, warm", _in_turns(places, lambda at: pictures.crop(at[0].sha256, at[0].file, 1, at[1])), unit)
    _print(
        "character, its page warm",
        _in_turns(places, lambda at: pictures.glyph(at[0].sha256, at[0].file, 1, at[1], 0.5, 18)),
        unit,
    )
    cold = Pictures(settings)
    _print("tile, cold", _in_turns(pages, lambda page: cold.tile(page.sha256, page.file, 1, 0, 2, 3)), unit)
    cold = Pictures(settings)
    strip = _seconds(lambda: _in_turns(pages, lambda page: cold.crop(page.sha256, page.file, 1, _field(0))))
    print(f"{'strip of one field, cold':32}{strip / len(pages) * 1000:8.1f} ms a page")


def _plain(settings: Settings, path: Path) -> bytes:
    return encode(next(read_pages(path, path.name, settings.limits)).pixels)


def _view(pictures: Pictures, page: Page) -> None:
    """What a browser asks for to show a page in half a screen."""
    info = pictures.page(page.sha256, page.file, 1)
    width, height = info.size(_VIEW)
    for row in range(-(-height // info.tile_size)):
        for column in range(-(-width // info.tile_size)):
            pictures.tile(page.sha256, page.file, 1, _VIEW, column, row)


def _field(number: int) -> Quad:
    x, y = 300, 200 + number * 2 * _FIELD_HEIGHT
    right, bottom = x + _FIELD_WIDTH, y + _FIELD_HEIGHT
    return ((x, y), (right, y + 6), (right, bottom + 6), (x, bottom))  # askew, as scans are


def _in_turns(things: Sequence[_Thing], ask: Callable[[_Thing], object]) -> list[float]:
    """The seconds each took, asked for by all threads together."""
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(lambda thing: _seconds(lambda: ask(thing)), things))


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _print(name: str, seconds: Sequence[float], unit: float) -> None:
    middle, most = statistics.median(seconds), float(np.quantile(seconds, 0.95))
    print(
        f"{name:32}p50 {middle * 1000:8.2f} ms (ratio {middle / unit:6.3f})   "
        f"p95 {most * 1000:8.2f} ms (ratio {most / unit:6.3f})"
    )


@contextmanager
def _peak() -> Iterator[list[float]]:
    """Megabytes above the memory taken before: at the peak of what is done within, and at its end."""
    process = psutil.Process()
    before, most, done = process.memory_info().rss, [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.002):
            most[0] = max(most[0], process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    found: list[float] = []
    try:
        yield found
    finally:
        done.set()
        watcher.join()
    found += [(most[0] - before) / 1e6, (process.memory_info().rss - before) / 1e6]


def _settings(folder: Path) -> Settings:
    for part in ("scans", "outputs"):
        (folder / part).mkdir()
    return load_settings(folders={"scans": folder / "scans", "outputs": folder / "outputs"})


def _fill(settings: Settings, count: int) -> list[Page]:
    """Sample scans at 300 dpi with a scanner's grain, each a file of its own in the drop folder."""
    samples = load_settings().path("scans")
    names = [found.path for found in list_scans(samples).files]
    rng = np.random.default_rng(1)
    out = []
    for number in range(count):
        name = names[number % len(names)]
        content = _jpeg(next(read_pages(samples / name, name, settings.limits)).pixels, rng)
        file = f"{number:04}.jpg"
        (settings.path("scans") / file).write_bytes(content)
        out.append(Page(hashlib.sha256(content).hexdigest(), file))
    return out


def _jpeg(pixels: Image, rng: np.random.Generator) -> bytes:
    large = cv2.resize(pixels, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_CUBIC)
    grain = rng.normal(0, 3, (_HEIGHT, _WIDTH, 1)).astype(np.float32)
    return encode(np.clip(large + grain, 0, 255).astype(np.uint8))


if __name__ == "__main__":
    main()
