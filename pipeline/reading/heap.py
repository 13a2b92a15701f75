"""How the C library of Linux keeps memory. On other systems nothing here does anything."""

from __future__ import annotations

import ctypes
import sys
from functools import cache

_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3  # mallopt(3)


def share_heap() -> None:
    """Threads that start from now on allocate memory where all others do.

    The C library gives every thread a heap of its own, which keeps what the models once needed and lends it to
    nobody: a tenth of a worker's memory.
    """
    if library := _library():
        library.mallopt(_M_ARENA_MAX, 1)


def keep_apart(size: int) -> None:
    """Blocks from ``size`` bytes on lie outside the heap, and go back to the system when they are given up."""
    if library := _library():
        library.mallopt(_M_MMAP_THRESHOLD, size)


def give_back() -> None:
    """What the heap holds without need goes back to the system, in some milliseconds."""
    if library := _library():
        library.malloc_trim(0)


@cache
def _library() -> ctypes.CDLL | None:
    """The GNU C library, which alone has both calls."""
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return library if hasattr(library, "malloc_trim") and hasattr(library, "mallopt") else None
