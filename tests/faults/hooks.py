"""What a trial changes in the processes of a batch, named by environment variables, so that it reaches workers.

What is changed in the parent alone is not imported in a worker, which would start the later for it.
"""

from __future__ import annotations

import datetime
import errno
import functools
import importlib
import itertools
import os
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

PAUSE = "FAULTS_PAUSE"
"""``save:2``: stop at the second save until told to go on. Also ``read``, ``archive``, ``export``."""

IN_USE = "FAULTS_IN_USE"
"""A file name ending: to replace such a file is refused, as Windows does while it is open in a program."""

DAYS_BACK = "FAULTS_DAYS_BACK"
"""By how many days the clock has been set back."""

WAIT = "FAULTS_WAIT"
"""Seconds to wait for another writer of the database; the settings do not have it."""

FOLDER = "FAULTS_FOLDER"
"""Where the files lie by which a paused batch and a trial tell each other."""

REACHED, GO_ON = "reached", "go-on"
_PATIENCE = 60.0  # seconds that a pause lasts at most
_PLACES = {
    "save": ("pipeline.batch.keeper", "Keeper.save"),
    "archive": ("pipeline.batch.keeper", "Keeper._archive"),
    "export": ("pipeline.batch.exports", "write_workbooks"),
    "read": ("pipeline.batch.reader", "Reader.read"),
}


def install() -> None:
    if os.environ.get(PAUSE):
        where, _, number = os.environ[PAUSE].partition(":")
        _pause_at(where, int(number or 1))
    if os.environ.get(IN_USE):
        _refuse_to_replace(os.environ[IN_USE])
    if os.environ.get(DAYS_BACK):
        _set_back(float(os.environ[DAYS_BACK]))
    if os.environ.get(WAIT):
        replace(
            "pipeline.batch.run", "open_store", lambda usual: functools.partial(usual, wait=float(os.environ[WAIT]))
        )


def _pause_at(where: str, number: int) -> None:
    calls = itertools.count(1)

    def pausing(usual: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(usual)
        def paused(*arguments: Any, **named: Any) -> Any:
            if next(calls) == number:
                _wait()
            return usual(*arguments, **named)

        return paused

    replace(*_PLACES[where], pausing)


def replace(module: str, name: str, make: Callable[[Any], Any]) -> None:
    """Put something else in place of a function or method, which its module may not have been asked for yet."""
    owner: Any = importlib.import_module(module)
    *parts, last = name.split(".")
    for part in parts:
        owner = getattr(owner, part)
    setattr(owner, last, make(getattr(owner, last)))


def _wait() -> None:
    folder = Path(os.environ[FOLDER])
    if (folder / GO_ON).exists():
        return  # another process of this batch was there first
    (folder / REACHED).write_text(str(os.getpid()))
    deadline = time.monotonic() + _PATIENCE
    while not (folder / GO_ON).exists() and time.monotonic() < deadline:
        time.sleep(0.01)


def _refuse_to_replace(ending: str) -> None:
    usual = os.replace

    def replace(source: Any, target: Any, **named: Any) -> None:
        if Path(target).name.endswith(ending) and Path(target).exists():
            raise PermissionError(errno.EACCES, "Permission denied", str(target))
        usual(source, target, **named)

    os.replace = replace  # type: ignore[assignment]


def _set_back(days: float) -> None:
    """The modules that note or judge by the time hear an earlier one."""
    importlib.import_module("pipeline.batch.exports")  # which a batch asks for late
    offset = datetime.timedelta(days=days)
    real = datetime.datetime

    class Late(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Any:
            return real.now(tz) - offset

    class LateDay(datetime.date):
        @classmethod
        def today(cls) -> Any:
            return (real.now() - offset).date()

    late = types.SimpleNamespace(**{**vars(datetime), "datetime": Late, "date": LateDay})
    for name, module in list(sys.modules.items()):
        if name.startswith(("pipeline.batch.", "pipeline.store.", "pipeline.intake.")):
            found = getattr(module, "datetime", None)
            if found is datetime or found is real:
                setattr(module, "datetime", late if found is datetime else Late)  # noqa: B010
