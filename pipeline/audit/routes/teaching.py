"""Teaching a new form: samples chosen or brought, lessons begun and ended, documents read again by what was taught."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from pipeline.audit.desk import Desk
from pipeline.audit.editing import stored
from pipeline.audit.guard import needs, user_of
from pipeline.audit.pictures import MEDIA_TYPE
from pipeline.audit.rendering import page
from pipeline.audit.routes.structure import DocumentId
from pipeline.audit.views import teaching as views
from pipeline.errors import FileError
from pipeline.store import NotFoundError, Role

router = APIRouter()
LessonId = Annotated[str, Path(max_length=32)]
_Number = Annotated[int, Path(ge=0, le=100_000)]
_MOST_SAMPLES = 12
_MOST_AGAIN = 500


class Begun(BaseModel):
    """Documents that are copies of the form, in the order in which they are shown; files may be brought after."""

    documents: Annotated[list[DocumentId], Field(max_length=_MOST_SAMPLES)] = []


class Again(BaseModel):
    documents: Annotated[list[DocumentId], Field(min_length=1, max_length=_MOST_AGAIN)]


@router.get("/teaching")
@needs(Role.ADMIN)
def show_teaching(request: Request) -> Response:
    desk = request.app.state.desk
    kinds = views.unknown_kinds(desk)
    return page(
        request,
        "teaching",
        kinds=kinds[: views.MOST_SHOWN],
        total=sum(len(kind.copies) for kind in kinds),
        lessons=desk.teacher.lessons.all(),
        most=desk.settings.limits.max_bytes // 1_000_000,
    )


@router.get("/teaching/documents/{document_id}")
@needs(Role.ADMIN)
def thumbnail(request: Request, document_id: DocumentId) -> Response:
    """The first page of a document, small."""
    desk = request.app.state.desk
    document = stored(desk, document_id)
    if not document.pages:
        raise NotFoundError("这份文档没有页。")
    first = document.pages[0]
    desk.note_seen([document_id], user_of(request), "page")
    sha256 = document.record.content_of(first.file)
    return Response(desk.pictures.thumbnail(sha256, first.file, first.number), media_type=MEDIA_TYPE)


@router.post("/teaching")
@needs(Role.ADMIN)
def begin(request: Request, asked: Begun) -> Response:
    """Begin a lesson; its id."""
    desk: Desk = request.app.state.desk
    samples = [views.sample_of(desk, name.strip().lower()) for name in dict.fromkeys(asked.documents)]
    lesson = desk.teacher.lessons.begin(user_of(request).name, samples)
    desk.store.audit("lesson_begun", user_of(request).name, lesson=lesson.id)
    return JSONResponse({"lesson": lesson.id})


@router.post("/teaching/{lesson}/files")
@needs(Role.ADMIN)
async def bring(request: Request, lesson: LessonId, name: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Take a scan, the body as it is, as a sample. Nothing of it is taken before the guard has looked at the head."""
    desk: Desk = request.app.state.desk
    part = desk.teacher.lessons.part(lesson)
    title = name.replace("\\", "/").rsplit("/", 1)[-1].strip() or "上传的样表"
    try:
        with part.open("xb") as stream:
            part.chmod(0o600)
            async for chunk in request.stream():
                await run_in_threadpool(stream.write, chunk)
        taken = await run_in_threadpool(desk.teacher.lessons.take, lesson, part, title, desk.settings.limits)
    except OSError as error:
        raise FileError(f"无法保存上传的文件：{error.strerror}。请检查磁盘空间。", code="not_saved") from error
    finally:
        part.unlink(missing_ok=True)
    return JSONResponse({"samples": [sample.title for sample in taken.samples]})


@router.get("/teaching/{lesson}")
@needs(Role.ADMIN)
def show_lesson(request: Request, lesson: LessonId) -> Response:
    """The draft over the first sample; a script begins with it where there is none yet."""
    desk: Desk = request.app.state.desk
    found = desk.teacher.lessons.get(lesson)
    if found.draft is not None:
        desk.note_seen([s.document for s in found.samples if s.document], user_of(request), "page")
    state = views.lesson_state(desk, found)
    return page(request, "lesson", lesson=found, state=state, forms=views.editable_forms(desk))


@router.get("/teaching/{lesson}/pages/{position}/tiles/{level}/{column}/{row}")
@needs(Role.ADMIN)
def tile(
    request: Request, lesson: LessonId, position: _Number, level: _Number, column: _Number, row: _Number
) -> Response:
    """A tile of the page that the draft calls ``position``."""
    desk: Desk = request.app.state.desk
    sample, shown = desk.teacher.lessons.get(lesson).page_of(position)
    if sample.document:
        desk.note_seen([sample.document], user_of(request), "page")
    data = desk.pictures.tile(shown.sha256, shown.file, shown.number, level, column, row)
    return Response(data, media_type=MEDIA_TYPE)


@router.get("/teaching/{lesson}/taught")
@needs(Role.ADMIN)
def show_taught(request: Request, lesson: LessonId) -> Response:
    """What was saved, which documents are of the form now, and which unknown ones may be."""
    desk: Desk = request.app.state.desk
    found = desk.teacher.lessons.get(lesson)
    form = desk.rules.forms.get(found.draft.type) if found.draft else None
    if form is None:
        raise NotFoundError("这张表还没有保存。请回到草稿，先保存。")
    own = {sample.document for sample in found.samples}
    unknown = sorted(views.unknown_documents(desk), key=lambda choice: choice.document_id not in own)
    return page(
        request, "taught", lesson=found, form=form, unknown=unknown[:_MOST_AGAIN], own=own,
        known=views.documents_of(desk, form.type),
    )  # fmt: skip


@router.post("/teaching/{lesson}/again")
@needs(Role.ADMIN)
def read_again(request: Request, lesson: LessonId, asked: Again) -> Response:
    """Read documents again, as every re-reading does: what people corrected stays."""
    desk: Desk = request.app.state.desk
    desk.teacher.lessons.get(lesson)
    user = user_of(request)
    job = desk.rereader.reread(list(dict.fromkeys(asked.documents)), actor=user.name)
    job.add_done_callback(lambda _: desk.exporter.changed())
    return JSONResponse({"job": desk.jobs.add(user.name, job)}, status_code=202)


@router.post("/teaching/{lesson}/end")
@needs(Role.ADMIN)
def end(request: Request, lesson: LessonId) -> Response:
    """Forget the lesson and the files brought for it; a saved definition stays."""
    desk: Desk = request.app.state.desk
    desk.teacher.lessons.end(lesson)
    desk.store.audit("lesson_ended", user_of(request).name, lesson=lesson)
    return JSONResponse({})
