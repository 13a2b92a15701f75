"""How much memory a process and all that it starts need, at most."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field
from pathlib import Path

import psutil

_EVERY = 0.1  # seconds


@dataclass(slots=True)
class MemoryWatch:
    """Looks at a process tree again and again. ``peaks`` are megabytes by process; the first is the process itself."""

    pid: int
    peaks: dict[int, float] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> MemoryWatch:
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    @property
    def own(self) -> float:
        """The peak of the process itself."""
        return self.peaks.get(self.pid, 0.0)

    @property
    def of_children(self) -> float:
        """The highest peak among the processes it started."""
        return max((peak for pid, peak in self.peaks.items() if pid != self.pid), default=0.0)

    def _watch(self) -> None:
        while not self._stop.wait(_EVERY):
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(self.pid)
                for one in (process, *process.children(recursive=True)):
                    self.peaks[one.pid] = max(self.peaks.get(one.pid, 0.0), peak_of(one))


def peak_of(process: psutil.Process) -> float:
    """Megabytes that a process has needed at most, as far as the system tells; else what it needs now."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1000
    with contextlib.suppress(psutil.Error):
        return process.memory_info().rss / 1e6
    return 0.0
