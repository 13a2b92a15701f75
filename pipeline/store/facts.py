"""What work across documents needs of each, kept beside the documents so that it need not go over all of them.

A *fact* is something that a document says and others may say too. Facts follow from the documents: whoever works
across documents first brings them up to date with those that changed, which the audit log names. They can be thrown
away at any time and are then made anew.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, and_, delete, func, insert, or_, select, update

from pipeline.store import memory
from pipeline.store.audit import UNCHANGING, Action
from pipeline.store.engine import insert_or_update
from pipeline.store.files import LIVE
from pipeline.store.order import natural_key
from pipeline.store.schema import (
    AuditRow,
    DocumentFactsRow,
    DocumentFileRow,
    DocumentRow,
    FactHolderRow,
    FactValueRow,
    SourceFileRow,
)

RENEWED = "facts"
"""What the facts are of, in the store; none where they are not whole."""

MATCHED = "matched"
"""What claims and feedback were last matched by and what came of it, in the store; none where they never were."""

WRITTEN = "records_file"
"""The file of records as it was last written, in the store; none where it is to be written as a whole."""

_JUDGEMENTS = (Action.FINDINGS, Action.DOCUMENT_REJUDGED)
_DUE = ("unweighed", "unchecked", "unwritten")
_TOGETHER = 400  # rows named in one statement
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that a document says. With ``shown`` its ``value`` is kept, so that likenesses can be looked for, and
    otherwise only its hash."""

    kind: str
    value: str
    shown: bool = True

    @property
    def key(self) -> str:
        """The hash by which it is found."""
        return hashlib.sha256(f"{self.kind}\x1f{self.value}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What is kept of one document: its facts, its files' copies, what it claims and what was served (as JSON)."""

    facts: frozenset[Fact]
    copies: tuple[str, ...] = ()
    stated: Any = None


@dataclass(frozen=True, slots=True)
class Touched:
    """A fact that more or fewer documents say than when it was last looked at."""

    key: str
    kind: str
    value: str
    documents: int
    seen: int


def chunks(items: Iterable[T]) -> Iterator[list[T]]:
    """The items, a few hundred at a time."""
    every = list(items)
    for start in range(0, len(every), _TOGETHER):
        yield every[start : start + _TOGETHER]


def clear(connection: Connection) -> None:
    """Forget all facts."""
    for table in (FactHolderRow, FactValueRow, DocumentFactsRow):
        connection.execute(delete(table))
    for name in (RENEWED, MATCHED, WRITTEN):
        memory.keep(connection, name, None)


def changed(connection: Connection, since: int | None) -> dict[str, bool]:
    """Documents of which anything that facts follow from was written after a line of the audit log, those that have no
    facts yet, those that went, and those whose files have other copies now; all, where there is no such line. Each
    with whether it is to be weighed: not where it only was judged anew."""
    judged: set[str] = set() if since is None else told_of(connection, since, but=(Action.FINDINGS,))
    found: set[str] = set() if since is None else told_of(connection, since, but=_JUDGEMENTS)
    if since is None or _moved(connection, since):
        found |= _come_and_gone(connection) | _otherwise_copied(connection)
    return {document: document in found for document in sorted(found | judged)}


def _moved(connection: Connection, since: int) -> bool:
    """Whether a document may have come or gone, or a file: anything but judgements was written."""
    row, passed = AuditRow, [action.value for action in (*UNCHANGING, *_JUDGEMENTS)]
    query = select(row.seq).where(row.seq > since, row.action.not_in(passed)).limit(1)
    return connection.execute(query).first() is not None


def _come_and_gone(connection: Connection) -> set[str]:
    """The current documents that have no facts, and those of which there are facts that are not current."""
    row = DocumentFactsRow
    current = DocumentRow.superseded_by.is_(None)
    new = select(DocumentRow.document_id).outerjoin(row, row.document_id == DocumentRow.document_id)
    here = and_(row.document_id == DocumentRow.document_id, current)
    gone = select(row.document_id).outerjoin(DocumentRow, here).where(DocumentRow.document_id.is_(None))
    return {
        *connection.scalars(new.where(current, row.document_id.is_(None))),
        *connection.scalars(gone),
    }


def _otherwise_copied(connection: Connection) -> set[str]:
    """The documents whose files have other copies than is known."""
    row = DocumentFactsRow
    known = _mapping(connection, select(row.document_id, row.copies).where(row.copies.is_not(None)))
    copied = copies(connection)
    return {d for d in known.keys() | copied.keys() if list(copied.get(d, ())) != (known.get(d) or [])}


def told_of(connection: Connection, since: int, but: Collection[Action] = ()) -> set[str]:
    """Documents of which the audit log tells, after a line of it, that they changed by other deeds than ``but``."""
    row = AuditRow
    passed = [action.value for action in (*UNCHANGING, *but)]
    lines = select(row.document_id).where(row.seq > since, row.document_id.is_not(None), row.action.not_in(passed))
    return {str(document) for document in connection.scalars(lines.distinct())}


def copies(connection: Connection) -> dict[str, tuple[str, ...]]:
    """The files that hold a content of a document and are none of its own, by document, in natural order.

    Contents that several files had are few, and an index tells them: a document whose one file has another name by now
    names that file itself (see :func:`pipeline.store.files.relink`).
    """
    own, file = DocumentFileRow, SourceFileRow
    several = select(file.sha256).group_by(file.sha256).having(func.count() > 1)
    found: defaultdict[str, set[str]] = defaultdict(set)
    for some in chunks(sha256 for sha256 in connection.scalars(several) if sha256):
        query = (
            select(own.document_id, file.path)
            .join(file, and_(file.sha256 == own.sha256, file.path_key != own.path_key))
            .join(DocumentRow, and_(DocumentRow.document_id == own.document_id, DocumentRow.superseded_by.is_(None)))
            .where(own.sha256.in_(some), file.state.in_(LIVE))
        )
        for document_id, path in connection.execute(query):
            found[document_id].add(path)
    for some in chunks(found):
        for document_id, path in connection.execute(select(own.document_id, own.path).where(own.document_id.in_(some))):
            found[document_id].discard(path)
    return {d: tuple(sorted(paths, key=lambda p: (natural_key(p), p))) for d, paths in found.items() if paths}


def take(
    connection: Connection, documents: Mapping[str, DocumentFacts | None], line: int, judged: Collection[str]
) -> None:
    """Keep the facts of some documents as of a line of the audit log, none of one that went. Those that were only
    ``judged`` anew need not be weighed."""
    _keep_documents(connection, documents, line, judged)
    before: set[tuple[str, str]] = set()
    for some in chunks(documents):
        query = select(FactHolderRow.key, FactHolderRow.document_id).where(FactHolderRow.document_id.in_(some))
        before.update((key, document) for key, document in connection.execute(query))
    facts = {fact.key: fact for one in documents.values() if one for fact in one.facts}
    after = {(fact.key, document) for document, one in documents.items() if one for fact in one.facts}
    lost = sorted(before - after)
    by_document: defaultdict[str, list[str]] = defaultdict(list)
    for key, document in lost:
        by_document[document].append(key)
    for document, keys in by_document.items():
        for part in chunks(keys):
            here = (FactHolderRow.document_id == document) & FactHolderRow.key.in_(part)
            connection.execute(delete(FactHolderRow).where(here))
    won = sorted(after - before)
    for rows in chunks(won):
        connection.execute(insert(FactHolderRow), [{"key": key, "document_id": document} for key, document in rows])
    _count(connection, facts, Counter(key for key, _ in won), Counter(key for key, _ in lost))


def touched(connection: Connection, kinds: Collection[str], *, like: bool) -> list[Touched]:
    """Facts that more or fewer documents say than before: of kinds that begin with any of these, or of all others."""
    row = FactValueRow
    of_kinds = or_(*(row.kind.startswith(start, autoescape=True) for start in kinds))
    query = select(row.key, row.kind, row.value, row.documents, row.seen)
    query = query.where(row.touched.is_(True), of_kinds if like else ~of_kinds).order_by(row.key)
    return [Touched(*found) for found in connection.execute(query)]


def see(connection: Connection, facts: Iterable[Touched]) -> None:
    """Note that these were looked at; what no document says any more is forgotten."""
    row = FactValueRow
    for some in chunks(facts):
        keys = [fact.key for fact in some]
        connection.execute(delete(row).where(row.key.in_(keys), row.documents == 0))
        by_number: defaultdict[int, list[str]] = defaultdict(list)
        for fact in some:
            by_number[fact.documents].append(fact.key)
        for number, same in by_number.items():
            here = row.key.in_(same)
            connection.execute(update(row).where(here).values(seen=number, touched=row.documents != number))


def pending(connection: Connection, column: str) -> dict[str, int]:
    """The documents that changed since they were weighed, checked or written."""
    row = DocumentFactsRow
    stamp = getattr(row, column)
    return _mapping(connection, select(row.document_id, stamp).where(stamp.is_not(None)))


def settle(connection: Connection, column: str, documents: Mapping[str, int]) -> None:
    """Note that these were dealt with as they were then."""
    row = DocumentFactsRow
    stamp = getattr(row, column)
    by_line: defaultdict[int, list[str]] = defaultdict(list)
    for document, line in documents.items():
        by_line[line].append(document)
    for line, same in by_line.items():
        for some in chunks(same):
            here = and_(row.document_id.in_(some), stamp <= line)
            connection.execute(update(row).where(here).values({column: None}))


def numbers(connection: Connection, keys: Collection[str]) -> dict[str, int]:
    """In how many documents facts stand, by their keys."""
    row = FactValueRow
    found: dict[str, int] = {}
    for some in chunks(keys):
        query = select(row.key, row.documents).where(row.key.in_(some))
        found.update(_mapping(connection, query))
    return found


def holders(connection: Connection, keys: Collection[str]) -> set[str]:
    """The documents that say any of these."""
    row = FactHolderRow
    found: set[str] = set()
    for some in chunks(keys):
        found.update(connection.scalars(select(row.document_id).where(row.key.in_(some))))
    return found


def held(connection: Connection, documents: Collection[str]) -> dict[str, set[str]]:
    """The keys of what some documents say."""
    row = FactHolderRow
    found: dict[str, set[str]] = {document: set() for document in documents}
    for some in chunks(documents):
        for key, document in connection.execute(select(row.key, row.document_id).where(row.document_id.in_(some))):
            found[document].add(key)
    return found


def of_kind(connection: Connection, kinds: str, keys: Collection[str]) -> set[str]:
    """Those of some keys whose facts are of a kind that begins with ``kinds``."""
    row = FactValueRow
    found: set[str] = set()
    for some in chunks(keys):
        query = select(row.key).where(row.key.in_(some), row.kind.startswith(kinds, autoescape=True))
        found.update(connection.scalars(query))
    return found


def values(connection: Connection, kind: str, lengths: tuple[int, int], least: int, most: int | None) -> list[str]:
    """The values of a kind between two lengths, both included, that stand in ``least`` documents and ``most``."""
    row = FactValueRow
    query = select(row.value).where(row.kind == kind, row.length.between(*lengths), row.documents >= least)
    if most is not None:
        query = query.where(row.documents <= most)
    return list(connection.scalars(query.order_by(row.value)))


def stated(connection: Connection, documents: Collection[str]) -> dict[str, Any]:
    """What some documents claim and what was served, of those that state anything."""
    row = DocumentFactsRow
    found: dict[str, Any] = {}
    for some in chunks(documents):
        query = select(row.document_id, row.stated).where(row.document_id.in_(some), row.stated.is_not(None))
        found.update(_mapping(connection, query))
    return found


def said(connection: Connection, kind: str) -> dict[str, int]:
    """The values of a kind, each with in how many documents it stands."""
    row = FactValueRow
    query = select(row.value, row.documents).where(row.kind == kind, row.documents > 0)
    return _mapping(connection, query.order_by(row.key))


def least(connection: Connection, kind: str, digits: int) -> dict[str, str]:
    """Of the values of a kind that begin alike, in so many characters, what follows in the least of them. All are
    plain ASCII."""
    row = FactValueRow
    start, rest = func.substr(row.value, 1, digits), func.substr(row.value, digits + 1)
    cut = select(start.label("start"), rest.label("rest")).where(row.kind == kind, row.documents > 0).subquery()
    return _mapping(connection, select(cut.c.start, func.min(cut.c.rest)).group_by(cut.c.start))


def copied(connection: Connection, documents: Collection[str]) -> set[str]:
    """Those of some documents whose files have copies."""
    row = DocumentFactsRow
    found: set[str] = set()
    for some in chunks(documents):
        query = select(row.document_id).where(row.document_id.in_(some), row.copies.is_not(None))
        found.update(connection.scalars(query))
    return found


def _keep_documents(
    connection: Connection, documents: Mapping[str, DocumentFacts | None], line: int, judged: Collection[str]
) -> None:
    row = DocumentFactsRow
    gone = [document for document, one in documents.items() if one is None]
    for some in chunks(gone):
        connection.execute(delete(row).where(row.document_id.in_(some)))
    for due in (_DUE, tuple(what for what in _DUE if what != "unweighed")):
        values = [
            {"document_id": d, "copies": list(one.copies) or None, "stated": one.stated, **dict.fromkeys(due, line)}
            for d, one in documents.items()
            if one is not None and (d in judged) is ("unweighed" not in due)
        ]
        if values:
            statement = insert_or_update(connection, row)
            set_ = {name: statement.excluded[name] for name in ("copies", "stated", *due)}
            connection.execute(statement.on_conflict_do_update(index_elements=["document_id"], set_=set_), values)


def _count(connection: Connection, facts: Mapping[str, Fact], won: Counter[str], lost: Counter[str]) -> None:
    """Bring the numbers of documents up to date."""
    row = FactValueRow
    known = numbers(connection, won.keys() | lost.keys())
    new = [
        {
            "key": key,
            "kind": facts[key].kind,
            "length": len(facts[key].value) if facts[key].shown else 0,
            "value": facts[key].value if facts[key].shown else "",
            "documents": won[key],
            "seen": 0,
            "touched": True,
        }
        for key in sorted(won)
        if key not in known
    ]
    for some in chunks(new):
        connection.execute(insert(row), some)
    by_number: defaultdict[int, list[str]] = defaultdict(list)
    for key in sorted(known):
        if more := won[key] - lost[key]:
            by_number[known[key] + more].append(key)
    for number, same in by_number.items():
        for part in chunks(same):
            here = row.key.in_(part)
            connection.execute(update(row).where(here).values(documents=number, touched=row.seen != number))


def _mapping(connection: Connection, query: Select[Any, Any]) -> dict[Any, Any]:
    """The first column to the second."""
    return {row[0]: row[1] for row in connection.execute(query)}
