"""How long something is kept: ``5y``, ``18m``, ``400d``."""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta

from pipeline.errors import SetupError

_AGE = re.compile(r"([1-9][0-9]{0,4})([ymd])", re.IGNORECASE)


def moment_before(age: str, now: datetime) -> datetime:
    """The moment that lies ``age`` before ``now``, by the calendar; the last of a month where that is shorter.

    Raises :class:`SetupError` for what is no age.
    """
    match = _AGE.fullmatch(age.strip())
    if match is None:
        raise SetupError(f"期限“{age}”无法识别。可用：5y（五年）、18m（十八个月）、400d（四百天）。")
    count, unit = int(match[1]), match[2].lower()
    try:
        if unit == "d":
            return now - timedelta(days=count)
        months = now.year * 12 + now.month - 1 - count * (12 if unit == "y" else 1)
        year, month = divmod(months, 12)
        day = min(now.day, calendar.monthrange(year, month + 1)[1])
        return now.replace(year=year, month=month + 1, day=day)
    except (ValueError, OverflowError) as error:
        raise SetupError(f"期限“{age}”太长了。") from error
