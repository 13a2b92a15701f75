"""Pages counted before anything is read, in a process of its own.

To open a file is to run a decoder over it: what crashes there, hangs or grows must not take the batch with it,
which would meet the same file again the next time.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Collection
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from pipeline.batch.guard import watch_over
from pipeline.errors import FileError
from pipeline.intake.pages import count_pages
from pipeline.intake.sniff import HEAD_BYTES, Kind, sniff
from pipeline.settings import Limits, Settings

_OF_SEVERAL_PAGES = {Kind.PDF, Kind.TIFF, Kind.HEIC}


def count_all(paths: Collection[Path], settings: Settings) -> dict[Path, int]:
    """How many pages each file has, for the progress bar and the time limits.

    What cannot be counted counts as one: reading will say what is wrong with it.
    """
    counts = dict.fromkeys(paths, 1)
    several = [path for path in counts if _may_have_several(path)]
    if not several:
        return counts
    megabytes = settings.batch.worker_megabytes
    spawn = multiprocessing.get_context("spawn")
    with ProcessPool(1, initializer=watch_over, initargs=(megabytes, os.getpid()), context=spawn) as pool:
        try:
            futures = {path: _schedule(pool, path, settings) for path in several}
            counts |= {path: _counted(future) for path, future in futures.items()}
        except (BrokenProcessPool, RuntimeError):  # no process can be had: each counts as one
            pool.stop()  # type: ignore[no-untyped-call]
    return counts


def count(path: Path, limits: Limits) -> int:
    """The pages of one file."""
    try:
        return count_pages(path, limits)
    except FileError:
        return 1


def _schedule(pool: ProcessPool, path: Path, settings: Settings) -> ProcessFuture[int]:
    return pool.schedule(count, (path, settings.limits), timeout=settings.batch.file_seconds)


def _counted(future: ProcessFuture[int]) -> int:
    try:
        return future.result()
    except (ProcessExpired, TimeoutError, MemoryError):
        return 1


def _may_have_several(path: Path) -> bool:
    """By its first bytes alone, which no decoder need be asked for."""
    try:
        with path.open("rb") as stream:
            return sniff(stream.read(HEAD_BYTES)) in _OF_SEVERAL_PAGES
    except (FileError, OSError):
        return False
