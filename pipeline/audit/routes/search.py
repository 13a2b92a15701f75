"""Find a person, a unit, a project in all documents."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from pipeline.audit.guard import needs
from pipeline.audit.rendering import page
from pipeline.store import Role

router = APIRouter()
SHOWN = 50


@router.get("/search")
@needs(Role.CLERK)
def show_search(
    request: Request,
    q: Annotated[str, Query(max_length=100)] = "",
    offset: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """Chinese text, pinyin initials (``zjg`` for 张建国) or whole pinyin, or the digits of a number."""
    desk = request.app.state.desk
    desk.index.refresh()
    found = desk.index.search(q.strip(), SHOWN, offset) if q.strip() else None
    rows = found.items if found else []
    total = found.total if found else 0
    titles = {form.type: form.title for form in desk.rules.forms.values()}
    return page(request, "search", q=q, rows=rows, titles=titles, total=total, offset=offset, shown=SHOWN)
