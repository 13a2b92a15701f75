"""The log: a JSON line for each thing that happened, for those who look after the program.

``outputs/logs/pipeline.jsonl``, with five older files beside it. It may be sent to whoever helps, so nothing
of a form or a file's name can get into it: an event carries facts from a fixed list, each of which has a form
that personal data does not fit. This is no part of Python's tree of loggers: it neither changes nor hears what
other libraries log.
"""

from __future__ import annotations

import contextlib
import datetime
import logging
import math
import os
import re
import sys
import threading
from collections.abc import Callable
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Self

from pythonjsonlogger.json import JsonFormatter

FOLDER, FILE = "logs", "pipeline.jsonl"
BYTES_A_FILE, OLDER_FILES = 10_000_000, 5
_MODE = 0o640
_NAME = re.compile(r"[a-z][a-z_]{2,39}")
_WORD = re.compile(r"[a-z][a-z0-9_]{0,39}")
_VERSION = re.compile(r"\d{1,4}(\.\d{1,4}){1,3}")
_HASH, _DOCUMENT = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{16}")
_HASH_SHOWN = 12
_MANY = 10_000_000_000  # a mobile number has eleven digits, an ID number eighteen
_REFUSED = "?"

Shown = str | int | float | None


def _word(value: object) -> Shown:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else _REFUSED


def _version(value: object) -> Shown:
    return value if isinstance(value, str) and _VERSION.fullmatch(value) else _REFUSED


def _hash(value: object) -> Shown:
    return value[:_HASH_SHOWN] if isinstance(value, str) and _HASH.fullmatch(value) else _REFUSED


def _document(value: object) -> Shown:
    return value if isinstance(value, str) and _DOCUMENT.fullmatch(value) else _REFUSED


def _count(value: object) -> Shown:
    return int(value) if isinstance(value, int) and abs(value) < _MANY else _REFUSED


def _seconds(value: object) -> Shown:
    if isinstance(value, (int, float)) and math.isfinite(value) and abs(value) < _MANY:
        return round(float(value), 3)
    return _REFUSED


def _time(value: object) -> Shown:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime.datetime) else _REFUSED


_COUNTS = (
    "batch", "files", "work", "pages", "blank_pages", "documents", "read", "accepted", "to_review", "failed",
    "retried", "waiting", "delayed", "duplicates", "unchanged", "superseded", "archived", "quarantined", "purged",
    "rows", "notices", "attempts", "workers", "megabytes", "free_megabytes", "exit_code",
)  # fmt: skip
FACTS: dict[str, Callable[[object], Shown]] = {
    **dict.fromkeys(_COUNTS, _count),
    **dict.fromkeys(("code", "doc_type", "status", "stopped", "stage", "kind"), _word),
    **dict.fromkeys(("seconds", "seconds_a_page", "budget_seconds"), _seconds),
    "retry_at": _time,
    "sha256": _hash,
    "document_id": _document,
    "version": _version,
}
"""What an event may say, and the form it must have."""


class Log:
    """Writes events; never raises for a file that cannot be written. Use :func:`open_log`."""

    def __init__(self, path: Path) -> None:
        self._handler = _LogFile(path)

    def event(self, name: str, /, **facts: object) -> None:
        """Write that something happened: ``event("file_failed", batch=3, sha256=…, code="corrupt_file")``.

        Facts that are ``None`` are left out, and one that has not its form shows as ``?``. Raises
        ``ValueError`` for a name that is not in :data:`FACTS`: a fault of the program, whatever the data.
        """
        unknown = sorted(facts.keys() - FACTS.keys())
        if unknown or not _NAME.fullmatch(name):
            raise ValueError(f"not for the log: {', '.join(unknown) or name!r}")
        time = datetime.datetime.now().astimezone().isoformat(timespec="milliseconds")
        shown = {key: FACTS[key](value) for key, value in facts.items() if value is not None}
        self._handler.handle(logging.makeLogRecord({"msg": name, "time": time, **shown}))

    def close(self) -> None:
        self._handler.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def open_log(outputs: Path) -> Log:
    """The log of an outputs folder; events go to the error stream where it cannot be written."""
    return Log(outputs / FOLDER / FILE)


class _LogFile(RotatingFileHandler):
    """Opened for each line and closed after it.

    A file held open cannot be renamed on Windows, and would be written on under its old name elsewhere:
    rotation would fail as soon as two logs are open. Events are few.
    """

    _one_at_a_time = threading.RLock()
    _told: set[str] = set()  # noqa: RUF012 - of all logs of the process, so that the notice is given once

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=BYTES_A_FILE, backupCount=OLDER_FILES, encoding="utf-8", delay=True)
        self.setFormatter(JsonFormatter("%(time)s %(message)s %(process)d", rename_fields={"message": "event"}))

    def createLock(self) -> None:  # noqa: N802 - logging's own name
        """All logs of the process take turns, or two of them would rotate at once."""
        self.lock = self._one_at_a_time

    def emit(self, record: logging.LogRecord) -> None:
        super().emit(record)
        if self.stream is not None:
            with contextlib.suppress(OSError):  # a full disk: said already when the line was written
                self.stream.close()
            self.stream = None

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """On the error stream, then, which ``systemd`` and ``cron`` keep as well; a log must not stop a batch."""
        if sys.stderr is None:  # a program without a console on Windows
            return
        if self.baseFilename not in self._told:
            self._told.add(self.baseFilename)
            print(f"无法写入日志 {self.baseFilename}，改为在此显示。请检查磁盘空间和文件夹权限。", file=sys.stderr)
        print(self.format(record), file=sys.stderr)

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
        return open(self.baseFilename, "a", encoding="utf-8", opener=_for_owner_and_group)


def _for_owner_and_group(path: str, flags: int) -> int:
    return os.open(path, flags, _MODE)
