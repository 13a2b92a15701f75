"""Pictures of pages, of fields, of characters. Whoever sees one of a document they had not opened is noted."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from pipeline.audit.desk import Desk
from pipeline.audit.editing import stored
from pipeline.audit.guard import needs, user_of
from pipeline.audit.pictures import MEDIA_TYPE
from pipeline.records import FieldValue, Record
from pipeline.sheets import Quad
from pipeline.store import NotFoundError, Role

router = APIRouter()
Number = Annotated[int, Path(ge=0, le=100_000)]


@router.get("/documents/{document_id}/pages/{position}/tiles/{level}/{column}/{row}")
@needs(Role.CLERK)
def tile(request: Request, document_id: str, position: Number, level: Number, column: Number, row: Number) -> Response:
    """A tile of the page at ``position``; level 0 is full size, each further one half of it."""
    desk = request.app.state.desk
    sha256, file, number = _source(desk, document_id, position)
    desk.note_seen([document_id], user_of(request), "page")
    return _picture(desk.pictures.tile(sha256, file, number, level, column, row))


@router.get("/documents/{document_id}/crop")
@needs(Role.CLERK)
def crop(request: Request, document_id: str, path: str, height: Annotated[int, Query(ge=16, le=200)] = 64) -> Response:
    """The ink of a field with a little around it, upright."""
    desk = request.app.state.desk
    record, field, quad = _placed(desk, document_id, path)
    desk.note_seen([document_id], user_of(request), "crop")
    sha256 = record.content_of(field.file)
    return _picture(desk.pictures.crop(sha256, field.file, field.page, quad, height=height))


@router.get("/documents/{document_id}/glyph")
@needs(Role.CLERK)
def glyph(
    request: Request, document_id: str, path: str, centre: Annotated[float, Query(ge=0, le=1, allow_inf_nan=False)]
) -> Response:
    """One character of a field, by where it stands along the field's line."""
    desk = request.app.state.desk
    record, field, quad = _placed(desk, document_id, path)
    if not field.centres:
        raise NotFoundError("没有记下这个字的位置。")
    desk.note_seen([document_id], user_of(request), "glyph")
    sha256 = record.content_of(field.file)
    return _picture(desk.pictures.glyph(sha256, field.file, field.page, quad, centre, len(field.centres)))


def _source(desk: Desk, document_id: str, position: int) -> tuple[str, str, int]:
    document = stored(desk, document_id)
    if position >= len(document.pages):
        raise NotFoundError("文档没有这一页。")
    page = document.pages[position]
    return document.record.content_of(page.file), page.file, page.number


def _placed(desk: Desk, document_id: str, path: str) -> tuple[Record, FieldValue, Quad]:
    record = stored(desk, document_id).record
    field = record.field_at(path)
    if field is None or field.quad is None or field.file not in record.files:
        raise NotFoundError("这个字段在原件上没有位置。")
    return record, field, field.quad


def _picture(data: bytes) -> Response:
    return Response(data, media_type=MEDIA_TYPE)
