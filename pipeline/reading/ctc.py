"""CTC decoding: from per-step class probabilities to text.

After Graves et al., "Connectionist Temporal Classification" (ICML 2006). Class 0 is the blank.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from pipeline.reading.characters import fold
from pipeline.records import Reading, Steps

_KEPT = 32  # classes kept a step; the rest of 18,710 share what is left of the probability
_NEGLIGIBLE = 1e-5
_LOG_ZERO = -1e9


def sparse_steps(dense: NDArray[np.float32], alphabet: list[str]) -> Steps:
    """The likeliest classes of each step of ``dense`` ``(T, C)``, some hundred times smaller."""
    kept = min(_KEPT, dense.shape[1])
    classes = np.zeros((len(dense), kept), dtype=np.int32)
    probs = np.zeros((len(dense), kept), dtype=np.float32)
    # All but a few classes of a step are next to impossible: looking for those few is ten times as
    # quick as partitioning 18,710.
    rows, columns = np.nonzero(dense > _NEGLIGIBLE)
    starts = np.searchsorted(rows, np.arange(len(dense) + 1))
    for t in range(len(dense)):
        some = columns[starts[t] : starts[t + 1]]
        order = np.argsort(-dense[t, some], kind="stable")[:kept]
        classes[t, : len(order)] = some[order]
        probs[t, : len(order)] = dense[t, some[order]]
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


def log_probability(steps: Steps, text: str) -> float:
    """The natural logarithm of the probability that the steps spell ``text`` (CTC forward algorithm)."""
    if not text:
        return float(np.sum(np.log(_class_probability(steps, {""}) + 1e-12)))
    columns = {c: np.log(_class_probability(steps, {c}) + 1e-12) for c in set(text)}
    blank = np.log(_class_probability(steps, {""}) + 1e-12)
    labels: list[str] = [""]
    for c in text:
        labels += [c, ""]
    emit = np.stack([blank if c == "" else columns[c] for c in labels], axis=1)
    can_skip = np.array([i >= 2 and labels[i] != "" and labels[i] != labels[i - 2] for i in range(len(labels))])
    alpha = np.full(len(labels), _LOG_ZERO)
    alpha[0], alpha[1] = emit[0, 0], emit[0, 1]
    for t in range(1, len(emit)):
        stay = alpha
        step = np.concatenate([[_LOG_ZERO], alpha[:-1]])
        skip = np.where(can_skip, np.concatenate([[_LOG_ZERO, _LOG_ZERO], alpha[:-2]]), _LOG_ZERO)
        alpha = np.logaddexp(np.logaddexp(stay, step), skip) + emit[t]
    return float(np.logaddexp(alpha[-1], alpha[-2]))


def beam(steps: Steps, allowed: Collection[str], width: int = 24) -> list[tuple[str, float]]:
    """The likeliest strings over the ``allowed`` characters with their log probabilities, best first.

    Prefix beam search (Hannun et al., 2014). What the recogniser gives to other characters is lost, so
    a string that needs them scores low rather than being bent.
    """
    allowed_set = set(allowed)
    beams: dict[str, tuple[float, float]] = {"": (0.0, _LOG_ZERO)}
    for classes, probs in zip(steps.classes, steps.probs, strict=True):
        options: dict[str, float] = {}
        for c, p in zip(classes, probs, strict=True):
            if p < 1e-4 and options:
                break
            char = fold(steps.alphabet[c]) if c else ""
            if c == 0 or char in allowed_set:
                options[char] = options.get(char, 0.0) + float(p)
        options.setdefault("", steps.floor)
        logs = {char: float(np.log(p)) for char, p in options.items()}
        if len(logs) == 1:
            beams = {s: (np.logaddexp(pb, pn) + logs[""], _LOG_ZERO) for s, (pb, pn) in beams.items()}
            continue
        grown: dict[str, tuple[float, float]] = {}
        for prefix, (p_blank, p_char) in beams.items():
            both = np.logaddexp(p_blank, p_char)
            for char, logp in logs.items():
                if char == "":
                    _add(grown, prefix, both + logp, _LOG_ZERO)
                elif prefix and prefix[-1] == char:
                    _add(grown, prefix, _LOG_ZERO, p_char + logp)
                    _add(grown, prefix + char, _LOG_ZERO, p_blank + logp)
                else:
                    _add(grown, prefix + char, _LOG_ZERO, both + logp)
        ranked = sorted(grown.items(), key=lambda item: -np.logaddexp(*item[1]))
        beams = dict(ranked[:width])
    return [(s, float(np.logaddexp(pb, pn))) for s, (pb, pn) in beams.items()]


def _add(beams: dict[str, tuple[float, float]], prefix: str, p_blank: float, p_char: float) -> None:
    old_blank, old_char = beams.get(prefix, (_LOG_ZERO, _LOG_ZERO))
    beams[prefix] = (float(np.logaddexp(old_blank, p_blank)), float(np.logaddexp(old_char, p_char)))


def _class_probability(steps: Steps, chars: set[str]) -> NDArray[np.float64]:
    """For each step the summed probability of the classes that fold to one of ``chars``."""
    wanted = [c for c in np.unique(steps.classes) if (fold(steps.alphabet[c]) if c else "") in chars]
    hit = np.isin(steps.classes, wanted)
    return np.asarray(np.maximum((steps.probs * hit).sum(axis=1, dtype=np.float64), steps.floor), dtype=np.float64)
