"""Feedback on services: a register with options up front, a report with one big box."""

from __future__ import annotations

from . import plans
from .doc import Doc
from .forms import Form, Row
from .parts import COMPLETION, SATISFACTION, choose_one, ruled


def _register_rows(doc: Doc, f: Form, step: float) -> list[Row]:
    return [
        (12, [*f.pair("project", "服务项目", "认领项目", "活动项目", span=3)]),
        (11, [f.label(f.say("完成情况", "项目完成情况")), f.paint(choose_one(doc, f, "completion", COMPLETION), 3)]),
        (
            11,
            [
                f.label(f.say("群众满意度", "居民满意度")),
                f.paint(choose_one(doc, f, "satisfaction", SATISFACTION), 3),
            ],
        ),
        (
            12,
            [
                *f.pair("service_date", "活动日期", "服务时间", "活动时间"),
                *f.pair("place", "活动地点", "服务地点"),
            ],
        ),
        (12, [*f.pair("leader", "活动负责人", "负责人"), *f.pair("phone", "联系电话", "联系方式")]),
        (
            12,
            [
                *f.pair("participants", "参加人数", "参与人数"),
                *f.pair("hours", "服务时长（小时）", "时长（小时）"),
            ],
        ),
        (12, [*f.pair("service_unit", "组织单位", "服务单位", "参加单位", span=3)]),
        (
            12,
            [
                *f.pair("community", "服务社区", "所在社区", "社区名称"),
                *f.pair("feedback_date", "反馈日期", "反馈时间"),
            ],
        ),
        (
            46,
            [
                f.label(f.say("活动内容", "服务内容", "活动情况")),
                f.paint(lambda r: ruled(doc, f, "content", r, step), 3),
            ],
        ),
        (24, [*f.pair("community_feedback", "社区评价", "社区反馈意见", span=3, align="left")]),
    ]


def register(doc: Doc) -> None:
    """Four columns with both questions in the first rows, the content below, signature and seal in the last row."""
    office = plans.feedback(doc)
    doc.new_page()
    f = Form(doc)
    page = doc.page
    page.text(190, 13, f.say("表3", "附件4", ""), 3.5, anchor="rm")
    f.title(f.say("在职党员服务社区活动记录表", "社区服务活动反馈表", "志愿服务活动情况记录表"), 25, 6.6)
    w = [28.0, 60.0, 28.0, 56.0]
    step = 9.0 if doc.values.chance(0.5) else 0.0
    y = f.table(
        19,
        36,
        w,
        _register_rows(doc, f, step),
        frame=False,
    )
    for n, words in enumerate((("负责人签字", "活动负责人签名"), ("社区党组织盖章", "社区（盖章）"))):
        x = 19 + n * 86
        page.box((x, y, 86, 44), f.thin)
        page.text(x + 3, y + 6, f.say(*words) + "：", f.size, f.label_font)
    doc.sign("leader_signature", (30, y + 14, 52, 15), doc.plan["leader"][0] or doc.values.name())
    doc.seal("community_seal", office, 152, y + 22)
    f.frame((19, 36, 172, y + 44 - 36))


def report(doc: Doc) -> None:
    """Lines above, one big box for the content, the questions and the community's words below it."""
    office = plans.feedback(doc)
    doc.new_page()
    f = Form(doc)
    page = doc.page
    f.title(
        f.say("服务活动情况反馈单", "“双报到”活动反馈卡", "党员志愿服务反馈表"), 26, 7, under=doc.values.chance(0.4)
    )
    y = 42.0
    f.line_field(20, y, f.say("服务单位：", "组织单位："), "service_unit", 86)
    f.line_field(20, y + 11, f.say("服务社区：", "社区："), "community", 46)
    page.text(102, y + 11, f.say("服务时间：", "活动日期："), f.size, f.label_font)
    if doc.values.chance(0.5):
        doc.fill_date_form("service_date", 124, y + 11, f.size, 8)
    else:
        page.line(124, y + 14, 172, y + 14, 0.2)
        doc.fill("service_date", (124, y + 7, 48, 7.5), "left", f.value_size, 1)
    f.line_field(20, y + 22, f.say("认领项目：", "服务项目："), "project", 60)
    f.line_field(110, y + 22, f.say("地点：", "活动地点："), "place", 52)
    f.line_field(20, y + 33, f.say("参加人数：", "参加党员数："), "participants", 22)
    f.line_field(76, y + 33, f.say("服务时长（小时）：", "服务小时数："), "hours", 18)
    f.line_field(134, y + 33, f.say("电话：", "联系电话："), "phone", 40)
    y += 42
    y = f.table(
        20,
        y,
        [170],
        [
            (8, [f.label(f.say("服务内容", "活动情况（时间、人员、成效）", "活动内容"))]),
            (62, [f.paint(lambda r: ruled(doc, f, "content", r, 9.5))]),
        ],
    )
    first = [f.label(f.say("完成情况", "完成情况（单选）")), f.paint(choose_one(doc, f, "completion", COMPLETION))]
    second = [f.label(f.say("群众满意度", "满意度")), f.paint(choose_one(doc, f, "satisfaction", SATISFACTION))]
    y = f.table(20, y + 5, [27, 57, 27, 59], [(14, first + second if doc.values.chance(0.5) else second + first)])
    y = f.table(
        20,
        y + 5,
        [170],
        [(8, [f.label(f.say("社区反馈意见", "社区评价"))]), (24, [f.value("community_feedback", align="left")])],
    )
    f.line_field(20, y + 12, f.say("活动负责人：", "负责人："), "leader", 34)
    page.text(80, y + 12, f.say("签字：", "（签名）"), f.size)
    doc.sign("leader_signature", (92, y + 5, 36, 14), doc.plan["leader"][0] or doc.values.name())
    f.line_field(20, y + 25, f.say("反馈日期：", "反馈时间："), "feedback_date", 42)
    page.text(140, y + 8, f.say("社区（盖章）", "社区党组织（公章）"), f.size)
    doc.seal("community_seal", office, 160, y + 18)


LAYOUTS = {"feedback_register": register, "feedback_report": report}
