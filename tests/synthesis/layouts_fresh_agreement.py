"""Agreements of other street offices: the parties' columns in one table; a cover with the text behind it."""

from __future__ import annotations

from . import plans
from .doc import Doc
from .forms import Form, Row, Words
from .parts import PARTIES, clauses, signed

TEXTS = (
    "甲方负责收集居民意愿，提供活动场地，协调物业等单位予以配合。",
    "乙方发挥职能优势，安排在职党员认领岗位，定期参加社区组织的活动。",
    "双方互派联络人员，每季度沟通一次工作，遇有重要事项随时商定。",
    "双方联合开展主题党日，党课资源、活动阵地相互开放。",
    "活动结束后由甲方记录服务情况，年终向乙方党组织通报。",
    "本协议一式三份，甲乙双方各持一份，报街道党工委一份。",
)


def columns(doc: Doc) -> None:
    """One page: the parties are two columns of a table, the clauses have headings, the last table takes the seals."""
    offices = plans.agreement(doc)
    doc.new_page()
    f = Form(doc)
    f.spread, f.double = False, False
    page = doc.page
    f.title(f.say("党建联建共驻共建协议", "社区与单位结对共建协议书", "共驻共建协议书"), 25, 7.2)
    f.line_field(130, 37, f.say("协议编号：", "编号："), "agreement_no", 38)
    f.label_font = doc.serif
    rows: list[Row] = [
        (9, [f.label(""), f.label(f.say("甲　方", "甲方（社区）")), f.label(f.say("乙　方", "乙方（单位）"))]),
        (12, [f.label(f.say("名称", "党组织名称")), f.value("party_a"), f.value("party_b")]),
        (11, [f.label(f.say("联系人", "联络员")), f.value("party_a_contact"), f.value("party_b_contact")]),
        (11, [f.label(f.say("联系电话", "电话")), f.value("party_a_phone"), f.value("party_b_phone")]),
    ]
    y = f.table(20, 43, [26, 72, 72], rows)
    heads = doc.values.pick((("第一条　", "第二条　", "第三条　"), ("一、", "二、", "三、")))
    words = ["　　为整合资源、服务居民，甲乙双方经协商一致，达成如下协议："]
    y = f.flow(20, y + 8, 170, [*words], f.size, 1.9)
    page.text(28, y + 1, f"{heads[0]}共建项目", f.size, "sans-bold")
    for k in (1, 2):
        f.blank(22, 188, y + 4.2 + k * 9.5)
    doc.fill("projects", (23, y + 4.2, 164, 19), "left", f.value_size, 2, 9.5)
    y += 31
    page.text(28, y, f"{heads[1]}{f.say('协议期限', '共建期限')}", f.size, "sans-bold")
    term: list[Words] = ["　　自", ("term_start", -8.0), "起至", ("term_end", -8.0), "止。"]
    y = f.flow(20, y + 8.5, 170, term, f.size, 2.2)
    page.text(28, y, f"{heads[2]}{f.say('双方责任', '双方约定')}", f.size, "sans-bold")
    y = clauses(doc, f, 20, y + 8, 170, 0, 4, f.size, "（{}）", TEXTS)
    y = max(y, 196)
    stamp, person = f.say("签章", "盖章"), f.say("负责人签字：", "代表签字：")
    for n, (party, mark) in enumerate(PARTIES):
        x = 20 + n * 85
        page.box((x, y, 85, 8), f.thin)
        page.text(x + 42.5, y + 4, f"{party}{stamp}", f.size, f.label_font, "mm")
        page.box((x, y + 8, 85, 46), f.thin)
        signed(doc, f, x + 3, y + 47, person, f"{mark}_signature", doc.values.name(), 40)
        doc.seal(f"{mark}_seal", offices[n], x + 52, y + 27, spread=3.0)
    f.line_date(114, y + 62, f.say("签约日期：", "签订日期："), "sign_date", 8)


def _cover(doc: Doc, f: Form) -> None:
    """The first sheet: number, title, parties, dates."""
    page = doc.page
    f.line_field(132, 26, f.say("协议编号：", "编号："), "agreement_no", 38)
    page.text(105, 78, f.say("共驻共建协议书", "结对共建协议书"), 13, f.title_font, "mm")
    f.size += 0.8
    gap = f.say("　　", "　")
    y, labels = 128.0, ((f"甲{gap}方：", "party_a"), (f"乙{gap}方：", "party_b"))
    for text, key in labels:
        f.line_field(34, y, text, key, 110)
        y += 18
    page.text(34, y, "协议期限：", f.size, f.label_font)
    at = 34 + page.measure("协议期限：", f.size, f.label_font)
    for word, key in (("自", "term_start"), ("至", "term_end")):
        at = f.line_field(at, y, word, key, 47) - 1
    f.line_field(34, y + 18, f.say("签订日期：", "签约日期："), "sign_date", 60)
    f.size -= 0.8
    page.text(105, 262, f.say("洸河街道党工委　印制", "中共柳行街道工作委员会制"), 4.6, doc.serif, "mm")


def cover(doc: Doc) -> None:
    """Two sheets: a cover with parties and dates; the text, contacts and signatures behind it."""
    offices = plans.agreement(doc)
    doc.new_page()
    f = Form(doc)
    f.dotted = doc.values.chance(0.3)
    _cover(doc, f)
    page, size = doc.new_page(), float(doc.rng.uniform(4.0, 4.3))
    y = f.flow(
        24, 28, 162, ["　　根据街道党工委关于开展“双报到”工作的安排，甲乙双方就结对共建事宜约定如下："], size, 1.9
    )
    y = f.flow(24, y + 2, 162, ["　　一、共建项目：", ("projects", 100), "。"], size, 2.3)
    y = clauses(doc, f, 24, y, 162, 1, 5, size, "{}、", TEXTS)
    page.text(24 + 2 * size, y + 2, f.say("七、双方联络方式：", "七、工作联系："), size)
    y += 12
    f.size = size
    who, phone = f.say("联系人：", "联络员："), f.say("联系电话：", "电话：")
    for party, mark in PARTIES:
        x = f.line_field(24 + 2 * size, y, f"{party}{who}", f"{mark}_contact", 32)
        f.line_field(x + 3, y, phone, f"{mark}_phone", 44)
        y += 11
    y = max(y + 12, 150)
    stamp, person = f.say("公章", "盖章"), f.say("负责人（签字）：", "授权代表签字：")
    for n, (party, mark) in enumerate(PARTIES):  # one below the other
        page.text(28, y, f"{party}：（{stamp}）", size)
        doc.seal(f"{mark}_seal", offices[n], 76, y + 6, spread=3.0)
        signed(doc, f, 112, y, person, f"{mark}_signature", doc.values.name(), 42)
        y += 50
    page.text(105, 285, f.say("第 2 页 共 2 页", "— 2 —"), 3.4, anchor="mm")


LAYOUTS = {"fresh_agreement_columns": columns, "fresh_agreement_cover": cover}
