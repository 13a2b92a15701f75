"""Half-written files: where libraries may put theirs, and what a program that was killed left of its own.

A half-written file is called ``.name.PID.part`` by all that writes here, quarantine's ``name.tmp``.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from pipeline.intake import archive, quarantine
from pipeline.ledgers.atomic import CannotWriteError

_PARTIAL = re.compile(r"\..+\.([0-9]+)\.part", re.DOTALL)


def remove_leftovers(outputs: Path) -> None:
    """Remove what a killed program left half written. For whoever holds the outputs folder alone."""
    for folder in (outputs, *(p for p in outputs.glob("*") if p.is_dir()), *outputs.glob(f"{archive.FOLDER}/??")):
        for path in folder.glob(".*.part"):
            writer = _PARTIAL.fullmatch(path.name)
            if writer and not _is_alive(int(writer[1])):
                _remove(path)
    for path in (outputs / quarantine.FOLDER).glob("*.tmp"):
        _remove(path)


@contextmanager
def temporary_files_in(outputs: Path) -> Iterator[None]:
    """Let libraries put their temporary files among the outputs, and remove them.

    They hold what the tables hold. In the system's folder others might read them, and nobody would clear
    them up after a kill. Raises :class:`CannotWriteError`.
    """
    folder = outputs / f".temporary.{os.getpid()}.part"
    before = tempfile.tempdir
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise CannotWriteError(f"无法写入 {outputs}：{error.strerror}。请检查磁盘空间和文件夹权限。") from error
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
        shutil.rmtree(folder, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    return pid != os.getpid() and psutil.pid_exists(pid)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
        return
    with contextlib.suppress(OSError):  # another will try again
        if os.name == "nt":
            path.chmod(stat.S_IWRITE)  # Windows refuses to delete what is read-only
        path.unlink()
