"""Where, when and to whom a row belongs, in words that can be counted: community, month, employer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.definitions import FieldType, FormDefinition, Forms
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers.cells import shown
from pipeline.ledgers.claims import role_dictionaries, role_key
from pipeline.ledgers.layout import any_field, in_rows
from pipeline.ledgers.matches import Matches
from pipeline.ledgers.resolver import Resolver
from pipeline.records import FieldValue, Record

BLANK = "（未填）"
"""The community, month or employer of what does not say it."""

_MONTH = re.compile(r"(\d{4}-(?:0[1-9]|1[0-2]))(?:-\d{2})?", re.ASCII)
_LONGEST = 100  # characters; a paragraph read into a name field names nothing, and Excel compares 255 at most

Row = Mapping[str, FieldValue]


@dataclass(frozen=True, slots=True)
class Stated:
    """What a row itself says of where, when and to whom it belongs: texts as read, the month ``2019-05`` or ``""``."""

    community: str
    month: str
    employer: str


class Bearings:
    """Which fields of each form say so."""

    def __init__(self, forms: Forms) -> None:
        self._keys = {t: (role_key(f, forms, "community"), _date_key(f), _by_key(f)) for t, f in forms.items()}

    def of(self, form: FormDefinition, record: Record, row: Row) -> Stated:
        community, date, by = (text_of(form, record, row, key) for key in self._keys[form.type])
        return Stated(community, month_of(date), by)


class Belonging:
    """The names by which rows are counted: those that claims and feedback were settled by."""

    def __init__(self, matches: Matches) -> None:
        _, employers, communities = matches.resolvers
        self.community, self.employer = _Names(communities), _Names(employers)


def listed_communities(forms: Forms, dictionaries: Dictionaries) -> list[str]:
    """The office's own communities, in the order of its list."""
    listed = [dictionaries[n] for n in role_dictionaries(forms, "community") if n in dictionaries]
    return list(dict.fromkeys(entry for d in listed for entry in d.spellings.values()))


class _Names:
    """Remembers what was asked: the same few names come again and again."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._known: dict[str, str] = {}
        self._spelt: dict[str, str] = {}  # a spreadsheet tells no capitals apart when it counts

    def __call__(self, text: str) -> str:
        if not text:
            return BLANK
        if text not in self._known:
            name = self._resolver.resolve(text).name[:_LONGEST]
            self._known[text] = self._spelt.setdefault(name.lower(), name)
        return self._known[text]


def text_of(form: FormDefinition, record: Record, row: Row, key: str | None) -> str:
    """A field as staff read it, from the row or else the document; empty where the form has none."""
    if key is None:
        return ""
    found = row.get(key) if in_rows(form, key) else record.fields.get(key)
    return shown(any_field(form, key), found.value).strip() if found else ""


def month_of(day: str) -> str:
    """``2019-05`` of an ISO day or month; empty of anything else."""
    match = _MONTH.fullmatch(day)
    return match[1] if match else ""


def _date_key(form: FormDefinition) -> str | None:
    """The date that says when: the one of its claims or its service, else the last that may not lie ahead."""
    for part in (form.claims, form.fulfils):
        if part is not None and part.date:
            return part.date
    past = [f.key for f in form.fields if f.type is FieldType.DATE and not f.future]
    return past[-1] if past else None


def _by_key(form: FormDefinition) -> str | None:
    """The field that names whose it is."""
    for part in (form.claims, form.fulfils, form.offers, form.needs):
        if part is not None and part.by:
            return part.by
    return None
