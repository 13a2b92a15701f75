"""What can go wrong, at the level it happens, with what a person can do about it.

Each error carries a ``code`` (stable, for machines and quarantine notes) and a Chinese message for the
staff that says what to do. A file-level error quarantines that file; only a :class:`SetupError` stops
a batch.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit status of the command."""

    OK = 0
    SOME_FAILED = 1
    CANNOT_RUN = 2


class PipelineError(Exception):
    """Base of all errors the pipeline raises on purpose. ``message`` is Chinese and says what to do."""

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class SetupError(PipelineError):
    """Nothing can be run: settings, models, form definitions, folders or the database are at fault."""

    code = "setup"


class FileError(PipelineError):
    """One file cannot be processed; it goes to quarantine with ``code`` and ``message``."""

    code = "unreadable_file"
