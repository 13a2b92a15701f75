"""A folder of ten thousand files that have all been read: what it costs the watcher to look through it again."""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import psutil

from pipeline.batch.office import load_rules
from pipeline.batch.run import Order, run_batch
from pipeline.batch.summary import Silent
from pipeline.definitions import FieldType, FormDefinition
from pipeline.scanned import FileStat, ReadDocument
from pipeline.settings import load_settings
from pipeline.store import Store
from tests.faults.batches import SETTINGS, python_cache
from tests.faults.watching import peak_of
from tests.support.command import ROOT, environment, run_pipeline
from tests.support.folders import Folders, record_of

_SECONDS, _MEGABYTES = 2.0, 300.0  # that a look may take and the process may need
_IN_A_FOLDER, _TOGETHER = 500, 500
_ROUNDS = 7
_FIELDS = 12


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--profile", action="store_true", help="say where the time goes")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)  # the process that is measured
    options = parser.parse_args(arguments)
    if options.measure:
        return _measure(options.measure, profile=options.profile)
    with tempfile.TemporaryDirectory(prefix="idle-") as name:
        return _try(Path(name), options.files, profile=options.profile)


def _try(root: Path, files: int, *, profile: bool) -> int:
    folders = Folders(root)
    _fill(folders, files)
    began = time.monotonic()
    where = ("--scans", folders.scans, "--outputs", folders.outputs)
    variables = {**SETTINGS, **python_cache()}
    first = run_pipeline(*where, "--json", cwd=root, **variables)
    if first.code != 0 or first.json()["unchanged"] != files:
        print(f"FAILED the first batch: exit status {first.code}: {(first.err or first.out)[-2000:]}")
        return 1
    print(f"{files} files, all known; a batch that writes all outputs: {time.monotonic() - began:.1f} s", flush=True)
    command = [sys.executable, "-m", "tests.faults.idle", "--measure", str(root), *(["--profile"] if profile else [])]
    said = subprocess.check_output(command, cwd=ROOT, env=environment(**variables), text=True)
    *told, figures = said.splitlines()
    print(*told, sep="\n", end="\n" if told else "")
    return _judge(json.loads(figures))


def _judge(found: dict[str, float]) -> int:
    print(
        f"a look: median {found['median']:.3f} s, longest {found['longest']:.3f} s of {_ROUNDS}; "
        f"a plain walk with stat: {found['walk']:.3f} s; memory: {found['rss']:.0f} MB, at most {found['peak']:.0f} MB"
    )
    faults = []
    if found["median"] >= _SECONDS:
        faults.append(f"a look takes {_SECONDS:.0f} s or more")
    if found["peak"] >= _MEGABYTES:
        faults.append(f"the process needs {_MEGABYTES:.0f} MB or more")
    if found["batches"]:
        faults.append("a look found something to do")
    print(*(f"FAILED {fault}" for fault in faults), sep="\n", end="\n" if faults else "")
    return 1 if faults else 0


def _measure(root: Path, *, profile: bool) -> int:
    """In a process of its own: one batch as the watcher begins with, then looks. The last line is JSON."""
    settings = load_settings(folders={"scans": root / "scans", "outputs": root / "outputs"})

    def look() -> int | None:
        return run_batch(settings, Silent(), Order(quiet=True)).batch

    run_batch(settings, Silent(), Order())
    found = [look()]  # whatever is done once is done now
    times = [_timed(lambda: found.append(look())) for _ in range(_ROUNDS)]
    walks = [_timed(lambda: sum(1 for _ in _walk(root / "scans"))) for _ in range(_ROUNDS)]
    process = psutil.Process()
    memory = {"rss": process.memory_info().rss / 1e6, "peak": peak_of(process)}
    if profile:
        profiler = cProfile.Profile()
        profiler.runcall(look)
        pstats.Stats(profiler).sort_stats("cumulative").print_stats(40)
    figures = {"median": statistics.median(times), "longest": max(times), "walk": statistics.median(walks)}
    print(json.dumps(figures | memory | {"batches": sum(batch is not None for batch in found)}))
    return 0


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _walk(folder: Path) -> Iterator[os.stat_result]:
    for path, _, names in os.walk(folder):
        for name in names:
            yield (Path(path) / name).lstat()


def _fill(folders: Folders, count: int) -> None:
    """Small files, and rows that say they have been read and archived."""
    settings = load_settings(folders={"scans": folders.scans, "outputs": folders.outputs})
    form = next(iter(load_rules(settings)[0].values()))
    numbers = iter(range(count))
    with folders.store() as store:
        while some := list(islice(numbers, _TOGETHER)):
            _save(store, [folders.put(f"{n // _IN_A_FOLDER:03}/扫描{n:06}.jpg", f"scan {n}") for n in some], form)


def _save(store: Store, stats: list[FileStat], form: FormDefinition) -> None:
    keys = [f.key for f in form.fields if f.type in (FieldType.TEXT, FieldType.NAME)][:_FIELDS]
    # Some 250 different values a field, as an office has communities: ten thousand different ones that are all alike
    # would be held against one another, which is not what is measured here.
    documents = [
        ReadDocument(record_of(form.type, stat, **{key: f"{key} {stat.sha256[:2]}" for key in keys})) for stat in stats
    ]
    store.save_documents(documents, files=stats)
    store.mark_archived([stat.sha256 for stat in stats])


if __name__ == "__main__":
    sys.exit(main())
