"""What time it is, also where somebody set the clock back."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from pipeline.store import Store

_SLACK = datetime.timedelta(minutes=10)  # clocks are put right by minutes


@dataclass(frozen=True, slots=True)
class Clock:
    """``now`` in UTC; ``today`` by which dates on paper are judged; ``notice`` where the two cannot both be right."""

    now: datetime.datetime
    today: datetime.date
    notice: str = ""


def tell_time(store: Store) -> Clock:
    """The time. A clock behind an earlier batch was set back: dates are then judged by that batch's day,

    or every form of this week would lie in the future. So until the clock is put right, not only once.
    """
    now = datetime.datetime.now(datetime.UTC)
    latest = store.latest_start()
    if latest is None or now + _SLACK >= latest:
        return Clock(now, datetime.date.today())
    day = latest.astimezone().date()
    notice = (
        f"电脑时钟（{now.astimezone():%Y-%m-%d %H:%M}）早于以前的批处理"
        f"（{latest.astimezone():%Y-%m-%d %H:%M}），可能被调慢了。本次按 {day:%Y-%m-%d} 判断日期，请校准时钟。"
    )
    return Clock(now, day, notice)
