"""What the index is asked and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from pipeline.records import FieldStatus, Value
from pipeline.sheets import Quad

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which doubts or documents are asked for; what is empty does not restrict.

    ``community`` is a name as the facets give it, ``reason`` a code of the record contract; the days are those
    on which documents were read, both ends included. ``text`` stands in a value, or in the file's name.
    """

    doc_type: str | None = None
    community: str | None = None
    reason: str | None = None
    day_from: date | None = None
    day_to: date | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A stretch of a list, and how long the whole is."""

    items: list[T]
    total: int


@dataclass(frozen=True, slots=True)
class Card:
    """A document as lists show it: ``title`` is its form's, ``label`` whom or what it is about.

    ``day`` is the local day on which it was read, ``file`` its first file, ``doubts`` how many questions are open.
    """

    document_id: str
    doc_type: str
    title: str
    label: str
    community: str
    day: date
    status: str
    revision: int
    file: str
    pages: int
    doubts: int


@dataclass(frozen=True, slots=True)
class FieldRef:
    """A field as it stands in the database, with its place on the page; values are not masked.

    ``type`` is the field's type (empty for a field that its form does not define), ``text`` the value as staff
    read it. ``quad`` is in pixels of the page as scanned. ``centres`` says for each character of what was read where it
    stands along the quad's top edge (0..1), ``None`` for one not on the paper; empty where nothing is known.
    """

    document_id: str
    doc_type: str
    path: str
    title: str
    type: str
    value: Value
    text: str
    status: FieldStatus
    confidence: float
    codes: tuple[str, ...]
    revision: int
    file: str
    sha256: str
    page: int
    quad: Quad | None
    centres: tuple[float | None, ...]
    alternatives: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something a person has to decide: a doubtful field, or (``path`` empty, no ``field``) a question of a document.

    ``problem`` and ``advice`` are what staff read; ``codes`` what it is in doubt for, which for a document is one.
    """

    card: Card
    path: str
    title: str
    codes: tuple[str, ...]
    problem: str
    advice: str
    field: FieldRef | None

    @property
    def document_id(self) -> str:
        return self.card.document_id

    @property
    def doc_type(self) -> str:
        return self.card.doc_type

    @property
    def status(self) -> FieldStatus | None:
        return self.field.status if self.field else None


@dataclass(frozen=True, slots=True)
class Facet:
    """One value to filter by, and how many doubts there are with it."""

    key: str
    title: str
    count: int


@dataclass(frozen=True, slots=True)
class Facets:
    """What a filter may be narrowed to. Each list heeds the rest of the filter, and not its own part of it."""

    types: Sequence[Facet]
    communities: Sequence[Facet]
    reasons: Sequence[Facet]
    days: Sequence[Facet]


@dataclass(frozen=True, slots=True)
class GlyphRef:
    """One character of a field: which of its characters (from 0), and where it stands along the quad (0..1)."""

    field: FieldRef
    position: int
    char: str
    centre: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A value that a search found; ``title`` is the field's, ``date`` the day its document was read."""

    document_id: str
    doc_type: str
    path: str
    title: str
    type: str
    value: str
    community: str
    date: date
