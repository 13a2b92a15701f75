"""A backup read to its end, and unpacked on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.upkeep.bundle import read_bundle
from pipeline.upkeep.cipher import DecryptingReader
from pipeline.upkeep.faults import BackupError, damaged


def unpack(source: Path, passphrase: str, folder: Path | None = None) -> dict[str, Any]:
    """Decrypt a backup into ``folder``, or only look through it; returns its manifest.

    Raises :class:`BackupError` where it is not whole, every byte what was written; what lies in ``folder``
    then is worth nothing.
    """
    try:
        stream = source.open("rb")
    except OSError as error:
        reason = "没有这个文件" if isinstance(error, FileNotFoundError) else error.strerror
        raise BackupError(f"无法打开备份 {source}：{reason}。请检查路径和权限。", code="no_backup") from error
    with stream:
        reading = DecryptingReader(stream, passphrase)
        manifest = read_bundle(reading, lambda name: _opened(folder, name))
        reading.finish()
    return manifest


@contextmanager
def _opened(folder: Path | None, name: str) -> Iterator[BinaryIO | None]:
    if folder is None:
        yield None
        return
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        stream = path.open("xb")
    except FileExistsError as error:
        raise damaged("同名的内容") from error
    with stream:
        yield stream
