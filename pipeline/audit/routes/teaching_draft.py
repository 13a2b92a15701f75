"""The draft of a lesson, as the script of its page changes it: drafted, tried, boxes understood, saved."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from pipeline.audit.desk import Desk
from pipeline.audit.guard import needs, user_of
from pipeline.audit.routes.edits import Box, Point, Revision
from pipeline.audit.routes.teaching import LessonId
from pipeline.audit.views.teaching import lesson_state
from pipeline.definitions import FieldType
from pipeline.sheets import Quad
from pipeline.store import ConflictError, NotFoundError, Role
from pipeline.teaching import Draft, DraftField, draft_of
from pipeline.teaching.checking import Level
from pipeline.teaching.faults import faults_of
from pipeline.teaching.lessons import Lesson
from pipeline.teaching.saving import SaveError, check_draft, is_editable, save_draft

router = APIRouter()
_Word = Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]
_Key = Annotated[str, Field(max_length=64)]
_Quad = tuple[Point, Point, Point, Point]


class GivenField(BaseModel):
    """A field of the draft as people left it."""

    model_config = ConfigDict(extra="forbid")

    key: _Key
    title: _Word
    type: FieldType
    labels: Annotated[list[_Word], Field(max_length=20)]
    options: Annotated[list[_Word], Field(max_length=60)] = []
    dictionary: _Key | None = None
    multiple: bool = False
    required: bool = False
    printed: bool = False
    inside: _Key | None = None
    near: _Key | None = None
    page: Annotated[int, Field(ge=0, le=1000)] = 0
    label_quad: _Quad | None = None
    value_quad: _Quad | None = None
    sureness: Annotated[float, Field(ge=0, le=1)] = 1.0
    notes: Annotated[list[Annotated[str, Field(max_length=300)]], Field(max_length=20)] = []

    def drafted(self) -> DraftField:
        words = {name: [w.strip() for w in getattr(self, name) if w.strip()] for name in ("labels", "options")}
        given = {**{name: getattr(self, name) for name in type(self).model_fields}, **words}
        return DraftField(**{**given, "title": self.title.strip(), "key": self.key.strip()})


class Given(BaseModel):
    """The draft of a form as people left it; its pages are the lesson's."""

    model_config = ConfigDict(extra="forbid")

    type: _Key
    title: _Word
    titles: Annotated[list[_Word], Field(max_length=20)]
    max_pages: Annotated[int, Field(ge=1, le=100)]
    workbook: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\\/:*?\"<>|\x00-\x1f.]+$")]
    sheet: Annotated[str, Field(max_length=28, pattern=r"^[^\\/:*?\[\]\x00-\x1f]*$")] = ""
    fields: Annotated[list[GivenField], Field(max_length=300)]
    rows: Annotated[list[GivenField], Field(max_length=60)] = []

    def drafted(self, before: Draft) -> Draft:
        titles = list(dict.fromkeys(t.strip() for t in (self.title, *self.titles) if t.strip()))
        return Draft(
            self.type.strip(), self.title.strip(), [f.drafted() for f in self.fields],
            [f.drafted() for f in self.rows], titles, self.max_pages, before.version, self.workbook.strip(),
            self.sheet.strip(), before.notes, before.pages,
        )  # fmt: skip


class Drafting(BaseModel):
    """``form`` is the type of a form whose definition is to be begun with."""

    form: _Key = ""


class Changed(BaseModel):
    revision: Revision
    draft: Given


class Drawn(Box):
    what: Literal["label", "value", "column"]


class Saved(BaseModel):
    """``sure``: also where there are warnings."""

    revision: Revision
    sure: bool = False


@router.post("/teaching/{lesson}/draft")
@needs(Role.ADMIN)
def draft(request: Request, lesson: LessonId, asked: Drafting) -> Response:
    """Begin to read the samples and to draft; the job's name."""
    desk: Desk = request.app.state.desk
    found = desk.teacher.lessons.get(lesson)
    if not found.samples:
        raise ConflictError("还没有样表。请回到“教新表”，选择或上传至少一份。")
    form = desk.rules.forms.get(asked.form)
    if asked.form and (form is None or not is_editable(form)):
        raise NotFoundError("没有这种表单，或它的定义不能在这里改。请刷新后重选。")
    return _begun(request, desk.teacher.draft(found, draft_of(form) if form else None))


@router.get("/teaching/{lesson}/state")
@needs(Role.ADMIN)
def show_state(request: Request, lesson: LessonId) -> Response:
    desk: Desk = request.app.state.desk
    return JSONResponse(lesson_state(desk, desk.teacher.lessons.get(lesson)))


@router.post("/teaching/{lesson}/change")
@needs(Role.ADMIN)
def change(request: Request, lesson: LessonId, asked: Changed) -> Response:
    """Keep the draft and begin to read the samples by it; the job's name and the draft's revision."""
    desk: Desk = request.app.state.desk
    before = _drafted(desk, lesson)[1]
    kept = desk.teacher.lessons.change(lesson, asked.draft.drafted(before), asked.revision)
    return _begun(request, desk.teacher.attempt(kept), kept.revision)


@router.post("/teaching/{lesson}/try")
@needs(Role.ADMIN)
def attempt(request: Request, lesson: LessonId) -> Response:
    """Begin to read the samples by the draft as it is."""
    desk: Desk = request.app.state.desk
    found = _drafted(desk, lesson)[0]
    return _begun(request, desk.teacher.attempt(found), found.revision)


@router.post("/teaching/{lesson}/box")
@needs(Role.ADMIN)
def understand(request: Request, lesson: LessonId, asked: Drawn) -> Response:
    """Begin to find out what a drawn box means."""
    desk: Desk = request.app.state.desk
    found = _drafted(desk, lesson)[0]
    found.page_of(asked.page)
    quad: Quad = asked.quad
    return _begun(request, desk.teacher.propose(found, asked.page, quad, asked.what))


@router.post("/teaching/{lesson}/save")
@needs(Role.ADMIN)
def save(request: Request, lesson: LessonId, asked: Saved) -> Response:
    """Check the draft beside the other forms and put it among them; what is doubtful is asked about first."""
    desk: Desk = request.app.state.desk
    found, drafted = _drafted(desk, lesson)
    if found.revision != asked.revision:
        raise ConflictError("这张表刚在别处改过，没有保存。请刷新页面后再改。")
    faults = faults_of(drafted)
    if faults:
        raise SaveError("还不能保存：" + "".join(faults))
    forms, dictionaries = desk.settings.path("forms"), desk.settings.path("dictionaries")
    findings = check_draft(drafted, forms, dictionaries)
    errors = [f.message for f in findings if f.level is Level.ERROR]
    if errors:
        raise SaveError("还不能保存：" + "".join(errors))
    if findings and not asked.sure:
        return JSONResponse({"saved": False, "findings": [f.message for f in findings]})
    save_draft(drafted, forms)
    kept = desk.teacher.lessons.change(lesson, drafted, asked.revision)
    desk.reload_forms()
    version = str(drafted.version)
    desk.store.audit("form_defined", user_of(request).name, form=drafted.type, version=version)
    desk.exporter.changed()
    return JSONResponse({"saved": True, "revision": kept.revision, "version": drafted.version})


def _drafted(desk: Desk, lesson: str) -> tuple[Lesson, Draft]:
    found = desk.teacher.lessons.get(lesson)
    if found.draft is None:
        raise ConflictError("还没有起草。请刷新页面。")
    return found, found.draft


def _begun(request: Request, job: Future[Any], revision: int | None = None) -> Response:
    desk: Desk = request.app.state.desk
    name = desk.jobs.add(user_of(request).name, job)
    return JSONResponse({"job": name, "revision": revision}, status_code=202)
