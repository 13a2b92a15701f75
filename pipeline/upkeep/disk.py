"""Writing so that a file is there whole under its name, or not at all, and never in place of another."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.upkeep.faults import BackupError, too_little_room, writing_to


@contextmanager
def workspace(outputs: Path, prefix: str) -> Iterator[Path]:
    """A folder among the outputs for what must not be read by others; gone at the end of the block.

    What an earlier run that was killed left is removed first: the caller holds the lock. It lies there
    and not in the system's folder for temporary files, which may be on another, weaker protected disk.
    """
    for left in outputs.glob(prefix + "*"):
        shutil.rmtree(left, ignore_errors=True)
    with writing_to(outputs):
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=outputs))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def aside(target: Path) -> Iterator[Path]:
    """Where to write before the whole file gets its name; what is left there at the end is removed."""
    partial = target.with_name(f".{target.name}.part")
    partial.unlink(missing_ok=True)  # of a run that was killed
    try:
        yield partial
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def publish(partial: Path, target: Path) -> None:
    """Give the file its name unless there is one of that name by now. Raises :class:`BackupError` then."""
    taken = BackupError(f"{target} 在备份期间被别人建立，不会覆盖。请换一个文件名。", code="backup_exists")
    try:
        if os.name == "nt":
            partial.rename(target)  # Windows refuses where there is one
        else:
            os.link(partial, target)  # a rename would replace what is there
    except FileExistsError:
        raise taken from None
    except OSError:  # sticks formatted for Windows know no hard links
        if target.exists():
            raise taken from None
        partial.rename(target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network shares refuse it
            os.fsync(handle)
    finally:
        os.close(handle)


def require_room(folder: Path, needed: int) -> None:
    """Raises :class:`BackupError` where less is free; before anything is written, which may still not fit."""
    with writing_to(folder):
        free = shutil.disk_usage(folder).free
    if free < needed:
        raise too_little_room(folder, needed, free)
