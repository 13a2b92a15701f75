"""How soon the command answers, and how soon a batch has read a page: ``python -m benchmarks.start [CORPUS]``.

Printed are medians in seconds: of ``--help``; from the start of a batch of one scan until its document is in the
database, two seconds of which the scan must have been left alone; and until the batch has ended.
"""

from __future__ import annotations

import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.pages import CORPUS
from pipeline.settings import ROOT

_TURNS = 5
_COMMAND = [sys.executable, str(ROOT / "run_pipeline.py")]
_LOOK_EVERY = 0.02  # seconds


def main() -> int:
    corpus = Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS
    scan = next(iter(sorted(corpus.rglob("*.jpg"))))
    print(f"--help: {statistics.median(elapsed(['--help']) for _ in range(_TURNS)):.2f} s")
    firsts, ends = zip(*(_batch(scan) for _ in range(_TURNS)), strict=True)
    print(f"first page: {statistics.median(firsts):.2f} s; the batch: {statistics.median(ends):.2f} s")
    return 0


def elapsed(arguments: Sequence[str]) -> float:
    """Seconds that the command takes."""
    started = time.perf_counter()
    subprocess.run([*_COMMAND, *arguments], check=True, capture_output=True)
    return time.perf_counter() - started


@contextmanager
def new_office(scans: Iterable[Path]) -> Iterator[tuple[Path, Path]]:
    """An office that has nothing but these scans in its drop folder: that folder, and the one for its outputs."""
    with tempfile.TemporaryDirectory() as folder:
        inbox, outputs = Path(folder) / "scans", Path(folder) / "outputs"
        inbox.mkdir()
        for scan in scans:
            shutil.copy(scan, inbox)
        yield inbox, outputs


def _batch(scan: Path) -> tuple[float, float]:
    """Seconds until the page of a new scan is in the database of a new office, and until the batch has ended."""
    with new_office([scan]) as (scans, outputs):
        started = time.perf_counter()
        command = [*_COMMAND, "run", "--scans", str(scans), "--outputs", str(outputs)]
        batch = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not _has_document(outputs / "pipeline.db"):
            if batch.poll() is not None:
                raise RuntimeError(f"the batch ended with {batch.returncode} and no document")
            time.sleep(_LOOK_EVERY)
        first = time.perf_counter() - started
        batch.wait()
        return first, time.perf_counter() - started


def _has_document(database: Path) -> bool:
    try:
        with sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True) as connection:
            return bool(connection.execute("SELECT count(*) FROM documents").fetchone()[0])
    except sqlite3.OperationalError:
        return False  # it is being made


if __name__ == "__main__":
    sys.exit(main())
