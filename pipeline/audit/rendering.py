"""Templates and answers. Everything that came from paper, people or file names is escaped."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.audit.accounts import may
from pipeline.audit.guard import VISIT_COOKIE
from pipeline.ledgers.masking import masked, masked_untaught
from pipeline.records import Value
from pipeline.store import Role
from pipeline.terms import Terms

STATIC = Path(__file__).parent / "static"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pipeline.audit"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["static"] = _versioned
    environment.filters["time"] = lambda moment: f"{moment.astimezone():%Y-%m-%d %H:%M}" if moment else ""
    return environment


def page(request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """A page for whoever asks; the template also gets ``user``, ``token``, ``allowed``, ``masked`` and the state of the
    outputs."""
    desk = request.app.state.desk
    user = getattr(request.state, "user", None)
    html = (
        _environment()
        .get_template(f"{template}.html.j2")
        .render(
            user=user,
            token=getattr(request.state, "form_token", ""),
            allowed=lambda role: user is not None and may(user, Role(role)),
            masked=lambda value, field_type, title: _masked(value, field_type, title, desk.terms),
            outputs=desk.exporter.state,
            here=request.url.path,
            **context,
        )
    )
    answer = HTMLResponse(html, status_code=status)
    visit = getattr(request.state, "visit", None)
    if visit is not None and VISIT_COOKIE not in request.cookies:
        answer.set_cookie(VISIT_COOKIE, visit, httponly=True, samesite="lax", secure=desk.settings.audit.secure_cookies)
    return answer


def _masked(value: Value, field_type: str, title: str, terms: Terms) -> str:
    """A value as it is shown to who has not opened its document; ``field_type`` is empty where none is defined."""
    return masked(value, field_type) if field_type else masked_untaught(value, title, terms)


def go(path: str) -> RedirectResponse:
    """Send the browser on with a GET; ``path`` is one of this server's own."""
    return RedirectResponse(own_path(path), status_code=303)


def own_path(path: str) -> str:
    """``path`` where it leads to this server, else the beginning: nobody is sent elsewhere by a link to here."""
    safe = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if safe else "/"


@cache
def _versioned(name: str) -> str:
    """The address of a static file; it changes with the file, so that an upgrade is seen at once."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:8]
    return f"/static/{name}?{digest}"
