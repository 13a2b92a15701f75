"""The outputs folder itself: what a killed program left half written, and who may read what lies there."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from pipeline.upkeep.findings import FindingCode, Findings

_WORKSPACES = (".backup-", ".restore-", ".verify-")
_OTHERS = stat.S_IRWXO


def check_leftovers(outputs: Path, findings: Findings) -> None:
    """Files and folders of writing that never ended."""
    for path, _ in _entries(outputs):
        name = path.name
        workspace = path.parent == outputs and name.startswith(_WORKSPACES)
        if workspace or name.endswith(".tmp") or (name.startswith(".") and name.endswith(".part")):
            findings.add(FindingCode.PARTIAL_LEFT, path.relative_to(outputs).as_posix())


def check_permissions(outputs: Path, database: Path | None, findings: Findings) -> None:
    """What others than the owner and the group may read or change; Windows has other means for that.

    ``database`` is a SQLite file that lies elsewhere.
    """
    if os.name == "nt":
        return
    for path, info in _entries(outputs):
        if _is_open(info):
            findings.add(FindingCode.READABLE_BY_OTHERS, path.relative_to(outputs).as_posix())
    if database is not None and database.exists() and _is_open(database.stat()):
        findings.add(FindingCode.READABLE_BY_OTHERS, str(database))


def _is_open(info: os.stat_result) -> bool:
    """Whether others may do anything with a file that has content, or a folder; links have no modes of their own."""
    if stat.S_ISLNK(info.st_mode) or (stat.S_ISREG(info.st_mode) and info.st_size == 0):
        return False
    return bool(info.st_mode & _OTHERS)


def _entries(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Everything below a folder, in order, without following links."""
    for at, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted([*folders, *names]):
            path = Path(at) / name
            yield path, path.lstat()
