"""What the script of a document's page asks for: check, save, take back, rows, boxes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field, FiniteFloat

from pipeline.audit import editing
from pipeline.audit.editing import Change, stored
from pipeline.audit.guard import needs, user_of
from pipeline.audit.routes.document import view
from pipeline.audit.views.document import question
from pipeline.batch.typed import text_of, value_of
from pipeline.sheets import Quad
from pipeline.store import NotFoundError, Role

router = APIRouter()

Typed = bool | Annotated[str, Field(max_length=20_000)] | Annotated[list[str], Field(max_length=100)]
Path = Annotated[str, Field(max_length=200)]
Revision = Annotated[int, Field(ge=0, le=2**31)]
Point = tuple[FiniteFloat, FiniteFloat]


class Box(BaseModel):
    """A quad in pixels of the page at ``page`` (from 0) as scanned."""

    page: int
    quad: tuple[Point, Point, Point, Point]


class Checked(BaseModel):
    path: Path
    typed: Typed


class Saved(Checked):
    revision: Revision
    box: Box | None = None


class OfField(BaseModel):
    path: Path
    revision: Revision


class TakenBack(OfField):
    path: Annotated[str, Field(max_length=20_001)]


class Labelled(OfField):
    label: Annotated[str, Field(min_length=1, max_length=100)]


class OfCode(BaseModel):
    code: Annotated[str, Field(max_length=64)]
    revision: Revision


class OfDocument(BaseModel):
    revision: Revision


class OfRow(BaseModel):
    index: Annotated[int, Field(ge=0)]
    revision: Revision


class Boxed(Box):
    path: Path


@router.post("/documents/{document_id}/check")
@needs(Role.CLERK)
def check(request: Request, document_id: str, asked: Checked) -> Response:
    """What the rules say if this stood there; nothing is changed."""
    desk = request.app.state.desk
    record = stored(desk, document_id).record
    field = editing.field_at(editing.form_of(desk, record), asked.path)
    value = value_of(field, asked.typed)
    codes = editing.codes_with(desk, record, asked.path, value)
    own = [question(code) for code in codes.get(asked.path, ())]
    return JSONResponse(
        {
            "text": text_of(value),
            "questions": [{"name": q.name, "advice": q.advice, "reason": q.reason} for q in own],
        }
    )


@router.post("/documents/{document_id}/fields")
@needs(Role.CLERK)
def save(request: Request, document_id: str, asked: Saved) -> Response:
    """Change or confirm one field."""
    desk = request.app.state.desk
    document = stored(desk, document_id)
    place = editing.place_of(document, asked.box.page, asked.box.quad) if asked.box else None
    waits = editing.save(desk, document, Change(asked.path, asked.typed, place), user_of(request), asked.revision)
    return _state(request, document_id, waits=waits)


@router.post("/documents/{document_id}/withdraw")
@needs(Role.CLERK)
def withdraw(request: Request, document_id: str, asked: TakenBack) -> Response:
    desk = request.app.state.desk
    editing.withdraw(desk, document_id, asked.path, user_of(request), asked.revision)
    return _state(request, document_id)


@router.post("/documents/{document_id}/label")
@needs(Role.CLERK)
def relabel(request: Request, document_id: str, asked: Labelled) -> Response:
    """Say what the label beside a field of a document of no known form is."""
    desk = request.app.state.desk
    editing.relabel(desk, stored(desk, document_id), asked.path, asked.label, user_of(request), asked.revision)
    return _state(request, document_id)


@router.post("/documents/{document_id}/acknowledge")
@needs(Role.CLERK)
def acknowledge(request: Request, document_id: str, asked: OfCode) -> Response:
    desk = request.app.state.desk
    editing.acknowledge(desk, document_id, asked.code, user_of(request), asked.revision)
    return _state(request, document_id)


@router.post("/documents/{document_id}/rows")
@needs(Role.CLERK)
def add_row(request: Request, document_id: str, asked: OfDocument) -> Response:
    desk = request.app.state.desk
    editing.add_row(desk, stored(desk, document_id), user_of(request), asked.revision)
    return _state(request, document_id)


@router.post("/documents/{document_id}/rows/remove")
@needs(Role.CLERK)
def remove_row(request: Request, document_id: str, asked: OfRow) -> Response:
    desk = request.app.state.desk
    editing.remove_row(desk, document_id, asked.index, user_of(request), asked.revision)
    return _state(request, document_id)


@router.post("/documents/{document_id}/box")
@needs(Role.CLERK)
def read_box(request: Request, document_id: str, asked: Boxed) -> Response:
    """Begin to read what stands in a box that somebody drew; the job's name."""
    desk = request.app.state.desk
    document = stored(desk, document_id)
    field = editing.field_at(editing.form_of(desk, document.record), asked.path)
    if field is None:
        raise NotFoundError("这份文档还没有表单类型，请先选定类型。")
    quad: Quad = asked.quad
    place = editing.place_of(document, asked.page, quad)
    sha256 = document.record.content_of(place.file)
    desk.note_seen([document_id], user_of(request), "box")
    job = desk.rereader.read_box(sha256, place.file, place.page, quad, field)
    return JSONResponse({"job": desk.jobs.add(user_of(request).name, job)}, status_code=202)


@router.get("/jobs/{name}")
@needs(Role.CLERK)
def job(request: Request, name: str) -> Response:
    """Whether a job is done, and what came of it. A job that failed says why."""
    found = request.app.state.desk.jobs.get(user_of(request).name, name)
    if found is None:
        raise NotFoundError("这项操作已经结束或不存在。请刷新页面查看结果。")
    if not found.done():
        return JSONResponse({"done": False})
    return JSONResponse({"done": True, **_plain(found.result())})


def _plain(result: Any) -> dict[str, Any]:
    if hasattr(result, "shown"):
        return {"shown": result.shown()}
    if hasattr(result, "alternatives"):
        text = text_of(result.value)
        return {"text": text, "alternatives": [t for t, _ in result.alternatives if t != text][:9]}
    return {"documents": list(result.documents), "failures": [f.message for f in result.failures]}


def _state(request: Request, document_id: str, *, waits: bool = False) -> Response:
    return JSONResponse({**view(request.app.state.desk, document_id).state(), "waits": waits})
