"""How far stated probabilities hold, on examples that had no part in the fit."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.reading.calibration import Calibration, fit
from pipeline.records import Evidence


def held_out(
    examples: Sequence[tuple[Evidence, bool]],
    groups: Sequence[Hashable],
    prior: Calibration | None = None,
    *,
    folds: int | None = None,
) -> NDArray[np.float64]:
    """Each example's probability by coefficients that never saw its group (a document, a writer).

    Groups are left out together in ``folds`` parts, or one at a time. What belongs together must not be
    parted: fields of one hand, on one sheet, are right or wrong together.
    """
    number = {group: i % folds if folds else i for i, group in enumerate(dict.fromkeys(groups))}
    fold = np.array([number[group] for group in groups], dtype=np.int64)
    out = np.zeros(len(examples))
    for left_out in np.unique(fold):
        others = fit((example for example, f in zip(examples, fold, strict=True) if f != left_out), prior)
        for i in np.flatnonzero(fold == left_out):
            out[i] = others.probability(examples[i][0])
    return out


def calibration_error(stated: NDArray[np.float64], right: NDArray[np.bool_], bins: int = 15) -> float:
    """Expected calibration error over ``bins`` of equal count (Naeini et al., AAAI 2015)."""
    parts = [part for part in np.array_split(np.argsort(stated), bins) if len(part)]
    return float(sum(len(p) / len(stated) * abs(stated[p].mean() - right[p].mean()) for p in parts))
