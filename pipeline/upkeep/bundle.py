"""What a backup holds: a tar of known names, at its end a manifest with the hash of every member.

``database.sqlite``, ``archive/ab/abcdef….jpg``, ``editions/2026-05/…``, ``calibration.json``, ``quarantine/…``,
``dictionaries/…`` (the office's additions), ``settings/…``, and ``manifest.json``. The manifest comes last since the
hashes are known only then; what is unpacked counts for nothing before it has been held against the manifest.
"""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any, BinaryIO, Protocol, cast

from pipeline.upkeep.faults import BackupError, damaged

DATABASE = "database.sqlite"
CALIBRATION = "calibration.json"
MANIFEST = "manifest.json"
ARCHIVE, EDITIONS, QUARANTINE, LISTS, SETTINGS = "archive", "editions", "quarantine", "dictionaries", "settings"

FORMAT = 1
_PIECE = 1 << 20
_LARGEST_MANIFEST = 1 << 30
_PLAIN = r"(?!\.\.?$)[^/\\\x00]+"  # a name of one part
_NAMES = re.compile(
    rf"{re.escape(DATABASE)}|{re.escape(CALIBRATION)}|{re.escape(MANIFEST)}"
    rf"|{ARCHIVE}/[0-9a-f]{{2}}/[0-9a-f]{{64}}(\.[a-z0-9]{{1,15}})?"
    rf"|{EDITIONS}/{_PLAIN}/(tables/)?{_PLAIN}"
    rf"|{QUARANTINE}/{_PLAIN}|{LISTS}/{_PLAIN}|{SETTINGS}/((forms|dictionaries)/)?{_PLAIN}"
)


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a bundle."""

    name: str
    size: int
    sha256: str


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Writable(Protocol):
    def write(self, data: bytes, /) -> int: ...


Sink = Callable[[str], AbstractContextManager[BinaryIO | None]]
"""Opens where a member is to be unpacked to; ``None`` to look at it only."""


def is_member_name(name: str) -> bool:
    """Whether a bundle may hold a file of this name."""
    return _NAMES.fullmatch(name) is not None


class BundleWriter:
    """Writes files one after another into a stream."""

    def __init__(self, stream: Writable) -> None:
        # PAX takes names and sizes of any length. "w|": the stream is never sought in.
        self._tar = tarfile.open(fileobj=cast("IO[bytes]", stream), mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self.members: list[Member] = []

    def add(self, name: str, path: Path) -> Member:
        """Copy a file, which must not change meanwhile, into the bundle."""
        with path.open("rb") as stream:
            return self._add(name, stream, path.stat().st_size)

    def finish(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Write the manifest, with ``facts``, and the end of the tar. Returns the manifest."""
        manifest = {"format": FORMAT, **facts, "members": [asdict(member) for member in self.members]}
        content = json.dumps(manifest, ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace")
        self._add(MANIFEST, BytesIO(content), len(content))
        self._tar.close()
        return manifest

    def _add(self, name: str, stream: BinaryIO, size: int) -> Member:
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o440
        hashing = _Hashing(stream)
        self._tar.addfile(info, cast("IO[bytes]", hashing))
        _forget_members(self._tar)
        member = Member(name, size, hashing.digest.hexdigest())
        self.members.append(member)
        return member


def read_bundle(stream: Readable, sink: Sink) -> dict[str, Any]:
    """Go through a bundle, unpacking into what ``sink`` opens; returns the manifest.

    Raises :class:`BackupError` where the bundle does not hold exactly what its manifest says, each member
    with its hash. ``stream`` is not read past the end of the tar.
    """
    found: list[Member] = []
    manifest: bytes | None = None
    with _telling_damage(), tarfile.open(fileobj=cast("IO[bytes]", stream), mode="r|") as tar:
        while (info := tar.next()) is not None:
            _forget_members(tar)
            content = tar.extractfile(info) if info.isreg() and is_member_name(info.name) else None
            if content is None or manifest is not None:
                raise damaged("内容不是备份应有的")
            if info.name == MANIFEST:
                manifest = content.read(_LARGEST_MANIFEST)
            else:
                with sink(info.name) as out:
                    found.append(_copy(info.name, content, out))
    return _held_against(manifest, found)


def _held_against(content: bytes | None, found: list[Member]) -> dict[str, Any]:
    if content is None:
        raise damaged("没有清单")
    try:
        manifest: dict[str, Any] = json.loads(content)
        if manifest["format"] != FORMAT:
            raise BackupError("备份由更新版本的程序建立，本程序读不了。请升级本程序后再恢复。", code="newer_backup")
        expected = [Member(**member) for member in manifest["members"]]
    except (ValueError, KeyError, TypeError) as error:
        raise damaged("清单") from error
    if expected != found:
        raise damaged("内容与清单不符")
    return manifest


def _copy(name: str, content: IO[bytes], out: BinaryIO | None) -> Member:
    digest = hashlib.sha256()
    size = 0
    while piece := content.read(_PIECE):
        digest.update(piece)
        size += len(piece)
        if out is not None:
            out.write(piece)
    return Member(name, size, digest.hexdigest())


@contextmanager
def _telling_damage() -> Iterator[None]:
    try:
        yield
    except tarfile.TarError as error:
        raise damaged("内容") from error


def _forget_members(tar: tarfile.TarFile) -> None:
    """tarfile remembers every member it has seen; a hundred thousand scans are too many for that."""
    vars(tar)["members"].clear()


class _Hashing:
    """A stream that hashes what is read from it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._stream.read(size)
        self.digest.update(piece)
        return piece
