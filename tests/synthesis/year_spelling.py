"""How people write the names of the synthetic year: two families of ways. Matching was worked out on one, and what it
missed of the other was looked at once, by kind."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from pypinyin import lazy_pinyin

from .year_world import Named

T = TypeVar("T")
_CITY, _DISTRICT = "济宁", "高新区"
_COMPANY = re.compile(r"(?:股份)?有限公司$")
SURE, READ_BADLY = 0.99, (0.45, 0.93)


@dataclass(frozen=True, slots=True)
class Written:
    """A name as it stands in a record, and how surely it was read."""

    text: str
    confidence: float = SURE


@dataclass(frozen=True, slots=True)
class Family:
    """Patterns have ``{}`` for the name; ``pairs`` are characters that look alike, two and two."""

    number: int
    party: tuple[str, ...]
    places: tuple[str, ...]
    companies: tuple[str, ...]
    communities: tuple[str, ...]
    projects: tuple[str, ...]
    joints: tuple[str, ...]
    pairs: str
    drops: bool

    def others(self, named: Named) -> tuple[str, ...]:
        return (named.usual, named.other)[self.number]


OTHER = Family(
    1,
    ("中共{}党总支", "{}党组", "中国共产党{}委员会", "{}离退休干部党支部", "中共{}直属支部委员会", "{}第二支部"),
    ("山东省济宁市高新区", "济宁高新技术产业开发区", "济宁国家高新区", "济宁市高新区"),
    ("有限责任公司", "公司"),
    (
        "洸河街道{}",
        "{}居委会",
        "{}社区居民委员会",
        "{}社区党总支",
        "济宁高新区洸河街道{}社区",
        "洸河街道办事处{}社区",
        "{}社区党群服务中心",
        "中共{}社区总支部委员会",
    ),
    ("组织{}", "{}项目", "{}工作", "{}行动", "参加{}活动", "党员{}", "{}主题活动", "志愿{}", "到社区{}"),
    ("和", "、", "、", "及"),
    "日曰人入己巳王玉木术千干于干贝见庄压问间因困休体电甩办为住往仿访优忧环坏防妨险检资货",
    True,
)
USUAL = Family(
    0,
    ("中共{}支部委员会", "中共{}委员会", "{}党支部", "{}机关党委", "中共{}机关支部委员会", "{}第一党支部", "{}党委"),
    ("高新区", "济宁市高新区", ""),
    ("", ""),
    ("{}", "洸河街道{}社区", "{}社区居委会", "{}社区党委", "中共洸河街道{}社区委员会", "{}社区党支部"),
    ("开展{}", "{}活动", "{}服务", "{}志愿服务", "社区{}", "开展{}活动"),
    ("、", "、", "/", "和"),
    "未末已己土士大太天夫本木农衣千于目日辛幸免兔拆折治冶科料杨扬洁诘清请楼搂环坏吴昊泰秦税悦",
    False,
)
FAMILIES = {"usual": USUAL, "other": OTHER}


class Speller:
    """Writes names as people of a family do."""

    def __init__(self, rng: np.random.Generator, family: Family) -> None:
        self._rng, self._family = rng, family

    def pick(self, options: Sequence[T]) -> T:
        return options[int(self._rng.integers(len(options)))]

    def employer(self, named: Named) -> Written:
        f, name, what = self._family, named.name, self._rng.random()
        if what < 0.34:
            return self._plain(name)
        if what < 0.60 and f.others(named):
            return self._plain(self.pick(f.others(named)))
        if what < 0.72:
            return self._plain(self.pick(f.party).format(name if self._rng.random() < 0.7 else self._placed(name)))
        if what < 0.86:
            return self._plain(self._placed(name))
        if what < 0.90:
            return self._plain(_COMPANY.sub(self.pick(f.companies), name))
        if what < 0.92 and named.former[f.number]:
            return self._plain(self.pick(named.former[f.number]))
        return self._slip(name) if what < 0.97 else self._plain(name)

    def community(self, name: str) -> Written:
        what, proper = self._rng.random(), name.removesuffix("社区")
        if what < 0.55:
            return self._plain(name)
        if what < 0.95:
            return self._plain(self.pick(self._family.communities).format(proper))
        return self._slip(name)

    def project(self, named: Named) -> Written:
        f, what = self._family, self._rng.random()
        if what < 0.45:
            return self._plain(named.name)
        if what < 0.70:
            return self._plain(self.pick(f.others(named)))
        if what < 0.94:
            return self._plain(self.pick(f.projects).format(named.name))
        return self._slip(named.name)

    def together(self, parts: Sequence[Written]) -> tuple[Written, list[str]]:
        """Several things in one blank; also the parts as a reader of the blank will see them."""
        joint = self.pick(self._family.joints)
        text = joint.join(p.text for p in parts)
        seen = [p.text for p in parts] if joint == "、" else [text]
        return Written(text, min(p.confidence for p in parts)), seen

    def _placed(self, name: str) -> str:
        """With another form of its place: 高新区税务局, 济宁市高新区税务局."""
        for head in (_CITY + _DISTRICT, _CITY + "市", _CITY):
            if name.startswith(head) and len(name) - len(head) >= 4:
                place = self.pick(self._family.places) if head == _CITY + _DISTRICT else ""
                return place + name.removeprefix(head)
        return name

    def _plain(self, text: str) -> Written:
        return Written(text, self._badly() if self._rng.random() < 0.08 else SURE)

    def _badly(self) -> float:
        return float(self._rng.uniform(*READ_BADLY))

    def _slip(self, text: str) -> Written:
        """One slip: of the pen (the same sound, or a character left out), or of recognition (the same shape)."""
        alike = [i for i, c in enumerate(text) if c in self._family.pairs]
        if self._family.drops and self._rng.random() < 0.2:
            at = int(self._rng.integers(1, len(text) - 1))
            if text[at] not in "一二三四五六七八九十东西":
                return Written(text[:at] + text[at + 1 :])
        if alike and self._rng.random() < 0.5:
            at = self.pick(alike)
            place = self._family.pairs.index(text[at])
            return Written(text[:at] + self._family.pairs[place ^ 1] + text[at + 1 :], self._badly())
        sounds = [(i, s) for i, c in enumerate(text) if c not in "一二三四五六七八九十东西" and (s := homophones(c))]
        if not sounds:
            return Written(text)
        at, options = self.pick(sounds)
        return Written(
            text[:at] + self.pick(options) + text[at + 1 :], SURE if self._rng.random() < 0.7 else self._badly()
        )


@functools.cache
def homophones(character: str) -> tuple[str, ...]:
    """Common characters of the same sound."""
    sound = lazy_pinyin(character)[0]
    return tuple(c for c in _by_sound().get(sound, ()) if c != character)


@functools.cache
def _by_sound() -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for high in range(0xB0, 0xD8):  # GB 2312, level 1: the common characters
        for low in range(0xA1, 0xFF):
            try:
                character = bytes((high, low)).decode("gb2312")
            except UnicodeDecodeError:
                continue
            if character not in "一二三四五六七八九十东西":
                out.setdefault(lazy_pinyin(character)[0], []).append(character)
    return out
