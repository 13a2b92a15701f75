"""Claims held against what was really done, matched by project, employer and community."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers.claims import (
    Fulfilment,
    Mention,
    Source,
    Term,
    fulfilments_of,
    mentions_of,
    role_dictionaries,
)
from pipeline.ledgers.resolver import COMMUNITY, EMPLOYER, PROJECT, Resolved, Resolver, Role
from pipeline.records import Record


class Key(NamedTuple):
    """What a claim and its feedback have in common; empty where a document leaves it blank."""

    project: str
    by: str
    community: str


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
        claims: dict[tuple[Key, str], Claim] = {}
        for mention in self._mentions:
            key, resolved = naming.of(mention)
            # Claims that do not say whose they are cannot be known to be the same one.
            owner = "" if key.by else mention.source.document_id
            claim = claims.setdefault((key, owner), Claim(key, *_names(resolved)))
            claim.mentions.append(mention)
            claim.notes += [r.how for r in resolved if r.how and r.how not in claim.notes]
        out = Matches(list(claims.values()), self._fulfilments)
        _pair(out, naming)
        return out


class _Naming:
    """The three resolvers of a batch."""

    def __init__(self, forms: Forms, dictionaries: Dictionaries, stated: list[Mention | Fulfilment]) -> None:
        self._project = make_resolver(PROJECT, "project", forms, dictionaries)
        self._by = make_resolver(EMPLOYER, "by", forms, dictionaries)
        self._community = make_resolver(COMMUNITY, "community", forms, dictionaries)
        self._project.learn(_texts((s.source, s.project) for s in stated))
        self._by.learn(_texts((s.source, s.by) for s in stated))
        self._community.learn(_texts((s.source, s.community) for s in stated))

    def of(self, stated: Mention | Fulfilment) -> tuple[Key, tuple[Resolved, Resolved, Resolved]]:
        parts = (
            _resolve(self._project, stated.project),
            _resolve(self._by, stated.by),
            _resolve(self._community, stated.community),
        )
        return Key(*(p.key for p in parts)), parts


def make_resolver(role: Role, attribute: str, forms: Forms, dictionaries: Dictionaries) -> Resolver:
    """A resolver for a role of the definitions' claims, with the dictionaries its fields use."""
    names = role_dictionaries(forms, attribute)
    return Resolver(role, [dictionaries[n] for n in names if n in dictionaries])


def _texts(terms: Iterable[tuple[Source, Term]]) -> list[tuple[str, bool]]:
    """The terms' texts, each once a document: a form that claims three projects names its employer once."""
    found = {(source.document_id, term.text, term.sure) for source, term in terms if term.text}
    return [(text, sure) for _, text, sure in sorted(found)]


def _resolve(resolver: Resolver, term: Term) -> Resolved:
    return resolver.resolve(term.text, term.sure) if term.text else Resolved("", "")


def _names(resolved: tuple[Resolved, Resolved, Resolved]) -> tuple[str, str, str]:
    project, by, community = resolved
    return project.name, by.name, community.name


def _pair(out: Matches, naming: _Naming) -> None:
    """Fill in pairs, and the fulfilments that no claim answers to with the nearest claim as a hint."""
    index = {claim.key: i for i, claim in enumerate(out.claims)}
    by_project: dict[str, list[int]] = {}
    by_pair: dict[tuple[str, str], list[int]] = {}
    for i, claim in enumerate(out.claims):
        by_project.setdefault(claim.key.project, []).append(i)
        by_pair.setdefault((claim.key.by, claim.key.community), []).append(i)
    for number, fulfilment in enumerate(out.fulfilments):
        key, resolved = naming.of(fulfilment)
        out.names.append(_names(resolved))
        notes = [r.how for r in resolved if r.how]
        found = index.get(key) if all(key) else None
        if found is None:
            found = _only(key, by_project.get(key.project, []), out.claims)
            if found is not None:
                notes.append(_blanks(key, out.claims[found].key))
        if found is None:
            out.unmatched.append(number)
            out.hints[number] = "；".join(
                [*notes, _hint(key, by_project.get(key.project, []), by_pair.get((key.by, key.community), []), out)]
            )
        else:
            out.pairs.append(Pair(found, number, "；".join(notes)))


def _only(key: Key, candidates: list[int], claims: list[Claim]) -> int | None:
    """The one claim of the same project that agrees where both sides say something, and at least once."""
    if not key.project:
        return None
    fits = []
    for i in candidates:
        other = claims[i].key
        blank = [not (a and b) for a, b in zip(key[1:], other[1:], strict=True)]
        same = [a == b for a, b in zip(key[1:], other[1:], strict=True)]
        if sum(blank) == 1 and all(b or s for b, s in zip(blank, same, strict=True)):
            fits.append(i)
    return fits[0] if len(fits) == 1 else None


def _blanks(key: Key, other: Key) -> str:
    word = EMPLOYER.word if not (key.by and other.by) else COMMUNITY.word
    side = "反馈" if not (key.by and key.community) else "认领"
    return f"{side}未写明{word}，按其余两项唯一对应"


def _hint(key: Key, same_project: list[int], same_place: list[int], out: Matches) -> str:
    """What comes closest to an unmatched fulfilment."""
    if key.by and key.community and same_place:
        projects = list(dict.fromkeys(out.claims[i].project for i in same_place))
        return f"该单位在该社区认领的项目是：{'、'.join(projects)}"
    elsewhere = list(dict.fromkeys(out.claims[i].community for i in same_project if out.claims[i].key.by == key.by))
    if key.by and any(elsewhere):
        return f"该单位认领了该项目，但社区为：{'、'.join(c for c in elsewhere if c)}"
    others = list(dict.fromkeys(out.claims[i].by for i in same_project if out.claims[i].key.community == key.community))
    if key.community and any(others):
        return f"该社区的该项目由其他单位认领：{'、'.join(o for o in others if o)}"
    return "没有找到相近的认领"
