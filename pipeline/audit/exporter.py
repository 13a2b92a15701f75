"""The outputs kept up with what people correct: soon after, in a process of its own, so that no page waits for it."""

from __future__ import annotations

import datetime
import multiprocessing
import os
import sys
import threading
import time
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Literal

import psutil

from pipeline.batch.clock import tell_time
from pipeline.batch.exports import Outputs, update_outputs
from pipeline.batch.guard import watch_over
from pipeline.batch.run import open_database
from pipeline.batch.weigh import rules_in_force
from pipeline.errors import PipelineError
from pipeline.settings import Settings
from pipeline.store import Store

_QUIET = 2.0  # seconds after the last change before it is written
_LONGEST = 15.0  # seconds that the first of many changes waits
_LOOK_EVERY = 0.1

_Ending = tuple[Literal["idle", "failed"], str]


@dataclass(frozen=True, slots=True)
class ExportState:
    """How the outputs stand: ``idle`` (they show the store), ``waiting`` for people to pause, ``running``, ``failed``.

    ``when`` is when that began; ``message`` is for staff, and also tells of a workbook that was open elsewhere.
    """

    state: Literal["idle", "waiting", "running", "failed"]
    when: datetime.datetime | None = None
    message: str = ""


class Exporter:
    """Writes the outputs anew after :meth:`changed`. Safe to share between threads; :meth:`close` ends it."""

    def __init__(self, settings: Settings, store: Store, *, quiet: float = _QUIET) -> None:
        """``quiet`` is for how many seconds nothing must have changed before the outputs are written."""
        self._settings = settings
        self._store = store
        self._quiet = quiet
        self._state = ExportState("idle")
        self._wake = threading.Condition()
        self._first: float | None = None  # when the first change came that is not written yet
        self._last = 0.0  # when the last one came
        self._rest = 0.0  # until when there is no other export: a large office's takes minutes
        self._closed = False
        self._thread: threading.Thread | None = None

    @property
    def state(self) -> ExportState:
        with self._wake:
            return self._state

    def changed(self) -> None:
        """Something was changed: write the outputs once nobody changes anything for a moment."""
        with self._wake:
            self._last = time.monotonic()
            self._first = self._last if self._first is None else self._first
            self._begin()

    def now(self) -> None:
        """Write the outputs at once, where they do not show the store."""
        with self._wake:
            self._last = self._first = time.monotonic() - _LONGEST
            self._rest = 0.0
            self._begin()

    def close(self) -> None:
        """End. A change that is not written yet is by the next batch, or the next time the page is served."""
        with self._wake:
            self._closed = True
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _begin(self) -> None:
        if self._state.state != "running":
            self._set("waiting")
        self._wake.notify_all()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="exporter", daemon=True)
            self._thread.start()

    def _set(self, state: Literal["idle", "waiting", "running", "failed"], message: str = "") -> None:
        self._state = ExportState(state, datetime.datetime.now(datetime.UTC), message)

    def _run(self) -> None:
        while self._wait_for_change():
            started = time.monotonic()
            ending, message = self._export()
            with self._wake:
                self._rest = 2 * time.monotonic() - started  # as long as it took
                self._set(ending, message)
                if self._first is not None:  # somebody went on meanwhile
                    self._state = replace(self._state, state="waiting")

    def _wait_for_change(self) -> bool:
        """Until there is something to write and people pause; false at the end."""
        with self._wake:
            while not self._closed:
                if self._first is None:
                    self._wake.wait()
                    continue
                due = max(self._rest, min(self._last + self._quiet, self._first + _LONGEST))
                left = due - time.monotonic()
                if left <= 0:
                    self._first = None
                    self._set("running")
                    return True
                self._wake.wait(left)
        return False

    def _export(self) -> _Ending:
        """Have the outputs written by another process, and hear how that went."""
        spawn = multiprocessing.get_context("spawn")
        ours, theirs = spawn.Pipe(duplex=False)
        process = spawn.Process(target=_write, args=(self._settings, theirs, os.getpid()), name="export", daemon=True)
        try:
            process.start()
        except OSError as error:
            return "failed", f"无法启动生成台账的进程：{error.strerror}。请稍后重试。"
        finally:
            theirs.close()
        try:
            return self._hear(process, ours)
        finally:
            ours.close()

    def _hear(self, process: multiprocessing.context.SpawnProcess, ours: Connection) -> _Ending:
        while not self._closed:
            try:
                if ours.poll(_LOOK_EVERY):
                    ending: _Ending = ours.recv()
                    process.join()
                    return ending
            except EOFError:
                process.join()
                return "failed", f"生成台账的进程意外终止（退出码 {process.exitcode}，可能内存不足）。"
        process.terminate()  # files are renamed whole, and the lock goes with the process
        process.join()
        return "idle", ""


def _write(settings: Settings, ending: Connection, parent: int) -> None:
    """Write the outputs, in a process of its own, which ends with its parent; say how it went."""
    watch_over(0, parent, counts=lambda: False)  # as much memory as a batch may take for it
    _give_way()
    try:
        outputs = _update(settings)
        ending.send(("idle" if outputs.paths else "failed", outputs.notice))
    except PipelineError as error:
        ending.send(("failed", error.message))


def _give_way() -> None:
    """Let pages go before: people wait for those, and nobody for the workbooks."""
    if sys.platform == "win32":
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        os.nice(10)


def _update(settings: Settings) -> Outputs:
    with open_database(settings) as store:
        return update_outputs(store, rules_in_force(settings, tell_time(store).today), settings)
