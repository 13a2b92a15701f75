"""The generator's own promises about the values it invents and the layouts it knows."""

from __future__ import annotations

import numpy as np
from stdnum.cn import ric, uscc

from .catalogue import GROUPS, LAYOUTS, layout_names
from .page import split_text
from .values import Values, chinese_date


def test_numbers_have_right_checksums() -> None:
    values = Values(np.random.default_rng(5))
    for _ in range(50):
        person = values.person()
        assert ric.calc_check_digit(person.id_number) == person.id_number[-1]
        assert person.id_number[6:14] == f"{person.born:%Y%m%d}"
        assert (int(person.id_number[16]) % 2 == 0) == (person.gender == "女")
        assert uscc.is_valid(values.uscc())


def test_dates_in_numerals() -> None:
    assert chinese_date(np.datetime64("2019-10-21").astype(object)) == "二〇一九年十月二十一日"


def test_groups_part_the_layouts() -> None:
    kinds = {layout.kind for layout in LAYOUTS.values()}
    assert sorted(LAYOUTS) == layout_names(list(GROUPS))
    for group in GROUPS:
        assert {LAYOUTS[name].kind for name in layout_names([group])} == kinds


def test_lines_keep_every_character() -> None:
    text = "济宁高新区2号楼、东门，南侧。"
    for count in (1, 2, 3):
        lines = split_text(text, count, count * 0.95)
        assert "".join(lines) == text
        assert len(lines) <= count
        assert not any(line.startswith(("、", "，", "。")) for line in lines)
