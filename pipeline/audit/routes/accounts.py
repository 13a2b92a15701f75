"""Accounts, for those who run the office, and the log of who did what."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from pipeline.audit.accounts import AccountError, checked_name, hash_password
from pipeline.audit.guard import needs, user_of
from pipeline.audit.rendering import go, page
from pipeline.audit.views.life import action_name, actor_name
from pipeline.store import ConflictError, NotFoundError, Role

router = APIRouter()
SHOWN = 100
_Text = Annotated[str, Form()]


@router.get("/accounts")
@needs(Role.ADMIN)
def show_accounts(request: Request) -> Response:
    return _accounts(request, "")


@router.post("/accounts")
@needs(Role.ADMIN)
def add_account(request: Request, name: _Text, role: _Text, password: _Text) -> Response:
    desk = request.app.state.desk
    try:
        desk.store.add_user(checked_name(name), _role(role), hash_password(password), actor=user_of(request).name)
    except (AccountError, ConflictError) as error:
        return _accounts(request, error.message)
    return go("/accounts")


@router.post("/accounts/change")
@needs(Role.ADMIN)
def change_account(
    request: Request, name: _Text, role: _Text = "", password: _Text = "", active: _Text = ""
) -> Response:
    """Change what is given; ``active`` is ``yes`` or ``no``."""
    desk = request.app.state.desk
    try:
        desk.store.change_user(
            name,
            actor=user_of(request).name,
            role=_role(role) if role else None,
            password_hash=hash_password(password) if password else None,
            active={"yes": True, "no": False}.get(active),
        )
    except (AccountError, ConflictError) as error:
        return _accounts(request, error.message)
    return go("/accounts")


@router.get("/log")
@needs(Role.ADMIN)
def show_log(request: Request, before: Annotated[int, Query(ge=0)] = 0) -> Response:
    """The audit log, the newest first, and whether its chain holds at the end that is shown."""
    desk = request.app.state.desk
    head, digest = desk.store.chain_head()
    last = min(before - 1, head) if before else head
    lines = desk.store.audit_entries(after=max(0, last - SHOWN), limit=SHOWN)
    shown = [(line, actor_name(line.actor), action_name(line.action)) for line in reversed(lines) if line.seq <= last]
    return page(request, "log", lines=shown, head=head, digest=digest)


@router.post("/log/check")
@needs(Role.ADMIN)
def check_log(request: Request) -> Response:
    """Check the whole chain."""
    fault = request.app.state.desk.store.check_chain()
    message = "审计日志完整：从第一条到最后一条都未被改动。" if fault is None else f"审计日志有问题：{fault.message}"
    return page(request, "message", message=message)


def _accounts(request: Request, error: str) -> Response:
    desk = request.app.state.desk
    return page(
        request, "accounts", status=400 if error else 200, users=desk.store.users(), roles=list(Role), error=error
    )


def _role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError as error:
        raise NotFoundError("没有这种权限。请刷新后重选。") from error
