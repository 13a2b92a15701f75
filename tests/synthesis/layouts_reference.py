"""Imitations of the development corpus' layouts, to compare the program on seen and on other layouts.

Hands, values and captures are the generator's own: only the print is the corpus'.
"""

from __future__ import annotations

from . import plans
from .doc import Doc
from .forms import Cell, Form, Row, Words
from .page import Rect
from .parts import COMPLETION, PARTIES, SATISFACTION, choose_one, list_cells, list_plan, list_seal, scaled

CLAUSES = (
    "甲方应及时向乙方通报社区党建工作情况,提供活动场所,做好服务项目的对接、登记和反馈工作。",
    "乙方应发挥自身优势,组织在职党员到社区报到,每年开展志愿服务活动不少于四次,为社区建设提供人力、物力、财力支持。",
    "双方建立共驻共建联席会议制度,每半年召开一次会议,研究解决共建工作中的困难和问题。",
    "双方应对照资源清单、需求清单和项目清单,如实记录项目完成情况,并接受街道党工委监督。",
    "本协议未尽事宜,由双方协商解决。本协议一式三份,甲乙双方各执一份,报街道党工委备案一份。",
)
TITLES = {"resource": "共驻共建资源清单", "demand": "社区需求清单", "project": "共建服务项目清单"}
COLUMNS: dict[str, dict[str, str]] = {
    "resource": {
        "seq": "序号",
        "item": "资源名称",
        "owner": "提供单位",
        "contact": "联系人",
        "phone": "联系电话",
    },
    "demand": {"seq": "序号", "item": "需求项目", "owner": "需求主体", "deadline": "完成时限", "contact": "联系人"},
    "project": {"seq": "序号", "item": "项目名称", "owner": "认领单位", "deadline": "完成时限", "status": "完成情况"},
}
WIDTHS = {"seq": 10.5, "item": 43, "owner": 50, "deadline": 36, "contact": 25, "phone": 47, "status": 31}
TALL = 10.6


def _look(doc: Doc, title: str, y: float = 24.5, size: float = 7.2) -> Form:
    """The corpus' look: a bold title, labels in one weight, thin rules, values in the middle."""
    doc.new_page()
    f = Form(doc)
    f.label_font, f.title_font, f.size = doc.serif, "sans-bold", 3.7
    f.thin = f.thick = 0.25
    f.double = f.spread = False
    f.align = "center"
    f.value_size *= 0.88  # written smaller, as the corpus is
    f.title(title, y, size)
    return f


def _right(f: Form, y: float, words: str, key: str, end: float = 191.0, room: float = 37.0) -> None:
    """A label and its value without a rule, at the right edge."""
    f.doc.page.text(end - room, y, words, f.size, f.label_font, "rm")
    f.doc.fill(key, (end - room, y - 4, room, 8), "left", f.value_size * 0.9, 1)


def _intents(f: Form, span: int) -> Cell:
    doc = f.doc
    chosen = plans.intents(doc)
    return f.paint(lambda r: doc.check("service_intents", r, plans.INTENTS, chosen, True, f.size, 6), span)


def _stamped(f: Form, key: str, mark: str, office: str, words: str, span: int, date: str = "") -> Cell:
    """An opinion at the top left; at the bottom right printed words, a date below them and a seal over both."""
    doc = f.doc

    def paint(rect: Rect) -> None:
        x, y, w, h = rect
        doc.fill(key, (x + 1, y + 0.8, w - 4, 8), "left", f.value_size, 1)
        doc.page.text(x + w - 14, y + h - 16, words, f.size, f.label_font, "mm")
        day = (x + w - 34, y + h - 12.5, 31, 7.5)
        if date:
            doc.fill(date, day, "left", f.value_size * 0.9, 1)
        else:
            doc.put(day, doc.values.date_written(doc.values.day("2019-03-01", "2021-12-20"))[0], f.value_size * 0.9)
        doc.seal(mark, office, x + w - 34, y + h - 13)

    return f.paint(paint, span)


def _full(f: Form, text: str, key: str, span: int, align: str = "left", tall: float = TALL) -> Row:
    return tall, [f.label(text), f.value(key, span, align)]


def _four(f: Form, *pairs: tuple[str, str]) -> Row:
    return TALL, [cell for text, key in pairs for cell in (f.label(text), f.value(key))]


def grid6(doc: Doc) -> None:
    """Six even columns; the signature stands in the table."""
    offices = plans.member(doc)
    f = _look(doc, "在职党员到社区报到登记表")

    def sign(rect: Rect) -> None:
        doc.sign("applicant_signature", (rect[0] + 34, rect[1] + 1, rect[2] - 36, rect[3] - 2), doc.plan["name"][0])

    def wide(text: str, key: str, other: str, second: str) -> Row:
        return TALL, [f.label(text), f.value(key, 3), f.label(other), f.value(second)]

    rows: list[Row] = [
        _four(f, ("姓 名", "name"), ("性 别", "gender"), ("民 族", "ethnicity")),
        _four(f, ("出生年月", "birth_date"), ("文化程度", "education"), ("入党时间", "party_join_date")),
        wide("身份证号", "id_number", "联系电话", "phone"),
        wide("工作单位", "employer", "职 务", "position"),
        wide("所在党组织", "party_branch", "报到社区", "community"),
        _full(f, "家庭住址", "home_address", 5),
        wide("个人特长", "specialty", "服务时间", "available_time"),
        (18, [f.label("服务意向"), _intents(f, 5)]),
        _full(f, "认领服务项目", "claimed_projects", 5),
        (15.5, [f.label("本人签字"), f.paint(sign, 3), f.label("报到时间"), f.value("report_date")]),
        (41, [f.label("所在单位\n党组织意见"), _stamped(f, "unit_opinion", "unit_seal", offices[0], "(盖章)", 5)]),
        (
            41,
            [f.label("社区党组织\n意 见"), _stamped(f, "community_opinion", "community_seal", offices[1], "(盖章)", 5)],
        ),
    ]
    y = f.table(16, 33.5, [29.7] * 6, rows)
    f.note(17, y + 4.5, "注:本表一式两份,社区党组织、单位党组织各留存一份。", 3.5)


def photo4(doc: Doc) -> None:
    """Four columns with a place for a photograph; the signature stands below the table."""
    offices = plans.member(doc)
    f = _look(doc, "洸河街道“双报到”在职党员登记表", 23)
    page = doc.page
    _right(f, 35, "填表日期:", "report_date")
    w = [28.3, 46.2, 28.1, 42.7, 32.1]
    x, top = 15.5, 40.5
    upper: list[Row] = [
        _four(f, ("姓名", "name"), ("性别", "gender")),
        _four(f, ("民族", "ethnicity"), ("学历", "education")),
        _four(f, ("出生年月", "birth_date"), ("入党时间", "party_join_date")),
        _four(f, ("联系电话", "phone"), ("职务", "position")),
    ]
    y = f.table(x, top, w[:4], upper)
    photo = (x + sum(w[:4]), top, w[4], y - top)
    page.box(photo, f.thin)
    page.label(photo, "照片", f.size, f.label_font)
    lower: list[Row] = [
        _full(f, "身份证号码", "id_number", 4, "center"),
        _full(f, "工作单位", "employer", 4),
        _full(f, "所在党支部", "party_branch", 4),
        _full(f, "居住地址", "home_address", 4),
        (TALL, [f.label("报到社区"), f.value("community"), f.label("可服务时间"), f.value("available_time", 2)]),
        _full(f, "特长", "specialty", 4),
        (17.5, [f.label("服务意向\n(可多选)"), _intents(f, 4)]),
        _full(f, "认领项目", "claimed_projects", 4),
        (35.5, [f.label("单位党组织\n意见"), _stamped(f, "unit_opinion", "unit_seal", offices[0], "(公章)", 4)]),
        (
            35.5,
            [f.label("社区党组织\n意见"), _stamped(f, "community_opinion", "community_seal", offices[1], "(公章)", 4)],
        ),
    ]
    y = f.table(x, y, w, lower)
    page.text(145, y + 5.5, "报到人签名:", f.size, f.label_font)
    doc.sign("applicant_signature", (165, y - 0.5, 36, 12), doc.plan["name"][0])


def unit(doc: Doc) -> None:
    """An office's registration, four even columns (the corpus calls it grid4)."""
    offices = plans.unit(doc)
    f = _look(doc, "单位党组织到社区报到登记表", 23.5)
    rows: list[Row] = [
        _full(f, "单位名称", "unit_name", 3, "center"),
        _full(f, "党组织名称", "party_org", 3, "center"),
        _full(f, "统一社会信用代码", "uscc", 3, "center"),
        _four(f, ("党组织书记", "secretary"), ("在职党员人数", "member_count")),
        _four(f, ("联系人", "contact"), ("联系电话", "phone")),
        _full(f, "单位地址", "address", 3, "center"),
        _four(f, ("报到社区", "community"), ("报到时间", "report_date")),
        _full(f, "可提供资源", "resources", 3, "left", 23.7),
        _full(f, "认领共建项目", "claimed_projects", 3, "left", 23.7),
    ]
    y = f.table(17, 32, [44] * 4, rows)
    for n, (words, mark) in enumerate(
        (("报到单位党组织(盖章):", "unit_seal"), ("社区党组织(盖章):", "community_seal"))
    ):
        x = 17 + n * 88
        doc.page.box((x, y, 88, 49), f.thin)
        doc.page.text(x + 1.5, y + 3.2, words, f.size, f.label_font)
        doc.seal(mark, offices[n], x + 40, y + 36)


def _signing(doc: Doc, y: float, offices: tuple[str, str], size: float, seals: float) -> None:
    """Both parties side by side; their seals ``seals`` below the first line."""
    page = doc.page
    for n, (party, mark) in enumerate(PARTIES):
        x = 20 + n * 87
        page.text(x, y, f"{party}(盖章):", size)
        page.text(x, y + 12.5, "负责人(签字):", size)
        at = x + page.measure("负责人(签字):", size)
        doc.sign(f"{mark}_signature", (at, y + 6.5, 36, 12), doc.values.name())
        doc.seal(f"{mark}_seal", offices[n], x + 55, y + seals)


def one_page(doc: Doc) -> None:
    """One page of text with blanks on rules; the number at the top right, the date at the bottom right."""
    offices = plans.agreement(doc)
    f = _look(doc, "共驻共建协议书", 25)
    _right(f, 36, "编号:", "agreement_no", 193, 27)
    s, y = 3.75, 47.0
    for words, mark in (("甲方(社区党组织):", "party_a"), ("乙方(单位党组织):", "party_b")):
        y = f.flow(15.5, y, 177, [words, (mark, 83)], s, 2.27)
        contact: list[Words] = ["联系人:", (f"{mark}_contact", 28), " "]
        y = f.flow(15.5, y, 177, [*contact, "联系电话:", (f"{mark}_phone", 44)], s, 2.27)
    opening = "　　为深入推进“双报到”工作,密切党群关系,实现资源共享、优势互补,经甲乙双方协商,达成如下协议:"
    y = f.flow(15.5, y, 177, [opening], s, 1.95)
    y = f.flow(15.5, y + 0.6, 177, ["　　一、共建项目:", ("projects", 105)], s, 2.1)
    term: list[Words] = ["　　二、协议期限:自", ("term_start", 34), "起至", ("term_end", 34), "止。"]
    y = f.flow(15.5, y, 177, term, s, 2.1)
    for n, text in enumerate(CLAUSES):
        y = f.flow(15.5, y, 177, [f"　　{'三四五六七'[n]}、{text}"], s, 1.95)
    y = max(y + 9, 180)
    _signing(doc, y, offices, s, 50)
    _right(f, y + 48, "签订日期:", "sign_date", 197, 34)


def two_page(doc: Doc) -> None:
    """Articles over two pages; signatures, seals and date on the second."""
    offices = plans.agreement(doc)
    f = _look(doc, "洸河街道“双报到”共驻共建协议", 36)
    s, y = 3.75, 65.0
    doc.page.text(17, 50, "协议编号:", s)
    doc.fill("agreement_no", (17 + doc.page.measure("协议编号:", s), 46, 40, 8), "left", f.value_size * 0.9, 1)
    for party, mark in PARTIES:
        y = f.flow(17, y, 176, [f"{party}:", (mark, 98)], s, 2.25)
        contact: list[Words] = [f"{party}联系人:", (f"{mark}_contact", 28), " "]
        y = f.flow(17, y, 176, [*contact, "电话:", (f"{mark}_phone", 44)], s, 2.25)
    opening = (
        "　　为推进基层“党建+民生”建设,发挥单位党组织和在职党员作用,甲乙双方本着自愿平等、共建共享的原则,签订本协议。"
    )
    y = f.flow(17, y + 6, 176, [opening], s, 1.95)
    term: list[Words] = ["　　第一条 协议有效期:", ("term_start", 34), "至", ("term_end", 34), "。"]
    y = f.flow(17, y + 0.6, 176, term, s, 2.1)
    y = f.flow(17, y, 176, ["　　第二条 双方确定的共建项目为:", ("projects", 105), "。"], s, 2.1)
    for n, text in enumerate(CLAUSES[:3]):
        y = f.flow(17, y, 176, [f"　　第{'三四五'[n]}条 {text}"], s, 1.95)
    doc.new_page()
    y = 24.0
    for n, text in enumerate(CLAUSES[3:]):
        y = f.flow(17, y, 176, [f"　　第{'六七'[n]}条 {text}"], s, 1.95)
    _signing(doc, y + 18, offices, s, 15)
    _right(f, y + 68, "签订日期:", "sign_date", 195, 38)


def lists(doc: Doc) -> None:
    """The three lists, each with its own five columns."""
    kind, community = list_plan(doc)
    f = _look(doc, TITLES[kind], 25, 7.0)
    f.line_field(17, 37, "社区:", "community", 26)
    _right(f, 37, "填报日期:", "date", 193, 33)
    chosen = tuple(COLUMNS[kind])
    count = doc.values.number(5, 12)
    body = list_cells(doc, f, kind, chosen, count, max(8, count + 1), 12.0)
    rows: list[Row] = [(12.5, [f.label("\n".join(t) if c == "seq" else t) for c, t in COLUMNS[kind].items()]), *body]
    y = f.table(17, 42, scaled(WIDTHS, chosen, 176), rows)
    doc.page.text(142, y + 5, "社区党组织(盖章)", f.size, f.label_font)
    doc.seal("seal", list_seal(doc, community), 158, y + 28)


def feedback(doc: Doc) -> None:
    """A service's feedback, four even columns (the corpus calls it card)."""
    office = plans.feedback(doc)
    f = _look(doc, "“双报到”服务活动记录反馈表")
    name = doc.plan["leader"][0] or doc.values.name()

    def sign(rect: Rect) -> None:
        doc.sign("leader_signature", (rect[0] + 8, rect[1] + 1, rect[2] - 9, rect[3] - 2), name)

    rows: list[Row] = [
        _full(f, "服务单位", "service_unit", 3, "center"),
        _four(f, ("服务社区", "community"), ("服务时间", "service_date")),
        _full(f, "认领项目", "project", 3, "center"),
        _four(f, ("活动地点", "place"), ("参加人数", "participants")),
        _four(f, ("服务时长\n(小时)", "hours"), ("联系电话", "phone")),
        _full(f, "服务内容", "content", 3, "left", 39),
        (TALL, [f.label("完成情况"), f.paint(choose_one(doc, f, "completion", COMPLETION), 3)]),
        (TALL, [f.label("群众满意度"), f.paint(choose_one(doc, f, "satisfaction", SATISFACTION), 3)]),
        (
            40,
            [
                f.label("社区反馈\n意见"),
                _stamped(f, "community_feedback", "community_seal", office, "(盖章)", 3, "feedback_date"),
            ],
        ),
        (15.5, [f.label("活动负责人"), f.value("leader"), f.label("签字"), f.paint(sign)]),
    ]
    f.table(17, 33.5, [44] * 4, rows)


MEMBER = {"ref_grid6": grid6, "ref_photo4": photo4}
UNIT = {"ref_unit": unit}
AGREEMENT = {"ref_one_page": one_page, "ref_two_page": two_page}
LIST = {"ref_list": lists}
FEEDBACK = {"ref_feedback": feedback}
