"""What becomes of a fault of the program: an answer for the person, a line for whoever mends it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.reports.logs import open_log

_MESSAGE = "程序出错，没有执行。请重试；仍不行的，请把 outputs/logs 交给维护人员。"


class Crashes:
    """ASGI middleware at which every fault ends.

    Whoever is behind it would print the fault with its message, which may hold a value. The log gets its kind.
    """

    def __init__(self, app: ASGIApp, outputs: Path, answer: Callable[[Request, int, str], Response]) -> None:
        self._app = app
        self._outputs = outputs
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, it ends here
            with contextlib.suppress(OSError), open_log(self._outputs) as log:
                log.event("audit_failed", code="internal_error", kind=type(error).__name__.lower())
            if not begun and scope["type"] == "http":
                await self._answer(Request(scope), 500, _MESSAGE)(scope, receive, send)
