"""Workers in processes of their own: OCR libraries leak, and a bad file may take its process with it.

A pool that gives every piece of work its own time limit and outlives the death of a worker (Pebble);
each worker watches its own memory, and ends with the process that started it.
"""

from __future__ import annotations

import datetime
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import psutil
from pebble import ProcessExpired, ProcessFuture, ProcessPool

from pipeline.batch import worker
from pipeline.batch.guard import OUT_OF_MEMORY
from pipeline.batch.outcome import Failure, Outcome
from pipeline.batch.plan import Work
from pipeline.errors import SetupError
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.batch.weigh import Rules

_WORKER_BYTES = 1_500_000_000  # what one worker may come to need at the default limits
_REBUILDS = 3  # times a pool that read nothing is set up anew before its failure is the batch's
MESSAGES = {
    "worker_died": "处理此文件时工作进程意外终止（可能内存不足或文件异常）。请减小文件或关闭其他程序后重新运行。",
    "timed_out": "处理此文件超过了时限（{limit:.0f} 秒），已中止。请拆分文件，或调大设置 batch.page_seconds。",
    "out_of_memory": "处理此文件时内存超过上限（{megabytes} MB），已中止。请降低扫描分辨率或拆分文件后重新放入。",
}

Stop = Callable[[], bool]
"""Whether no further work is to be begun."""


@dataclass(frozen=True, slots=True)
class Crew:
    """What the workers of a batch are set up with, and the processes of them.

    ``rules`` are those of the settings unless given.
    """

    settings: Settings
    scans: Path | str
    today: datetime.date
    rules: Rules | None = None

    def of(self, workers: int) -> ProcessPool:
        """So many workers, which start with the first piece of work."""
        return ProcessPool(
            workers,
            self.settings.batch.recycle_after,
            worker.start,
            (self.settings, self.scans, self.today, os.getpid(), self.rules),
            multiprocessing.get_context("spawn"),
        )


class Ahead:
    """Workers that start while the batch still waits for new files to come to rest.

    A worker needs as long to get ready as the batch has to wait. Those that nobody takes are ended on leaving.
    """

    def __init__(self, crew: Crew, limit: int | None = None) -> None:
        """``limit`` is how many pieces of work will be read at most; ``crew`` is what the workers are set up with."""
        self.crew = crew
        self._limit = limit
        self._pool: ProcessPool | None = None
        self._workers = 0

    def expect(self, files: int) -> None:
        """There seem to be so many files to read."""
        jobs = files if self._limit is None else min(files, self._limit)
        if jobs and self._pool is None:
            self._workers = worker_count(self.crew.settings, jobs)
            pool = self.crew.of(self._workers)
            try:
                pool.schedule(worker.prepare)
            except (OSError, RuntimeError):
                _end(pool)  # no process can be had: reading will say so, if it is still so by then
            else:
                self._pool = pool

    def take(self, workers: int) -> ProcessPool | None:
        """The pool that was started, if it has so many workers; another one is ended."""
        pool, self._pool = self._pool, None
        if pool is not None and self._workers != workers:
            _end(pool)
            return None
        return pool

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            _end(self._pool)


@dataclass(frozen=True, slots=True)
class Pool:
    """How work is read: by how many workers, under which limits, and where its files lie.

    Workers that were started ``ahead`` are the first to be used.
    """

    crew: Crew
    workers: int
    stop: Stop = lambda: False
    ahead: Ahead | None = None

    @property
    def settings(self) -> Settings:
        return self.crew.settings

    @property
    def moved(self) -> int:
        """None: the machine is this one."""
        return 0

    def read_all(self, work: Sequence[Work], pages: Callable[[Work], int]) -> Iterator[tuple[Work, Outcome]]:
        """The outcome of every piece of work, as they come; of those begun, where :attr:`stop` says so.

        ``pages`` is how many pages a piece of work has, for its time limit. Raises :class:`SetupError`
        where workers cannot start.
        """
        waiting = list(reversed(work))
        rebuilds = 0
        while waiting and not self.stop():
            left = len(waiting)
            try:
                yield from self._pooled(waiting, pages)
            except BrokenProcessPool as error:
                rebuilds = rebuilds + 1 if len(waiting) == left else 1
                if rebuilds > _REBUILDS:
                    self._try_setting_up()
                    raise SetupError(
                        "工作进程一再意外终止，无法开始识别（可能内存不足）。请关闭其他程序或减少 batch.workers。"
                    ) from error

    def _pooled(self, waiting: list[Work], pages: Callable[[Work], int]) -> Iterator[tuple[Work, Outcome]]:
        """Feed one pool from the end of ``waiting``, a piece ahead of what it does, until it is used up or breaks.

        What a broken pool had not begun goes back to ``waiting``.
        """
        running: dict[ProcessFuture[Outcome], tuple[Work, float]] = {}
        pool = (self.ahead.take(self.workers) if self.ahead else None) or self.crew.of(self.workers)
        try:
            while running or (waiting and not self.stop()):
                while waiting and len(running) <= self.workers and not self.stop():
                    limit = self._time_limit(pages(waiting[-1]))
                    begun = self._schedule(pool, waiting[-1], limit)
                    running[begun] = (waiting.pop(), limit)
                finished, _ = wait(running, timeout=1.0, return_when=FIRST_COMPLETED)
                if self.stop():
                    waiting += self._withdraw(running)
                for future in finished:
                    if future in running:
                        item, limit = running[future]
                        outcome = self._outcome(future, item, limit)
                        del running[future]
                        yield item, outcome
            pool.close()  # type: ignore[no-untyped-call]
        except BrokenProcessPool:
            waiting += [item for item, _ in reversed(running.values())]
            raise
        finally:
            _end(pool)

    def _try_setting_up(self) -> None:
        """Raises :class:`SetupError` with what is at fault, if it is the set-up."""
        from pipeline.batch.reader import Reader

        Reader(self.settings, self.crew.scans, self.crew.today, self.crew.rules)

    def _schedule(self, pool: ProcessPool, item: Work, limit: float) -> ProcessFuture[Outcome]:
        try:
            return pool.schedule(worker.read, (item.every, item.portion), timeout=limit)
        except RuntimeError as error:  # the pool broke a moment ago
            raise BrokenProcessPool from error

    def _withdraw(self, running: dict[ProcessFuture[Outcome], tuple[Work, float]]) -> list[Work]:
        """Take back what no worker has begun."""
        idle = [future for future in running if not future.running() and not future.done() and future.cancel()]  # type: ignore[no-untyped-call]
        return [running.pop(future)[0] for future in idle]

    def _outcome(self, future: ProcessFuture[Outcome], item: Work, limit: float) -> Outcome:
        try:
            return future.result()
        except (ProcessExpired, TimeoutError) as error:
            code, message = what_befell(error, limit, self.settings.batch.worker_megabytes)
        return Outcome(failures=[Failure(stat, code, message) for stat in item.files])

    def _time_limit(self, pages: int) -> float:
        return time_limit(self.settings, pages)


def _end(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()


def time_limit(settings: Settings, pages: int) -> float:
    """Seconds that a worker may take for so many pages."""
    return settings.batch.file_seconds + pages * settings.batch.page_seconds


def what_befell(error: ProcessExpired | TimeoutError, limit: float, megabytes: int) -> tuple[str, str]:
    """The code and the message for a worker that died, or was ended at one of its limits."""
    if isinstance(error, TimeoutError):
        code = "timed_out"
    else:
        code = "out_of_memory" if error.exitcode == OUT_OF_MEMORY else "worker_died"
    return code, MESSAGES[code].format(limit=limit, megabytes=megabytes)


def worker_count(settings: Settings, jobs: int) -> int:
    """How many processes to use: as set, else one a core as far as memory goes, never more than jobs."""
    if settings.batch.workers:
        return min(settings.batch.workers, max(jobs, 1))
    by_memory = int(psutil.virtual_memory().available // _WORKER_BYTES)
    return max(1, min(os.cpu_count() or 1, by_memory, jobs))
