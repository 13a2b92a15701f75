"""Text from outside: nothing hidden, nobody's numbers, nothing endless."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.reports.text import LONGEST, plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("scan_0001.pdf", "scan_0001.pdf"),
        ("报到表（一）　2.jpg", "报到表（一）　2.jpg"),
        ("IMG_20190518_093000123.jpg", "IMG_20190518_093000123.jpg"),
        ("mmexport1558140000000.jpg", "mmexport1558140000000.jpg"),
        ("a\u202eb\x00", "a⟨U+202E⟩b⟨U+0000⟩"),
        ("37081119800315451X", "370*************1X"),
        ("电话138-1234-5678", "电话138********78"),
        ("１３８１２３４５６７８", "１３８******７８"),
    ],
)
def test_shown(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_a_long_name_keeps_its_beginning_and_its_ending() -> None:
    shown = plain("报" * 500 + "_第03页.tiff")
    assert len(shown) == LONGEST
    assert shown.startswith("报报")
    assert shown.endswith("_第03页.tiff")


@given(st.text())
def test_whatever_it_is_it_can_be_printed_on_one_line(text: str) -> None:
    shown = plain(text)
    shown.encode("utf-8")
    assert len(shown.splitlines()) <= 1
    assert not any(c in shown for c in "\u200e\u200f\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
