"""Months, quarters and years, and when a document belongs to one: by the date on paper, not by that of its reading."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from pipeline.definitions import FormDefinition, Forms
from pipeline.errors import PipelineError
from pipeline.ledgers.belonging import Bearings
from pipeline.records import Record

_WRITTEN = re.compile(r"(?P<year>[12][0-9]{3})(?:-(?:(?P<month>0[1-9]|1[0-2])|[Qq](?P<quarter>[1-4])))?")
_QUARTERS = "一二三四"


class PeriodError(PipelineError):
    """What was given is no period, or none that an edition can be of."""

    code = "period"


class Length(Enum):
    """How many months a period has."""

    MONTH = 1
    QUARTER = 3
    YEAR = 12


@dataclass(frozen=True, slots=True)
class Period:
    """``length`` months from ``first``, the first day of one; called ``2026-05``, ``2026-Q2`` or ``2026``."""

    first: date
    length: Length

    @property
    def last(self) -> date:
        """Its last day."""
        return _months_after(self.first, self.length.value) - timedelta(days=1)

    @property
    def previous(self) -> Period:
        """The one of the same length before it."""
        return Period(_months_after(self.first, -self.length.value), self.length)

    @property
    def name(self) -> str:
        match self.length:
            case Length.MONTH:
                return f"{self.first:%Y-%m}"
            case Length.QUARTER:
                return f"{self.first:%Y}-Q{self._quarter}"
            case Length.YEAR:
                return f"{self.first:%Y}"

    @property
    def title(self) -> str:
        """As staff write it."""
        match self.length:
            case Length.MONTH:
                return f"{self.first.year}年{self.first.month}月"
            case Length.QUARTER:
                return f"{self.first.year}年第{_QUARTERS[self._quarter - 1]}季度"
            case Length.YEAR:
                return f"{self.first.year}年"

    @property
    def _quarter(self) -> int:
        return (self.first.month + 2) // 3

    def holds(self, month: str) -> bool:
        """Whether a month (``2026-05``) lies in it."""
        return f"{self.first:%Y-%m}" <= month <= f"{self.last:%Y-%m}"

    def reaches(self, month: str) -> bool:
        """Whether a month is in it or before it, or is not stated (``""``)."""
        return month <= f"{self.last:%Y-%m}"


def parse_period(text: str) -> Period:
    """The period called ``text``. Raises :class:`PeriodError`."""
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise PeriodError(f"“{text}”不是期间。月份写作 2026-05，季度写作 2026-Q2，年份写作 2026。")
    year = int(found["year"])
    if found["month"]:
        return Period(date(year, int(found["month"]), 1), Length.MONTH)
    if found["quarter"]:
        return Period(date(year, 3 * int(found["quarter"]) - 2, 1), Length.QUARTER)
    return Period(date(year, 1, 1), Length.YEAR)


def last_period(length: Length, today: date) -> Period:
    """The last one that is over."""
    start = today.replace(day=1)
    while (start.month - 1) % length.value:
        start = _months_after(start, -1)
    return Period(start, length).previous


def dating(forms: Forms) -> Callable[[Record], str]:
    """A function that gives the month (``2026-05``) of the date on a document; empty where it bears none."""
    bearings = Bearings(forms)

    def month(record: Record) -> str:
        form: FormDefinition | None = forms.get(record.doc_type)
        return bearings.of(form, record, {}).month if form is not None else ""

    return month


def _months_after(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)
