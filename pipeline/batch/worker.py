"""What a worker process does: read one piece of work, and say what came of it."""

from __future__ import annotations

import datetime
import os
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.batch.office import calibration_in_use
from pipeline.definitions import Forms, load_forms
from pipeline.dictionaries import Dictionaries, load_dictionaries
from pipeline.errors import FileError, PipelineError
from pipeline.flow import Tools, read_documents
from pipeline.intake.pages import read_pages
from pipeline.reading.calibration import Calibration, load_calibration
from pipeline.reading.decode import Knowledge
from pipeline.reading.engine import open_engine
from pipeline.reading.language import load_language
from pipeline.records import PageImage
from pipeline.settings import Settings
from pipeline.store import FileStat, PageFacts, ReadDocument


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
    seconds: float = 0.0


class Reader:
    """One engine and what it needs, kept for the life of a process."""

    def __init__(self, settings: Settings, scans: Path) -> None:
        """Raises :class:`SetupError` where models, forms or dictionaries are at fault."""
        self._settings = settings
        self._scans = scans
        self._tools = load_tools(settings)

    def read(self, files: tuple[FileStat, ...]) -> Outcome:
        """Read the documents of some files. A file at fault is set aside and the rest read without it."""
        outcome = Outcome()
        started = time.monotonic()
        left = list(files)
        while left:
            current: list[FileStat] = []
            try:
                outcome.documents, outcome.pages = self._documents(left, current)
                break
            except FileError as error:
                failure = Failure(current[-1], error.code, error.message)
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

    def _documents(self, files: list[FileStat], current: list[FileStat]) -> tuple[list[ReadDocument], int]:
        facts: list[PageFacts] = []

        def pages() -> Iterator[PageImage]:
            for stat in files:
                current.append(stat)
                for page in read_pages(self._scans / stat.path, stat.path, self._settings.limits):
                    h, w = page.pixels.shape[:2]
                    facts.append(PageFacts(page.file, page.number, w, h, page.dpi))
                    yield page

        documents = []
        started = time.monotonic()
        hashes = {stat.path: stat.sha256 for stat in files}
        for record in read_documents(pages(), hashes, self._tools):
            now = time.monotonic()
            numbers = dict(zip(record.files, record.pages, strict=True))
            own = [f for f in facts if f.number in numbers.get(f.file, ())]
            documents.append(ReadDocument(record, now - started, own))
            started = now
        return documents, len(facts)


def load_rules(settings: Settings) -> tuple[Forms, Dictionaries]:
    """Form definitions and the dictionaries they name. Raises :class:`SetupError`."""
    forms = load_forms(settings.path("forms"))
    wanted = {f.dictionary for form in forms.values() for f in (*form.fields, *form.row_fields) if f.dictionary}
    return forms, load_dictionaries(settings.path("dictionaries"), wanted)


def load_tools(settings: Settings) -> Tools:
    """Forms, dictionaries and the OCR engine as the settings say. Raises :class:`SetupError`."""
    forms, dictionaries = load_rules(settings)
    engine = open_engine(settings.reading, settings.path("ocr"))
    calibration = calibration_in_use(settings).calibration
    knowledge = know(settings, dictionaries, datetime.date.today(), calibration)
    return Tools(forms, engine, knowledge, settings.acceptance)


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


def start(settings: Settings, scans: Path) -> None:
    """Initialise a worker process: threads pinned before any library starts its own."""
    global _READER
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(settings.reading.threads)
    import cv2

    cv2.setNumThreads(settings.reading.threads)
    _READER = Reader(settings, scans)


def read(files: tuple[FileStat, ...]) -> Outcome:
    """:meth:`Reader.read` of this process's reader."""
    assert _READER is not None  # start() ran as the pool's initialiser
    return _READER.read(files)
