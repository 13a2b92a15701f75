"""Names that nobody has, tried at sign-in: locked like those that somebody has, so that the lock does not tell.

Kept in memory: there is nothing to protect behind such a name but the answer to whether it exists.
"""

from __future__ import annotations

import datetime
import threading
from collections import OrderedDict
from dataclasses import dataclass

_KEPT = 10_000


@dataclass(slots=True)
class _Tried:
    failures: int = 0
    locked_until: datetime.datetime | None = None


class Strangers:
    """Safe to share between threads; of very many names the latest are known."""

    def __init__(self) -> None:
        self._tried: OrderedDict[str, _Tried] = OrderedDict()
        self._lock = threading.Lock()

    def locked_until(self, name: str) -> datetime.datetime | None:
        with self._lock:
            tried = self._tried.get(name)
            return tried.locked_until if tried else None

    def note_failure(
        self, name: str, now: datetime.datetime, *, lock_after: int, lock_for: datetime.timedelta
    ) -> datetime.datetime | None:
        """Count a wrong password, as the store does for a name that somebody has; until when it is locked."""
        with self._lock:
            tried = self._tried.setdefault(name, _Tried())
            self._tried.move_to_end(name)
            tried.failures += 1
            if tried.failures >= lock_after:
                tried.failures, tried.locked_until = 0, now + lock_for
            while len(self._tried) > _KEPT:
                self._tried.popitem(last=False)
            return tried.locked_until
