"""Which lines the first look skims, and which it reads in full at once."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.definitions import Forms
from pipeline.forms.firstlook import look_over, telling_lines
from pipeline.forms.layout import Layout, Line
from pipeline.sheets import Reading
from tests.support.layouts import grid, layout, reading, row


class Looks:
    """A page of which nothing has been read, and what is asked to be; ``illegible`` print can't be skimmed."""

    def __init__(self, page: Layout, illegible: str = "") -> None:
        self.page = page
        self.skimmed: list[str] = []
        self.read: list[str] = []
        self._illegible = illegible
        self._says: dict[int, Reading] = {}
        for line in page.lines():
            assert line.reading is not None
            self._says[id(line)], line.reading = line.reading, None

    def over(self, forms: Forms) -> Looks:
        look_over(self.page, forms, self.skim, self.read_in_full)
        return self

    def skim(self, lines: Sequence[Line]) -> None:
        for line in lines:
            if line.said is None:
                text = self._says[id(line)].text
                line.draft = reading(text, 0.5 if text == self._illegible else 0.99)
                self.skimmed.append(text)

    def read_in_full(self, lines: Sequence[Line]) -> None:
        for line in lines:
            if line.reading is None and line.ink:
                line.reading = self._says[id(line)]
                self.read.append(line.reading.text)


def test_labels_are_skimmed_and_what_stands_beside_them_is_read(forms: Forms) -> None:
    looks = Looks(layout([grid(["姓名", "王建国", "性别", "男"], ["工作单位", ("济宁高新区税务局", 3)])])).over(forms)
    assert looks.skimmed == ["姓名", "性别", "工作单位"]
    assert looks.read == ["王建国", "男", "济宁高新区税务局"]


def test_a_label_of_several_lines_is_known_by_all_of_them(forms: Forms) -> None:
    page = layout([grid(["社区党组\n织意见", ("同意接收。\n2019年9月20日", 2)])])
    looks = Looks(page).over(forms)
    assert looks.skimmed == ["社区党组", "织意见"]
    assert looks.read == ["同意接收。", "2019年9月20日"]


def test_what_stands_below_a_label_in_its_cell_is_read(forms: Forms) -> None:
    looks = Looks(layout([grid([("家庭住址\n科苑路1号", 2)], [("特长\n书法", 2)])])).over(forms)
    assert looks.skimmed == ["家庭住址", "特长"]
    assert looks.read == ["科苑路1号", "书法"]


def test_columns_under_headings_are_read(forms: Forms) -> None:
    rows = [["1", "健康义诊", "王建国"], ["2", "法律咨询", "李梅"]]
    looks = Looks(layout([grid(["序号", "服务项目", "联系人"], *rows)])).over(forms)
    assert looks.skimmed[0] == "序号"  # the others stand beside a label, as values do
    assert looks.read[-6:] == [text for cells in rows for text in cells]


def test_print_that_a_skim_leaves_in_doubt_is_read(forms: Forms) -> None:
    looks = Looks(layout([grid(["姓名", "王建国"], ["职务", "科员"])]), illegible="姓名").over(forms)
    assert looks.skimmed == ["姓名", "职务"]
    assert looks.read == ["姓名", "王建国", "科员"]


def test_outside_tables_prose_is_skimmed_and_what_is_short_or_on_a_blank_is_read(forms: Forms) -> None:
    prose = "为充分发挥在职党员的先锋模范作用特制定本协议"
    rows = [row(400, prose), row(460, "联系人：", "_王建国"), row(520, "电话：", 300.0)]
    looks = Looks(layout(rows=rows)).over(forms)
    assert looks.skimmed == [prose]
    assert looks.read == ["联系人:", "王建国", "电话:"]


def test_no_line_is_looked_at_twice(forms: Forms) -> None:
    page = layout([grid(["姓名", "王建国"], ["社区党组\n织意见", "同意"])], [row(200, "在职党员到社区报到登记表")])
    looks = Looks(page)
    telling = [said.text for said in telling_lines(page, looks.skim, looks.read_in_full)]
    assert telling[0] == "在职党员到社区报到登记表"
    assert sorted(telling) == sorted(line.text for line in page.lines())
    looks.over(forms)
    assert len(set(looks.skimmed)) == len(looks.skimmed)
    assert len(set(looks.read)) == len(looks.read)
