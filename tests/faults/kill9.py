"""Batches killed at any moment, and what a later one makes of it: every document once, no original lost.

In each trial a batch is killed with all its processes (in some trials its parent alone, or one worker), and
another one run until it ends undisturbed; in some that one is killed too. Readings are recorded once and given
back, but for the trials in which pages are really read.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults import checks, readings
from tests.faults.batches import Batch, Office
from tests.faults.documents import make_documents

_SLOTS = 2  # trials at a time
_DELAY = "0.06"  # seconds that giving back a reading takes at most
_MOST_RUNS = 8
_SECONDS = 300.0  # no batch takes longer
_FROM_START, _TWICE = 0.35, 0.3  # share of the kills, and of the trials
_GROUP, _PARENT, _WORKER = "group", "parent", "worker"
_TARGETS = (_GROUP,) * 14 + (_PARENT,) * 3 + (_WORKER,) * 3


@dataclass(frozen=True, slots=True)
class Material:
    """What all trials of a kind share: documents, their readings (``None``: read really), how long a batch takes.

    ``saving`` is how long it takes from when the first document was saved.
    """

    documents: Path
    kept: Path | None
    expected: checks.Expected
    seconds: float
    saving: float


@dataclass(frozen=True, slots=True)
class Kill:
    """What is killed, and when: at any moment of a batch, or of what follows its first document.

    The start takes half of a batch and has nothing to lose, so most kills are of the second kind.
    """

    target: str
    from_start: bool
    share: float

    def seconds(self, material: Material) -> float:
        return self.share * (material.seconds if self.from_start else material.saving)


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial, with what is killed in one run after another."""

    number: int
    material: Material
    moved: bool
    workers: int
    kills: tuple[Kill, ...]

    def __str__(self) -> str:
        kills = ", ".join(
            f"{k.target} {k.seconds(self.material):.2f} s after the {'start' if k.from_start else 'first document'}"
            for k in self.kills
        )
        what = "recorded" if self.material.kept else "real"
        return f"trial {self.number} ({what}, {'move' if self.moved else 'leave'}, {self.workers} workers, {kills})"


@dataclass(slots=True)
class Finding:
    """What came of a trial: what is wrong, what was killed in which phase, how long orphans lived, how many runs."""

    trial: str
    faults: list[str] = field(default_factory=list)
    killed: list[str] = field(default_factory=list)
    orphans: float = 0.0
    runs: int = 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--real", type=int, default=10, help="trials of these in which pages are really read")
    parser.add_argument("--documents", type=int, default=30)
    parser.add_argument("--real-documents", type=int, default=8, help="documents where pages are really read")
    parser.add_argument("--seed", type=int, default=None, help="of a run to be repeated")
    parser.add_argument("--keep", type=Path, help="a folder in which to keep the trials that failed")
    options = parser.parse_args(arguments)
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1_000_000)
    print(f"{options.trials} trials, {options.real} of them with real reading, seed {seed}", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kill9-") as folder:
        root = Path(folder)
        recorded = _prepare(root / "recorded", options.documents, really=False)
        real = _prepare(root / "real", options.real_documents, really=True) if options.real else recorded
        rng = random.Random(seed)
        trials = [_trial(n, real if n < options.real else recorded, rng) for n in range(options.trials)]
        failed = _run(trials, root, options.keep)
    print(f"{options.trials - failed} of {options.trials}, in {(time.monotonic() - began) / 60:.1f} minutes")
    return 1 if failed else 0


def _prepare(root: Path, count: int, *, really: bool) -> Material:
    """Make documents, among them a copy and one that cannot be read, and see what an undisturbed batch does."""
    documents = root / "documents"
    names = make_documents(documents, count)
    shutil.copyfile(documents / names[-1], documents / f"又一份{names[-1]}")
    whole = (documents / names[-1]).read_bytes()
    (documents / "残缺.png").write_bytes(b"\x89PNG\r\n\x1a\n" + whole[: len(whole) // 3])
    readings_file = readings.record(documents)
    kept = None if really else readings_file
    # Two at a time, as in the trials: their time is what the moments of the kills are drawn from.
    offices = [Office(root / f"undisturbed{i}", documents) for i in range(_SLOTS)]
    runs = [
        office.start("--json", "--workers", "1", kept=kept, variables=_variables(moved=False)) for office in offices
    ]
    for run, office in zip(runs, offices, strict=True):
        run.wait_for(office.first_kept)
    first = sum(time.monotonic() - run.began for run in runs) / len(runs)
    for run in runs:
        if run.wait(_SECONDS) not in (0, 1):
            raise RuntimeError(f"an undisturbed batch failed:\n{run.said()}")
    expected = checks.expect(offices[0], readings.load(readings_file))
    wrong = [fault for office in offices for fault in checks.faults(office, expected, moved=False)]
    if wrong:
        raise RuntimeError("an undisturbed batch is not as it must be: " + "; ".join(wrong))
    seconds = sum(run.seconds for run in runs) / len(runs)
    print(
        f"{len(expected.files)} files, {len(expected.documents)} documents, {len(expected.sources)} pages "
        f"({'really read' if really else 'recorded'}): {seconds:.1f} s undisturbed, "
        f"{seconds - first:.1f} s of them from the first document",
        flush=True,
    )
    return Material(documents, kept, expected, seconds, seconds - first)


def _trial(number: int, material: Material, rng: random.Random) -> Trial:
    kills = [Kill(rng.choice(_TARGETS), rng.random() < _FROM_START, rng.random()) for _ in range(_kills(rng))]
    return Trial(number, material, number % 2 == 1, 2 if rng.random() < 0.25 else 1, tuple(kills))


def _kills(rng: random.Random) -> int:
    return 2 if rng.random() < _TWICE else 1


def _run(trials: list[Trial], root: Path, keep: Path | None) -> int:
    """Run the trials and tell of them; how many failed."""
    phases: Counter[str] = Counter()
    failed, runs, orphans = 0, 0, 0.0
    with ProcessPoolExecutor(_SLOTS, multiprocessing.get_context("fork")) as slots:
        for finding in slots.map(_try, trials, [root] * len(trials), [keep] * len(trials)):
            phases.update(finding.killed)
            runs += finding.runs
            orphans = max(orphans, finding.orphans)
            if finding.faults:
                failed += 1
                print(f"FAILED {finding.trial}", *finding.faults, sep="\n    ", flush=True)
    print(f"{runs} runs; kills: " + ", ".join(f"{what} {n}" for what, n in sorted(phases.items())))
    print(f"processes left by a dead parent lived {orphans:.2f} s at most")
    return failed


def _try(trial: Trial, root: Path, keep: Path | None) -> Finding:
    office = Office(root / f"trial{trial.number}", trial.material.documents)
    finding = Finding(str(trial))
    rng = random.Random(trial.number)
    try:
        for kill in trial.kills:
            run = _start(trial, office, finding)
            if not kill.from_start:
                run.wait_for(office.first_kept)
            _sleep(run, kill.seconds(trial.material))
            finding.killed.append(_disturb(run, kill.target, office, rng, finding))
        _finish(trial, office, finding)
        finding.faults += checks.faults(office, trial.material.expected, moved=trial.moved)
    except Exception as error:  # noqa: BLE001 - a trial that fails in another way has failed
        finding.faults.append(f"{type(error).__name__}: {error}")
    if finding.faults and keep is not None:
        shutil.copytree(office.root, keep / office.root.name, dirs_exist_ok=True)
    shutil.rmtree(office.root, ignore_errors=True)
    return finding


def _start(trial: Trial, office: Office, finding: Finding) -> Batch:
    finding.runs += 1
    variables = _variables(moved=trial.moved)
    return office.start("--json", "--workers", str(trial.workers), kept=trial.material.kept, variables=variables)


def _variables(*, moved: bool) -> dict[str, str]:
    return {readings.LONGEST: _DELAY, "PIPELINE_INTAKE__ORIGINALS": "move" if moved else "leave"}


def _sleep(run: Batch, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not run.ended() and time.monotonic() < until:
        time.sleep(0.002)


def _disturb(run: Batch, target: str, office: Office, rng: random.Random, finding: Finding) -> str:
    """Kill ``target``; what was killed in which phase of the batch."""
    if run.ended():
        return "too late"
    if target == _WORKER:
        workers = run.workers()
        if workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(rng.choice(workers), signal.SIGKILL)
            run.wait(_SECONDS)
            _heed(run, finding)
            return "worker"
        target = _GROUP
    if target == _PARENT:
        run.kill_parent()
    else:
        run.kill()
    lived = run.orphans_gone()
    if lived is None:
        finding.faults.append("processes of a dead batch would not end")
    elif target == _PARENT:
        finding.orphans = max(finding.orphans, lived)
    return f"{target} {_phase(office)}"


def _phase(office: Office) -> str:
    """How far the killed batch had come. Asked of a copy: to open a database mends it."""
    with tempfile.TemporaryDirectory(dir=office.root) as folder:
        for name in ("pipeline.db", "pipeline.db-wal"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copy(office.outputs / name, folder)
        try:
            with closing(sqlite3.connect(Path(folder) / "pipeline.db")) as connection:
                ((finished,),) = connection.execute("SELECT finished FROM batches ORDER BY id DESC LIMIT 1").fetchall()
                left = connection.execute("SELECT count(*) FROM originals WHERE archived IS NULL").fetchone()[0]
                saved = connection.execute("SELECT count(*) FROM documents").fetchone()[0]
        except (sqlite3.Error, ValueError):
            return "before any batch was noted"
    if finished is not None:
        return "outside a batch"
    if not saved:
        return "before the first document"
    if left:
        return "between documents"
    return "at the end" if any(office.outputs.glob("*.xlsx")) else "before the outputs"


def _finish(trial: Trial, office: Office, finding: Finding) -> None:
    """Run batches until one ends undisturbed and leaves nothing to be tried again."""
    for _ in range(_MOST_RUNS):
        run = _start(trial, office, finding)
        run.wait(_SECONDS)
        _heed(run, finding)
        with office.store() as store:
            if not store.status_summary().files.get("retry"):
                return
    finding.faults.append(f"after {finding.runs} runs there is still something to be tried again")


def _heed(run: Batch, finding: Finding) -> None:
    """A batch that nobody killed ends with 0, or with 1 where a file failed, and without a traceback."""
    if run.code not in (0, 1) or "Traceback" in run.said():
        finding.faults.append(f"exit status {run.code}: {run.said()[-2000:]}")
    if (lived := run.orphans_gone()) is None or lived > 1.0:
        finding.faults.append("a batch that ended left processes behind")


if __name__ == "__main__":
    sys.exit(main())
