"""A small store for the index: documents of the ledgers' samples, saved as a batch saves them."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import update

from pipeline.audit.index import Filter, Index
from pipeline.records import FieldValue, Record, document_id
from pipeline.scanned import FileStat
from pipeline.store import Store, open_store, sqlite_url
from pipeline.store.schema import DocumentRow
from tests.ledgers.ledgers_samples import DICTIONARIES, FORMS

ANY = Filter()
DAY = dt.datetime(2026, 3, 1, 4, tzinfo=dt.UTC)


_BUILT: list[Index] = []


@functools.cache
def _empty() -> bytes:
    """A database with tables and nothing in them: making one takes a third of a second."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "p.db"
        open_store(sqlite_url(path)).close()
        return path.read_bytes()


@contextmanager
def new_store(folder: Path) -> Iterator[Store]:
    """An empty store; indexes built on it are closed with it."""
    (folder / "p.db").write_bytes(_empty())
    with open_store(sqlite_url(folder / "p.db")) as opened, closing_indexes():
        yield opened


@contextmanager
def closing_indexes() -> Iterator[None]:
    yield
    while _BUILT:
        _BUILT.pop().close()


def save(store: Store, record: Record, *, day: int | None = None) -> str:
    """Save a record as read from a file of its own, on the given day after :data:`DAY`; its id."""
    record.sha256 = [hashlib.sha256(record.files[0].encode()).hexdigest()]
    record.document_id = document_id(record.sha256, record.pages)
    store.save_record(record, files=[FileStat(record.files[0], record.sha256[0], 1, 1)])
    if day is not None:
        moment = DAY + dt.timedelta(days=day)
        with store.writing() as connection:
            here = DocumentRow.document_id == record.document_id
            connection.execute(update(DocumentRow).where(here).values(read_at=moment))
    return record.document_id


def doubtful(value: Any, *codes: str, confidence: float = 0.6) -> FieldValue:
    found = FieldValue(value, str(value or ""), confidence, issues=list(codes))
    found.quad = ((10.0, 10.0), (90.0, 10.0), (90.0, 30.0), (10.0, 30.0))
    return found


def build(store: Store) -> Index:
    index = Index(store, FORMS, DICTIONARIES)
    _BUILT.append(index)
    index.wait()
    return index


def queue(index: Index, f: Filter = ANY) -> list[tuple[str, str]]:
    """The queue as documents' files and paths."""
    return [(doubt.card.file, doubt.path) for doubt in index.queue(f, 0, 1000).items]


def same(one: Index, other: Index) -> bool:
    """Whether two indexes answer alike."""
    asked = ("张", "zj", "370811198003154518", "法院", "4518")
    return (
        one.queue(ANY, 0, 1000) == other.queue(ANY, 0, 1000)
        and one.facets(ANY) == other.facets(ANY)
        and one.documents(ANY, 0, 1000) == other.documents(ANY, 0, 1000)
        and one.glyph_counts() == other.glyph_counts()
        and all(one.search(text, 1000) == other.search(text, 1000) for text in asked)
        and all(
            one.strip("member_registration", key, open_only=False, limit=1000)
            == other.strip("member_registration", key, open_only=False, limit=1000)
            for key in ("name", "id_number")
        )
    )
