"""One field across many documents: the ink beside the value, one under another."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from pipeline.audit import editing
from pipeline.audit.desk import Desk
from pipeline.audit.editing import Change, stored
from pipeline.audit.guard import needs, user_of
from pipeline.audit.rendering import page
from pipeline.audit.routes.document import view
from pipeline.audit.routes.edits import Path, Revision, Typed
from pipeline.batch.typed import text_of
from pipeline.definitions import FieldType, Forms
from pipeline.errors import PipelineError
from pipeline.store import Role, User

router = APIRouter()
SHOWN = 40
_NOT_TEXT = frozenset({FieldType.CHECKBOXES, FieldType.SEAL, FieldType.SIGNATURE, FieldType.TITLE_CHOICE})


class Item(BaseModel):
    """A value to be saved; ``revision`` is the document's when the strip was shown."""

    document: Annotated[str, Field(max_length=64)]
    path: Path
    typed: Typed
    revision: Revision


class Items(BaseModel):
    items: Annotated[list[Item], Field(max_length=400)]


@router.get("/strips")
@needs(Role.CLERK)
def show_strips(
    request: Request, field: str = "", all: bool = False, offset: Annotated[int, Query(ge=0)] = 0
) -> Response:
    """``field`` is ``TYPE:KEY``; ``all`` also shows what is accepted."""
    desk = request.app.state.desk
    desk.index.refresh()
    choices = _choices(desk.rules.forms)
    rows: list[dict[str, Any]] = []
    total = 0
    if any(field == value for group in choices for value, _ in group[1]):
        doc_type, key = field.split(":", 1)
        found = desk.index.strip(doc_type, key, open_only=not all, offset=offset, limit=SHOWN)
        total = found.total
        rows = [{"ref": ref, "text": text_of(ref.value)} for ref in found.items]
        desk.note_seen([ref.document_id for ref in found.items], user_of(request), "strip")
    return page(
        request, "strips", rows=rows, total=total, offset=offset, shown=SHOWN, field=field, all=all, choices=choices
    )


@router.post("/strips")
@needs(Role.CLERK)
def save_strips(request: Request, asked: Items) -> Response:
    """Save several values; each stands or fails by itself, and says so."""
    desk, user = request.app.state.desk, user_of(request)
    ours: dict[str, tuple[int, int]] = {}  # revisions shown and reached of documents this request has changed
    return JSONResponse({"items": [_save(desk, user, item, ours) for item in asked.items]})


def _save(desk: Desk, user: User, item: Item, ours: dict[str, tuple[int, int]]) -> dict[str, Any]:
    answer: dict[str, Any] = {"document": item.document, "path": item.path}
    try:
        shown, reached = ours.get(item.document, (item.revision, item.revision))
        revision = reached if shown == item.revision else item.revision
        change = Change(item.path, item.typed)
        waits = editing.save(desk, stored(desk, item.document), change, user, revision)
        after = view(desk, item.document)
        ours[item.document] = (item.revision, after.revision)
        field = next(f for f in after.all_fields() if f.path == item.path)
        return {**answer, "revision": after.revision, "waits": waits, "field": field.state()}
    except PipelineError as error:
        return {**answer, "message": error.message}


def _choices(forms: Forms) -> list[tuple[str, list[tuple[str, str]]]]:
    """The fields that can be looked through, by form."""
    return [
        (
            form.title,
            [
                (f"{form.type}:{f.key}", f.title)
                for f in (*form.fields, *form.row_fields)
                if f.type not in _NOT_TEXT and not f.printed
            ],
        )
        for form in forms.values()
    ]
