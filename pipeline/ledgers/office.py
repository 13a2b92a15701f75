"""What an office's workbooks show besides its records, and how it wants them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from pipeline.ledgers.kept import SheetKept
from pipeline.ledgers.matches import Decisions
from pipeline.ledgers.table import Link, Picture
from pipeline.records import Record
from pipeline.settings import OFFICE_COLUMNS
from pipeline.sheets import Quad


@dataclass(frozen=True, slots=True)
class Ink:
    """Where a value stands: on a page (from 1) of the content ``sha256``, in pixels of that page as scanned."""

    sha256: str
    page: int
    quad: Quad


def no_pictures(inks: Sequence[Ink]) -> Mapping[Ink, Picture]:
    """For workbooks without pictures."""
    return {}


@dataclass(frozen=True, slots=True)
class Office:
    """``originals`` says where each archived content lies, relative to the workbooks' folder.

    ``notes`` are what people wrote into their own columns: text by heading, by the key of the row. ``added`` are rows
    of theirs, texts by heading, by the place of the table (:func:`pipeline.ledgers.handmade.place_of`). ``picture``
    cuts the ink of a value out of its scan, and is asked for the first ``pictures`` rows of 待核对. ``kept`` is what
    people changed of the look of sheets, by file name and sheet name. ``decisions`` are what they said of which
    feedback belongs to which claim. With ``by_community`` each community has a sheet of its own besides.
    """

    audit_url: str = ""
    columns: tuple[str, ...] = OFFICE_COLUMNS
    by_community: bool = False
    originals: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    added: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)
    cut: Callable[[Sequence[Ink]], Mapping[Ink, Picture]] = no_pictures
    pictures: int = 0
    kept: Mapping[str, Mapping[str, SheetKept]] = field(default_factory=dict)
    decisions: Decisions = field(default_factory=dict)

    def original(self, record: Record) -> Link | None:
        """The link to a document's scan, the first of several."""
        more = len(dict.fromkeys(record.sha256))
        return self.scan(record.sha256[0], "原件" if more == 1 else f"原件（共{more}个）") if more else None

    def scan(self, sha256: str, text: str = "原件") -> Link | None:
        """The link to a content; ``None`` where it is not in the archive."""
        target = self.originals.get(sha256)
        return Link(text, target) if target else None

    def audited(self, document_id: str) -> Link | None:
        """The link to the document on the audit page."""
        return Link("核对", f"{self.audit_url}/documents/{quote(document_id, safe='')}") if self.audit_url else None

    def written(self, key: str) -> tuple[str | None, ...]:
        """What people wrote beside a row, column by column."""
        noted = self.notes.get(key, {})
        return tuple(noted.get(title) for title in self.columns)
