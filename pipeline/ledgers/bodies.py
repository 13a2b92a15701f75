"""Employers and communities: bodies with a place, a name of their own and a word for what they are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from pipeline.ledgers.likeness import EXTRA, REWORDED, SAME, SHORT, SLIP, Likeness
from pipeline.ledgers.names import TELLING, without_party
from pipeline.ledgers.sounds import edits, sound_alike

# What stands at the head of a name before 省, 市, 区, 县; a body's own words do not (公安局高新区分局).
_PLACE_CHARACTER = r"[^\W省市区县局院校司中心行部处馆队所委社小园学厂会的和]"
_WIDE = re.compile(rf"({_PLACE_CHARACTER}{{2,3}})[省市]")
_DISTRICT = re.compile(rf"({_PLACE_CHARACTER}{{2,8}}?)(?:开发区|区|县)(?!域)")
_ZONE = re.compile(r"^国家级?|技术(?:产业)?$")  # 国家高新区 and 高新技术产业开发区 are 高新区
_AFTER_PLACE = r"(?:(?:经济)?技术(?:产业)?开发区|开发区|新区|省|市|区|县)?"
_PROVINCES = frozenset(
    re.findall(
        r"\w+",
        "北京 天津 上海 重庆 河北 山西 辽宁 吉林 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 四川 贵州 "
        "云南 陕西 甘肃 青海 台湾 内蒙古 广西 西藏 宁夏 新疆 黑龙江",
    )
)
_LEFT_OF_PLACE = re.compile(r"^(?:[省市区县](?![场政容民监域]))+")  # 市图书馆, but not 市场局
_STREET = re.compile(r"^\w*?(?:街道|镇|乡)(?:办事处|党工委|办)?(?=\w)")
_COMMUNITY = re.compile(
    r"(?:社区|村)?(?:(?:党总支|党支部|党委|党组织|党工委|党群服务中心|服务中心|居民委员会|居委会|居委|委员会|工作站)$)"
)
_COMPANY = re.compile(r"(?:股份)?有限(?:责任)?公司|公司(?=分公司)|公司$")
_OFFICE = re.compile(r"(?:管理)?(?:局|委员会|委|办公室|办|厅|处)$")
_NUMERALS = re.compile(r"[〇零一二三四五六七八九十百0-9]+")
_SIDES = re.compile(r"[东西南北]")
_BEARS_A_SLIP = 4  # characters of its own that a name must have, for a slip in them to be told from another name
_DIGITS = str.maketrans("0123456789", "〇一二三四五六七八九")


@dataclass(frozen=True, slots=True)
class Body:
    """A name taken apart. ``core`` is without places and legal form, ``bare`` without its word for an office."""

    name: str
    core: str
    bare: str
    wide: frozenset[str]
    districts: frozenset[str]
    numerals: tuple[str, ...]
    sides: tuple[str, ...]


class Bodies:
    """Employers. Their places are learnt: 济宁 and 高新 where some names begin with 济宁市, 济宁高新区."""

    def __init__(self) -> None:
        self._wide: set[str] = set(_PROVINCES)
        self._districts: set[str] = set()
        self._places = self._pattern()
        self._seen: dict[str, Body] = {}

    def learn(self, names: Iterable[str]) -> None:
        heads = [without_party(name) for name in set(names)]
        for found, pattern in ((self._wide, _WIDE), (self._districts, _DISTRICT)):
            while self._learn_once(heads, found, pattern):
                pass
        self._seen.clear()

    def _learn_once(self, names: list[str], found: set[str], pattern: re.Pattern[str]) -> bool:
        """Look for further places behind those known; one name alone makes no place, nor does a slip of another."""
        times = Counter(_ZONE.sub("", m[1]) for name in names if (m := pattern.match(self._after_places(name))))
        new: set[str] = set()
        for place, n in times.most_common():
            known = (self._wide - _PROVINCES) | self._districts | new
            if n > 1 and len(place) > 1 and not any(Levenshtein.distance(place, p) < 2 or p in place for p in known):
                new.add(place)
        found |= new
        self._places = self._pattern()
        return bool(new)

    def _pattern(self) -> re.Pattern[str]:
        every = sorted(self._wide | self._districts, key=lambda p: (-len(p), p))
        return re.compile(rf"(?:国家级?)?({'|'.join(map(re.escape, every))}){_AFTER_PLACE}")

    def _after_places(self, name: str) -> str:
        while True:
            rest = _LEFT_OF_PLACE.sub("", name)
            found = self._places.match(rest)
            rest = rest[found.end() :] if found else rest
            if rest == name:
                return name
            name = rest

    def parse(self, name: str) -> Body:
        if name not in self._seen:
            self._seen[name] = self._parse(name)
        return self._seen[name]

    def _parse(self, name: str) -> Body:
        stem = without_party(name)
        places = frozenset(m[1] for m in self._places.finditer(stem))
        core = self._places.sub("", _LEFT_OF_PLACE.sub("", stem))
        core = _COMPANY.sub("", core)
        core = core if len(core) >= 2 else stem
        bare = _OFFICE.sub("", core)
        bare = bare if len(bare) >= 2 else core
        plain = core.translate(_DIGITS)
        return Body(
            stem,
            core,
            bare,
            places & self._wide,
            places & self._districts,
            tuple(_NUMERALS.findall(plain)),
            tuple(_SIDES.findall(plain)),
        )

    def tokens(self, name: str) -> frozenset[str]:
        return frozenset(self.parse(name).core)

    def compare(self, written: str, known: str, sure: bool) -> Likeness | None:
        a, b = self.parse(written), self.parse(known)
        if a.name == b.name:
            return SAME
        if len(a.name) >= 4 and b.name.endswith(a.name):  # only what stands before it is left out: a place, mostly
            return Likeness(0.3, SHORT)
        slipped = slip_cost(a.name, b.name, a.core, sure)
        slip = Likeness(slipped, SLIP) if slipped is not None else None
        placed, told = _place_cost(a, b), _told_cost(a, b)
        if placed is None or told is None:
            return slip
        found = [*self._costs(a, b, sure), *([slip] if slip else [])]
        best = min(found, key=lambda x: x.cost, default=None)
        if best is None or best is slip:
            return best
        how = best.how
        if best is SAME:
            how = SHORT if len(a.name) < len(b.name) else REWORDED
        likeness = Likeness(best.cost + placed + told, how)
        return slip if slip and slip.cost < likeness.cost else likeness

    def _costs(self, a: Body, b: Body, sure: bool) -> Iterator[Likeness]:
        if a.core == b.core:
            yield SAME
            return
        if a.bare == b.bare:
            yield Likeness(0.5, REWORDED)
        for short, long, extra in (
            (a.core, b.core, 0.0),
            (b.core, a.core, 0.0),
            (a.bare, b.bare, 0.3),
            (b.bare, a.bare, 0.3),
        ):
            cost = _short_cost(short, long)
            if cost is not None:
                yield Likeness(cost + extra, SHORT)
        if min(len(a.core), len(b.core)) >= _BEARS_A_SLIP and (cost := slip_cost(a.core, b.core, a.core, sure)):
            yield Likeness(cost + 0.1, SLIP)
        if not sure and (cost := _extra_cost(a.core, b.core)) is not None:
            yield Likeness(cost, EXTRA)


def _place_cost(a: Body, b: Body) -> float | None:
    """Places may be left out; one for another is another body."""
    cost = 0.0
    if a.districts != b.districts:
        if a.districts and b.districts:
            return None
        # 市局 is not 区局; where no place stands at all, it is merely left out, unless something stands there instead.
        without, other = (b, a) if a.districts else (a, b)
        cost += 1.5 if without.wide else 0.8 if len(without.core) > len(other.core) else 0.3
    if a.wide and b.wide and not (a.wide <= b.wide or b.wide <= a.wide):
        return None
    return cost


def _told_cost(a: Body, b: Body) -> float | None:
    """What tells bodies of a kind apart (第一 and 第二, 东 and 西) must be the same where both have it."""
    cost = 0.0
    for x, y in ((a.numerals, b.numerals), (a.sides, b.sides)):
        if x != y:
            if x and y:
                return None
            cost += 1.2
    return cost


def _short_cost(short: str, long: str) -> float | None:
    """The cost of ``short`` as a short form of ``long``: its end, its beginning, or some of its characters in order."""
    if len(short) < 2 or len(short) >= len(long):
        return None
    left_out = 0.5 * (1 - len(short) / len(long))
    if long.endswith(short) or long.startswith(short):
        return 0.5 + left_out
    at = -1
    for character in short:
        at = long.find(character, at + 1)
        if at < 0:
            return None
    aligned = short[0] == long[0]
    if short in long:
        return 0.7 + left_out
    return (0.6 if aligned and len(short) > 2 else 0.8 if aligned else 1.0) + left_out


def slip_cost(written: str, known: str, own: str, sure: bool) -> float | None:
    """The cost of the slips between two names; ``own`` is the part of the written one that is its own.

    What was read with certainty is no slip of recognition; it may be one of the pen, which sounds alike, or has
    lost or doubled a character of a name that is long enough to bear it.
    """
    length = len(written)
    limit = (1 if length >= 4 else 0) if sure else 0 if length < 4 else 1 if length < 10 else 2
    found = edits(written, known, limit, TELLING) if limit else None
    if not found:
        return None
    cost = 0.0
    for before, after in found:
        if before and after and sound_alike(before, after):
            cost += 0.3
        elif not sure:
            cost += 0.6
        elif before and after:
            if len(own) < 8:
                return None
            cost += 0.9
        else:
            if length < 6:
                return None
            cost += 0.8
    return cost


def _extra_cost(a: str, b: str) -> float | None:
    """A stray character or two read beside a name."""
    short, long = sorted((a, b), key=len)
    extra = long.replace(short, "", 1)
    if len(short) < 4 or len(extra) + len(short) != len(long) or len(extra) > 2 or TELLING & set(extra):
        return None
    return 0.6


class Communities:
    """Communities: the proper name between a street and a committee."""

    def learn(self, names: Iterable[str]) -> None:
        """Nothing: communities are few, and their names short."""

    def tokens(self, name: str) -> frozenset[str]:
        return frozenset({""})

    def proper(self, name: str) -> str:
        stem = without_party(name)
        inner = _STREET.sub("", stem)
        inner = _COMMUNITY.sub("", inner)
        inner = inner.removesuffix("社区") if len(inner) > 3 else inner
        return inner if len(inner) >= 2 else stem

    def compare(self, written: str, known: str, sure: bool) -> Likeness | None:
        a, b = self.proper(written), self.proper(known)
        if a == b:
            return SAME
        if b in a and (len(b) > 2 or a.startswith(b) or a.endswith(b)):
            return Likeness(0.6, EXTRA)
        if len(a) >= 2 and a in b:
            return Likeness(0.5, SHORT)
        a = a.removesuffix("社区") if len(a) == 3 else a  # of a name of two characters one is lost
        found = edits(a, b, 1 if len(b) < 6 else 2, frozenset("〇一二三四五六七八九十东西南北")) if a else None
        if not found:
            return None
        before, after = found[0]
        if len(found) == 1 and not (before and after):
            return Likeness(0.9, SLIP) if len(b) > 2 or written.endswith("社区") or not sure else None
        if all(x and y and sound_alike(x, y) for x, y in found):
            return Likeness(0.5, SLIP)
        return None if sure and len(b) < 4 else Likeness(0.7, SLIP)
