"""What may be written in a field: grammars that a search can follow one character at a time.

A grammar says of a beginning whether any valid text starts with it, so that a search never spends its
width on what cannot become valid.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

import regex
from stdnum.cn import uscc

from pipeline import identity
from pipeline.reading.dates import parse_date


class Grammar(Protocol):
    """The valid texts of a field; ``alphabet`` are the characters they are made of."""

    alphabet: frozenset[str]

    def extends(self, prefix: str, char: str) -> bool:
        """Whether a valid text may begin with ``prefix + char``, ``prefix`` being such a beginning."""
        ...

    def accepts(self, text: str) -> bool:
        """Whether ``text`` is valid as it stands."""
        ...


class Pattern:
    """Texts that match a regular expression and, at given lengths or in whole, a further check.

    ``at`` maps a length to a check of the beginning of that length; ``whole`` checks a complete text.
    """

    def __init__(
        self,
        pattern: str,
        alphabet: str,
        *,
        at: dict[int, Callable[[str], bool]] | None = None,
        whole: Callable[[str], bool] = lambda text: True,
    ) -> None:
        self.alphabet = frozenset(alphabet)
        self._regex = regex.compile(pattern)
        self._at = at or {}
        self._whole = whole
        self._begins = lru_cache(maxsize=65_536)(self._may_begin)

    def extends(self, prefix: str, char: str) -> bool:
        return bool(self._begins(prefix + char))

    def accepts(self, text: str) -> bool:
        if self._regex.fullmatch(text) is None or not self._whole(text):
            return False
        return all(check(text[:length]) for length, check in self._at.items())

    def _may_begin(self, text: str) -> bool:
        check = self._at.get(len(text))
        if check is not None and not check(text):
            return False
        return self._regex.fullmatch(text, partial=True) is not None


_DIGITS = "0123456789"

ID_NUMBER = Pattern(
    r"[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]",
    _DIGITS + "X",
    at={
        6: identity.has_region,
        14: lambda text: identity.birth_date(text) is not None,
        18: identity.is_valid,
    },
)
"""GB 11643-1999: county, date of birth, sequence number and check character."""

USCC = Pattern(r"[1-9ANY][1-9]\d{6}[0-9A-HJ-NPQRTUWXY]{10}", "0123456789ABCDEFGHJKLMNPQRTUWXY", at={18: uscc.is_valid})
"""GB 32100-2015: register, kind, county, organisation code and check character."""

PHONE = Pattern(r"1[3-9]\d[ -]?\d{4}[ -]?\d{4}|0\d{2,3}[ -]?[2-8]\d{6,7}", _DIGITS + "- ")
"""Mobile numbers of the mainland, and landlines with their area code."""

NUMBER = Pattern(r"(?:0|[1-9]\d{0,5})(?:\.\d{1,2})?(?:人|名|个|户|小时|时|h|H)?", _DIGITS + ".人名个户小时hH")
"""A count or a duration, with or without its unit."""

_MONTH, _DAY = r"(?:1[0-2]|0?[1-9])", r"(?:3[01]|[12]\d|0?[1-9])"
_SIGN = r"[.\-/年、,·]"
_HAN = "〇○零一二三四五六七八九"
DATE = Pattern(
    rf"(?:(?:19|20)\d\d|\d\d){_SIGN}{_MONTH}(?:[.\-/月、,·]{_DAY}[日号]?|月)?[.]?"
    r"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:(?:0[1-9]|[12]\d|3[01]))?"
    rf"|(?:19|20)\d\d(?:0[1-9]|1[0-2]){_SIGN}{_DAY}"
    rf"|(?:19|20)\d\d{_SIGN}(?:0[1-9]|1[0-2]|(?<!/)[2-9])(?:0[1-9]|[12]\d|3[01])"
    rf"|[{_HAN}]{{4}}年(?:十[一二]?|[{_HAN[3:]}])月(?:(?:[二三]?十[{_HAN[3:]}]?|[{_HAN[3:]}])日)?",
    _DIGITS + ".-/年月日号、,·十" + _HAN,
    whole=lambda text: parse_date(text) is not None,
)
"""Dates as people write them: 2019.5.8, 2019年5月8日, 2019-05, 19.5.8, 20190508, 二〇一九年五月八日."""
