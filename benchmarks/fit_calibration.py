"""Fit ``models/calibration.json`` on labelled corpora, and show how well it holds for writers left out.

    python -m benchmarks.fit_calibration CORPUS... [--write]

Writers (``hand``) are left out one at a time: a writer's values are judged by coefficients that never
saw that hand. What is printed is the expected calibration error, and for each target how many values
would be accepted and how many of those wrongly.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.labelled import examples, read_corpora
from pipeline.reading.calibration import fit
from pipeline.reading.calibration_check import calibration_error, held_out
from pipeline.records import Evidence
from pipeline.settings import load_settings

_TARGETS = (0.9, 0.95, 0.97, 0.98, 0.99)


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit the calibration on labelled corpora.")
    parser.add_argument("corpora", type=Path, nargs="+")
    parser.add_argument("--write", action="store_true", help="replace models/calibration.json")
    arguments = parser.parse_args()
    known = [(e, right, pair.document.hand) for e, right, pair in examples(read_corpora(arguments.corpora))]
    _report(known)
    if arguments.write:
        fit((e, right) for e, right, _ in known).save(load_settings().path("calibration"))


def _report(known: Sequence[tuple[Evidence, bool, str]]) -> None:
    stated = held_out([(e, right) for e, right, _ in known], [hand for _, _, hand in known])
    kinds, truth = np.array([e.kind for e, _, _ in known]), np.array([right for _, right, _ in known])
    for kind in (*sorted(set(kinds)), "ALL"):
        some = np.ones(len(kinds), dtype=bool) if kind == "ALL" else kinds == kind
        p, right = stated[some], truth[some]
        line = f"{kind:8} n={len(p):5} right={right.mean():.3f} ece={calibration_error(p, right):.3f}"
        for target in _TARGETS:
            accepted = p >= target
            line += f" | {target}: {accepted.mean():.2f} accepted, {int((accepted & ~right).sum())} wrong"
        print(line)


if __name__ == "__main__":
    main()
