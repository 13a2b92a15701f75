"""An office as batches leave it, without their reading: documents, originals, corrections, a quarantined file."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Text, column, select, table

from pipeline.batch.crosscheck import cross_check
from pipeline.batch.exports import export
from pipeline.batch.office import load_rules
from pipeline.batch.run import open_database
from pipeline.intake.archive import Archive
from pipeline.intake.quarantine import quarantine
from pipeline.records import DocumentStatus, FieldStatus, Record
from pipeline.scanned import FileStat, PageFacts, ReadDocument
from pipeline.settings import Settings
from pipeline.store import MATCHED, RENEWED, WRITTEN, Store, audit, batches, corrections, files, originals, saving
from pipeline.store.columns import JsonText, PlainText
from pipeline.store.originals import suffix_of
from pipeline.store.schema import Base
from tests.store import postgres_server
from tests.support.folders import Folders, record_of

BACKENDS = ["sqlite", "postgresql"] if postgres_server.available() else ["sqlite"]
SCANS = Path(__file__).resolve().parents[2] / "scans"
PASSPHRASE = "红 horse 电池 staple"
ID_NUMBER, PHONE = "370811198003154510", "13812345678"


class Office(Folders):
    """Folders with a database, and how to fill them."""

    def __init__(self, root: Path, url: str = "") -> None:
        super().__init__(root)
        self.root = root
        self.url = url

    def settings(self, **sections: Any) -> Settings:
        return super().settings(**({"database": {"url": self.url}} if self.url else {}), **sections)

    def store(self) -> Store:
        return open_database(self.settings())

    @property
    def options(self) -> list[str | Path]:
        """What every command is told."""
        return ["--outputs", self.outputs, *(["--database", self.url] if self.url else [])]

    @property
    def database(self) -> Path:
        return self.outputs / "pipeline.db"

    def read(
        self,
        name: str,
        /,
        *,
        content: bytes | str = b"",
        doc_type: str = "member_registration",
        status: DocumentStatus = DocumentStatus.ACCEPTED,
        supersedes: str = "",
        archived: bool = True,
        **fields: Any,
    ) -> Record:
        """A document of one page as if read from a file of this name."""
        stat = self.put(name, content or (SCANS / name).read_bytes())
        return self.save(stat, doc_type=doc_type, status=status, supersedes=supersedes, archived=archived, **fields)

    def save(
        self,
        *stats: FileStat,
        doc_type: str = "member_registration",
        status: DocumentStatus = DocumentStatus.ACCEPTED,
        supersedes: str = "",
        archived: bool = True,
        **fields: Any,
    ) -> Record:
        record = record_of(doc_type, *stats, **(fields or {"name": "王建国"}))
        record.status = status
        if status is DocumentStatus.REVIEW:
            next(iter(record.fields.values())).status = FieldStatus.REVIEW
        pages = [PageFacts(stat.path, 1, 1000, 1400, 200.0, 0.9) for stat in stats]
        replaced = {supersedes: record.document_id} if supersedes else {}
        with self.store() as store:
            batch = store.start_batch()
            store.save_documents(
                [ReadDocument(record, 1.5, pages, "1")], files=stats, batch_id=batch, supersedes=replaced
            )
            if archived:
                for stat in stats:
                    Archive(self.outputs).keep(self.scans / stat.path, stat.sha256, suffix_of(stat.path))
                store.mark_archived([stat.sha256 for stat in stats])
            store.finish_batch(batch, {"failed": [{"file": "坏.jpg", "code": "corrupt_file", "message": "坏了"}]})
        return record

    def fail(self, name: str, content: str = "not a scan") -> FileStat:
        """A file that went to quarantine."""
        stat = self.put(name, content)
        quarantine(self.scans / name, name, stat.sha256, "not_an_image", "不是图片", self.outputs)
        with self.store() as store:
            store.save_failure(stat, "not_an_image", "不是图片")
        return stat

    def export(self) -> None:
        settings = self.settings()
        forms, dictionaries = load_rules(settings)
        with self.store() as store:
            cross_check(store, forms, dictionaries)
            export(store, forms, dictionaries, settings)

    def fill(self) -> Office:
        """Some of everything."""
        first = self.read("党员登记表_平板扫描.jpg", name="王建国", id_number=ID_NUMBER, phone=PHONE)
        self.read(
            "单位登记表_传真.png", doc_type="unit_registration", status=DocumentStatus.REVIEW, unit_name="科苑小学"
        )
        pages = [self.put(name, (SCANS / name).read_bytes()) for name in ("共建协议_1.jpg", "共建协议_2.jpg")]
        self.save(*pages, doc_type="agreement", party_a="社区\x00\x10党委", party_b=None)
        blurred = self.read("旧.jpg", content="blurred", name="玉建国")
        self.read("新.jpg", content="sharp", supersedes=blurred.document_id, name="王建军", phone="13900000000")
        self.fail("坏.txt")
        with self.store() as store:
            store.correct(first.document_id, "name", "王建囯", "李核对", 1)
            store.keep("something", {"kept": ["值"]})
        (self.outputs / "calibration.json").write_text('{"examples": 1}', encoding="utf-8")
        (self.outputs / "dictionaries").mkdir()
        (self.outputs / "dictionaries" / "units.csv").write_text("name,aliases\n科苑小学,科苑小\n", encoding="utf-8")
        self.export()
        for path in self.outputs.rglob("*"):
            path.chmod(0o750 if path.is_dir() else 0o640)
        return self


def copied(office: Office, root: Path) -> Office:
    """Another office with the same files."""
    shutil.copytree(office.root, root, dirs_exist_ok=True)
    copy = Office.__new__(Office)
    copy.root, copy.url, copy.scans, copy.outputs = root, office.url, root / "scans", root / "outputs"
    return copy


def rows(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table as it is stored, in one order; but for what says by which rules, up to which line of the
    log and in which file the last work across documents was done."""
    passed = (MATCHED, RENEWED, WRITTEN)
    found = {}
    with store.reading() as connection:
        for whole in Base.metadata.sorted_tables:
            columns = [
                column(c.name, Text() if isinstance(c.type, PlainText | JsonText) else c.type) for c in whole.columns
            ]
            lines = connection.execute(select(table(whole.name, *columns)))
            found[whole.name] = sorted((tuple(line) for line in lines if line[0] not in passed), key=repr)
    return found


def files_under(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def listing(folder: Path) -> set[str]:
    """Everything in a folder but the lock, which stays."""
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.name != ".batch.lock"}


@contextmanager
def at(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The store's clock stands at a moment."""
    with monkeypatch.context() as patch:
        for module in (audit, batches, corrections, files, originals, saving):
            patch.setattr(module, "now", lambda: moment)
        yield


def execute(database: Path, *statements: str) -> None:
    """Change a SQLite database past the program."""
    with closing(sqlite3.connect(database)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
