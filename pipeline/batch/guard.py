"""A process that works for another one ends with it, and when it needs more memory than it may."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable

import psutil

OUT_OF_MEMORY = 77
"""Exit status of a process that needed more memory than it may."""

_LOOK_EVERY = 0.25  # seconds


def watch_over(megabytes: int, parent: int, counts: Callable[[], bool] = lambda: True) -> None:
    """End this process when it needs too much memory, while that ``counts``, or when ``parent`` is gone."""
    process = psutil.Process()

    def watch() -> None:
        while True:
            if counts() and process.memory_info().rss > megabytes * 1_000_000:
                os._exit(OUT_OF_MEMORY)
            if _is_orphan(parent):
                os._exit(0)
            time.sleep(_LOOK_EVERY)

    threading.Thread(target=watch, name="watch", daemon=True).start()


def _is_orphan(parent: int) -> bool:
    """Whether the parent is gone. Windows goes on naming a parent that has ended, but has a handle on it."""
    if os.name != "nt":
        return os.getppid() != parent
    head = multiprocessing.parent_process()
    return head is not None and not head.is_alive()
