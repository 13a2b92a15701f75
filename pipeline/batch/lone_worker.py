"""One worker process for what people wait for, beside whatever batch may be running."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from pipeline.batch.office import office_file, office_lists
from pipeline.batch.pool import Crew, what_befell
from pipeline.batch.weigh import Rules
from pipeline.errors import FileError, SetupError
from pipeline.settings import Settings

_TRIES = 2  # a pool may be found broken by a worker that died idle

T = TypeVar("T")


class LoneWorker:
    """A worker as a batch has them, started when first needed, and anew when the day, a form or a list has changed.

    For one caller at a time; :meth:`close` may come from another thread.
    """

    def __init__(self, settings: Settings, rules: Rules | None = None) -> None:
        """``rules`` are what to read by; where none are given, those of the settings as they are by then."""
        self._settings = settings
        self._rules = rules
        self._lock = threading.Lock()
        self._pool: ProcessPool | None = None
        self._made_for: object = None
        self._in_hand: ProcessFuture[Any] | None = None
        self._closed = False

    def run(self, work: Callable[..., T], arguments: tuple[Any, ...], limit: float, today: datetime.date) -> T:
        """What ``work``, a function of :mod:`pipeline.batch.worker`, returns, within ``limit`` seconds.

        ``today`` bounds the dates that may stand on paper. Raises :class:`FileError` where the worker died or
        was ended at a limit, :class:`SetupError` where none can be started, and what ``work`` raises.
        """
        for _ in range(_TRIES):
            try:
                result: T = self._hand_over(self._begun(work, arguments, limit, today)).result()
            except (ProcessExpired, TimeoutError) as error:
                code, message = what_befell(error, limit, self._settings.batch.worker_megabytes)
                raise FileError(message, code=code) from error
            except CancelledError as error:
                raise _closed() from error
            except SetupError:
                self._stop()  # it would say the same once that is mended
                raise
            except BrokenProcessPool:
                self._stop()
            else:
                return result
        raise FileError("识别进程意外终止，无法开始（可能内存不足）。请稍后重试，或关闭其他程序。", code="worker_died")

    def _begun(
        self, work: Callable[..., T], arguments: tuple[Any, ...], limit: float, today: datetime.date
    ) -> ProcessFuture[T]:
        pool = self._ready(today)
        try:
            return pool.schedule(work, arguments, timeout=limit)
        except RuntimeError as error:  # the pool broke, or was stopped, a moment ago
            raise BrokenProcessPool from error

    def _hand_over(self, task: ProcessFuture[T]) -> ProcessFuture[T]:
        with self._lock:
            self._in_hand = task
            if self._closed:
                task.cancel()  # type: ignore[no-untyped-call]
        return task

    def close(self) -> None:
        """End the worker, whatever it is doing."""
        with self._lock:
            self._closed = True
        self._stop()

    def _ready(self, today: datetime.date) -> ProcessPool:
        made_for = today, () if self._rules else rules_as_of(self._settings)
        if made_for != self._made_for:
            self._stop()
        with self._lock:
            if self._closed:
                raise _closed()
            if self._pool is None:
                self._made_for = made_for
                self._pool = Crew(self._settings, self._settings.scans, today, self._rules).of(1)
            return self._pool

    def _stop(self) -> None:
        with self._lock:
            pool, self._pool = self._pool, None
            task, self._in_hand = self._in_hand, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]
            pool.join()
        if task is not None:
            # The pool forgets a task that its worker, still starting, had not begun: it would be waited for for ever.
            task.cancel()  # type: ignore[no-untyped-call]


def rules_as_of(settings: Settings) -> tuple[tuple[str, int, int], ...]:
    """What tells whether forms, lists or calibration have changed: their files with size and time."""
    folders = (settings.path("forms"), settings.path("dictionaries"), office_lists(settings))
    files: list[Path] = [
        path for folder in folders for path in sorted(folder.glob("*")) if path.suffix in (".yaml", ".csv")
    ]
    files += [settings.path("calibration"), office_file(settings)]
    found = ((path, path.stat()) for path in files if path.is_file())
    return tuple((str(path), info.st_size, info.st_mtime_ns) for path, info in found)


def _closed() -> FileError:
    return FileError("审核页正在关闭，没有重新识别。请稍后重试。", code="closed")
