"""How alike two names of a kind are: what employers, communities and projects are told apart by.

A likeness is a cost, 0 for the same name. Below about 1 it is what people ordinarily do to a name; above it
something else must speak for the pair. Nothing here knows a name: places are learnt from the names themselves,
rare characters weigh more than frequent ones, and words of one meaning come from the form definitions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Likeness:
    """``how`` is the Chinese word between the two names in an explanation."""

    cost: float
    how: str


SAME = Likeness(0.0, "即")
SHORT = "疑为简称，按"
SLIP = "疑为误写或误识，按"
REWORDED = "写法不同，按"
EXTRA = "疑有多余的字，按"


class Kind(Protocol):
    """Compares names of one kind, all of them squashed."""

    def learn(self, names: Iterable[str]) -> None:
        """Take in all names that will be compared, before any is."""

    def tokens(self, name: str) -> frozenset[str]:
        """What a name must share something of with another to be compared with it at all."""

    def compare(self, written: str, known: str, sure: bool) -> Likeness | None:
        """How ``written`` (``sure``: read with certainty) may stand for ``known``; ``None`` where it cannot."""
