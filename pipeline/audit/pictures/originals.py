"""Where the original of a document lies, and one page of it as the reading saw it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from pipeline.audit.pictures.cache import Cache
from pipeline.errors import FileError
from pipeline.intake.archive import Archive
from pipeline.intake.folder import FoundFile, hash_file
from pipeline.intake.pages import read_pages
from pipeline.intake.quarantine import kept_copy
from pipeline.intake.settle import look_at
from pipeline.settings import Settings
from pipeline.sheets import Image, PageImage
from pipeline.store import NotFoundError
from pipeline.teaching.lessons import kept_sample

_SHA256 = re.compile(r"[0-9a-f]{64}")
_HASHES_KEPT = 10_000  # of files in the drop folder
_NOT_FOUND = "找不到这页的原件：归档和扫描文件夹中都没有内容相同的文件。请检查 outputs 文件夹是否完整，或从备份恢复。"
_CHANGED = "文件在打开期间被改动。请稍后重试。"


@dataclass(frozen=True, slots=True)
class Located:
    """A file that holds the content; ``seen`` if it lies in the drop folder, where it may change."""

    path: Path
    seen: FoundFile | None = None


class Originals:
    """Finds and decodes originals by their content; thread-safe.

    A file of the drop folder is taken only if its content has the hash that is asked for, so a name, whatever
    it says, leads to nothing but the content that was read.
    """

    def __init__(self, settings: Settings) -> None:
        self._limits = settings.limits
        # What came from a bucket is in the archive.
        self._scans = settings.scans if isinstance(settings.scans, Path) else None
        self._outputs = settings.path("outputs")
        self._archive = Archive(self._outputs)
        self._hashes: Cache[FoundFile, str] = Cache(_HASHES_KEPT, lambda _: 1)

    def decode(self, sha256: str, file: str, number: int) -> Image:
        """The pixels of page ``number`` (from 1), BGR ``(h, w, 3)``, in the frame that quads are in.

        Raises ``FileError`` where there is no such original or it cannot be read, :class:`NotFoundError` where it
        has no such page.
        """
        if number < 1:
            raise _no_page(number)
        original = self._locate(sha256, file)
        pages = cast("Generator[PageImage, None, None]", read_pages(original.path, file, self._limits, first=number))
        with contextlib.closing(pages):  # what a decoder holds of a page would double its memory
            page = next(pages, None)
        if original.seen is not None and self._in_folder(file) != original.seen:
            raise FileError(_CHANGED, code="file_changed")
        if page is None:
            raise _no_page(number)
        return page.pixels

    def locate(self, sha256: str, file: str) -> Path:
        """A file with this content. Raises ``FileError`` where there is none."""
        return self._locate(sha256, file).path

    def _locate(self, sha256: str, file: str) -> Located:
        if not _SHA256.fullmatch(sha256):  # the archive looks for it by pattern
            raise FileError(_NOT_FOUND)
        archived = self._archive.find(sha256)
        if archived is not None:
            return Located(archived)
        seen = self._in_folder(file)
        if self._scans is not None and seen is not None and self._has_content(self._scans / file, seen, sha256):
            return Located(self._scans / file, seen)
        copy = kept_copy(file, sha256, self._outputs) or kept_sample(self._outputs, sha256)
        if copy is None:
            raise FileError(_NOT_FOUND)
        return Located(copy)

    def _in_folder(self, file: str) -> FoundFile | None:
        """The regular file of that name in the drop folder; ``None`` for names that lead out of it, too."""
        if self._scans is None:
            return None
        try:
            inside = (self._scans / file).resolve().is_relative_to(self._scans.resolve())
        except (OSError, ValueError):  # too long, a NUL, a circle of links
            return None
        return look_at(self._scans, file) if inside else None

    def _has_content(self, path: Path, seen: FoundFile, sha256: str) -> bool:
        try:
            return self._hashes.get(seen, lambda: hash_file(path)) == sha256
        except FileError:  # gone or locked meanwhile: there may be a copy
            return False


def _no_page(number: int) -> NotFoundError:
    return NotFoundError(f"原件没有第 {number} 页。")
