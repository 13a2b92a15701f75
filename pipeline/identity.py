"""National identity numbers: the parts of GB 11643-1999 that reading and validation both need."""

from __future__ import annotations

import datetime
import re
from functools import lru_cache

from stdnum import numdb
from stdnum.cn import ric

_SHAPE = re.compile(r"\d{17}[\dX]")


def has_checksum(number: str) -> bool:
    """18 characters with a right check character (ISO 7064 MOD 11-2)."""
    return bool(_SHAPE.fullmatch(number)) and number[-1] == ric.calc_check_digit(number)


def birth_date(number: str) -> datetime.date | None:
    """The date of birth in positions 7 to 14, ``None`` where it is no date."""
    try:
        return datetime.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def gender(number: str) -> str:
    """男 for an odd sequence number (position 17), 女 for an even one."""
    return "男" if int(number[16]) % 2 else "女"


def has_region(number: str) -> bool:
    """Whether the first six digits have ever been a county's code (GB/T 2260).

    The year is not held against it: people keep the code of a county that was renamed or merged, and
    tables of when each code was in force are incomplete.
    """
    return _is_county(number[:6])


@lru_cache(maxsize=4096)  # a search for a number asks for the same few codes over and over
def _is_county(code: str) -> bool:
    return any("county" in properties for _, properties in numdb.get("cn/loc").info(code))


def is_valid(number: str) -> bool:
    """Whether shape, region, date of birth and check character all hold."""
    if not has_checksum(number) or not has_region(number):
        return False
    born = birth_date(number)
    return born is not None and 1900 <= born.year <= datetime.date.today().year
