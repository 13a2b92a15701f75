"""The audit page served: on this computer only, unless the settings say otherwise."""

from __future__ import annotations

import socket
import threading
import webbrowser
from collections.abc import Callable
from contextlib import closing

import uvicorn

from pipeline.audit.app import create_app
from pipeline.audit.desk import Desk
from pipeline.batch.run import open_database
from pipeline.batch.signals import stop_on_signals
from pipeline.errors import SetupError
from pipeline.settings import Settings

_GRACE = 5  # seconds that requests in hand may take at the end
_LOOK_EVERY = 0.2


def serve(settings: Settings, *, browse: bool, tell: Callable[[str, str], None]) -> None:
    """Serve until told to stop (Ctrl+C or SIGTERM).

    ``tell`` is given the page's address, and the address to open first, which carries a key where there is no
    account yet. Raises :class:`SetupError` where the page cannot be served.
    """
    with open_database(settings) as store, closing(Desk(settings, store)) as desk, _listen(settings) as listening:
        host, port = listening.getsockname()[:2]
        shown = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{port}"
        first = address if store.users() else f"{address}/setup?key={desk.setup_token}"
        desk.index.start()
        desk.exporter.changed()  # what was corrected when the page was last served, and not written since
        config = uvicorn.Config(
            create_app(desk),
            log_config=None,
            access_log=False,  # addresses hold what people search for
            server_header=False,
            timeout_graceful_shutdown=_GRACE,
        )
        server = uvicorn.Server(config)
        tell(address, first)
        if browse:
            webbrowser.open(first)
        _until_told_to_stop(server, listening)


def _until_told_to_stop(server: uvicorn.Server, listening: socket.socket) -> None:
    """Serve in a thread: in the main one uvicorn would raise the signal anew, and nothing would be closed in order."""
    with stop_on_signals() as stopping:
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="serve")
        serving.start()
        while serving.is_alive() and not stopping.wait(_LOOK_EVERY):
            pass
        server.should_exit = True
        serving.join()


def _listen(settings: Settings) -> socket.socket:
    host, port = settings.audit.host, settings.audit.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named, or asyncio does not turn off Nagle's delay, and every answer takes 40 ms more.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen()  # a browser that is quicker than the server waits, and is not refused
    except OSError as error:
        listening.close()
        raise SetupError(
            f"无法在 {host}:{port} 打开审核页：{error.strerror}。可能已经打开了一个，请直接在浏览器中访问；"
            "或用 --port 换一个端口。",
            code="address",
        ) from error
    return listening
