"""What a batch costs in a store that grows: ``python -m benchmarks.growth [N] --corpus FOLDER``.

N documents (10,000) with invented values, a year's mix of every form, are put into a store through its saving API. Then
a real batch (OCR and all) of ``SCANS`` new scans of the corpus is run there and, by turns, in an office with nothing in
its store; each in a process of its own. Printed are the medians of the seconds by stage, of the CPU seconds of the
batch's own process by stage (without its workers'), and the ratio of the whole. The older scans lie in the archive, as
with ``intake.originals = "move"``; nobody has looked at any of what is in review. Beside it, how long planning takes
with N known files in the drop folder.

The workbooks rest in the full store: those of the empty one lie there, written a moment ago. The batch in the empty
store writes its few. Filling takes some 15 ms of CPU a document; ``--keep`` keeps the store for another run, or takes
the one that was kept there.
"""

from __future__ import annotations

import argparse
import datetime
import functools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import update

from pipeline.batch import crosscheck, exports, run, weigh
from pipeline.batch.crosscheck import cross_check
from pipeline.batch.exports import update_outputs
from pipeline.batch.facts import PERSON, renew_facts
from pipeline.batch.plan import Looking, make_plan
from pipeline.batch.records_out import write_records_file
from pipeline.batch.run import open_database, run_batch
from pipeline.batch.summary import Silent
from pipeline.batch.weigh import rules_in_force
from pipeline.ledgers.gist import ITEMS
from pipeline.scanned import FileStat
from pipeline.settings import Settings, load_settings
from pipeline.store import FileState
from pipeline.store import files as store_files
from pipeline.store.schema import OriginalRow, SourceFileRow
from tests.synthesis.office_year import fill

SCANS, _COUNT, _ROUNDS, _LIMIT = 20, 10_000, 3, 1.2
_STAGES: dict[str, tuple[tuple[Any, str], ...]] = {
    "plan": ((run, "_plan"),),
    "reading": ((run, "_read"),),
    "facts": ((weigh, "renew_facts"), (crosscheck, "renew_facts")),
    "weigh": ((exports, "weigh_stored"),),
    "cross-check": ((exports, "cross_check"),),
    "matching": ((crosscheck, "_match"),),
    "records.jsonl": ((exports, "write_records_file"),),
    "outputs": ((exports, "export"),),
    "report": ((run, "report"),),
}
"""Stages by the functions that do them. "facts" is a part of the two that follow it, "matching" of the second;
"records.jsonl" is one of "outputs", where the workbooks are written, but where these rest."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=_COUNT)
    parser.add_argument("--corpus", type=Path, required=True, help="the folder that has the scans")
    parser.add_argument("--rounds", type=int, default=_ROUNDS)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--only", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.only:
        print(json.dumps(_batch(asked.only)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        kept = asked.keep or Path(folder) / "kept"
        if not (kept / "outputs").is_dir():
            _fill(kept, asked.count)
        print(f"plan with {asked.count} known files: {_plan_seconds(Path(folder) / 'plan', asked.count):.2f} s")
        scans = sorted(p for p in asked.corpus.rglob("*") if p.suffix.lower() in {".jpg", ".png", ".tif", ".pdf"})
        ways = {"empty": None, "full": kept}
        found: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
        for _ in range(asked.rounds):
            for way, store in ways.items():
                found[way].append(_turn(Path(folder) / "office", store, scans[:: len(scans) // SCANS][:SCANS]))
                print(way, json.dumps({k: round(v, 2) for k, v in found[way][-1].items()}), flush=True)
    medians = {way: {s: statistics.median(run[s] for run in runs) for s in runs[0]} for way, runs in found.items()}
    print(f"{'seconds':<18}{'empty':>10}{asked.count:>12,}")
    for stage in medians["empty"]:
        print(f"{stage:<18}{medians['empty'][stage]:>10.2f}{medians['full'][stage]:>12.2f}")
    ratio = medians["full"]["batch"] / medians["empty"]["batch"]
    print(f"{ratio:.2f} times as long")
    return int(ratio > _LIMIT)


def _settings(office: Path) -> Settings:
    """Of an office whose workbooks rest as long as they may, however few documents it has."""
    for name in ("scans", "outputs"):
        (office / name).mkdir(parents=True, exist_ok=True)
    folders = {"scans": office / "scans", "outputs": office / "outputs"}
    ledgers = {"always_up_to": 0, "rest_hours": 168.0}
    return load_settings(folders=folders, intake={"settle_seconds": 0.0}, ledgers=ledgers)


def _fill(office: Path, count: int) -> None:
    """An office with ``count`` documents as the night before left it: weighed (their evidence is invented too),
    checked, in ``records.jsonl``.

    Its workbooks are those of the empty store. The batches measured let them rest, and writing the others would take
    longer than all else.
    """
    settings, started = _settings(office), time.perf_counter()
    rules = rules_in_force(settings, datetime.date.today())

    def told(what: str) -> None:
        nonlocal started
        print(f"{what} in {time.perf_counter() - started:.0f} s", flush=True)
        started = time.perf_counter()

    with open_database(settings) as store:
        outputs = update_outputs(store, rules, settings)  # workbooks, which then rest
        assert outputs.paths, outputs.notice
        fill(store, count, corrected=0.0)
        with store.writing() as connection:
            connection.execute(update(SourceFileRow).values(taken=True))
            connection.execute(update(OriginalRow).values(archived=datetime.datetime.now(datetime.UTC)))
        told("filled")
        renew_facts(store, rules.forms)
        store.see_facts(store.touched_facts(PERSON, ITEMS, like=False))
        store.settle("unweighed", store.due("unweighed"))
        told("facts of all")
        cross_check(store, rules.forms, rules.dictionaries)
        told("checks of all")
        write_records_file(store, settings.path("outputs"), whole=True)
        told("records.jsonl of all")
    run_batch(settings, Silent())  # what a batch keeps for the next is there
    told("a batch without news")


def _turn(office: Path, kept: Path | None, scans: list[Path]) -> dict[str, float]:
    """One batch in an office of its own; seconds by stage."""
    shutil.rmtree(office, ignore_errors=True)
    if kept is not None:
        shutil.copytree(kept, office)
    settings = _settings(office)
    for scan in scans:
        shutil.copy2(scan, settings.path("scans") / scan.name)
    os.sync()  # what was copied is not to be written while the batch runs
    command = [sys.executable, "-m", "benchmarks.growth", "--corpus", ".", "--only", str(office)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds: dict[str, float] = json.loads(said.splitlines()[-1])
    return seconds


def _batch(office: Path) -> dict[str, float]:
    settings, seconds = _settings(office), defaultdict[str, float](float)
    for stage, functions in _STAGES.items():
        for module, name in functions:
            setattr(module, name, _timed(getattr(module, name), stage, seconds))
    summary = _timed(run_batch, "batch", seconds)(settings, Silent())
    assert summary.read == SCANS, summary
    return {f"{stage}{kind}": seconds[f"{stage}{kind}"] for kind in ("", ", CPU") for stage in (*_STAGES, "batch")}


def _timed(function: Callable[..., Any], stage: str, seconds: dict[str, float]) -> Callable[..., Any]:
    @functools.wraps(function)
    def timed(*args: Any, **options: Any) -> Any:
        started, at_work = time.perf_counter(), time.process_time()
        try:
            return function(*args, **options)
        finally:
            seconds[stage] += time.perf_counter() - started
            seconds[f"{stage}, CPU"] += time.process_time() - at_work

    return timed


def _plan_seconds(office: Path, count: int) -> float:
    """How long it takes to see that nothing of ``count`` known files is new."""
    settings = _settings(office)
    scans = settings.path("scans")
    stats = []
    for number in range(count):
        path = scans / f"{number // 1000:03d}" / f"{number:06d}.jpg"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"%d" % number)
        info = path.stat()
        stats.append(FileStat(path.relative_to(scans).as_posix(), f"{number:064x}", info.st_size, info.st_mtime_ns))
    with open_database(settings) as store:
        with store.writing() as connection:
            store_files.mark(connection, stats, FileState.PROCESSED, None)
        started = time.perf_counter()
        plan = make_plan(scans, settings.path("outputs"), store, Looking(datetime.datetime.now(datetime.UTC), {}))
        seconds = time.perf_counter() - started
    assert plan.unchanged == count, plan.unchanged
    return seconds


if __name__ == "__main__":
    sys.exit(main())
