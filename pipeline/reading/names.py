"""Which characters people's names are made of.

Counted over the names among jieba's words (tag ``nr``): what a surname is, and what follows it. Between
characters that the ink allows, 琼 is more often a name's than 竟.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

_WEIGHT = 0.5  # of the counts against the ink: they come from names in the news of another time
_SMOOTHED = 3.0  # added to every count; many good names are in no list
_ANY = math.log(1000)  # of some thousand characters that names could be made of, each as likely


class NameModel:
    """How likely a text is as a person's name, against a text of any characters."""

    def __init__(self, names: Iterable[str]) -> None:
        people = [name for name in names if 2 <= len(name) <= 3]
        first = Counter(name[0] for name in people)
        self._surnames = {c: n for c, n in first.items() if n >= 8}
        self._given = Counter(c for name in people if name[0] in self._surnames for c in name[1:])
        self._first_total = math.log(sum(self._surnames.values()) + _SMOOTHED * 500)
        self._given_total = math.log(sum(self._given.values()) + _SMOOTHED * 3000)

    def log(self, name: str) -> float:
        """The weighted natural logarithm of how much likelier the name is than any characters, and 0 for none."""
        if not name:
            return 0.0
        total = math.log(self._surnames.get(name[0], 0) + _SMOOTHED) - self._first_total
        for char in name[1:]:
            total += math.log(self._given.get(char, 0) + _SMOOTHED) - self._given_total
        return _WEIGHT * (total + _ANY * len(name))
