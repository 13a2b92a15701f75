"""A thousand mangled inputs with some good ones among them: the good are read right, the rest has a reason.

The real command in a process of its own, with limits low enough that what grows is caught.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from pipeline.records import Record, Value
from tests.faults import readings
from tests.faults.batches import SETTINGS, give_up_rights, python_cache
from tests.faults.documents import Page, make_documents
from tests.faults.mangling import Mangled, mangle
from tests.faults.watching import MemoryWatch
from tests.support.command import ROOT, environment
from tests.support.folders import Folders

_MEGAPIXELS, _PAGES, _MEGABYTES = 4, 30, 20
_WORKER_MEGABYTES = 1500
_OVERSHOOT = 1.3  # a worker looks at its memory four times a second, and may need more between two looks
_MAIN_MEGABYTES = 600
_FILE_SECONDS, _PAGE_SECONDS = 20, 10
_SECONDS_EACH = 6.0  # of a worker; with as many as there are, the whole must not take longer
_BASES = 12
_FEW = 50

LIMITS = {
    "PIPELINE_LIMITS__MAX_PIXELS": str(_MEGAPIXELS * 1_000_000),
    "PIPELINE_LIMITS__MAX_PAGES": str(_PAGES),
    "PIPELINE_LIMITS__MAX_BYTES": str(_MEGABYTES * 1_000_000),
    "PIPELINE_BATCH__WORKER_MEGABYTES": str(_WORKER_MEGABYTES),
    "PIPELINE_BATCH__FILE_SECONDS": str(_FILE_SECONDS),
    "PIPELINE_BATCH__PAGE_SECONDS": str(_PAGE_SECONDS),
    "PIPELINE_BATCH__RETRY_MINUTES": "15",
}


@dataclass(slots=True)
class Run:
    """What the command did and needed."""

    code: int
    summary: dict[str, Any]
    err: str
    seconds: float
    own: float
    of_workers: float
    faults: list[str] = field(default_factory=list)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--good", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder to work in, and to keep")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="mangled-") as folder:
        faults = _try(options.keep or Path(folder), options.count, options.good, options.seed)
        with contextlib.suppress(OSError):  # or it could not be removed
            for path in Path(folder).rglob("*"):
                if path.is_dir() and not path.is_symlink():  # one of them leads to the root of the system
                    path.chmod(0o700)
    for fault in faults:
        print(f"FAILED {fault}")
    print(f"{options.count} mangled and {options.good} good: {'all well' if not faults else f'{len(faults)} faults'}")
    return 1 if faults else 0


def _try(root: Path, count: int, good: int, seed: int) -> list[str]:
    folders = Folders(root)
    make_documents(folders.scans, good, seed=seed)
    alone = readings.load(readings.record(folders.scans))
    mangled = mangle(count, seed, _bases(min(count // 10 + 2, _BASES), seed))
    made = []
    for one in mangled:
        path = folders.scans / one.path
        if not os.path.lexists(path):  # a file system may take two names for one
            one.put(path)
            made.append(one)
    print(f"{len(made)} mangled inputs of {len({m.kind for m in made})} kinds among {good} good ones", flush=True)
    run = _run(folders, len(made) + good)
    print(
        f"exit status {run.code}, {run.seconds:.0f} s; at most {run.own:.0f} MB in the command, "
        f"{run.of_workers:.0f} MB in a worker"
    )
    return [
        *run.faults,
        *_wrong_among_good(folders, alone),
        *_without_reason(folders, made, run),
    ]


def _bases(count: int, seed: int) -> list[Page]:
    """Small pages to be mangled."""
    with tempfile.TemporaryDirectory() as folder:
        names = make_documents(Path(folder), count, seed=seed + 1)
        pages = []
        for name in names:
            if name.endswith((".jpg", ".png", ".tif", ".webp")):
                with Image.open(Path(folder) / name) as opened:
                    page = opened.convert("RGB")
                page.info["dpi"] = tuple(float(d) for d in opened.info.get("dpi", (150, 150)))
                pages.append(page)
    return pages


def _run(folders: Folders, inputs: int) -> Run:
    """The command over the folder, watched; what can be seen from outside is checked."""
    longest = 120 + inputs * _SECONDS_EACH
    env = environment(**{**SETTINGS, **LIMITS, **python_cache()})
    out, err = folders.outputs.parent / "out.txt", folders.outputs.parent / "err.txt"
    workers = "1" if inputs < _FEW else "0"  # a second one takes longer to start than it saves
    where = ["--workers", workers, "--scans", str(folders.scans), "--outputs", str(folders.outputs)]
    began = time.monotonic()
    with out.open("wb") as to_out, err.open("wb") as to_err:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "run_pipeline.py"), "--json", *where],
            cwd=folders.outputs.parent,
            env=env,
            stdout=to_out,
            stderr=to_err,
            preexec_fn=functools.partial(os.nice, 5) if os.geteuid() else _as_anybody,
        )
        with MemoryWatch(process.pid) as watch:
            try:
                code = process.wait(longest)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                return Run(-9, {}, "", longest, watch.own, watch.of_children, [f"not done after {longest:.0f} s"])
    said = err.read_text(encoding="utf-8", errors="replace")
    text = out.read_text(encoding="utf-8", errors="replace")
    run = Run(code, json.loads(text) if text.startswith("{") else {}, said, time.monotonic() - began, watch.own,
              watch.of_children)  # fmt: skip
    if code != 1:
        run.faults.append(f"exit status {code}, not 1: {said[-3000:]}")
    if "Traceback" in said or "Traceback" in text:
        run.faults.append(f"a traceback: {said[-3000:]}")
    if run.own > _MAIN_MEGABYTES:
        run.faults.append(f"the command needed {run.own:.0f} MB, more than {_MAIN_MEGABYTES}")
    if run.of_workers > _OVERSHOOT * _WORKER_MEGABYTES:
        run.faults.append(f"a worker needed {run.of_workers:.0f} MB, far more than {_WORKER_MEGABYTES}")
    return run


def _as_anybody() -> None:
    give_up_rights()
    os.nice(5)


def _wrong_among_good(folders: Folders, alone: readings.Recorded) -> list[str]:
    """Good documents that were not read as they are read alone."""
    with folders.store() as store:
        stored = {record.document_id: record for record in store.records()}
    pieces = [key for key in alone if not any(set(key) < set(other) for other in alone)]
    faults, right = [], 0
    for document in (d for key in pieces for d in alone[key].documents):
        found = stored.get(document.record.document_id)
        if found is None:
            faults.append(f"{document.record.files[0]}: not read")
        elif _values(found) != _values(document.record):
            wrong = [p for p, v in _values(document.record).items() if _values(found).get(p) != v]
            faults.append(f"{document.record.files[0]}: read otherwise than alone: {wrong}")
        else:
            right += 1
    of_known = sum(d.record.doc_type != "unknown" for key in pieces for d in alone[key].documents)
    print(f"{right} good documents right ({of_known} of them of a known form), {len(faults)} wrong")
    return faults


def _values(record: Record) -> dict[str, Value]:
    return {"": record.doc_type, **{path: field.value for path, field in record.all_fields()}}


def _without_reason(folders: Folders, made: list[Mangled], run: Run) -> list[str]:
    """Inputs that nothing says what became of, or something else than it must; prints the table of reasons."""
    reasons = _reasons(folders)
    told: dict[str, str] = {}
    told.update((f["file"], f["code"]) for f in (*run.summary.get("failed", ()), *run.summary.get("retried", ())))
    faults = []
    table: Counter[tuple[str, str]] = Counter()
    for one in made:
        for path in one.inside or (one.path,):
            shown = path.encode("utf-8", "backslashreplace").decode()
            reason = reasons.get(shown) or reasons.get(path)
            if reason is None:
                faults.append(f"{one.kind} {shown!r}: nothing says what became of it")
                continue
            code = reason.partition(" ")[2]
            table[reason, one.kind] += 1
            if one.code is not None and code != one.code:
                faults.append(f"{one.kind} {shown!r}: {reason}, not {one.code}")
            if code and reason.startswith(("quarantined", "retry")) and told.get(shown) != code:
                faults.append(f"{one.kind} {shown!r}: {reason}, but the command said {told.get(shown)}")
    _print(table)
    return faults


def _reasons(folders: Folders) -> dict[str, str]:
    """What became of each file, by its name: ``quarantined corrupt_file``, ``document needs_review`` and so on."""
    reasons: dict[str, str] = {}
    with folders.store() as store:
        for path, known in store.known_files().items():
            if known.state.value == "retry":
                reasons[path] = "retry "
        for record in store.records():
            reasons |= dict.fromkeys(record.files, f"document {record.status.value}")
            reasons |= dict.fromkeys(record.duplicates, "copy of a document")
        quarantined = {q.path: q.code for q in store.quarantined()}
        with store.reading() as connection:
            rows = connection.exec_driver_sql("SELECT path, code FROM source_files WHERE state = 'retry'").all()
    reasons |= {path: f"retry {code}" for path, code in rows}
    for name, note in folders.notes().items():
        if quarantined.get(name) == note["code"]:  # a note and a line in the database, or it is not accounted for
            reasons[name] = f"quarantined {note['code']}"
    return reasons


def _print(table: Counter[tuple[str, str]]) -> None:
    by_reason: dict[str, Counter[str]] = {}
    for (reason, kind), n in table.items():
        by_reason.setdefault(reason, Counter())[kind.partition(":")[0]] += n
    for reason, kinds in sorted(by_reason.items(), key=lambda item: -sum(item[1].values())):
        print(f"{sum(kinds.values()):6} {reason:32} {', '.join(f'{kind} {n}' for kind, n in kinds.most_common())}")


if __name__ == "__main__":
    random.seed()
    sys.exit(main())
