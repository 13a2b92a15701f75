"""Why documents are in review, and which to look at first.

The codes are read once for both, and held against the fields that stand open as an index lists them: the rows of
fields themselves, of which there are many and long ones, are not looked at.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import groupby
from operator import itemgetter

from sqlalchemy import ColumnElement, Connection, and_, select

from pipeline.records import ADVISORY_DOCUMENT_CODES, DocumentStatus, FieldStatus
from pipeline.store.counts import files_of
from pipeline.store.overlay import ROW_PATH, SETTLED
from pipeline.store.schema import CorrectionRow, DocumentRow, FieldRow, IssueRow

_OPEN = (FieldStatus.REVIEW.value, FieldStatus.MISSING.value)
_ROWS = 1000  # in memory at a time


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


@dataclass(frozen=True, slots=True)
class _Asked:
    """A document in review: what stands open in it, each with whether that is on a key field."""

    document_id: str
    doc_type: str
    reasons: frozenset[tuple[str, bool]]


def in_review(connection: Connection, limit: int, key_fields: Collection[str], order: Sequence[str]) -> InReview:
    """Those first of which a key field is in doubt, then by where their codes stand in ``order``, then what was read
    last; ``limit`` of them."""
    last, places = len(order), {code: place for place, code in enumerate(order)}

    def rank(reason: tuple[str, bool]) -> int:
        code, key_field = reason
        return places.get(code, last) + (0 if key_field else last + 1)

    def rank_of(asked: _Asked) -> int:
        return min(map(rank, asked.reasons), default=2 * last + 2)

    counted: Counter[tuple[str, bool]] = Counter()

    def counting() -> Iterator[_Asked]:
        for asked in _asked(connection, frozenset(key_fields)):
            counted.update(asked.reasons or {("", False)})
            yield asked

    first = nsmallest(max(1, limit), counting(), key=rank_of)[:limit]  # asked for none, it would count none
    files = files_of(connection, [asked.document_id for asked in first])
    listed = []
    for asked in first:
        own = files[asked.document_id]
        reasons = sorted(asked.reasons, key=lambda reason: (rank(reason), reason[0]))
        codes = tuple(dict.fromkeys(code for code, _ in reasons))
        listed.append(DocumentInReview(asked.document_id, asked.doc_type, (own or [""])[0], len(own), codes))
    return InReview([ReviewReason(*reason, number) for reason, number in counted.items()], listed)


def _asked(connection: Connection, keys: frozenset[str]) -> Iterator[_Asked]:
    """The documents in review, what was read last coming first."""
    field = FieldRow
    query = select(field.document_id, field.path).where(field.status.in_(_OPEN))
    open_fields = {(document, path) for document, path in connection.execute(query)}
    settled = _settled(connection)
    on_key: dict[str, bool] = {}
    row = DocumentRow
    codes = (
        select(row.document_id, row.doc_type, IssueRow.path, IssueRow.code)
        .outerjoin(IssueRow, IssueRow.document_id == row.document_id)
        .where(_in_review())
        .order_by(row.read_at.desc(), row.document_id)
        .execution_options(yield_per=_ROWS)
    )
    for (document, doc_type), rows in groupby(connection.execute(codes), key=itemgetter(0, 1)):
        reasons = set()
        for _, _, path, code in rows:
            if path:
                if (document, path) not in open_fields:
                    continue
                if path not in on_key:
                    on_key[path] = _is_key_field(path, keys)
                reasons.add((code, on_key[path]))
            elif code and code not in ADVISORY_DOCUMENT_CODES and code not in settled.get(document, ()):
                reasons.add((code, False))
        yield _Asked(document, doc_type, frozenset(reasons))


def _settled(connection: Connection) -> dict[str, set[str]]:
    """The codes of documents themselves that a person has settled, by document."""
    row = CorrectionRow
    query = select(row.document_id, row.path).where(row.path.startswith(SETTLED), row.withdrawn.is_(False))
    found: defaultdict[str, set[str]] = defaultdict(set)
    for document, path in connection.execute(query):
        found[document].add(path.removeprefix(SETTLED))
    return found


def _in_review() -> ColumnElement[bool]:
    return and_(DocumentRow.status == DocumentStatus.REVIEW.value, DocumentRow.superseded_by.is_(None))


def _is_key_field(path: str, keys: frozenset[str]) -> bool:
    """Whether it is the place of a field of one of these keys, of the document or of a row."""
    in_row = ROW_PATH.fullmatch(path)
    return (in_row[2] if in_row else path) in keys
