"""Changes that wait for a second person."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pipeline.audit import editing
from pipeline.audit.guard import needs, user_of
from pipeline.audit.rendering import go, page
from pipeline.batch.typed import text_of
from pipeline.store import Role

router = APIRouter()


@router.get("/proposals")
@needs(Role.REVIEWER)
def show_proposals(request: Request) -> Response:
    desk = request.app.state.desk
    rows = []
    for proposal in desk.store.proposals():
        form = desk.rules.forms.get(proposal.doc_type)
        title = editing.title_at(form, proposal.path)
        rows.append(
            {"p": proposal, "title": title, "old": text_of(proposal.old_value), "new": text_of(proposal.new_value)}
        )
    desk.note_seen([row["p"].document_id for row in rows], user_of(request), "proposals")
    return page(request, "proposals", rows=rows)


@router.post("/proposals/{number}/approve")
@needs(Role.REVIEWER)
def approve(request: Request, number: int) -> Response:
    editing.decide(request.app.state.desk, number, user_of(request), approve=True)
    return go("/proposals")


@router.post("/proposals/{number}/refuse")
@needs(Role.REVIEWER)
def refuse(request: Request, number: int) -> Response:
    editing.decide(request.app.state.desk, number, user_of(request), approve=False)
    return go("/proposals")
