"""Fit ``models/calibration.json`` on labelled corpora, and show how well it holds for writers left out.

    python benchmarks/fit_calibration.py CORPUS... [--write]

A corpus is a folder with ``scans/`` and ``truth.json``. Writers (``hand``) are left out one at a time:
a writer's values are judged by coefficients that never saw that hand. What is printed is the expected
calibration error, and for each target how many values would be accepted and how many of those wrongly.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.batch.worker import know, load_rules
from pipeline.flow import Tools, read_documents
from pipeline.intake.pages import read_pages
from pipeline.reading.calibration import fit
from pipeline.reading.engine import open_engine
from pipeline.records import Evidence, FieldValue
from pipeline.settings import load_settings

Example = tuple[Evidence, bool, str]
_TOOLS: Tools | None = None
_TARGETS = (0.9, 0.95, 0.98, 0.99)


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit the calibration on labelled corpora.")
    parser.add_argument("corpora", type=Path, nargs="+")
    parser.add_argument("--write", action="store_true", help="replace models/calibration.json")
    arguments = parser.parse_args()
    jobs = [(c, t) for c in arguments.corpora for t in json.loads((c / "truth.json").read_text(encoding="utf-8"))]
    with ProcessPoolExecutor(initializer=_start) as executor:
        examples = [example for found in executor.map(_examples, jobs) for example in found]
    _report(examples)
    if arguments.write:
        fit((e, right) for e, right, _ in examples).save(load_settings().path("calibration"))


def _start() -> None:
    global _TOOLS
    settings = load_settings()
    forms, dictionaries = load_rules(settings)
    engine = open_engine(settings.reading, settings.path("ocr"))
    _TOOLS = Tools(forms, engine, know(settings, dictionaries, datetime.date.today()), settings.acceptance)


def _examples(job: tuple[Path, dict[str, Any]]) -> list[Example]:
    """What one document's decoded values had for evidence, whether they were right, and whose hand it was."""
    corpus, truth = job
    assert _TOOLS is not None
    limits = load_settings().limits
    pages = (p for f in truth["files"] for p in read_pages(corpus / "scans" / f, f, limits))
    record = next(iter(read_documents(pages, dict.fromkeys(truth["files"], "0"), _TOOLS)))
    pairs = [(want, record.fields.get(key)) for key, want in truth["fields"].items()]
    for row, wanted in zip(record.rows, truth["rows"], strict=False):
        pairs += [(want, row.get(key)) for key, want in wanted.items()]
    return list(_judged(pairs, truth["hand"]))


def _judged(pairs: Sequence[tuple[Any, FieldValue | None]], hand: str) -> Iterator[Example]:
    for want, value in pairs:
        if value is not None and value.evidence is not None:
            yield value.evidence, _plain(value.value) == _plain(want), hand


def _plain(value: Any) -> str:
    text = unicodedata.normalize("NFKC", "、".join(value) if isinstance(value, list) else str(value or ""))
    return re.sub(r"[\s。.]", "", text).replace(",", "、").upper()


def _report(examples: Sequence[Example]) -> None:
    held_out: list[tuple[str, float, bool]] = []
    for hand in sorted({hand for _, _, hand in examples}):
        others = fit((e, right) for e, right, h in examples if h != hand)
        held_out += [(e.kind, others.probability(e), right) for e, right, h in examples if h == hand]
    for kind in (*sorted({k for k, _, _ in held_out}), "ALL"):
        some = [(p, right) for k, p, right in held_out if kind in (k, "ALL")]
        p, right = np.array([x[0] for x in some]), np.array([x[1] for x in some])
        line = f"{kind:8} n={len(some):5} right={right.mean():.3f} ece={_calibration_error(p, right):.3f}"
        for target in _TARGETS:
            accepted = p >= target
            line += f" | {target}: {accepted.mean():.2f} accepted, {int((accepted & ~right).sum())} wrong"
        print(line)


def _calibration_error(p: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error over 15 bins of equal count (Naeini et al., AAAI 2015)."""
    bins = [b for b in np.array_split(np.argsort(p), 15) if len(b)]
    return float(sum(len(b) / len(p) * abs(p[b].mean() - right[b].mean()) for b in bins))


if __name__ == "__main__":
    main()
