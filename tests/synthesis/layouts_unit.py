"""Offices' registrations: two columns, six columns."""

from __future__ import annotations

from . import plans
from .doc import Doc
from .forms import Form, Paint, Row
from .page import Rect


def two(doc: Doc) -> None:
    """One field a row, in an order of its own; seals below the table."""
    offices = plans.unit(doc)
    doc.new_page()
    f = Form(doc)
    f.title(
        f.say("驻区单位党组织报到登记表", "单位党组织进社区报到表", "机关党组织到社区报到备案表"),
        24,
        6.6,
        under=doc.values.chance(0.3),
    )
    rows = [
        (("报到时间", "报到日期"), "report_date"),
        (("结对社区", "报到社区", "共建社区"), "community"),
        (("单位名称", "报到单位", "单位全称"), "unit_name"),
        (("统一社会信用代码", "社会信用代码"), "uscc"),
        (("单位地址", "办公地址", "地址"), "address"),
        (("党组织名称", "单位党组织"), "party_org"),
        (("在职党员人数", "党员人数", "在职党员数"), "member_count"),
        (("党组织书记", "书记姓名", "党组织负责人"), "secretary"),
        (("联络员", "联系人", "具体联系人"), "contact"),
        (("联系电话", "联系方式", "联络员电话"), "phone"),
    ]
    if doc.values.chance(0.5):
        rows = rows[2:4] + rows[5:] + rows[:2] + rows[4:5]
    label_width, height = float(doc.rng.uniform(38, 52)), float(doc.rng.uniform(10, 12.5))
    cells: list[Row] = [(height, [f.label(f.say(*words)), f.value(key)]) for words, key in rows]
    cells += [
        (22, [*f.pair("resources", "可提供资源", "资源清单", "能够提供的资源", lines=3, align="left")]),
        (
            22,
            [
                f.label(f.say("认领共建项目", "认领项目", "拟认领项目")),
                f.value("claimed_projects", lines=3, align="left"),
            ],
        ),
    ]
    y = f.table(20, 36, [label_width, 170 - label_width], cells)
    page = doc.page
    page.text(28, y + 9, f.say("报到单位（盖章）：", "单位党组织（公章）"), f.size)
    page.text(118, y + 9, f.say("社区党组织（盖章）：", "接收社区（公章）"), f.size)
    doc.seal("unit_seal", offices[0], 62, y + 22)
    doc.seal("community_seal", offices[1], 150, y + 22)
    f.note(20, 286, f.say("注：本表由单位党组织填写，报社区党委存档。", "填表说明：联系方式发生变化请及时告知社区。"))


def _six_rows(f: Form) -> list[Row]:
    return [
        (
            12,
            [
                *f.pair("unit_name", "单位名称", "报到单位", span=3),
                *f.pair("member_count", "党员数", "在职党员人数"),
            ],
        ),
        (12, [*f.pair("party_org", "党组织名称", "党组织全称", span=5)]),
        (
            12,
            [
                *f.pair("secretary", "党组织书记", "书记"),
                *f.pair("contact", "联系人", "联络员"),
                *f.pair("phone", "电话", "联系电话"),
            ],
        ),
        (
            12,
            [
                *f.pair("uscc", "信用代码", "统一社会信用代码", span=2),
                *f.pair("address", "办公地址", "单位地址", span=2),
            ],
        ),
        (
            26,
            [
                *f.pair("resources", "资源清单", "可提供资源", span=2, align="left", lines=3),
                *f.pair("claimed_projects", "认领项目", "认领共建项目", span=2, align="left", lines=3),
            ],
        ),
    ]


def six(doc: Doc) -> None:
    """Six columns; the seals stand in cells of their own beside tall labels."""
    offices = plans.unit(doc)
    doc.new_page()
    f = Form(doc)
    f.title(
        f.say("单位党组织“双报到”登记表", "共建单位报到信息表", "机关企事业单位党组织报到登记表"),
        26,
        6.4,
        f.say("", "附件1"),
    )
    page = doc.page
    f.line_field(22, 38, f.say("报到社区：", "结对社区："), "community", 40)
    page.text(122, 38, f.say("填表日期：", "报到时间："), f.size)
    doc.fill_date_form("report_date", 122 + page.measure("填表日期：", f.size) + 1, 38, f.size, 8)
    w = [23.0, 38.0, 23.0, 30.0, 24.0, 34.0]
    y = f.table(19, 44, w, _six_rows(f), frame=False)

    def stamp(key: str, office: str) -> Paint:
        def paint(rect: Rect) -> None:
            x, yy, wide, high = rect
            page.text(x + wide - 30, yy + high - 5, f.say("年　月　日", "（公章）"), f.size * 0.9)
            doc.seal(key, office, x + wide / 2 + 4, yy + high / 2)

        return paint

    y = f.table(
        19,
        y,
        w,
        [
            (
                48,
                [
                    f.label(f.say("单位党组织盖章", "报到单位党组织盖章")),
                    f.paint(stamp("unit_seal", offices[0]), 2),
                    f.label(f.say("社区党组织盖章", "社区盖章")),
                    f.paint(stamp("community_seal", offices[1]), 2),
                ],
            ),
        ],
        frame=False,
    )
    f.frame((19, 44, sum(w), y - 44))
    f.note(19, y + 7, f.say("此表一式两份。", "备注：资源、项目请对照社区公布的清单填写。"))


LAYOUTS = {"unit_two": two, "unit_six": six}
