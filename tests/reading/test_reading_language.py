"""Words settle what the ink leaves open, and nothing else."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading_steps import spelled

from pipeline.reading.language import Lexicon, confusion_network, load_language, one_other
from pipeline.reading.names import NameModel
from pipeline.sheets import Reading

WORDS = Lexicon(
    {"公安局": 2000, "公安": 5000, "工": 3000, "公": 3000, "安局": 1, "社区": 8000, "街道": 6000, "济宁": 400}
)


def test_between_what_the_ink_allows_the_common_word_wins() -> None:
    reading = spelled("工安局", {0: {"工": 0.55, "公": 0.4}})
    assert WORDS.correct(reading).text == "公安局"


def test_sure_ink_is_not_overruled() -> None:
    reading = spelled("工安局", {0: {"工": 0.999, "公": 0.00001}})
    assert WORDS.correct(reading).text == "工安局"
    assert WORDS.correct(spelled("工安局")).text == "工安局"  # the ink does not list another character at all


@pytest.mark.parametrize("text", ["", "2019", "洸河街道", "济宁高新区火炬路142号", "K歌、书法"])
def test_what_is_clear_stays(text: str) -> None:
    assert WORDS.correct(spelled(text)).text == text


def test_kana_yield_to_any_character_that_the_ink_allows() -> None:
    reading = spelled("社ま", {1: {"ま": 0.97, "区": 0.0001, "x": 0.01}})
    assert (reading.text, WORDS.correct(reading).text) == ("社ま", "社区")


def test_kana_that_are_characters_stroke_for_stroke() -> None:
    assert WORDS.correct(spelled("エ人")).text == "工人"


def test_kana_stay_where_the_ink_allows_nothing_else() -> None:
    assert WORDS.correct(spelled("社ま", {1: {"ま": 0.97, "x": 0.01}})).text == "社ま"


def test_kana_make_a_text_less_likely() -> None:
    assert WORDS.log("社ま") < WORDS.log("社工")


def test_the_dot_in_a_name_is_no_kana() -> None:
    assert WORDS.correct(spelled("阿・区", {1: {"・": 0.9, "区": 0.05}})).text == "阿・区"


def test_digits_and_signs_are_no_words() -> None:
    reading = spelled("10个社区", {0: {"1": 0.5, "一": 0.45}, 4: {"区": 0.9, "x": 0.05}})
    assert WORDS.correct(reading).text == "10个社区"


def test_a_reading_without_steps_stays() -> None:
    assert WORDS.correct(Reading("工安局", [0.5, 0.9, 0.9], [0.1, 0.5, 0.9])).text == "工安局"


def test_an_office_teaches_its_own_words() -> None:
    reading = spelled("洗河街道", {0: {"洗": 0.6, "洸": 0.35}})
    assert WORDS.correct(reading).text == "洗河街道"
    assert WORDS.with_words(["洸河", "洸河街道"]).correct(reading).text == "洸河街道"
    assert WORDS.correct(reading).text == "洗河街道"  # the lexicon it was made from is as before


def test_words_that_are_no_words_are_not_taught() -> None:
    taught = WORDS.with_words(["K", "3号楼", "一个非常非常长的单位名称", "区"])
    reading = spelled("洗河街道", {0: {"洗": 0.6, "洸": 0.35}})
    assert taught.correct(reading).text == WORDS.correct(reading).text


def test_the_lead_is_small_where_two_texts_are_alike_and_large_where_not() -> None:
    close = Lexicon({}).correct(spelled("王建囯", {2: {"囯": 0.5, "国": 0.48}}))
    clear = Lexicon({}).correct(spelled("王建国"))
    assert 0 <= close.margin < 1
    assert clear.margin > 5


def test_the_alternatives_of_each_place() -> None:
    reading = spelled("工安局2", {0: {"工": 0.55, "公": 0.4, "7": 0.04}})
    assert reading.steps is not None
    places = confusion_network(reading.steps)
    assert [place[0][0] for place in places] == list("工安局2")
    assert dict(places[0]) == {
        "工": pytest.approx(math.log(0.55), abs=1e-4),
        "公": pytest.approx(math.log(0.4), abs=1e-4),
    }  # a digit is no alternative to a character
    assert [len(place) for place in places[1:]] == [1, 1, 1]


characters = st.sampled_from(list("工公安局社区济宁街道王国12、"))


@given(st.lists(st.tuples(characters, characters, st.floats(0.5, 0.98)), min_size=1, max_size=8))
def test_a_text_keeps_its_length_and_the_ink_allows_every_character(places: list[tuple[str, str, float]]) -> None:
    text = "".join(first for first, _, _ in places)
    doubts = {i: {second: 0.99 - p, first: p} for i, (first, second, p) in enumerate(places)}
    corrected = WORDS.correct(spelled(text, doubts)).text
    assert len(corrected) == len(text)
    for char, (first, second, _) in zip(corrected, places, strict=True):
        assert char in (first, second)


def test_words_are_likelier_than_characters_thrown_together() -> None:
    assert WORDS.log("公安局") > WORDS.log("工安局")
    assert WORDS.log("济宁社区") > WORDS.log("宁济区社")
    assert WORDS.log("") == 0.0
    assert WORDS.log("2019") == WORDS.log("2079")  # digits are no words


def test_a_reading_with_one_character_replaced_by_what_else_the_ink_allows() -> None:
    reading = spelled("GJ79", {0: {"G": 0.6, "6": 0.3, "C": 0.001}, 2: {"7": 0.6, "1": 0.3}})
    assert set(one_other(reading)) == {"6J79", "GJ19"}  # one at a time, and none that the ink all but rules out
    assert one_other(spelled("GJ79")) == []
    assert one_other(Reading("GJ79", [0.5] * 4, [0.1, 0.3, 0.5, 0.7])) == []


@pytest.fixture(scope="module")
def language() -> tuple[Lexicon, NameModel]:
    return load_language()


def test_the_installed_words(language: tuple[Lexicon, NameModel]) -> None:
    assert load_language() is language  # read once
    reading = spelled("高新区工安局", {3: {"工": 0.5, "公": 0.45}})
    assert language[0].correct(reading).text == "高新区公安局"


@pytest.mark.parametrize(("usual", "odd"), [("王琼", "王竟"), ("李建国", "李建囯"), ("陈芳", "阵芳"), ("刘伟", "刘韦")])
def test_the_installed_names(language: tuple[Lexicon, NameModel], usual: str, odd: str) -> None:
    names = language[1]
    assert names.log(usual) > names.log(odd)
    assert names.log("") == 0.0
    assert names.log(usual) - names.log(odd) < 7.0  # clear ink is not overruled
