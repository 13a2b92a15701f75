"""Several looks at one line, and several lines of one value."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading_steps import looked, spelled
from reading_values import ID, KNOWLEDGE, PHONE, TEXT, doubtful, evidence, id_number, read

from pipeline.reading.grammar import PHONE as PHONES
from pipeline.reading.ink import Ink
from pipeline.reading.looks import SURE, Looks, join, lead, ranked
from pipeline.sheets import Reading

RIGHT, SLIP = "13812345678", "73812345678"
SLIPPED = spelled(SLIP, {0: {"7": 0.8, "1": 0.15}})
OTHERS = [spelled(RIGHT, {0: {"1": 0.9, "7": 0.05}}) for _ in range(4)]


def test_one_looks_slip_is_outvoted() -> None:
    looks = Looks([looked(SLIPPED, *OTHERS)])
    assert looks.text == RIGHT
    right, slip = looks.log([RIGHT, SLIP])
    assert right > slip
    assert looks.agreement(RIGHT, str) == pytest.approx(4 / 5)
    assert looks.agreement(SLIP, str) == pytest.approx(1 / 5)


def test_a_slip_that_all_looks_share_stands() -> None:
    looks = Looks([looked(SLIPPED, SLIPPED, SLIPPED)])
    assert looks.text == SLIP
    assert looks.agreement(SLIP, str) == 1.0


def test_a_text_is_as_probable_as_the_looks_find_it_on_average() -> None:
    looks = [SLIPPED, *OTHERS]
    alone = [Ink(look.steps).log([RIGHT, SLIP]) for look in looks if look.steps is not None]
    together = Looks([looked(SLIPPED, *OTHERS)]).log([RIGHT, SLIP])
    assert together == pytest.approx(np.mean(alone, axis=0))


def test_a_look_that_rules_a_text_out_altogether_does_not_decide_alone() -> None:
    """One look saw a shadow and nothing else."""
    looks = Looks([looked(spelled(RIGHT), spelled(RIGHT), spelled("一"))])
    assert looks.text == RIGHT
    right, other = looks.log([RIGHT, "一"])
    assert right > other
    assert right > -30


def test_the_texts_of_a_grammar_are_gathered_from_all_looks() -> None:
    """What the likeliest text is, no look need have found by itself."""
    first = spelled("73872345678", {0: {"7": 0.6, "1": 0.3}})
    found = Looks([looked(first, spelled("13812345678"))]).beam(PHONES)
    assert {"13812345678", "13872345678"} <= {text for text, _ in found}
    assert [logp for _, logp in found] == sorted((logp for _, logp in found), reverse=True)
    assert all(PHONES.accepts(text) for text, _ in found)


def test_what_is_known_of_texts_decides_between_looks_that_are_equally_sure() -> None:
    one, other = (spelled(t, {0: {t[0]: 0.5, o: 0.45}}) for t, o in (("工安局", "公"), ("公安局", "工")))
    words = {"公安局": 3.0}
    assert Looks([looked(one, other)]).text == "工安局"
    assert Looks([looked(one, other)], lambda text: words.get(text, 0.0)).text == "公安局"


def test_lines_without_steps_are_as_read() -> None:
    bare = Reading("洸河社区", [0.9] * 4, [0.1, 0.3, 0.6, 0.9])
    looks = Looks([bare])
    assert looks.text == "洸河社区"
    assert looks.log(["洸河社区", "科苑社区"]).tolist() == [0.0, 0.0]
    assert looks.beam(PHONES) == []


def test_looks_at_each_of_several_lines() -> None:
    first = looked(spelled("组织"), spelled("祖织"))
    looks = Looks([first, spelled("党员")])  # only the first line was unsure
    assert looks.text == "组织党员"
    assert [look.text for look in looks.all] == ["组织党员", "祖织党员"]
    assert looks.agreement("组织党员", str) == 0.5


# --- in decoded values ---------------------------------------------------------------------------------------------


def test_looks_that_agree_make_a_value_surer() -> None:
    number = id_number()
    wrong = number[:9] + str((int(number[9]) + 3) % 10) + number[10:]
    first = spelled(wrong, {9: {wrong[9]: 0.55, number[9]: 0.4}})
    alone = read(ID, first)
    agreed = read(ID, looked(first, *[spelled(number)] * 4))
    assert (alone.value, agreed.value) == (number, number)
    assert evidence(alone).agreement == 0.0
    assert evidence(agreed).agreement == pytest.approx(4 / 5)
    assert agreed.confidence > alone.confidence


def test_the_raw_text_is_the_likeliest_look() -> None:
    answer = read(PHONE, looked(SLIPPED, *OTHERS))
    assert (answer.value, answer.raw) == (RIGHT, RIGHT)
    assert not doubtful(answer)


def test_words_choose_between_looks_at_running_text() -> None:
    taught = KNOWLEDGE.lexicon.with_words(["公安局"])
    one, other = (spelled(t, {0: {t[0]: 0.5, o: 0.45}}) for t, o in (("工安局", "公"), ("公安局", "工")))
    reading = looked(one, other)
    knowledge = type(KNOWLEDGE)({}, taught, KNOWLEDGE.names, KNOWLEDGE.calibration, KNOWLEDGE.today)
    assert read(TEXT, reading, knowledge=knowledge).value == "公安局"


# --- a lost character ----------------------------------------------------------------------------------------------


def spread(text: str, lost: int | None = None) -> Reading:
    """A line of evenly written characters, of which one left its place and no trace."""
    n = len(text)
    places = [i for i in range(n) if i != lost]
    return Reading("".join(text[i] for i in places), [0.99] * len(places), [(i + 0.5) / n for i in places])


def test_a_lost_character_leaves_a_gap() -> None:
    assert Looks([spread(RIGHT)]).gap == pytest.approx(1.0)
    assert Looks([spread(RIGHT, lost=5)]).gap == pytest.approx(2.0)
    assert Looks([spread("洸河社区委员会", lost=3)]).gap == pytest.approx(2.0)
    assert Looks([spread("洸河社区委员会"), spread(RIGHT, lost=5)]).gap == pytest.approx(2.0)  # in whichever line


def test_digits_stand_closer_than_characters() -> None:
    widths = [0.55 if c.isdigit() else 1.0 for c in "2019年5月18日"]
    ends = np.cumsum(widths)
    centres = ((ends - np.array(widths) / 2) / ends[-1]).tolist()
    reading = Reading("2019年5月18日", [0.99] * len(widths), centres)
    assert Looks([reading]).gap == pytest.approx(1.0)


@pytest.mark.parametrize("text", ["", "男", "王建国"])
def test_few_characters_have_no_usual_step(text: str) -> None:
    assert Looks([spread(text)]).gap == 1.0


def test_a_gap_makes_a_value_less_sure() -> None:
    whole, gappy = spelled("火炬路一百号"), spelled("火炬路一百号")
    gappy.centres = [*gappy.centres[:3], *(c + 0.3 for c in gappy.centres[3:])]
    assert read(TEXT, gappy).confidence < read(TEXT, whole).confidence


# --- joined lines, ranked values -----------------------------------------------------------------------------------


def test_joined_lines_keep_probabilities_and_order() -> None:
    joined = join([spelled("洸河", sure=0.9), spelled("社区", sure=0.8)])
    assert joined.text == "洸河社区"
    assert joined.probs == pytest.approx([0.9, 0.9, 0.8, 0.8])
    assert joined.centres == sorted(joined.centres)
    assert joined.steps is not None
    assert joined.steps.classes.shape == joined.steps.probs.shape


def test_spellings_of_one_value_add_up() -> None:
    order = ranked([("a", np.log(0.3)), ("b", np.log(0.4)), ("a", np.log(0.3))])
    assert [value for value, _ in order] == ["a", "b"]
    assert [behind for _, behind in order] == pytest.approx([0.0, np.log(0.6 / 0.4)])


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.floats(-30, 0)), min_size=1, max_size=12))
def test_the_lead_is_over_all_other_values_together(scored: list[tuple[str, float]]) -> None:
    order = ranked(scored)
    assert order[0][1] == 0.0
    behind = [b for _, b in order]
    assert behind == sorted(behind)
    rest = sum(np.exp(-b) for b in behind[1:])
    assert lead(order) == (SURE if not len(order) > 1 else pytest.approx(min(SURE, -np.log(rest)), abs=1e-6))
