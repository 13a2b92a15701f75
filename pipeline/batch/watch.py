"""The drop folder watched: files are taken as they come to rest.

Events say when to look, never what there is: each time the whole folder is compared with the store, as a
nightly batch does, so an event that was missed costs time and no file. Shares that report nothing are
looked through every few minutes all the same.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from watchfiles import watch as file_events

from pipeline.batch.lock import BusyError
from pipeline.batch.run import Order, run_batch
from pipeline.batch.summary import BatchSummary, Progress
from pipeline.errors import PipelineError
from pipeline.settings import Settings

_PAUSE = 0.5  # seconds between looking whether to stop
_WHILE_BUSY = 60.0  # seconds until the next try after a fault, or while another batch runs
_LISTEN = 1.0  # seconds between looking whether the folder is still the same
_LISTEN_AGAIN = 10.0  # seconds until the next try to listen


def watch(
    settings: Settings,
    progress: Progress,
    stopping: threading.Event,
    heard: Callable[[BatchSummary | PipelineError], object],
) -> None:
    """Take files until ``stopping`` is set, then finish what is in hand.

    ``heard`` is told of every batch that did something, and of faults that the next try may find mended.
    Raises :class:`SetupError` where the first look fails, but for another batch that runs just then: that is
    a fault of the set-up.
    """

    def look(order: Order, passing: type[PipelineError]) -> float:
        """One look at the folder; when the next one is due, unless something happens before."""
        try:
            summary = run_batch(settings, progress, order)
        except passing as error:
            heard(error)
            return time.monotonic() + _WHILE_BUSY
        if summary.batch is not None or summary.notices:
            heard(summary)
        return _next_look(summary, settings)

    next_look = look(Order(stop=stopping.is_set), BusyError)
    wake = threading.Event()
    listener = threading.Thread(target=_listen, args=(settings, stopping, wake), daemon=True)
    listener.start()
    while not stopping.is_set():
        if not wake.wait(_PAUSE) and time.monotonic() < next_look:
            continue
        wake.clear()
        next_look = look(Order(quiet=True, stop=stopping.is_set), PipelineError)
    listener.join(timeout=2 * _LISTEN)


def _next_look(summary: BatchSummary, settings: Settings) -> float:
    """Soon where files are still being written: nothing tells when they are done."""
    pause = max(_PAUSE, settings.intake.settle_seconds) if summary.waiting else settings.intake.rescan_minutes * 60
    return time.monotonic() + pause


def _listen(settings: Settings, stopping: threading.Event, wake: threading.Event) -> None:
    """Set ``wake`` whenever something happens in the folder; where it cannot be listened to, leave it to the clock."""
    scans = settings.path("scans")
    while not stopping.is_set():
        try:
            folder = _identity(scans)
            events = file_events(
                scans,
                stop_event=stopping,
                force_polling=settings.intake.polling or None,
                raise_interrupt=False,
                watch_filter=None,
                rust_timeout=round(_LISTEN * 1000),
                yield_on_timeout=True,
            )
            listening = False
            for changes in events:
                if changes or not listening:  # what came before anybody listened made no event
                    wake.set()
                listening = True
                if _identity(scans) != folder:  # another share, or the same one mounted again: this one is silent
                    break
        except (OSError, RuntimeError):  # the share is away, or has no events: try again later
            stopping.wait(_LISTEN_AGAIN)


def _identity(folder: Path) -> tuple[int, int]:
    info = folder.stat()
    return info.st_dev, info.st_ino
