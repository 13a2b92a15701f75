"""One page for the meeting: who has registered where, what became of what was claimed, and what is still needed.

``outputs/summary/2026-11-23.html`` is one file without scripts or anything from elsewhere, laid out for a sheet of A4.
It names communities and employers, and no person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.ledgers import needs
from pipeline.ledgers.atomic import replacing
from pipeline.ledgers.belonging import BLANK
from pipeline.ledgers.census import CLAIM_STATES, DONE, OVERDUE, Count, Figures
from pipeline.ledgers.masking import masked_within
from pipeline.ledgers.register import EMPLOYER
from pipeline.ledgers.table import SheetPlan, Table
from pipeline.reports.meeting_chart import Drawing, lying, upright

FOLDER = "summary"

_TEMPLATES = Path(__file__).parent / "templates"
_COMMUNITIES, _MONTHS, _LISTED = 12, 12, 8
_OTHERS = "其他"
_REGISTERED = 2  # kinds: persons and units stand first among the ledgers


@dataclass(frozen=True, slots=True)
class Need:
    """A need that nothing has been found for."""

    text: str
    community: str


@dataclass(frozen=True, slots=True)
class Meeting:
    """What the page shows. ``employers`` are those with most, ``needs`` the first of ``open_needs``."""

    day: date
    as_of: str | None
    counted: dict[str, int]
    claims: dict[str, int]
    communities: Drawing | None
    months: Drawing | None
    states: Drawing | None
    employers: list[tuple[str, int]]
    needs: list[Need]
    open_needs: int

    @property
    def done_share(self) -> float | None:
        """Of the claims, how many are done."""
        total = sum(self.claims.values())
        return self.claims[CLAIM_STATES[DONE]] / total if total else None

    @property
    def overdue(self) -> int:
        return self.claims[CLAIM_STATES[OVERDUE]]


def write_meeting_summary(figures: Figures, books: Mapping[str, Sequence[SheetPlan]], outputs: Path, day: date) -> Path:
    """Write the page; where it lies. Raises :class:`pipeline.ledgers.atomic.CannotWriteError`."""
    with replacing(outputs / FOLDER / f"{day:%Y-%m-%d}.html") as written:
        written.temp.write_text(render(meeting_of(figures, books, day)), encoding="utf-8", newline="\n")
    return written.path


def meeting_of(figures: Figures, books: Mapping[str, Sequence[SheetPlan]], day: date) -> Meeting:
    """The census and the sheets put together for the page."""
    titles = list(figures.kinds.values())
    kinds = list(figures.kinds)[:_REGISTERED]
    shown = [figures.kinds[kind] for kind in kinds]
    totals = _summed(figures.counts)
    tables = {plan.name: plan.tables[0] for plans in books.values() for plan in plans if len(plan.tables) == 1}
    wanted = _open_needs(tables.get(needs.SHEET))
    by_month = {m: _row(figures.counts, kinds, month=m) for m in figures.months if m != BLANK}
    months = [m for m, counts in by_month.items() if any(counts)][-_MONTHS:]
    return Meeting(
        day=day,
        as_of=figures.as_of,
        counted={title: totals[kind] for kind, title in figures.kinds.items()},
        claims={title: _summed(figures.claims)[state] for state, title in CLAIM_STATES.items()},
        communities=lying(_by_community(figures.counts, kinds, figures.communities), shown, stacked=False),
        months=upright({_month(m): by_month[m] for m in months}, shown),
        states=lying(
            _by_community(figures.claims, list(CLAIM_STATES), figures.communities),
            list(CLAIM_STATES.values()),
            stacked=True,
        ),
        employers=_employers(tables.get(titles[0]) if titles else None),
        needs=wanted[:_LISTED],
        open_needs=len(wanted),
    )


def render(meeting: Meeting) -> str:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("meeting.html.j2").render(meeting=meeting)


def _by_community(counts: Iterable[Count], kinds: Sequence[str], order: Sequence[str]) -> dict[str, list[int]]:
    """The values of each community that has any, in the office's order; the smallest of too many taken together."""
    counts = list(counts)
    rows = {place: _row(counts, kinds, community=place) for place in order}
    rows = {place: values for place, values in rows.items() if any(values)}
    if len(rows) <= _COMMUNITIES:
        return rows
    most = sorted(rows, key=lambda place: -sum(rows[place]))[: _COMMUNITIES - 1]
    kept = {place: values for place, values in rows.items() if place in most}
    rest = [values for place, values in rows.items() if place not in most]
    return {**kept, _OTHERS: [sum(column) for column in zip(*rest, strict=True)]}


def _row(counts: Iterable[Count], kinds: Sequence[str], *, community: str = "", month: str = "") -> list[int]:
    found = Counter[str]()
    for c in counts:
        if community in ("", c.community) and month in ("", c.month):
            found[c.kind] += c.count
    return [found[kind] for kind in kinds]


def _summed(counts: Iterable[Count]) -> Counter[str]:
    found = Counter[str]()
    for count in counts:
        found[count.kind] += count.count
    return found


def _employers(people: Table | None) -> list[tuple[str, int]]:
    if people is None:
        return []
    counts = Counter(str(name) for name in people.frame[EMPLOYER] if name != BLANK)
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_LISTED]
    return [(masked_within(name), count) for name, count in most]


def _open_needs(table: Table | None) -> list[Need]:
    if table is None:
        return []
    rows = table.frame[table.frame["state"] == needs.State.OPEN]
    return [
        Need(masked_within(str(need or "")), str(place or BLANK))
        for need, place in zip(rows["need"], rows["community"], strict=True)
    ]


def _month(month: str) -> str:
    """``2019-05`` as ``19年5月``."""
    return f"{month[2:4]}年{int(month[5:])}月"
