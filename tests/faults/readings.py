"""What was read once, given back: a trial is about keeping what was read, not about reading it."""

from __future__ import annotations

import datetime
import functools
import hashlib
import os
import pickle
import random
import time
from collections.abc import Sequence
from pathlib import Path

from pipeline.batch.outcome import Outcome
from pipeline.batch.portion import Portion
from pipeline.batch.reader import Reader
from pipeline.batch.weigh import Rules
from pipeline.errors import FileError
from pipeline.intake.folder import hash_file, list_scans
from pipeline.intake.grouping import group_files
from pipeline.intake.scans import open_scans
from pipeline.scanned import FileStat, ReadDocument
from pipeline.settings import Settings, load_settings
from tests.support.command import ROOT

CACHE = ROOT / ".cache" / "faults"
READINGS = "FAULTS_READINGS"
"""Environment variable: the file with the recorded readings. Where it is not set, pages are really read."""

LONGEST = "FAULTS_DELAY"
"""Environment variable: seconds that giving back a reading takes at most."""

Recorded = dict[tuple[str, ...], Outcome]
"""What came of files, by the hashes of their contents."""

_STAGES = ("intake", "imaging", "reading", "forms", "validation")
_READ_BY = ("*.py", "batch/reader.py", "batch/tools.py", *(f"{stage}/*.py" for stage in _STAGES))

ENGINE = {"engine": "onnxruntime"}  # the quicker to start; what is tested here does not depend on it


def record(folder: Path) -> Path:
    """Read every piece of work in ``folder``, each file of it alone too; the file to replay it from.

    Each reading is kept from one run to the next, by the contents and by the program up to where it is stored.
    """
    settings = load_settings(folders={"scans": folder, "outputs": folder}, reading=ENGINE)
    recorded: Recorded = {}
    reader = None
    for piece in _pieces(folder):
        if _key(piece) in recorded:  # of copies the first is read, in a batch too
            continue
        kept = CACHE / "readings" / f"{_name(piece)}.pickle"
        if not kept.is_file():
            reader = reader or Reader(settings, folder, datetime.date.today())
            _write(kept, reader.read(piece))
        recorded[_key(piece)] = pickle.loads(kept.read_bytes())
    together = CACHE / "readings" / f"all-{_digest(repr([_name(piece) for piece in _pieces(folder)]))}.pickle"
    _write(together, recorded)
    return together


def _write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}")
    partial.write_bytes(pickle.dumps(content))
    partial.replace(path)


def _name(piece: Sequence[FileStat]) -> str:
    return _digest(_recipe() + repr([(stat.path, stat.sha256) for stat in piece]))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


@functools.cache
def _recipe() -> str:
    """What a reading depends on besides the contents."""
    sources = [Path(__file__), *(p for part in _READ_BY for p in sorted((ROOT / "pipeline").glob(part)))]
    return "".join(hashlib.sha256(source.read_bytes()).hexdigest() for source in sources)


def load(kept: Path) -> Recorded:
    recorded: Recorded = pickle.loads(kept.read_bytes())
    return recorded


def _pieces(folder: Path) -> list[tuple[FileStat, ...]]:
    stats = {f.path: FileStat(f.path, hash_file(folder / f.path), f.size, f.mtime_ns) for f in list_scans(folder).files}
    groups = [tuple(stats[path] for path in group) for group in group_files(list(stats))]
    return groups + [(stat,) for group in groups if len(group) > 1 for stat in group]


def _key(files: Sequence[FileStat]) -> tuple[str, ...]:
    return tuple(stat.sha256 for stat in files)


class Replayer(Reader):
    """A reader that finds the files, as the real one does, and then says what was read of them before."""

    def __init__(self, settings: Settings, scans: Path | str, today: datetime.date, rules: Rules | None = None) -> None:
        self._settings = settings
        self._scans = open_scans(scans, settings.path("outputs"))
        self._recorded = load(Path(os.environ[READINGS]))
        self._longest = float(os.environ.get(LONGEST, "0"))

    def _documents(
        self, files: list[FileStat], current: list[FileStat], portion: Portion
    ) -> tuple[list[ReadDocument], int]:
        for stat in files:
            current.append(stat)
            self._locate(stat)
        time.sleep(random.uniform(0, self._longest))
        outcome = self._recorded[_key(files)]
        for failure in outcome.failures:
            current.append(next(stat for stat in files if stat.sha256 == failure.file.sha256))
            raise FileError(failure.message, code=failure.code)
        return outcome.documents, outcome.pages
