"""The place that scans come from: a folder, which several machines may share, or a bucket of a storage."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from pipeline.errors import FileError
from pipeline.intake.folder import FoundFile, Listing, hash_file, list_scans
from pipeline.intake.settle import Settled, look_at, wait_until_settled


class Scans(Protocol):
    """What a batch asks of the place that scans come from.

    A :class:`FoundFile` stands for one state of a file: while it is found the same, its content is the same.
    """

    def list(self, exclude: Collection[Path] = ()) -> Listing:
        """Everything there is. Raises :class:`SetupError` where the place cannot be listed."""
        ...

    def settle(self, files: Sequence[FoundFile], seconds: float) -> Settled:
        """Which of the files, found a moment ago, nobody is writing any more."""
        ...

    def hashes(self, files: Sequence[FoundFile]) -> Iterator[tuple[FoundFile, str | FileError | None]]:
        """The SHA-256 of each file's content, or why it cannot be read; ``None`` where it was changed meanwhile."""
        ...

    def look(self, path: str) -> FoundFile | None:
        """The file as it is now; ``None`` where there is none of that name."""
        ...

    def locate(self, found: FoundFile, sha256: str) -> Path | None:
        """The content of a file on this machine, fetched if need be; ``None`` where the file is no longer as found.

        Raises ``FileError unreadable_file``.
        """
        ...

    def source(self, path: str, sha256: str) -> Path:
        """Where the file of that name, whatever it holds by now, lies on this machine, or would lie."""
        ...

    def pages_at_most(self, found: FoundFile, limit: int) -> int | None:
        """A bound on the pages of a file that is not on this machine, no more than ``limit``; else ``None``."""
        ...

    def release(self) -> None:
        """Drop what was fetched: the paths given out so far lead nowhere any more."""
        ...


class FolderScans:
    """A folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def list(self, exclude: Collection[Path] = ()) -> Listing:
        return list_scans(self._folder, exclude)

    def settle(self, files: Sequence[FoundFile], seconds: float) -> Settled:
        return wait_until_settled(self._folder, files, seconds)

    def hashes(self, files: Sequence[FoundFile]) -> Iterator[tuple[FoundFile, str | FileError | None]]:
        for found in files:
            try:
                digest = hash_file(self._folder / found.path)
            except FileError as error:
                yield found, error
            else:
                yield found, digest if self.look(found.path) == found else None

    def look(self, path: str) -> FoundFile | None:
        return look_at(self._folder, path)

    def locate(self, found: FoundFile, sha256: str) -> Path | None:
        return self._folder / found.path if self.look(found.path) == found else None

    def source(self, path: str, sha256: str) -> Path:
        return self._folder / path

    def pages_at_most(self, found: FoundFile, limit: int) -> int | None:
        return None

    def release(self) -> None:
        pass


def open_scans(place: Path | str, outputs: Path) -> Scans:
    """The scans of a place (:data:`pipeline.settings.Place`); what has to be fetched goes below ``outputs``.

    Raises :class:`SetupError` where a bucket is named and what reads it is not installed.
    """
    if isinstance(place, Path):
        return FolderScans(place)
    from pipeline.intake.bucket import BucketScans

    return BucketScans(place, outputs)
