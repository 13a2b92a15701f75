"""Which claim a feedback document fulfils, where a person said so; and what the last export made of it all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, delete, insert, or_, select, tuple_, update

from pipeline.records import ClaimReference, Record
from pipeline.store import audit, corrections, editing
from pipeline.store.audit import Action
from pipeline.store.columns import AnyRow
from pipeline.store.nouns import KnownClaim, Served
from pipeline.store.overlay import FULFILS
from pipeline.store.schema import Base, ClaimRow, CorrectionRow, DocumentRow, ServedRow

_TOGETHER = 400  # rows named in one statement
_Rows = dict[tuple[Any, ...], dict[str, Any]]


def assign(
    connection: Connection,
    document_id: str,
    project: str,
    reference: ClaimReference | None,
    actor: str,
    expected_revision: int,
) -> int:
    """Say which claim something served fulfils; the new revision. See :meth:`Store.assign_claim`."""
    draft = editing.take(connection, document_id, expected_revision)
    path = FULFILS + project
    before = corrections.latest(connection, document_id, path)
    number = corrections.write(
        connection,
        draft.record,
        path,
        before.new_value if before else None,
        reference.to_list() if reference else [],
        actor,
        at=_where_stated(draft.record, project),
    )
    editing.put_back(connection, draft)
    detail = {"correction": number, "none": reference is None}
    audit.append(connection, Action.CLAIM_ASSIGNED, actor, document_id=document_id, path=FULFILS, detail=detail)
    return draft.revision


def decisions(connection: Connection, document_id: str | None) -> dict[tuple[str, str], ClaimReference | None]:
    """What people said last and holds, by document and project. See :meth:`Store.claim_decisions`."""
    row = CorrectionRow
    query = select(row.document_id, row.path, row.new_value)
    query = query.where(row.path.startswith(FULFILS, autoescape=True), row.withdrawn.is_(False)).order_by(row.id)
    if document_id is not None:
        query = query.where(row.document_id == document_id)
    return {
        (document, path.removeprefix(FULFILS)): ClaimReference.from_list(value) if value else None
        for document, path, value in connection.execute(query)
    }


def keep(connection: Connection, claims: Iterable[KnownClaim], served: Iterable[Served]) -> None:
    """Keep these in place of what was kept before; only what differs is written."""
    _replace(connection, ClaimRow, {(c.number,): _claim_values(c) for c in claims})
    known = set(connection.scalars(select(DocumentRow.document_id).with_for_update(read=True, key_share=True)))
    wanted: _Rows = {}
    positions: Counter[str] = Counter()
    for one in served:
        if one.document_id in known:  # a document may have been removed meanwhile
            position = positions[one.document_id]
            wanted[one.document_id, position] = _served_values(one, position)
            positions[one.document_id] += 1
    _replace(connection, ServedRow, wanted)


def found(connection: Connection, query: str, by: str, community: str, limit: int) -> list[KnownClaim]:
    """See :meth:`Store.claims`."""
    row = ClaimRow
    texts = (row.number, row.project, row.employer, row.community)
    wanted = and_(True, *(or_(*(text.icontains(word, autoescape=True) for text in texts)) for word in query.split()))
    near = _one_if(row.employer == by, by) + _one_if(row.community == community, community)
    order = (near.desc(), row.community, row.employer, row.project, row.number)
    rows = connection.execute(select(row.__table__).where(wanted).order_by(*order).limit(limit))
    return [_as_claim(one) for one in rows]


def by_numbers(connection: Connection, numbers: Collection[str]) -> dict[str, KnownClaim]:
    """The claims of a few numbers, without those that are no more."""
    rows = connection.execute(select(ClaimRow.__table__).where(ClaimRow.number.in_(numbers)))
    return {row.number: _as_claim(row) for row in rows}


def by_references(connection: Connection, references: Collection[ClaimReference]) -> dict[str, KnownClaim]:
    """See :meth:`Store.claims_referred`."""
    wanted = [reference.to_list() for reference in references]
    rows = connection.execute(select(ClaimRow.__table__).where(ClaimRow.reference.in_(wanted)))
    return {row.number: _as_claim(row) for row in rows}


def served_of(connection: Connection, document_id: str) -> list[Served]:
    """See :meth:`Store.served_of`."""
    row = ServedRow
    query = select(row.__table__).where(row.document_id == document_id).order_by(row.position)
    return [
        Served(s.document_id, s.project, s.employer, s.community, s.claim, s.note, tuple(s.close))
        for s in connection.execute(query)
    ]


def _where_stated(record: Record, project: str) -> str:
    """The path of the field in which a project stands; it goes along with that one's page. Empty for none."""
    stated = ((path, f.value) for path, f in record.all_fields() if f.quad)
    return next((path for path, value in stated if project and isinstance(value, str) and project in value), "")


def _one_if(holds: ColumnElement[bool], given: str) -> ColumnElement[int]:
    return case((holds, 1), else_=0) if given else case((and_(True), 0), else_=0)


def _claim_values(claim: KnownClaim) -> dict[str, Any]:
    return {
        "number": claim.number,
        "project": claim.project,
        "employer": claim.by,
        "community": claim.community,
        "status": claim.status,
        "reference": claim.reference.to_list(),
    }


def _served_values(served: Served, position: int) -> dict[str, Any]:
    return {
        "document_id": served.document_id,
        "position": position,
        "project": served.project,
        "employer": served.by,
        "community": served.community,
        "claim": served.claim,
        "note": served.note,
        "close": list(served.close),
    }


def _as_claim(row: AnyRow) -> KnownClaim:
    reference = ClaimReference.from_list(row.reference)
    return KnownClaim(row.number, row.project, row.employer, row.community, row.status, reference)


def _replace(connection: Connection, table: type[ClaimRow] | type[ServedRow], wanted: _Rows) -> None:
    columns = Base.metadata.tables[table.__tablename__].primary_key.columns
    key = [column.name for column in columns]
    present: _Rows = {}
    for row in connection.execute(select(table.__table__)):
        values = dict(row._mapping)
        present[tuple(values[name] for name in key)] = values
    gone = [k for k in present if k not in wanted]
    for start in range(0, len(gone), _TOGETHER):
        connection.execute(delete(table).where(tuple_(*columns).in_(gone[start : start + _TOGETHER])))
    if new := [values for k, values in wanted.items() if k not in present]:
        connection.execute(insert(table), new)
    for changed in (values for k, values in wanted.items() if k in present and present[k] != values):
        here = and_(*(column == changed[column.name] for column in columns))
        connection.execute(update(table).where(here).values(changed))
