"""What people say of which claim a feedback document fulfils."""

from __future__ import annotations

from pipeline.audit.desk import Desk
from pipeline.audit.editing import form_of, stored
from pipeline.audit.views.claims import ClaimView, ServedView, claim_view, view_served
from pipeline.batch.exports import show_the_store
from pipeline.store import NotFoundError, Served, StoredDocument, User

SHOWN = 20
"""How many claims a search offers at most."""


def served(desk: Desk, document: StoredDocument) -> tuple[ServedView, ...] | None:
    """What a document says was served, with what it is matched with; ``None`` where its form says nothing of that."""
    form, document_id = form_of(desk, document.record), document.record.document_id
    if form is None or form.fulfils is None or document.superseded_by is not None:
        return None
    store = desk.store
    things = store.served_of(document_id)
    said = store.claim_decisions(document_id)
    decisions = {project: reference for (_, project), reference in said.items()}
    numbers = {number for one in things for number in (one.claim, *one.close) if number}
    claims = store.claims_numbered(numbers) | store.claims_referred([r for r in decisions.values() if r])
    return view_served(things, decisions, claims, behind=not show_the_store(store))


def search(desk: Desk, document_id: str, project: str, query: str) -> list[ClaimView]:
    """Claims that somebody may mean, those of the same employer and community first."""
    one = _served(desk, document_id, project)
    return [claim_view(c) for c in desk.store.claims(query, by=one.by, community=one.community, limit=SHOWN)]


def assign(desk: Desk, document_id: str, project: str, number: str | None, user: User, revision: int) -> None:
    """Say that something served fulfils the claim of this number, or none.

    Raises :class:`ConflictError`, and :class:`NotFoundError` where there is no such thing or claim.
    """
    _served(desk, document_id, project)
    claim = desk.store.claims_numbered([number]).get(number) if number is not None else None
    if claim is None and number is not None:
        raise NotFoundError("没有这个编号的认领，可能已随文档改变。请重新查找。")
    desk.store.assign_claim(document_id, project, claim.reference if claim else None, user.name, revision)
    desk.exporter.changed()


def withdraw(desk: Desk, document_id: str, project: str, user: User, revision: int) -> None:
    """Take back what was said last, whoever said it: matching decides again, or what was said before."""
    desk.store.withdraw_claim(document_id, project, user.name, revision)
    desk.exporter.changed()


def _served(desk: Desk, document_id: str, project: str) -> Served:
    stored(desk, document_id)
    found = next((one for one in desk.store.served_of(document_id) if one.project == project), None)
    if found is None:
        raise NotFoundError("这份反馈中没有这个项目，可能已改写或台账尚未生成。请刷新后重试。")
    return found
