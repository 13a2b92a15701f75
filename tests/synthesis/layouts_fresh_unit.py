"""Offices' registrations of other street offices: a numbered reply on letterhead; groups down the side."""

from __future__ import annotations

from . import plans
from .doc import Doc
from .forms import Form, Row
from .parts import letterhead


def reply(doc: Doc) -> None:
    """Letterhead, numbered lines to fill in with units printed behind, seals beside each other."""
    offices = plans.unit(doc)
    plans.plain(doc, "member_count")
    doc.new_page()
    f = Form(doc)
    f.dotted = doc.values.chance(0.4)
    page = doc.page
    letterhead(doc, f.say("洸河街道党建工作办公室", "中共接庄街道工作委员会", "济宁高新区党群工作部"), 24)
    page.text(22, 38, f.say("表号：HJ-02", "双报到表 2", "编制：党建办"), 3.2)
    f.title(f.say("驻区单位党组织报到回执", "单位党组织到社区报到回执单", "机关企事业单位党组织报到单"), 48, 6.8)
    f.flow(24, 62, 162, ["　　按照“双报到”工作要求，我单位党组织现到社区报到，有关情况如下："], f.size + 0.2)
    left, end, y, step = 26.0, 186.0, 75.0, float(doc.rng.uniform(11.6, 12.6))

    def line(x: float, text: str, key: str, to: float = end, tail: str = "") -> None:
        room = page.measure(text, f.size, f.label_font) + (page.measure(tail, f.size) + 1 if tail else 0)
        f.line_field(x, y, text, key, to - x - room - 1, tail=tail)

    line(left, f.say("1. 单位名称：", "1. 单位全称："), "unit_name")
    y += step
    line(left, "2. 党组织名称：", "party_org")
    y += step
    line(left, f.say("3. 统一社会信用代码：", "3. 社会信用代码："), "uscc")
    y += step
    line(left, f.say("4. 单位地址：", "4. 办公地址："), "address")
    y += step
    line(left, f.say("5. 党组织书记：", "5. 书记姓名："), "secretary", 104)
    line(110, f.say("在职党员：", "在职党员人数："), "member_count", tail="人")
    y += step
    line(left, f.say("6. 联络员：", "6. 联系人："), "contact", 104)
    line(110, f.say("联系电话：", "电话："), "phone")
    y += step
    line(left, f.say("7. 报到社区：", "7. 结对社区："), "community", 104)
    f.line_date(110, y, f.say("报到时间：", "报到日期："), "report_date", 8)
    for number, words, key in (
        (8, f.say("可提供资源：", "可提供的资源清单："), "resources"),
        (9, f.say("认领共建项目：", "拟认领项目："), "claimed_projects"),
    ):
        y += step
        page.text(left, y, f"{number}. {words}", f.size, f.label_font)
        for k in (1, 2):
            f.blank(left + 4, end, y + 2 + k * 9.5)
        doc.fill(key, (left + 5, y + 2, end - left - 6, 19), "left", f.value_size, 2, 9.5)
        y += 18.5
    page.text(left, y + 15, f.say("报到单位党组织（盖章）", "单位党组织（公章）"), f.size, f.label_font)
    page.text(116, y + 15, f.say("社区党组织（盖章）", "接收社区（公章）"), f.size, f.label_font)
    doc.seal("unit_seal", offices[0], left + 40, y + 26, spread=3.0)
    doc.seal("community_seal", offices[1], 154, y + 26, spread=3.0)


def _groups(f: Form) -> list[tuple[tuple[str, ...], list[Row]]]:
    return [
        (
            ("单位概况", "基本情况"),
            [
                (11, [*f.pair("unit_name", "单位全称", "单位名称", span=3)]),
                (11, [*f.pair("uscc", "统一社会信用代码", span=3)]),
                (11, [*f.pair("address", "单位详细地址", "办公地点", span=3)]),
            ],
        ),
        (
            ("党组织", "党建情况"),
            [
                (11, [*f.pair("party_org", "党组织全称", "党组织名称", span=3)]),
                (
                    11,
                    [*f.pair("secretary", "书记姓名", "党组织书记"), *f.pair("member_count", "在职党员数", "党员人数")],
                ),
            ],
        ),
        (
            ("联络报到", "报到信息"),
            [
                (
                    15,
                    [
                        f.both(f.say("联络员姓名", "联系人"), "contact", 2),
                        f.both(f.say("联络员电话", "联系电话"), "phone", 2),
                    ],
                ),
                (
                    15,
                    [
                        f.both(f.say("报到社区", "结对共建社区"), "community", 2),
                        f.both(f.say("报到时间", "报到日期"), "report_date", 2),
                    ],
                ),
            ],
        ),
        (
            ("共建内容", "资源项目"),
            [
                (21, [*f.pair("resources", "可提供资源", "单位资源清单", span=3, align="left", lines=3)]),
                (21, [*f.pair("claimed_projects", "认领项目", "认领共建项目", span=3, align="left", lines=3)]),
            ],
        ),
    ]


def grouped(doc: Doc) -> None:
    """Groups named down the left side, some labels above their values."""
    offices = plans.unit(doc)
    doc.new_page()
    f = Form(doc)
    f.spread = False
    page = doc.page
    page.text(190, 14, f.say("附件1-2", "双报到02表", "表二"), 3.4, anchor="rm")
    f.title(f.say("单位党组织“双报到”情况表", "共驻共建单位基本情况登记表", "驻社区单位报到登记表"), 25, 6.8)
    w = [34.0, 49.0, 34.0, 49.0]
    left, wide = 17.0, 10.0
    top = y = 37.0
    for words, rows in _groups(f):
        y = f.group(left, y, wide, words, w, rows)
    half = (wide + sum(w)) / 2
    for n, (words, mark) in enumerate(
        (
            (("报到单位意见（盖章）", "单位党组织盖章"), "unit_seal"),
            (("社区党组织意见（盖章）", "社区盖章"), "community_seal"),
        )
    ):
        x = left + n * half
        page.box((x, y, half, 48), f.thin)
        page.text(x + half / 2, y + 5, f.say(*words), f.size, f.label_font, "mm")
        page.text(x + half - 6, y + 43, "年　　月　　日", f.size, anchor="rm")
        doc.seal(mark, offices[n], x + half / 2 + 10, y + 27, spread=3.0)
    f.frame((left, top, wide + sum(w), y + 48 - top))
    f.note(left, y + 55, f.say("本表一式三份，街道、社区、单位各一份。", "填报说明：在职党员数不含离退休党员。"))


LAYOUTS = {"fresh_unit_reply": reply, "fresh_unit_grouped": grouped}
