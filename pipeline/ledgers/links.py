"""Claims held against what was really done, matched by project, employer and community.

Names are settled first, each by itself (:mod:`resolver`). What the names alone leave open is weighed together: of
the claims that agree in the rest, the one that the doubtful names are likest to, if no other comes near. A
fulfilment answers one claim at most, a claim may be answered by many. What people decided goes before all of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import permutations
from typing import TypeVar

from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers.claims import (
    Fulfilment,
    Mention,
    Term,
    fulfilments_of,
    meanings_of,
    mentions_of,
    role_dictionaries,
)
from pipeline.ledgers.matches import Claim, Decisions, Key, Matches, Named, Pair, claimed_since, names, number
from pipeline.ledgers.pairing import Pairing, joined
from pipeline.ledgers.resolver import ROLES, Resolved, Resolver, Role
from pipeline.ledgers.told import Spelt, Together, Told, told_by
from pipeline.records import Record

__all__ = ["Claim", "Decisions", "Key", "Links", "Matches", "Pair", "claimed_since", "make_resolver", "match_claims"]

Stated = TypeVar("Stated", Mention, Fulfilment)

# Places that two names of one thing share, and how much more than by chance: names that are alike, and others.
_ALIKE, _UNLIKE = (2, 3.0), (4, 5.0)


def match_claims(
    records: Iterable[Record], forms: Forms, dictionaries: Dictionaries, decisions: Decisions | None = None
) -> Matches:
    """Match every claim of some records with the feedback that fulfils it. Touches nothing."""
    links = Links(forms)
    for record in records:
        links.add(record)
    return links.match(dictionaries, decisions)


class Links:
    """Collects what a stream of records claims and reports, then matches it."""

    def __init__(self, forms: Forms) -> None:
        self._forms = forms
        self._mentions: list[Mention] = []
        self._fulfilments: list[Fulfilment] = []

    def add(self, record: Record) -> None:
        self.take(mentions_of(record, self._forms), fulfilments_of(record, self._forms))

    def take(self, mentions: Iterable[Mention], fulfilments: Iterable[Fulfilment]) -> None:
        """Add what a document states."""
        self._mentions += mentions
        self._fulfilments += fulfilments

    def match(
        self, dictionaries: Dictionaries, decisions: Decisions | None = None, told: Told | None = None
    ) -> Matches:
        """Matches of all that was added; the same for any order of the documents but for the order of rows.

        What people decided holds, whatever the names and days say. ``told`` is what the names are learned from, where
        what was added is but some of all that is stated.
        """
        told = told or told_by(self._mentions, self._fulfilments)
        naming = _Naming(self._forms, dictionaries, told.names)
        claims: dict[tuple[Key, str], tuple[Claim, Named]] = {}
        mentions = naming.apart(self._mentions)
        naming.tell_apart(told.together)
        naming.bring_together([*mentions, *naming.apart(self._fulfilments)])
        for mention in mentions:
            key, named = naming.of(mention)
            # Claims that do not say whose they are cannot be known to be the same one.
            owner = "" if key.by else mention.source.document_id
            claim, known = claims.setdefault((key, owner), (Claim(key, *names(named)), named))
            # What a name may stand for is told of one spelling of it; any document may have that one.
            if known is not named:
                claims[key, owner] = claim, _in_doubt(known, named)
            claim.mentions.append(mention)
            claim.notes += [r.how for r in named if r.how and r.how not in claim.notes]
        out = Matches(joined(list(claims.values())), naming.apart(self._fulfilments))
        number(out.claims)
        out.resolvers = naming.resolvers
        Pairing(out, naming.of, decisions or {}).run()
        return out


class _Naming:
    """The three resolvers of a batch."""

    def __init__(self, forms: Forms, dictionaries: Dictionaries, names: Sequence[Mapping[Spelt, int]]) -> None:
        self.resolvers = tuple(
            make_resolver(role, attribute, forms, dictionaries)
            for role, attribute in zip(ROLES, Key._fields, strict=True)
        )
        for resolver, spelt in zip(self.resolvers, names, strict=True):
            resolver.learn(spelt)
        self._apart: set[tuple[str, str]] = set()
        self._same: dict[tuple[int, str], str] = {}
        self._known: dict[tuple[int, str, bool], Resolved] = {}

    def apart(self, stated: Sequence[Stated]) -> list[Stated]:
        """The same with projects written as one (A和B) taken apart."""
        out: list[Stated] = []
        known: dict[tuple[str, bool], list[str]] = {("", True): [""], ("", False): [""]}
        for one in stated:
            term = one.project
            parts = known.get((term.text, term.sure))
            if parts is None:
                parts = known[term.text, term.sure] = self.resolvers[0].parts(term.text, term.sure)
            out += [one] if len(parts) == 1 else [replace(one, project=replace(term, text=part)) for part in parts]
        return out

    def tell_apart(self, together: Iterable[Together]) -> None:
        """Two projects that somebody claims in one document are two: neither is another word for the other."""
        projects = self.resolvers[0]
        for claimed in sorted(together):
            parts = ((part, sure) for text, sure in claimed for part in projects.parts(text, sure))
            self._apart |= set(permutations({projects.resolve(part, sure).key for part, sure in parts}, 2))
        self._known.clear()

    def bring_together(self, stated: Iterable[Mention | Fulfilment]) -> None:
        """Take a doubtful name for the one in whose place it stands again and again.

        Where 济宁联通 claims the projects, in the communities, that 中国联合网络通信…济宁分公司 claims, more often than
        chance would have it, the two are one.
        """
        keys = [self.of(one)[0] for one in stated]
        for part in (1, 0):
            places: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)
            for key in keys:
                if all(key):
                    places[key[part]].add(key[:part] + key[part + 1 :])
            every = len(set().union(*places.values())) if places else 0
            for name, near in self.resolvers[part].possible.items():
                others = {
                    key: (places[key], _ALIKE if likeness.cost <= ROLES[part].far else _UNLIKE)
                    for key, likeness in near
                    if part or (name, key) not in self._apart
                }
                if found := _in_place_of(places[name], others, every):
                    self._same[part, name] = found
        self._known.clear()  # settled by what was known then

    def _settled(self, part: int, term: Term) -> Resolved:
        found = _resolve(self.resolvers[part], term)
        if other := self._same.get((part, found.key)):
            role, name = ROLES[part], self.resolvers[part].name(other)
            return Resolved(other, name, f"{role.word}“{term.text}”按“{name}”（两者多处认领相同）")
        if part or not found.near:
            return found
        return replace(found, near=tuple(n for n in found.near if (found.key, n[0]) not in self._apart))

    def of(self, stated: Mention | Fulfilment) -> tuple[Key, Named]:
        project, by, community = stated.project, stated.by, stated.community
        known = self._known  # the same few names come again and again, a hundred thousand times in a large store
        one = known.get((0, project.text, project.sure)) or self._settled_once(0, project)
        two = known.get((1, by.text, by.sure)) or self._settled_once(1, by)
        three = known.get((2, community.text, community.sure)) or self._settled_once(2, community)
        return Key(one.key, two.key, three.key), (one, two, three)

    def _settled_once(self, part: int, term: Term) -> Resolved:
        found = self._known[part, term.text, term.sure] = self._settled(part, term)
        return found


def _in_doubt(one: Named, other: Named) -> Named:
    """The same names, each with what it may stand for, if either says so."""
    project, by, community = (a if a.near else b for a, b in zip(one, other, strict=True))
    return project, by, community


_Places = set[tuple[str, ...]]


def _in_place_of(own: _Places, others: Mapping[str, tuple[_Places, tuple[int, float]]], every: int) -> str | None:
    """The one name that stands where another does, often and far more often than by chance: at least as many times,
    and so many times more than by chance, as is given with it."""
    surplus = {}
    for key, (places, (least, chances)) in others.items():
        shared, chance = len(own & places), len(own) * len(places) / max(1, every)
        if shared >= least and shared > chances * chance:
            surplus[key] = shared - chance
    best = sorted(surplus.items(), key=lambda item: (-item[1], item[0]))
    if not best or (len(best) > 1 and best[1][1] * 2 > best[0][1]):
        return None
    return best[0][0]


def make_resolver(role: Role, attribute: str, forms: Forms, dictionaries: Dictionaries) -> Resolver:
    """A resolver for a role of the definitions' claims, with the dictionaries its fields use."""
    names = role_dictionaries(forms, attribute)
    return Resolver(role, [dictionaries[n] for n in names if n in dictionaries], meanings_of(forms))


def _resolve(resolver: Resolver, term: Term) -> Resolved:
    return resolver.resolve(term.text, term.sure) if term.text else Resolved("", "")
