"""From what speaks for a value to the probability that it is right.

One logistic model a kind of field (Platt scaling over a few features instead of one score), fitted on
labelled documents and kept in ``models/calibration.json``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from pipeline.definitions import FieldType
from pipeline.errors import SetupError
from pipeline.records import Evidence

FEATURES = ("one", "weakest", "mean", "length", "margin", "doubt", "known", "thin")
_EXPECTED = np.array([-0.5, 1.0, 1.0, 0.0, 1.0, -1.0, 1.0, -1.0])
_PRIOR = 0.15  # strength of the pull of coefficients towards what is expected of them


def features(evidence: Evidence) -> NDArray[np.float64]:
    """The features of :data:`FEATURES`, ``(8,)``, of order one."""
    weakest, mean = (float(np.clip(p, 1e-3, 0.9995)) for p in (evidence.weakest, evidence.mean))
    return np.array(
        [
            1.0,
            np.log(weakest / (1 - weakest)) / 4,
            np.log(mean / (1 - mean)) / 4,
            np.log1p(evidence.length) / 3,
            evidence.margin / 6,
            float(evidence.doubt),
            float(evidence.known),
            # A lead of less than two nats is no lead, whatever else speaks for the value.
            float(evidence.margin < 2.0),
        ]
    )


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
}
"""Types whose values are read alike share a model: there are more labelled examples of each."""


def kind_of(field_type: FieldType, *, closed: bool) -> str:
    """The model that a field's values are judged by."""
    return "closed" if closed else KIND_OF_TYPE[field_type]


class Calibration:
    """The fitted coefficients of each kind."""

    def __init__(self, coefficients: Mapping[str, Sequence[float] | NDArray[np.float64]]) -> None:
        self._coefficients = {kind: np.asarray(c, dtype=np.float64) for kind, c in coefficients.items()}

    def probability(self, evidence: Evidence) -> float:
        """The probability that a value with this evidence is right."""
        return float(_sigmoid(features(evidence) @ self._coefficients[evidence.kind]))

    def save(self, path: Path) -> None:
        data = {"features": FEATURES, "coefficients": {k: c.round(5).tolist() for k, c in self._coefficients.items()}}
        path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def load_calibration(path: Path) -> Calibration:
    """The coefficients in ``path``. Raises :class:`SetupError` where it is missing or of another version."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if tuple(data["features"]) != FEATURES or set(data["coefficients"]) != set(KIND_OF_TYPE.values()):
            raise SetupError(f"校准文件 {path} 与程序版本不符，请从安装包恢复。")
        return Calibration(data["coefficients"])
    except OSError as error:
        raise SetupError(f"缺少校准文件 {path}，请从安装包恢复。") from error
    except (ValueError, KeyError, TypeError) as error:
        raise SetupError(f"校准文件 {path} 已损坏，请从安装包恢复。") from error


def fit(examples: Iterable[tuple[Evidence, bool]]) -> Calibration:
    """Coefficients by penalised maximum likelihood, a kind at a time, from values known to be right or wrong.

    What raises the probability by its nature (probabilities, lead) may not lower it, and doubt may not
    raise it, however few the examples; where all examples are right, the expected coefficients keep the
    probability of a poor reading low.
    """
    bounds = [(None, None), (0, None), (0, None), (None, 0), (0, None), (None, 0), (0, None), (None, 0)]
    out = {}
    by_kind: dict[str, list[tuple[Evidence, bool]]] = {kind: [] for kind in KIND_OF_TYPE.values()}
    for evidence, right in examples:
        by_kind[evidence.kind].append((evidence, right))
    for kind, pairs in by_kind.items():
        x = np.stack([features(evidence) for evidence, _ in pairs])
        y = np.array([right for _, right in pairs], dtype=np.float64)
        found = minimize(_loss, _EXPECTED, args=(x, y), jac=True, bounds=bounds, method="L-BFGS-B")
        out[kind] = found.x
    return Calibration(out)


def _loss(c: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    z = x @ c
    off = c - _EXPECTED
    loss = float(np.sum(np.logaddexp(0, z) - y * z) + _PRIOR * off @ off)
    return loss, x.T @ (_sigmoid(z) - y) + 2 * _PRIOR * off


def _sigmoid(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(z, -40, 40))), dtype=np.float64)
