"""Values made of digits: valid where the ink allows it, and as read where it does not."""

from __future__ import annotations

import pytest
from reading_steps import spelled
from reading_values import (
    CODE,
    DATE,
    ID,
    ID_WITH_X,
    NUMBER,
    PHONE,
    TERM_END,
    USCC,
    credit_code,
    doubtful,
    evidence,
    id_number,
    read,
)

CLEAR = 0.9999  # how sure a recogniser is of a character that leaves nothing open

# --- numbers with a check character --------------------------------------------------------------------------------


def test_an_id_number_as_read() -> None:
    answer = read(ID, id_number())
    assert answer.value == id_number()
    assert not doubtful(answer)
    assert answer.confidence > 0.99


@pytest.mark.parametrize(
    "written",
    [
        ID_WITH_X,
        ID_WITH_X.lower(),
        f"{ID_WITH_X[:6]} {ID_WITH_X[6:14]} {ID_WITH_X[14:]}",
        ID_WITH_X.replace("0", "O").replace("1", "I"),
    ],
)
def test_ways_an_id_number_is_written_and_misread(written: str) -> None:
    answer = read(ID, written)
    assert answer.value == ID_WITH_X
    assert not doubtful(answer)


def test_an_id_number_over_two_lines() -> None:
    assert read(ID, id_number()[:9], id_number()[9:]).value == id_number()


@pytest.mark.parametrize("place", [0, 5, 9, 16, 17])
def test_one_ambiguous_digit_is_settled_by_the_checksum_and_marked(place: int) -> None:
    number = id_number()
    other = "1" if number[place] == "X" else str((int(number[place]) + 3) % 10)
    wrong = number[:place] + other + number[place + 1 :]
    answer = read(ID, spelled(wrong, {place: {other: 0.55, number[place]: 0.4}}))
    assert answer.raw == wrong
    assert answer.value == number
    assert doubtful(answer)
    assert answer.confidence < read(ID, number).confidence


def test_a_checksum_does_not_settle_what_the_ink_does_not_leave_open() -> None:
    wrong = id_number()[:8] + str((int(id_number()[8]) + 3) % 10) + id_number()[9:]
    for sure in (0.9, CLEAR):
        answer = read(ID, spelled(wrong, sure=sure))
        assert answer.value == wrong
        assert doubtful(answer)
        assert not evidence(answer).known
        assert answer.confidence < read(ID, id_number()).confidence


def test_a_right_check_character_is_not_enough_where_the_birth_date_cannot_be() -> None:
    number = id_number("37088319801114243")
    # The same check character with a thirteenth month: two digits differ, and the ink leaves both open.
    impossible = next(n for d in "0123456789" if (n := id_number(f"370883198013142{d}3"))[17] == number[17])
    doubts = {i: {impossible[i]: 0.5, number[i]: 0.45} for i in range(18) if impossible[i] != number[i]}
    assert len(doubts) == 2
    answer = read(ID, spelled(impossible, doubts))
    assert (answer.value, doubtful(answer)) == (number, True)


@pytest.mark.parametrize("written", [id_number()[:-2], id_number() + "77", "不知道"])
def test_what_is_no_id_number_stays_as_read(written: str) -> None:
    answer = read(ID, spelled(written, sure=CLEAR))
    assert answer.value == written
    assert doubtful(answer)


def test_credit_codes() -> None:
    code = credit_code()
    assert read(USCC, code).value == code
    assert read(USCC, code.lower()).value == code
    assert read(USCC, f"{code[:8]}-{code[8:]}").value == code
    assert read(USCC, code.replace("0", "O").replace("1", "I")).value == code  # the code has neither letter
    wrong = code[:4] + "7" + code[5:]
    settled = read(USCC, spelled(wrong, {4: {"7": 0.5, code[4]: 0.4}}))
    assert (settled.value, doubtful(settled)) == (code, True)
    kept = read(USCC, wrong)
    assert (kept.value, doubtful(kept)) == (wrong, True)


# --- phones, numbers, codes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("13812345678", "13812345678"),
        ("138-1234-5678", "13812345678"),
        ("138 1234 5678", "13812345678"),
        ("l38I2345678", "13812345678"),
        ("0537-5057511", "0537-5057511"),
        ("05375057511", "05375057511"),
        ("(0537)5057511", "05375057511"),
        ("010-62345678", "010-62345678"),
    ],
)
def test_phones(written: str, value: str) -> None:
    answer = read(PHONE, written)
    assert answer.value == value
    assert not doubtful(answer)


def test_a_phone_with_an_ambiguous_digit() -> None:
    answer = read(PHONE, spelled("12812345678", {1: {"2": 0.5, "3": 0.45}}))
    assert (answer.value, doubtful(answer)) == ("13812345678", True)


@pytest.mark.parametrize("written", ["5057511", "1381234567", "12812345678", "138123456789", "010-12345678"])
def test_a_phone_that_is_too_short_too_long_or_wrong_stays_as_read(written: str) -> None:
    answer = read(PHONE, spelled(written, sure=CLEAR))
    assert (answer.value, doubtful(answer)) == (written, True)


@pytest.mark.parametrize(
    ("written", "value"),
    [("12", "12"), ("12人", "12"), ("1.5小时", "1.5"), ("约12人", "12"), ("5O", "50"), ("1,200", "1200")],
)
def test_numbers(written: str, value: str) -> None:
    answer = read(NUMBER, written)
    assert (answer.value, doubtful(answer)) == (value, False)


def test_words_where_a_number_belongs_stay_and_are_doubted() -> None:
    answer = read(NUMBER, "若干")
    assert (answer.value, doubtful(answer)) == ("若干", True)


@pytest.mark.parametrize("written", ["GJ-2019-145", "gj-2019-145", "GJ—2019—145", "GJ一2019一145", ":GJ-2019- 145."])
def test_reference_codes(written: str) -> None:
    assert read(CODE, written).value == "GJ-2019-145"


def test_a_code_with_chinese_characters() -> None:
    assert read(CODE, "洸共建-2019-118").value == "洸共建-2019-118"


def test_a_code_whose_group_of_four_is_no_year_is_read_with_the_year_that_the_ink_allows() -> None:
    answer = read(CODE, spelled("GJ-2079-145", {5: {"7": 0.6, "1": 0.3}}))
    assert (answer.value, answer.raw, doubtful(answer)) == ("GJ-2019-145", "GJ-2079-145", True)
    assert evidence(answer).known
    assert answer.confidence < read(CODE, "GJ-2019-145").confidence


@pytest.mark.parametrize("written", ["GJ-2079-145", "GJ-1019-145", "GJ-2099-145"])
def test_clear_ink_of_a_code_without_a_year_stays_as_read(written: str) -> None:
    answer = read(CODE, spelled(written, sure=CLEAR))
    assert answer.value == written
    assert not evidence(answer).known
    assert answer.confidence < read(CODE, spelled("GJ-2019-145", sure=CLEAR)).confidence


@pytest.mark.parametrize("written", ["GJ-145", "GJ-20190-145", "洸2共建118"])
def test_a_code_without_a_group_of_four_is_read_as_written(written: str) -> None:
    answer = read(CODE, written)
    assert (answer.value, doubtful(answer)) == (written, False)


def test_only_the_year_of_a_code_is_questioned() -> None:
    """A running number that the ink leaves open is what the ink says likeliest."""
    answer = read(CODE, spelled("GJ-2019-745", {8: {"7": 0.55, "1": 0.4}}))
    assert answer.value == "GJ-2019-745"
    assert ("GJ-2019-145", pytest.approx(0.3185, abs=0.01)) in answer.alternatives


@pytest.mark.parametrize(
    ("written", "value"), [("TS8S44S", "TS85445"), ("GJ-2O19-14S", "GJ-2019-145"), ("CG45l92", "CG45192")]
)
def test_letters_like_digits_behind_a_digit_are_digits(written: str, value: str) -> None:
    digits = {i: {c: 0.9, d: 0.05} for i, (c, d) in enumerate(zip(written, value, strict=True)) if c != d}
    answer = read(CODE, spelled(written, digits))
    assert (answer.value, answer.raw, doubtful(answer)) == (value, written, True)


def test_letters_that_the_ink_holds_apart_from_digits_stay_letters() -> None:
    assert read(CODE, spelled("H8S145", sure=CLEAR)).value == "H8S145"


@pytest.mark.parametrize("written", ["TS85445", "2019GJ03", "SB-145", "SO145", "JG-2019-S12", "鲁H8X145"])
def test_letters_before_digits_or_unlike_them_are_not_questioned(written: str) -> None:
    answer = read(CODE, written)
    assert (answer.value, doubtful(answer)) == (written, False)


# --- dates ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("2019年5月18日", "2019-05-18"),
        ("2019.5.18", "2019-05-18"),
        ("2019-05-18", "2019-05-18"),
        ("20190518", "2019-05-18"),
        ("2019年5月", "2019-05"),
        ("1969.11", "1969-11"),
    ],
)
def test_dates(written: str, value: str) -> None:
    answer = read(DATE, written)
    assert answer.value == value
    assert not doubtful(answer)


@pytest.mark.parametrize("written", ["二〇一九年五月十八日", "二零一九年五月十八日"])
def test_a_date_in_chinese_numerals(written: str) -> None:
    assert read(DATE, written).value == "2019-05-18"


def test_a_date_over_two_lines() -> None:
    assert read(DATE, "2019年5月", "18日").value == "2019-05-18"


def test_an_ambiguous_digit_is_settled_by_what_dates_there_are() -> None:
    month = read(DATE, spelled("2019年15月8日", {5: {"1": 0.5, "": 0.45}}))
    assert (month.value, doubtful(month)) == ("2019-05-08", True)
    year = read(DATE, spelled("2079年5月18日", {2: {"7": 0.5, "1": 0.45}}))
    assert (year.value, doubtful(year)) == ("2019-05-18", True)
    zero = read(DATE, spelled("2O19年5月18日", {1: {"O": 0.6, "0": 0.35}}))
    assert zero.value == "2019-05-18"


def test_the_end_of_a_term_may_lie_ahead() -> None:
    answer = read(TERM_END, "2030年5月18日")
    assert (answer.value, doubtful(answer)) == ("2030-05-18", False)


@pytest.mark.parametrize("written", ["长期", "年月日", "待定", "2019年13月8日", "2119年5月18日", "1880年5月18日"])
def test_what_is_no_date_stays_as_read_and_is_doubted(written: str) -> None:
    answer = read(DATE, spelled(written, sure=CLEAR))
    assert (answer.value, doubtful(answer)) == (written, True)
    assert answer.confidence < read(DATE, "2019年5月18日").confidence
