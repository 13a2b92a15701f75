"""One worker's place on a machine of the cluster: an actor that keeps a worker process of its own.

The worker is as the local pool has it, with its limits of time and memory, and replaced like it. So what a file
does to the worker is that file's failure, and where the actor itself is lost, no file is to blame.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import psutil

import pipeline
from pipeline.batch import worker
from pipeline.batch.lone_worker import LoneWorker
from pipeline.batch.outcome import Outcome
from pipeline.batch.pool import time_limit
from pipeline.batch.portion import Portion
from pipeline.batch.weigh import Rules
from pipeline.errors import FileError, PipelineError, SetupError
from pipeline.intake.archive import Archive
from pipeline.scanned import FileStat
from pipeline.settings import Settings
from pipeline.store.originals import suffix_of

_PREFIX = "shuangbaodao-slot-"
_LIBRARIES = (
    "onnxruntime",
    "openvino",
    "numpy",
    "scipy",
    "opencv-python-headless",
    "pillow",
    "pypdfium2",
    "rapidocr",
    "jieba",
)
"""What the outcome of reading depends on besides the program's own code."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A slot that can read: the machine it is on, and its edition of the program (see :func:`edition`)."""

    host: str
    edition: str


class Slot:
    """Reads one piece of work after another on its machine. What is wrong is returned, not raised."""

    def __init__(self, settings: Settings, rules: Rules) -> None:
        """``rules`` are the driver's: its forms, lists and calibration need not lie on this machine."""
        _remove_leftovers()
        self._home = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
        folders = settings.folders.model_copy(update={"outputs": self._home})
        self._settings = settings.model_copy(update={"folders": folders})
        self._rules = rules
        self._worker = LoneWorker(self._settings, rules)

    def ready(self) -> Ready | SetupError:
        """Start the worker, which takes seconds."""
        try:
            self._worker.run(worker.prepare, (), time_limit(self._settings, 0), self._rules.today)
        except FileError as error:
            return SetupError(f"{socket.gethostname()}：{error.message}")
        except SetupError as error:
            return SetupError(f"{socket.gethostname()}：{error.message}")
        return Ready(socket.gethostname(), edition())

    def read(
        self, files: tuple[FileStat, ...], portion: Portion, limit: float, enclosed: Mapping[str, bytes]
    ) -> Outcome | PipelineError:
        """What comes of the files within ``limit`` seconds.

        ``enclosed`` are contents by hash that this machine has no other way to.
        """
        names = {stat.sha256: stat.path for stat in files}
        archive = Archive(self._home)
        try:
            for sha256, content in enclosed.items():
                arrived = self._home / "arrived"
                arrived.write_bytes(content)
                archive.keep(arrived, sha256, suffix_of(names[sha256]))
                arrived.unlink()
            return self._worker.run(worker.read, (files, portion), limit, self._rules.today)
        except PipelineError as error:
            return error
        finally:
            shutil.rmtree(archive.folder, ignore_errors=True)


def edition() -> str:
    """What tells whether two machines read alike: a digest of the program's code and of its libraries' versions."""
    digest = hashlib.sha256(platform.python_version().encode())
    root = Path(pipeline.__file__).parent
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    for name in _LIBRARIES:
        digest.update(f"{name}={metadata.version(name)}".encode())
    return digest.hexdigest()[:16]


def _remove_leftovers() -> None:
    """What slots that were killed left on this machine."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)
