"""Projects: what is done for whom, in any order and in words of the same meaning."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from pipeline.ledgers.bodies import slip_cost
from pipeline.ledgers.likeness import REWORDED, SAME, SHORT, SLIP, Likeness
from pipeline.ledgers.names import without_decoration
from pipeline.ledgers.sounds import sound_alike

Meanings = Mapping[str, Sequence[str]]
_DIGITS = str.maketrans("0123456789", "〇一二三四五六七八九")
_STEEPNESS = 2.6  # the cost of two projects that have nothing in common
_LEFT_OUT = 0.75  # at most, where nothing is written that is not in the name
_ADDED = 0.9  # at least, where more is written than ..
_INSTEAD = 0.6  # for each rare character that stands where the name has others
_HOPELESS = 2.4  # nobody asks about what costs more
_SOUNDING = 0.8  # of its weight, what merely sounds the same
_CHANCE = 1.2  # .. this many rare characters weigh


class Deeds:
    """Projects, by the weight of what they share; a word of some meaning stands as one sign for that meaning."""

    def __init__(self, meanings: Meanings) -> None:
        self._signs: dict[str, str] = {}
        for number, (meaning, words) in enumerate(meanings.items()):
            for word in (meaning, *words):
                self._signs[word] = chr(0xE000 + number)  # private use: no text has it
        longest = sorted(self._signs, key=lambda w: (-len(w), w))
        self._words = re.compile("|".join(map(re.escape, longest))) if longest else None
        self._weights: dict[str, float] = {}
        self._rarest = 1.0
        self._seen: dict[str, Counter[str]] = {}
        self._wholes: dict[str, float] = {}

    def learn(self, names: Iterable[str]) -> None:
        """Weigh each character by how few of the projects have it."""
        stems = {frozenset(self.signs(name)) for name in names}
        times = Counter(c for signs in stems for c in signs)
        self._rarest = math.log(1 + len(stems))
        self._wholes.clear()
        self._weights = {c: math.log(1 + len(stems) / n) for c, n in times.items()}

    def signs(self, name: str) -> Counter[str]:
        """The signs of a name and how often each stands in it."""
        if name not in self._seen:
            text = without_decoration(name, 2).translate(_DIGITS)
            if self._words:
                text = self._words.sub(lambda m: self._signs[m[0]], text)
            self._seen[name] = Counter(text)
        return self._seen[name]

    def tokens(self, name: str) -> frozenset[str]:
        return frozenset(self.signs(name))

    def compare(self, written: str, known: str, sure: bool) -> Likeness | None:
        a, b = self.signs(written), self.signs(known)
        if a == b and without_decoration(written) == without_decoration(known):
            return SAME
        whole_a, whole_b = self._whole(written), self._whole(known)
        common = sum(self.weight(c) * min(n, b[c]) for c, n in a.items() if c in b)
        most = common + _SOUNDING * min(whole_a - common, whole_b - common)
        x, y = without_decoration(written), without_decoration(known)
        slipped = slip_cost(x, y, x, sure)
        if slipped is None and _cost(most, whole_a, whole_b) > _HOPELESS:
            return None
        left_a, left_b = a - b, b - a
        common += self._sounding(left_a, left_b)
        if not common:
            return None if slipped is None else Likeness(slipped, SLIP)
        cost = _cost(common, whole_a, whole_b) + (0.0 if a == b else 0.05)
        if not left_a:
            cost = min(cost, _LEFT_OUT)
        elif not left_b and self._weight(left_a) > _CHANCE * self._rarest:
            cost = max(cost, _ADDED)
        elif left_b and min(sum(left_a.values()), sum(left_b.values())) > 1:  # 消防 and 食品: one thing for another
            cost += _INSTEAD * min(self._weight(left_a), self._weight(left_b)) / self._rarest
        if slipped is not None and slipped <= cost:
            return Likeness(slipped, SLIP)
        return Likeness(cost, SHORT if not left_a and len(x) < len(y) else REWORDED)

    def share(self, a: str, b: str) -> float:
        """How much of the weight of the shorter of two texts the other has too."""
        mine, theirs = self.signs(a), self.signs(b)
        return self._weight(mine & theirs) / (min(self._weight(mine), self._weight(theirs)) or 1.0)

    def weight(self, sign: str) -> float:
        return self._weights.get(sign, self._rarest)

    def _whole(self, name: str) -> float:
        if name not in self._wholes:
            self._wholes[name] = self._weight(self.signs(name))
        return self._wholes[name]

    def _weight(self, signs: Counter[str]) -> float:
        return sum(self.weight(c) * n for c, n in signs.items())

    def _sounding(self, a: Counter[str], b: Counter[str]) -> float:
        """The weight of characters on both sides that merely sound alike, each taken once."""
        total, left = 0.0, list(b.elements())
        for sign in a.elements():
            for other in left:
                if sound_alike(sign, other):
                    total += _SOUNDING * min(self.weight(sign), self.weight(other))
                    left.remove(other)
                    break
        return total


def _cost(common: float, whole_a: float, whole_b: float) -> float:
    alike = common / min(whole_a, whole_b) * 0.6 + 2 * common / (whole_a + whole_b) * 0.4
    return max(0.0, _STEEPNESS * (1 - alike))
