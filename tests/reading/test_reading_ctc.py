"""CTC decoding against the definition: every alignment of a small alphabet, counted one by one."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_steps import spelled

from pipeline.reading.ctc import beam, greedy, log_probability, sparse_steps
from pipeline.records import Steps

ALPHABET = ["", "a", "b", "A", "Ａ"]  # the last two are one character to a reader


def steps_of(dense: np.ndarray) -> Steps:
    return sparse_steps(dense.astype(np.float32), ALPHABET)


@st.composite
def dense_steps(draw: st.DrawFn, least: int = 1, most: int = 5) -> np.ndarray:
    """Up to five steps over the alphabet, every class with some probability."""
    weights = st.lists(st.integers(1, 40), min_size=len(ALPHABET), max_size=len(ALPHABET))
    rows = draw(st.lists(weights, min_size=least, max_size=most))
    dense = np.array(rows, dtype=np.float64)
    return dense / dense.sum(axis=1, keepdims=True)


def possible(found: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """The strings of a beam that the steps can spell at all."""
    return [(string, logp) for string, logp in found if logp > -1e6]


def by_enumeration(dense: np.ndarray) -> dict[str, float]:
    """The probability of every string: each alignment with repeats joined, then blanks dropped."""
    characters = {"": dense[:, 0], "a": dense[:, 1], "b": dense[:, 2], "A": dense[:, 3] + dense[:, 4]}
    totals: dict[str, float] = defaultdict(float)
    for path in itertools.product(characters, repeat=len(dense)):
        string = "".join(c for c, _ in itertools.groupby(path))
        totals[string] += math.prod(characters[c][t] for t, c in enumerate(path))
    return totals


@settings(max_examples=60, deadline=None)
@given(dense_steps())
def test_the_probability_of_a_string_is_the_sum_over_its_alignments(dense: np.ndarray) -> None:
    truth = by_enumeration(dense)
    assert sum(truth.values()) == pytest.approx(1)
    steps = steps_of(dense)
    for string, probability in truth.items():
        assert log_probability(steps, string) == pytest.approx(math.log(probability), abs=1e-3), string


@settings(max_examples=60, deadline=None)
@given(dense_steps(most=4))
def test_the_beam_finds_the_likeliest_string_and_its_probability(dense: np.ndarray) -> None:
    truth = by_enumeration(dense)
    found = possible(beam(steps_of(dense), "abA", width=1000))
    assert len({s for s, _ in found}) == len(found)
    assert {string for string, _ in found} == set(truth)
    assert math.exp(found[0][1]) == pytest.approx(max(truth.values()), rel=1e-3)
    assert truth[found[0][0]] == pytest.approx(max(truth.values()), rel=1e-5)
    assert [logp for _, logp in found] == sorted((logp for _, logp in found), reverse=True)
    for string, logp in found:
        assert logp == pytest.approx(math.log(truth[string]), abs=1e-3), string


@settings(max_examples=60, deadline=None)
@given(dense_steps(most=4))
def test_the_beam_gives_what_other_characters_hold_away(dense: np.ndarray) -> None:
    truth = by_enumeration(dense)
    found = dict(possible(beam(steps_of(dense), "b", width=1000)))
    assert set(found) == {s for s in truth if set(s) <= {"b"}}
    for string, logp in found.items():
        assert logp == pytest.approx(math.log(truth[string]), abs=1e-3), string


@settings(max_examples=60, deadline=None)
@given(dense_steps(least=3))
def test_a_narrow_beam_still_reports_true_strings(dense: np.ndarray) -> None:
    truth = by_enumeration(dense)
    for string, logp in beam(steps_of(dense), "abA", width=3):
        assert math.exp(logp) <= truth[string] * 1.001


@settings(max_examples=60, deadline=None)
@given(dense_steps())
def test_greedy_is_the_likeliest_class_of_each_step(dense: np.ndarray) -> None:
    best = dense.argmax(axis=1)
    reading = greedy(steps_of(dense))
    ties = (np.sort(dense, axis=1)[:, -1] - np.sort(dense, axis=1)[:, -2] < 1e-9).any()
    if not ties:
        expected = "".join(ALPHABET[c] for c, _ in itertools.groupby(best)).replace("Ａ", "A")
        assert reading.text == expected
    assert len(reading.probs) == len(reading.centres) == len(reading.text)
    assert all(0 < p <= 1 for p in reading.probs)
    assert all(0 <= c <= 1 for c in reading.centres)
    assert reading.centres == sorted(reading.centres)


def test_greedy_joins_repeats_and_keeps_letters_parted_by_a_blank() -> None:
    dense = np.full((7, 3), 0.02)
    for t, c in enumerate([1, 1, 0, 1, 2, 2, 0]):
        dense[t, c] = 0.96
    dense[1, 1] = 0.9
    reading = greedy(sparse_steps(dense.astype(np.float32), ["", "陈", "晨"]))
    assert reading.text == "陈陈晨"
    assert reading.probs == pytest.approx([0.96, 0.96, 0.96])  # the likeliest step of a run
    assert reading.centres == pytest.approx([1 / 7, 3.5 / 7, 5 / 7])


def test_centres_are_relative_to_what_the_crop_filled() -> None:
    dense = np.full((10, 2), 0.1)
    dense[:, 0] = 0.9
    dense[3] = [0.1, 0.9]  # the fourth of ten steps: 0.35 of the input
    steps = sparse_steps(dense.astype(np.float32), ["", "字"])
    assert greedy(steps, 0.5).centres == pytest.approx([0.7])
    assert greedy(steps, 0.2).centres == [1.0]  # never outside


def test_no_ink_reads_as_nothing() -> None:
    dense = np.tile([0.98, 0.01, 0.01], (6, 1))
    steps = sparse_steps(dense.astype(np.float32), ["", "a", "b"])
    reading = greedy(steps)
    assert (reading.text, reading.probs, reading.confidence, reading.weakest) == ("", [], 0.0, 0.0)
    assert log_probability(steps, "") == pytest.approx(6 * math.log(0.98), abs=1e-4)
    assert beam(steps, "ab")[0][0] == ""


def test_a_reading_folds_width_and_script() -> None:
    assert spelled("２０１９").text == "2019"
    assert spelled("濟寧").text == "济宁"


def test_classes_that_fold_to_one_character_are_added_up() -> None:
    dense = np.array([[0.1, 0.5, 0.4]], dtype=np.float32)
    steps = sparse_steps(dense, ["", "别", "別"])
    assert log_probability(steps, "别") == pytest.approx(math.log(0.9), abs=1e-4)
    assert beam(steps, "别")[0] == ("别", pytest.approx(math.log(0.9), abs=1e-4))


def test_a_string_too_long_for_the_steps_has_no_probability() -> None:
    steps = steps_of(np.full((2, 5), 0.2))
    assert log_probability(steps, "aaa") < -1e6
    assert log_probability(steps, "aa") < -1e6  # needs a blank between
    assert log_probability(steps, "ab") == pytest.approx(2 * math.log(0.2), abs=1e-3)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.integers(2, 400), st.integers(0, 10_000))
def test_sparse_steps_keep_the_mass(length: int, classes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    dense = rng.dirichlet(np.full(classes, 0.02), size=length).astype(np.float32)
    alphabet = [""] + [chr(0x4E00 + i) for i in range(classes - 1)]
    steps = sparse_steps(dense, alphabet)
    kept = steps.classes.shape[1]
    assert kept == min(32, classes)
    assert steps.classes.shape == steps.probs.shape == (length, kept)
    assert (np.diff(steps.probs, axis=1) <= 0).all()  # by falling probability
    for t in range(length):
        listed = steps.classes[t][steps.probs[t] > 0]
        assert len(set(listed)) == len(listed)
        assert steps.probs[t, : len(listed)] == pytest.approx(dense[t, listed])
        left_out = np.delete(dense[t], listed)
        assert left_out.size == 0 or left_out.max() <= max(steps.probs[t, len(listed) - 1], 1e-5)
    # What is left out is shared among the classes not listed, on the average over the steps.
    total = steps.probs.sum(axis=1, dtype=np.float64) + steps.floor * (classes - kept)
    assert total.mean() == pytest.approx(1, abs=5e-4)


def test_an_unlisted_character_has_the_probability_of_the_floor() -> None:
    dense = np.full((1, 100), 0.001, dtype=np.float32)
    dense[0, 1] = 1 - 0.099
    steps = sparse_steps(dense, [""] + [chr(0x4E00 + i) for i in range(99)])
    unlisted = next(c for c in range(1, 100) if c not in steps.classes[0])
    assert log_probability(steps, steps.alphabet[unlisted]) == pytest.approx(math.log(0.001), abs=0.01)
