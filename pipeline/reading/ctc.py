"""CTC decoding: from per-step class probabilities to text.

After Graves et al., "Connectionist Temporal Classification" (ICML 2006). Class 0 is the blank.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.reading.characters import fold
from pipeline.sheets import Reading, Steps

_KEPT = 32  # classes kept a step; the rest of 18,710 share what is left of the probability
_NEGLIGIBLE = 1e-5


def sparse_steps(dense: NDArray[np.float32], alphabet: list[str]) -> Steps:
    """The likeliest classes of each step of ``dense`` ``(T, C)``, some hundred times smaller."""
    kept = min(_KEPT, dense.shape[1])
    classes = np.zeros((len(dense), kept), dtype=np.int32)
    probs = np.zeros((len(dense), kept), dtype=np.float32)
    # All but a few classes of a step are next to impossible: looking for those few is ten times as
    # quick as partitioning 18,710, and five times as quick flat as by rows.
    rows, columns = np.divmod(np.flatnonzero(dense > _NEGLIGIBLE), dense.shape[1])
    likely = dense[rows, columns]
    order = np.lexsort((-likely, rows))
    rank = np.arange(len(rows)) - np.searchsorted(rows, rows)
    order, rank = order[rank < kept], rank[rank < kept]
    classes[rows[order], rank] = columns[order]
    probs[rows[order], rank] = likely[order]
    rest = float(np.mean(np.clip(1.0 - probs.sum(axis=1), 1e-7, 1.0)))
    return Steps(classes, probs, rest / max(1, dense.shape[1] - kept), alphabet)


def greedy(steps: Steps, width_fraction: float = 1.0) -> Reading:
    """The likeliest class of each step, repeats joined and blanks dropped.

    Characters are folded to simplified, half-width forms. ``width_fraction`` is the share of the
    recogniser's input that the crop filled; ``centres`` are relative to the crop.
    """
    best, probs = steps.classes[:, 0], steps.probs[:, 0]
    chars: list[str] = []
    certainty: list[float] = []
    centres: list[float] = []
    start = 0
    total = len(best)
    while start < total:
        end = start + 1
        while end < total and best[end] == best[start]:
            end += 1
        if best[start] != 0:
            char = fold(steps.alphabet[best[start]])
            peak = float(probs[start:end].max())
            centre = min(1.0, (start + end) / 2 / total / max(width_fraction, 1e-6))
            # A folded ligature or fraction may be several characters; they share one place.
            for c in char:
                chars.append(c)
                certainty.append(peak)
                centres.append(centre)
        start = end
    return Reading("".join(chars), certainty, centres, steps)
