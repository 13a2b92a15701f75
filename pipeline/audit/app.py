"""The web application: routes behind one guard, errors as people can read them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from pipeline.audit.accounts import AccountError
from pipeline.audit.crashes import Crashes
from pipeline.audit.desk import Desk
from pipeline.audit.guard import RefusedError, SignInError, check_routes, guard
from pipeline.audit.headers import SecurityHeaders
from pipeline.audit.hosts import OwnHosts, own_names
from pipeline.audit.limits import BodyLimit
from pipeline.audit.rendering import STATIC, page
from pipeline.audit.routes import ROUTERS
from pipeline.batch.office_lists import ListError
from pipeline.batch.typed import TypedError
from pipeline.errors import FileError, PipelineError
from pipeline.store import ConflictError, NotFoundError
from pipeline.teaching.saving import SaveError

_STATUS: tuple[tuple[type[PipelineError], int], ...] = (
    (ConflictError, 409),
    (NotFoundError, 404),
    (AccountError, 400),
    (ListError, 400),
    (TypedError, 422),
    (FileError, 422),
    (SaveError, 409),
)


def create_app(desk: Desk) -> FastAPI:
    """The application on a desk. Raises ``AttributeError`` where a route does not say whom it is for."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(guard)])
    app.state.desk = desk
    for router in ROUTERS:
        check_routes(router.routes)
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    # From the inside out: whatever one of them answers, or lets through as a fault, passes those after it.
    app.add_middleware(OwnHosts, names=own_names(desk.settings))
    app.add_middleware(BodyLimit, uploads=desk.settings.limits.max_bytes)
    app.add_middleware(Crashes, outputs=desk.settings.path("outputs"), answer=_answer)
    app.add_middleware(SecurityHeaders)
    app.add_exception_handler(SignInError, _sign_in)
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(PipelineError, _failed)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    return app


def wants_page(request: Request) -> bool:
    """Whether a person's browser asks, and not a script of ours."""
    return "text/html" in request.headers.get("accept", "")


def _answer(request: Request, status: int, message: str) -> Response:
    if wants_page(request):
        return page(request, "message", status=status, message=message)
    return JSONResponse({"message": message}, status_code=status)


def _sign_in(request: Request, error: Exception) -> Response:
    if request.method == "GET" and wants_page(request):
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(target, safe='')}", status_code=303)
    return _answer(request, 401, "登录已过期，没有执行。请重新登录（可在新标签页中登录，再回到此页重试）。")


def _refused(request: Request, error: Any) -> Response:
    return _answer(request, error.status, error.message)


def _failed(request: Request, error: Any) -> Response:
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 503)
    return _answer(request, status, error.message)


def _malformed(request: Request, error: Exception) -> Response:
    return _answer(request, 422, "请求的内容不完整或格式不对，没有执行。请刷新页面后重试。")


def _http(request: Request, error: Any) -> Response:
    message = {404: "没有这个页面。", 405: "此处不支持这种操作。"}.get(error.status_code, "请求有误。")
    return _answer(request, error.status_code, message)
