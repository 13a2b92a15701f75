"""A backup put in place: read to its end and found whole before anything of the present is touched."""

from __future__ import annotations

import filecmp
import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.batch import edition_folder
from pipeline.batch.crosscheck import cross_check
from pipeline.batch.exports import export
from pipeline.batch.ink import FOLDER as INK
from pipeline.batch.lock import sole_batch
from pipeline.batch.office import OFFICE_FILE, OFFICE_LISTS, load_rules
from pipeline.batch.run import open_database
from pipeline.batch.ways_out import COPIES
from pipeline.errors import SetupError
from pipeline.intake import archive, quarantine
from pipeline.ledgers.atomic import CannotWriteError
from pipeline.settings import Settings
from pipeline.store import Store, open_store, sqlite_url
from pipeline.store.copying import is_used
from pipeline.store.engine import parse_url
from pipeline.upkeep.bundle import ARCHIVE, CALIBRATION, DATABASE, EDITIONS, LISTS, QUARANTINE, SETTINGS
from pipeline.upkeep.disk import require_room, workspace
from pipeline.upkeep.faults import BackupError, damaged, writing_to
from pipeline.upkeep.moving import Moves
from pipeline.upkeep.unpack import unpack

WORKSPACE = ".restore-"
"""How the folder begins in which a backup is unpacked before it is put in place."""

_PLACES = {
    ARCHIVE: archive.FOLDER,
    EDITIONS: edition_folder.FOLDER,
    QUARANTINE: quarantine.FOLDER,
    LISTS: OFFICE_LISTS,
    CALIBRATION: OFFICE_FILE,
}
_SPARE = 1.02


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """What was restored, from a backup ``created`` by ``program``.

    ``moved_to`` is where what was there before lies now; ``settings_to`` holds those of the backup's
    settings that are not the present ones, for a person to compare. ``missing`` and ``altered`` originals were so
    when the backup was made. ``outputs`` is empty where the workbooks could not be written: ``notice`` says why.
    """

    created: str
    program: str
    documents: int
    originals: int
    missing: int
    altered: int
    moved_to: Path | None
    settings_to: Path | None
    outputs: tuple[str, ...]
    notice: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "created": self.created,
            "program": self.program,
            "documents": self.documents,
            "originals": self.originals,
            "missing": self.missing,
            "altered": self.altered,
            "moved_to": str(self.moved_to) if self.moved_to else None,
            "settings_to": str(self.settings_to) if self.settings_to else None,
            "outputs": list(self.outputs),
            "notice": self.notice,
        }


def restore(
    settings: Settings, settings_file: Path, source: Path, passphrase: str, *, force: bool = False
) -> RestoreReport:
    """Put a backup in place and write the workbooks from it.

    Into an outputs folder without data, or, with ``force``, into one whose data is moved aside first.
    A PostgreSQL database must be empty either way. Raises :class:`BackupError` or :class:`SetupError`
    where that cannot be done, and then everything is as it was.
    """
    outputs = settings.path("outputs")
    forms, dictionaries = load_rules(settings)
    with writing_to(outputs):
        outputs.mkdir(parents=True, exist_ok=True)
    stamp = f"{datetime.now():%Y%m%d-%H%M%S}"
    with sole_batch(outputs):
        _refuse_present(settings, force=force)
        with workspace(outputs, WORKSPACE) as folder, writing_to(outputs):
            require_room(outputs, int(_size_of(source) * _SPARE))
            manifest = unpack(source, passphrase, folder)
            moved_to = _put_in_place(settings, folder, manifest, outputs / f"replaced-{stamp}")
            settings_to = _keep_settings(settings, settings_file, folder, outputs / f"restored-settings-{stamp}")
        with open_database(settings) as store:
            documents = store.record_count()
            cross_check(store, forms, dictionaries)
            try:
                exported = export(store, forms, dictionaries, settings)
                written, notice = [str(path) for path in exported.paths], exported.notice
            except CannotWriteError as error:
                written, notice = [], error.message
    return RestoreReport(
        created=manifest["created"],
        program=manifest["program"],
        documents=documents,
        originals=sum(member["name"].startswith(f"{ARCHIVE}/") for member in manifest["members"]),
        missing=len(manifest["missing"]),
        altered=len(manifest["altered"]),
        moved_to=moved_to,
        settings_to=settings_to,
        outputs=tuple(written),
        notice=notice,
    )


def _refuse_present(settings: Settings, *, force: bool) -> None:
    """Raises :class:`BackupError` where there is data that a restore would mix with its own."""
    outputs = settings.path("outputs")
    url = _url(settings)
    used = is_used(url)
    if used and not url.startswith("sqlite"):
        raise BackupError(
            "PostgreSQL 库中已有数据，只能恢复到空库。请另建一个空库，用 --database 指定，或请数据库管理员清空。",
            code="not_empty",
        )
    present = ["数据库"] if used else []
    present += [name for name in _PLACES.values() if _holds_anything(outputs / name)]
    if present and not force:
        raise BackupError(
            f"{outputs} 中已有数据（{'、'.join(present)}），没有改动。要恢复到这里，加 --force，"
            "现有数据会先移到其中的一个新文件夹；或用 --outputs 换一个文件夹。",
            code="not_empty",
        )


def _put_in_place(settings: Settings, folder: Path, manifest: dict[str, Any], replaced: Path) -> Path | None:
    """Move files, then commit the database; all of it or nothing. Returns where the old data lies."""
    outputs = settings.path("outputs")
    with _opened(folder / DATABASE) as backup, Moves() as moves:
        for present, aside in _old_data(settings, replaced):
            moves.move(present, aside)
        for place, name in _PLACES.items():
            if (folder / place).exists():
                moves.move(folder / place, outputs / name)
        if os.name != "nt":
            os.sync()  # one call for all originals; before the database, which says that they are there
        moves.remove_on_failure(_database_files(settings))
        with open_database(settings) as store:
            detail = {"from": manifest["database"], "created": manifest["created"], "schema": manifest["schema"]}
            store.take_over(backup, detail)
        moves.keep()
    return replaced if replaced.exists() else None


def _opened(database: Path) -> Store:
    """The database of the backup, brought up to date where an older program wrote it."""
    if not database.is_file():
        raise damaged("没有数据库")
    try:
        return open_store(sqlite_url(database))
    except SetupError as error:
        raise BackupError(f"备份中的数据库无法使用：{error.message}", code="unusable_database") from error


def _old_data(settings: Settings, replaced: Path) -> list[tuple[Path, Path]]:
    """What has to make room, and where it goes."""
    outputs = settings.path("outputs")
    names = [*_PLACES.values(), *COPIES, INK, "records.jsonl", *sorted(p.name for p in outputs.glob("*.xlsx"))]
    moves = [(outputs / name, replaced / name) for name in names if (outputs / name).exists()]
    for file in _database_files(settings):
        if file.exists():
            # A database elsewhere stays on its disk.
            within = file.parent == outputs
            moves.append((file, replaced / file.name if within else file.with_name(f"{replaced.name}-{file.name}")))
    return [(present, aside) for present, aside in moves if not _is_empty_folder(present)]


def _keep_settings(settings: Settings, settings_file: Path, folder: Path, kept: Path) -> Path | None:
    """Put those of the backup's settings that differ from the present ones beside the outputs."""
    present = {"forms": settings.path("forms"), "dictionaries": settings.path("dictionaries")}
    for saved in sorted((folder / SETTINGS).rglob("*")):
        part = saved.relative_to(folder / SETTINGS)
        now = present[part.parts[0]] / part.name if len(part.parts) > 1 else settings_file
        if saved.is_file() and not (now.is_file() and filecmp.cmp(saved, now, shallow=False)):
            (kept / part).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(saved, kept / part)
    return kept if kept.exists() else None


def _url(settings: Settings) -> str:
    return settings.database.url or sqlite_url(settings.path("outputs") / "pipeline.db")


def _database_files(settings: Settings) -> list[Path]:
    """The files of a SQLite database, there or not; none for PostgreSQL."""
    url = parse_url(_url(settings))
    if url.get_backend_name() != "sqlite" or not url.database:
        return []
    return [Path(url.database + ending).absolute() for ending in ("", "-wal", "-shm")]


def _size_of(source: Path) -> int:
    return source.stat().st_size if source.is_file() else 0


def _holds_anything(path: Path) -> bool:
    return path.exists() and not _is_empty_folder(path)


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())
