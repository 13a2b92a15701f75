"""Batches in processes of their own, which can be killed: all of it, the parent alone, a worker alone.

A batch is forked off the process that runs the trials, so that it need not import everything anew, and is
the head of a process group. Its workers are started as ever.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import importlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from pipeline.intake.archive import FOLDER
from tests.faults import hooks, readings, replayed
from tests.support.command import ROOT, environment
from tests.support.folders import Folders

# What a batch imports on its way; a forked one then has it.
for _module in (
    "pipeline.cli.run",
    "pipeline.batch.run",
    "alembic.command",
    "alembic.config",
    "alembic.runtime.migration",
):
    importlib.import_module(_module)

_ORPHANS_MAY_LIVE = 30.0  # seconds: where its parent dies early, a worker ends once it has started
_CRASHED = 70
_CAN_ALL = (1, 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH: what lets root pass over permissions
_VERSION, _DROP_BOUND = 0x20080522, 24  # of capset(2), of prctl(2)

# What every trial has in common: nothing to wait for, and a second try at once.
SETTINGS = {
    "PIPELINE_READING__ENGINE": "onnxruntime",
    "PIPELINE_INTAKE__SETTLE_SECONDS": "0",
    "PIPELINE_BATCH__RETRY_MINUTES": "0",
    "PIPELINE_BATCH__ATTEMPTS": "20",
}


class Office(Folders):
    """A drop folder and its outputs, with a place for what processes leave behind and for what they say."""

    def __init__(self, root: Path, documents: Path) -> None:
        super().__init__(root)
        self.root = root
        self.temporary = root / "temporary"
        self.temporary.mkdir()
        self.documents = documents
        for source in documents.iterdir():
            shutil.copyfile(source, self.scans / source.name)
        self._kept_before = self._runs = 0

    def first_kept(self) -> bool:
        """Whether the batch that was started last has put an original into the archive: its document is saved."""
        return self._archived() > self._kept_before

    def _archived(self) -> int:
        return sum(1 for _ in (self.outputs / FOLDER).glob("??/*"))

    def start(
        self, *arguments: str, kept: Path | None, variables: Mapping[str, str] | None = None, plain: bool = False
    ) -> Batch:
        """Begin a batch on these folders; ``kept`` readings are replayed, without them pages are really read.

        ``variables`` are added to the environment; ``plain`` takes from root what lets it pass over permissions.
        """
        told = {hooks.FOLDER: str(self.root), "TMPDIR": str(self.temporary), **python_cache(), **SETTINGS}
        if kept is not None:
            told[readings.READINGS] = str(kept)
        where = ["--scans", str(self.scans), "--outputs", str(self.outputs)]
        for name in (hooks.REACHED, hooks.GO_ON):
            (self.root / name).unlink(missing_ok=True)
        self._kept_before = self._archived()
        self._runs += 1
        return fork(
            [*where, *arguments],
            environment(**{**told, **(variables or {})}),
            self.root / f"said{self._runs}.txt",
            plain,
            kept is None,
        )


@dataclass(slots=True)
class Batch:
    """A batch that was begun. ``pid`` is that of its process and of its process group."""

    pid: int
    said_in: Path
    began: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    code: int | None = None

    def ended(self) -> bool:
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._end(status)
        return self.code is not None

    def wait(self, seconds: float = 600.0) -> int:
        """The exit status; negative where a signal ended it. A batch that takes longer is killed."""
        while not self.ended():
            if time.monotonic() - self.began > seconds:
                self.kill()
                raise TimeoutError(f"a batch did not end within {seconds:.0f} s")
            time.sleep(0.005)
        assert self.code is not None
        return self.code

    def wait_for(self, event: Callable[[], bool]) -> None:
        """Until something happens, or the batch ends."""
        while not self.ended() and not event():
            time.sleep(0.002)

    def kill(self) -> None:
        """The whole process group, as when the power fails."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._reap()

    def kill_parent(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self._reap()

    def workers(self) -> list[int]:
        """The processes that read."""
        found = []
        with contextlib.suppress(psutil.Error):
            for child in psutil.Process(self.pid).children():
                with contextlib.suppress(psutil.Error):
                    if any("spawn_main" in part for part in child.cmdline()):
                        found.append(child.pid)
        return found

    def group(self) -> list[int]:
        """Every process of the group that lives."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                if os.getpgid(process.pid) == self.pid and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process.pid)
        return found

    def orphans_gone(self) -> float | None:
        """Seconds until no process of the group was left; ``None`` where some would not go, and were killed."""
        began = time.monotonic()
        while self.group():
            if time.monotonic() - began > _ORPHANS_MAY_LIVE:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.pid, signal.SIGKILL)
                return None
            time.sleep(0.02)
        return time.monotonic() - began

    def said(self) -> str:
        return self.said_in.read_text(encoding="utf-8", errors="replace")

    def paused(self, seconds: float = 60.0) -> bool:
        """Wait until the batch comes to where it was told to pause; false where it ended before."""
        reached = self.said_in.parent / hooks.REACHED
        while not reached.exists():
            if self.ended() or time.monotonic() - self.began > seconds:
                return False
            time.sleep(0.01)
        return True

    def go_on(self) -> None:
        (self.said_in.parent / hooks.GO_ON).touch()

    def _reap(self) -> None:
        if self.code is None:
            self._end(os.waitpid(self.pid, 0)[1])

    def _end(self, status: int) -> None:
        self.code = os.waitstatus_to_exitcode(status)
        self.seconds = time.monotonic() - self.began


def fork(arguments: list[str], env: dict[str, str], said_in: Path, plain: bool, really: bool) -> Batch:
    """Begin a batch: with recorded readings in a copy of this process, or the real command."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return Batch(pid, said_in)
    try:
        os.setsid()
        handle = os.open(said_in, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        os.environ.clear()
        os.environ.update(env)
        tempfile.tempdir = None
        if plain:
            give_up_rights()
        if really:
            os.execv(sys.executable, [sys.executable, str(ROOT / "run_pipeline.py"), *arguments])
        code = int(replayed.run(arguments))
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    except BaseException:  # noqa: BLE001 - nothing may come back from here into the trials
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(_CRASHED)


@functools.cache
def python_cache() -> dict[str, str]:
    """Variables with which processes find compiled modules, also where the installation keeps none.

    A start then takes half the time, and a trial is mostly starts.
    """
    cache = {"PYTHONPYCACHEPREFIX": str(readings.CACHE / "compiled")}
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, "-c", f"import {replayed.__name__}"], cwd=ROOT, env=kept | cache, check=True)
    return cache


def give_up_rights() -> None:
    """Let permissions hold for root too, in this process and those it starts (Linux; elsewhere root is nobody)."""
    if os.geteuid() != 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION, 0)
    rights = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable of 32 rights each, twice
    if libc.capget(header, rights) != 0:
        raise OSError(ctypes.get_errno(), "capget")
    for right in _CAN_ALL:
        libc.prctl(_DROP_BOUND, right, 0, 0, 0)
        for part in range(3):
            rights[part] &= ~(1 << right)
    if libc.capset(header, rights) != 0:
        raise OSError(ctypes.get_errno(), "capset")
