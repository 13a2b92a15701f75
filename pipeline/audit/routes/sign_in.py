"""Coming in and going out, the first account, and one's own password."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from pipeline.audit.accounts import AccountError, check_password, checked_name, hash_password, hash_token, sign_in
from pipeline.audit.desk import Desk
from pipeline.audit.guard import SESSION_COOKIE, RefusedError, needs, user_of
from pipeline.audit.rendering import go, page
from pipeline.store import Role

router = APIRouter()
_Text = Annotated[str, Form()]


@router.get("/sign-in")
@needs(None)
def show_sign_in(request: Request, next: str = "/") -> Response:
    if not request.app.state.desk.store.users():
        return page(request, "message", message="还没有用户。请用启动审核页时命令行显示的地址打开，建立第一个管理员。")
    return page(request, "sign_in", next=next, error="", name="")


@router.post("/sign-in")
@needs(None)
def do_sign_in(request: Request, name: _Text, password: _Text, next: _Text = "/") -> Response:
    desk = request.app.state.desk
    try:
        return _signed_in(request, desk, go(next), name, password)
    except AccountError as error:
        return page(request, "sign_in", status=401, next=next, error=error.message, name=name)


@router.post("/sign-out")
@needs(Role.CLERK)
def do_sign_out(request: Request) -> Response:
    desk = request.app.state.desk
    desk.store.close_session(hash_token(request.cookies[SESSION_COOKIE]))
    desk.forget_openings(user_of(request))
    answer = go("/sign-in")
    answer.delete_cookie(SESSION_COOKIE)
    return answer


@router.get("/setup")
@needs(None)
def show_setup(request: Request, key: str = "") -> Response:
    _require_setup(request, key)
    return page(request, "setup", key=key, error="", name="")


@router.post("/setup")
@needs(None)
def do_setup(request: Request, name: _Text, password: _Text, again: _Text, key: _Text = "") -> Response:
    desk = request.app.state.desk
    _require_setup(request, key)
    try:
        if password != again:
            raise AccountError("两次输入的密码不同。")
        known = hash_password(password)
        with desk.setting_up:  # the key is good for one, also where two use it at once
            _require_setup(request, key)
            desk.store.add_user(checked_name(name), Role.ADMIN, known, actor=checked_name(name))
        return _signed_in(request, desk, go("/"), name, password)
    except AccountError as error:
        return page(request, "setup", status=400, key=key, error=error.message, name=name)


@router.get("/password")
@needs(Role.CLERK)
def show_password(request: Request) -> Response:
    return page(request, "password", error="")


@router.post("/password")
@needs(Role.CLERK)
def do_password(request: Request, old: _Text, password: _Text, again: _Text) -> Response:
    desk, user = request.app.state.desk, user_of(request)
    try:
        if password != again:
            raise AccountError("两次输入的新密码不同。")
        check_password(desk.store, desk.settings.audit, desk.strangers, user.name, old)
        desk.store.change_user(user.name, actor=user.name, password_hash=hash_password(password))
        return _signed_in(request, desk, go("/"), user.name, password)
    except AccountError as error:
        return page(request, "password", status=400, error=error.message)


def _require_setup(request: Request, key: str) -> None:
    desk = request.app.state.desk
    if desk.store.users() or not hmac.compare_digest(key.encode(), desk.setup_token.encode()):
        raise RefusedError(403, "这个地址已失效。请登录，或重新启动审核页后使用命令行显示的新地址。")


def _signed_in(request: Request, desk: Desk, answer: Response, name: str, password: str) -> Response:
    """The answer with a session of its own; the one that the browser had until now ends."""
    signed_in = sign_in(desk.store, desk.settings.audit, desk.strangers, name, password)
    desk.store.close_session(hash_token(request.cookies.get(SESSION_COOKIE, "")))
    desk.forget_openings(signed_in.user)
    audit = desk.settings.audit
    answer.set_cookie(
        SESSION_COOKIE,
        signed_in.token,
        max_age=round(audit.session_minutes * 60),
        httponly=True,
        samesite="lax",
        secure=audit.secure_cookies,
    )
    return answer
