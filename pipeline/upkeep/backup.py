"""One encrypted file that holds all an office would miss: the database, every original, its own settings."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline.batch.edition_folder import TABLES, editions
from pipeline.batch.lock import sole_batch
from pipeline.batch.office import office_file, office_lists
from pipeline.batch.run import open_database
from pipeline.intake import quarantine
from pipeline.intake.archive import Archive
from pipeline.settings import Settings
from pipeline.store import PIPELINE, Action, open_store, sqlite_url
from pipeline.store.migrate import HEAD
from pipeline.store.originals import suffix_of
from pipeline.upkeep.bundle import (
    ARCHIVE,
    CALIBRATION,
    DATABASE,
    EDITIONS,
    LISTS,
    QUARANTINE,
    SETTINGS,
    BundleWriter,
    is_member_name,
)
from pipeline.upkeep.cipher import EncryptingWriter
from pipeline.upkeep.disk import aside, publish, require_room, workspace
from pipeline.upkeep.faults import BackupError, writing_to
from pipeline.upkeep.unpack import unpack

WORKSPACE = ".backup-"
"""How the folder begins in which a backup lays out the database, before it is encrypted."""

_MODE = 0o640
_SPARE = 1.02  # the tar's own headers, and a little air
_LEAST_SPARE = 1_000_000  # bytes


@dataclass(frozen=True, slots=True)
class BackupReport:
    """A backup that was made.

    ``missing`` originals are not in the archive though they should be, ``altered`` ones have another
    content than they had; ``pending`` counts those not put in the archive yet, and so not in the backup.
    """

    path: Path
    size: int
    documents: int
    originals: int
    missing: tuple[str, ...]
    altered: tuple[str, ...]
    pending: int

    def to_dict(self) -> dict[str, Any]:
        return {
            "path": str(self.path),
            "size": self.size,
            "documents": self.documents,
            "originals": self.originals,
            "missing": list(self.missing),
            "altered": list(self.altered),
            "pending": self.pending,
        }


@dataclass(slots=True)
class _Contents:
    """What goes into a backup: ``files`` by the name of the member, the hashes that ``originals`` should have."""

    files: dict[str, Path]
    originals: dict[str, str]
    missing: list[str]
    pending: int


def back_up(settings: Settings, settings_file: Path, target: Path, passphrase: str) -> BackupReport:
    """Write a backup to ``target``, which must not exist, and read it back before it gets that name.

    Raises :class:`BackupError` where it cannot be written; then nothing is left behind.
    """
    target = target.absolute()
    _refuse_place(target, settings)
    outputs = settings.path("outputs")
    with sole_batch(outputs), open_database(settings) as store, workspace(outputs, WORKSPACE) as folder:
        database = folder / DATABASE
        with writing_to(folder):
            tables = store.snapshot(database)
        contents = _gather(settings, settings_file, database)
        facts = {
            "program": version("shuangbaodao-pipeline"),
            "schema": HEAD,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "database": store.kind,
            "tables": tables,
            "pending": contents.pending,
            "missing": contents.missing,
        }
        with writing_to(target), aside(target) as partial:
            needed = sum(path.stat().st_size for path in contents.files.values())
            require_room(target.parent, int(needed * _SPARE) + _LEAST_SPARE)
            altered = _write(partial, contents, facts, passphrase)
            _check(partial, passphrase)
            size = partial.stat().st_size
            publish(partial, target)
        documents, originals = tables["documents"], len(contents.originals)
        store.audit(Action.BACKED_UP, PIPELINE, documents=documents, originals=originals)
    return BackupReport(target, size, documents, originals, tuple(contents.missing), tuple(altered), contents.pending)


def _refuse_place(target: Path, settings: Settings) -> None:
    if os.path.lexists(target):
        raise BackupError(f"{target} 已存在，不会覆盖。请换一个文件名。", code="backup_exists")
    if not target.parent.is_dir():
        raise BackupError(f"文件夹 {target.parent} 不存在。请先新建，或检查路径。", code="cannot_write")
    if isinstance(settings.scans, Path) and target.parent.resolve().is_relative_to(settings.scans.resolve()):
        raise BackupError(
            "备份不能放在扫描文件夹中，否则会被当成扫描件。请放到别处，最好是另一块磁盘。", code="cannot_write"
        )


def _gather(settings: Settings, settings_file: Path, database: Path) -> _Contents:
    """All that goes into the backup. What the archive should hold is what the copy of the database says."""
    outputs = settings.path("outputs")
    archive = Archive(outputs)
    with open_store(sqlite_url(database)) as copy:
        archived = copy.archived_originals()
        contents = _Contents({DATABASE: database}, {}, [], len(copy.pending_originals()))
    for original in archived:
        path = archive.find(original.sha256)
        if path is None:
            contents.missing.append(original.sha256)
            continue
        name = f"{ARCHIVE}/{original.sha256[:2]}/{original.sha256}{suffix_of(path.name)}"
        contents.files[name] = path
        contents.originals[name] = original.sha256
    for edition in editions(outputs):
        place = f"{EDITIONS}/{edition.name}"
        contents.files |= _files_in(edition.folder, "*", place)
        contents.files |= _files_in(edition.folder / TABLES, "*", f"{place}/{TABLES}")
    contents.files |= _files_in(outputs / quarantine.FOLDER, "*", QUARANTINE)
    contents.files |= _files_in(office_lists(settings), "*.csv", LISTS)
    contents.files |= _files_in(settings.path("forms"), "*.yaml", f"{SETTINGS}/forms")
    contents.files |= _files_in(settings.path("dictionaries"), "*.csv", f"{SETTINGS}/dictionaries")
    for name, path in ((CALIBRATION, office_file(settings)), (f"{SETTINGS}/pipeline.toml", settings_file)):
        if path.is_file():
            contents.files[name] = path
    return contents


def _files_in(folder: Path, pattern: str, place: str) -> dict[str, Path]:
    """The regular files of a folder, without what is hidden, half written or cannot be named everywhere."""
    return {
        f"{place}/{path.name}": path
        for path in sorted(folder.glob(pattern))
        if path.is_file()
        and not path.is_symlink()
        and not path.name.startswith(".")
        and path.suffix != ".tmp"
        and is_member_name(f"{place}/{path.name}")
    }


def _write(partial: Path, contents: _Contents, facts: dict[str, Any], passphrase: str) -> list[str]:
    """Write everything to disk; the hashes of originals whose content is no longer what it was."""
    altered = []
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), _MODE)
    with os.fdopen(handle, "wb") as stream:
        encrypting = EncryptingWriter(stream, passphrase)
        bundle = BundleWriter(encrypting)
        for name, path in contents.files.items():
            member = bundle.add(name, path)
            if member.sha256 != contents.originals.get(name, member.sha256):
                altered.append(contents.originals[name])
        bundle.finish({**facts, "altered": altered})
        encrypting.close()
        stream.flush()
        os.fsync(stream.fileno())
    partial.chmod(_MODE)
    return altered


def _check(partial: Path, passphrase: str) -> None:
    """Read the backup as a restore would. Raises :class:`BackupError`."""
    try:
        unpack(partial, passphrase)
    except BackupError as error:
        raise BackupError(
            f"备份写好后读不回来，已删除，磁盘可能有故障，请换一个磁盘重试。原因：{error.message}", code="not_verified"
        ) from error
