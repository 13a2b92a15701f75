"""The lessons of the audit page: samples found and read in a worker of their own, one thing after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from pipeline.audit.pictures import Pictures
from pipeline.batch import worker
from pipeline.batch.clock import tell_time
from pipeline.batch.lone_worker import LoneWorker
from pipeline.batch.pool import time_limit
from pipeline.settings import Settings
from pipeline.sheets import Quad
from pipeline.store import Store
from pipeline.teaching import Draft, tryout
from pipeline.teaching.lessons import Lesson, Lessons
from pipeline.teaching.placing import Proposed
from pipeline.teaching.tryout import Source, Trial

T = TypeVar("T")


class Teacher:
    """Safe to share between threads. Errors come out of the futures. :meth:`close` ends the worker."""

    def __init__(self, settings: Settings, store: Store, pictures: Pictures) -> None:
        self._settings = settings
        self._store = store
        self._pictures = pictures
        self._worker = LoneWorker(settings)
        self._in_turn = ThreadPoolExecutor(1, "teach")
        self.lessons = Lessons(settings.path("outputs"))

    def draft(self, lesson: Lesson, known: Draft | None) -> Future[Trial]:
        """Draft from the lesson's samples and keep the draft; ``known`` is one to begin with instead."""

        def work() -> Trial:
            draft, trial = self._run(lesson, tryout.draft_samples, known)
            self.lessons.change(lesson.id, draft, lesson.revision)
            return trial

        return self._in_turn.submit(work)

    def attempt(self, lesson: Lesson) -> Future[Trial]:
        """What the lesson's draft makes of its samples."""
        return self._in_turn.submit(lambda: self._run(lesson, tryout.try_draft, lesson.draft))

    def propose(self, lesson: Lesson, page: int, quad: Quad, what: str) -> Future[Proposed]:
        """What a box on a page of the samples means."""
        return self._in_turn.submit(lambda: self._run(lesson, tryout.propose, lesson.draft, page, quad, what))

    def close(self) -> None:
        self._in_turn.shutdown(wait=False, cancel_futures=True)
        self._worker.close()
        self._in_turn.shutdown()

    def _run(self, lesson: Lesson, work: Callable[..., T], *arguments: Any) -> T:
        sources = self._sources(lesson)
        limit = time_limit(self._settings, len(sources))
        today = tell_time(self._store).today
        result: T = self._worker.run(worker.lend, (work, sources, *arguments), limit, today)
        return result

    def _sources(self, lesson: Lesson) -> Sequence[Source]:
        """Where the pages of the samples lie now. Raises ``FileError`` for one that is gone."""
        return tuple(
            Source(str(self._pictures.locate(page.sha256, page.file)), page.number, str(copy), position)
            for copy, sample in enumerate(lesson.samples)
            for position, page in enumerate(sample.pages, start=1)
        )
