"""Members' registrations of other street offices: sections in an open table, dotted lines, a sheet laid across."""

from __future__ import annotations

from . import plans
from .doc import Doc
from .forms import Form, Row
from .page import Rect
from .parts import letterhead, service_intents, signed

STAMPS = ("（公　章）", "盖章　　年　月　日", "（盖　章）")


def _verdict(f: Form, key: str, mark: str, office: str, words: tuple[str, str], rect: Rect) -> None:
    """Printed words on top, the opinion below them, a seal over other printed words at the bottom right."""
    doc = f.doc
    x, y, w, h = rect
    doc.page.text(x + 2, y + 4.5, words[0], f.size, f.label_font)
    doc.fill(key, (x + 2, y + 8, w - 4, 12), "left", f.value_size, 2)
    doc.page.text(x + w - 40, y + h - 5, words[1], f.size)
    doc.seal(mark, office, x + w - 25, y + h - 13, spread=3.0)


def _sections_rows(doc: Doc, f: Form, offices: tuple[str, str]) -> list[Row]:
    person: list[Row] = [
        (9, [f.head(f.say("一、个人基本情况", "一、个人信息"), 4)]),
        (10.5, [*f.pair("name", "姓　　名：", "党员姓名："), *f.pair("gender", "性　　别：")]),
        (10.5, [*f.pair("ethnicity", "民　　族："), *f.pair("education", "学　　历：", "文化程度：")]),
        (10.5, [f.label(f.say("出生年月日：", "出生日期：")), f.dated("birth_date"), *f.pair("phone", "手机号码：")]),
        (10.5, [*f.pair("id_number", "居民身份证号码：", "公民身份号码：", span=3)]),
        (10.5, [*f.pair("home_address", "现居住详细地址：", "家庭详细住址：", span=3, align="left")]),
    ]
    party: list[Row] = [
        (9, [f.head(f.say("二、组织关系及工作情况", "二、党组织关系"), 4)]),
        (10.5, [*f.pair("employer", "工作单位：", "所在单位全称：", span=3, align="left")]),
        (
            10.5,
            [*f.pair("position", "职　　务：", "单位职务："), *f.pair("party_join_date", "入党时间：", "入党年月：")],
        ),
        (10.5, [*f.pair("party_branch", "所在党支部：", "组织关系所在支部：", span=3, align="left")]),
    ]
    service: list[Row] = [
        (9, [f.head(f.say("三、报到与服务", "三、到社区报到情况"), 4)]),
        (
            10.5,
            [*f.pair("community", "报到社区："), f.label(f.say("报到时间：", "报到日期：")), f.dated("report_date")],
        ),
        (10.5, [*f.pair("specialty", "有何特长：", "特长爱好："), *f.pair("available_time", "可服务时间：")]),
        (18, [f.label("服务意向：\n（可多选）"), f.paint(lambda r: service_intents(doc, f, r, 4, "circle"), 3)]),
        (10.5, [*f.pair("claimed_projects", "认领服务项目：", "认领项目：", span=3, align="left")]),
    ]
    unit, community = f.say("单位党组织意见：", "所在单位党组织意见："), f.say("社区党组织意见：", "社区党委意见：")
    stamp = f.say(*STAMPS)
    verdicts: list[Row] = [
        (9, [f.head(f.say("四、党组织意见", "四、组织审核"), 4)]),
        (
            42,
            [
                f.paint(lambda r: _verdict(f, "unit_opinion", "unit_seal", offices[0], (unit, stamp), r), 2),
                f.paint(
                    lambda r: _verdict(f, "community_opinion", "community_seal", offices[1], (community, stamp), r), 2
                ),
            ],
        ),
    ]
    return person + party + service + verdicts


def sections(doc: Doc) -> None:
    """A table open at both sides, in sections with headings; labels with colons; rings to tick; 年 月 日 printed."""
    offices = plans.member(doc)
    doc.new_page()
    f = Form(doc)
    f.size, f.spread = min(f.size, 3.7), False
    doc.page.text(18, 14, f.say("附件2", "附表1", "附件 3："), 3.6, "sans")
    f.title(f.say("党员到社区“双报到”情况登记表", "在职党员“双报到”登记表", "在职党员进社区报到登记表"), 26, 6.8)
    y = f.table(18, 36, [31, 57, 29, 57], _sections_rows(doc, f, offices), rules="open")
    signed(
        doc,
        f,
        20,
        y + 10,
        f.say("以上情况属实，本人签名：", "党员本人签字："),
        "applicant_signature",
        doc.plan["name"][0],
    )
    f.note(18, y + 20, f.say("填表说明：请如实填写，选项在○内打“√”。", "注：此表由社区党组织留存。"))


def lines(doc: Doc) -> None:
    """An office's letterhead; dotted lines in two columns; options in square brackets; seals side by side."""
    offices = plans.member(doc)
    doc.new_page()
    f = Form(doc)
    f.dotted = True
    page = doc.page
    letterhead(
        doc, f.say("中共济宁高新区洸河街道工作委员会", "洸河街道社区党建工作办公室", "中共柳行街道工作委员会"), 22
    )
    f.title(f.say("在职党员进社区服务登记卡", "社区报到党员信息卡", "党员到社区报到信息登记单"), 42, 6.6)
    left, right, y, step = 24.0, 112.0, 57.0, float(doc.rng.uniform(11.2, 12.2))

    def one(row: int, text: str, key: str, x: float = left, to: float = 188.0) -> None:
        width = to - x - page.measure(text, f.size, f.label_font) - 1
        f.line_field(x, y + row * step, text, key, width)

    def two(row: int, texts: tuple[str, str], keys: tuple[str, str]) -> None:
        one(row, texts[0], keys[0], left, 106.0)
        one(row, texts[1], keys[1], right, 188.0)

    two(0, (f.say("姓名：", "党员姓名："), "性别："), ("name", "gender"))
    one(1, f.say("公民身份号码：", "身份证号："), "id_number")
    two(2, (f.say("出生日期：", "出生年月："), "民族："), ("birth_date", "ethnicity"))
    two(3, (f.say("最高学历：", "文化程度："), f.say("入党日期：", "入党时间：")), ("education", "party_join_date"))
    one(4, f.say("所在单位：", "工作单位："), "employer")
    two(5, (f.say("担任职务：", "职务："), f.say("手机号码：", "联系电话：")), ("position", "phone"))
    one(6, f.say("组织关系所在党支部：", "所在党组织："), "party_branch")
    one(7, f.say("家庭住址：", "现居住地址："), "home_address")
    two(8, (f.say("报到社区：", "接收社区："), f.say("登记日期：", "报到日期：")), ("community", "report_date"))
    two(9, (f.say("特长爱好：", "个人特长："), f.say("服务时段：", "可服务时间：")), ("specialty", "available_time"))
    one(10, f.say("认领服务项目：", "认领项目："), "claimed_projects")
    y += 11 * step
    page.text(
        left,
        y,
        f.say("本人愿意参加以下志愿服务（请在[ ]内打“√”）：", "服务意向（可多选，请打“√”）："),
        f.size,
        f.label_font,
    )
    service_intents(doc, f, (left, y + 3, 166, 18), 4, "bracket")
    y += 29
    signed(doc, f, 112, y, f.say("登记人（签字）：", "本人签名："), "applicant_signature", doc.plan["name"][0])
    for x, words, mark, office in (
        (left, f.say("单位党组织（盖章）：", "派出单位党组织（公章）："), "unit_seal", offices[0]),
        (right, f.say("社区党组织（盖章）：", "接收社区党组织（公章）："), "community_seal", offices[1]),
    ):
        page.text(x, y + 14, words, f.size, f.label_font)
        doc.seal(mark, office, x + 52, y + 24, spread=3.0)


def across(doc: Doc) -> None:
    """Laid across: the person on the left, intents in round brackets and opinions on the right."""
    offices = plans.member(doc)
    doc.new_page(297, 210)
    f = Form(doc)
    f.double = False
    page = doc.page
    f.title(f.say("“双报到”党员信息采集表", "在职党员个人信息采集表", "社区报到党员信息采集表"), 20, 6.8)
    f.line_field(16, 33, f.say("报到社区：", "所在社区："), "community", 46)
    f.line_date(214, 33, f.say("填表日期：", "登记日期："), "report_date", 8)
    tall = 13.2
    rows: list[Row] = [
        (tall, [*f.pair("name", "姓名"), *f.pair("gender", "性别")]),
        (tall, [*f.pair("ethnicity", "民族"), *f.pair("birth_date", "出生年月", "出生日期")]),
        (tall, [*f.pair("id_number", "身份证号", "身份证号码", span=3)]),
        (tall, [*f.pair("education", "学历", "文化程度"), *f.pair("party_join_date", "入党时间", "入党日期")]),
        (tall, [*f.pair("employer", "工作单位", "单位名称", span=3)]),
        (tall, [*f.pair("position", "职务", "现任职务"), *f.pair("phone", "联系电话", "手机")]),
        (tall, [*f.pair("party_branch", "所在党组织", "所在党支部", span=3)]),
        (tall, [*f.pair("home_address", "居住地址", "家庭住址", span=3)]),
        (tall, [*f.pair("specialty", "个人特长", "特长"), *f.pair("available_time", "服务时间")]),
        (tall + 4, [*f.pair("claimed_projects", "认领项目", "认领服务项目", span=3)]),
    ]
    bottom = f.table(14, 39, [26, 45, 24, 45], rows)
    unit, community = f.say("单位党组织意见", "派出单位意见"), f.say("社区党组织意见", "接收社区意见")
    stamp = f.say(*STAMPS)
    intents = f.say("服务意向（在括号内打“√”，可多选）", "志愿服务意向（请打√）")
    big = (bottom - 39 - 9 - 26 - 14) / 2
    f.table(
        160,
        39,
        [123],
        [
            (9, [f.head(intents)]),
            (26, [f.paint(lambda r: service_intents(doc, f, r, 0, "paren", True))]),
            (big, [f.paint(lambda r: _verdict(f, "unit_opinion", "unit_seal", offices[0], (unit, stamp), r))]),
            (
                big,
                [
                    f.paint(
                        lambda r: _verdict(f, "community_opinion", "community_seal", offices[1], (community, stamp), r)
                    )
                ],
            ),
            (
                14,
                [
                    f.paint(
                        lambda r: signed(
                            doc, f, r[0] + 3, r[1] + 7, "本人签字：", "applicant_signature", doc.plan["name"][0]
                        )
                    )
                ],
            ),
        ],
    )
    page.text(283, bottom + 6, f.say("（社区党组织存档）", "第 1 页，共 1 页"), 3.2, anchor="rm")


LAYOUTS = {"fresh_member_sections": sections, "fresh_member_lines": lines, "fresh_member_across": across}
