"""Score the pipeline on labelled corpora and write ``docs/accuracy.md``: ``make accuracy``.

    python -m benchmarks.accuracy CORPUS [--heldout DIR]... [--seen DIR] [--out docs/accuracy.md]

CORPUS is the corpus the program was developed on. ``--seen`` is a set of our own generator in the
corpus' layouts and other hands, ``--heldout`` sets in layouts the program was not developed on. Confidences
are cross-validated: every document is judged by a calibration that never saw its writer.
"""

from __future__ import annotations

import argparse
import datetime
import itertools
import platform
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path

import numpy as np

from benchmarks.ablation import STEPS, measure
from benchmarks.labelled import Labelled, Pair, examples, figures, judge_held_out, pairs, read_corpora
from benchmarks.worst import write_worst
from pipeline.reading.calibration_check import calibration_error, held_out

_PACKAGES = ("paddleocr", "onnxruntime", "opencv-python")
_EDGES = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--seen", type=Path)
    parser.add_argument("--heldout", type=Path, action="append", default=[])
    parser.add_argument("--out", type=Path, default=Path("docs/accuracy.md"))
    parser.add_argument("--no-ablation", action="store_true")
    arguments = parser.parse_args()
    corpora = [arguments.corpus, *([arguments.seen] if arguments.seen else []), *arguments.heldout]
    documents = read_corpora(corpora)
    judge_held_out(documents, lambda d: d.hand)
    own = [d for d in documents if d.corpus == arguments.corpus]
    parts = [
        _head(arguments.corpus.name, corpora),
        "## The development corpus, by type of field\n",
        _table(own, lambda pair: pair.kind),
        "## By capture\n",
        _table(own, lambda pair: str(pair.document.truth["profile"])),
        "## By layout\n",
        _table(own, lambda pair: pair.document.layout),
        "## By writer\n",
        _table(own, lambda pair: pair.document.hand),
    ]
    for corpus in corpora[1:]:
        some = [d for d in documents if d.corpus == corpus]
        layouts = "layouts of the corpus" if corpus == arguments.seen else "layouts the corpus does not have"
        title = f"{layouts}, other hands"
        parts += [f"## Our own synthesis, set `{corpus.name}`: {title}\n", _table(some, lambda pair: pair.kind)]
        parts += [_table(some, lambda pair: pair.document.layout), _table(some, lambda pair: pair.document.hand)]
    parts += ["## How far the stated probabilities hold\n", _reliability(documents)]
    if not arguments.no_ablation:
        parts += ["## What each part adds\n", _ablation([arguments.corpus])]
    parts += ["## The twenty worst errors of the development corpus\n", write_worst(own, arguments.out.parent)]
    arguments.out.write_text("\n".join(parts), encoding="utf-8")
    print(_table(own, lambda pair: pair.kind))


def _head(name: str, corpora: Sequence[Path]) -> str:
    versions = ", ".join(f"{package} {metadata.version(package)}" for package in _PACKAGES)
    return (
        "# Accuracy\n\n"
        f"Written by `make accuracy` on {datetime.date.today().isoformat()} ({platform.machine()}, Python "
        f"{platform.python_version()}, {versions}); do not edit by hand. Sets: "
        + ", ".join(f"`{c.name}`" for c in corpora)
        + f"; `{name}` is the development corpus, the others are written by `tests/synthesis`.\n\n"
        "A field is right when its value equals the truth after NFKC and without white space. *auto* is the share "
        "of fields accepted and right, *silent* counts fields accepted and wrong. Every document is judged by a "
        "calibration fitted on the other writers (hands) of all these sets only, so no confidence here comes from "
        "a hand that the calibration has seen.\n"
    )


def _table(documents: Sequence[Labelled], group_of: Callable[[Pair], str]) -> str:
    """Markdown: exact, 1 − CER, auto and silent by group, and for all."""
    groups: dict[str, list[Pair]] = {}
    for pair in pairs(documents):
        groups.setdefault(group_of(pair), []).append(pair)
    everything = [pair for some in groups.values() for pair in some]
    lines = ["| | fields | exact | 1 − CER | auto | silent / accepted |", "|---|---:|---:|---:|---:|---:|"]
    for name, some in [*sorted(groups.items()), ("**all**", everything)]:
        of = figures(some)
        if of is None:
            continue
        texts = [pair for pair in some if not pair.empty and pair.kind != "mark"]
        close = f"{1 - np.mean([pair.cer for pair in texts]):.3f}" if texts else "–"
        lines.append(
            f"| {name} | {of.fields} | {of.exact:.3f} | {close} | {of.auto:.3f} | {of.silent} / {of.accepted} |"
        )
    return "\n".join(lines) + "\n"


def _reliability(documents: Sequence[Labelled]) -> str:
    """Stated against true, by writer and by layout left out."""
    known = examples(documents)
    data = [(evidence, right) for evidence, right, _ in known]
    right = np.array([r for _, r in data])
    by_hand = held_out(data, [pair.document.hand for *_, pair in known])
    by_layout = held_out(data, [pair.document.layout for *_, pair in known])
    kinds = np.array([evidence.kind for evidence, _ in data])
    lines = [
        f"Expected calibration error (15 bins of equal count), writers left out: "
        f"**{calibration_error(by_hand, right):.4f}**; layouts left out: **{calibration_error(by_layout, right):.4f}** "
        f"({len(data)} values of all sets).\n",
        "| stated (writers left out) | values | mean stated | right |",
        "|---|---:|---:|---:|",
    ]
    for low, high in itertools.pairwise(_EDGES):
        some = (by_hand >= low) & ((by_hand < high) if high < 1 else (by_hand <= 1))
        if some.any():
            lines.append(
                f"| {low:g} – {high:g} | {some.sum()} | {by_hand[some].mean():.4f} | {right[some].mean():.4f} |"
            )
    lines += ["", "| kind | values | right | error, writers left out | layouts left out |", "|---|---:|---:|---:|---:|"]
    for kind in sorted(set(kinds)):
        some = kinds == kind
        hand, layout = (calibration_error(p[some], right[some]) for p in (by_hand, by_layout))
        lines.append(f"| {kind} | {some.sum()} | {right[some].mean():.3f} | {hand:.4f} | {layout:.4f} |")
    return "\n".join(lines) + "\n"


def _ablation(corpora: Sequence[Path]) -> str:
    """Every part added to those before it, the whole measured afresh each time."""
    lines = [
        "Each row has what the rows above it have, and one part more; confidences are fitted and cross-validated "
        "anew for each row. *auto* is at the settings' targets.\n",
        "| | " + " | ".join(f"`{c.name}` exact | auto | silent" for c in corpora) + " |",
        "|---|" + "---:|" * (3 * len(corpora)),
    ]
    for step in STEPS:
        measured = measure(step, corpora)
        cells = " | ".join(f"{f.exact:.3f} | {f.auto:.3f} | {f.silent}" if f else "– | – | –" for f in measured)
        lines.append(f"| {step.title} | {cells} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
