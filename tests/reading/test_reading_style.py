"""One document, one hand: digits that are proved to have been misread settle those that nothing else can check."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from reading_documents import read_all, values_of
from reading_steps import looked, spelled
from reading_values import CODE, DATE, ID, KNOWLEDGE, PHONE, evidence, id_number

from pipeline.definitions import FieldDefinition, FieldType, FormDefinition, Forms
from pipeline.reading.decode import decode
from pipeline.reading.grammar import ID_NUMBER
from pipeline.reading.grammar import PHONE as PHONES
from pipeline.reading.numbers import is_code, is_date
from pipeline.reading.style import Hand, learn
from pipeline.sheets import Reading
from tests.conftest import TODAY

HOOKED = spelled("2079年5月18日", {2: {"7": 0.8, "1": 0.15}})
"""A year that gives the hook of a 1 away: there is no 2079 yet."""


def open_digit(text: str, seven: float = 0.55, one: float = 0.4) -> Reading:
    """A text that begins with what may be a 7 or a 1."""
    return spelled(text, {0: {"7": seven, "1": one}})


@pytest.fixture(scope="module")
def feedback(forms: Forms) -> FormDefinition:
    return forms["service_feedback"]


# --- in a document -------------------------------------------------------------------------------------------------


def test_a_hooked_one_proved_by_the_year_settles_another(feedback: FormDefinition) -> None:
    alone = read_all(feedback, {"participants": open_digit("78")})
    assert values_of(alone) == {"participants": "78"}
    answers = read_all(feedback, {"service_date": HOOKED, "participants": open_digit("78")})
    assert values_of(answers) == {"service_date": "2019-05-18", "participants": "18"}
    settled = answers["participants"]
    assert settled.raw == "78"
    assert evidence(settled).hand
    assert evidence(settled).doubt
    assert settled.confidence < read_all(feedback, {"participants": "18"})["participants"].confidence


@pytest.mark.parametrize("clear", [spelled("78"), open_digit("78", 0.97, 0.002), open_digit("78", 0.9, 0.01)])
def test_a_clear_seven_stays(feedback: FormDefinition, clear: Reading) -> None:
    answers = read_all(feedback, {"service_date": HOOKED, "participants": clear})
    assert values_of(answers) == {"service_date": "2019-05-18", "participants": "78"}
    assert not evidence(answers["participants"]).hand


def test_the_order_on_the_page_is_no_matter(feedback: FormDefinition) -> None:
    answers = read_all(feedback, {"participants": open_digit("78"), "service_date": HOOKED})
    assert values_of(answers) == {"participants": "18", "service_date": "2019-05-18"}


def test_a_hand_speaks_for_its_own_document_only(feedback: FormDefinition) -> None:
    read_all(feedback, {"service_date": HOOKED, "participants": open_digit("78")})
    assert values_of(read_all(feedback, {"participants": open_digit("78")})) == {"participants": "78"}


@pytest.mark.parametrize("proof", ["2019年5月18日", "长期", ""])
def test_where_nothing_is_proved_nothing_changes(feedback: FormDefinition, proof: str) -> None:
    """The year is read right, or nothing can be made of it."""
    alone = read_all(feedback, {"participants": open_digit("78")})["participants"]
    beside = read_all(feedback, {"service_date": proof, "participants": open_digit("78")})["participants"]
    assert (beside.value, beside.raw, beside.confidence) == (alone.value, alone.raw, alone.confidence)
    assert beside.evidence == alone.evidence


def test_ones_that_are_read_right_speak_against_it(feedback: FormDefinition) -> None:
    """One hooked 1 among many without: the recogniser is mostly right about this hand."""
    dates = {"service_date": HOOKED, "feedback_date": "2019年5月28日"}
    phone = "13811111111"  # its first digit must be a 1, and was read so
    values = {**dates, "phone": phone, "participants": open_digit("78", 0.65, 0.3)}
    assert values_of(read_all(feedback, values))["participants"] == "78"
    few = {"service_date": HOOKED, "participants": open_digit("78", 0.65, 0.3)}
    assert values_of(read_all(feedback, few))["participants"] == "18"


def test_all_looks_at_a_value_are_in_the_same_hand(feedback: FormDefinition) -> None:
    several = looked(open_digit("78"), open_digit("78"), open_digit("78"))
    assert values_of(read_all(feedback, {"service_date": HOOKED, "participants": several}))["participants"] == "18"


# --- what is proved ------------------------------------------------------------------------------------------------


def hand_of(field: FieldDefinition, reading: Reading) -> Hand:
    rules: dict[FieldType, Callable[[str], bool]] = {
        FieldType.DATE: lambda text: is_date(text, TODAY),
        FieldType.CODE: lambda text: is_code(text, TODAY),
        FieldType.ID_NUMBER: ID_NUMBER.accepts,
        FieldType.PHONE: PHONES.accepts,
    }
    return learn([(decode(field, [reading], KNOWLEDGE), rules[field.type])])


def misread(field: FieldDefinition, text: str, place: int, meant: str, sure: float = 0.8) -> Hand:
    return hand_of(field, spelled(text, {place: {text[place]: sure, meant: 0.95 - sure}}))


def test_a_year_proves_its_century() -> None:
    assert misread(DATE, "2079年5月18日", 2, "1").misreads(spelled("7"))


def test_a_code_proves_its_year() -> None:
    assert misread(CODE, "GJ-2079-145", 5, "1").misreads(spelled("7"))


def test_a_checksum_proves_every_digit() -> None:
    number = id_number()
    assert number[12:14] == "14"
    wrong = number[:16] + "7" + number[17:]
    assert misread(ID, wrong, 16, number[16]).misreads(spelled("7"))


def test_a_mobile_number_proves_its_first_digit_and_few_others() -> None:
    assert misread(PHONE, "73812345678", 0, "1").misreads(spelled("7"))
    assert not misread(PHONE, "13872345678", 3, "1")


def test_a_day_that_may_be_another_proves_nothing() -> None:
    """Both the 13th and the 18th are days."""
    assert not hand_of(DATE, spelled("2019年5月13日", {8: {"3": 0.5, "8": 0.45}}))


def test_a_value_with_hardly_a_lead_teaches_nothing() -> None:
    shaky = spelled("2079年5月18日", {2: {"7": 0.5, "1": 0.2, "0": 0.19}})
    assert not hand_of(DATE, shaky)


def test_no_values_no_hand() -> None:
    hand = learn([])
    assert not hand
    reading = open_digit("78")
    assert hand.adapt(reading) is reading


def test_readings_without_steps_prove_nothing_and_stay() -> None:
    bare = dataclasses.replace(spelled("2079年5月18日"), steps=None)
    assert not hand_of(DATE, bare)
    hand = hand_of(DATE, HOOKED)
    assert hand.adapt(bare) is bare


def test_the_more_ones_are_misread_the_more_a_seven_may_be_one() -> None:
    one, many = Hand([("7", "1", 2.0)]), Hand([("7", "1", 2.0)] * 5)
    shares = []
    for hand in (one, many):
        adapted = hand.adapt(open_digit("78", 0.9, 0.05))
        assert adapted.steps is not None
        first = dict(zip(adapted.steps.classes[1].tolist(), adapted.steps.probs[1].tolist(), strict=True))
        shares.append(first[adapted.steps.alphabet.index("1")])
    assert 0.05 < shares[0] < shares[1]


def test_what_two_digits_share_stays_and_other_digits_are_as_before() -> None:
    before = open_digit("78")
    after = Hand([("7", "1", 2.0)]).adapt(before)
    assert before.steps is not None
    assert after.steps is not None
    assert after.text == "18"
    assert after.steps.probs.sum(axis=1) == pytest.approx(before.steps.probs.sum(axis=1), abs=1e-4)
    assert after.steps.probs[3].tolist() == before.steps.probs[3].tolist()
    assert after.centres == pytest.approx(before.centres)
    assert before.text == "78"  # what was read is as it was
