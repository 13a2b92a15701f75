"""The names this server answers to: another's name for this address (DNS rebinding) gets nothing."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline.settings import Settings

_OWN = frozenset({"127.0.0.1", "localhost", "::1"})
_REFUSED = (
    "审核页不以这个地址提供服务。请用启动时显示的地址打开；"
    "若要让其他电脑用别的地址访问，请管理员把该地址填入设置 report.audit_url。"
)


def own_names(settings: Settings) -> frozenset[str]:
    """This computer's own, the one it is served at, and the one the morning report's links lead to."""
    named = urlsplit(settings.report.audit_url).hostname or ""
    return (_OWN | {settings.audit.host.lower(), named}) - {"", "0.0.0.0", "::"}


class OwnHosts:
    """ASGI middleware that refuses a request for a host that is not of ``names``."""

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _name(Headers(scope=scope).getlist("host")) not in self._names:
            await PlainTextResponse(_REFUSED, status_code=400)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _name(given: list[str]) -> str | None:
    try:
        return urlsplit(f"//{given[0]}").hostname if len(given) == 1 else None
    except ValueError:  # brackets that hold no address
        return None
