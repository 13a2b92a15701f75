"""Feedback forms of other street offices: a small card laid across; a report in sections without a table."""

from __future__ import annotations

from . import plans
from .doc import Doc
from .forms import Cell, Form, Row
from .page import Rect
from .parts import COMPLETION, SATISFACTION, choose_one, ruled, signed


def _asked(f: Form, text: str, key: str, options: tuple[str, ...], span: int) -> Cell:
    """A question in small print above its options."""
    ask = choose_one(f.doc, f, key, options, "bracket", False)

    def paint(rect: Rect) -> None:
        x, y, w, h = rect
        f.doc.page.text(x + 1.2, y + 2.4, text, f.size * 0.82, f.label_font)
        ask((x, y + 4, w, h - 4.2))

    return f.paint(paint, span)


def _written(f: Form, text: str, key: str, span: int) -> Cell:
    """A big cell: its label in small print, the text below it from the top."""

    def paint(rect: Rect) -> None:
        x, y, w, _ = rect
        f.doc.page.text(x + 1.2, y + 2.4, text, f.size * 0.82, f.label_font)
        f.doc.fill(key, (x + 2, y + 5, w - 4, 18), "left", f.value_size * 0.95, 3)

    return f.paint(paint, span)


def card(doc: Doc) -> None:
    """A card of half a sheet, across: labels above values, options in square brackets."""
    office = plans.feedback(doc)
    doc.new_page(210, 148)
    f = Form(doc)
    f.size, f.value_size = min(f.size, 3.6), min(f.value_size, 5.3)
    f.title(f.say("服务活动记录卡", "志愿服务活动记录卡", "“双报到”服务记录卡"), 13, 6.0)
    f.line_field(14, 22, f.say("服务社区：", "社区："), "community", 42)
    f.line_field(128, 22, f.say("反馈日期：", "填卡日期："), "feedback_date", 42)
    rows: list[Row] = [
        (
            14,
            [
                f.both(f.say("服务单位", "组织单位"), "service_unit", 3),
                f.both(f.say("服务项目", "认领项目"), "project", 3),
            ],
        ),
        (
            14,
            [
                f.both(f.say("活动日期", "服务时间"), "service_date", 2),
                f.both(f.say("活动地点", "服务地点"), "place", 2),
                f.both(f.say("参加人数", "参加党员（人）"), "participants"),
                f.both(f.say("服务时长（小时）", "时长（小时）"), "hours"),
            ],
        ),
        (27, [_written(f, f.say("活动情况", "服务内容", "活动内容"), "content", 6)]),
        (
            14,
            [
                _asked(f, "完成情况", "completion", COMPLETION, 3),
                _asked(f, f.say("群众满意度", "群众评价"), "satisfaction", SATISFACTION, 3),
            ],
        ),
        (26, [_written(f, f.say("社区评价", "社区反馈意见"), "community_feedback", 6)]),
        (14, [f.both(f.say("活动负责人", "负责人"), "leader", 2), f.both("联系电话", "phone", 2), f.empty(2)]),
    ]
    y = f.table(13, 28, [31, 30, 31, 30, 30, 32], rows)
    words = f.say("签字", "负责人签字")
    doc.page.text(13 + 122 + 1.2, y - 14 + 2.4, words, f.size * 0.82, f.label_font)
    doc.sign("leader_signature", (146, y - 11.5, 44, 11), doc.plan["leader"][0] or doc.values.name())
    doc.page.text(150, y - 18, f.say("（社区盖章）", "社区（公章）"), f.size * 0.9)
    doc.seal("community_seal", office, 172, y - 24, spread=2.0)


def _basics(f: Form, y: float, step: float) -> float:
    """The section of lines: who, where, when."""
    page = f.doc.page

    def line(x: float, text: str, key: str, to: float, tail: str = "") -> None:
        room = page.measure(text, f.size, f.label_font) + (page.measure(tail, f.size) + 1 if tail else 0)
        f.line_field(x, y, text, key, to - x - room - 1, tail=tail)

    line(26, f.say("组织单位：", "服务单位：", "报到单位："), "service_unit", 186)
    y += step
    line(26, f.say("服务社区：", "所在社区："), "community", 100)
    f.line_date(106, y, f.say("服务时间：", "活动日期："), "service_date")
    y += step
    line(26, f.say("服务项目名称：", "认领项目："), "project", 186)
    y += step
    line(26, f.say("活动地点：", "服务地点："), "place", 118)
    line(124, f.say("参加人数：", "参与人数："), "participants", 186, "人")
    y += step
    line(26, f.say("服务时长：", "活动时长："), "hours", 82, "小时")
    line(90, f.say("活动负责人：", "负责人："), "leader", 138)
    line(142, "电话：", "phone", 188)
    return y + step


def sections(doc: Doc) -> None:
    """No table: sections with headings, dotted lines, units printed, rings and round brackets for the answers."""
    office = plans.feedback(doc)
    plans.plain(doc, "participants", "hours")
    doc.new_page()
    f = Form(doc)
    f.dotted, f.value_size = True, min(f.value_size, 5.6)
    page = doc.page
    page.text(190, 14, f.say("双报到表 5", "编号：FK-01", "附件5"), 3.4, anchor="rm")
    f.title(f.say("在职党员社区服务活动反馈单", "服务活动记录反馈表", "“双报到”服务情况反馈单"), 27, 7, under=True)
    style = doc.values.pick(("circle", "paren"))
    after = style == "paren"

    def head(y: float, text: str) -> float:
        page.text(20, y, text, f.size + 0.3, "sans-bold")
        return y + 11

    step = float(doc.rng.uniform(11.2, 12.4))
    y = _basics(f, head(45, f.say("一、基本情况", "一、活动基本信息")), step)
    y = head(y + 1, f.say("二、服务内容", "二、活动开展情况"))
    ruled(doc, f, "content", (23, y - 7, 166, 40), 10.0)
    y = head(y + 38, f.say("三、完成及评价", "三、活动成效"))
    for text, key, options in (
        ("完成情况：", "completion", COMPLETION),
        ("群众满意度：", "satisfaction", SATISFACTION),
    ):
        page.text(26, y, text, f.size, f.label_font)
        choose_one(doc, f, key, options, style, after)((52, y - 5, 120, 10))
        y += 10.5
    words = f.say("社区反馈意见：", "社区评价：")
    page.text(26, y, words, f.size, f.label_font)
    at = 27 + page.measure(words, f.size, f.label_font)
    for k in range(2):
        f.blank(at if k == 0 else 26, 186, y + 4 + k * 10)
    doc.fill("community_feedback", (at, y - 5.5, 186 - at, 9), "left", f.value_size, 1)
    y += 26
    name = doc.plan["leader"][0] or doc.values.name()
    signed(doc, f, 26, y, f.say("负责人签字：", "活动负责人（签名）："), "leader_signature", name)
    page.text(116, y, f.say("社区党组织（盖章）：", "社区（盖章）："), f.size, f.label_font)
    doc.seal("community_seal", office, 164, y + 4, spread=3.0)
    f.line_date(116, y + 13, f.say("反馈日期：", "反馈时间："), "feedback_date", 7.5)


LAYOUTS = {"fresh_feedback_card": card, "fresh_feedback_sections": sections}
