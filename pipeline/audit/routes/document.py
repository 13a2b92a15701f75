"""One document beside its scan, and the life of what stands in it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from pipeline.audit.claiming import served
from pipeline.audit.desk import Desk
from pipeline.audit.editing import form_of, stored
from pipeline.audit.guard import needs, user_of
from pipeline.audit.rendering import page
from pipeline.audit.routes.desk import Chosen, as_query
from pipeline.audit.views.document import DocumentView, view_document
from pipeline.audit.views.life import view_life
from pipeline.store import Role

router = APIRouter()


def view(desk: Desk, document_id: str) -> DocumentView:
    """The document as it stands now. Raises :class:`NotFoundError`."""
    found = stored(desk, document_id)
    settled = desk.store.acknowledged([document_id]).get(document_id, ())
    form, proposals = form_of(desk, found.record), desk.store.proposals(document_id)
    return view_document(found, form, proposals, settled, served(desk, found))


@router.get("/documents/{document_id}")
@needs(Role.CLERK)
def show_document(request: Request, document_id: str, wanted: Chosen, queue: bool = False, path: str = "") -> Response:
    desk = request.app.state.desk
    shown = view(desk, document_id)
    desk.note_opened(document_id, user_of(request))
    forms = [(form.type, form.title) for form in desk.rules.forms.values()]
    state: dict[str, Any] = {**shown.state(), "queue": as_query(wanted) if queue else None, "focus": path}
    return page(request, "document", document=shown, state=state, forms=forms, queue=queue, query=as_query(wanted))


@router.get("/documents/{document_id}/state")
@needs(Role.CLERK)
def show_state(request: Request, document_id: str) -> Response:
    desk = request.app.state.desk
    desk.note_seen([document_id], user_of(request), "state")
    return JSONResponse(view(desk, document_id).state())


@router.get("/documents/{document_id}/life")
@needs(Role.CLERK)
def show_life(request: Request, document_id: str, path: str = "") -> Response:
    desk = request.app.state.desk
    found = stored(desk, document_id)
    desk.note_seen([document_id], user_of(request), "life")
    events = desk.store.life(document_id, path or None)
    lines = view_life(events, form_of(desk, found.record))
    return page(request, "life", document=view(desk, document_id), path=path, lines=lines)
