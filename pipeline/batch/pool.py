"""Workers in processes of their own: OCR libraries leak, and a bad file may take its process with it."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import psutil

from pipeline.batch import worker
from pipeline.batch.plan import Work
from pipeline.batch.worker import Failure, Outcome, Reader
from pipeline.settings import Settings

_WORKER_BYTES = 1_500_000_000  # what one worker may come to need at the default limits
_DIED = "处理此文件时工作进程意外终止（可能内存不足或文件异常）。请减小文件或关闭其他程序后重新运行。"


def worker_count(settings: Settings, jobs: int) -> int:
    """How many processes to use: as set, else one a core as far as memory goes, never more than jobs."""
    if settings.batch.workers:
        return min(settings.batch.workers, max(jobs, 1))
    by_memory = int(psutil.virtual_memory().available // _WORKER_BYTES)
    return max(1, min(os.cpu_count() or 1, by_memory, jobs))


def read_all(work: Sequence[Work], settings: Settings, scans: Path, workers: int) -> Iterator[tuple[Work, Outcome]]:
    """The outcome of every piece of work, as they come.

    A process that dies leaves its work in doubt: what was in flight is run again one by one, each alone
    in a process, so that only the piece at fault fails. Raises :class:`SetupError` where workers cannot
    start.
    """
    suspects: list[Work] = []
    todo = list(work)
    while todo:
        done: set[int] = set()
        try:
            for item, outcome in _pooled(todo, settings, scans, workers):
                done.add(id(item))
                yield item, outcome
            todo = []
        except _PoolBrokenError as broken:
            suspects += broken.in_flight
            held = {id(item) for item in broken.in_flight}
            todo = [item for item in todo if id(item) not in done and id(item) not in held]
    for item in suspects:
        yield item, _alone(item, settings, scans)


class _PoolBrokenError(Exception):
    def __init__(self, in_flight: list[Work]) -> None:
        super().__init__("a worker process died")
        self.in_flight = in_flight


def _executor(settings: Settings, scans: Path, workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=worker.start,
        initargs=(settings, scans),
        max_tasks_per_child=settings.batch.recycle_after,
    )


def _pooled(work: Sequence[Work], settings: Settings, scans: Path, workers: int) -> Iterator[tuple[Work, Outcome]]:
    """Feed the pool a little ahead of what it does, so that little is in doubt when a process dies."""
    waiting = list(reversed(work))
    running: dict[Future[Outcome], Work] = {}
    with _executor(settings, scans, workers) as executor:
        try:
            while waiting or running:
                while waiting and len(running) < 2 * workers:
                    item = waiting[-1]
                    running[executor.submit(worker.read, item.files)] = item
                    waiting.pop()  # only once the pool has it: a broken pool refuses it
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    outcome = future.result()
                    yield running.pop(future), outcome
        except BrokenProcessPool as error:
            # A pool whose initialiser failed is broken too: say why before blaming the files.
            Reader(settings, scans)
            raise _PoolBrokenError(list(running.values())) from error
        except GeneratorExit:
            executor.shutdown(wait=False, cancel_futures=True)
            raise


def _alone(item: Work, settings: Settings, scans: Path) -> Outcome:
    with _executor(settings, scans, 1) as executor:
        try:
            return executor.submit(worker.read, item.files).result()
        except BrokenProcessPool:
            return Outcome(failures=[Failure(stat, "worker_died", _DIED) for stat in item.files])
