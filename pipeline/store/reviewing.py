"""Why documents are in review, and which to look at first.

What stands open in each is kept beside it, and brought up to date with the documents of which the audit log tells that
they changed: many may be in review, and few of them change between two looks.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select

from pipeline.records import ADVISORY_DOCUMENT_CODES, DocumentStatus, FieldStatus
from pipeline.store import memory
from pipeline.store.columns import AnyRow
from pipeline.store.corrections import acknowledged
from pipeline.store.counts import files_of
from pipeline.store.facts import chunks, told_of
from pipeline.store.overlay import ROW_PATH
from pipeline.store.schema import DocumentRow, FieldRow, IssueRow, ReviewReasonsRow

_OPEN = (FieldStatus.REVIEW.value, FieldStatus.MISSING.value)
_NAMED = 10_000  # texts named in one statement; SQLite takes 32,766
_RENEWED = "review_reasons"  # in the store: the line of the audit log as of which they are kept, and by what
_MADE = "1"  # another number where other reasons follow from the same documents

Reason = tuple[str, bool]
"""A code, and whether it stands on a key field."""


@dataclass(frozen=True, slots=True)
class ReviewReason:
    """In how many documents in review ``code`` stands open, on a key field or elsewhere.

    ``code`` is empty for documents of which no code says why they are in review.
    """

    code: str
    key_field: bool
    documents: int


@dataclass(frozen=True, slots=True)
class DocumentInReview:
    """A document in review: its first file, how many files it has, and the codes that stand open."""

    document_id: str
    doc_type: str
    file: str
    files: int
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InReview:
    """Why documents are in review, one with several reasons counting for each, and the first of them."""

    reasons: list[ReviewReason]
    first: list[DocumentInReview]


def renew(connection: Connection, key_fields: Collection[str]) -> None:
    """Bring the kept reasons up to date. What it costs grows with what changed; where the keys of key fields are others
    than before, all are made."""
    line, last = memory.change_number(connection), memory.recall(connection, _RENEWED)
    by = [_MADE, sorted(ADVISORY_DOCUMENT_CODES), sorted(key_fields)]
    if last is None or last["by"] != by:
        connection.execute(delete(ReviewReasonsRow))
        changed = set(connection.scalars(select(DocumentRow.document_id).where(_in_review())))
    else:
        changed = told_of(connection, last["line"]) if last["line"] != line else set()
    for some in chunks(sorted(changed)):
        connection.execute(delete(ReviewReasonsRow).where(ReviewReasonsRow.document_id.in_(some)))
        found = _reasons(connection, some, frozenset(key_fields))
        if rows := [{"document_id": document, "reasons": reasons} for document, reasons in found]:
            connection.execute(insert(ReviewReasonsRow), rows)
    if last != (now := {"line": line, "by": by}):
        memory.keep(connection, _RENEWED, now)


def in_review(connection: Connection, limit: int, order: Sequence[str]) -> InReview:
    """Those first of which a key field is in doubt, then by where their codes stand in ``order``, then what was read
    last; ``limit`` of them. By the reasons as :func:`renew` left them."""
    last, places = len(order), {code: place for place, code in enumerate(order)}

    def rank(reason: Reason) -> int:
        code, key_field = reason
        return places.get(code, last) + (0 if key_field else last + 1)

    row = ReviewReasonsRow
    query = select(row.reasons, func.count()).group_by(row.reasons)
    counts: dict[str, int] = {reasons: number for reasons, number in connection.execute(query)}  # noqa: C416 - typed
    known = {reasons: [(code, key_field) for code, key_field in json.loads(reasons)] for reasons in counts}
    counted: Counter[Reason] = Counter()
    for reasons, number in counts.items():
        for reason in known[reasons] or [("", False)]:
            counted[reason] += number
    ranks = {reasons: min(map(rank, found), default=2 * last + 2) for reasons, found in known.items()}
    first = _first(connection, limit, ranks)
    files = files_of(connection, [document for document, _, _ in first])
    listed = []
    for document, doc_type, reasons in first:
        own = files[document]
        open_here = sorted(known[reasons], key=lambda reason: (rank(reason), reason[0]))
        codes = tuple(dict.fromkeys(code for code, _ in open_here))
        listed.append(DocumentInReview(document, doc_type, (own or [""])[0], len(own), codes))
    return InReview([ReviewReason(*reason, number) for reason, number in counted.items()], listed)


def _first(connection: Connection, limit: int, ranks: Mapping[str, int]) -> list[tuple[str, str, str]]:
    """Documents with their types and reasons, by the ranks of these, then what was read last."""
    row, document = ReviewReasonsRow, DocumentRow
    query = select(document.document_id, document.doc_type, row.reasons, document.read_at)
    query = query.join(row, row.document_id == document.document_id).where(_in_review())
    query = query.order_by(document.read_at.desc(), document.document_id)
    found: list[tuple[str, str, str]] = []
    for _, same_rank in groupby(sorted(ranks, key=ranks.__getitem__), key=ranks.__getitem__):
        left, alike = limit - len(found), list(same_rank)
        if left <= 0:
            break
        some: list[AnyRow] = []
        for start in range(0, len(alike), _NAMED):
            here = row.reasons.in_(alike[start : start + _NAMED])
            some += connection.execute(query.where(here).limit(left))
        some.sort(key=lambda one: one.read_at, reverse=True)  # each part is in order already
        found += [(one.document_id, one.doc_type, one.reasons) for one in some[:left]]
    return found


def _reasons(connection: Connection, documents: Sequence[str], keys: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Why those of some documents that are in review are: the codes that stand open, each with whether that is on a
    field of one of these ``keys``, as JSON; the same text for the same reasons."""
    field, row, issue = FieldRow, DocumentRow, IssueRow
    query = select(field.document_id, field.path).where(field.document_id.in_(documents), field.status.in_(_OPEN))
    open_fields = {(document, path) for document, path in connection.execute(query)}
    settled = acknowledged(connection, documents)
    codes = (
        select(row.document_id, issue.path, issue.code)
        .outerjoin(issue, issue.document_id == row.document_id)
        .where(row.document_id.in_(documents), _in_review())
        .order_by(row.document_id)
    )
    for document, rows in groupby(connection.execute(codes), key=itemgetter(0)):
        reasons = set()
        for _, path, code in rows:
            if path:
                if (document, path) in open_fields:
                    reasons.add((code, _key_of(path) in keys))
            elif code and code not in ADVISORY_DOCUMENT_CODES and code not in settled.get(document, ()):
                reasons.add((code, False))
        yield document, json.dumps(sorted(reasons), ensure_ascii=False, separators=(",", ":"))


def _in_review() -> ColumnElement[bool]:
    return and_(DocumentRow.status == DocumentStatus.REVIEW.value, DocumentRow.superseded_by.is_(None))


def _key_of(path: str) -> str:
    """The key of a field, of the document or of a row."""
    in_row = ROW_PATH.fullmatch(path)
    return in_row[2] if in_row else path
