"""The repeated rows of a list: by the headings of its columns, in whatever order they stand."""

from __future__ import annotations

from pipeline.definitions import Forms
from pipeline.forms.layout import Layout
from pipeline.forms.rows import find_rows
from tests.support.layouts import CellText, grid, layout

HEADER = ["序号", "资源名称", "提供单位", "联系人", "联系电话"]
ROWS = [["1", "会议室一间", "第十三中学", "石春杰", "13928575256"], ["2", "义诊", "人民医院", "潘玲", "17869947103"]]
READ = [
    {"seq": "1", "item": "会议室一间", "owner": "第十三中学", "contact": "石春杰", "phone": "13928575256"},
    {"seq": "2", "item": "义诊", "owner": "人民医院", "contact": "潘玲", "phone": "17869947103"},
]


def rows_of(forms: Forms, *layouts: Layout) -> list[dict[str, str]]:
    definition = forms["item_list"].rows
    assert definition is not None
    found = find_rows(list(layouts), definition)
    return [{key: "".join(x.text for x in place.lines) for key, place in row.items()} for row in found]


def test_rows_in_printed_order(forms: Forms) -> None:
    assert rows_of(forms, layout([grid(HEADER, *ROWS)])) == READ


def test_columns_in_another_order(forms: Forms) -> None:
    order = [3, 0, 4, 2, 1]
    table = grid([HEADER[i] for i in order], *([cells[i] for i in order] for cells in ROWS))
    assert rows_of(forms, layout([table])) == READ


def test_other_headings_and_fewer_columns(forms: Forms) -> None:
    table = grid(
        ["号", "需求内容", "需求单位", "完成时间", "落实情况"], ["1", "扫雪", "科苑社区", "2019-12-01", "进行中"]
    )
    assert rows_of(forms, layout([table])) == [
        {"seq": "1", "item": "扫雪", "owner": "科苑社区", "deadline": "2019-12-01", "status": "进行中"}
    ]


def test_a_column_of_no_known_heading_is_left_out(forms: Forms) -> None:
    table = grid([*HEADER, "备注"], [*ROWS[0], "急"], [*ROWS[1], ""])
    assert rows_of(forms, layout([table])) == READ


def test_empty_rows_are_left_out_whether_numbered_or_not(forms: Forms) -> None:
    empty = ["", "", "", "", ""]
    table = grid(HEADER, ROWS[0], empty, ["2", "", "", "", ""], ROWS[1], ["4", "", "", "", ""], empty)
    assert rows_of(forms, layout([table])) == READ


def test_an_empty_cell_keeps_its_row(forms: Forms) -> None:
    table = grid(HEADER, ["1", "会议室一间", "", "", ""], ["2", "", "", "潘玲", ""])
    assert [row["item"] for row in rows_of(forms, layout([table]))] == ["会议室一间", ""]


def test_a_title_row_in_the_table_above_the_headings(forms: Forms) -> None:
    title: list[CellText] = [("科苑社区资源清单", 5)]
    assert rows_of(forms, layout([grid(title, HEADER, *ROWS)])) == READ


def test_headings_two_rows_high(forms: Forms) -> None:
    head: list[CellText] = [(text, 1, 2) for text in HEADER]
    assert rows_of(forms, layout([grid(head, [], *ROWS)])) == READ


def test_a_second_page_without_headings_goes_on(forms: Forms) -> None:
    first, second = layout([grid(HEADER, ROWS[0])]), layout([grid(ROWS[1])])
    assert rows_of(forms, first, second) == READ


def test_a_second_page_that_repeats_the_headings(forms: Forms) -> None:
    first, second = layout([grid(HEADER, ROWS[0])]), layout([grid(HEADER, ROWS[1])])
    assert rows_of(forms, first, second) == READ


def test_a_table_without_headings_has_no_rows(forms: Forms) -> None:
    assert rows_of(forms, layout([grid(*ROWS)])) == []


def test_a_heading_that_is_half_known(forms: Forms) -> None:
    header = ["序号", "资源名称", "供给单位", "联系人", "联系电话"]
    assert rows_of(forms, layout([grid(header, *ROWS)])) == READ


def test_remarks_are_nobodys_column(forms: Forms) -> None:
    header = ["序号", "资源名称", "备注", "联系人", "联系电话"]
    assert all("owner" not in row for row in rows_of(forms, layout([grid(header, *ROWS)])))


GROUPED: list[list[CellText]] = [
    [("序号", 1, 2), ("资源名称", 1, 2), ("提供单位", 1, 2), ("联系方式", 2)],
    ["联系人", "电话"],
]


def test_a_heading_over_two_columns(forms: Forms) -> None:
    """The data begins below the lower headings, and it is they that name the columns."""
    assert rows_of(forms, layout([grid(*GROUPED, *ROWS)])) == READ


def test_lower_headings_that_say_whose_they_are_only_with_the_upper_one(forms: Forms) -> None:
    head: list[list[CellText]] = [
        [("序号", 1, 2), ("资源", 1, 2), ("提供单位", 2), ("联系方式", 2), ("备注", 1, 2)],
        ["名称", "地址", "姓名", "电话"],
    ]
    cells = [[*cells[:3], "某路1号", *cells[3:], ""] for cells in ROWS]
    assert rows_of(forms, layout([grid(*head, *cells)])) == READ


def test_more_lower_headings_than_upper_ones(forms: Forms) -> None:
    head: list[list[CellText]] = [
        [("序号", 1, 2), ("项目情况", 4), ("联系方式", 2)],
        ["项目名称", "认领单位", "完成时限", "完成情况", "联系人", "电话"],
    ]
    data = ["1", "扫雪", "市中医院", "2020-1-2", "进行中", "石春杰", "13928575256"]
    keys = ["seq", "item", "owner", "deadline", "status", "contact", "phone"]
    assert rows_of(forms, layout([grid(*head, data)])) == [dict(zip(keys, data, strict=True))]


def test_a_heading_that_asks_for_a_name(forms: Forms) -> None:
    header = ["序号", "资源名称", "提供单位", "姓名", "联系电话"]
    assert rows_of(forms, layout([grid(header, *ROWS)])) == READ
