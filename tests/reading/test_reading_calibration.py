"""From evidence to a probability."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.definitions import FieldType
from pipeline.errors import SetupError
from pipeline.reading.calibration import FEATURES, KIND_OF_TYPE, TABLE, Calibration, fit, kind_of, load_calibration
from pipeline.reading.calibration_check import calibration_error, held_out
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
        {"agreement": 0.2},
        {"gap": 2.5},
        {"support": -1.0},
        {"rivals": 3},
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


def drawn(count: int, kind: str, rng: np.random.Generator) -> list[Evidence]:
    """Evidence of all sorts."""
    return [
        dataclasses.replace(
            GOOD,
            kind=kind,
            weakest=float(rng.uniform(0.05, 0.999)),
            mean=float(rng.uniform(0.4, 0.999)),
            length=int(rng.integers(1, 20)),
            margin=float(rng.uniform(-2, 12)),
            doubt=bool(rng.random() < 0.3),
            known=bool(rng.random() < 0.5),
        )
        for _ in range(count)
    ]


def lower(calibration: Calibration, by: float) -> Calibration:
    """The same, less sure of everything."""
    changed = {kind: calibration.coefficients(kind) for kind in KINDS}
    for kind in KINDS:
        changed[kind][FEATURES.index("one")] -= by
    return Calibration(changed)


@pytest.mark.parametrize("feature", [f for f in TABLE if f.sign], ids=lambda f: f.name)
def test_no_examples_turn_a_feature_against_its_nature(feature: object, shipped: Calibration) -> None:
    i = TABLE.index(feature)  # type: ignore[arg-type]
    rng = np.random.default_rng(7)
    evidence = drawn(300, "text", rng)
    values = np.array([TABLE[i].of(e) for e in evidence])
    perverse = (values - np.median(values)) * TABLE[i].sign < 0
    examples = list(zip(evidence, perverse.tolist(), strict=True))
    for prior in (None, shipped):
        assert fit(examples, prior).coefficients("text")[i] * TABLE[i].sign >= 0


def test_without_examples_the_prior_stands(shipped: Calibration) -> None:
    fitted = fit([(dataclasses.replace(GOOD, kind="date"), False)] * 100, shipped)
    for kind in KINDS:
        same = np.array_equal(fitted.coefficients(kind), shipped.coefficients(kind))
        assert same is (kind != "date")
    assert fitted.probability(dataclasses.replace(GOOD, kind="date")) < 0.5
    assert np.array_equal(fit([]).coefficients("text"), [f.expected for f in TABLE])


def test_few_examples_move_the_prior_little_and_many_far(shipped: Calibration) -> None:
    truth = lower(shipped, 2.0)
    rng = np.random.default_rng(11)
    probes = drawn(300, "open", rng)
    wanted = np.array([truth.probability(e) for e in probes])
    off = []
    for count in (5, 50, 1000):
        examples = [(e, bool(rng.random() < truth.probability(e))) for e in drawn(count, "open", rng)]
        stated = np.array([fit(examples, shipped).probability(e) for e in probes])
        off.append(float(np.abs(stated - wanted).mean()))
    start = float(np.abs(np.array([shipped.probability(e) for e in probes]) - wanted).mean())
    assert start > off[1] > off[2]
    assert off[0] > start / 3
    assert off[2] < 0.04
    few = [(e, False) for e in drawn(5, "open", rng)]
    near, far = (
        float(np.linalg.norm(fit(few, shipped, s).coefficients("open") - shipped.coefficients("open")))
        for s in (50.0, 0.1)
    )
    assert near < far / 3


def test_looking_at_doubtful_fields_only_does_not_mislead(shipped: Calibration) -> None:
    """People look where confidence is low; what is learnt there must hold for what they never saw."""
    truth = lower(shipped, 1.0)
    rng = np.random.default_rng(3)
    seen = [e for e in drawn(4000, "name", rng) if shipped.probability(e) < 0.9]
    fitted = fit([(e, bool(rng.random() < truth.probability(e))) for e in seen], shipped)
    for evidence in drawn(200, "name", rng):
        assert fitted.probability(evidence) == pytest.approx(truth.probability(evidence), abs=0.12)


def test_evidence_of_another_version_is_passed_over(shipped: Calibration) -> None:
    strange = dataclasses.replace(GOOD, kind="of tomorrow")
    assert not shipped.judges(strange)
    fitted = fit([(strange, False)] * 50, shipped)
    assert all(np.array_equal(fitted.coefficients(k), shipped.coefficients(k)) for k in KINDS)


def test_what_is_held_out_had_no_part() -> None:
    """Each document is of one outcome: coefficients that saw its other fields would know the answer."""
    examples = [(dataclasses.replace(GOOD, margin=float(i)), i == 0) for i in range(4) for _ in range(50)]
    groups = [i for i in range(4) for _ in range(50)]
    for folds in (None, 2, 4):
        stated = held_out(examples, groups, folds=folds)
        assert max(stated[:50]) < 0.1  # nothing like the only good document was ever seen to be right
    assert held_out([], [], folds=5).shape == (0,)


def test_the_calibration_error_is_how_far_shares_are_off() -> None:
    stated = np.repeat([0.25, 0.75], 100)
    right = np.arange(200) % 4 == 0
    assert calibration_error(stated, right, bins=2) == pytest.approx(0.25)
    right[100:] = np.arange(100) % 4 != 0
    assert calibration_error(stated, right, bins=2) == pytest.approx(0.0)


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
    short = {**data, "coefficients": {k: v[:-1] for k, v in data["coefficients"].items()}}
    for text in ("", "{", "[]", "{}", json.dumps(without), json.dumps(other), json.dumps(short)):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(SetupError, match=r"calibration\.json"):
            load_calibration(file)
