"""A year of the office as records, without scans, and the truth of which feedback fulfils which claim.

``make_year(seed, "usual")``: 2,000 people of 60 employers in 10 communities, who register and claim some of 44
projects, also in agreements and on project lists, resources and needs besides, and 400 feedback forms. Some of the
feedback fulfils claims; the rest comes near one and fulfils none. Names are written as
:mod:`tests.synthesis.year_spelling` has people write them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from pipeline.dictionaries import Dictionary, load_dictionaries
from pipeline.records import DocumentStatus, FieldStatus, FieldValue, Record

from .values import DICTIONARIES as FOLDER
from .values import dictionary
from .year_spelling import FAMILIES, Speller, Written
from .year_world import EMPLOYERS, PROJECTS, Named

_START, _DAYS = dt.date(2019, 1, 7), 330
_RESOURCES = (
    ("多功能厅一处", "会议场地协调"),
    ("义诊医生6名", "义诊服务"),
    ("律师3名", "法律讲座"),
    ("心理咨询师2人", "青少年心理咨询"),
    ("绿化工具30件", "补种草坪绿化"),
    ("消防器材20套", "消防器材更新"),
    ("投影仪2台", "电影放映投影仪"),
    ("图书500册", "图书室图书补充"),
)
_NEEDS_ONLY = ("增设晾衣架", "更换楼道窗户", "下水道疏通", "路灯检修", "电梯年检协调")


class Truth(NamedTuple):
    """What is claimed: a project, by an employer, in a community, all by their proper names."""

    project: str
    by: str
    community: str


@dataclass(slots=True)
class Year:
    """``fulfils`` are the true pairs of a claim and a feedback form's document id; ``stated`` says what each
    claim's words mean, by document, row and words."""

    records: list[Record]
    dictionaries: dict[str, Dictionary]
    fulfils: set[tuple[Truth, str]] = field(default_factory=set)
    stated: dict[tuple[str, int, str], tuple[Truth, ...]] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)  # feedback document -> the kind it was made as


def make_year(seed: int, family: str = "usual", *, people: int = 2000, feedback: int = 400) -> Year:
    return _Maker(np.random.default_rng(seed), family).year(people, feedback)


class _Maker:
    def __init__(self, rng: np.random.Generator, family: str) -> None:
        self._rng = rng
        self._speller = Speller(rng, FAMILIES[family])
        self._year = Year([], _dictionaries(family))
        self._communities = dictionary("communities")
        self._employers = {e.name: e for e in EMPLOYERS}
        self._projects = {p.name: p for p in PROJECTS}
        self._first: dict[Truth, dt.date] = {}
        self._by_place: dict[tuple[str, str], list[str]] = {}

    def year(self, people: int, feedback: int) -> Year:
        for employer in EMPLOYERS:
            for community in self._some(self._communities, 1, 2):
                self._partner(employer, community)
        self._lists()
        for _ in range(people):
            self._member()
        for _ in range(feedback):
            self._feedback()
        order = self._rng.permutation(len(self._year.records))
        self._year.records = [self._year.records[int(i)] for i in order]
        return self._year

    def _partner(self, employer: Named, community: str) -> None:
        """An employer registers in a community and, mostly, makes an agreement with it."""
        projects = self._some(list(self._projects), 2, 6)
        self._by_place[employer.name, community] = projects
        truths = [Truth(p, employer.name, community) for p in projects]
        self._claim(
            "unit_registration", truths, "claimed_projects", unit_name=self._by(employer),
            community=self._in(community), report_date=(day := self._day()),
        )  # fmt: skip
        if self._rng.random() < 0.7:
            end = (dt.date.fromisoformat(day) + dt.timedelta(days=365)).isoformat()
            party = Written(f"中共洸河街道{community}委员会")
            self._claim(
                "agreement", truths[: 1 + int(self._rng.integers(len(truths)))], "projects",
                party_a=party if self._rng.random() < 0.5 else self._in(community),
                party_b=self._by(employer), sign_date=day, term_end=end,
            )  # fmt: skip

    def _lists(self) -> None:
        """The three lists of every community."""
        for community in self._communities:
            claimed = [(p, e) for (e, c), ps in self._by_place.items() if c == community for p in ps]
            claimed = [claimed[int(i)] for i in self._rng.permutation(len(claimed))[: max(4, len(claimed) // 2)]]
            day = self._day()
            rows: list[dict[str, Any]] = []
            seen: list[str] = []
            for project, employer in claimed:
                item = self._speller.project(self._projects[project])
                due = dt.date.fromisoformat(day) + dt.timedelta(days=int(self._rng.integers(60, 200)))
                rows.append({"item": item, "owner": self._by(self._employers[employer]), "deadline": due.isoformat()})
                seen.append(item.text)
            record = self._add("item_list", rows, list_kind="project", community=self._in(community), date=day)
            for number, (project, employer) in enumerate(claimed, 1):
                self._note(record, number, [seen[number - 1]], [Truth(project, employer, community)], day)
            self._offers(community)

    def _offers(self, community: str) -> None:
        picked = self._some(_RESOURCES, 3, 5)
        owners = self._some(list(self._employers.values()), 5, 5)
        rows: list[dict[str, Any]] = [
            {"item": r, "owner": self._by(o)} for (r, _), o in zip(picked, owners, strict=False)
        ]
        self._add("item_list", rows, list_kind="resource", community=self._in(community), date=self._day())
        needs = [n for _, n in self._some(_RESOURCES, 2, 4)] + self._some(_NEEDS_ONLY, 1, 3)
        self._add(
            "item_list", [{"item": n, "owner": community} for n in needs],
            list_kind="demand", community=self._in(community), date=self._day(),
        )  # fmt: skip

    def _member(self) -> None:
        employer, community = self._speller.pick(EMPLOYERS), self._speller.pick(self._communities)
        partners = [c for e, c in self._by_place if e == employer.name]
        if self._rng.random() < 0.6:
            community = self._speller.pick(partners)
        own = self._by_place.get((employer.name, community), [])
        pool = own if own and self._rng.random() < 0.75 else list(self._projects)
        projects = self._some(pool, 1, 3) if self._rng.random() < 0.75 else []
        self._claim(
            "member_registration", [Truth(p, employer.name, community) for p in projects], "claimed_projects",
            employer=self._by(employer), community=self._in(community), report_date=self._day(),
            name=self._speller.pick("赵钱孙李周吴郑王") + self._speller.pick("一二三四五六七八") + "帆",
        )  # fmt: skip

    def _feedback(self) -> None:
        kind = self._rng.random()
        claims = [t for t in self._first if t.project in self._by_place.get((t.by, t.community), ())]
        truth = self._speller.pick(claims if self._rng.random() < 0.8 else list(self._first))
        day = self._first[truth] + dt.timedelta(days=int(self._rng.integers(0, 120)))
        if kind < 0.76:
            self._done([truth], day)
        elif kind < 0.80:
            other = [t for t in claims if t[1:] == truth[1:] and t != truth and self._first[t] <= day]
            self._done([truth, *other[:1]], day)
        elif kind < 0.82:
            self._done([truth], day, blank=self._speller.pick(("service_unit", "community")))
        else:
            self._near_miss(truth, day)

    def _done(self, truths: list[Truth], day: dt.date, blank: str = "") -> None:
        record = self._report(truths, day, blank)
        self._year.fulfils |= {(t, record.document_id) for t in truths}
        self._year.why[record.document_id] = f"blank {blank}" if blank else f"{len(truths)} done"

    def _near_miss(self, near: Truth, day: dt.date) -> None:
        """Feedback that fulfils nothing: something of it is another's."""
        what = self._speller.pick(("by", "by", "community", "project", "project", "early", "unknown"))
        index = [e.name for e in EMPLOYERS].index(near.by)
        beside = EMPLOYERS[min(len(EMPLOYERS) - 1, max(0, index + self._speller.pick((-1, 1))))].name
        change = {
            "by": near._replace(by=beside),
            "community": near._replace(community=self._speller.pick(self._communities)),
            "project": near._replace(project=self._speller.pick(PROJECTS).name),
            "early": near,
            "unknown": near,
        }[what]
        if what == "early":
            day = self._first[near] - dt.timedelta(days=int(self._rng.integers(5, 60)))
        elif what != "unknown" and change in self._first:
            self._near_miss(near, day)
            return
        unit = Written(self._speller.pick(_STRANGERS)) if what == "unknown" else None
        record = self._report([change], day, unit=unit)
        self._year.why[record.document_id] = f"near {what}"

    def _report(self, truths: list[Truth], day: dt.date, blank: str = "", unit: Written | None = None) -> Record:
        project, _ = self._speller.together([self._speller.project(self._projects[t.project]) for t in truths])
        values: dict[str, Any] = {
            "service_unit": unit or self._by(self._employers[truths[0].by]),
            "community": self._in(truths[0].community),
            "project": project,
            "service_date": day.isoformat(),
            "participants": "12",
            "hours": "2",
            "completion": self._speller.pick(("已完成", "已完成", "进行中")),
        }
        return self._add("service_feedback", **{k: v for k, v in values.items() if k != blank})

    def _claim(self, doc_type: str, truths: list[Truth], key: str, **values: Any) -> None:
        written = [self._speller.project(self._projects[t.project]) for t in truths]
        seen: list[str] = []
        if written:
            values[key], seen = self._speller.together(written) if len(written) > 1 else (written[0], [written[0].text])
        record = self._add(doc_type, **values)
        if truths:
            self._note(record, 0, seen, truths, values.get("report_date") or values["sign_date"])
            for part, truth in zip(written, truths, strict=True):  # as a reader sees them who takes the blank apart
                self._year.stated.setdefault((record.document_id, 0, part.text), (truth,))

    def _note(self, record: Record, row: int, seen: list[str], truths: list[Truth], day: str) -> None:
        whole = len(seen) < len(truths)
        for i, text in enumerate(seen):
            meant = tuple(truths) if whole else (truths[i],)
            known = self._year.stated.get((record.document_id, row, text), ())
            self._year.stated[record.document_id, row, text] = known + meant
        for truth in truths:
            date = dt.date.fromisoformat(day)
            self._first[truth] = min(date, self._first.get(truth, date))

    def _add(self, doc_type: str, rows: list[dict[str, Any]] | None = None, /, **values: Any) -> Record:
        number = len(self._year.records)
        file = f"{doc_type}_{number:05d}.jpg"
        record = Record(
            f"{number:016x}", doc_type, [file], ["0" * 64], [[1]], DocumentStatus.ACCEPTED,
            {k: _field(v, file) for k, v in values.items()},
            [{k: _field(v, file) for k, v in row.items()} for row in rows or []],
        )  # fmt: skip
        self._year.records.append(record)
        return record

    def _by(self, employer: Named) -> Written:
        return self._speller.employer(employer)

    def _in(self, community: str) -> Written:
        return self._speller.community(community)

    def _day(self) -> str:
        return (_START + dt.timedelta(days=int(self._rng.integers(_DAYS // 2)))).isoformat()

    def _some(self, options: Any, least: int, most: int) -> list[Any]:
        count = int(self._rng.integers(least, most + 1))
        return [options[int(i)] for i in self._rng.permutation(len(options))[:count]]


_STRANGERS = (
    "济宁市第三中学",
    "山东宏图软件有限公司",
    "济宁高新区蓝天幼儿园",
    "济宁市自来水公司城东营业所",
    "济宁高新区王因卫生院",
    "中国人寿济宁分公司",
    "山东恒信置业有限公司",
    "中国建设银行济宁任城支行",
)


def _dictionaries(family: str) -> dict[str, Dictionary]:
    """The office's lists, with every second former name of an employer as an alias of its present one."""
    found = load_dictionaries(FOLDER)
    former = [(e, old) for e in EMPLOYERS for old in e.former[FAMILIES[family].number]]
    for employer, old in former[::2]:
        found["units"].spellings[employer.name] = employer.name
        found["units"].spellings[old] = employer.name
    return found


def _field(given: Any, file: str) -> FieldValue:
    written = given if isinstance(given, Written) else Written(given)
    status = FieldStatus.ACCEPTED if written.confidence >= 0.95 else FieldStatus.REVIEW
    return FieldValue(written.text, written.text, written.confidence, status, file, 1)
