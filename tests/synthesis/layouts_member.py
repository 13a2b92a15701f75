"""Members' registrations in tables: eight columns; groups named down the side, with a box a digit."""

from __future__ import annotations

from . import plans
from .doc import Doc
from .forms import Cell, Form, Row
from .parts import digit_boxes, opinion, service_intents

Offices = tuple[str, str]


def _wide8_rows(doc: Doc, f: Form) -> list[Row]:
    return [
        (
            11,
            [
                *f.pair("name", "姓名", "党员姓名"),
                *f.pair("gender", "性别"),
                *f.pair("ethnicity", "民族"),
                *f.pair("birth_date", "出生年月", "出生日期"),
            ],
        ),
        (
            11,
            [
                *f.pair("education", "学历", "文化程度", "最高学历"),
                *f.pair("party_join_date", "入党时间", "入党日期", span=2, label_span=2),
                *f.pair("position", "职务", "职务/职称", "岗位职务"),
            ],
        ),
        (
            11,
            [
                *f.pair("id_number", "身份证号码", "公民身份号码", "居民身份证号", span=4),
                *f.pair("phone", "手机号码", "联系方式", "移动电话", span=2),
            ],
        ),
        (
            12,
            [
                *f.pair("employer", "工作单位", "单位全称", span=4),
                *f.pair("party_branch", "所在党支部", "组织关系所在支部", span=2),
            ],
        ),
        (
            12,
            [
                *f.pair("home_address", "居住地址", "现居住地", span=4),
                *f.pair("specialty", "特长爱好", "个人专长", span=2),
            ],
        ),
        (
            12,
            [
                *f.pair("claimed_projects", "认领项目", "拟认领服务项目", span=4),
                *f.pair("available_time", "可服务时间", "服务时段", span=2),
            ],
        ),
        (
            18,
            [
                f.label(f.say("服务意向", "志愿服务意向\n（可多选）")),
                f.paint(lambda r: service_intents(doc, f, r), 7),
            ],
        ),
    ]


def _verdict(doc: Doc, f: Form, key: str, mark: str, office: str, span: int = 1, *says: str) -> Cell:
    """The cell of an opinion with its seal."""
    words = says or ("（盖章）",)
    return f.paint(lambda r: opinion(doc, f, key, mark, office, r, f.say(*words) if says else words[0]), span)


def wide8(doc: Doc) -> None:
    """Eight columns, small cells on top, opinions side by side at the bottom."""
    offices = plans.member(doc)
    doc.new_page()
    f = Form(doc)
    f.size = min(f.size, 3.7)
    f.title(
        f.say("在职党员社区“双报到”信息登记表", "机关企事业单位在职党员报到登记表", "党员到居住地社区报到登记表"),
        24,
        f.doc.rng.uniform(5.8, 7),
    )
    f.line_field(20, 36, f.say("报到社区：", "拟报到社区：", "接收社区："), "community", 44)
    f.line_field(132, 36, f.say("登记日期：", "填报时间：", "报到日期："), "report_date", 34)
    w = [18, 27, 14, 15, 15, 21, 24, 40]
    y = f.table(18, 42, w, _wide8_rows(doc, f), frame=False)
    half = sum(w) / 2
    heads = [
        f.label(f.say("所在单位党组织意见", "单位党组织审核意见")),
        f.label(f.say("社区党组织意见", "接收社区党组织意见")),
    ]
    verdicts = [
        _verdict(doc, f, "unit_opinion", "unit_seal", offices[0], 1, "（盖章）", "（公章）"),
        _verdict(doc, f, "community_opinion", "community_seal", offices[1], 1, "（盖章）", "（公章）"),
    ]
    y = f.table(18, y, [half, half], [(8, heads), (44, verdicts)], frame=False)
    f.frame((18, 42, sum(w), y - 42))
    doc.page.text(24, y + 10, f.say("党员本人签名：", "本人签字：", "填表人（签名）："), f.size)
    doc.sign("applicant_signature", (54, y + 4, 50, 12), doc.plan["name"][0])
    f.note(
        18,
        y + 22,
        f.say(
            "说明：1.本表由党员本人填写；2.一式三份，本人、单位、社区各存一份。", "备注：请用黑色签字笔填写，字迹工整。"
        ),
    )


def _idboxes_groups(doc: Doc, f: Form, offices: Offices) -> list[tuple[tuple[str, ...], list[Row]]]:
    person: list[Row] = [
        (11, [*f.pair("name", "姓名", "报到党员"), *f.pair("ethnicity", "民族")]),
        (11, [*f.pair("gender", "性别"), *f.pair("birth_date", "出生日期", "出生年月日")]),
        (
            12,
            [
                f.label(f.say("身份证号", "身份证号码")),
                f.paint(lambda r: digit_boxes(doc, "id_number", r, 18), 3),
            ],
        ),
        (11, [*f.pair("phone", "手机号", "联系电话"), *f.pair("education", "学历", "文化程度")]),
        (11, [*f.pair("home_address", "居住地址", "家庭住址", span=3)]),
    ]
    work: list[Row] = [
        (11, [*f.pair("employer", "工作单位", "所在单位名称", span=3)]),
        (11, [*f.pair("party_branch", "组织关系所在支部", "所属党支部", span=3)]),
        (11, [*f.pair("party_join_date", "入党日期", "入党时间"), *f.pair("position", "职务", "现任职务")]),
    ]

    def day(rect: tuple[float, float, float, float]) -> None:
        doc.fill_date_form("report_date", rect[0] + 3, rect[1] + rect[3] / 2, 3.8, 8.5)

    service: list[Row] = [
        (
            11,
            [
                *f.pair("community", "报到社区", "报到社区名称"),
                f.label(f.say("报到日期", "报到时间")),
                f.paint(day),
            ],
        ),
        (20, [f.label(f.say("服务意向", "意向服务类别")), f.paint(lambda r: service_intents(doc, f, r, 4), 3)]),
        (12, [*f.pair("claimed_projects", "认领项目", "认领服务项目", span=3)]),
        (11, [*f.pair("specialty", "特长"), *f.pair("available_time", "空闲时间", "服务时间")]),
    ]
    verdicts: list[Row] = [
        (
            36,
            [
                f.label(f.say("单位党组织\n意见", "所在党支部意见")),
                _verdict(doc, f, "unit_opinion", "unit_seal", offices[0], 3),
            ],
        ),
        (
            36,
            [
                f.label(f.say("社区党组织\n意见", "社区意见")),
                _verdict(doc, f, "community_opinion", "community_seal", offices[1], 3),
            ],
        ),
    ]
    return [
        (("基本信息", "个人情况"), person),
        (("组织关系", "工作情况"), work),
        (("报到情况", "报到服务"), service),
        (("审核意见", "审核"), verdicts),
    ]


def idboxes(doc: Doc) -> None:
    """A thick frame, groups named down the left side, the ID number in eighteen squares."""
    offices = plans.member(doc)
    doc.plan["id_number"] = (doc.plan["id_number"][1], doc.plan["id_number"][1])
    doc.new_page()
    f = Form(doc)
    f.thick = 0.9
    f.title(f.say("在职党员基本情况登记表", "党员进社区登记表", "“双报到”党员个人信息表"), 22, 6.8)
    page = doc.page
    page.text(186, 31, f.say("编号：________", "（个人填写）"), 3.3, anchor="rm")
    left, wide, w = 18.0, 9.0, [24.0, 60.0, 24.0, 56.0]
    top = y = 36.0
    for words, rows in _idboxes_groups(doc, f, offices):
        y = f.group(left, y, wide, words, w, rows)
    f.frame((left, top, wide + sum(w), y - top))
    page.text(24, y + 9, f.say("党员签名：", "承诺人（本人签字）："), f.size)
    doc.sign("applicant_signature", (60, y + 3, 48, 12), doc.plan["name"][0])


LAYOUTS = {"member_wide8": wide8, "member_idboxes": idboxes}
