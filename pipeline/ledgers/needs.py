"""供需对接: what is needed, what is offered that may meet it, and the projects that came of it; open needs first."""

from __future__ import annotations

import bisect
import heapq
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter
from typing import Any, Generic, TypeVar

from pipeline.definitions import Forms, Offered
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers.cells import typed
from pipeline.ledgers.claims import Reader, Source, Term, each, meanings_of, places_of, role_dictionaries
from pipeline.ledgers.deeds import Deeds
from pipeline.ledgers.feedback import Tracked
from pipeline.ledgers.layout import holds
from pipeline.ledgers.links import make_resolver
from pipeline.ledgers.names import squash
from pipeline.ledgers.progress import Status
from pipeline.ledgers.resolver import COMMUNITY
from pipeline.ledgers.table import Column, Kind, Table, make_table
from pipeline.records import Record

SHEET = "供需对接"

T = TypeVar("T")

_COLUMNS = [
    Column("state", "状态", Kind.SHORT),
    Column("need", "需求"),
    Column("community", "社区"),
    Column("owner", "需求主体"),
    Column("date", "填报日期", Kind.DATE),
    Column("offers", "可对接资源"),
    Column("projects", "相关项目"),
    Column("source", "需求依据"),
    Column("note", "匹配说明"),
]
_OFFERS, _PROJECTS = 3, 3  # shown for a need, the likeliest
_LEAST = 0.35  # of the weight of the shorter of two texts, what they must share
_SHORTEST_WORD = 2
_COUNT = re.compile(r"(?:\d+|[一二三四五六七八九十]+)[余多]?(?:平方米|[名个台套件册份张辆人处块顶间本位支部条])")


class State(StrEnum):
    """How far a need has come, the most open first."""

    OPEN = "待对接"  # nothing offered meets it
    OFFERED = "有资源"
    OVERDUE = "逾期"
    CLAIMED = "已认领"
    DONE = "已完成"


_ORDER = list(State)


@dataclass(frozen=True, slots=True)
class Thing:
    """Something offered or needed, as one row of a list states it."""

    item: Term
    by: Term
    community: Term
    date: Term
    source: Source


@dataclass(frozen=True, slots=True)
class Fit:
    """How well two texts fit: the share of their weight, and the words that say so."""

    share: float
    why: str


class Needs:
    """Collects what a stream of records offers and needs, then lays one beside the other."""

    def __init__(self, forms: Forms) -> None:
        self._forms = forms
        self._offers: list[Thing] = []
        self._needs: list[Thing] = []

    @property
    def defined(self) -> bool:
        """Whether any form says that something is needed."""
        return any(form.needs for form in self._forms.values())

    def add(self, record: Record) -> None:
        form = self._forms.get(record.doc_type)
        if form is None:
            return
        for part, found in ((form.offers, self._offers), (form.needs, self._needs)):
            if part is not None and holds(record, part.when):
                found += _things(record, self._forms, part)

    def table(self, tracked: Sequence[Tracked], dictionaries: Dictionaries, communities: Iterable[str]) -> Table:
        """One row a need: open ones first, then by community in the order given."""
        fitting = _Fitting(self._forms, dictionaries, self._offers, tracked)
        places = {name: n for n, name in enumerate(communities)}
        rows = [(need, *fitting.of(need)) for need in self._needs]

        def order(row: tuple[Thing, State, dict[str, str]]) -> tuple[int, int, str]:
            community = row[2]["community"]
            return _ORDER.index(row[1]), places.get(community, len(places)), community

        rows.sort(key=order)
        values = [[typed(c.kind, texts[c.key]) for c in _COLUMNS] for _, _, texts in rows]
        table = make_table(SHEET, _COLUMNS, values)
        keys = [c.key for c in _COLUMNS]
        for r, (need, _, _) in enumerate(rows):
            stated = {"need": need.item, "community": need.community, "owner": need.by, "date": need.date}
            marks = {keys.index(key) + 1: term.mark for key, term in stated.items()}
            table.marks.update({(r, column): mark for column, mark in marks.items() if mark})
        return table


def _things(record: Record, forms: Forms, part: Offered) -> Iterator[Thing]:
    form = forms[record.doc_type]
    for row, source in places_of(form, record, part.name):
        term = Reader(form, record, row)
        for item in each(term(part.name)):
            yield Thing(item, term(part.by), term(part.community), term(part.date), source)


class _Fitting:
    """Finds the offers and the projects that fit a need."""

    def __init__(
        self, forms: Forms, dictionaries: Dictionaries, offers: Sequence[Thing], tracked: Sequence[Tracked]
    ) -> None:
        self._communities = make_resolver(COMMUNITY, "community", forms, dictionaries)
        self._meanings = meanings_of(forms)
        self._deeds = Deeds(self._meanings)
        self._entries = {
            squash(spelling): entry
            for name in role_dictionaries(forms, "project")
            if name in dictionaries
            for spelling, entry in dictionaries[name].spellings.items()
        }
        self._offers = _Shelves[Thing](_OFFERS, lambda offer: offer.source.label)
        self._claims = _Shelves[Tracked](_PROJECTS, lambda one: (one.claim.project, one.claim.by))
        texts = []
        for offer in offers:
            texts.append(_bare(offer.item.text))
            self._offers.add(texts[-1], self.community(offer.community.text), offer)
        for one in tracked:
            texts.append(_bare(one.claim.project))
            self._claims.add(texts[-1], self.community(one.claim.community), one)
        self._deeds.learn(texts)
        self._by_sign: defaultdict[str, set[str]] = defaultdict(set)
        for text in set(texts):
            for sign in self._deeds.signs(text):
                self._by_sign[sign].add(text)
        self._seen: dict[str, dict[str, Fit]] = {}

    def of(self, need: Thing) -> tuple[State, dict[str, str]]:
        """The state of a need, and the texts of its row."""
        community = self.community(need.community.text)
        fits = self._fits(_bare(need.item.text))
        offers = self._offers.first(fits, community, elsewhere=True)
        claims = self._claims.first(fits, community, elsewhere=False)
        state = _state(bool(offers), [one.progress.status for _, _, one in claims])
        notes = [f"资源“{o.item.text}”{'' if here else '（其他社区）'}{fit.why}" for fit, here, o in offers]
        notes += [f"项目“{one.claim.project}”{fit.why}" for fit, _, one in claims]
        return state, {
            "state": state,
            "need": need.item.text,
            "community": community,
            "owner": need.by.text,
            "date": need.date.text,
            "offers": "；".join(self._shown(o, here) for _, here, o in offers),
            "projects": "；".join(f"{_claimed(one)}：{one.progress.status}" for _, _, one in claims),
            "source": need.source.label,
            "note": "；".join(dict.fromkeys(notes)) or "未找到用词相近的资源和项目",
        }

    def community(self, text: str) -> str:
        return (self._communities.listed(text) or text) if text else ""

    def _shown(self, offer: Thing, here: bool) -> str:
        whose = "，".join(t for t in (offer.by.text, "" if here else self.community(offer.community.text)) if t)
        return f"{offer.item.text}（{whose}）" if whose else offer.item.text

    def _fits(self, need: str) -> dict[str, Fit]:
        """Every text of an offer or a claim that fits."""
        if need not in self._seen:
            near = set().union(*(self._by_sign.get(sign, set()) for sign in self._deeds.signs(need)))
            found = {text: self._compare(need, text) for text in near}
            self._seen[need] = {text: fit for text, fit in found.items() if fit is not None}
        return self._seen[need]

    def _compare(self, need: str, text: str) -> Fit | None:
        entry = self._entries.get(need)
        if entry and entry == self._entries.get(text):
            return Fit(1.0, f"同为“{entry}”")
        share = self._deeds.share(need, text)
        words = [*_common(need, text), *self._common_meanings(need, text)]
        if share < _LEAST or not words:
            return None
        return Fit(share, f"同有“{'、'.join(dict.fromkeys(words))}”")

    def _common_meanings(self, need: str, text: str) -> list[str]:
        """Meanings that both have, in words that are not the same."""
        out = []
        for meaning, words in self._meanings.items():
            mine, theirs = ([w for w in (meaning, *words) if w in t] for t in (need, text))
            if mine and theirs and not set(mine) & set(theirs):
                out.append(f"{mine[0]}/{theirs[0]}")
        return out


class _Shelves(Generic[T]):
    """Things by their text and community, of each no more than the first few, as no more are ever shown."""

    def __init__(self, most: int, order: Callable[[T], Any]) -> None:
        self._most, self._order = most, order
        self._shelves: defaultdict[str, dict[str, list[tuple[Any, int, T]]]] = defaultdict(dict)
        self._count = 0

    def add(self, text: str, community: str, thing: T) -> None:
        shelf = self._shelves[text].setdefault(community, [])
        bisect.insort(shelf, (self._order(thing), self._count, thing))
        del shelf[self._most :]
        self._count += 1

    def first(self, fits: Mapping[str, Fit], community: str, *, elsewhere: bool) -> list[tuple[Fit, bool, T]]:
        """The first of the things whose texts fit, each with its fit and whether it is of this ``community``: those
        that are, which ``elsewhere`` adds the others to; by how well they fit; in their own order."""
        found = [
            ((place != community, -fit.share, order, number), (fit, place == community, thing))
            for text, fit in fits.items()
            for place, shelf in self._shelves.get(text, {}).items()
            if elsewhere or place == community
            for order, number, thing in shelf
        ]
        return [kept for _, kept in heapq.nsmallest(self._most, found, key=itemgetter(0))]


def _bare(text: str) -> str:
    """What a thing is, without how many of it there are."""
    return squash(_COUNT.sub("", unicodedata.normalize("NFKC", text))) or squash(text)


def _common(a: str, b: str) -> list[str]:
    """The stretches of two characters and more that two texts share, in the order of the first."""
    out, start = [], 0
    while start < len(a):
        end = start + 1
        while end < len(a) and a[start : end + 1] in b:
            end += 1
        if end - start >= _SHORTEST_WORD and a[start:end] in b:
            out.append(a[start:end])
            start = end
        else:
            start += 1
    return out


def _claimed(tracked: Tracked) -> str:
    by = tracked.claim.by
    return f"{tracked.claim.project}（{by}）" if by else tracked.claim.project


def _state(offered: bool, claims: Iterable[Status]) -> State:
    states = set(claims)
    if Status.DONE in states:
        return State.DONE
    if states - {Status.OVERDUE}:
        return State.CLAIMED
    if states:
        return State.OVERDUE
    return State.OFFERED if offered else State.OPEN
