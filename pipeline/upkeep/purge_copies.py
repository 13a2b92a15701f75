"""What purged documents left in copies of the ledgers: tables, workbooks for circulation, filled templates, editions.

Copies that can be made again at any time are removed. An edition cannot: the rows of what was purged are taken out of
its tables, so that later editions can still be compared with it, and its workbooks are removed, which nobody can take
rows out of without trace.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.batch.edition_folder import (
    FOLDER,
    MANIFEST,
    TABLES,
    Edition,
    described,
    editions,
    writable,
    write_manifest,
)
from pipeline.batch.editions import COMPARED
from pipeline.batch.ways_out import COPIES
from pipeline.ledgers.difference import document_of
from pipeline.ledgers.feedback import CLAIMS_SHEET
from pipeline.ledgers.table import Use
from pipeline.store import Action, Store

_UNREADABLE = (OSError, ValueError, KeyError)
"""What reading a damaged table raises; pyarrow's errors are among them."""


@dataclass(slots=True)
class Copies:
    """What was destroyed of copies: ``files`` that can be made again, ``editions`` by name; ``left`` what could not."""

    files: int = 0
    editions: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def editions_with(outputs: Path, documents: Collection[str]) -> list[str]:
    """The editions that show any of some documents; also those whose tables cannot be read."""
    found = []
    for edition in editions(outputs):
        try:
            shows = any(document in documents for document in _documents(edition))
        except _UNREADABLE:
            shows = True
        if shows:
            found.append(edition.name)
    return found


def destroy_copies(store: Store, outputs: Path, before: datetime) -> Copies:
    """Destroy what copies hold of documents that were first read before a moment and are no more.

    To be called after the purge, and again by the next one if it is interrupted: what is to be destroyed follows from
    what the database knows.
    """
    copies = Copies()
    last = max((entry.time for entry in store.audit_entries(action=Action.PURGED)), default=None)
    if last is None:
        return copies
    for path in _copies(outputs):
        # What was made after the purge shows nothing of it.
        if datetime.fromtimestamp(path.stat().st_mtime, UTC) <= last and _remove(path, outputs, copies.left):
            copies.files += 1
    present = {source.document_id for source in store.document_sources()}
    is_purged = _purged(store, present, before)
    for edition in editions(outputs):
        try:
            if any(is_purged(document) for document in _documents(edition)):
                copies.editions.append(edition.name)
                _cleanse(store, edition, outputs, is_purged, copies.left)
        except _UNREADABLE:
            copies.left.append(f"{FOLDER}/{edition.name}（读不了，请自行检查、删除）")
    return copies


def _copies(outputs: Path) -> Iterator[Path]:
    for name in COPIES:
        yield from (path for path in sorted((outputs / name).glob("*")) if path.is_file())
    yield from sorted((outputs / FOLDER).glob(f"{COMPARED}*.xlsx"))


def _purged(store: Store, present: Collection[str], before: datetime) -> Callable[[str], bool]:
    """Whether a document that a copy shows was purged: others may be gone too, taken apart or put together anew."""
    known: dict[str, bool] = {}

    def is_purged(document: str) -> bool:
        if document in present:
            return False
        if document not in known:
            read = store.audit_entries(document_id=document, action=Action.DOCUMENT_READ, limit=1)
            known[document] = not read or read[0].time < before
        return known[document]

    return is_purged


def _documents(edition: Edition) -> set[str]:
    """The documents that the rows of an edition are of."""
    found: set[str] = set()
    for table in edition.manifest["tables"]:
        if table["sheet"] != CLAIMS_SHEET:  # its rows go by the numbers of claims
            found.update(document_of(key) for key in _keys(_frame(edition, table)) if key)
    return found


def _cleanse(store: Store, edition: Edition, outputs: Path, is_purged: Callable[[str], bool], left: list[str]) -> None:
    """The workbooks first and the manifest last: another run then finds what an interrupted one left."""
    for path in sorted(edition.folder.glob("*.xlsx")):
        _remove(path, outputs, left)
    tables = sorted(edition.manifest["tables"], key=lambda table: table["sheet"] != CLAIMS_SHEET)
    for table in tables:
        frame = _frame(edition, table)
        keys = _keys(frame)
        known = store.claims_numbered([key for key in keys if key]) if table["sheet"] == CLAIMS_SHEET else None
        staying = [not key or (key in known if known is not None else not is_purged(document_of(key))) for key in keys]
        if not all(staying):
            _replace(edition.folder / TABLES / table["file"], partial(_write_frame, frame, staying))
    listed = [
        {**table, **described(edition.folder / TABLES / table["file"], rows=len(_frame(edition, table)))}
        for table in edition.manifest["tables"]
    ]
    purged = datetime.now(UTC).isoformat(timespec="seconds")
    manifest = {**edition.manifest, "workbooks": [], "tables": listed, "purged": purged}
    _replace(edition.folder / MANIFEST, lambda path: write_manifest(path, manifest))


def _write_frame(frame: pd.DataFrame, staying: list[bool], path: Path) -> None:
    rest = frame[staying].reset_index(drop=True)
    rest.attrs = frame.attrs
    rest.to_parquet(path, index=False)


def _frame(edition: Edition, table: dict[str, Any]) -> pd.DataFrame:
    return pd.read_parquet(edition.folder / TABLES / table["file"])


def _keys(frame: pd.DataFrame) -> list[str]:
    title = next(d["title"] for d in frame.attrs["columns"] if d["use"] == Use.KEY.name)
    return [str(key) for key in frame[title].fillna("")]  # rows that people wrote themselves have none


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write(aside)
        aside.chmod(path.stat().st_mode & 0o777)
        aside.replace(writable(path))
    finally:
        aside.unlink(missing_ok=True)


def _remove(path: Path, outputs: Path, left: list[str]) -> bool:
    try:
        writable(path).unlink()
    except OSError as error:
        left.append(f"{path.relative_to(outputs).as_posix()}（{error.strerror}）")
        return False
    return True
