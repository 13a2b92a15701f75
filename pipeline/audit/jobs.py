"""Slow work that a page waits for: begun by one request, asked after by others."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from concurrent.futures import Future
from typing import Any

_KEPT = 200


class Jobs:
    """Futures by a random name; the oldest finished ones are forgotten."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, tuple[str, Future[Any]]] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, owner: str, job: Future[Any]) -> str:
        """Keep a job of ``owner``; its name."""
        name = secrets.token_urlsafe(12)
        with self._lock:
            self._jobs[name] = (owner, job)
            done = [key for key, (_, old) in self._jobs.items() if old.done()]
            for key in done[: max(0, len(self._jobs) - _KEPT)]:
                del self._jobs[key]
        return name

    def get(self, owner: str, name: str) -> Future[Any] | None:
        """The job of that name if it is this owner's."""
        with self._lock:
            found = self._jobs.get(name)
        return found[1] if found and found[0] == owner else None
