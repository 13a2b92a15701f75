"""CTC decoding: from step probabilities to text."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_steps import ALPHABET, dense_steps, spelled, steps_of

from pipeline.reading.ctc import greedy, sparse_steps


@settings(max_examples=60)
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
    reading = greedy(sparse_steps(dense.astype(np.float32), ["", "a", "b"]))
    assert (reading.text, reading.probs, reading.confidence, reading.weakest) == ("", [], 0.0, 0.0)


def test_a_reading_folds_width_and_script() -> None:
    assert spelled("２０１９").text == "2019"
    assert spelled("濟寧").text == "济宁"


@settings(max_examples=40)
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
