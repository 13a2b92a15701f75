"""Work read by the machines of a Ray cluster, handed out by this one, which alone keeps what comes of it.

Each slot (:mod:`pipeline.batch.ray_slot`) has one piece of work in hand, and gets the next when its outcome has
been fetched: so no more is on its way than there are slots, however slowly outcomes are kept. A piece whose slot was
lost goes to another one. Its outcome counts once: a call whose slot is lost never answers.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from pipeline.batch.outcome import CHANGED, Failure, Outcome
from pipeline.batch.plan import Work
from pipeline.batch.pool import MESSAGES, Stop, time_limit
from pipeline.batch.ray_cluster import LOCAL, Cluster, Handle, LostError, Ref, connected
from pipeline.batch.ray_slot import Ready, Slot, edition
from pipeline.batch.weigh import Rules
from pipeline.errors import FileError, PipelineError, SetupError
from pipeline.intake.archive import Archive
from pipeline.intake.quarantine import kept_copy
from pipeline.reading.engine import engine_in_use
from pipeline.settings import DatabaseSettings, Settings

_LOOK_EVERY = 1.0  # seconds between asking whether to stop
_PATIENCE = 600.0  # seconds without any slot: machines may be on their way
_BAD_STARTS = 20  # slots lost one after another before any of them could read
_NOBODY = "Ray 集群 {:.0f} 秒内没有可用的工作节点。请检查各台机器是否在线、有没有空闲的处理器。"
_NO_START = "Ray 集群上的工作进程一再启动失败。请检查各台机器的内存和程序的安装。"


@dataclass(slots=True)
class _Piece:
    """A piece of work with its time limit; ``lost`` counts the slots that were lost with it."""

    item: Work
    limit: float
    lost: int = 0
    enclosed: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(slots=True)
class _Place:
    """A slot, and the piece it reads; ``None`` while it starts."""

    actor: Handle
    piece: _Piece | None = None


@dataclass(slots=True)
class RayPool:
    """An executor (:class:`~pipeline.batch.executor.Executor`) on a cluster.

    ``patience`` is how many seconds to wait while there is no slot; ``moved`` counts pieces whose slot was lost.
    """

    settings: Settings
    rules: Rules
    stop: Stop
    cluster: Cluster
    workers: int
    patience: float = _PATIENCE
    moved: int = 0
    _places: dict[Ref, _Place] = field(default_factory=dict)
    _idle: list[Handle] = field(default_factory=list)
    _bad_starts: int = 0

    def read_all(self, work: Sequence[Work], pages: Callable[[Work], int]) -> Iterator[tuple[Work, Outcome]]:
        waiting = deque(_Piece(item, time_limit(self.settings, pages(item))) for item in work)
        shared = self._shared()
        heard = time.monotonic()
        try:
            while self._at_work() or (waiting and not self.stop()):
                self._hand_out(waiting, shared)
                done = self.cluster.wait(list(self._places), _LOOK_EVERY) if self._places else []
                if done or self._at_work():
                    heard = time.monotonic()
                elif time.monotonic() - heard > self.patience:
                    raise SetupError(_NOBODY.format(self.patience))
                for ref in done:
                    piece, outcome = self._settle(ref, waiting)
                    self._hand_out(waiting, shared)  # before what came is kept, which takes its time
                    if piece is not None and outcome is not None:
                        yield piece.item, outcome
        finally:
            for actor in [*self._idle, *(place.actor for place in self._places.values())]:
                self.cluster.kill(actor)
            self._idle.clear()
            self._places.clear()

    def _settle(self, ref: Ref, waiting: deque[_Piece]) -> tuple[_Piece | None, Outcome | None]:
        """What came of a call; no outcome where it was no reading, or the piece is read again."""
        place = self._places.pop(ref)
        try:
            result = self.cluster.result(ref)
        except LostError as error:
            self._bad_starts += place.piece is None
            if self._bad_starts > _BAD_STARTS:
                raise SetupError(_NO_START) from error
            return place.piece, self._lost(place.piece, waiting)
        self._bad_starts = 0
        self._idle.append(place.actor)
        return place.piece, self._came(place.piece, result, waiting)

    def _at_work(self) -> bool:
        return any(place.piece is not None for place in self._places.values())

    def _shared(self) -> tuple[Ref, Ref]:
        """What every slot takes."""
        return self.cluster.put(shared_settings(self.settings)), self.cluster.put(self.rules)

    def _hand_out(self, waiting: deque[_Piece], shared: tuple[Ref, Ref]) -> None:
        """A piece for every idle slot, and slots started while there is more to read than they will take."""
        if self.stop():
            return
        while waiting and self._idle:
            actor, piece = self._idle.pop(), waiting.popleft()
            item = piece.item
            ref = self.cluster.call(actor, "read", item.every, item.portion, piece.limit, piece.enclosed)
            self._places[ref] = _Place(actor, piece)
        starting = sum(place.piece is None for place in self._places.values())
        while len(self._places) < self.workers and starting < len(waiting):
            actor = self.cluster.start(Slot, *shared, cpus=self.settings.reading.threads)
            self._places[self.cluster.call(actor, "ready")] = _Place(actor)
            starting += 1

    def _lost(self, piece: _Piece | None, waiting: deque[_Piece]) -> Outcome | None:
        """The piece goes to another slot, unless it seems to be what ends them."""
        if piece is None:
            return None
        self.moved += 1
        piece.lost += 1
        if piece.lost < self.settings.batch.attempts:
            waiting.appendleft(piece)
            return None
        return _failed(piece.item, "worker_died", MESSAGES["worker_died"])

    def _came(self, piece: _Piece | None, result: object, waiting: deque[_Piece]) -> Outcome | None:
        if isinstance(result, SetupError):
            raise result
        if piece is None:
            _require_same_edition(result)
            return None
        if isinstance(result, PipelineError):
            return _failed(piece.item, result.code, result.message)
        assert isinstance(result, Outcome)
        if not piece.enclosed:
            piece.enclosed = self._only_here(result.failures)
            if piece.enclosed:
                waiting.appendleft(piece)
                return None
        return result

    def _only_here(self, failures: Sequence[Failure]) -> dict[str, bytes]:
        """What a slot found no (longer) with the scans, and this machine has kept."""
        outputs = self.settings.path("outputs")
        contents = {}
        for stat in (f.file for f in failures if f.code in (FileError.code, CHANGED)):
            kept = Archive(outputs).find(stat.sha256) or kept_copy(stat.path, stat.sha256, outputs)
            if kept is not None:
                contents[stat.sha256] = kept.read_bytes()
        return contents


def _failed(item: Work, code: str, message: str) -> Outcome:
    return Outcome(failures=[Failure(stat, code, message) for stat in item.files])


def _require_same_edition(ready: object) -> None:
    assert isinstance(ready, Ready)
    if ready.edition != edition():
        raise SetupError(
            f"集群中的机器 {ready.host} 上的程序、Python 或软件包的版本与本机不同，识别结果会不一致。"
            "请在各台机器上安装同一版本的程序（requirements.lock）后重新运行。"
        )


def shared_settings(settings: Settings) -> Settings:
    """Those that slots work by.

    The database is this machine's alone, and its password no other's business. The engine that this machine would
    choose is that of all, as a page shall read the same wherever it is read.
    """
    reading = settings.reading.model_copy(update={"engine": engine_in_use(settings.reading)})
    return settings.model_copy(update={"database": DatabaseSettings(), "reading": reading})


@contextmanager
def open_ray_pool(settings: Settings, jobs: int, rules: Rules, stop: Stop) -> Iterator[RayPool]:
    """A pool on the cluster of the settings: ``batch.workers`` slots, or as many as it has processors for.

    Raises :class:`SetupError` where there is no such cluster.
    """
    threads = settings.reading.threads
    own = settings.batch.workers * threads if settings.batch.workers else None
    with connected(settings.batch.address, own if settings.batch.address == LOCAL else None) as cluster:
        slots = settings.batch.workers or max(1, cluster.cpus() // threads)
        yield RayPool(settings, rules, stop, cluster, min(slots, jobs))
