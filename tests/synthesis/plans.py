"""What each kind of document says: field key -> (as written, as meant), blanks left here and there."""

from __future__ import annotations

import datetime as dt

from . import phrases as p
from .doc import Doc, Written

INTENTS = ("政策宣传", "法律咨询", "扶贫帮困", "文体活动", "环境卫生", "治安巡逻", "医疗健康", "其他")


def _same(text: str) -> Written:
    return text, text


def _phone(doc: Doc, office: bool = False) -> Written:
    v = doc.values
    if office and v.chance(0.15):
        return _same(v.landline())
    number = v.mobile()
    return (f"{number[:3]} {number[3:7]} {number[7:]}" if v.chance(0.12) else number), number


def _date(doc: Doc, key: str, day: dt.date, month_only: bool = False) -> None:
    doc.days[key] = day
    doc.plan[key] = doc.values.date_written(day, month_only)


def _count(doc: Doc, n: float | int, unit: str) -> Written:
    text = f"{n:g}"
    return (text + unit if doc.values.chance(0.15) else text), text


def blank(doc: Doc, shares: dict[str, float], rest: float) -> None:
    """Leaves fields empty: their own share, or the share of all the others."""
    for key in list(doc.plan):
        if doc.values.chance(shares.get(key, rest)):
            doc.plan[key] = ("", "")


def plain(doc: Doc, *keys: str) -> None:
    """These fields without a unit behind the number: the form prints it."""
    for key in keys:
        doc.plan[key] = _same(doc.plan[key][1])


def member(doc: Doc) -> tuple[str, str]:
    """A party member registers; gives the unit's and the community's names for the seals."""
    v, plan = doc.values, doc.plan
    person, unit, community = v.person(), v.unit(), v.community()
    joined = person.born + dt.timedelta(days=365 * 18 + v.number(200, 9000))
    report = v.day("2019-03-01", "2021-12-20")
    joined = min(joined, report - dt.timedelta(days=400))
    plan.update(
        name=_same(person.name),
        gender=_same(person.gender),
        ethnicity=_same(v.pick(p.ETHNIC)),
        id_number=_same(person.id_number),
        education=_same(v.pick(p.SCHOOLING)),
        employer=_same(unit),
        position=_same(v.pick(p.POSITIONS)),
        party_branch=_same(v.branch(unit)),
        phone=_phone(doc),
        home_address=_same(v.address()),
        community=_same(community),
        specialty=_same(v.some(p.SPECIALTIES, 2)),
        available_time=_same(v.pick(p.TIMES)),
        claimed_projects=_same(v.projects(2)),
        unit_opinion=_same(v.pick(p.UNIT_OPINIONS)),
        community_opinion=_same(v.pick(p.COMMUNITY_OPINIONS)),
    )
    _date(doc, "birth_date", person.born, v.chance(0.6))
    _date(doc, "party_join_date", joined, v.chance(0.55))
    _date(doc, "report_date", report)
    optional = (
        "ethnicity",
        "education",
        "position",
        "specialty",
        "available_time",
        "unit_opinion",
        "community_opinion",
    )
    blank(doc, dict.fromkeys(optional, 0.16) | {"name": 0.0, "id_number": 0.01}, 0.04)
    return f"中共{unit}委员会" if v.chance(0.5) else unit, f"中共济宁高新区{v.pick(p.STREETS)}{community}委员会"


def intents(doc: Doc) -> list[str]:
    """Which services a member would give."""
    count = int(doc.rng.choice([0, 1, 2, 3, 4, 5], p=[0.05, 0.25, 0.3, 0.22, 0.12, 0.06]))
    return [INTENTS[int(i)] for i in doc.rng.permutation(len(INTENTS))[:count]]


def unit(doc: Doc) -> tuple[str, str]:
    """An office registers; gives the names for the seals."""
    v, plan = doc.values, doc.plan
    name, community = v.unit(), v.community()
    org = v.party_org(name)
    plan.update(
        unit_name=_same(name),
        party_org=_same(org),
        uscc=_same(v.uscc()),
        secretary=_same(v.name()),
        member_count=_count(doc, v.number(4, 320), "人"),
        contact=_same(v.name()),
        phone=_phone(doc, True),
        address=_same(v.office_address()),
        community=_same(community),
        resources=_same(v.some(p.RESOURCES, 4)),
        claimed_projects=_same(v.projects(3)),
    )
    _date(doc, "report_date", v.day("2019-03-01", "2021-12-20"))
    blank(doc, {"uscc": 0.15, "secretary": 0.1, "address": 0.12, "resources": 0.12, "unit_name": 0.0}, 0.04)
    return org if len(org) < 24 else name, f"中共{v.pick(p.STREETS)}{community}委员会"


def agreement(doc: Doc) -> tuple[str, str]:
    """A community and an office agree; gives the names for the seals."""
    v, plan = doc.values, doc.plan
    office, community = v.unit(), v.community()
    a = v.pick(
        (
            f"中共{v.pick(p.STREETS)}{community}委员会",
            f"{community}党委",
            f"{v.pick(p.STREETS)}{community}居民委员会",
            community,
        )
    )
    b = v.pick((v.party_org(office), office))
    plan.update(
        agreement_no=_same(v.agreement_no()),
        party_a=_same(a),
        party_b=_same(b),
        party_a_contact=_same(v.name()),
        party_b_contact=_same(v.name()),
        party_a_phone=_phone(doc, True),
        party_b_phone=_phone(doc, True),
        projects=_same(v.projects(3)),
    )
    signed = v.day("2019-03-01", "2021-12-20")
    start = signed + dt.timedelta(days=v.number(0, 20)) if v.chance(0.5) else signed
    end = start.replace(year=start.year + v.number(1, 3), day=min(start.day, 28)) - dt.timedelta(days=v.number(0, 1))
    for key, day in (("sign_date", signed), ("term_start", start), ("term_end", end)):
        _date(doc, key, day)
    blank(doc, {"agreement_no": 0.12, "party_a_contact": 0.08, "party_b_contact": 0.08}, 0.03)
    return a, b


def feedback(doc: Doc) -> str:
    """A service activity is reported; gives the community's name for the seal."""
    v, plan = doc.values, doc.plan
    community = v.community()
    served = v.day("2019-03-01", "2021-12-20")
    plan.update(
        service_unit=_same(v.unit()),
        community=_same(community),
        project=_same(v.project()),
        place=_same(v.place()),
        participants=_count(doc, v.number(3, 96), "人"),
        hours=_count(doc, v.number(2, 12) / 2, "小时"),
        phone=_phone(doc),
        content=_same(v.content()),
        community_feedback=_same(v.pick(p.FEEDBACKS)),
        leader=_same(v.name()),
    )
    _date(doc, "service_date", served)
    _date(doc, "feedback_date", served + dt.timedelta(days=v.number(1, 30)))
    blank(
        doc,
        {"place": 0.12, "hours": 0.12, "participants": 0.1, "community_feedback": 0.15, "phone": 0.1, "leader": 0.06},
        0.03,
    )
    return f"中共{v.pick(p.STREETS)}{community}委员会" if v.chance(0.6) else f"{v.pick(p.STREETS)}{community}居民委员会"


def list_rows(doc: Doc, kind: str, columns: tuple[str, ...], count: int) -> list[dict[str, Written]]:
    """A list's rows with the columns it shows; the owner of several rows in a row may be the same."""
    v = doc.values
    rows: list[dict[str, Written]] = []
    year = v.number(2019, 2021)
    for n in range(count):
        item = {"resource": v.pick(p.RESOURCES), "demand": v.pick(p.DEMANDS), "project": v.project()}[kind]
        owner = (
            v.unit()
            if kind != "demand" or v.chance(0.3)
            else v.pick((v.community(), v.pick(p.ESTATES) + "居民", "老年居民", "物业公司"))
        )
        row: dict[str, Written] = {
            "seq": _same(str(n + 1)),
            "item": _same(item),
            "owner": _same(owner),
            "contact": _same(v.name()),
            "phone": _phone(doc, True),
        }
        row["deadline"] = v.date_written(v.day(f"{year}-03-01", f"{year}-12-28"), v.chance(0.25))
        row["status"] = _same(v.pick(("已完成", "进行中", "未开始")))
        for key in ("owner", "contact", "phone", "deadline", "status"):
            if v.chance(0.07):
                row[key] = ("", "")
        rows.append({k: row[k] for k in columns})
    return rows
