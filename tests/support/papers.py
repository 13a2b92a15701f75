"""Papers whose files say in plain words what stands on them, and batches that take them at their word.

What a batch does with the files and with what was read of them needs neither pictures nor an engine.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline.batch.outcome import Outcome
from pipeline.batch.plan import Work
from pipeline.batch.pool import Ahead, Crew, Pool, Stop
from pipeline.batch.portion import Portion
from pipeline.batch.reader import Reader
from pipeline.batch.run import Order, run_batch
from pipeline.batch.summary import BatchSummary, Silent
from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.errors import FileError
from pipeline.intake.scans import open_scans
from pipeline.records import DocumentStatus, FieldStatus, FieldValue, Record, document_id
from pipeline.scanned import FileStat, PageFacts, ReadDocument
from pipeline.settings import Settings
from tests.support.folders import Folders

_QUAD = ((10.0, 20.0), (200.0, 20.0), (200.0, 50.0), (10.0, 50.0))

_USUAL = Order()

Page = dict[str, Any]
"""One page: ``type`` where a document begins, and its fields by key; a key that ends in ? is for review."""


def page(doc_type: str | None = None, **fields: str) -> Page:
    """A page that begins a document of a type, or goes on with the one before."""
    return {"type": doc_type, "fields": fields}


BLANK: Page = {"blank": True}


def scan(*pages: Page, number: int = 1) -> bytes:
    """A file with these pages; another ``number`` is another scan of the same paper, and so another content."""
    return json.dumps({"number": number, "pages": pages}, ensure_ascii=False).encode()


def member(name: str = "王建国", number: int = 1, **fields: str) -> bytes:
    """The scan of a registration."""
    person = {"name": name, "employer": "济宁高新区税务局", "community": "科苑社区", "report_date": "2019-05-18"}
    return scan(page("member_registration", **{**person, **fields}), number=number)


def faulty(code: str, number: int = 1) -> bytes:
    """A file that cannot be read, and why."""
    return json.dumps({"number": number, "fault": code}).encode()


class Office(Folders):
    """Folders in which batches are run on such papers; see :func:`open_office`.

    ``read_files`` are the files that the last batch read; ``during`` is called while each of them is read.
    ``rules`` are the forms and dictionaries, loaded once for all tests.
    """

    def __init__(self, root: Path, rules: tuple[Forms, Dictionaries]) -> None:
        super().__init__(root)
        self.rules = rules
        self.read_files: list[str] = []
        self.during: Callable[[str], object] = lambda path: None

    def run(self, order: Order = _USUAL, **sections: dict[str, Any]) -> BatchSummary:
        """One batch; files count as settled at once, and what failed is due at once, unless ``sections`` say else."""
        intake = {"settle_seconds": 0.0, **sections.pop("intake", {})}
        batch = {"retry_minutes": 0.0, **sections.pop("batch", {})}
        self.read_files.clear()
        return run_batch(self.settings(intake=intake, batch=batch, **sections), Silent(), order)

    def pool(self, crew: Crew, workers: int, stop: Stop, ahead: Ahead | None) -> Pool:
        """What a batch makes its pool with."""
        assert isinstance(crew.scans, Path)
        return _PlainPool(crew, workers, stop, ahead, PlainReader(crew.settings, crew.scans, self))

    def names(self) -> list[str]:
        """The names on the registrations that are in the records."""
        return sorted(r["fields"]["name"]["value"] for r in self.records() if "name" in r["fields"])

    def archived(self) -> set[str]:
        """The hashes of what lies in the archive."""
        return {p.name[:64] for p in (self.outputs / "archive").rglob("*") if p.is_file()}


def open_office(root: Path, rules: tuple[Forms, Dictionaries], monkeypatch: pytest.MonkeyPatch) -> Office:
    """An office whose batches read such papers, in this process."""
    office = Office(root, rules)
    monkeypatch.setattr("pipeline.batch.executor.Pool", office.pool)
    monkeypatch.setattr("pipeline.batch.pool.Ahead.expect", lambda self, files: None)  # nobody to get ready
    monkeypatch.setattr("pipeline.batch.run.load_rules", lambda settings: office.rules)
    return office


class PlainReader(Reader):
    """Reads such files where a real reader would read pictures; all else about it is real."""

    def __init__(self, settings: Settings, scans: Path, office: Office) -> None:
        self._settings = settings
        self._scans = open_scans(scans, settings.path("outputs"))
        self._office = office

    def _documents(
        self, files: list[FileStat], current: list[FileStat], portion: Portion
    ) -> tuple[list[ReadDocument], int]:
        documents: list[Record] = []
        arranged: dict[str, list[Record]] = {}
        arrangements = {page: a.id for a in portion.arrangements for page in a.pages}
        facts: list[PageFacts] = []
        for stat in files:
            current.append(stat)
            content = json.loads(self._locate(stat).read_bytes())
            self._office.read_files.append(stat.path)
            self._office.during(stat.path)
            if "fault" in content:
                raise FileError("请重新扫描。", code=content["fault"])
            for number, written in enumerate(content["pages"], start=1):
                if number not in portion.pages.get(stat.sha256, [number]):
                    continue
                facts.append(PageFacts(stat.path, number, blank=bool(written.get("blank"))))
                arrangement = arrangements.get((stat.sha256, number))
                if arrangement is None:
                    _add(documents, stat, number, written)
                else:
                    _add(arranged.setdefault(arrangement, []), stat, number, written, whole=True)
            self._locate(stat)
        documents += [records[0] for records in arranged.values()]
        for record in documents:
            numbers = [[f.number for f in facts if f.file == file and _holds(record, f)] for file in record.files]
            record.document_id = document_id(record.sha256, numbers)
        return [ReadDocument(record, 0.1, [f for f in facts if _holds(record, f)]) for record in documents], len(facts)


def _add(documents: list[Record], stat: FileStat, number: int, written: Page, *, whole: bool = False) -> None:
    """Put a page to the documents read so far; ``whole`` never begins another one."""
    if not documents or (written.get("type") and not whole):
        documents.append(Record("", written.get("type") or "unknown", [], [], [], DocumentStatus.ACCEPTED))
    record = documents[-1]
    if stat.path not in record.files:
        record.files.append(stat.path)
        record.sha256.append(stat.sha256)
        record.pages.append([])
    if written.get("blank"):
        record.blank.append((stat.path, number))
    else:
        record.pages[-1].append(number)
    for key, value in written.get("fields", {}).items():
        status = FieldStatus.REVIEW if key.endswith("?") else FieldStatus.ACCEPTED
        record.fields[key.rstrip("?")] = FieldValue(value, value, 0.99, status, stat.path, number, _QUAD)


def _holds(record: Record, facts: PageFacts) -> bool:
    pages = dict(zip(record.files, record.pages, strict=True))
    return facts.number in pages.get(facts.file, ()) or (facts.file, facts.number) in record.blank


@dataclass(frozen=True, slots=True)
class _PlainPool(Pool):
    """Reads in this process, one piece of work after another."""

    reader: PlainReader | None = None

    def read_all(self, work: Sequence[Work], pages: Callable[[Work], int]) -> Iterator[tuple[Work, Outcome]]:
        assert self.reader is not None
        for item in work:
            if self.stop():
                return
            yield item, self.reader.read(item.every, item.portion)
