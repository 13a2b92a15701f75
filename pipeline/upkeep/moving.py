"""Several renames that are all done, or all taken back."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self


class Moves:
    """Renames within a ``with`` block, taken back at its end unless :meth:`keep` was called."""

    def __init__(self) -> None:
        self._done: list[tuple[Path, Path]] = []
        self._new: list[Path] = []
        self._folders: list[Path] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for path in self._new:
            path.unlink(missing_ok=True)
        for source, target in reversed(self._done):
            target.rename(source)
        for folder in reversed(self._folders):
            with contextlib.suppress(OSError):
                folder.rmdir()

    def move(self, source: Path, target: Path) -> None:
        """Rename a file or folder on its own disk; an empty folder of the target's name makes room."""
        if not target.parent.exists():
            target.parent.mkdir()
            self._folders.append(target.parent)
        if target.is_dir():
            target.rmdir()
        source.rename(target)
        self._done.append((source, target))

    def remove_on_failure(self, files: Sequence[Path]) -> None:
        """Files that are about to be made, and go where the block does not end well."""
        self._new.extend(files)

    def keep(self) -> None:
        """All went well: nothing is taken back."""
        self._done.clear()
        self._new.clear()
        self._folders.clear()
