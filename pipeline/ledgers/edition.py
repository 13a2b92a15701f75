"""The workbooks of a period: what came in in it is told apart from all that there was at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date

import pandas as pd

from pipeline.ledgers import summary
from pipeline.ledgers.counting import Counting, crossed, number_column, quoted
from pipeline.ledgers.feedback import CLAIMS_SHEET
from pipeline.ledgers.periods import Period
from pipeline.ledgers.progress import Status
from pipeline.ledgers.register import EMPLOYER, MONTH, PLACE, STATUS
from pipeline.ledgers.table import CellValue, Column, Formula, Kind, SheetPlan, Table

IN_PERIOD, IN_PERIOD_TITLE = "in_period", "本期"
"""The column that says which rows are of the period."""
YES = "是"

_CLAIM_DATES = ("claimed", "served")
_EMPLOYERS = 30  # those with most

Books = dict[str, list[SheetPlan]]


def of_period(books: Books, period: Period, as_of: date, communities: Sequence[str]) -> None:
    """Make the workbooks of all documents up to the period's end into those of the period, in place.

    ``as_of`` is the day that they show; ``communities`` are the office's own, in order.
    """
    for plan in (plan for plans in books.values() for plan in plans):
        for table in plan.tables:
            _mark_rows(table, period)
    for plans in books.values():
        _count_period(plans, period, communities)
    for plan in (plan for plans in books.values() for plan in plans):
        plan.title += f"（{period.title}，截至{as_of:%Y-%m-%d}）"


def _mark_rows(table: Table, period: Period) -> None:
    """Give a table whose rows have names and dates the column 本期; what refers to it goes by headings, and goes on."""
    keys = {column.key for column in table.columns}
    if not table.keyed:
        return
    if MONTH in keys:
        within = [_is_within(period, str(value)) for value in table.frame[MONTH]]
        before = STATUS if STATUS in keys else MONTH
    elif dates := [key for key in _CLAIM_DATES if key in keys]:
        rows = zip(*(table.frame[key] for key in dates), strict=True)
        within = [any(_is_day_within(period, value) for value in row) for row in rows]
        before = dates[0]
    else:
        return
    place = table.place(before)
    group = table.columns[place].group
    column = Column(IN_PERIOD, IN_PERIOD_TITLE, Kind.SHORT, group=group)
    table.columns.insert(place, column)
    table.frame.insert(place, IN_PERIOD, pd.Series([YES if w else None for w in within], dtype=object))
    table.marks = {(r, c + (c >= place)): mark for (r, c), mark in table.marks.items()}


def _is_within(period: Period, month: str) -> bool:
    """Of a month as registers write it, ``201905``."""
    return period.holds(f"{month[:4]}-{month[4:]}")


def _is_day_within(period: Period, value: CellValue) -> bool:
    """Of a day, or of a month as text."""
    return period.holds(f"{value:%Y-%m}" if isinstance(value, date) else str(value)[:7]) if value else False


def _count_period(plans: list[SheetPlan], period: Period, communities: Sequence[str]) -> None:
    """Put what came in in the period first on the workbook's sheet of counts."""
    named = {plan.name: plan for plan in plans}
    if summary.SHEET not in named:
        return
    own = [plan.tables[0] for plan in plans if len(plan.tables) == 1 and plan.tables[0].name]
    registers = [table for table in own if {IN_PERIOD, PLACE, EMPLOYER} <= {c.key for c in table.columns}]
    new: list[Table] = []
    if CLAIMS_SHEET in named:
        new.append(_claims_of(named[CLAIMS_SHEET].tables[0], period))
    if registers:
        by_employer = [name for name, _ in _counted(registers, EMPLOYER).most_common(_EMPLOYERS)]
        places = [*communities, *sorted(set(_counted(registers, PLACE)) - set(communities))]
        new.append(_across(registers, period, PLACE, Column("place", "社区"), places))
        new.append(_across(registers, period, EMPLOYER, Column("employer", "单位"), by_employer))
    named[summary.SHEET].tables[:0] = new


def _counted(registers: Iterable[Table], key: str) -> Counter[str]:
    """How many rows of the period each name has."""
    found: Counter[str] = Counter()
    for table in registers:
        found.update(str(name) for name in table.frame[key][table.frame[IN_PERIOD] == YES])
    return found


def _across(registers: Sequence[Table], period: Period, key: str, head: Column, names: Sequence[str]) -> Table:
    columns = []
    for number, table in enumerate(registers):
        count = _in_period(table)
        columns.append((number_column(f"count{number}", table.title), [count(key, name) for name in names]))
    title = f"本期（{period.title}）新增：按{head.title}统计"
    if head.key == "employer":
        title += f"（最多的{_EMPLOYERS}个）"
    return crossed(title, head, list(names), columns)


def _claims_of(claims: Table, period: Period) -> Table:
    count = _in_period(claims)
    statuses = [str(status) for status in Status]
    column = (number_column("all", "认领项目"), [count("status", status) for status in statuses])
    return crossed(f"本期（{period.title}）认领或服务的项目", Column("name", "状态"), list(statuses), [column])


def _in_period(table: Table) -> Callable[[str, str], Formula]:
    counting = Counting(table)
    return lambda key, name: counting.where((key, "$B{row}", name), (IN_PERIOD, quoted(YES), YES))
