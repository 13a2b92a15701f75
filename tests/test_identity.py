"""Identity numbers after GB 11643-1999. All numbers are invented; their check characters are computed here."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import identity

WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
CHARACTERS = "10X98765432"


def number(region: str = "370811", born: str = "19800315", sequence: str = "451") -> str:
    body = region + born + sequence
    return body + CHARACTERS[sum(w * int(d) for w, d in zip(WEIGHTS, body, strict=True)) % 11]


digits = st.text("0123456789", min_size=3, max_size=3)
births = st.dates(datetime.date(1920, 1, 1), datetime.date(2010, 12, 31))


@given(births, digits)
def test_a_number_with_its_check_character_holds(born: datetime.date, sequence: str) -> None:
    text = number(born=f"{born:%Y%m%d}", sequence=sequence)
    assert identity.has_checksum(text)
    assert identity.is_valid(text)
    assert identity.birth_date(text) == born
    assert identity.gender(text) == ("男" if int(sequence) % 2 else "女")


@given(births, digits, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(born: datetime.date, sequence: str, place: int, by: int) -> None:
    text = number(born=f"{born:%Y%m%d}", sequence=sequence)
    wrong = text[:place] + str((int(text[place]) + by) % 10) + text[place + 1 :]
    assert not identity.has_checksum(wrong)


@given(births, digits, st.integers(0, 15))
def test_two_digits_exchanged_are_noticed(born: datetime.date, sequence: str, place: int) -> None:
    text = number(born=f"{born:%Y%m%d}", sequence=sequence)
    wrong = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    assert identity.has_checksum(wrong) == (wrong == text)


def with_x() -> str:
    return next(n for s in range(1000) if (n := number(sequence=f"{s:03d}")).endswith("X"))


def test_an_x_at_the_end() -> None:
    assert identity.is_valid(with_x())
    assert not identity.has_checksum(with_x().lower())


@pytest.mark.parametrize(
    "text", ["", "X", "3708111980", number()[:-1], number() + "0", number() + "\n", " " + number()]
)
def test_another_length_has_no_checksum(text: str) -> None:
    assert not identity.has_checksum(text)
    assert not identity.is_valid(text)


@pytest.mark.parametrize("born", ["19800230", "19801315", "19800431", "00000000", "19810229"])
def test_a_birth_date_that_is_none(born: str) -> None:
    text = number(born=born)
    assert identity.has_checksum(text)
    assert identity.birth_date(text) is None
    assert not identity.is_valid(text)


def test_a_birth_date_of_another_age_is_not_valid() -> None:
    assert not identity.is_valid(number(born="18991231"))
    assert not identity.is_valid(number(born=f"{datetime.date.today().year + 1}0101"))
    assert identity.is_valid(number(born="20000229"))


@pytest.mark.parametrize("region", ["370811", "370883", "370881", "110101", "370802", "370825"])
def test_regions_that_are_or_were(region: str) -> None:
    assert identity.has_region(number(region))  # 370802 and 370825 were merged away and stay on people's papers


@pytest.mark.parametrize("region", ["000000", "999999", "379911", "990101"])
def test_regions_that_never_were_a_county(region: str) -> None:
    assert not identity.has_region(number(region))
    assert not identity.is_valid(number(region))


@pytest.mark.parametrize("text", ["", "37", "37081119", "abcdefghijklmnopqr"])
def test_birth_date_of_what_is_no_number(text: str) -> None:
    assert identity.birth_date(text) is None
