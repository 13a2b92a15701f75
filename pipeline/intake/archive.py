"""The archive: every original that was read, unchanged, under the hash of its content.

``outputs/archive/ab/abcdef….jpg``. A file is written aside, forced to disk, checked against its hash and
renamed into place, so that what stands under a hash is that content, whole, whenever the power fails.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import FileError
from pipeline.intake.faults import unreadable
from pipeline.intake.folder import hash_file

FOLDER = "archive"
_CHUNK = 1 << 20
_READ_ONLY = 0o440  # for the owner and the group


class ChangedError(FileError):
    """The file no longer has the content that was read."""

    code = "file_changed"


class Archive:
    """The archive of one outputs folder. Contents are named by ``sha256``, 64 hex digits, and a ``suffix``."""

    def __init__(self, outputs: Path) -> None:
        self.folder = outputs / FOLDER

    def path_of(self, sha256: str, suffix: str = "") -> Path:
        """Where a content lies or would lie."""
        return self.folder / sha256[:2] / (sha256 + suffix)

    def find(self, sha256: str) -> Path | None:
        """Where a content lies, whatever its ending; ``None`` if it is not in the archive, or has no hash."""
        if not sha256:  # of a file that could not be read: not just any content
            return None
        return next((p for p in sorted((self.folder / sha256[:2]).glob(sha256 + "*")) if _is_whole(p)), None)

    def keep(self, source: Path, sha256: str, suffix: str = "") -> Path:
        """Copy ``source`` into the archive unless its content is there already; returns where it lies.

        Raises :class:`ChangedError` where the file has another content by now, ``FileError
        unreadable_file`` where it cannot be read, ``OSError`` where the archive cannot be written.
        """
        known = self.find(sha256)
        if known is not None:
            return known
        target = self.path_of(sha256, suffix)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            with contextlib.suppress(FileNotFoundError):
                partial.unlink()
            _copy(source, partial, sha256)
            partial.chmod(_READ_ONLY)
            partial.replace(target)
        finally:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
        _sync(target.parent)
        return target

    def drop(self, sha256: str) -> bool:
        """Destroy a content; whether it was there."""
        found = self.find(sha256)
        if found is None:
            return False
        if os.name == "nt":
            found.chmod(stat.S_IWRITE)  # Windows refuses to delete what is read-only
        found.unlink()
        _sync(found.parent)
        return True

    def holds(self, sha256: str) -> bool:
        """Whether the content lies in the archive and is what its name says, read through to the end."""
        found = self.find(sha256)
        if found is None:
            return False
        try:
            return hash_file(found) == sha256
        except FileError:
            return False

    def contents(self) -> Iterator[Path]:
        """Every file of the archive, in order."""
        for folder in sorted(self.folder.glob("[0-9a-f][0-9a-f]")):
            yield from sorted(p for p in folder.iterdir() if _is_whole(p))


def _is_whole(path: Path) -> bool:
    return not path.name.startswith(".")


def _copy(source: Path, target: Path, sha256: str) -> None:
    digest = hashlib.sha256()
    with target.open("xb") as writing:
        try:
            reading = source.open("rb")
        except OSError as error:
            raise unreadable(error) from error
        with reading:
            while chunk := _read(reading):
                digest.update(chunk)
                writing.write(chunk)
        writing.flush()
        os.fsync(writing.fileno())
    if digest.hexdigest() != sha256:
        raise ChangedError("文件在处理期间被改动，将在下次运行时重新读取。")


def _read(stream: BinaryIO) -> bytes:
    try:
        return stream.read(_CHUNK)
    except OSError as error:
        raise unreadable(error) from error


def _sync(folder: Path) -> None:
    """Make a rename durable; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network shares refuse it
            os.fsync(handle)
    finally:
        os.close(handle)
