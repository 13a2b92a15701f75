"""The queue of what is doubtful, costliest error first."""

from __future__ import annotations

import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BeforeValidator

from pipeline.audit.guard import needs
from pipeline.audit.index import Filter
from pipeline.audit.rendering import go, page
from pipeline.ledgers.codes import describe
from pipeline.store import Role

router = APIRouter()
SHOWN = 50


# A form sends a day that was left open as an empty text.
Day = Annotated[datetime.date | None, BeforeValidator(lambda given: given or None)]


def chosen(
    type: str = "",
    community: str = "",
    reason: str = "",
    day_from: Day = None,
    day_to: Day = None,
) -> Filter:
    """The filter that an address names."""
    return Filter(
        doc_type=type or None,
        community=community or None,
        reason=reason or None,
        day_from=day_from,
        day_to=day_to,
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
