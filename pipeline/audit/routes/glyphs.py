"""Characters that were read alike, side by side: the one that does not belong strikes the eye."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from pipeline.audit.guard import needs, user_of
from pipeline.audit.rendering import page
from pipeline.store import Role

router = APIRouter()
SHOWN = 160
CHARACTERS = "0123456789X"


@router.get("/glyphs")
@needs(Role.CLERK)
def show_glyphs(request: Request, character: str = "", offset: Annotated[int, Query(ge=0)] = 0) -> Response:
    """Every place where ``character`` was read in an ID number, phone, date or number, the least sure first.

    A wrong one is corrected through ``/strips`` with the whole value, so that the value's rules apply.
    """
    desk = request.app.state.desk
    desk.index.refresh()
    counts = desk.index.glyph_counts()
    items = []
    total = 0
    if character and character in CHARACTERS:
        found = desk.index.glyphs(character, offset=offset, limit=SHOWN)
        items, total = list(found.items), found.total
        desk.note_seen([item.field.document_id for item in items], user_of(request), "glyphs")
    return page(
        request,
        "glyphs",
        items=items,
        total=total,
        offset=offset,
        shown=SHOWN,
        character=character,
        characters=[(c, counts.get(c, 0)) for c in CHARACTERS],
    )
