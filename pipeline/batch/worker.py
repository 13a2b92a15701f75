"""What a worker process does: read one piece of work, and say what came of it."""

from __future__ import annotations

import datetime
import os
import signal
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType

import psutil

from pipeline.batch.boxes import BoxReader, BoxReading
from pipeline.batch.failures import CHANGED
from pipeline.batch.guard import watch_over
from pipeline.batch.office import calibration_in_use, office_lists
from pipeline.batch.portion import WHOLE, Portion
from pipeline.definitions import FieldDefinition, Forms, load_forms
from pipeline.dictionaries import Dictionaries, load_dictionaries
from pipeline.errors import FileError, PipelineError, SetupError
from pipeline.flow import Tools, read_documents
from pipeline.intake.archive import Archive
from pipeline.intake.faults import unreadable
from pipeline.intake.pages import read_pages
from pipeline.intake.quarantine import kept_copy
from pipeline.intake.settle import look_at
from pipeline.reading.calibration import Calibration, load_calibration
from pipeline.reading.decode import Knowledge
from pipeline.reading.engine import open_engine
from pipeline.reading.language import load_language
from pipeline.records import PageImage, Quad
from pipeline.settings import Limits, Settings
from pipeline.store import FileStat, PageFacts, ReadDocument
from pipeline.terms import load_terms


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read, with a stable code and a message for the staff."""

    file: FileStat
    code: str
    message: str


@dataclass(slots=True)
class Outcome:
    """What came of one piece of work; files in neither ``documents`` nor ``failures`` do not occur."""

    documents: list[ReadDocument] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    pages: int = 0
    blank_pages: int = 0
    seconds: float = 0.0


class Reader:
    """One engine and what it needs, kept for the life of a process."""

    def __init__(self, settings: Settings, scans: Path, today: datetime.date) -> None:
        """``today`` bounds the dates that may stand on paper.

        Raises :class:`SetupError` where models, forms or dictionaries are at fault."""
        self._settings = settings
        self._scans = scans
        self._tools = load_tools(settings, today)
        self._boxes = BoxReader(self._tools, settings.limits)

    def read(self, files: tuple[FileStat, ...], portion: Portion = WHOLE) -> Outcome:
        """Read the documents of some files. A file at fault is set aside and the rest read without it."""
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
        return self._boxes.read(self._locate(stat), stat, number, quad, field)

    def _documents(
        self, files: list[FileStat], current: list[FileStat], portion: Portion
    ) -> tuple[list[ReadDocument], int]:
        facts: list[PageFacts] = []

        def pages() -> Iterator[PageImage]:
            for stat in files:
                current.append(stat)
                path = self._locate(stat)
                for page in _some_pages(path, stat.path, self._settings.limits, portion.pages.get(stat.sha256)):
                    h, w = page.pixels.shape[:2]
                    facts.append(PageFacts(page.file, page.number, w, h, page.dpi))
                    yield page
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
        """Where the content that the plan saw under this name lies: in the folder, or else in the archive.

        Raises ``FileError file_changed`` where the folder holds something else by now.
        """
        now = look_at(self._scans, stat.path)
        if now is not None and (now.size, now.mtime_ns) == (stat.size, stat.mtime_ns):
            return self._scans / stat.path
        outputs = self._settings.path("outputs")
        kept = Archive(outputs).find(stat.sha256) or kept_copy(stat.path, stat.sha256, outputs)
        if kept is not None:
            return kept
        raise unreadable(FileNotFoundError()) if now is None else _changed()


def _some_pages(path: Path, name: str, limits: Limits, numbers: Sequence[int] | None) -> Iterator[PageImage]:
    """The pages of these numbers, in order; all of them where none are named."""
    if numbers is None:
        yield from read_pages(path, name, limits)
        return
    for first, last in _runs(sorted(set(numbers))):
        for page in read_pages(path, name, limits, first):
            yield page
            if page.number == last:
                break


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Numbers in order as ranges without a gap, ends included."""
    starts = [n for i, n in enumerate(numbers) if i == 0 or numbers[i - 1] != n - 1]
    ends = [n for i, n in enumerate(numbers) if i == len(numbers) - 1 or numbers[i + 1] != n + 1]
    return list(zip(starts, ends, strict=True))


def _changed() -> FileError:
    return FileError("文件在处理期间被改动，将在下次运行时重新读取。", code=CHANGED)


def load_rules(settings: Settings) -> tuple[Forms, Dictionaries]:
    """Form definitions and the dictionaries they name, with the office's own additions. Raises :class:`SetupError`."""
    forms = load_forms(settings.path("forms"))
    wanted = {f.dictionary for form in forms.values() for f in (*form.fields, *form.row_fields) if f.dictionary}
    return forms, load_dictionaries(settings.path("dictionaries"), wanted, office_lists(settings))


def load_tools(settings: Settings, today: datetime.date) -> Tools:
    """Forms, dictionaries and the OCR engine as the settings say. Raises :class:`SetupError`."""
    forms, dictionaries = load_rules(settings)
    engine = open_engine(settings.reading, settings.path("ocr"))
    calibration = calibration_in_use(settings).calibration
    knowledge = know(settings, dictionaries, today, calibration)
    return Tools(forms, engine, knowledge, settings.acceptance, load_terms(settings.path("terms")))


def know(
    settings: Settings, dictionaries: Dictionaries, today: datetime.date, calibration: Calibration | None = None
) -> Knowledge:
    """What decoding may know: the office's lists, the language's words with the office's own, how sure is sure.

    ``calibration`` is the shipped one unless given.
    """
    office = {name for dictionary in dictionaries.values() for name in dictionary.spellings}
    calibration = calibration or load_calibration(settings.path("calibration"))
    lexicon, names = load_language()
    return Knowledge(dictionaries, lexicon.with_words(office), names, calibration, today)


_READER: Reader | None = None
_FAULT: PipelineError | None = None
_BUSY = False


def start(settings: Settings, scans: Path, today: datetime.date, parent: int) -> None:
    """Initialise a worker process: threads pinned before any library starts its own.

    What is wrong with the set-up is said by the first :func:`read`: a pool cannot tell why a worker died.
    ``parent`` is the process this one works for.
    """
    global _READER, _FAULT
    signal.signal(signal.SIGTERM, _end_if_idle)
    watch_over(settings.batch.worker_megabytes, parent, lambda: _READER is not None)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(settings.reading.threads)
    import cv2

    cv2.setNumThreads(settings.reading.threads)
    try:
        reader = Reader(settings, scans, today)
        _require_room(settings.batch.worker_megabytes)
        _READER = reader
    except PipelineError as error:
        _FAULT = error


def read(files: tuple[FileStat, ...], portion: Portion = WHOLE) -> Outcome:
    """:meth:`Reader.read` of this process's reader."""
    with _busy() as reader:
        return reader.read(files, portion)


def read_box(stat: FileStat, number: int, quad: Quad, field: FieldDefinition) -> BoxReading:
    """:meth:`Reader.read_box` of this process's reader."""
    with _busy() as reader:
        return reader.read_box(stat, number, quad, field)


@contextmanager
def _busy() -> Iterator[Reader]:
    """This process's reader, while it is at work. Raises what kept it from being set up."""
    global _BUSY
    if _FAULT is not None:
        raise _FAULT
    assert _READER is not None  # start() ran as the pool's initialiser
    _BUSY = True
    try:
        yield _READER
    finally:
        _BUSY = False


def _end_if_idle(number: int, frame: FrameType | None) -> None:
    """A service manager tells every process to stop: the batch hears it, and lets finish what is in hand."""
    if not _BUSY:
        os._exit(0)


def _require_room(megabytes: int) -> None:
    """No file is at fault where the engine alone needs more memory than a worker may."""
    needed = psutil.Process().memory_info().rss // 1_000_000
    if needed >= megabytes:
        raise SetupError(f"识别引擎本身需要 {needed} MB 内存，超过设置 batch.worker_megabytes（{megabytes}）。请调大。")
