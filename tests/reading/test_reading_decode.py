"""From readings to values, whatever the field's type."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_values import DATE, EVERY, ID, UNIT, read

from pipeline.definitions import FieldDefinition


@pytest.mark.parametrize("what", EVERY, ids=lambda f: f.type.value)
def test_nothing_written_is_none_and_nothing_is_invented(what: FieldDefinition) -> None:
    for lines in ([], [""], [" "], ["", "  "]):
        answer = read(what, *lines)
        assert answer.value is None
        assert answer.raw == ""


@settings(max_examples=40)
@given(
    st.sampled_from(EVERY),
    st.lists(st.text("0127X年月日男-、,。: 一〇O洸河社区税务局已完成垃圾", max_size=9), min_size=1, max_size=2),
)
def test_whatever_is_read_gives_a_text_or_none(what: FieldDefinition, lines: list[str]) -> None:
    answer = read(what, *lines)
    assert answer.value is None or answer.value.strip()
    assert 0.0 <= answer.confidence <= 1.0
    if answer.value is not None:
        assert answer.raw.strip()


def test_the_plain_reading_is_kept_as_raw() -> None:
    assert read(DATE, "2019.5.18").raw == "2019.5.18"
    assert read(ID, "370883 19691114 2436").raw == "370883 19691114 2436"
    assert read(UNIT, "济宁高新区", "税务局").raw == "济宁高新区税务局"
