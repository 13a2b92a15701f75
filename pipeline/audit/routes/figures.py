"""The figures the office reports, and the workbooks they stand in."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse, Response

from pipeline.audit.guard import by_page, needs, user_of
from pipeline.audit.rendering import page
from pipeline.audit.views.figures import view_figures
from pipeline.ledgers.export import RECORDS_FILE, output_names
from pipeline.store import NotFoundError, Role

router = APIRouter()


@router.get("/figures")
@needs(Role.CLERK)
def show_figures(request: Request, kind: str = "", community: str = "", month: str = "") -> Response:
    """Counts by community and month, as of the last time the outputs were written."""
    desk = request.app.state.desk
    shown = view_figures(desk.store.recall("census"), kind, community, month)
    folder = desk.settings.path("outputs")
    names = output_names(desk.rules.forms, desk.rules.dictionaries)
    files = [name for name in names if name.endswith(".xlsx") and (folder / name).is_file()]
    return page(request, "figures", figures=shown, files=files)


@router.post("/export")
@needs(Role.CLERK)
def export_now(request: Request) -> Response:
    """Write records.jsonl and the workbooks now."""
    desk = request.app.state.desk
    desk.exporter.now()
    desk.store.audit("export_asked", user_of(request).name)
    return JSONResponse(_state(request), status_code=202)


@router.get("/export/state")
@needs(Role.CLERK)
@by_page
def export_state(request: Request) -> Response:
    return JSONResponse(_state(request))


@router.get("/outputs/{name}")
@needs(Role.REVIEWER)
def download(request: Request, name: str) -> Response:
    """A workbook or records.jsonl; whoever takes one is noted."""
    desk = request.app.state.desk
    known = {*output_names(desk.rules.forms, desk.rules.dictionaries), RECORDS_FILE}
    path = desk.settings.path("outputs") / name
    if name not in known or not path.is_file():
        raise NotFoundError("没有这个文件，可能还没有生成。")
    desk.store.audit("downloaded", user_of(request).name, file=sorted(known).index(name))
    return FileResponse(path, filename=name)


def _state(request: Request) -> dict[str, str]:
    state = request.app.state.desk.exporter.state
    return {
        "state": state.state,
        "when": f"{state.when.astimezone():%H:%M}" if state.when else "",
        "message": state.message,
    }
