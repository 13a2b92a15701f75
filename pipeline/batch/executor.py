"""Who reads the work of a batch: the processes of this machine, or the workers of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from pipeline.batch.outcome import Outcome
from pipeline.batch.plan import Work
from pipeline.batch.pool import Ahead, Crew, Pool, Stop, worker_count
from pipeline.batch.weigh import Rules
from pipeline.errors import SetupError
from pipeline.settings import Settings


class Executor(Protocol):
    """Reads pieces of work. Whoever makes one tells it when to stop (:data:`~pipeline.batch.pool.Stop`)."""

    @property
    def workers(self) -> int:
        """How many pieces of work it reads side by side."""
        ...

    @property
    def moved(self) -> int:
        """How many pieces went to another worker, since the machine that had them was lost."""
        ...

    def read_all(self, work: Sequence[Work], pages: Callable[[Work], int]) -> Iterator[tuple[Work, Outcome]]:
        """The outcome of every piece of work, each once, as they come; of those begun, where told to stop.

        ``pages`` is how many pages a piece of work has, for its time limit. Raises :class:`SetupError`
        where nothing can be read.
        """
        ...


def check_executor(settings: Settings) -> None:
    """Raises :class:`SetupError` where the settings do not go together."""
    if settings.batch.executor == "ray" and not settings.batch.address:
        raise SetupError(
            "用 Ray 集群识别须给出地址：加 --address，或设置 batch.address。"
            "可写 ray://主机:10001、主机:6379（本机在集群中时），或 local（只用本机）。"
        )
    if isinstance(settings.scans, str) and settings.intake.originals == "move":
        raise SetupError('存储桶中的扫描件不会被移走：请把设置 intake.originals 改为 "leave"。')


def get_ahead(settings: Settings, rules: Rules, limit: int | None) -> Ahead:
    """Workers of this machine that may start before it is known what there is to read, ``limit`` pieces at most."""
    return Ahead(Crew(settings, settings.scans, rules.today, rules), 0 if settings.batch.executor == "ray" else limit)


def open_executor(
    settings: Settings, jobs: int, rules: Rules, stop: Stop, ahead: Ahead
) -> AbstractContextManager[Executor]:
    """The executor that the settings name, for so many pieces of work. Raises :class:`SetupError`.

    Workers of this machine that were started ``ahead`` are used first.
    """
    if settings.batch.executor == "ray" and jobs:
        from pipeline.batch.ray_pool import open_ray_pool

        return open_ray_pool(settings, jobs, rules, stop)
    return nullcontext(Pool(ahead.crew, worker_count(settings, jobs), stop, ahead))
