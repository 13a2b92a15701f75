"""Documents out of the database for the index: only what it holds, in one pass."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, Text, false, func, select, type_coerce

from pipeline.audit.index.communities import Communities
from pipeline.audit.index.entries import CORRECTED, GLYPH_TYPES, STATUSES, Entry, Layout, Layouts
from pipeline.audit.index.inked import inked
from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.records import ADVISORY_DOCUMENT_CODES, Code, DocumentStatus, FieldStatus
from pipeline.store.overlay import SETTLED
from pipeline.store.schema import CorrectionRow, DocumentFileRow, DocumentRow, FieldRow, IssueRow, PageRow

if TYPE_CHECKING:
    _Select = Select[*tuple[Any, ...]]
else:
    _Select = Select

_ROWS = 2000  # fetched at a time: a year's fields need not be in memory twice
_NUMBERS = {status.value: number for number, status in enumerate(STATUSES)}


class Loader:
    """Reads entries."""

    def __init__(self, forms: Forms, dictionaries: Dictionaries) -> None:
        self._forms = forms
        self._layouts = Layouts(forms)
        self._communities = Communities(forms, dictionaries)
        self._codes: dict[tuple[str, ...], tuple[str, ...]] = {}

    def load(self, connection: Connection, ids: Sequence[str] | None = None) -> Iterator[Entry]:
        """All current documents, or those of ``ids`` that are current."""
        documents = {row.document_id: row for row in connection.execute(_documents(ids))}
        files = dict(_pairs(connection, _first_files(ids)))
        pages = dict(_pairs(connection, _page_counts(ids)))
        settled = self._settled(connection, ids)
        issues = self._issues(connection, ids, settled)
        left = set(documents)
        fields = connection.execute(_fields(ids).execution_options(yield_per=_ROWS))
        for document_id, rows in groupby(fields, key=attrgetter("document_id")):
            document = documents.get(document_id)
            if document is None:
                continue  # superseded
            left.discard(document_id)
            yield self._entry(document, list(rows), issues[document_id], files, pages, settled)
        for document_id in sorted(left):  # without a single field
            yield self._entry(documents[document_id], [], issues[document_id], files, pages, settled)

    def _entry(
        self,
        document: Any,
        rows: list[Any],
        issues: dict[str, tuple[str, ...]],
        files: dict[str, str],
        pages: dict[str, int],
        settled: dict[str, set[str]],
    ) -> Entry:
        document_id = document.document_id
        layout = self._layouts.of(document.doc_type, tuple(row.path for row in rows))
        values = [row.value for row in rows]
        return Entry(
            document_id,
            layout,
            status=document.status,
            revision=document.revision,
            read=document.read_at.timestamp(),
            file=files.get(document_id, ""),
            pages=pages.get(document_id, 0),
            values=values,
            statuses=bytes(_NUMBERS[row.status] for row in rows),
            confidences=[row.confidence for row in rows],
            codes={layout.places[path]: codes for path, codes in issues.items() if path in layout.places},
            questions=self._questions(document, issues.get("", ()), rows, settled.get(document_id, set())),
            community=self._communities.of(document.doc_type, dict(zip(layout.paths, values, strict=True))),
            glyphs=_glyphs(layout, rows),
        )

    def _questions(
        self, document: Any, codes: tuple[str, ...], rows: Sequence[Any], settled: set[str]
    ) -> tuple[str, ...]:
        """What is asked of the document as a whole; never nothing where nothing else says why it is in review."""
        if document.status == DocumentStatus.ACCEPTED.value:
            return ()
        unknown = Code.UNKNOWN_DOCUMENT.value
        if document.doc_type not in self._forms and unknown not in (*codes, *settled):
            codes = (*codes, unknown)
        asked = any(row.status in (FieldStatus.REVIEW.value, FieldStatus.MISSING.value) for row in rows)
        return codes if codes or asked or settled else ("",)

    def _issues(
        self, connection: Connection, ids: Sequence[str] | None, settled: dict[str, set[str]]
    ) -> defaultdict[str, dict[str, tuple[str, ...]]]:
        found: defaultdict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
        for document_id, path, code in connection.execute(_codes(ids)):
            if path or (code not in settled.get(document_id, ()) and code not in ADVISORY_DOCUMENT_CODES):
                of_document = found[document_id]
                codes = (*of_document.get(path, ()), sys.intern(code))
                of_document[sys.intern(path)] = self._codes.setdefault(codes, codes)
        return found

    def _settled(self, connection: Connection, ids: Sequence[str] | None) -> dict[str, set[str]]:
        """The document codes that a person said are settled."""
        row = CorrectionRow
        query = select(row.document_id, row.path).where(
            row.path.startswith(SETTLED, autoescape=True), row.withdrawn == false()
        )
        found: dict[str, set[str]] = {}
        for document_id, path in connection.execute(_only(query, row, ids)):
            found.setdefault(document_id, set()).add(path.removeprefix(SETTLED))
        return found


def _glyphs(layout: Layout, rows: Sequence[Any]) -> tuple[tuple[int, str], ...]:
    """The characters on paper of fields that are still as they were read."""
    return tuple(
        (i, inked(row.value, row.raw, row.centres.count(",") + 1))
        for i, row in enumerate(rows)
        if row.centres
        and (definition := layout.definitions[i]) is not None
        and definition.type in GLYPH_TYPES
        and _NUMBERS[row.status] != CORRECTED
        and isinstance(row.value, str)
    )


_Table = (
    type[DocumentRow] | type[DocumentFileRow] | type[PageRow] | type[FieldRow] | type[IssueRow] | type[CorrectionRow]
)


def _only(query: _Select, table: _Table, ids: Sequence[str] | None) -> _Select:
    return query if ids is None else query.where(table.document_id.in_(ids))


def _documents(ids: Sequence[str] | None) -> _Select:
    row = DocumentRow
    query = select(row.document_id, row.doc_type, row.status, row.revision, row.read_at)
    return _only(query.where(row.superseded_by.is_(None)), row, ids)


def _first_files(ids: Sequence[str] | None) -> _Select:
    row = DocumentFileRow
    return _only(select(row.document_id, row.path).where(row.position == 0), row, ids)


def _page_counts(ids: Sequence[str] | None) -> _Select:
    row = PageRow
    return _only(select(row.document_id, func.count()).group_by(row.document_id), row, ids)


def _codes(ids: Sequence[str] | None) -> _Select:
    row = IssueRow
    query = select(row.document_id, row.path, row.code).order_by(row.document_id, row.position, row.code)
    return _only(query, row, ids)


def _fields(ids: Sequence[str] | None) -> _Select:
    row = FieldRow
    centres = type_coerce(row.centres, Text).label("centres")  # only counted, so not worth parsing
    query = select(row.document_id, row.path, row.value, row.raw, row.confidence, row.status, centres)
    return _only(query, row, ids).order_by(row.document_id, row.position)


def _pairs(connection: Connection, query: _Select) -> Iterable[tuple[str, Any]]:
    return ((row[0], row[1]) for row in connection.execute(query))
