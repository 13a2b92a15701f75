"""The archive against what the database says of it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import FileError
from pipeline.intake.archive import Archive
from pipeline.intake.folder import hash_file
from pipeline.store import Original, Store
from pipeline.upkeep.findings import FindingCode, Findings

_NAME = re.compile(r"([0-9a-f]{2})/(\1[0-9a-f]{62})(\.[a-z0-9]{1,15})?")


def check_archive(store: Store, outputs: Path, findings: Findings, *, fast: bool) -> dict[str, Path]:
    """Find what is missing, altered or does not belong there; where each content lies that should.

    ``fast`` compares sizes only, which no hash is needed for.
    """
    archive = Archive(outputs)
    expected = {original.sha256: original for original in store.archived_originals()}
    known = expected.keys() | {original.sha256 for original in store.pending_originals()}
    held = _held(archive.folder, known, store.purged_contents(), findings)
    for sha256, original in sorted(expected.items()):
        if sha256 not in held:
            where = archive.path_of(sha256, original.suffix).relative_to(outputs).as_posix()
            findings.add(FindingCode.ORIGINAL_MISSING, where)
        else:
            _compare(held[sha256], original, outputs, findings, fast=fast)
    return held


def _held(folder: Path, known: set[str], purged: set[str], findings: Findings) -> dict[str, Path]:
    held: dict[str, Path] = {}
    for path in _files_under(folder):
        name = path.relative_to(folder).as_posix()
        if path.name.startswith(".") and path.name.endswith(".part"):
            continue  # left half written; reported with all that is
        match = _NAME.fullmatch(name)
        sha256 = match[2] if match else ""
        if sha256 in purged:
            findings.add(FindingCode.PURGED_PRESENT, f"{folder.name}/{name}")
        elif sha256 not in known or sha256 in held or path.is_symlink() or not path.is_file():
            findings.add(FindingCode.ARCHIVE_STRAY, f"{folder.name}/{name}")
        else:
            held[sha256] = path
    return held


def _files_under(folder: Path) -> Iterator[Path]:
    """Everything that is no folder, links among it, in order."""
    for at, folders, names in os.walk(folder):
        folders.sort()
        links = [name for name in folders if (Path(at) / name).is_symlink()]
        for name in sorted([*names, *links]):
            yield Path(at) / name


def _compare(path: Path, original: Original, outputs: Path, findings: Findings, *, fast: bool) -> None:
    try:
        size = path.stat().st_size
        whole = size == original.size if fast else hash_file(path) == original.sha256
        detail = "" if whole else f"应为 {original.size} 字节，实为 {size} 字节"
    except (OSError, FileError):
        whole, detail = False, "读不出来"
    if not whole:
        findings.add(FindingCode.ORIGINAL_ALTERED, path.relative_to(outputs).as_posix(), detail)
