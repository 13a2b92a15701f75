"""One form for each character: simplified, half-width."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.reading.characters import fold, fold_text, is_han

SIMPLIFIED = st.characters(codec="gb2312")


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("別", "别"),
        ("黨", "党"),
        ("濟寧高新區", "济宁高新区"),
        ("黨支部書記陳國強", "党支部书记陈国强"),
        ("１２３Ｘ", "123X"),
        ("（盖章）", "(盖章)"),
        ("，：；！", ",:;!"),
        ("\u3000", " "),
        ("①", "1"),
        ("℃", "°C"),
        ("㎡", "m2"),
        ("", ""),
    ],
)
def test_width_and_script(written: str, folded: str) -> None:
    assert fold_text(written) == folded


@pytest.mark.parametrize("char", list("洸兖乾著堃喆淼翀赟祎珺彧犇年、。·—"))
def test_characters_of_names_and_places_are_kept(char: str) -> None:
    assert fold(char) == char


@given(SIMPLIFIED)
def test_simplified_characters_stay_and_folding_twice_is_folding_once(char: str) -> None:
    once = fold_text(char)
    assert fold_text(once) == once
    if is_han(char):
        assert once == char


@given(st.characters(min_codepoint=0x20, max_codepoint=0x7E))
def test_plain_letters_stay(char: str) -> None:
    assert fold(char) == char


@pytest.mark.parametrize("char", list("国洸〇龥𠮷㐂"))
def test_han(char: str) -> None:
    assert is_han(char)


@pytest.mark.parametrize("char", list("1X、。あ· -Ａ○"))
def test_not_han(char: str) -> None:
    assert not is_han(char)
