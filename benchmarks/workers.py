"""Two workers against one: ``python -m benchmarks.workers [CORPUS]``.

Real batches through the command line, each in an empty office, by turns: of every fourth document of the corpus with
one worker and with two, and of a single scan. Printed are medians of the elapsed seconds. The ratio of two workers to
one is of what comes on top of a batch of one scan, which is the start of the program and its end. Beside it, as the
peer, how much more two processes than one multiply in the same time on this machine: what its cores allow.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.pages import CORPUS
from benchmarks.start import elapsed, new_office

_STEP, _ROUNDS, _LEAST = 4, 3, 1.8
_SIDE, _PRODUCTS = 1024, 60


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, nargs="?", default=CORPUS)
    parser.add_argument("--rounds", type=int, default=_ROUNDS)
    parser.add_argument("--step", type=int, default=_STEP, help="every so manieth document")
    asked = parser.parse_args()
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    truth = json.loads((asked.corpus / "truth.json").read_text(encoding="utf-8"))[:: asked.step]
    scans = [asked.corpus / "scans" / name for document in truth for name in document["files"]]
    found: dict[str, list[float]] = {}
    for _ in range(asked.rounds):
        found.setdefault("one scan", []).append(_batch(scans[:1], 1))
        for workers in (1, 2):
            found.setdefault(f"{workers} worker(s)", []).append(_batch(scans, workers))
            found.setdefault(f"products, {workers}", []).append(_multiplying(workers))
    medians = {what: statistics.median(seconds) for what, seconds in found.items()}
    for what, seconds in medians.items():
        print(f"{what:14}{seconds:8.2f} s")
    start = medians["one scan"]
    ratio = (medians["1 worker(s)"] - start) / (medians["2 worker(s)"] - start)
    whole = medians["1 worker(s)"] / medians["2 worker(s)"]
    cores = 2 * medians["products, 1"] / medians["products, 2"]
    print(
        f"two workers: {ratio:.2f} times as fast as one ({whole:.2f} with start and end); the cores allow {cores:.2f}"
    )
    return int(ratio < _LEAST)


def _batch(scans: Sequence[Path], workers: int) -> float:
    """Seconds of a batch of ``scans`` in an office that has nothing yet."""
    with new_office(scans) as (inbox, outputs):
        return elapsed(["run", "--scans", str(inbox), "--outputs", str(outputs), "--workers", str(workers)])


def _multiplying(processes: int) -> float:
    """Seconds that ``processes`` take to multiply matrices, each as many as one alone would."""
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        pool.map(_multiply, [1] * processes, chunksize=1)  # both are up
        started = time.perf_counter()
        pool.map(_multiply, [_PRODUCTS] * processes, chunksize=1)
        return time.perf_counter() - started


def _multiply(times: int) -> None:
    matrix = np.ones((_SIDE, _SIDE), dtype=np.float32)
    for _ in range(times):
        np.matmul(matrix, matrix)


if __name__ == "__main__":
    sys.exit(main())
