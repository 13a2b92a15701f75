"""How much memory and time a backup, its check and a restore take: ``python -m benchmarks.backup_memory [MEGABYTES]``.

Random originals, as an office with that much would have; scrypt's own 128 MB are told apart.
"""

from __future__ import annotations

import hashlib
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pipeline.batch.run import open_database
from pipeline.intake.archive import Archive
from pipeline.records import DocumentStatus, Record, document_id
from pipeline.scanned import FileStat
from pipeline.settings import ROOT, SETTINGS_FILE, Settings, load_settings
from pipeline.upkeep import cipher
from pipeline.upkeep.backup import back_up
from pipeline.upkeep.restore import restore

_ORIGINAL = 5_000_000  # bytes
_LIMIT = 150.0  # megabytes above what the program takes before
_Result = TypeVar("_Result")


def main() -> int:
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    config = ROOT / SETTINGS_FILE
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = _settings(folder / "office")
        _fill(settings, megabytes * 1_000_000 // _ORIGINAL)
        started = _peak()
        cipher.LOG2_N, usual = 4, cipher.LOG2_N
        _timed("backup, scrypt apart", lambda: back_up(settings, config, folder / "small.bak", "pass phrase"))
        streaming = _peak() - started
        cipher.LOG2_N = usual
        _timed("backup", lambda: back_up(settings, config, folder / "a.bak", "pass phrase"))
        other = _settings(folder / "restored")
        _timed("restore", lambda: restore(other, config, folder / "a.bak", "pass phrase"))
        whole = _peak() - started
    print(f"{megabytes} MB of originals: {streaming:.0f} MB more memory while streaming, {whole:.0f} MB with scrypt")
    return int(whole > _LIMIT)


def _settings(folder: Path) -> Settings:
    for part in ("scans", "outputs"):
        (folder / part).mkdir(parents=True)
    return load_settings(folders={"scans": folder / "scans", "outputs": folder / "outputs"})


def _fill(settings: Settings, count: int) -> None:
    """Documents of one random original each."""
    source = settings.path("scans") / "original.jpg"
    with open_database(settings) as store:
        for number in range(count):
            content = os.urandom(_ORIGINAL)
            source.write_bytes(content)
            file = FileStat(f"{number}.jpg", hashlib.sha256(content).hexdigest(), _ORIGINAL, 0)
            record = Record(document_id([file.sha256], [[1]]), "unknown", [file.path], [file.sha256], [[1]])
            record.status = DocumentStatus.ACCEPTED
            store.save_record(record, files=[file])
            Archive(settings.path("outputs")).keep(source, file.sha256, ".jpg")
            store.mark_archived([file.sha256])


def _timed(name: str, work: Callable[[], _Result]) -> _Result:
    started = time.monotonic()
    result = work()
    print(f"{name}: {time.monotonic() - started:.1f} s")
    return result


def _peak() -> float:
    """The most memory the process ever had, in megabytes (Linux)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
