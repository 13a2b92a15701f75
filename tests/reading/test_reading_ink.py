"""What the ink allows, against the definition: every alignment of a small alphabet, counted one by one."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_steps import dense_steps, spelled, steps_of
from reading_values import id_number

from pipeline.reading.characters import DIGIT_LOOKALIKES
from pipeline.reading.ctc import sparse_steps
from pipeline.reading.grammar import ID_NUMBER, NUMBER
from pipeline.reading.ink import AS_READ, Alike, Ink
from pipeline.sheets import Reading

AMONG_DIGITS = Alike(DIGIT_LOOKALIKES)


class AnyOf:
    """The grammar of a finite list of texts."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = set(texts)
        self.alphabet = frozenset("".join(self.texts))

    def extends(self, prefix: str, char: str) -> bool:
        return any(text.startswith(prefix + char) for text in self.texts)

    def accepts(self, text: str) -> bool:
        return text in self.texts


class Over:
    """The grammar of all texts over an alphabet."""

    def __init__(self, alphabet: str) -> None:
        self.alphabet = frozenset(alphabet)

    def extends(self, prefix: str, char: str) -> bool:
        return True

    def accepts(self, text: str) -> bool:
        return True


def ink_of(reading: Reading, alike: Alike = AS_READ) -> Ink:
    assert reading.steps is not None
    return Ink(reading.steps, alike)


def possible(found: list[tuple[str, float]]) -> dict[str, float]:
    """The texts of a beam that the steps can spell at all."""
    assert len({text for text, _ in found}) == len(found)
    assert [logp for _, logp in found] == sorted((logp for _, logp in found), reverse=True)
    return {text: logp for text, logp in found if logp > -1e6}


def by_enumeration(dense: np.ndarray) -> dict[str, float]:
    """The probability of every string: each alignment with repeats joined, then blanks dropped."""
    characters = {"": dense[:, 0], "a": dense[:, 1], "b": dense[:, 2], "A": dense[:, 3] + dense[:, 4]}
    totals: dict[str, float] = defaultdict(float)
    for path in itertools.product(characters, repeat=len(dense)):
        string = "".join(c for c, _ in itertools.groupby(path))
        totals[string] += math.prod(characters[c][t] for t, c in enumerate(path))
    return totals


def same_as(found: dict[str, float], truth: dict[str, float]) -> None:
    assert set(found) == set(truth)
    for text, logp in found.items():
        assert logp == pytest.approx(math.log(truth[text]), abs=1e-3), text


# --- how probable a text is ----------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(dense_steps())
def test_the_probability_of_a_text_is_the_sum_over_its_alignments(dense: np.ndarray) -> None:
    truth = by_enumeration(dense)
    assert sum(truth.values()) == pytest.approx(1)
    texts = list(truth)
    logs = Ink(steps_of(dense)).log(texts)  # of all lengths, the empty one too, at once
    same_as(dict(zip(texts, logs, strict=True)), truth)


@settings(max_examples=60)
@given(dense_steps(), st.lists(st.text("abAxyz", max_size=6), max_size=6))
def test_texts_asked_for_together_are_as_probable_as_alone(dense: np.ndarray, texts: list[str]) -> None:
    ink = Ink(steps_of(dense))
    assert ink.log(texts).tolist() == [pytest.approx(float(ink.log([text])[0])) for text in texts]


def test_no_texts_no_probabilities() -> None:
    assert ink_of(spelled("12")).log([]).shape == (0,)


def test_blank_ink_spells_the_empty_text() -> None:
    dense = np.tile([0.98, 0.01, 0.01], (6, 1))
    ink = Ink(sparse_steps(dense.astype(np.float32), ["", "a", "b"]))
    assert ink.log([""])[0] == pytest.approx(6 * math.log(0.98), abs=1e-4)
    assert ink.beam(Over("ab"))[0][0] == ""


def test_classes_that_fold_to_one_character_are_added_up() -> None:
    dense = np.array([[0.1, 0.5, 0.4]], dtype=np.float32)
    ink = Ink(sparse_steps(dense, ["", "别", "別"]))
    assert ink.log(["别"])[0] == pytest.approx(math.log(0.9), abs=1e-4)
    assert ink.beam(Over("别"))[0] == ("别", pytest.approx(math.log(0.9), abs=1e-4))


def test_a_text_too_long_for_the_steps_has_no_probability() -> None:
    logs = Ink(steps_of(np.full((2, 5), 0.2))).log(["aaa", "aa", "ab", "xx", "xy"])
    assert logs[0] < -1e6
    assert logs[1] < -1e6  # needs a blank between
    assert logs[2] == pytest.approx(2 * math.log(0.2), abs=1e-3)
    assert logs[3] < -1e6  # so do characters that the ink does not hold
    assert logs[4] > -1e6


def test_an_unlisted_character_has_the_probability_of_the_floor() -> None:
    dense = np.full((1, 100), 0.001, dtype=np.float32)
    dense[0, 1] = 1 - 0.099
    steps = sparse_steps(dense, [""] + [chr(0x4E00 + i) for i in range(99)])
    unlisted = next(c for c in range(1, 100) if c not in steps.classes[0])
    assert Ink(steps).log([steps.alphabet[unlisted]])[0] == pytest.approx(math.log(0.001), abs=0.01)


# --- the likeliest texts of a grammar ------------------------------------------------------------------------------


@settings(max_examples=60)
@given(dense_steps(most=4))
def test_a_wide_beam_finds_every_text_with_its_probability(dense: np.ndarray) -> None:
    same_as(possible(Ink(steps_of(dense)).beam(Over("abA"), width=1000)), by_enumeration(dense))


@settings(max_examples=60)
@given(dense_steps(most=4), st.sets(st.text("abA", max_size=4), min_size=1, max_size=12))
def test_under_a_grammar_all_it_accepts_is_found_and_nothing_else(dense: np.ndarray, texts: set[str]) -> None:
    truth = by_enumeration(dense)
    found = possible(Ink(steps_of(dense)).beam(AnyOf(texts), width=1000))
    same_as(found, {text: truth[text] for text in texts if truth.get(text)})


@settings(max_examples=60)
@given(dense_steps(most=4))
def test_what_other_characters_hold_is_lost(dense: np.ndarray) -> None:
    truth = by_enumeration(dense)
    found = possible(Ink(steps_of(dense)).beam(Over("b"), width=1000))
    same_as(found, {text: p for text, p in truth.items() if set(text) <= {"b"}})


@settings(max_examples=60)
@given(dense_steps(least=3))
def test_a_narrow_beam_still_reports_true_texts(dense: np.ndarray) -> None:
    truth = by_enumeration(dense)
    found = Ink(steps_of(dense)).beam(Over("abA"), width=3)
    assert len(found) <= 3
    for text, logp in found:
        assert math.exp(logp) <= truth[text] * 1.001


def test_the_grammar_keeps_the_beam_for_what_can_become_valid() -> None:
    """A hundred likelier readings come before the valid one; a narrow beam finds it all the same."""
    right = id_number()  # 37088319801114243X
    doubts = {6: "3", 7: "7", 10: "5", 12: "7", 14: "8", 15: "9", 16: "5"}  # no such year, month or day; then any
    read = spelled(right, {i: {other: 0.6, right[i]: 0.3} for i, other in doubts.items()})
    found = dict(ink_of(read).beam(ID_NUMBER, width=24))
    assert right in found
    assert all(ID_NUMBER.accepts(text) for text in found)
    assert found[right] == pytest.approx(float(ink_of(read).log([right])[0]), abs=0.01)


# --- characters that count as others -------------------------------------------------------------------------------


def test_among_digits_an_o_is_a_zero() -> None:
    read = spelled("5O", {1: {"O": 0.6, "0": 0.3}})
    assert AMONG_DIGITS.plain(read.text) == "50"
    as_digits, as_read = ink_of(read, AMONG_DIGITS), ink_of(read)
    assert as_digits.log(["50"])[0] == pytest.approx(math.log(0.99 * 0.9), abs=0.01)
    assert as_read.log(["50"])[0] == pytest.approx(math.log(0.99 * 0.3), abs=0.01)
    assert dict(as_digits.beam(NUMBER))["50"] == pytest.approx(math.log(0.99 * 0.9), abs=0.01)


def test_a_text_is_plain_where_nothing_counts_as_another() -> None:
    assert AS_READ.plain("5O") == "5O"


@settings(max_examples=60)
@given(dense_steps())
def test_a_character_that_counts_as_another_adds_to_it(dense: np.ndarray) -> None:
    alike = Alike({"b": "a"})
    truth: dict[str, float] = defaultdict(float)
    moved = dense.copy()
    moved[:, 1] += moved[:, 2]
    moved[:, 2] = 0.0
    for text, p in by_enumeration(moved).items():
        truth[text] += p
    texts = [text for text in truth if "b" not in text]
    same_as(dict(zip(texts, Ink(steps_of(dense), alike).log(texts), strict=True)), {t: truth[t] for t in texts})
