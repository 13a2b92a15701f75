"""A pair of scans and outputs folders as a batch has them, with the real store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.intake.folder import hash_file
from pipeline.records import DocumentStatus, FieldStatus, FieldValue, Record, document_id
from pipeline.scanned import FileStat, ReadDocument
from pipeline.settings import Settings, load_settings
from pipeline.store import Store, open_store, sqlite_url


class Folders:
    """``scans`` and ``outputs`` under one folder, which need not exist yet."""

    def __init__(self, root: Path) -> None:
        self.scans = root / "scans"
        self.outputs = root / "outputs"
        self.scans.mkdir(parents=True)
        self.outputs.mkdir()

    def settings(self, **sections: dict[str, Any]) -> Settings:
        folders = {"scans": self.scans, "outputs": self.outputs, **sections.pop("folders", {})}
        return load_settings(folders=folders, **sections)

    def put(self, name: str, content: bytes | str) -> FileStat:
        """Write a file into the scans folder."""
        path = self.scans / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self.stat(name)

    def stat(self, name: str) -> FileStat:
        path = self.scans / name
        info = path.stat()
        return FileStat(name, hash_file(path), info.st_size, info.st_mtime_ns)

    def store(self) -> Store:
        return open_store(sqlite_url(self.outputs / "pipeline.db"))

    def records(self) -> list[dict[str, Any]]:
        lines = (self.outputs / "records.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def notes(self) -> dict[str, dict[str, str]]:
        """The quarantine notes by file; what is a note is known by its keys."""
        found = [json.loads(p.read_text(encoding="utf-8")) for p in (self.outputs / "quarantine").glob("*.json")]
        return {note["file"]: note for note in found}

    def named(self) -> set[str]:
        """Every file that records or quarantine notes name."""
        sources = [record["source"] for record in self.records()]
        return {f for s in sources for f in (*s["files"], *s.get("duplicates", ()))} | set(self.notes())

    def files(self) -> set[str]:
        """Every file of the scans folder."""
        return {p.relative_to(self.scans).as_posix() for p in self.scans.rglob("*") if p.is_file()}


def record_of(doc_type: str, *files: FileStat, **fields: Any) -> Record:
    """A record of plain values, as if read from ``files``, one page each."""
    hashes, pages = [f.sha256 for f in files], [[1] for _ in files]
    quad = ((10.0, 20.0), (200.0, 20.0), (200.0, 50.0), (10.0, 50.0))
    record = Record(document_id(hashes, pages), doc_type, [f.path for f in files], hashes, pages)
    record.fields = {
        key: FieldValue(value, str(value), 0.99, FieldStatus.ACCEPTED, files[0].path, 1, quad)
        for key, value in fields.items()
    }
    record.status = DocumentStatus.ACCEPTED
    return record


def save(store: Store, *files: FileStat, record: Record | None = None) -> Record:
    """Note that ``files`` were read, as one document."""
    record = record or record_of("unknown", *files)
    store.save_documents([ReadDocument(record)], files=files)
    return record
