"""Which claim a feedback document fulfils: said, taken back, searched for."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from pipeline.audit import claiming
from pipeline.audit.guard import needs, user_of
from pipeline.audit.routes.document import view
from pipeline.audit.routes.edits import Revision
from pipeline.store import Role

router = APIRouter()

_LONGEST = 20_000
Project = Annotated[str, Field(max_length=_LONGEST)]


class OfServed(BaseModel):
    """Something served, by the project as the document states it."""

    project: Project
    revision: Revision


class Assigned(OfServed):
    """``number`` is the claim's; ``None``: it fulfils none."""

    number: Annotated[str, Field(max_length=80)] | None


@router.get("/documents/{document_id}/claims")
@needs(Role.CLERK)
def find_claims(
    request: Request,
    document_id: str,
    project: Annotated[str, Query(max_length=_LONGEST)] = "",
    q: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    found = claiming.search(request.app.state.desk, document_id, project, q)
    return JSONResponse({"claims": [asdict(claim) for claim in found], "most": claiming.SHOWN})


@router.post("/documents/{document_id}/claim")
@needs(Role.CLERK)
def assign(request: Request, document_id: str, asked: Assigned) -> Response:
    desk = request.app.state.desk
    claiming.assign(desk, document_id, asked.project, asked.number, user_of(request), asked.revision)
    return JSONResponse(view(desk, document_id).state())


@router.post("/documents/{document_id}/claim/withdraw")
@needs(Role.CLERK)
def withdraw(request: Request, document_id: str, asked: OfServed) -> Response:
    desk = request.app.state.desk
    claiming.withdraw(desk, document_id, asked.project, user_of(request), asked.revision)
    return JSONResponse(view(desk, document_id).state())
