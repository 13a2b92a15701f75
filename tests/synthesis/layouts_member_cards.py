"""Members' registrations that are no plain tables: labels above values; a slip of running text."""

from __future__ import annotations

from . import plans
from .doc import Doc
from .forms import Form, Row, Words
from .parts import service_intents


def _vcard_rows(f: Form, h: float) -> list[Row]:
    return [
        (
            h,
            [
                f.both(f.say("姓名", "党员姓名"), "name"),
                f.both("性别", "gender"),
                f.both("民族", "ethnicity"),
                f.both(f.say("出生日期", "出生年月"), "birth_date"),
            ],
        ),
        (
            h,
            [
                f.both(f.say("身份证号", "公民身份号码"), "id_number", 2),
                f.both(f.say("手机", "联系电话", "手机号"), "phone", 2),
            ],
        ),
        (
            h,
            [
                f.both(f.say("单位", "工作单位（全称）", "所在单位"), "employer", 2),
                f.both(f.say("现任职务", "职务"), "position", 2),
            ],
        ),
        (
            h,
            [
                f.both(f.say("入党时间", "入党年月"), "party_join_date"),
                f.both(f.say("所在党组织", "所属支部"), "party_branch", 3),
            ],
        ),
        (h, [f.both(f.say("家庭住址", "现住址", "居住地址"), "home_address", 4)]),
        (
            h,
            [
                f.both(f.say("报到社区", "所报到社区"), "community"),
                f.both(f.say("报到时间", "报到日期"), "report_date", 2),
                f.both(f.say("学历", "文化程度"), "education"),
            ],
        ),
        (
            h,
            [
                f.both(f.say("个人特长", "有何特长"), "specialty", 2),
                f.both(f.say("服务时间", "可参加服务的时间"), "available_time", 2),
            ],
        ),
        (h, [f.both(f.say("认领服务项目", "认领岗位（项目）"), "claimed_projects", 4)]),
    ]


def vcard(doc: Doc) -> None:
    """A card: each cell has its label in small print above the value."""
    offices = plans.member(doc)
    doc.new_page()
    f = Form(doc)
    page = doc.page
    page.text(190, 12, f.say("表一", "HJ—03", "附件2"), 3.4, anchor="rm")
    f.title(
        f.say("党员社区报到卡", "在职党员服务社区报到卡", "党员报到信息卡"),
        24,
        7.2,
        f.say("", "中共洸河街道工作委员会", "济宁高新区“双报到”"),
    )
    y = f.table(20, 34, [60, 34, 34, 44], _vcard_rows(f, float(doc.rng.uniform(15, 17))))
    page.text(20, y + 6, f.say("服务意向（请在□内打“√”）", "愿意参加的服务"), f.size, f.label_font)
    service_intents(doc, f, (20, y + 8, 172, 20), 4)
    y += 30
    for n, (mark, office, words) in enumerate(
        (
            ("unit_seal", offices[0], ("单位党组织（盖章）", "派出单位党组织盖章")),
            ("community_seal", offices[1], ("社区党组织（盖章）", "接收社区党组织盖章")),
        )
    ):
        x = 20 + n * 88
        page.box((x, y, 84, 46), f.thin)
        page.text(x + 3, y + 5, f.say(*words), f.size, f.label_font)
        doc.seal(mark, office, x + 48, y + 27)
    page.text(120, y + 56, f.say("报到人签名", "本人签字："), f.size)
    doc.sign("applicant_signature", (146, y + 50, 46, 12), doc.plan["name"][0])


def _slip_words(doc: Doc) -> list[Words]:
    year = -8.0
    return [
        ("community", 42),
        "（社区）党组织：\n　　",
        "根据“双报到”工作要求，我单位党员",
        ("name", 26),
        "，性别",
        ("gender", 14),
        "，民族",
        ("ethnicity", 20),
        "，出生年月",
        ("birth_date", 32),
        "，身份证号",
        ("id_number", 70),
        "，入党时间",
        ("party_join_date", 34),
        "，文化程度",
        ("education", 26),
        "，现居住地",
        ("home_address", 86),
        "，联系电话",
        ("phone", 42),
        "，到你社区报到，请予接洽。\n　　工作单位：",
        ("employer", 90),
        "\n　　职务：",
        ("position", 44),
        "　所在党支部：",
        ("party_branch", 60),
        "\n　　认领服务项目：",
        ("claimed_projects", 96),
        "\n　　报到时间：",
        ("report_date", year if doc.values.chance(0.5) else 46),
    ]


def slip(doc: Doc) -> None:
    """A slip: running text with blanks on rules, and the community's receipt below a cutting line."""
    offices = plans.member(doc)
    doc.new_page()
    f = Form(doc)
    f.title(f.say("党员社区报到单", "在职党员报到介绍单", "社区报到单"), 28, 7.4, under=doc.values.chance(0.4))
    size = float(doc.rng.uniform(4.0, 4.5))
    y = f.flow(24, 48, 164, _slip_words(doc), size, float(doc.rng.uniform(2.3, 2.7)))
    page = doc.page
    page.text(26, y + 8, f.say("报到人（签名）：", "党员签字："), size)
    doc.sign("applicant_signature", (60, y + 2, 44, 13), doc.plan["name"][0])
    page.text(122, y + 8, f.say("单位党组织（盖章）", "派出单位党组织（公章）"), size)
    doc.seal("unit_seal", offices[0], 152, y + 14)
    y = max(y + 42, 190)
    for k in range(40):
        page.line(20 + k * 4.3, y, 22.5 + k * 4.3, y, 0.2)
    page.text(105, y + 12, f.say("社区回执", "回　执"), 5.6, f.title_font, "mm")
    y = f.flow(24, y + 26, 164, [f.say("社区意见：", "社区党组织意见："), ("community_opinion", 110)], size)
    page.text(122, y + 12, "社区党组织（盖章）", size)
    doc.seal("community_seal", offices[1], 152, y + 16)


LAYOUTS = {"member_vcard": vcard, "member_slip": slip}
