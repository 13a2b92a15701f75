"""Invented people, offices and what they write. Everything comes from the generator handed in."""

from __future__ import annotations

import csv
import datetime as dt
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from . import phrases as p
from .fonts import ROOT

DICTIONARIES = ROOT / "models" / "dictionaries"
T = TypeVar("T")
NUMERALS = "〇一二三四五六七八九"
USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@functools.cache
def dictionary(name: str) -> tuple[str, ...]:
    """Names of one of the project's dictionaries."""
    with (DICTIONARIES / f"{name}.csv").open(encoding="utf-8") as f:
        return tuple(r["name"] for r in csv.DictReader(f))


@dataclass(frozen=True)
class Person:
    """An invented person."""

    name: str
    gender: str
    born: dt.date
    id_number: str


class Values:
    """Draws values; ``outside`` is the share of units and projects that stand in no list."""

    def __init__(self, rng: np.random.Generator, outside: float = 0.35) -> None:
        """One document's values."""
        self.rng, self.outside = rng, outside

    def pick(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[int(self.rng.integers(len(options)))]

    def some(self, options: tuple[str, ...], most: int) -> str:
        """One to ``most`` different options joined as on a form."""
        count = int(self.rng.integers(1, most + 1))
        return "、".join(options[int(i)] for i in self.rng.permutation(len(options))[:count])

    def chance(self, share: float) -> bool:
        """True in this share of cases."""
        return bool(self.rng.random() < share)

    def number(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return int(self.rng.integers(low, high + 1))

    def name(self, female: bool | None = None) -> str:
        """A person's name."""
        female = self.chance(0.45) if female is None else female
        surname = self.pick(p.DOUBLE_SURNAMES) if self.chance(0.03) else self.pick(p.SURNAMES)
        given = p.GIVEN_FEMALE if female else p.GIVEN_MALE
        return surname + "".join(self.pick(given) for _ in range(1 if self.chance(0.25) else 2))

    def day(self, first: str, last: str) -> dt.date:
        """A day between two ISO days."""
        a, b = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
        return a + dt.timedelta(days=self.number(0, (b - a).days))

    def person(self) -> Person:
        """A person whose ID number, birthday and gender agree."""
        female = self.chance(0.45)
        born = self.day("1958-01-01", "1997-12-28")
        serial = self.number(1, 499) * 2 + (0 if female else 1)
        body = f"{self.pick(p.REGIONS)}{born:%Y%m%d}{serial:03d}"
        total = sum(
            int(c) * w for c, w in zip(body, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), strict=True)
        )
        return Person(self.name(female), "女" if female else "男", born, body + "10X98765432"[total % 11])

    def mobile(self) -> str:
        """A mobile number."""
        head = self.pick(
            (
                "130",
                "131",
                "132",
                "135",
                "136",
                "137",
                "139",
                "150",
                "151",
                "155",
                "158",
                "159",
                "176",
                "183",
                "186",
                "199",
            )
        )
        return head + f"{self.number(0, 99_999_999):08d}"

    def landline(self) -> str:
        """An office number with the area code of Jining."""
        return f"0537-{self.number(2_100_000, 7_999_999)}"

    def uscc(self) -> str:
        """A unified social credit code with a right check character."""
        body = self.pick(("12", "91", "11", "52")) + self.pick(p.REGIONS)
        body += "".join(self.pick(USCC) for _ in range(9))
        total = sum(USCC.index(c) * pow(3, i, 31) for i, c in enumerate(body))
        return body + USCC[(31 - total % 31) % 31]

    def unit(self) -> str:
        """An office, in the project's list or not."""
        return self.pick(p.INVENTED_UNITS if self.chance(self.outside) else dictionary("units"))

    def project(self) -> str:
        """A project, in the project's list or not."""
        return self.pick(p.INVENTED_PROJECTS if self.chance(self.outside) else dictionary("projects"))

    def projects(self, most: int = 3) -> str:
        """Several projects in one blank."""
        found: list[str] = []
        for _ in range(self.number(1, most)):
            project = self.project()
            if project not in found:
                found.append(project)
        return "、".join(found)

    def community(self) -> str:
        """A community, seldom one outside the list."""
        return self.pick(p.OUTSIDE_COMMUNITIES if self.chance(0.06) else dictionary("communities"))

    def branch(self, unit: str) -> str:
        """A party organisation of an office."""
        short = unit.replace("济宁高新区", "", 1) if unit.startswith("济宁高新区") and self.chance(0.4) else unit
        tail = self.pick(("党支部", "机关党支部", "第二党支部", "总支第一支部", "离退休党支部", "综合党支部", "党总支"))
        return short[-14:] + tail if len(short) <= 16 else short[:12] + tail

    def party_org(self, unit: str) -> str:
        """The full name of an office's party organisation."""
        return self.pick((f"中共{unit}委员会", f"中共{unit}支部委员会", f"{unit}党支部", f"中共{unit}总支部委员会"))

    def address(self) -> str:
        """A home address."""
        head = self.pick(("济宁高新区", "高新区", "济宁市任城区", "任城区", ""))
        tail = self.pick(
            (
                f"{self.number(1, 32)}号楼{self.number(1, 5)}单元{self.number(1, 18)}0{self.number(1, 4)}室",
                f"{self.number(1, 20)}-{self.number(1, 4)}-{self.number(101, 1802)}",
            )
        )
        return f"{head}{self.pick(p.ROADS)}{self.number(1, 199)}号{self.pick(p.ESTATES)}{tail}"

    def office_address(self) -> str:
        """An office's address."""
        head = self.pick(("济宁高新区", "济宁市高新区", ""))
        tail = self.pick(("", "", "创新大厦B座", "办公楼三楼", "科技中心5层"))
        return f"{head}{self.pick(p.ROADS)}{self.number(1, 299)}号{tail}"

    def place(self) -> str:
        """Where an activity took place."""
        return self.pick(p.PLACES).format(estate=self.pick(p.ESTATES), n=self.number(1, 20))

    def content(self) -> str:
        """What was done."""
        text = self.pick(p.CONTENTS).format(n=self.number(20, 160), m=self.number(8, 48), k=self.number(2, 9))
        if self.chance(0.25):
            text += self.pick(("活动受到居民称赞。", "下步将长期坚持。", "参与者均为在职党员。"))
        return text

    def agreement_no(self) -> str:
        """The number of an agreement."""
        head, year, n = self.pick(p.AGREEMENT_PREFIXES), self.pick(("2019", "2020", "2021")), self.number(1, 260)
        return self.pick((f"{head}-{year}-{n:03d}", f"{head}{year}{n:03d}", f"{head}-{year[2:]}-{n:02d}"))

    def date_written(self, day: dt.date, month_only: bool = False) -> tuple[str, str]:
        """A date as someone writes it, and as ISO."""
        y, m, d = day.year, day.month, day.day
        yy = f"{y % 100:02d}"
        if month_only:
            months = (
                f"{y}.{m}",
                f"{y}年{m}月",
                f"{y}.{m:02d}",
                f"{y}-{m:02d}",
                f"{y}/{m}",
                f"{yy}.{m}",
                f"{yy}年{m}月",
            )
            shares = (0.25, 0.25, 0.2, 0.1, 0.08, 0.06, 0.06)
            return months[int(self.rng.choice(len(months), p=shares))], f"{y}-{m:02d}"
        forms = (
            f"{y}.{m}.{d}",
            f"{y}年{m}月{d}日",
            f"{y}.{m:02d}.{d:02d}",
            f"{y}-{m}-{d}",
            f"{y}-{m:02d}-{d:02d}",
            f"{y}/{m}/{d}",
            f"{y}年{m:02d}月{d:02d}日",
            f"{yy}.{m}.{d}",
            f"{yy}年{m}月{d}日",
            f"{y}、{m}、{d}",
            chinese_date(day),
            f"{y}{m:02d}{d:02d}",
        )
        odds = (0.2, 0.22, 0.1, 0.1, 0.07, 0.07, 0.06, 0.04, 0.04, 0.04, 0.03, 0.03)
        return forms[int(self.rng.choice(len(forms), p=odds))], day.isoformat()


def chinese_date(day: dt.date) -> str:
    """二〇一九年五月八日."""

    def small(n: int) -> str:
        tens, ones = divmod(n, 10)
        return ("" if tens == 0 else "十" if tens == 1 else NUMERALS[tens] + "十") + (NUMERALS[ones] if ones else "")

    return "".join(NUMERALS[int(c)] for c in str(day.year)) + f"年{small(day.month)}月{small(day.day)}日"
