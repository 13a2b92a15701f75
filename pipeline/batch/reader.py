"""One engine at work: the documents in some files, read, and what is at fault with a file."""

from __future__ import annotations

import datetime
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.batch.boxes import BoxReader, BoxReading
from pipeline.batch.outcome import CHANGED, Failure, Outcome
from pipeline.batch.portion import WHOLE, Portion
from pipeline.batch.tools import load_tools
from pipeline.definitions import FieldDefinition
from pipeline.errors import FileError, PipelineError
from pipeline.flow import read_documents
from pipeline.intake.archive import Archive
from pipeline.intake.faults import fault, unreadable
from pipeline.intake.folder import FoundFile
from pipeline.intake.pages import read_pages
from pipeline.intake.quarantine import kept_copy
from pipeline.intake.scans import open_scans
from pipeline.scanned import FileStat, PageFacts, ReadDocument
from pipeline.settings import Limits, Settings
from pipeline.sheets import PageImage, Quad

if TYPE_CHECKING:
    from pipeline.batch.weigh import Rules

T = TypeVar("T")


class Reader:
    """One engine and what it needs, kept for the life of a process."""

    def __init__(self, settings: Settings, scans: Path | str, today: datetime.date, rules: Rules | None = None) -> None:
        """``today`` bounds the dates that may stand on paper; ``rules`` are those of the settings unless given.

        Raises :class:`SetupError` where models, forms or dictionaries are at fault."""
        self._settings = settings
        self._scans = open_scans(scans, settings.path("outputs"))
        self._tools = load_tools(settings, today, rules)
        self._boxes = BoxReader(self._tools, settings.limits)

    def lend(self, work: Callable[..., T], arguments: tuple[Any, ...]) -> T:
        """What ``work`` makes of this reader's tools, the settings and ``arguments``."""
        return work(self._tools, self._settings, *arguments)

    def read(self, files: tuple[FileStat, ...], portion: Portion = WHOLE) -> Outcome:
        """Read the documents of some files. A file at fault is set aside and the rest read without it."""
        try:
            return self._outcome(files, portion)
        finally:
            self._scans.release()

    def _outcome(self, files: tuple[FileStat, ...], portion: Portion) -> Outcome:
        outcome = Outcome()
        started = time.monotonic()
        left = list(files)
        while left:
            current: list[FileStat] = []
            try:
                outcome.documents, outcome.pages = self._documents(left, current, portion)
                outcome.blank_pages = sum(page.blank for document in outcome.documents for page in document.pages)
                break
            except FileError as error:
                fault = _changed() if self._is_changed(current[-1]) else error  # what was read was half written
                failure = Failure(current[-1], fault.code, fault.message)
            except PipelineError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever a file makes a library do must not stop the batch
                place = traceback.extract_tb(error.__traceback__)[-1]
                where = f"{Path(place.filename).name}:{place.lineno}"
                message = (
                    f"处理时程序出错（{type(error).__name__}，{where}）。请把文件交给维护人员；原件仍在扫描文件夹。"
                )
                failure = Failure(current[-1] if current else left[0], "internal_error", message)
            outcome.failures.append(failure)
            left.remove(failure.file)
        outcome.seconds = time.monotonic() - started
        return outcome

    def read_box(self, stat: FileStat, number: int, quad: Quad, field: FieldDefinition) -> BoxReading:
        """What a box on a page of a file says, as a value of ``field``. Raises :class:`FileError`."""
        try:
            return self._boxes.read(self._locate(stat), stat, number, quad, field)
        finally:
            self._scans.release()

    def _documents(
        self, files: list[FileStat], current: list[FileStat], portion: Portion
    ) -> tuple[list[ReadDocument], int]:
        facts: list[PageFacts] = []

        def noted(page: PageImage) -> PageImage:
            h, w = page.pixels.shape[:2]
            facts.append(PageFacts(page.file, page.number, w, h, page.dpi))
            return page

        def pages() -> Iterator[PageImage]:
            for stat in files:
                current.append(stat)
                path = self._locate(stat)
                some = _some_pages(path, stat.path, self._settings.limits, portion.pages.get(stat.sha256))
                yield from map(noted, some)  # which, unlike a loop, holds no page
                if self._locate(stat) != path:
                    raise _changed()

        documents = []
        started = time.monotonic()
        hashes = {stat.path: stat.sha256 for stat in files}
        for record in read_documents(pages(), hashes, self._tools, portion.arrangements):
            now = time.monotonic()
            numbers = dict(zip(record.files, record.pages, strict=True))
            blank = set(record.blank)
            own = [
                replace(f, blank=(f.file, f.number) in blank)
                for f in facts
                if f.number in numbers.get(f.file, ()) or (f.file, f.number) in blank
            ]
            form = self._tools.forms.get(record.doc_type)
            version = str(form.version) if form is not None else None
            documents.append(ReadDocument(record, now - started, own, version))
            started = now
        return documents, len(facts)

    def _is_changed(self, stat: FileStat) -> bool:
        try:
            self._locate(stat)
        except FileError as error:
            return error.code == CHANGED
        return False

    def _locate(self, stat: FileStat) -> Path:
        """Where the content that the plan saw under this name lies: with the scans, or else in the archive.

        Raises ``FileError file_changed`` where the name holds something else by now.
        """
        if stat.size > self._settings.limits.max_bytes:  # before it is fetched from anywhere
            raise fault("too_many_bytes", size=stat.size, limit=self._settings.limits.max_bytes)
        path = self._scans.locate(FoundFile(stat.path, stat.size, stat.mtime_ns), stat.sha256)
        if path is not None:
            return path
        outputs = self._settings.path("outputs")
        kept = Archive(outputs).find(stat.sha256) or kept_copy(stat.path, stat.sha256, outputs)
        if kept is not None:
            return kept
        raise unreadable(FileNotFoundError()) if self._scans.look(stat.path) is None else _changed()


def _some_pages(path: Path, name: str, limits: Limits, numbers: Sequence[int] | None) -> Iterator[PageImage]:
    """The pages of these numbers, in order; all of them where none are named."""
    if numbers is None:
        yield from read_pages(path, name, limits)
        return
    for first, last in _runs(sorted(set(numbers))):
        yield from islice(read_pages(path, name, limits, first), last - first + 1)


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Numbers in order as ranges without a gap, ends included."""
    starts = [n for i, n in enumerate(numbers) if i == 0 or numbers[i - 1] != n - 1]
    ends = [n for i, n in enumerate(numbers) if i == len(numbers) - 1 or numbers[i + 1] != n + 1]
    return list(zip(starts, ends, strict=True))


def _changed() -> FileError:
    return FileError("文件在处理期间被改动，将在下次运行时重新读取。", code=CHANGED)
