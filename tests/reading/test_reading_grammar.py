"""What may be written in a field. Numbers and codes are invented; check characters are computed here."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading_values import HAN_DIGITS, credit_code, id_number

from pipeline.reading.grammar import DATE, ID_NUMBER, NUMBER, PHONE, USCC, Grammar

REGIONS = ["370811", "370883", "110101", "370102"]
USCC_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def can_begin(grammar: Grammar, text: str) -> bool:
    """Whether a search that follows ``text`` a character at a time gets to its end."""
    return all(grammar.extends(text[:i], text[i]) for i in range(len(text)))


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=count, max_size=count)


@st.composite
def id_numbers(draw: st.DrawFn) -> str:
    born = draw(st.dates(datetime.date(1920, 1, 1), datetime.date(2020, 12, 31)))
    return id_number(f"{draw(st.sampled_from(REGIONS))}{born:%Y%m%d}{draw(digits(3))}")


@st.composite
def credit_codes(draw: st.DrawFn) -> str:
    start = draw(st.sampled_from(["11", "12", "51", "52", "91", "92"]))
    return credit_code(start + "370800" + draw(st.text(USCC_LETTERS, min_size=9, max_size=9)))


@st.composite
def phones(draw: st.DrawFn) -> str:
    sign = st.sampled_from(["", "-", " "])
    if draw(st.booleans()):
        head = "1" + draw(st.sampled_from("3456789")) + draw(digits(1))
        return head + draw(sign) + draw(digits(4)) + draw(sign) + draw(digits(4))
    area = "0" + draw(st.sampled_from(["10", "531", "537"]))
    return area + draw(sign) + draw(st.sampled_from("2345678")) + draw(digits(draw(st.sampled_from([6, 7]))))


@st.composite
def numbers(draw: st.DrawFn) -> str:
    whole = str(draw(st.integers(0, 999_999)))
    part = draw(st.sampled_from(["", ".5", ".25", ".0"]))
    return whole + part + draw(st.sampled_from(["", "人", "名", "个", "户", "小时", "时", "h", "H"]))


@st.composite
def dates(draw: st.DrawFn) -> str:
    day = draw(st.dates(datetime.date(1942, 1, 1), datetime.date(2035, 12, 31)))
    y, m, d = day.year, day.month, day.day
    han_year = "".join(HAN_DIGITS[int(c)] for c in str(y))
    ways = [f"{y}年{m}月{d}日", f"{y}.{m}.{d}", f"{y}-{m:02d}-{d:02d}", f"{y}/{m}/{d}", f"{y}{m:02d}{d:02d}"]
    ways += [f"{y}年{m}月", f"{y}.{m}", f"{y}-{m:02d}", f"{y}{m:02d}", f"{y % 100:02d}.{m}.{d}", f"{y}年{m}月{d}号"]
    ways += [f"{han_year}年{HAN_DIGITS[m % 10]}月"] if m < 10 else [f"{han_year}年十月"] if m == 10 else []
    return draw(st.sampled_from(ways))


VALID = [(ID_NUMBER, id_numbers()), (USCC, credit_codes()), (PHONE, phones()), (NUMBER, numbers()), (DATE, dates())]


@pytest.mark.parametrize(("grammar", "texts"), VALID, ids=["id number", "credit code", "phone", "number", "date"])
def test_a_valid_text_is_accepted_and_can_be_reached_a_character_at_a_time(
    grammar: Grammar, texts: st.SearchStrategy[str]
) -> None:
    @given(texts)
    def holds(text: str) -> None:
        assert set(text) <= grammar.alphabet
        assert grammar.accepts(text)
        assert can_begin(grammar, text)

    holds()


@pytest.mark.parametrize("grammar", [grammar for grammar, _ in VALID])
def test_whatever_is_accepted_can_be_reached(grammar: Grammar) -> None:
    """Also texts that nobody would think of."""

    @given(st.lists(st.sampled_from(sorted(grammar.alphabet)), max_size=12).map("".join))
    def holds(text: str) -> None:
        if grammar.accepts(text):
            assert can_begin(grammar, text)

    holds()


@pytest.mark.parametrize(("grammar", "texts"), VALID[:2], ids=["id number", "credit code"])
def test_one_wrong_character_breaks_a_checksum(grammar: Grammar, texts: st.SearchStrategy[str]) -> None:
    @given(texts, st.integers(0, 17), st.integers(1, 9))
    def holds(text: str, place: int, step: int) -> None:
        if text[place].isdigit():
            other = str((int(text[place]) + step) % 10)
            wrong = text[:place] + other + text[place + 1 :]
            assert not grammar.accepts(wrong)
            assert not can_begin(grammar, wrong)

    holds()


NUMBER_OK = id_number("37081119800315451")

REFUSED = [
    (ID_NUMBER, NUMBER_OK[:-1]),
    (ID_NUMBER, NUMBER_OK + "1"),
    (ID_NUMBER, NUMBER_OK[:8] + "7" + NUMBER_OK[9:]),
    (ID_NUMBER, id_number("37081118800315451")),
    (ID_NUMBER, id_number("37081119801315451")),  # a thirteenth month under a right check character
    (ID_NUMBER, id_number("37081119800230451")),  # the thirtieth of February
    (ID_NUMBER, id_number("99999919800315451")),  # no county
    (ID_NUMBER, ""),
    (USCC, credit_code()[:-1]),
    (USCC, credit_code() + "0"),
    (USCC, credit_code("12A70800976187130")),  # a letter in the county's code
    (USCC, credit_code()[:4] + "7" + credit_code()[5:]),
    (PHONE, "12812345678"),
    (PHONE, "1381234567"),
    (PHONE, "138123456789"),
    (PHONE, "5057511"),
    (PHONE, "0537-1057511"),
    (NUMBER, "007"),
    (NUMBER, "1234567"),
    (NUMBER, "12."),
    (NUMBER, "人"),
    (NUMBER, "12人人"),
    (DATE, "2019"),
    (DATE, "2019年13月"),
    (DATE, "2019年2月30日"),
    (DATE, "2119.5.18"),
    (DATE, "1880-01-01"),
    (DATE, "20191301"),
]


@pytest.mark.parametrize(("grammar", "text"), REFUSED, ids=[text or "nothing" for _, text in REFUSED])
def test_what_is_not_valid_is_not_accepted(grammar: Grammar, text: str) -> None:
    assert not grammar.accepts(text)


DEAD_ENDS = [
    (ID_NUMBER, "370811", "3"),  # nobody was born in the year 3000 …
    (ID_NUMBER, "37081119801", "3"),  # … or in a thirteenth month
    (ID_NUMBER, "3708111980023", "0"),
    (ID_NUMBER, "99999", "9"),
    (ID_NUMBER, NUMBER_OK[:-1], "X" if NUMBER_OK[-1] != "X" else "1"),
    (ID_NUMBER, NUMBER_OK, "1"),
    (USCC, "1", "0"),
    (USCC, "1237", "A"),
    (USCC, credit_code()[:-1], "0" if credit_code()[-1] != "0" else "1"),
    (PHONE, "1", "2"),
    (PHONE, "13812345678", "9"),
    (PHONE, "0537-", "1"),
    (NUMBER, "0", "7"),
    (NUMBER, "12人", "1"),
    (DATE, "20191", "3"),
    (DATE, "2019年1", "3"),
    (DATE, "2019年5月3", "2"),
    (DATE, "2019年5月18日", "1"),
]


@pytest.mark.parametrize(("grammar", "beginning", "char"), DEAD_ENDS, ids=[b + c for _, b, c in DEAD_ENDS])
def test_what_cannot_become_valid_is_not_followed(grammar: Grammar, beginning: str, char: str) -> None:
    assert can_begin(grammar, beginning)
    assert not grammar.extends(beginning, char)


@pytest.mark.parametrize(
    "text", ["2019年5月", "2019.5.18", "19.5.8", "二〇一九年五月十八日", "二零一九年十二月三十一日"]
)
def test_a_date_as_people_write_it(text: str) -> None:
    assert DATE.accepts(text)
    assert can_begin(DATE, text)
