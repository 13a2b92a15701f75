"""From what speaks for a value to the probability that it is right.

One logistic model a kind of field (Platt scaling over a few features instead of one score), fitted on
labelled documents and kept in ``models/calibration.json``; an office may fit it again on what its own
people corrected.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.definitions import FieldType
from pipeline.errors import SetupError
from pipeline.records import Evidence, FieldStatus, Record

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing that a model weighs: its value, of order one, and what is expected of its coefficient.

    ``sign`` is what the coefficient may be whatever the examples say: 1 not negative, -1 not positive,
    0 anything.
    """

    name: str
    expected: float
    sign: int
    of: Callable[[Evidence], float]


def _log_odds(probability: float) -> float:
    p = float(np.clip(probability, 1e-3, 0.9995))
    return float(np.log(p / (1 - p)))


TABLE = (
    Feature("one", -0.5, 0, lambda e: 1.0),
    Feature("weakest", 1.0, 1, lambda e: _log_odds(e.weakest) / 4),
    Feature("mean", 1.0, 1, lambda e: _log_odds(e.mean) / 4),
    Feature("length", 0.0, 0, lambda e: float(np.log1p(e.length)) / 3),
    Feature("margin", 1.0, 1, lambda e: e.margin / 6),
    Feature("doubt", -1.0, -1, lambda e: float(e.doubt)),
    Feature("known", 1.0, 1, lambda e: float(e.known)),
    Feature("agreement", 1.0, 1, lambda e: e.agreement),
    Feature("gap", -0.3, -1, lambda e: e.gap - 1.0),
    Feature("support", 2.0, 1, lambda e: e.support),
    # The first documents that say the same count most, and one that says otherwise takes as much away.
    Feature("echoes", 0.5, 1, lambda e: float(np.clip(np.log1p(e.echoes) - np.log1p(e.rivals), -2, 2)) / 2),
    Feature("echoed", 0.5, 1, lambda e: float(e.echoes > 0)),
    # A lead of less than two nats is no lead, whatever else speaks for the value.
    Feature("thin", -1.0, -1, lambda e: float(e.margin < 2.0)),
)
"""All features. A change here needs ``models/calibration.json`` fitted anew."""

FEATURES = tuple(feature.name for feature in TABLE)
_EXPECTED = np.array([feature.expected for feature in TABLE])
_BOUNDS = [(0.0 if f.sign > 0 else None, 0.0 if f.sign < 0 else None) for f in TABLE]

_TO_EXPECTED = 0.15
"""Strength of the pull towards :data:`_EXPECTED`, a mere guess."""

_TO_PRIOR = 2.0
"""Strength of the pull towards coefficients that were fitted on many examples: as much as some fifty weigh."""


def features(evidence: Evidence) -> Vector:
    """The values of :data:`TABLE`, ``(len(TABLE),)``."""
    return np.array([feature.of(evidence) for feature in TABLE])


KIND_OF_TYPE: Mapping[FieldType, str] = {
    FieldType.ID_NUMBER: "checked",
    FieldType.USCC: "checked",
    FieldType.PHONE: "phone",
    FieldType.DATE: "date",
    FieldType.NUMBER: "number",
    FieldType.CODE: "number",
    FieldType.NAME: "name",
    FieldType.CHOICE: "closed",
    FieldType.DICTIONARY: "open",
    FieldType.LIST: "open",
    FieldType.TEXT: "text",
    FieldType.SEAL: "mark",
    FieldType.SIGNATURE: "mark",
    FieldType.CHECKBOXES: "boxes",
}
"""Types whose values are read alike share a model: there are more labelled examples of each."""

KINDS = tuple(dict.fromkeys(KIND_OF_TYPE.values()))


def kind_of(field_type: FieldType, *, closed: bool) -> str:
    """The model that a field's values are judged by."""
    return "closed" if closed else KIND_OF_TYPE[field_type]


class Calibration:
    """The fitted coefficients of each kind."""

    def __init__(self, coefficients: Mapping[str, Sequence[float] | Vector]) -> None:
        self._coefficients = {kind: np.asarray(c, dtype=np.float64) for kind, c in coefficients.items()}

    def probability(self, evidence: Evidence) -> float:
        """The probability that a value with this evidence is right."""
        return float(_sigmoid(features(evidence) @ self._coefficients[evidence.kind]))

    def judge(self, record: Record) -> None:
        """Set the confidence of every value that has evidence, in place; what a person looked at stays."""
        for _, value in record.all_fields():
            if value.evidence is not None and self.judges(value.evidence) and value.status is not FieldStatus.CORRECTED:
                value.confidence = self.probability(value.evidence)

    def judges(self, evidence: Evidence) -> bool:
        """Whether there is a model for it; evidence of another version of the program may have other kinds."""
        return evidence.kind in self._coefficients

    def coefficients(self, kind: str) -> Vector:
        """The coefficients of a kind, in the order of :data:`FEATURES`."""
        return self._coefficients[kind].copy()

    def to_dict(self) -> dict[str, Any]:
        return {"features": FEATURES, "coefficients": {k: c.round(5).tolist() for k, c in self._coefficients.items()}}

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(self.to_dict(), indent=1) + "\n", encoding="utf-8")


def load_calibration(path: Path) -> Calibration:
    """The coefficients in ``path``. Raises :class:`SetupError` where it is missing or of another version."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if tuple(data["features"]) != FEATURES or set(data["coefficients"]) != set(KINDS):
            raise SetupError(f"校准文件 {path} 与程序版本不符，请从安装包恢复。")
        calibration = Calibration(data["coefficients"])
        if any(calibration.coefficients(kind).shape != (len(FEATURES),) for kind in KINDS):
            raise ValueError("a coefficient for each feature")
        return calibration
    except OSError as error:
        raise SetupError(f"缺少校准文件 {path}，请从安装包恢复。") from error
    except (ValueError, KeyError, TypeError) as error:
        raise SetupError(f"校准文件 {path} 已损坏，请从安装包恢复。") from error


def fit(
    examples: Iterable[tuple[Evidence, bool]], prior: Calibration | None = None, strength: float | None = None
) -> Calibration:
    """Coefficients by penalised maximum likelihood, a kind at a time, from values known to be right or wrong.

    Without ``prior`` coefficients are pulled, a little, towards what is expected of them: where all
    examples are right, that keeps the probability of a poor reading low. With ``prior`` they are pulled
    towards its coefficients, and more strongly (``strength`` multiplies the squared distance): few
    examples move them little, and a kind without examples keeps them.

    What raises the probability by its nature (probabilities, lead) may not lower it, and doubt may not
    raise it, however few the examples.

    Examples need not be drawn evenly. People look at doubtful fields above all, but what makes a field
    doubtful is its evidence, and the model is of the probability *given* the evidence: choosing examples
    by features shifts none of its coefficients (unlike choosing by outcome: fields that are looked at,
    found right and not confirmed are missing, and the fit is then too low). Where evidence was never
    looked at, as in fields accepted unseen, the model extends what it learnt, and the prior holds it.
    """
    by_kind: dict[str, list[tuple[Evidence, bool]]] = {kind: [] for kind in KINDS}
    for evidence, right in examples:
        if evidence.kind in by_kind:
            by_kind[evidence.kind].append((evidence, right))
    if strength is None:
        strength = _TO_EXPECTED if prior is None else _TO_PRIOR
    return Calibration(
        {
            kind: _fit_one(pairs, _EXPECTED if prior is None else prior.coefficients(kind), strength)
            for kind, pairs in by_kind.items()
        }
    )


def _fit_one(pairs: Sequence[tuple[Evidence, bool]], towards: Vector, strength: float) -> Vector:
    if not pairs:
        return towards
    x = np.stack([features(evidence) for evidence, _ in pairs])
    y = np.array([right for _, right in pairs], dtype=np.float64)
    from scipy.optimize import minimize  # slow to import, and needed for fitting alone

    found = minimize(_loss, towards, args=(x, y, towards, strength), jac=True, bounds=_BOUNDS, method="L-BFGS-B")
    return np.asarray(found.x, dtype=np.float64)


def _loss(c: Vector, x: Vector, y: Vector, towards: Vector, strength: float) -> tuple[float, Vector]:
    z = x @ c
    off = c - towards
    loss = float(np.sum(np.logaddexp(0, z) - y * z) + strength * off @ off)
    return loss, x.T @ (_sigmoid(z) - y) + 2 * strength * off


def _sigmoid(z: Vector) -> Vector:
    return np.asarray(1 / (1 + np.exp(-np.clip(z, -40, 40))), dtype=np.float64)
