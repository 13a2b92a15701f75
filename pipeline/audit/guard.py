"""At the door of every route: who may come in, and with which token.

A route says whom it is for with :func:`needs`; one that says nothing is refused before the page is served
(:func:`check_routes`). Requests that change something carry the form token of their session.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from pipeline.audit.accounts import form_token, is_form_token, may, session_of
from pipeline.audit.desk import Desk
from pipeline.store import Role, User

SESSION_COOKIE = "audit_session"
VISIT_COOKIE = "audit_visit"
"""Of somebody who has not signed in yet: their forms have tokens too."""

TOKEN_FIELD, TOKEN_HEADER = "token", "x-form-token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_NEEDS, _BY_PAGE = "audit_needs", "audit_by_page"
_NUL = b"%00"
_Route = TypeVar("_Route", bound=Callable[..., Any])


class RefusedError(Exception):
    """A request that is turned away: with ``status``, and ``message`` for whoever made it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class SignInError(Exception):
    """The request needs somebody who has signed in."""


def needs(role: Role | None) -> Callable[[_Route], _Route]:
    """Marks a route as for people of ``role`` and above; ``None``: for anybody."""

    def mark(route: _Route) -> _Route:
        setattr(route, _NEEDS, role)
        return route

    return mark


def by_page(route: _Route) -> _Route:
    """Marks a route as one that an open page asks again and again: that does not keep its session alive."""
    setattr(route, _BY_PAGE, True)
    return route


def needed(route: APIRoute) -> Role | None:
    """The role a route is for. Raises ``AttributeError`` where it says nothing."""
    role: Role | None = getattr(route.endpoint, _NEEDS)
    return role


def check_routes(routes: Iterable[BaseRoute]) -> None:
    """Every route says whom it is for. Raises ``AttributeError`` naming one that does not."""
    for route in routes:
        if not isinstance(route, APIRoute):
            raise AttributeError(f"a route outside of the guard: {route}")
        needed(route)


async def guard(request: Request) -> None:
    """Turns away who may not come in. Raises :class:`SignInError`, :class:`RefusedError`."""
    desk: Desk = request.app.state.desk
    route: APIRoute = request.scope["route"]
    role, by_person = needed(route), not hasattr(route.endpoint, _BY_PAGE)
    if "\0" in request.scope["path"] or _NUL in request.scope["query_string"]:
        raise RefusedError(400, "地址有误。请从页面中的链接进入。")  # no value holds one, and PostgreSQL takes none
    token = request.cookies.get(SESSION_COOKIE, "")
    session = None
    if token:
        session = await desk.in_thread(session_of, desk.store, desk.settings.audit, token, by_person=by_person)
    request.state.user = session.user if session else None
    if role is not None and session is None:
        raise SignInError
    if request.method not in _SAFE:
        owner = token if session else request.cookies.get(VISIT_COOKIE, "")
        if not owner or not is_form_token(await _given_token(request), owner):
            raise RefusedError(403, "页面已过期或请求来历不明，没有执行。请刷新页面后重试。")
    if role is not None and session is not None and not may(session.user, role):
        raise RefusedError(403, f"此操作需要“{role.title}”权限，您的权限是“{session.user.role.title}”。请联系管理员。")
    request.state.form_token = form_token(_owner(request, token if session else ""))


def user_of(request: Request) -> User:
    """Who made a request to a route that needs somebody."""
    user: User = request.state.user
    return user


def _owner(request: Request, session_token: str) -> str:
    if session_token:
        return session_token
    visit = request.cookies.get(VISIT_COOKIE) or secrets.token_urlsafe(32)
    request.state.visit = visit
    return visit


async def _given_token(request: Request) -> str:
    header = request.headers.get(TOKEN_HEADER)
    if header is not None:
        return header
    kind = request.headers.get("content-type", "").split(";")[0]
    if kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        given = (await request.form()).get(TOKEN_FIELD)
        return given if isinstance(given, str) else ""
    return ""
