"""Editions on the disk: a folder a period, made whole or not at all, and not changed afterwards.

``outputs/editions/2026-05/`` holds the workbooks, ``tables/`` the values they show as Parquet, and ``manifest.json``
with what the edition is of and the hash of every file.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.errors import PipelineError
from pipeline.ledgers.atomic import CannotWriteError
from pipeline.ledgers.difference import Kept, kept
from pipeline.ledgers.periods import Period

FOLDER = "editions"
TABLES, MANIFEST = "tables", "manifest.json"
FORMAT = 1
_READ_ONLY = 0o440  # for the owner and the group


class EditionError(PipelineError):
    """An edition that is asked for is not there, is there already, or cannot be read."""

    code = "edition"


@dataclass(frozen=True, slots=True)
class Edition:
    """An edition that lies in ``folder``; ``manifest`` is what its file of that name says."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def is_current(self) -> bool:
        """Whether it is the one in use for its period, and not one that was kept aside."""
        return bool(self.name == self.manifest["period"])

    def registers(self) -> dict[str, Kept]:
        """The registers as they were, by sheet. Raises :class:`EditionError`."""
        found = {}
        for table in self.manifest["tables"]:
            if table["compared"]:
                path = self.folder / TABLES / table["file"]
                try:
                    found[table["sheet"]] = kept(pd.read_parquet(path))
                except (OSError, ValueError, KeyError) as error:
                    raise EditionError(
                        f"{path} 读不了：文件缺失或已损坏。请从备份恢复，或用 --again 重做本期。"
                    ) from error
        return found


def editions(outputs: Path) -> list[Edition]:
    """All that are there, by name; folders without a readable manifest are none."""
    found = []
    for path in sorted((outputs / FOLDER).glob(f"*/{MANIFEST}")):
        manifest = _manifest(path)
        if manifest is not None and not path.parent.name.startswith("."):
            found.append(Edition(path.parent, manifest))
    return found


def edition_called(outputs: Path, name: str) -> Edition:
    """The edition in the folder ``name``. Raises :class:`EditionError`."""
    every = {edition.name: edition for edition in editions(outputs)}
    if name not in every:
        known = "、".join(every) or "还没有"
        raise EditionError(f"没有“{name}”这一期。已有的：{known}。用 edition 命令制作。")
    return every[name]


def edition_before(outputs: Path, period: Period) -> Edition | None:
    """The latest edition of an earlier period of the same length."""
    earlier = [
        edition
        for edition in editions(outputs)
        if edition.is_current
        and edition.manifest["kind"] == period.length.name
        and edition.manifest["first"] < period.first.isoformat()
    ]
    return max(earlier, key=lambda edition: str(edition.manifest["first"]), default=None)


def set_aside(outputs: Path, period: Period) -> Path | None:
    """Give an edition that is there another name; the folder it lies in now. Raises :class:`CannotWriteError`."""
    folder = outputs / FOLDER / period.name
    if not folder.exists():
        return None
    aside = folder.with_name(f"{folder.name}_{datetime.now():%Y%m%d-%H%M%S}")
    _rename(folder, aside)
    return aside


@contextmanager
def new_edition(outputs: Path, period: Period) -> Iterator[Path]:
    """A folder to write into, which becomes the edition's at the end of the block, or nothing on an error.

    Raises :class:`CannotWriteError`.
    """
    target = outputs / FOLDER / period.name
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        partial.mkdir(parents=True)
        yield partial
        _freeze(partial)
        _rename(partial, target)
    except OSError as error:
        raise CannotWriteError(f"无法写入 {target}：{error.strerror}。请检查磁盘空间和文件夹权限。") from error
    finally:
        if partial.exists():
            remove_folder(partial)


def write_manifest(path: Path, manifest: Mapping[str, Any]) -> None:
    text = json.dumps({"format": FORMAT, **manifest}, ensure_ascii=False, indent=1) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def described(path: Path, **more: Any) -> dict[str, Any]:
    """A file as the manifest lists it."""
    return {**more, "file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def writable(path: Path) -> Path:
    """A file of an edition, so that it can be replaced or removed: Windows refuses that for what is read-only."""
    if os.name == "nt":
        path.chmod(stat.S_IWRITE)
    return path


def remove_folder(folder: Path) -> None:
    """Remove a folder and what is in it. Raises ``OSError``."""
    for path in folder.rglob("*"):
        if path.is_file():
            writable(path)
    shutil.rmtree(folder)


def _freeze(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(_READ_ONLY)


def _rename(folder: Path, target: Path) -> None:
    try:
        folder.rename(target)
    except OSError as error:
        raise CannotWriteError(
            f"无法把 {folder.name} 改名为 {target.name}：{error.strerror}。请关闭其中打开的文件后重试。"
        ) from error


def _manifest(path: Path) -> dict[str, Any] | None:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        whole = manifest["format"] == FORMAT and {"period", "kind", "first", "tables"} <= manifest.keys()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return manifest if whole else None
