"""What must be true of an outputs folder once a batch has ended undisturbed, whatever happened before."""

from __future__ import annotations

import functools
import hashlib
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pipeline.batch.office import load_rules
from pipeline.batch.office_view import office_of
from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.intake.archive import Archive
from pipeline.intake.folder import list_scans
from pipeline.ledgers.export import RECORDS_FILE, write_all
from pipeline.records import Record
from pipeline.settings import load_settings
from pipeline.store import FileState
from tests.faults.batches import Office
from tests.faults.readings import Recorded

_LEFTOVERS = ("*.part", "*.tmp", ".batch.json")
_ODD = {"document_reread", "document_removed", "document_superseded", "document_relinked", "file_gone"}
_OF_THE_ENGINE = {".ses"}  # ONNX Runtime's own, the same one from run to run


@dataclass(frozen=True, slots=True)
class Expected:
    """What an undisturbed batch makes of some documents.

    ``files`` gives the hash of each file put into the folder, ``bad`` and ``copies`` those of them that
    cannot be read or are there twice; ``sources`` are the hash and number of every page, ``jsonl`` the records.
    """

    files: dict[str, str]
    bad: frozenset[str]
    copies: frozenset[str]
    documents: frozenset[str]
    sources: frozenset[tuple[str, int]]
    jsonl: bytes


def expect(office: Office, recorded: Recorded) -> Expected:
    """What to expect, by the readings and by an office where a batch ran undisturbed."""
    files = {f.path: _hash(office.documents / f.path) for f in list_scans(office.documents).files}
    pieces = [key for key in recorded if not any(set(key) < set(other) for other in recorded)]
    records = [document.record for key in pieces for document in recorded[key].documents]
    bad = {f.file.sha256 for key in pieces for f in recorded[key].failures}
    first: dict[str, str] = {}
    for name, sha256 in files.items():
        first.setdefault(sha256, name)
    return Expected(
        files,
        frozenset(name for name, sha256 in files.items() if sha256 in bad),
        frozenset(name for name, sha256 in files.items() if first[sha256] != name),
        frozenset(record.document_id for record in records),
        frozenset(source for record in records for source in _sources(record)),
        (office.outputs / RECORDS_FILE).read_bytes(),
    )


def faults(office: Office, expected: Expected, *, moved: bool, may_tell: Collection[str] = ()) -> list[str]:
    """Everything that is not as it must be, in words; ``may_tell`` are deeds the audit log may tell of besides."""
    return [
        *_of_database(office.outputs / "pipeline.db", may_tell),
        *_of_documents(office, expected),
        *_of_files(office, expected, moved=moved),
        *_of_originals(office, expected, moved=moved),
        *_of_outputs(office, expected),
        *_leftovers(office),
    ]


def _of_database(path: Path, may_tell: Collection[str]) -> Iterator[str]:
    """The file is sound, and the log has every number once and every document read once."""
    with closing(sqlite3.connect(path)) as connection:
        for (line,) in connection.execute("PRAGMA integrity_check"):
            if line != "ok":
                yield f"database: {line}"
        for row in connection.execute("PRAGMA foreign_key_check"):
            yield f"database: foreign key of {row[0]}"
        numbers = [seq for (seq,) in connection.execute("SELECT seq FROM audit_log ORDER BY seq")]
        if numbers != list(range(1, len(numbers) + 1)):
            yield f"audit log: {len(numbers)} lines, numbered to {numbers[-1] if numbers else 0}"
        read = dict(
            connection.execute(
                "SELECT document_id, count(*) FROM audit_log WHERE action = 'document_read' GROUP BY document_id"
            )
        )
        stored = {row[0] for row in connection.execute("SELECT document_id FROM documents")}
        if set(read) != stored:
            yield f"audit log: {len(read)} documents read, {len(stored)} stored"
        yield from (f"audit log: {name} read {n} times" for name, n in read.items() if n != 1)
        told = dict(connection.execute("SELECT action, count(*) FROM audit_log GROUP BY action").fetchall())
        yield from (
            f"audit log: {told[action]} times {action}" for action in sorted(_ODD & told.keys() - set(may_tell))
        )
        unfinished = connection.execute("SELECT count(*) FROM batches WHERE finished IS NULL AND id = "
                                        "(SELECT max(id) FROM batches)").fetchone()[0]  # fmt: skip
        if unfinished:
            yield "database: the last batch is not noted as finished"


def _of_documents(office: Office, expected: Expected) -> Iterator[str]:
    """Every document once, by its id and by its pages."""
    with office.store() as store:
        records = list(store.records())
    ids = Counter(record.document_id for record in records)
    yield from (f"document {name}: recorded {n} times" for name, n in ids.items() if n != 1)
    yield from (f"document {name}: missing" for name in sorted(expected.documents - set(ids)))
    yield from (f"document {name}: nobody knows it" for name in sorted(set(ids) - expected.documents))
    pages = Counter(source for record in records for source in _sources(record))
    yield from (f"page {p} of {s[:12]}: in {n} documents" for (s, p), n in pages.items() if n != 1)
    yield from (f"page {p} of {s[:12]}: missing" for s, p in sorted(expected.sources - set(pages)))


def _of_files(office: Office, expected: Expected, *, moved: bool) -> Iterator[str]:
    """Every file has the state it must have, and what cannot be read a note with its copy."""
    with closing(sqlite3.connect(office.outputs / "pipeline.db")) as connection:
        states = {path: (state, taken) for path, state, taken in
                  connection.execute("SELECT path, state, taken FROM source_files")}  # fmt: skip
    for name in expected.files:
        wanted = (
            FileState.QUARANTINED if name in expected.bad
            else FileState.DUPLICATE if name in expected.copies
            else FileState.PROCESSED
        )  # fmt: skip
        state, taken = states.pop(name, ("unknown", False))
        if state != wanted.value or bool(taken) != moved:
            yield f"file {name}: {state}{' taken' if taken else ''}, not {wanted.value}{' taken' if moved else ''}"
    yield from (f"file {name}: nobody put it there" for name in states)
    noted = set(office.notes())
    if noted != expected.bad:
        yield f"quarantine: notes of {sorted(noted)}, not of {sorted(expected.bad)}"
    copies = {p.name for p in (office.outputs / "quarantine").glob("*") if p.suffix != ".json"}
    if len(copies) != len(expected.bad):
        yield f"quarantine: {len(copies)} copies of {len(expected.bad)} files"


def _of_originals(office: Office, expected: Expected, *, moved: bool) -> Iterator[str]:
    """No original is missing: the folder is untouched, or all of it lies in the archive and in quarantine."""
    there = {p.name: _hash(p) for p in office.scans.rglob("*") if p.is_file()}
    if there != ({} if moved else expected.files):
        missing = sorted(set(expected.files) - set(there)) if not moved else []
        extra = sorted(set(there) - (set() if moved else set(expected.files)))
        yield f"scans: missing {missing}, too many {extra}, or changed"
    archived = {}
    for path in Archive(office.outputs).contents():
        archived[path.name.partition(".")[0]] = path
        if _hash(path) != path.name.partition(".")[0]:
            yield f"archive: {path.name} is not what its name says"
    wanted = {sha256 for name, sha256 in expected.files.items() if name not in expected.bad}
    yield from (f"archive: {sha256[:12]} missing" for sha256 in sorted(wanted - set(archived)))
    yield from (f"archive: {sha256[:12]} does not belong there" for sha256 in sorted(set(archived) - wanted))
    with office.store() as store:
        pending = store.pending_originals()
        noted = {original.sha256 for original in store.archived_originals()}
    if pending or noted != wanted:
        yield f"originals: {len(pending)} still to be archived, {len(noted)} of {len(wanted)} noted as archived"


def _of_outputs(office: Office, expected: Expected) -> Iterator[str]:
    """The outputs are what the database gives, and that is what it gives undisturbed."""
    forms, dictionaries = _rules()
    with tempfile.TemporaryDirectory() as folder, office.store() as store:
        view = office_of(store, office.settings())
        for path in write_all(store.records, forms, dictionaries, Path(folder), office=view):
            written = office.outputs / path.name
            if not written.is_file():
                yield f"{path.name}: missing"
            elif written.read_bytes() != path.read_bytes():
                yield f"{path.name}: not what the database gives"
    if (office.outputs / RECORDS_FILE).read_bytes() != expected.jsonl:
        yield f"{RECORDS_FILE}: not what an undisturbed batch gives"


def _leftovers(office: Office) -> Iterator[str]:
    for pattern in _LEFTOVERS:
        for path in sorted(office.outputs.rglob(pattern)):
            yield f"left behind: {path.relative_to(office.root)}"
    for path in sorted(p for p in office.temporary.iterdir() if p.name not in _OF_THE_ENGINE):
        yield f"left behind: {path.relative_to(office.root)}"


@functools.cache
def _rules() -> tuple[Forms, Dictionaries]:
    return load_rules(load_settings())


def _sources(record: Record) -> Iterator[tuple[str, int]]:
    of_file = dict(zip(record.files, record.sha256, strict=True))
    for sha256, numbers in zip(record.sha256, record.pages, strict=True):
        yield from ((sha256, number) for number in numbers)
    yield from ((of_file[file], number) for file, number in record.blank)


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
