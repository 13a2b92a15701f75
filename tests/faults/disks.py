"""A small disk that can be filled up and made read-only. Linux, for whoever may mount."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_BLOCK = bytes(1 << 20)


class CannotMount(Exception):  # noqa: N818 - what it says is why a case is left out
    """No disk can be had here."""


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk of its own at ``path``."""

    path: Path

    def fill(self, *, leave: int = 0) -> None:
        """Write until only ``leave`` bytes are free."""
        with (self.path / "filler").open("ab") as stream:
            try:
                while (free := shutil.disk_usage(self.path).free - leave) > 0:
                    stream.write(_BLOCK[: min(free, len(_BLOCK))])
                    stream.flush()
            except OSError:
                return

    def empty(self) -> None:
        (self.path / "filler").unlink()

    def make(self, mode: str) -> None:
        """``ro``: nothing can be written; ``rw``: as usual."""
        _run("mount", "-o", f"remount,{mode}", str(self.path))


@contextmanager
def small_disk(path: Path, megabytes: int) -> Iterator[Disk]:
    """Raises :class:`CannotMount` where that is not allowed."""
    if sys.platform != "linux" or os.geteuid() != 0:
        raise CannotMount("mounting takes Linux and its administrator")
    path.mkdir()
    _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "none", str(path))
    try:
        yield Disk(path)
    finally:
        _run("umount", "--lazy", str(path))


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise CannotMount(getattr(error, "stderr", "") or str(error)) from error
