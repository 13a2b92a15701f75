"""Writing a file so that a reader finds the old one or the new one, never a part of it."""

from __future__ import annotations

import contextlib
import filecmp
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from pipeline.errors import PipelineError

# A virus scanner or the indexer holds a file on Windows for a moment; Excel holds it for hours.
_TRIES = 4
_WAIT = 0.15  # seconds
_MARK_LASTS = 86_400  # seconds


class CannotWriteError(PipelineError):
    """An output could not be written; the old file, where there was one, still stands."""

    code = "cannot_write"


class TargetInUseError(CannotWriteError):
    """The target is open in another program, which forbids replacing it (Windows)."""

    code = "file_in_use"


@contextmanager
def replacing(target: Path, *, beside: bool = False) -> Iterator[Written]:
    """Write to ``written.temp``; when the block ends without an error it becomes ``target``.

    Where ``target`` is open in another program (:func:`is_open`, or Windows says so), ``beside=True`` puts the new
    file next to it under a name with the time, and ``written.path`` says so. A file with the same bytes is left
    untouched. Raises :class:`TargetInUseError` where ``beside`` is false, :class:`CannotWriteError` for other failures.
    """
    written = Written(target.with_name(f".{target.name}.{os.getpid()}.part"), target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield written
        written.path = _publish(written.temp, target, beside)
    except OSError as error:
        reason = error.strerror or str(error)
        raise CannotWriteError(f"无法写入 {target}：{reason}。请检查磁盘空间和文件夹权限，原文件未改动。") from error
    finally:
        with contextlib.suppress(OSError):
            written.temp.unlink(missing_ok=True)


class Written:
    """Where to write (``temp``), and where the file came to lie (``path``, valid after the block)."""

    def __init__(self, temp: Path, path: Path) -> None:
        self.temp = temp
        self.path = path


def _publish(temp: Path, target: Path, beside: bool) -> Path:
    if target.is_file() and filecmp.cmp(temp, target, shallow=False):
        return target
    with temp.open("rb+") as stream:
        os.fsync(stream.fileno())
    try:
        if beside and is_open(target):
            target = free_name(target)
        _replace(temp, target)
    except PermissionError as error:
        if not beside:
            raise TargetInUseError(f"{target} 正被其他程序打开，未能更新。请关闭后重新运行。") from error
        target = free_name(target)
        temp.replace(target)
    _sync_folder(target.parent)
    return target


def _replace(temp: Path, target: Path) -> None:
    for attempt in range(_TRIES):
        try:
            os.replace(temp, target)  # noqa: PTH105 - the call whose atomicity is documented
        except PermissionError:
            if attempt == _TRIES - 1:
                raise
            time.sleep(_WAIT)
        else:
            return


def is_open(path: Path) -> bool:
    """Whether a spreadsheet program says beside a file that it has it open: Excel and WPS (``~$name``), LibreOffice
    (``.~lock.name#``). A mark of more than a day ago was left by one that died."""
    for mark in (path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#")):
        with contextlib.suppress(OSError):
            if time.time() - mark.stat().st_mtime < _MARK_LASTS:
                return path.is_file()
    return False


def free_name(target: Path) -> Path:
    """``name_20190518-093000.xlsx`` beside ``name.xlsx``, numbered where that exists too."""
    stem = f"{target.stem}_{datetime.now():%Y%m%d-%H%M%S}"
    path, number = target.with_name(stem + target.suffix), 1
    while path.exists():
        number += 1
        path = target.with_name(f"{stem}-{number}{target.suffix}")
    return path


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        pass  # some network shares refuse it; the file itself is already on disk
    finally:
        os.close(handle)
