"""No request may be larger than any form of ours."""

from __future__ import annotations

import contextlib
import re

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 1_000_000
_MOST_DIGITS = 12
_UPLOAD = re.compile(r"/teaching/[0-9a-f]{16}/files")
"""The address that takes scans; it looks who sends one before it takes any of it."""


class TooLargeError(Exception):
    """More came than may come."""


class BodyLimit:
    """ASGI middleware that refuses a body over :data:`MOST_BYTES`, announced or not; ``uploads`` bytes for scans."""

    def __init__(self, app: ASGIApp, uploads: int) -> None:
        self._app = app
        self._uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._uploads if _UPLOAD.fullmatch(scope["path"]) else MOST_BYTES
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or len(announced) > _MOST_DIGITS or int(announced) > most:
            await _refuse(scope, receive, send)
            return
        come = 0
        begun = False

        async def receiving() -> Message:
            nonlocal come
            message = await receive()
            come += len(message.get("body", b""))
            if come > most:
                raise TooLargeError
            return message

        async def sending(message: Message) -> None:
            nonlocal begun
            if come > most and not begun:
                return  # what the application makes of a body that breaks off
            begun = True
            await send(message)

        with contextlib.suppress(TooLargeError):
            await self._app(scope, receiving, sending)
        if come > most and not begun:
            await _refuse(scope, receive, send)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    await JSONResponse({"message": "提交的内容太大，没有执行。"}, status_code=413)(scope, receive, send)
