"""The drop folder: which files lie in it, and what their content hashes to."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import SetupError
from pipeline.intake.faults import fault, unreadable
from pipeline.records import SourceFile

_CHUNK = 1 << 20
_SYSTEM_NAMES = {
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "icon\r",
    "$recycle.bin",
    "system volume information",
    "__macosx",
}
_TEMPORARY_ENDINGS = (".tmp", ".temp", ".part", ".partial", ".crdownload", ".download", ".swp", ".filepart")
_README = re.compile(r"readme(\.[a-z]{2}(-[a-z]{2,4})?)?(\.(md|txt|rst|html?))?", re.IGNORECASE)
_MOUNT_POINT = 0xA0000003  # IO_REPARSE_TAG_MOUNT_POINT: a junction of Windows, which is_symlink() does not see


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A regular file: ``path`` relative to the folder with forward slashes, as spelt on disk.

    ``size`` in bytes and ``mtime_ns`` let a caller keep hashes: while ``(path, size, mtime_ns)`` is
    unchanged, the file need not be read again.
    """

    path: str
    size: int
    mtime_ns: int

    @property
    def key(self) -> tuple[str, int, int]:
        return (self.path, self.size, self.mtime_ns)


@dataclass(frozen=True, slots=True)
class RefusedEntry:
    """Something in the folder that is not taken: a link, a device, what cannot be looked at; and why."""

    path: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Everything in the drop folder, each part in natural order (``scan_2`` before ``scan_10``).

    ``skipped`` are the hidden, temporary and system names that are nobody's scan.
    """

    files: tuple[FoundFile, ...]
    refused: tuple[RefusedEntry, ...]
    skipped: tuple[str, ...]


def list_scans(folder: Path, exclude: Collection[Path] = ()) -> Listing:
    """All files under ``folder``, without following any link; ``exclude`` are folders not to enter.

    Raises :class:`SetupError` where ``folder`` is not a folder that can be listed. What vanishes while
    the folder is walked is left out; what cannot be looked at is in ``refused``.
    """
    files: list[FoundFile] = []
    refused: list[RefusedEntry] = []
    skipped: list[str] = []
    barred = {os.path.normcase(path.resolve()) for path in exclude}
    try:
        os.scandir(folder).close()
    except OSError as error:
        raise SetupError(f"无法打开扫描文件夹 {folder}：{error.strerror}。请检查 folders.scans 设置或权限。") from error

    pending = [""]
    while pending:
        parent = pending.pop()
        try:
            with os.scandir(folder / parent) as entries:
                found = list(entries)
        except FileNotFoundError:
            continue
        except OSError as error:
            refused.append(_refusal(parent.rstrip("/"), "unreadable_file", unreadable(error).message))
            continue
        for entry in found:
            path = parent + entry.name
            if is_clutter(entry.name):
                skipped.append(_printable(path))
                continue
            try:
                info = os.stat(entry.path, follow_symlinks=False)  # noqa: PTH116 (DirEntry.stat may be stale on Windows)
            except FileNotFoundError:
                continue
            except OSError as error:
                refused.append(_refusal(path, "unreadable_file", unreadable(error).message))
                continue
            code = _refusal_code(entry.name, info)
            if code:
                refused.append(_refusal(path, code, fault(code).message))
            elif stat.S_ISREG(info.st_mode):
                files.append(FoundFile(path, info.st_size, info.st_mtime_ns))
            elif os.path.normcase(Path(entry.path).resolve()) not in barred:
                pending.append(path + "/")
    return Listing(
        files=tuple(sorted(files, key=lambda f: natural_key(f.path))),
        refused=tuple(sorted(refused, key=lambda r: natural_key(r.path))),
        skipped=tuple(sorted(skipped, key=natural_key)),
    )


def hash_file(path: Path) -> str:
    """SHA-256 of a file's content as 64 hex digits, read in pieces. Raises ``FileError unreadable_file``."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise unreadable(error) from error
    return digest.hexdigest()


def source_file(folder: Path, found: FoundFile) -> SourceFile:
    """The noun of the records for a found file, hashed now. Raises ``FileError unreadable_file``."""
    return SourceFile(path=found.path, sha256=hash_file(folder / found.path), size=found.size)


def is_clutter(name: str) -> bool:
    """Whether a file or folder name is hidden, temporary, the system's own or a README, so nobody's scan."""
    lower = name.lower()
    return (
        lower.startswith((".", "~$"))
        or lower in _SYSTEM_NAMES
        or lower.endswith(_TEMPORARY_ENDINGS)
        or _README.fullmatch(name) is not None
    )


def natural_key(path: str) -> tuple[tuple[tuple[str | int, ...], ...], str]:
    """Sort key that orders the numbers in names by value, folder by folder; ties go by the exact spelling."""
    parts = tuple(
        tuple(int(piece) if i % 2 else piece.casefold() for i, piece in enumerate(re.split(r"([0-9]+)", part)))
        for part in path.split("/")
    )
    return parts, path


def _refusal_code(name: str, info: os.stat_result) -> str | None:
    """Why an entry is not taken, or ``None`` for a regular file or folder with a usable name."""
    if stat.S_ISLNK(info.st_mode) or getattr(info, "st_reparse_tag", 0) == _MOUNT_POINT:
        return "link_refused"
    if not (stat.S_ISREG(info.st_mode) or stat.S_ISDIR(info.st_mode)):
        return "special_file"
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return "bad_name"
    return None


def _refusal(path: str, code: str, message: str) -> RefusedEntry:
    return RefusedEntry(_printable(path), code, message)


def _printable(path: str) -> str:
    """A path that can be written as UTF-8: bytes that are no UTF-8 stand as ``\\udcxx``."""
    return path.encode("utf-8", "backslashreplace").decode("utf-8")
