"""Dates in the ways people write them, to ISO 8601."""

from __future__ import annotations

import datetime
import re

from pipeline.reading.characters import HAN_DIGITS

_FULL = re.compile(r"(\d{4}|\d{2})[^\d]{1,2}(\d{1,2})(?:[^\d]{1,2}(\d{1,2}))?\D{0,2}$")
_RUN = re.compile(r"(\d{4})(\d{2})(\d{2})?$")
_TIGHT = re.compile(r"(\d{4})(\d{1,2})[^\d](\d{1,2})\D{0,2}$")
# 816 is 8.16, but 111 may be 1.11 or 11.1, and after a stroke 717 may be 7/7.
_LATE = re.compile(r"(\d{4})[^\d](\d{2}|(?<!/)[2-9])(\d{2})\D{0,2}$")
_HAN_YEAR = re.compile(r"[〇○零一二三四五六七八九]{4}(?=年)")
_HAN_NUMBER = re.compile(r"([一二三四五六七八九])?十([一二三四五六七八九])?|([一二三四五六七八九])(?=[月日])")


def parse_date(text: str) -> str | None:
    """ISO date (``2019-05-18``, ``2019-05`` where no day is given), or ``None`` where it is none.

    Years of two digits mean the century that makes them neither future nor before 1930. Impossible
    dates (2019-02-30) are ``None``.
    """
    text = _han_to_digits(re.sub(r"\s+", "", text)).strip("自从于起至止到.,、。:;-/_\"'")
    for pattern in (_FULL, _RUN, _TIGHT, _LATE):
        match = pattern.match(text)
        if match:
            year, month, day = match.groups()
            # 10月12日 and 12/05 have no year: two digits that may be a month or a day are one only before
            # 年, or before both month and day.
            if len(year) == 2 and text[2:3] != "年" and (text[2:3] == "月" or (day is None and int(year) <= 31)):
                return None
            return _iso(year, month, day)
    return None


def _iso(year: str, month: str, day: str | None) -> str | None:
    y = int(year)
    if y < 100:
        y += 2000 if y <= 40 else 1900
    if not 1900 <= y <= 2099:
        return None
    try:
        datetime.date(y, int(month), int(day) if day else 1)
    except ValueError:
        return None
    return f"{y:04d}-{int(month):02d}" + (f"-{int(day):02d}" if day else "")


def _han_to_digits(text: str) -> str:
    """二〇一九年五月十八日 as 2019年5月18日."""
    text = _HAN_YEAR.sub(lambda m: "".join(HAN_DIGITS[c] for c in m.group()), text)

    def number(match: re.Match[str]) -> str:
        tens, ones, single = match.groups()
        if single:
            return HAN_DIGITS[single]
        return str(int(HAN_DIGITS.get(tens or "一", "1")) * 10 + int(HAN_DIGITS.get(ones or "零", "0")))

    return _HAN_NUMBER.sub(number, text)
