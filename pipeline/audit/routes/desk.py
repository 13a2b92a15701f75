"""The queue of what is doubtful, costliest error first."""

from __future__ import annotations

import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from pipeline.audit.guard import needs
from pipeline.audit.index import Filter
from pipeline.audit.rendering import go, page
from pipeline.ledgers.codes import describe
from pipeline.store import Role

router = APIRouter()
SHOWN = 50


def chosen(
    type: str = "",
    community: str = "",
    reason: str = "",
    day_from: Annotated[str, Query(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = "",
    day_to: Annotated[str, Query(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = "",
) -> Filter:
    """The filter that an address names."""
    return Filter(
        doc_type=type or None,
        community=community or None,
        reason=reason or None,
        day_from=datetime.date.fromisoformat(day_from) if day_from else None,
        day_to=datetime.date.fromisoformat(day_to) if day_to else None,
    )


def as_query(wanted: Filter, **more: Any) -> str:
    """A filter as the query of an address."""
    given = {
        "type": wanted.doc_type,
        "community": wanted.community,
        "reason": wanted.reason,
        "day_from": wanted.day_from,
        "day_to": wanted.day_to,
        **more,
    }
    return urlencode({k: str(v) for k, v in given.items() if v not in (None, "", 0)})


Chosen = Annotated[Filter, Depends(chosen)]


@router.get("/")
@needs(Role.CLERK)
def begin(request: Request) -> Response:
    return go("/desk")


@router.get("/desk")
@needs(Role.CLERK)
def show_desk(request: Request, wanted: Chosen, offset: Annotated[int, Query(ge=0)] = 0) -> Response:
    desk = request.app.state.desk
    desk.index.refresh()
    found = desk.index.queue(wanted, offset, SHOWN)
    rows = [(doubt, [describe(code) for code in doubt.codes]) for doubt in found.items]
    return page(
        request,
        "desk",
        rows=rows,
        total=found.total,
        offset=offset,
        shown=SHOWN,
        facets=desk.index.facets(wanted),
        wanted=wanted,
        query=as_query(wanted),
    )


@router.get("/desk/next")
@needs(Role.CLERK)
def next_document(request: Request, wanted: Chosen, after: str = "") -> Response:
    """On to the next document in the queue; back to the desk where none is left."""
    index = request.app.state.desk.index
    index.refresh()
    found = index.next_document(wanted, after or None)
    query = as_query(wanted)
    if found is None:
        return go("/desk" + (f"?{query}" if query else ""))
    return go(f"/documents/{found}?queue=1" + (f"&{query}" if query else ""))
