"""What the office reports of itself: how many of what, by community and month.

What is counted follows from the definitions: every sheet of the ledgers is a kind of thing, one row of it
counts as one, and a form on which no person may stand twice counts each person once. Claims are counted by
what became of them. The month is that of the date on paper, so that the figures do not change with the day of
reading.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, fields
from datetime import date
from functools import cached_property
from typing import Any

from pipeline.definitions import FormDefinition, Forms, UniquePerson
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers.belonging import BLANK, Bearings, Belonging, listed_communities, month_of, text_of
from pipeline.ledgers.feedback import Tracked, track
from pipeline.ledgers.layout import ordered_forms, sheet_for, sheet_title, sheets_of
from pipeline.ledgers.links import Decisions, Links, Matches
from pipeline.ledgers.progress import Status, claimed_on, reference_day
from pipeline.records import Record

DONE, OPEN, OVERDUE = "done", "open", "overdue"
CLAIM_STATES = {DONE: "已完成", OPEN: "未完成", OVERDUE: "逾期"}
"""What may have become of a claim, with what staff read; each claim is in one of these."""

_COUNTED = ("counts", "claims")


@dataclass(frozen=True, slots=True)
class Count:
    """How many of a kind there are in one community and month (``2019-05``); either may be :data:`BLANK`."""

    community: str
    month: str
    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The census of one moment.

    ``kinds`` are the things counted in the order of the ledgers, as keys with what staff read; ``claims`` counts by
    :data:`CLAIM_STATES` as kinds. ``communities`` stand in the order of the office's list, then others by name,
    ``months`` in order of time, in both what is not said last. ``as_of`` is the day by which 逾期 is reckoned.
    """

    kinds: dict[str, str]
    communities: list[str]
    months: list[str]
    counts: list[Count]
    claims: list[Count]
    as_of: str | None

    def to_dict(self) -> dict[str, Any]:
        rows = {name: [list(astuple(count)) for count in getattr(self, name)] for name in _COUNTED}
        return {**{f.name: getattr(self, f.name) for f in fields(self)}, **rows}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Figures:
        return cls(**{**data, **{name: [Count(*row) for row in data[name]] for name in _COUNTED}})


@dataclass(frozen=True, slots=True)
class Matched:
    """Claims and feedback matched, with what became of each claim by the day ``as_of``."""

    matches: Matches
    as_of: date | None
    tracked: list[Tracked]


class Census:
    """Counts records as they stream by. ``decisions`` are what people said of which feedback fulfils which claim."""

    def __init__(self, forms: Forms, dictionaries: Dictionaries, decisions: Decisions | None = None) -> None:
        self._forms = {form.type: form for form in ordered_forms(forms)}
        self._dictionaries = dictionaries
        self._decisions = decisions
        self._person_keys = {t: _person_key(f) for t, f in self._forms.items()}
        self._bearings = Bearings(forms)
        self._listed = listed_communities(forms, dictionaries)
        self._kinds = {
            _kind(key.doc_type, key.value): title for f in self._forms.values() for key, title in sheets_of(f).items()
        }
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._persons: dict[tuple[str, str], tuple[str, str]] = {}
        self._links = Links(forms)

    def watch(self, records: Iterable[Record]) -> Iterator[Record]:
        """The records as they are, counted on their way."""
        for record in records:
            self.add(record)
            yield record

    def add(self, record: Record) -> None:
        self._links.add(record)
        form = self._forms.get(record.doc_type)
        if form is None:
            return
        sheet = sheet_for(form, record)
        kind = _kind(sheet.doc_type, sheet.value)
        self._kinds.setdefault(kind, sheet_title(form, sheet))
        person = text_of(form, record, {}, self._person_keys[form.type])
        for row in (record.rows or [{}]) if form.rows else [{}]:
            stated = self._bearings.of(form, record, row)
            place, month = stated.community, stated.month
            if person:
                known = self._persons.get((kind, person))
                # The first registration counts, whichever was scanned first.
                self._persons[kind, person] = min(known, (month, place)) if known else (month, place)
            else:
                self._counts[place, month, kind] += 1

    @cached_property
    def matched(self) -> Matched:
        """The claims of all records; to be asked for once there are no more."""
        matches = self._links.match(self._dictionaries, self._decisions)
        as_of = reference_day(matches)
        return Matched(matches, as_of, track(matches, as_of, self._listed))

    def figures(self) -> Figures:
        """What was counted."""
        as_of, listed = self.matched.as_of, self._listed
        community = Belonging(self.matched.matches).community
        persons = [(place, month, kind) for (kind, _), (month, place) in self._persons.items()]
        counts: Counter[tuple[str, str, str]] = Counter()
        for (place, month, kind), n in [*self._counts.items(), *((person, 1) for person in persons)]:
            counts[community(place), month or BLANK, kind] += n
        claims: Counter[tuple[str, str, str]] = Counter()
        for tracked in self.matched.tracked:
            place = community(tracked.claim.community)
            claims[place, month_of(claimed_on(tracked.claim).text) or BLANK, _state(tracked.progress.status)] += 1
        said = {place for place, _, _ in (*counts, *claims)} - {BLANK}
        months = {month for _, month, _ in (*counts, *claims)}
        return Figures(
            self._kinds,
            [*listed, *sorted(said - set(listed)), BLANK],
            [*sorted(months - {BLANK}), *([BLANK] if BLANK in months else [])],
            [Count(*key, n) for key, n in sorted(counts.items())],
            [Count(*key, n) for key, n in sorted(claims.items())],
            as_of.isoformat() if as_of else None,
        )


def _kind(doc_type: str, value: str | None) -> str:
    return doc_type if value is None else f"{doc_type}:{value}"


def _person_key(form: FormDefinition) -> str | None:
    return next((rule.id_number for rule in form.rules if isinstance(rule, UniquePerson)), None)


def _state(status: Status) -> str:
    return {Status.DONE: DONE, Status.OVERDUE: OVERDUE}.get(status, OPEN)
