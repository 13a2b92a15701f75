"""Which files of the drop folder have come to rest: nobody writes them any more.

A copy over the network grows for seconds; some programs reserve the full size first and write later, and
some keep the original's time stamp. So a file is looked at twice, an interval apart, and must have the
same size and time both times, and no lock of a writer on it. What is not at rest is left for later.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.intake.folder import FoundFile

if os.name != "nt":
    import fcntl


@dataclass(frozen=True, slots=True)
class Settled:
    """Files at rest, and those that are ``waiting``: still being written. What vanished is in neither."""

    files: tuple[FoundFile, ...]
    waiting: tuple[str, ...]


def wait_until_settled(
    folder: Path, files: Sequence[FoundFile], seconds: float, sleep: Callable[[float], object] = time.sleep
) -> Settled:
    """Look at ``files`` (as found a moment ago) again after ``seconds``."""
    if files and seconds > 0:
        sleep(seconds)
    at_rest, waiting = [], []
    for found in files:
        now = look_at(folder, found.path)
        if now is None:
            continue
        if now == found and not is_locked(folder / found.path):
            at_rest.append(found)
        else:
            waiting.append(found.path)
    return Settled(tuple(at_rest), tuple(waiting))


def look_at(folder: Path, path: str) -> FoundFile | None:
    """The file's size and time now; ``None`` where there is no regular file of that name any more."""
    try:
        info = (folder / path).lstat()
    except OSError:
        return None
    return FoundFile(path, info.st_size, info.st_mtime_ns) if stat.S_ISREG(info.st_mode) else None


def is_regular(path: Path) -> bool:
    """Whether a regular file, and no link to one, is there."""
    return look_at(path.parent, path.name) is not None


def is_locked(path: Path) -> bool:
    """Whether another program holds the file for writing, as far as the system tells.

    A file that cannot be opened for another reason is not locked: reading it will say what is wrong.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except PermissionError:
        return os.name == "nt"  # Windows says so of a file that is open for writing
    except OSError:
        return False
    try:
        return os.name != "nt" and _has_lock(handle)
    finally:
        os.close(handle)  # and with it our own locks


def _has_lock(handle: int) -> bool:
    for lock in (fcntl.flock, fcntl.lockf):
        try:
            lock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            continue  # the file system knows no such locks
    return False
