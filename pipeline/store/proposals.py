"""Changes that hold once a second person agrees."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert, select, update

from pipeline.records import Value
from pipeline.store import audit, loading
from pipeline.store.audit import Action
from pipeline.store.columns import AnyRow, now
from pipeline.store.corrections import as_anchor
from pipeline.store.faults import ConflictError, NotFoundError
from pipeline.store.nouns import Place
from pipeline.store.overlay import ROW_PATH, is_of_field
from pipeline.store.people import Proposal, ProposalState
from pipeline.store.schema import DocumentRow, ProposalRow

_OPEN = ProposalRow.state == "open"


def propose(
    connection: Connection,
    document_id: str,
    path: str,
    new_value: Value,
    actor: str,
    expected_revision: int,
    place: Place | None,
    add: bool,
) -> int:
    """Write a proposal down in place of an open one for the same field; its number. See :meth:`Store.propose`."""
    document = DocumentRow
    revision = connection.scalar(select(document.revision).where(document.document_id == document_id).with_for_update())
    if revision is None:
        raise NotFoundError(f"没有编号为 {document_id} 的文档，可能已被重新识别或删除。请刷新后重试。")
    if revision != expected_revision:
        raise ConflictError("这份文档刚被他人修改或重新识别过，您的修改没有提交。请刷新后核对，再改一次。")
    [stored] = loading.load(connection, [document_id], findings=False)
    field = stored.record.field_at(path)
    if not is_of_field(path) or (field is None and not (add or place is not None)):
        raise NotFoundError(f"文档 {document_id} 中没有字段 {path}。请刷新后重试。")
    for older in connection.execute(_of_document(document_id).where(ProposalRow.path == path)).all():
        _close(connection, older, "withdrawn", actor)
    files = stored.record.files
    if place is not None and place.file not in files:
        raise NotFoundError(f"文档 {document_id} 中没有这一页。请刷新后重试。")
    values = {
        "document_id": document_id,
        "doc_type": stored.record.doc_type,
        "path": path,
        "old_value": field.value if field else None,
        "new_value": new_value,
        "placed": place and {"file": files.index(place.file), "page": place.page, "quad": place.quad},
        "actor": actor,
        "time": now(),
        "state": "open",
    }
    number: int = connection.execute(insert(ProposalRow).values(values).returning(ProposalRow.id)).scalar_one()
    detail = {"proposal": number}
    audit.append(connection, Action.PROPOSED, actor, document_id=document_id, path=path, detail=detail)
    return number


def found(connection: Connection, document_id: str | None, state: ProposalState) -> list[Proposal]:
    """The proposals of a state, oldest first; open ones only of documents that are current."""
    row = ProposalRow
    query = select(row.__table__).where(row.state == state).order_by(row.id)
    if document_id is not None:
        query = query.where(row.document_id == document_id)
    if state == "open":
        current = select(DocumentRow.document_id).where(DocumentRow.superseded_by.is_(None))
        query = query.where(row.document_id.in_(current))
    return [_proposal(line) for line in connection.execute(query)]


def of_document(connection: Connection, document_id: str) -> list[Proposal]:
    """All proposals ever made for a document, oldest first."""
    query = select(ProposalRow.__table__).where(ProposalRow.document_id == document_id).order_by(ProposalRow.id)
    return [_proposal(line) for line in connection.execute(query)]


def to_decide(connection: Connection, number: int) -> AnyRow:
    """An open proposal, locked with its document. Raises where there is none, or somebody has decided."""
    # The document first, as whoever changes it does: two who lock in another order could wait for each other.
    of = select(ProposalRow.document_id).where(ProposalRow.id == number).scalar_subquery()
    connection.execute(select(DocumentRow.document_id).where(DocumentRow.document_id == of).with_for_update()).all()
    row = connection.execute(select(ProposalRow.__table__).where(ProposalRow.id == number).with_for_update()).first()
    if row is None:
        raise NotFoundError("没有这条待复核的修改，请刷新后重试。")
    if row.state != "open":
        raise ConflictError("这条修改已有人处理过，请刷新后查看。")
    return row


def refuse(connection: Connection, proposal: AnyRow, actor: str) -> None:
    """Close a proposal; by whoever made it, it is taken back."""
    _close(connection, proposal, "withdrawn" if proposal.actor == actor else "refused", actor)


def check_agreement(connection: Connection, proposal: AnyRow, actor: str) -> Place | None:
    """Make sure that ``actor`` may agree to a proposal as things stand; where it says that the value is.

    Raises :class:`ConflictError` where they made it themselves, or the field is not what it was then.
    """
    if proposal.actor == actor:
        raise ConflictError("自己提出的修改须由另一人复核。")
    documents = loading.load(connection, [proposal.document_id], findings=False)
    if not documents:
        raise NotFoundError(f"没有编号为 {proposal.document_id} 的文档，可能已被删除。请刷新后重试。")
    stored = documents[0]
    field = stored.record.field_at(proposal.path)
    # Another reading may number the rows of a list otherwise, and two rows may hold the same.
    read_since = ROW_PATH.fullmatch(proposal.path) is not None and stored.read_at > proposal.time
    if read_since or (field.value if field else None) != proposal.old_value:
        raise ConflictError("提出之后，这个字段已被改动或重新识别过，不能再按原提议修改。请退回并重新提出。")
    place = as_anchor(proposal.placed)
    files = stored.record.files
    return Place(files[min(place.file, len(files) - 1)], place.page, place.quad) if place else None


def agree(connection: Connection, proposal: AnyRow, actor: str) -> None:
    """Close a proposal whose change was made."""
    _close(connection, proposal, "approved", actor)


def withdraw_of_row(connection: Connection, document_id: str, index: int, actor: str) -> None:
    """Close the open proposals for the fields of a row that goes."""
    for line, at, _ in _of_rows(connection, document_id):
        if at == index:
            _close(connection, line, "withdrawn", actor)


def move_rows(connection: Connection, document_id: str, first: int, by: int) -> None:
    """Renumber the open proposals for the rows from ``first`` on."""
    for line, at, key in _of_rows(connection, document_id):
        if at >= first:
            path = f"rows.{at + by}.{key}"
            connection.execute(update(ProposalRow).where(ProposalRow.id == line.id).values(path=path))


def _of_rows(connection: Connection, document_id: str) -> list[tuple[AnyRow, int, str]]:
    lines = connection.execute(_of_document(document_id)).all()
    matches = ((line, ROW_PATH.fullmatch(line.path)) for line in lines)
    return [(line, int(match[1]), match[2]) for line, match in matches if match]


def _of_document(document_id: str) -> Any:
    return select(ProposalRow.__table__).where(ProposalRow.document_id == document_id, _OPEN)


_ACTIONS: dict[ProposalState, Action] = {
    "withdrawn": Action.PROPOSAL_WITHDRAWN,
    "refused": Action.PROPOSAL_REFUSED,
    "approved": Action.PROPOSAL_APPROVED,
}


def _close(connection: Connection, proposal: AnyRow, state: ProposalState, actor: str) -> None:
    closed = {"state": state, "decided_by": actor, "decided_at": now()}
    connection.execute(update(ProposalRow).where(ProposalRow.id == proposal.id).values(closed))
    detail = {"proposal": proposal.id, "proposed_by": proposal.actor}
    audit.append(
        connection, _ACTIONS[state], actor, document_id=proposal.document_id, path=proposal.path, detail=detail
    )


def _proposal(row: AnyRow) -> Proposal:
    return Proposal(**{**row._mapping, "placed": as_anchor(row.placed)})
