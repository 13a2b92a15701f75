"""Failures that may pass: tried again, less and less often, then put in quarantine."""

from __future__ import annotations

import datetime

from pipeline.batch.outcome import CHANGED
from pipeline.settings import BatchSettings
from pipeline.store import FileState, KnownFile

PASSING = frozenset({"unreadable_file", "worker_died", "timed_out", "out_of_memory", "internal_error", CHANGED})
"""Codes whose cause may have passed by the next try."""

_LONGEST = datetime.timedelta(days=1)


def next_try(
    code: str, sha256: str, before: KnownFile | None, settings: BatchSettings, now: datetime.datetime
) -> tuple[int, datetime.datetime] | None:
    """How many tries that makes of the content, and when the next is due; ``None`` where it goes to quarantine.

    ``before`` is what is known of the path.
    """
    if before is not None and before.sha256 != sha256:
        before = None  # another content had the name
    tries = before.attempts if before is not None else 0
    if code == CHANGED:
        return tries, now
    had_its_tries = before is not None and before.state is FileState.QUARANTINED
    if code not in PASSING or had_its_tries or tries + 1 >= settings.attempts:
        return None
    pause = datetime.timedelta(minutes=settings.retry_minutes * 4**tries)
    return tries + 1, now + min(pause, _LONGEST)


def is_due(before: KnownFile, now: datetime.datetime) -> bool:
    """Whether it is time for another try.

    A time farther ahead than any pause comes from a clock that has been set back since.
    """
    return before.retry_at is None or not now < before.retry_at <= now + _LONGEST
