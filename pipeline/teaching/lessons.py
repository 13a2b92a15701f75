"""Lessons: forms that are being taught on the audit page, each a private folder among the outputs until it is ended.

``outputs/teaching/ID/`` holds ``lesson.json`` (the samples and the draft as people left it) and uploaded samples under
the SHA-256 of their content. Samples that were read before stay in the archive and are only named.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import secrets
import shutil
import tempfile
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.definitions import FieldType
from pipeline.errors import FileError, SetupError
from pipeline.intake.pages import count_pages
from pipeline.settings import Limits
from pipeline.sheets import as_quad
from pipeline.store import ConflictError, NotFoundError
from pipeline.teaching.draft import Draft, DraftField, DraftPage

FOLDER = "teaching"
MOST_PAGES = 12
"""Pages of one lesson: all are kept in memory, taken apart and read."""

_FILE = "lesson.json"
_ID = re.compile(r"[0-9a-f]{16}")
_GONE = "没有这次教表，可能已经结束。请回到“教新表”。"


@dataclass(frozen=True, slots=True)
class SamplePage:
    """Page ``number`` (from 1) of a content, and the name of the file it was read from."""

    sha256: str
    file: str
    number: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One copy of the form: what staff call it, its pages, and its ``document`` where the store has one."""

    title: str
    pages: tuple[SamplePage, ...]
    document: str | None = None


@dataclass(slots=True)
class Lesson:
    """A form being taught. ``revision`` counts the changes of its draft; ``begun`` is ISO 8601, UTC."""

    id: str
    author: str
    begun: str
    samples: list[Sample] = field(default_factory=list)
    draft: Draft | None = None
    revision: int = 0

    def page_of(self, index: int) -> tuple[Sample, SamplePage]:
        """The page that the draft calls ``index``. Raises :class:`NotFoundError`."""
        if self.draft is None or not 0 <= index < len(self.draft.pages):
            raise NotFoundError("样表没有这一页。请刷新后重试。")
        drafted = self.draft.pages[index]
        sample = self.samples[int(drafted.file)]
        return sample, sample.pages[drafted.number - 1]


class Lessons:
    """The lessons of an outputs folder. Safe to share between threads."""

    def __init__(self, outputs: Path) -> None:
        self._folder = outputs / FOLDER
        self._lock = threading.Lock()

    def begin(self, author: str, samples: Iterable[Sample]) -> Lesson:
        """A new lesson. Raises :class:`ConflictError` for too many pages, :class:`SetupError`."""
        lesson = Lesson(secrets.token_hex(8), author, datetime.now(UTC).isoformat(timespec="seconds"), list(samples))
        _check_pages(lesson)
        self._write(lesson)
        return lesson

    def all(self) -> list[Lesson]:
        """Those not ended, the latest first."""
        names = [path.name for path in self._folder.glob("*") if _ID.fullmatch(path.name) and (path / _FILE).is_file()]
        return sorted((self.get(name) for name in names), key=lambda lesson: lesson.begun, reverse=True)

    def get(self, name: str) -> Lesson:
        """The lesson of that id. Raises :class:`NotFoundError`."""
        if not _ID.fullmatch(name):
            raise NotFoundError(_GONE)
        try:
            return _loaded(json.loads((self._folder / name / _FILE).read_text(encoding="utf-8")))
        except FileNotFoundError as error:
            raise NotFoundError(_GONE) from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SetupError(f"无法读取 {FOLDER}/{name}。请在“教新表”页删除这次教表，重新开始。") from error

    def change(self, name: str, draft: Draft, revision: int | None) -> Lesson:
        """Keep a draft. ``revision`` is the one its author saw; ``None``: whatever there is.

        Raises :class:`ConflictError` where somebody else has changed it since, :class:`NotFoundError`.
        """
        with self._lock:
            lesson = self.get(name)
            if revision not in (None, lesson.revision):
                raise ConflictError("这张表刚在别处改过，没有保存。请刷新页面后再改。")
            lesson.draft, lesson.revision = draft, lesson.revision + 1
            self._write(lesson)
        return lesson

    def part(self, name: str) -> Path:
        """Where an upload may be written before :meth:`take`. Raises :class:`NotFoundError`."""
        self.get(name)
        return self._folder / name / f".{secrets.token_hex(8)}.part"

    def take(self, name: str, part: Path, title: str, limits: Limits) -> Lesson:
        """Take an uploaded file, written to ``part``, as a sample.

        Raises ``FileError`` for what is no scan, :class:`ConflictError` for too many pages.
        """
        count = count_pages(part, limits)
        with part.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        with self._lock:
            lesson = self.get(name)
            if lesson.draft is not None:
                raise ConflictError("已经起草，不能再加样表。请另开始一次。")
            if any(page.sha256 == sha256 for sample in lesson.samples for page in sample.pages):
                raise FileError(f"“{title}”与另一份样表内容相同，没有再收。", code="same_content")
            lesson.samples.append(Sample(title, tuple(SamplePage(sha256, title, n) for n in range(1, count + 1))))
            _check_pages(lesson)
            part.chmod(0o600)
            part.replace(self._folder / name / sha256)
            self._write(lesson)
        return lesson

    def end(self, name: str) -> None:
        """Forget a lesson and its uploads. Raises :class:`NotFoundError`, :class:`SetupError`."""
        if not _ID.fullmatch(name) or not (self._folder / name).is_dir():
            raise NotFoundError(_GONE)
        try:
            shutil.rmtree(self._folder / name)
        except OSError as error:
            raise SetupError(f"无法删除 {FOLDER}/{name}：{error.strerror}。") from error

    def end_begun_before(self, moment: datetime) -> int:
        """Forget the lessons begun before a moment; how many. Raises :class:`SetupError`."""
        old = [lesson for lesson in self.all() if datetime.fromisoformat(lesson.begun) < moment]
        for lesson in old:
            self.end(lesson.id)
        return len(old)

    def _write(self, lesson: Lesson) -> None:
        folder = self._folder / lesson.id
        data = dataclasses.asdict(lesson)
        for drafted in (data["draft"] or {}).get("fields", []) + (data["draft"] or {}).get("rows", []):
            drafted["values"] = []  # what people wrote is read anew, and not kept twice
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            handle, part = tempfile.mkstemp(dir=folder, prefix=".lesson", suffix=".part")  # for the owner alone
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(data, stream, ensure_ascii=False)
            Path(part).replace(folder / _FILE)
        except OSError as error:
            raise SetupError(f"无法写入 {folder}：{error.strerror}。请检查磁盘空间和文件夹权限。") from error


def kept_sample(outputs: Path, sha256: str) -> Path | None:
    """An uploaded sample with this content, if any lesson has one."""
    return next((path for path in (outputs / FOLDER).glob(f"*/{sha256}") if path.is_file()), None)


def _check_pages(lesson: Lesson) -> None:
    count = sum(len(sample.pages) for sample in lesson.samples)
    if count > MOST_PAGES:
        raise ConflictError(f"样表共 {count} 页，最多 {MOST_PAGES} 页。两三份就够，请少选几份。")


def _loaded(data: dict[str, Any]) -> Lesson:
    samples = [
        Sample(s["title"], tuple(SamplePage(**page) for page in s["pages"]), s["document"]) for s in data["samples"]
    ]
    draft = draft_from(data["draft"]) if data["draft"] else None
    return Lesson(data["id"], data["author"], data["begun"], samples, draft, data["revision"])


def draft_from(data: dict[str, Any]) -> Draft:
    """A draft out of ``dataclasses.asdict`` of one. Raises ``KeyError``, ``TypeError``, ``ValueError``."""
    lists = {name: [_field_from(one) for one in data[name]] for name in ("fields", "rows")}
    return Draft(**{**data, **lists, "pages": [DraftPage(**page) for page in data["pages"]]})


def _field_from(data: dict[str, Any]) -> DraftField:
    quads = {name: as_quad(data[name]) if data[name] else None for name in ("label_quad", "value_quad")}
    return DraftField(**{**data, **quads, "type": FieldType(data["type"])})
