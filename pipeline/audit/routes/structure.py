"""What a document is: its type, its pages, whether it is a copy; and reading it again."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from pipeline.audit.desk import Desk
from pipeline.audit.editing import stored
from pipeline.audit.guard import needs, user_of
from pipeline.audit.routes.document import view
from pipeline.audit.routes.edits import Revision
from pipeline.records import Arrangement
from pipeline.store import ConflictError, NotFoundError, Role, StoredDocument, User

router = APIRouter()
DocumentId = Annotated[str, Field(max_length=64)]


class OfRevision(BaseModel):
    revision: Revision


class NewType(OfRevision):
    type: Annotated[str, Field(max_length=64)]


class Split(OfRevision):
    """``before`` is the position of the page, from 0, that begins the second document."""

    before: Annotated[int, Field(ge=1)]


class Join(OfRevision):
    other: DocumentId


class Duplicate(OfRevision):
    of: DocumentId


@router.post("/documents/{document_id}/reread")
@needs(Role.CLERK)
def reread(request: Request, document_id: str, asked: OfRevision) -> Response:
    """Read the document's files again; what people corrected stays."""
    desk = request.app.state.desk
    _current(desk, document_id, asked.revision)
    return _begin(desk, [document_id], (), user_of(request))


@router.post("/documents/{document_id}/type")
@needs(Role.REVIEWER)
def change_type(request: Request, document_id: str, asked: NewType) -> Response:
    """Read the document as a form of another type from now on."""
    desk = request.app.state.desk
    if asked.type not in desk.rules.forms:
        raise NotFoundError("没有这种表单。请刷新后重选。")
    document = _current(desk, document_id, asked.revision)
    return _begin(desk, [document_id], [_arranged(_pages(document), asked.type)], user_of(request))


@router.post("/documents/{document_id}/split")
@needs(Role.REVIEWER)
def split(request: Request, document_id: str, asked: Split) -> Response:
    """Make two documents of one; each is read as what its own pages say."""
    desk = request.app.state.desk
    document = _current(desk, document_id, asked.revision)
    pages = _pages(document)
    if asked.before >= len(pages):
        raise NotFoundError("文档没有这一页，无法从这里拆开。请刷新后重试。")
    parts = [_arranged(pages[: asked.before], None), _arranged(pages[asked.before :], None)]
    return _begin(desk, [document_id], parts, user_of(request))


@router.post("/documents/{document_id}/join")
@needs(Role.REVIEWER)
def join(request: Request, document_id: str, asked: Join) -> Response:
    """Append another document's pages to this one."""
    desk = request.app.state.desk
    first = _current(desk, document_id, asked.revision)
    other = asked.other.strip().lower()
    if other == document_id:
        raise ConflictError("不能与自身合并。请填写另一份文档的编号。")
    second = stored(desk, other)
    if second.superseded_by is not None:
        raise ConflictError("那份文档已被另一份取代，不能合并。请用现在的一份。")
    doc_type = first.record.doc_type if first.record.doc_type in desk.rules.forms else None
    joined = _arranged((*_pages(first), *_pages(second)), doc_type)
    return _begin(desk, [document_id, other], [joined], user_of(request))


@router.post("/documents/{document_id}/duplicate")
@needs(Role.REVIEWER)
def mark_duplicate(request: Request, document_id: str, asked: Duplicate) -> Response:
    """Say that this is another sheet of the same thing: it no longer counts."""
    desk = request.app.state.desk
    of = asked.of.strip().lower()
    stored(desk, of)
    desk.store.mark_duplicate(document_id, of, user_of(request).name, asked.revision)
    desk.exporter.changed()
    return JSONResponse(view(desk, document_id).state())


@router.post("/documents/{document_id}/duplicate/undo")
@needs(Role.REVIEWER)
def unmark_duplicate(request: Request, document_id: str, asked: OfRevision) -> Response:
    desk = request.app.state.desk
    desk.store.unmark_duplicate(document_id, user_of(request).name)
    desk.exporter.changed()
    return JSONResponse(view(desk, document_id).state())


def _current(desk: Desk, document_id: str, revision: int) -> StoredDocument:
    document = stored(desk, document_id)
    if document.superseded_by is not None:
        raise ConflictError("这份文档已被另一份取代，不能再改。请打开现在的一份。")
    if document.revision != revision:
        raise ConflictError("这份文档刚被他人修改或重新识别过，没有执行。请刷新后核对，再操作一次。")
    return document


def _pages(document: StoredDocument) -> tuple[tuple[str, int], ...]:
    return tuple((document.record.content_of(page.file), page.number) for page in document.pages)


def _arranged(pages: Sequence[tuple[str, int]], doc_type: str | None) -> Arrangement:
    return Arrangement(secrets.token_hex(8), tuple(pages), doc_type)


def _begin(desk: Desk, ids: Sequence[str], arrangements: Sequence[Arrangement], user: User) -> Response:
    job = desk.rereader.reread(ids, arrangements=arrangements, actor=user.name)
    job.add_done_callback(lambda _: desk.exporter.changed())
    return JSONResponse({"job": desk.jobs.add(user.name, job)}, status_code=202)
