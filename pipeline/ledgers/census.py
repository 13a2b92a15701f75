"""What the office reports of itself: how many of what, by community and month.

What is counted follows from the definitions: every sheet of the ledgers is a kind of thing, one row of it
counts as one, and a form on which no person may stand twice counts each person once. Claims are counted by
what became of them. The month is that of the date on paper, so that the figures do not change with the day of
reading.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, fields
from typing import Any

from pipeline.definitions import FieldType, FormDefinition, Forms, UniquePerson
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers.cells import shown
from pipeline.ledgers.claims import community_key, role_dictionaries
from pipeline.ledgers.feedback import track
from pipeline.ledgers.layout import any_field, in_rows, ordered_forms, sheet_for, sheet_title, sheets_of
from pipeline.ledgers.links import Links, make_resolver
from pipeline.ledgers.progress import Status, claimed_on, reference_day
from pipeline.ledgers.resolver import COMMUNITY
from pipeline.records import Record

BLANK = "（未填）"
"""The community or month of what does not say it."""

DONE, OPEN, OVERDUE = "done", "open", "overdue"
CLAIM_STATES = {DONE: "已完成", OPEN: "未完成", OVERDUE: "逾期"}
"""What may have become of a claim, with what staff read; each claim is in one of these."""

_COUNTED = ("counts", "claims")
_MONTH = re.compile(r"(\d{4}-(?:0[1-9]|1[0-2]))(?:-\d{2})?", re.ASCII)


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


class Census:
    """Counts records as they stream by."""

    def __init__(self, forms: Forms, dictionaries: Dictionaries) -> None:
        self._forms = {form.type: form for form in ordered_forms(forms)}
        self._dictionaries = dictionaries
        self._community_keys = {t: community_key(f, forms) for t, f in self._forms.items()}
        self._date_keys = {t: _date_key(f) for t, f in self._forms.items()}
        self._person_keys = {t: _person_key(f) for t, f in self._forms.items()}
        self._resolver = make_resolver(COMMUNITY, "community", forms, dictionaries)
        listed = [dictionaries[n] for n in role_dictionaries(forms, "community") if n in dictionaries]
        self._listed = list(dict.fromkeys(entry for d in listed for entry in d.spellings.values()))
        self._kinds = {
            _kind(key.doc_type, key.value): title for f in self._forms.values() for key, title in sheets_of(f).items()
        }
        self._names: dict[str, str] = {}
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
        month = _month(self._text(form, record, {}, self._date_keys[form.type]))
        for row in (record.rows or [{}]) if form.rows else [{}]:
            place = self._community(self._text(form, record, row, self._community_keys[form.type]))
            person = self._text(form, record, {}, self._person_keys[form.type])
            if person:
                known = self._persons.get((kind, person))
                # The first registration counts, whichever was scanned first.
                self._persons[kind, person] = min(known, (month, place)) if known else (month, place)
            else:
                self._counts[place, month, kind] += 1

    def figures(self) -> Figures:
        """What was counted."""
        counts = self._counts.copy()
        for (kind, _), (month, place) in self._persons.items():
            counts[place, month, kind] += 1
        matches = self._links.match(self._dictionaries)
        as_of = reference_day(matches)
        claims: Counter[tuple[str, str, str]] = Counter()
        for tracked in track(matches, as_of, self._listed):
            place = self._community(tracked.claim.community)
            claims[place, _month(claimed_on(tracked.claim).text), _state(tracked.progress.status)] += 1
        said = {place for place, _, _ in (*counts, *claims)} - {BLANK}
        months = {month for _, month, _ in (*counts, *claims)}
        return Figures(
            self._kinds,
            [*self._listed, *sorted(said - set(self._listed)), BLANK],
            [*sorted(months - {BLANK}), *([BLANK] if BLANK in months else [])],
            [Count(*key, n) for key, n in sorted(counts.items())],
            [Count(*key, n) for key, n in sorted(claims.items())],
            as_of.isoformat() if as_of else None,
        )

    def _text(self, form: FormDefinition, record: Record, row: Mapping[str, Any], key: str | None) -> str:
        if key is None:
            return ""
        found = row.get(key) if in_rows(form, key) else record.fields.get(key)
        return shown(any_field(form, key), found.value).strip() if found else ""

    def _community(self, text: str) -> str:
        if not text:
            return BLANK
        if text not in self._names:
            self._names[text] = self._resolver.listed(text) or text
        return self._names[text]


def _kind(doc_type: str, value: str | None) -> str:
    return doc_type if value is None else f"{doc_type}:{value}"


def _date_key(form: FormDefinition) -> str | None:
    """The date that says when: the one of its claims or its service, else the last that may not lie ahead."""
    for part in (form.claims, form.fulfils):
        if part is not None and part.date:
            return part.date
    past = [f.key for f in form.fields if f.type is FieldType.DATE and not f.future]
    return past[-1] if past else None


def _person_key(form: FormDefinition) -> str | None:
    return next((rule.id_number for rule in form.rules if isinstance(rule, UniquePerson)), None)


def _month(text: str) -> str:
    match = _MONTH.fullmatch(text)
    return match[1] if match else BLANK


def _state(status: Status) -> str:
    return {Status.DONE: DONE, Status.OVERDUE: OVERDUE}.get(status, OPEN)
