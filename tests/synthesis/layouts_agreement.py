"""Agreements: a table, two parties side by side, a letter over two pages."""

from __future__ import annotations

from . import plans
from .doc import Doc
from .forms import Form, Row
from .page import Rect
from .parts import PARTIES, clauses, signatures


def _term(f: Form, rect: Rect) -> None:
    """自…至…止 in one cell."""
    x, yy, _, h = rect
    page, s, middle = f.doc.page, f.size, yy + h / 2
    at = x + 2
    for key, word in (("term_start", "自"), ("term_end", "至")):
        page.text(at, middle, word, s)
        f.doc.fill(key, (at + 5, yy + 0.6, 50, h - 1.2), "center", f.value_size, 1)
        at += 57
    page.text(at, middle, "止", s)


def _table_rows(f: Form, y0: float, numbered: bool) -> float:
    """The parties, what they agree on and when; gives the y below."""
    w = [16.0, 30.0, 50.0, 28.0, 48.0]
    rows: list[Row] = []
    for party, mark, extra in (("甲方", "party_a", f.say("", "（社区）")), ("乙方", "party_b", f.say("", "（单位）"))):
        name = [f.label(party + extra), f.label(f.say("名称", "单位名称", "党组织名称")), f.value(mark, 3)]
        person = [f.label(""), f.label(f.say("联系人", "联络员")), f.value(f"{mark}_contact")]
        person += [f.label(f.say("联系电话", "电话")), f.value(f"{mark}_phone")]
        rows += [(12, name), (11, person)]
    y = f.table(18, y0, w, rows, frame=False)
    for n in range(2):  # the party's name reaches over both its rows
        f.doc.page.clear((18.4, y0 + n * 23 + 0.4, w[0] - 0.8, 22.2))
        f.doc.page.label((18.0, y0 + n * 23, w[0], 23.0), PARTIES[n][0], f.size, f.label_font, upright=True)
    more: list[Row] = [
        (20, [*f.pair("projects", "共建项目", "共建内容（项目）", align="left", lines=2)]),
        (12, [f.label(f.say("协议期限", "有效期", "共建期限")), f.paint(lambda r: _term(f, r))]),
        (12, [*f.pair("sign_date", "签订日期", "签约日期", "签订时间")]),
    ]
    if numbered:
        more.insert(0, (11, [*f.pair("agreement_no", "协议编号")]))
    return f.table(18, y, [46, 126], more, frame=False)


def table(doc: Doc) -> None:
    """Everything in one table; the seals stand in its last row."""
    offices = plans.agreement(doc)
    doc.new_page()
    f = Form(doc)
    f.title(f.say("社区共驻共建协议", "共驻共建协议书（简表）", "党组织结对共建协议书"), 24, 6.8)
    if doc.values.chance(0.6):
        f.line_field(136, 34, f.say("编号：", "协议编号：", "协议号："), "agreement_no", 36)
        top_no = True
    else:
        top_no = False
    y0 = 40.0
    y = _table_rows(f, y0, not top_no)
    page = doc.page
    page.box((18, y, 172, 58), f.thin)
    page.label((18, y, 46, 58), f.say("双方约定", "主要内容"), f.size, f.label_font)
    page.line(64, y, 64, y + 58, f.thin)
    clauses(doc, f, 66, y + 5, 120, 0, 3, f.size * 0.9)
    y += 58
    for n, (party, mark) in enumerate(PARTIES):
        x = 18 + n * 86
        page.box((x, y, 86, 50), f.thin)
        page.text(x + 3, y + 6, f"{party}{f.say('（盖章）', '（公章）')}", f.size, f.label_font)
        word = f.say("签字：", "负责人签字：")
        page.text(x + 3, y + 40, word, f.size)
        doc.sign(f"{mark}_signature", (x + 4 + page.measure(word, f.size), y + 33, 40, 13), doc.values.name())
        doc.seal(f"{mark}_seal", offices[n], x + 54, y + 22)
    f.frame((18, y0, 172, y + 50 - y0))


def sides(doc: Doc) -> None:
    """One page; the parties stand side by side in two columns above the text."""
    offices = plans.agreement(doc)
    doc.new_page()
    f = Form(doc)
    page, size = doc.page, float(doc.rng.uniform(3.8, 4.2))
    f.title(
        f.say("结对共建协议", "社区与驻区单位共建协议书", "党建联建共驻共建协议书"),
        26,
        7.2,
        under=doc.values.chance(0.4),
    )
    f.line_field(22, 38, f.say("协议编号：", "编号："), "agreement_no", 40)
    page.text(118, 38, f.say("签订日期：", "签约日期："), size)
    at = 118 + page.measure("签订日期：", size)
    if doc.values.chance(0.5):
        doc.fill_date_form("sign_date", at, 38, size, 8)
    else:
        page.line(at, 41, at + 42, 41, 0.2)
        doc.fill("sign_date", (at, 34, 42, 7), "left", f.value_size, 1)
    y = 50.0
    for n, (party, mark) in enumerate(PARTIES):
        x = 20 + n * 88
        f.line_field(x, y, f"{party}：", mark, 66, size)
        f.line_field(x, y + 11, f.say("联系人：", "联络员："), f"{mark}_contact", 40, size)
        f.line_field(x, y + 22, f.say("联系电话：", "电话："), f"{mark}_phone", 46, size)
    y = f.flow(
        20,
        y + 36,
        170,
        ["　　为推动党建资源共享、服务共为，甲乙双方本着平等协商的原则，就共建事项约定如下："],
        size,
        1.8,
    )
    y = f.flow(20, y + 3, 170, ["　　一、共建项目：", ("projects", 100)], size, 2.2)
    y = f.flow(20, y, 170, ["　　二、协议有效期：自", ("term_start", 42), "至", ("term_end", 42), "。"], size, 2.2)
    y = clauses(doc, f, 20, y, 170, 2, 5, size, "{}、")
    signatures(doc, f, max(y + 14, 196), offices, size)
    f.note(20, 284, f.say("本协议一式四份，双方各执两份。", "（此件报街道党工委备案）"))


def letter(doc: Doc) -> None:
    """Two pages of running text; dates and signatures stand on the second."""
    offices = plans.agreement(doc)
    doc.new_page()
    f = Form(doc)
    size = float(doc.rng.uniform(4.2, 4.7))
    f.title(f.say("共驻共建协议书", "社区党组织结对共建协议书"), 34, 8)
    f.line_field(122, 50, f.say("协议编号：", "编号："), "agreement_no", 40, size)
    y = 66.0
    for party, mark, who in (("甲方", "party_a", "社区党组织"), ("乙方", "party_b", "驻区单位党组织")):
        y = f.flow(26, y, 160, [f"{party}（{who}）：", (mark, 84)], size)
        y = f.flow(
            26,
            y,
            160,
            [
                f.say("联系人：", "联络人："),
                (f"{mark}_contact", 34),
                "　",
                f.say("联系电话：", "电话："),
                (f"{mark}_phone", 46),
            ],
            size,
        )
    y = f.flow(26, y + 4, 160, ["　　经双方充分协商，就开展共驻共建活动订立本协议，共同遵守。"], size, 2)
    y = f.flow(26, y + 2, 160, ["　　第一条　共建项目：", ("projects", 90), "。"], size)
    y = clauses(doc, f, 26, y, 160, 1, 4, size, "第{}条　")
    doc.page.text(105, 285, f.say("第 1 页 共 2 页", "- 1 -"), 3.4, anchor="mm")
    doc.new_page()
    y = clauses(doc, f, 26, 34, 160, 5, 3, size, "第{}条　")
    year = -8.5 if doc.values.chance(0.6) else 44
    y = f.flow(26, y, 160, ["　　第九条　协议期限自", ("term_start", year), "起至", ("term_end", year), "止。"], size)
    signatures(doc, f, y + 22, offices, size)
    doc.page.text(110, y + 62, f.say("签订日期：", "签约日期："), size)
    doc.fill("sign_date", (110 + doc.page.measure("签订日期：", size), y + 57, 50, 9), "left", f.value_size, 1)
    doc.page.text(105, 285, f.say("第 2 页 共 2 页", "- 2 -"), 3.4, anchor="mm")


LAYOUTS = {"agreement_table": table, "agreement_sides": sides, "agreement_letter": letter}
