"""Claims held against what was really done, matched by project, employer and community.

Names are settled first, each by itself (:mod:`resolver`). What the names alone leave open is weighed together: of
the claims that agree in the rest, the one that the doubtful names are likest to, if no other comes near. A
fulfilment answers one claim at most, a claim may be answered by many.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import permutations
from typing import NamedTuple, TypeVar

from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers.cells import as_date
from pipeline.ledgers.claims import (
    Fulfilment,
    Mention,
    Source,
    Term,
    fulfilments_of,
    meanings_of,
    mentions_of,
    role_dictionaries,
)
from pipeline.ledgers.likeness import Likeness
from pipeline.ledgers.resolver import COMMUNITY, EMPLOYER, PROJECT, Resolved, Resolver, Role
from pipeline.records import Record

Stated = TypeVar("Stated", Mention, Fulfilment)

_ROLES = (PROJECT, EMPLOYER, COMMUNITY)
_SHARED, _CHANCES = 2, 3.0  # places that two names of one thing share, and how much more than by chance
_FAR = 2.4  # what doubtful names may cost together, where all else agrees
_APART = 0.45  # and how much less than the next claim
_BETTER = 0.5  # by how much another name may be likelier than the claimed one


class Key(NamedTuple):
    """What a claim and its feedback have in common; empty where a document leaves it blank."""

    project: str
    by: str
    community: str


Named = tuple[Resolved, Resolved, Resolved]


@dataclass(slots=True)
class Claim:
    """One project claimed by one employer in one community, with every document that says so.

    ``project``, ``by`` and ``community`` are the names to show, ``notes`` what was concluded about the
    spellings on the way.
    """

    key: Key
    project: str
    by: str
    community: str
    mentions: list[Mention] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim and a fulfilment by their places in :class:`Matches`; ``note`` explains the match."""

    claim: int
    fulfilment: int
    note: str


@dataclass(slots=True)
class Matches:
    """Claims in the order they were first stated; ``unmatched`` are fulfilments without a claim.

    ``hints`` says, for an unmatched fulfilment, which claim comes closest.
    """

    claims: list[Claim] = field(default_factory=list)
    fulfilments: list[Fulfilment] = field(default_factory=list)
    names: list[tuple[str, str, str]] = field(default_factory=list)  # project, employer, community a fulfilment
    pairs: list[Pair] = field(default_factory=list)
    unmatched: list[int] = field(default_factory=list)
    hints: dict[int, str] = field(default_factory=dict)

    def pairs_by_claim(self) -> dict[int, list[Pair]]:
        out: dict[int, list[Pair]] = {}
        for pair in self.pairs:
            out.setdefault(pair.claim, []).append(pair)
        return out

    @property
    def without_feedback(self) -> list[int]:
        """Claims that no fulfilment answers."""
        answered = {pair.claim for pair in self.pairs}
        return [i for i in range(len(self.claims)) if i not in answered]


def match_claims(records: Iterable[Record], forms: Forms, dictionaries: Dictionaries) -> Matches:
    """Match every claim of some records with the feedback that fulfils it. Touches nothing."""
    links = Links(forms)
    for record in records:
        links.add(record)
    return links.match(dictionaries)


def claimed_since(claim: Claim) -> date | None:
    """The earliest day on which it was claimed; ``None`` where a document does not say, or it is in doubt."""
    days = [as_date(m.date.text) if m.date.sure and m.date.mark is None else None for m in claim.mentions]
    known = [day for day in days if day is not None]
    return min(known) if known and len(known) == len(days) else None


class Links:
    """Collects what a stream of records claims and reports, then matches it."""

    def __init__(self, forms: Forms) -> None:
        self._forms = forms
        self._mentions: list[Mention] = []
        self._fulfilments: list[Fulfilment] = []

    def add(self, record: Record) -> None:
        self._mentions += mentions_of(record, self._forms)
        self._fulfilments += fulfilments_of(record, self._forms)

    def match(self, dictionaries: Dictionaries) -> Matches:
        """Matches of all that was added; the same for any order of the documents but for the order of rows."""
        naming = _Naming(self._forms, dictionaries, [*self._mentions, *self._fulfilments])
        claims: dict[tuple[Key, str], tuple[Claim, Named]] = {}
        mentions = naming.apart(self._mentions)
        naming.tell_apart(mentions)
        naming.bring_together([*mentions, *naming.apart(self._fulfilments)])
        for mention in mentions:
            key, named = naming.of(mention)
            # Claims that do not say whose they are cannot be known to be the same one.
            owner = "" if key.by else mention.source.document_id
            claim, _ = claims.setdefault((key, owner), (Claim(key, *_names(named)), named))
            claim.mentions.append(mention)
            claim.notes += [r.how for r in named if r.how and r.how not in claim.notes]
        out = Matches(_joined(list(claims.values())), naming.apart(self._fulfilments))
        _Pairing(out, naming).run()
        return out


class _Naming:
    """The three resolvers of a batch."""

    def __init__(self, forms: Forms, dictionaries: Dictionaries, stated: list[Mention | Fulfilment]) -> None:
        self._resolvers = tuple(
            make_resolver(role, attribute, forms, dictionaries)
            for role, attribute in zip(_ROLES, Key._fields, strict=True)
        )
        for resolver, attribute in zip(self._resolvers, Key._fields, strict=True):
            resolver.learn(_texts((s.source, getattr(s, attribute)) for s in stated))
        self._apart: set[tuple[str, str]] = set()
        self._same: dict[tuple[int, str], str] = {}

    def apart(self, stated: Sequence[Stated]) -> list[Stated]:
        """The same with projects written as one (A和B) taken apart."""
        out = []
        for one in stated:
            term = one.project
            parts = self._resolvers[0].parts(term.text, term.sure) if term.text else [""]
            out += [one] if len(parts) == 1 else [replace(one, project=replace(term, text=part)) for part in parts]
        return out

    def tell_apart(self, mentions: Iterable[Mention]) -> None:
        """Two projects that somebody claims in one document are two: neither is another word for the other."""
        claimed: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for m in mentions:
            claimed[m.source.document_id, m.by.text].add(_resolve(self._resolvers[0], m.project).key)
        self._apart = {pair for keys in claimed.values() for pair in permutations(keys, 2)}

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
            for name, near in self._resolvers[part].possible.items():
                others = {key: places[key] for key, _ in near if part or (name, key) not in self._apart}
                if found := _in_place_of(places[name], others, every):
                    self._same[part, name] = found

    def _settled(self, part: int, term: Term) -> Resolved:
        found = _resolve(self._resolvers[part], term)
        if other := self._same.get((part, found.key)):
            role, name = _ROLES[part], self._resolvers[part].name(other)
            return Resolved(other, name, f"{role.word}“{term.text}”按“{name}”（两者多处认领相同）")
        if part or not found.near:
            return found
        return replace(found, near=tuple(n for n in found.near if (found.key, n[0]) not in self._apart))

    def of(self, stated: Mention | Fulfilment) -> tuple[Key, Named]:
        parts = (self._settled(0, stated.project), self._settled(1, stated.by), self._settled(2, stated.community))
        return Key(*(p.key for p in parts)), parts


_Places = set[tuple[str, ...]]


def _in_place_of(own: _Places, others: Mapping[str, _Places], every: int) -> str | None:
    """The one name that stands where another does, often and far more often than by chance."""
    surplus = {}
    for key, places in others.items():
        shared, chance = len(own & places), len(own) * len(places) / max(1, every)
        if shared >= _SHARED and shared > _CHANCES * chance:
            surplus[key] = shared - chance
    best = sorted(surplus.items(), key=lambda item: (-item[1], item[0]))
    if not best or (len(best) > 1 and best[1][1] * 2 > best[0][1]):
        return None
    return best[0][0]


def make_resolver(role: Role, attribute: str, forms: Forms, dictionaries: Dictionaries) -> Resolver:
    """A resolver for a role of the definitions' claims, with the dictionaries its fields use."""
    names = role_dictionaries(forms, attribute)
    return Resolver(role, [dictionaries[n] for n in names if n in dictionaries], meanings_of(forms))


def _texts(terms: Iterable[tuple[Source, Term]]) -> list[tuple[str, bool]]:
    """The terms' texts, each once a document: a form that claims three projects names its employer once."""
    found = {(source.document_id, term.text, term.sure) for source, term in terms if term.text}
    return [(text, sure) for _, text, sure in sorted(found)]


def _resolve(resolver: Resolver, term: Term) -> Resolved:
    return resolver.resolve(term.text, term.sure) if term.text else Resolved("", "")


def _names(named: Named) -> tuple[str, str, str]:
    project, by, community = named
    return project.name, by.name, community.name


class _Candidates:
    """Claims by two of their three parts, and what doubtful names cost against each."""

    def __init__(self, claims: Sequence[tuple[Key, Named]]) -> None:
        self._claims = claims
        self._by_part: defaultdict[tuple[int, str], set[int]] = defaultdict(set)
        for i, (key, _) in enumerate(claims):
            for part in enumerate(key):
                self._by_part[part].add(i)

    def of(self, key: Key, named: Named, but: int = -1) -> list[tuple[float, int, list[tuple[int, Likeness]]]]:
        """Every claim that the names may mean: cost, claim, and the parts that differ, cheapest first."""
        pools = []
        for part, resolved in enumerate(named):
            if not key[part]:
                return []
            pool = set(self._by_part.get((part, key[part]), ()))
            for other, _ in resolved.near:
                pool |= self._by_part.get((part, other), set())
            pools.append(pool)
        found = []
        for i in set.intersection(*pools) - {but}:
            if (costs := self.costs(named, key, i)) is not None and sum(c.cost for _, c in costs) <= _FAR:
                found.append((sum(c.cost for _, c in costs), i, costs))
        return sorted(found, key=lambda x: (x[0], x[1]))

    def costs(self, named: Named, key: Key, claim: int) -> list[tuple[int, Likeness]] | None:
        """What it costs to take each differing name for the claim's; ``None`` where one cannot be."""
        out = []
        for part, (mine, theirs) in enumerate(zip(key, self._claims[claim][0], strict=True)):
            if mine == theirs:
                continue
            near = dict(named[part].near)
            if theirs not in near or near[theirs].cost > named[part].near[0][1].cost + _BETTER:
                return None
            out.append((part, near[theirs]))
        return out


def _joined(claims: list[tuple[Claim, Named]]) -> list[Claim]:
    """Claims whose names are in doubt put to the one claim that they may be, if there is just one."""
    candidates = _Candidates([(claim.key, named) for claim, named in claims])
    into: dict[int, int] = {}
    for i, (claim, named) in enumerate(claims):
        if not any(r.near for r in named):
            continue
        found = [f for f in candidates.of(claim.key, named, but=i) if f[1] not in into]
        if chosen := _clear(found):
            into[i] = chosen[1]
            target = claims[chosen[1]][0]
            target.mentions += claim.mentions
            target.notes += [n for n in (*claim.notes, *_explained(claim, target, chosen[2])) if n not in target.notes]
    return [claim for i, (claim, _) in enumerate(claims) if i not in into]


_Found = tuple[float, int, list[tuple[int, Likeness]]]


def _clear(found: Sequence[_Found]) -> _Found | None:
    """The likeliest claim, if no other comes near."""
    if not found or (len(found) > 1 and found[1][0] - found[0][0] < _APART):
        return None
    return found[0]


def _explained(mine: Claim | Key, claim: Claim, costs: Iterable[tuple[int, Likeness]]) -> list[str]:
    notes = []
    for part, likeness in costs:
        role, attribute = _ROLES[part], Key._fields[part]
        rest = "、".join(r.word for r in _ROLES if r is not role)
        notes.append(
            f"{role.word}“{getattr(mine, attribute)}”{likeness.how}“{getattr(claim, attribute)}”（{rest}一致）"
        )
    return notes


class _Pairing:
    """Finds the claim of every fulfilment."""

    def __init__(self, out: Matches, naming: _Naming) -> None:
        self._out, self._naming = out, naming
        self._index = {claim.key: i for i, claim in enumerate(out.claims)}
        blank = Resolved("", "")
        self._candidates = _Candidates([(claim.key, (blank, blank, blank)) for claim in out.claims])
        self._by_project: defaultdict[str, list[int]] = defaultdict(list)
        self._by_place: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for i, claim in enumerate(out.claims):
            self._by_project[claim.key.project].append(i)
            self._by_place[claim.key.by, claim.key.community].append(i)

    def run(self) -> None:
        for number, fulfilment in enumerate(self._out.fulfilments):
            key, named = self._naming.of(fulfilment)
            self._out.names.append(_names(named))
            notes = [r.how for r in named if r.how]
            claim, note = self._claim_of(fulfilment, key, named)
            if note:
                notes.append(note)
            if claim is None:
                self._out.unmatched.append(number)
                self._out.hints[number] = "；".join([*notes, *([] if note else [self._hint(key)])])
            else:
                self._out.pairs.append(Pair(claim, number, "；".join(notes)))

    def _claim_of(self, fulfilment: Fulfilment, key: Key, named: Named) -> tuple[int | None, str]:
        """The claim, or none; and why, where that does not follow from the names alone."""
        found, note = (self._index.get(key), "") if all(key) else self._only(key)
        if found is None:
            near = self._candidates.of(key, named)
            if chosen := _clear(near):
                found = chosen[1]
                claim = self._out.claims[found]
                note = "；".join(_explained(Key(*_names(named)), claim, chosen[2]))
            elif near:
                close = (self._out.claims[i] for _, i, _ in near[:3])
                names = [f"{c.by}（{c.community}）{c.project}" for c in close]
                return None, f"与多条认领相近，未自动匹配：{'；'.join(names)}"
        if found is not None and (early := self._early(fulfilment, found)):
            return None, "；".join(n for n in (note, early) if n)
        return found, note

    def _early(self, fulfilment: Fulfilment, claim: int) -> str:
        since = claimed_since(self._out.claims[claim])
        done = as_date(fulfilment.date.text) if fulfilment.date.sure and fulfilment.date.mark is None else None
        if since is None or done is None or done >= since:
            return ""
        return f"服务日期{done:%Y-%m-%d}早于认领日期{since:%Y-%m-%d}，未计入该认领"

    def _only(self, key: Key) -> tuple[int | None, str]:
        """The one claim of the same project that agrees where both sides say something, and at least once."""
        fits = []
        for i in self._by_project.get(key.project, []) if key.project else []:
            other = self._out.claims[i].key
            blank = [not (a and b) for a, b in zip(key[1:], other[1:], strict=True)]
            same = [a == b for a, b in zip(key[1:], other[1:], strict=True)]
            if sum(blank) == 1 and all(b or s for b, s in zip(blank, same, strict=True)):
                fits.append(i)
        return (fits[0], _blanks(key, self._out.claims[fits[0]].key)) if len(fits) == 1 else (None, "")

    def _hint(self, key: Key) -> str:
        """What comes closest to an unmatched fulfilment."""
        claims = self._out.claims
        if key.by and key.community and (same := self._by_place.get((key.by, key.community))):
            projects = list(dict.fromkeys(claims[i].project for i in same))
            return f"该单位在该社区认领的项目是：{'、'.join(projects)}"
        same = self._by_project.get(key.project, [])
        elsewhere = list(dict.fromkeys(claims[i].community for i in same if claims[i].key.by == key.by))
        if key.by and any(elsewhere):
            return f"该单位认领了该项目，但社区为：{'、'.join(c for c in elsewhere if c)}"
        others = list(dict.fromkeys(claims[i].by for i in same if claims[i].key.community == key.community))
        if key.community and any(others):
            return f"该社区的该项目由其他单位认领：{'、'.join(o for o in others if o)}"
        return "没有找到相近的认领"


def _blanks(key: Key, other: Key) -> str:
    word = EMPLOYER.word if not (key.by and other.by) else COMMUNITY.word
    side = "反馈" if not (key.by and key.community) else "认领"
    return f"{side}未写明{word}，按其余两项唯一对应"
