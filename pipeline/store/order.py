"""The order of records: by source file as a person would list them, then by page.

Sorted here and not by the database, whose collations differ between machines.
"""

from __future__ import annotations

import re

_DIGITS = re.compile("([0-9]+)")

NaturalKey = tuple[str | tuple[int, str], ...]


def natural_key(path: str) -> NaturalKey:
    """A sort key under which ``scan_2`` comes before ``scan_10``; numbers of any length."""
    parts = _DIGITS.split(path)  # text, digits, text, ...: like always meets like
    return tuple(_number(part) if i % 2 else part for i, part in enumerate(parts))


def _number(digits: str) -> tuple[int, str]:
    significant = digits.lstrip("0")
    return len(significant), significant
