"""A worker process: set up once, then asked for one piece of work after the other.

The batch imports this module only to name what a worker is to do. What reading needs is imported where a worker starts:
it takes half a second, in which the batch has other things to do.
"""

from __future__ import annotations

import datetime
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

import psutil

from pipeline.batch.guard import watch_over
from pipeline.batch.outcome import Outcome
from pipeline.batch.portion import WHOLE, Portion
from pipeline.definitions import FieldDefinition
from pipeline.errors import PipelineError, SetupError
from pipeline.scanned import FileStat
from pipeline.settings import Settings
from pipeline.sheets import Quad

if TYPE_CHECKING:
    from pipeline.batch.boxes import BoxReading
    from pipeline.batch.reader import Reader
    from pipeline.batch.weigh import Rules

T = TypeVar("T")

_READER: Reader | None = None
_FAULT: PipelineError | None = None
_BUSY = False


def start(settings: Settings, scans: Path | str, today: datetime.date, parent: int, rules: Rules | None = None) -> None:
    """Initialise a worker process: threads pinned before any library starts its own.

    What is wrong with the set-up is said by the first :func:`read`: a pool cannot tell why a worker died.
    ``parent`` is the process this one works for; ``rules`` as in :func:`load_tools`.
    """
    global _READER, _FAULT
    signal.signal(signal.SIGTERM, _end_if_idle)
    watch_over(settings.batch.worker_megabytes, parent, lambda: _READER is not None)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(settings.reading.threads)
    import cv2

    from pipeline.batch.reader import Reader

    cv2.setNumThreads(settings.reading.threads)
    try:
        reader = Reader(settings, scans, today, rules)
        _require_room(settings.batch.worker_megabytes)
        _READER = reader
    except PipelineError as error:
        _FAULT = error


def prepare() -> int:
    """This process's id, once it is ready to read. Raises what kept it from being set up."""
    with _busy():
        return os.getpid()


def read(files: tuple[FileStat, ...], portion: Portion = WHOLE) -> Outcome:
    """:meth:`Reader.read` of this process's reader."""
    with _busy() as reader:
        return reader.read(files, portion)


def read_box(stat: FileStat, number: int, quad: Quad, field: FieldDefinition) -> BoxReading:
    """:meth:`Reader.read_box` of this process's reader."""
    with _busy() as reader:
        return reader.read_box(stat, number, quad, field)


def lend(work: Callable[..., T], *arguments: Any) -> T:
    """:meth:`Reader.lend` of this process's reader, for work that is not the batch's."""
    with _busy() as reader:
        return reader.lend(work, arguments)


@contextmanager
def _busy() -> Iterator[Reader]:
    """This process's reader, while it is at work. Raises what kept it from being set up."""
    global _BUSY
    if _FAULT is not None:
        raise _FAULT
    assert _READER is not None  # start() ran as the pool's initialiser
    _BUSY = True
    try:
        yield _READER
    finally:
        _BUSY = False


def _end_if_idle(number: int, frame: FrameType | None) -> None:
    """A service manager tells every process to stop: the batch hears it, and lets finish what is in hand."""
    if not _BUSY:
        os._exit(0)


def _require_room(megabytes: int) -> None:
    """No file is at fault where the engine alone needs more memory than a worker may."""
    needed = psutil.Process().memory_info().rss // 1_000_000
    if needed >= megabytes:
        raise SetupError(f"识别引擎本身需要 {needed} MB 内存，超过设置 batch.worker_megabytes（{megabytes}）。请调大。")
