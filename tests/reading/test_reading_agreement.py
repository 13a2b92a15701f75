"""Fields of one document that say the same thing twice."""

from __future__ import annotations

import pytest
from reading_documents import read_all, values_of
from reading_steps import spelled
from reading_values import evidence, id_number

from pipeline.definitions import FormDefinition, Forms

MAN = id_number("37081119800315451")  # born 1980-03-15
BORN = "1980年3月15日"


@pytest.fixture(scope="module")
def member(forms: Forms) -> FormDefinition:
    return forms["member_registration"]


@pytest.fixture(scope="module")
def agreement(forms: Forms) -> FormDefinition:
    return forms["agreement"]


# --- ID number, date of birth and gender ---------------------------------------------------------------------------


@pytest.mark.parametrize(("born", "iso"), [(BORN, "1980-03-15"), ("1980年3月", "1980-03")])
def test_what_agrees_supports_itself(member: FormDefinition, born: str, iso: str) -> None:
    together = read_all(member, {"id_number": MAN, "birth_date": born, "gender": "男"})
    assert values_of(together) == {"id_number": MAN, "birth_date": iso, "gender": "男"}
    for path, text in (("id_number", MAN), ("birth_date", born), ("gender", "男")):
        alone = read_all(member, {path: text})[path]
        assert evidence(alone).support == 0.0
        assert evidence(together[path]).support > 0.0
        assert not evidence(together[path]).doubt
        assert together[path].confidence > alone.confidence


def test_a_date_that_the_ink_leaves_open_is_the_id_numbers(member: FormDefinition) -> None:
    born = spelled("1980年8月15日", {5: {"8": 0.6, "3": 0.3}})
    assert values_of(read_all(member, {"birth_date": born})) == {"birth_date": "1980-08-15"}
    settled = read_all(member, {"id_number": MAN, "birth_date": born})["birth_date"]
    assert (settled.value, settled.raw) == ("1980-03-15", "1980年8月15日")
    assert evidence(settled).doubt
    assert evidence(settled).support > 0.0


def other_number() -> str:
    """A valid number of August that differs from MAN's in month and sequence alone."""
    return next(n for d in "0123456789" if (n := id_number(f"370811198008154{d}1"))[17] == MAN[17])


def test_an_id_number_that_the_ink_leaves_open_is_the_dates(member: FormDefinition) -> None:
    other = other_number()
    ink = spelled(other, {i: {other[i]: 0.55, MAN[i]: 0.4} for i in range(18) if other[i] != MAN[i]})
    assert values_of(read_all(member, {"id_number": ink})) == {"id_number": other}
    answers = read_all(member, {"id_number": ink, "birth_date": BORN})
    assert values_of(answers) == {"id_number": MAN, "birth_date": "1980-03-15"}
    assert evidence(answers["id_number"]).doubt
    assert not evidence(answers["birth_date"]).doubt


def test_a_gender_that_the_ink_leaves_open_is_the_id_numbers(member: FormDefinition) -> None:
    ink = spelled("女", {0: {"女": 0.55, "男": 0.4}})
    assert values_of(read_all(member, {"gender": ink})) == {"gender": "女"}
    assert values_of(read_all(member, {"id_number": MAN, "gender": ink}))["gender"] == "男"


def test_clear_ink_that_contradicts_itself_stays_and_is_less_sure(member: FormDefinition) -> None:
    texts = {"id_number": MAN, "birth_date": "1980年8月15日"}
    answers = read_all(member, texts)
    assert values_of(answers) == {"id_number": MAN, "birth_date": "1980-08-15"}
    for path, text in texts.items():
        assert evidence(answers[path]).support < 0.0
        assert answers[path].confidence < read_all(member, {path: text})[path].confidence


def test_a_gender_that_contradicts_the_number(member: FormDefinition) -> None:
    answers = read_all(member, {"id_number": MAN, "gender": "女"})
    assert values_of(answers) == {"id_number": MAN, "gender": "女"}
    assert evidence(answers["gender"]).support < 0.0


def test_a_number_without_a_right_check_character_says_nothing(member: FormDefinition) -> None:
    wrong = spelled(MAN[:-1] + ("1" if MAN[-1] != "1" else "2"), sure=0.9999)
    answers = read_all(member, {"id_number": wrong, "birth_date": BORN, "gender": "男"})
    assert [evidence(a).support for a in answers.values()] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("missing", ["id_number", "birth_date", "gender"])
def test_what_is_not_there_neither_supports_nor_contradicts(member: FormDefinition, missing: str) -> None:
    texts = {"id_number": MAN, "birth_date": BORN, "gender": "男", missing: ""}
    answers = read_all(member, texts)
    assert answers[missing].value is None
    for path, answer in answers.items():
        if path != missing:
            assert evidence(answer).support >= 0.0


@pytest.mark.parametrize("beside", [{"party_join_date": "2003年7月1日"}, {"id_number": MAN}])
def test_clear_ink_of_no_date_is_not_forced_by_another_field(member: FormDefinition, beside: dict[str, str]) -> None:
    born = spelled("1980年13月15日", sure=0.9999)
    assert values_of(read_all(member, {"birth_date": born})) == {"birth_date": "1980年13月15日"}
    assert values_of(read_all(member, {"birth_date": born, **beside}))["birth_date"] == "1980年13月15日"


def test_what_is_no_date_does_not_contradict_an_id_number(member: FormDefinition) -> None:
    answers = read_all(member, {"id_number": MAN, "birth_date": "不详"})
    assert evidence(answers["id_number"]).support == 0.0


def test_support_has_bounds(member: FormDefinition) -> None:
    agreed = read_all(member, {"id_number": MAN, "birth_date": BORN, "gender": "男"})
    opposed = read_all(member, {"id_number": MAN, "birth_date": "1975年8月1日", "gender": "女"})
    assert evidence(agreed["id_number"]).support == 1.0
    assert evidence(opposed["id_number"]).support == -1.0


# --- dates in their order ------------------------------------------------------------------------------------------


def test_nobody_joins_before_eighteen(member: FormDefinition) -> None:
    joined = spelled("1993年7月1日", {3: {"3": 0.6, "8": 0.3}})
    assert values_of(read_all(member, {"party_join_date": joined}))["party_join_date"] == "1993-07-01"
    answers = read_all(member, {"birth_date": BORN, "party_join_date": joined})
    assert values_of(answers) == {"birth_date": "1980-03-15", "party_join_date": "1998-07-01"}


def test_dates_that_are_clearly_out_of_order_stay(member: FormDefinition) -> None:
    answers = read_all(member, {"party_join_date": "2009年7月1日", "report_date": "2008年7月1日"})
    assert values_of(answers) == {"party_join_date": "2009-07-01", "report_date": "2008-07-01"}
    assert [evidence(a).support < 0.0 for a in answers.values()] == [True, True]


def test_a_date_without_a_day_may_be_any_day_of_its_month(member: FormDefinition) -> None:
    answers = read_all(member, {"party_join_date": "2019年7月15日", "report_date": "2019年7月"})
    assert [evidence(a).support for a in answers.values()] == [0.0, 0.0]


@pytest.mark.parametrize(
    ("read_as", "meant"),
    [("2022年5月13日", "2022-05-18"), ("2022年5月11日", "2022-05-17"), ("2020年3月18日", "2020-05-18")],
)
def test_a_term_that_the_ink_leaves_open_is_of_whole_years(agreement: FormDefinition, read_as: str, meant: str) -> None:
    written = f"{meant[:4]}年{int(meant[5:7])}月{int(meant[8:])}日"
    doubts = {i: {a: 0.5, b: 0.4} for i, (a, b) in enumerate(zip(read_as, written, strict=True)) if a != b}
    end = spelled(read_as, doubts)
    answers = read_all(agreement, {"term_start": "2019年5月18日", "term_end": end})
    assert values_of(answers) == {"term_start": "2019-05-18", "term_end": meant}
    assert evidence(answers["term_end"]).doubt


@pytest.mark.parametrize("end", ["2019年12月31日", "2022年5月13日", "2022年5月", "长期"])
def test_another_term_that_is_clear_stays_and_is_not_held_against_it(agreement: FormDefinition, end: str) -> None:
    alone = read_all(agreement, {"term_end": end})["term_end"]
    beside = read_all(agreement, {"term_start": "2019年5月18日", "term_end": end})["term_end"]
    assert beside.value == alone.value
    assert evidence(beside).support == 0.0


def test_a_term_does_not_end_before_it_begins(agreement: FormDefinition) -> None:
    end = spelled("2012年5月17日", {2: {"1": 0.6, "2": 0.3}})
    answers = read_all(agreement, {"term_start": "2019年5月18日", "term_end": end})
    assert values_of(answers)["term_end"] == "2022-05-17"
