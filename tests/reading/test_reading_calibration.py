"""From evidence to a probability."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.definitions import FieldType
from pipeline.errors import SetupError
from pipeline.reading.calibration import KIND_OF_TYPE, Calibration, fit, kind_of, load_calibration
from pipeline.records import Evidence
from pipeline.settings import ROOT

SHIPPED = ROOT / "models" / "calibration.json"
KINDS = sorted(set(KIND_OF_TYPE.values()))
GOOD = Evidence(kind="text", weakest=0.99, mean=0.995, length=6, margin=8.0, doubt=False, known=True)


@pytest.fixture(scope="module")
def shipped() -> Calibration:
    return load_calibration(SHIPPED)


@pytest.mark.parametrize("kind", KINDS)
def test_what_speaks_against_a_value_never_raises_its_probability(kind: str, shipped: Calibration) -> None:
    good = dataclasses.replace(GOOD, kind=kind)
    best = shipped.probability(good)
    assert 0.8 < best <= 1.0
    for change in (
        {"weakest": 0.3},
        {"mean": 0.6},
        {"margin": 0.5},
        {"margin": -5.0},
        {"doubt": True},
        {"known": False},
    ):
        assert shipped.probability(dataclasses.replace(good, **change)) <= best, change  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_a_poor_reading_is_not_accepted_unseen(kind: str, shipped: Calibration) -> None:
    poor = Evidence(kind=kind, weakest=0.2, mean=0.5, length=6, margin=0.1, doubt=True, known=False)
    assert shipped.probability(poor) < 0.9


@pytest.mark.parametrize("weakest", [0.0, 1e-9, 1.0])
@pytest.mark.parametrize("length", [0, 1, 500])
def test_extremes_give_a_probability(weakest: float, length: int, shipped: Calibration) -> None:
    for margin in (-1e9, 0.0, 1e9):
        evidence = dataclasses.replace(GOOD, weakest=weakest, mean=weakest, length=length, margin=margin)
        assert 0.0 <= shipped.probability(evidence) <= 1.0


def test_every_type_that_is_read_has_a_kind() -> None:
    read = set(FieldType) - {FieldType.CHECKBOXES, FieldType.TITLE_CHOICE, FieldType.SIGNATURE, FieldType.SEAL}
    assert {kind_of(t, closed=False) for t in read} <= set(KINDS)
    assert kind_of(FieldType.DICTIONARY, closed=True) != kind_of(FieldType.DICTIONARY, closed=False)


def test_a_fit_is_near_the_truth_it_was_drawn_from() -> None:
    rng = np.random.default_rng(4)
    examples = []
    for kind in KINDS:
        for _ in range(80):
            weakest = float(rng.uniform(0.3, 0.999))
            right = bool(rng.random() < weakest**2)
            examples.append((dataclasses.replace(GOOD, kind=kind, weakest=weakest, mean=0.9), right))
    fitted = fit(examples)
    for weakest in (0.5, 0.8, 0.95):
        evidence = dataclasses.replace(GOOD, kind=KINDS[0], weakest=weakest, mean=0.9)
        assert fitted.probability(evidence) == pytest.approx(weakest**2, abs=0.15)


def test_where_all_examples_are_right_a_poor_reading_is_still_doubted() -> None:
    examples = [(dataclasses.replace(GOOD, kind=kind), True) for kind in KINDS for _ in range(50)]
    fitted = fit(examples)
    assert fitted.probability(GOOD) > 0.95
    poor = dataclasses.replace(GOOD, weakest=0.2, mean=0.4, margin=0.0, doubt=True, known=False)
    assert fitted.probability(poor) < 0.5


def test_what_is_saved_is_what_is_loaded(tmp_path: Path, shipped: Calibration) -> None:
    shipped.save(tmp_path / "calibration.json")
    again = load_calibration(tmp_path / "calibration.json")
    for kind in KINDS:
        evidence = dataclasses.replace(GOOD, kind=kind, margin=3.0)
        assert again.probability(evidence) == pytest.approx(shipped.probability(evidence), abs=1e-4)


def test_a_missing_damaged_or_foreign_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "calibration.json"
    with pytest.raises(SetupError, match=r"calibration\.json"):
        load_calibration(file)
    data = json.loads(SHIPPED.read_text(encoding="utf-8"))
    without = {**data, "coefficients": {k: v for k, v in data["coefficients"].items() if k != "date"}}
    other = {**data, "features": data["features"][:-1]}
    for text in ("", "{", "[]", "{}", json.dumps(without), json.dumps(other)):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(SetupError, match=r"calibration\.json"):
            load_calibration(file)
