"""Claims and feedback of a whole store matched by the different things that are stated, and not by who states them.

What a document states is taken apart into *items*, each a kind and a value that many documents may have. Kept and
counted, they are enough to say which items have no claim, or no project in any list: many documents claim the same
project of the same employer, so there are far fewer items than documents, and more of these add few of those.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers.cells import as_date
from pipeline.ledgers.claims import Fulfilment, Mention, Source, Term
from pipeline.ledgers.links import Links
from pipeline.ledgers.matches import Decisions, Matches, claimed_since
from pipeline.ledgers.names import squash
from pipeline.ledgers.resolver import EMPLOYER
from pipeline.ledgers.stated import Stated
from pipeline.ledgers.told import PARTS, Told, told_by

ITEMS = "stated:"
"""Begins the kind of every item."""

CLAIMED, SERVED = ITEMS + "claimed", ITEMS + "served"
"""Three names as somebody claims them, or was served."""

OWNERLESS = ITEMS + "ownerless"
"""All that a document claims without saying for whom, with the days: claims of its own that no other shares."""

SINCE, ON = ITEMS + "since", ITEMS + "on"
"""A day on which one was claimed (none where it is blank or in doubt), or on which it was served."""

NAMES = tuple(f"{ITEMS}{part}" for part in PARTS)
"""How a name is written."""

TOGETHER, LISTED = ITEMS + "together", ITEMS + "listed"
"""Projects claimed in one document, and a project of a project list."""

_DECODER = json.JSONDecoder()
_BLANK = Term()

DIGITS = 16
"""The first characters of a day's item: which item it is a day of."""

Item = tuple[str, str]


def items_of(stated: Stated) -> set[Item]:
    """What one document states, taken apart."""
    found: set[Item] = set()
    for mention in stated.mentions:
        if _has_owner(mention):
            value = _written(mention)
            found |= {(CLAIMED, value), (SINCE, _dated(value, _day(mention.date)))}
    ownerless = sorted({(_written(m), _day(m.date)) for m in stated.mentions if not _has_owner(m)})
    found |= {(OWNERLESS, _dump(ownerless))} if ownerless else set()
    for fulfilment in stated.fulfilments:
        found.add((SERVED, value := _written(fulfilment)))
        if day := _day(fulfilment.date):
            found.add((ON, _dated(value, day)))
    told = told_by(stated.mentions, stated.fulfilments)
    found |= {(kind, _dump(spelt)) for kind, names in zip(NAMES, told.names, strict=True) for spelt in names}
    found |= {(TOGETHER, _dump(projects)) for projects in told.together}
    found |= {(LISTED, project) for project in stated.projects}
    return found


@dataclass(slots=True)
class Gist:
    """The items of a store by their kinds, some with the number of documents that have them.

    ``since`` gives for what is claimed, by its short hash, the earliest day, empty where a document does not say.
    ``listed`` are the projects of all lists. ``apart`` are the documents that decisions speak of, with what they state.
    """

    claimed: Collection[str]
    ownerless: Mapping[str, int]
    served: Collection[str]
    names: tuple[Mapping[str, int], ...]
    together: Collection[str]
    listed: Collection[str]
    since: Mapping[str, str]
    on: Collection[str]
    apart: Mapping[str, Stated] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Loose:
    """What hangs in the air: the items that claim a project which no list has, and those served, or served on a day,
    that answer no claim. ``apart`` says of the documents that stand apart which of the two holds of them."""

    without_project: frozenset[Item]
    without_claim: frozenset[Item]
    apart: Mapping[str, tuple[bool, bool]]


def loose_ends(gist: Gist, forms: Forms, dictionaries: Dictionaries, decisions: Decisions) -> Loose:
    """Match everything as :func:`pipeline.ledgers.links.match_claims` would match the documents themselves."""
    links = Links(forms)
    links.take(_mentions(gist), (_as_fulfilment(value) for value in gist.served))
    for stated in gist.apart.values():
        links.take(stated.mentions, stated.fulfilments)
    matches = links.match(dictionaries, decisions, _told(gist))
    known = {squash(name) for name in gist.listed}
    unlisted = {
        mention.source.document_id
        for claim in matches.claims
        if claim.project and squash(claim.project) not in known
        for mention in claim.mentions
    }
    unanswered = {matches.fulfilments[i].source.document_id for i in set(matches.unmatched) - matches.decided}
    without_project = {(CLAIMED, value) for value in unlisted.intersection(gist.claimed)}
    without_project |= {(OWNERLESS, value) for value in unlisted.intersection(gist.ownerless)}
    without_claim = {(SERVED, value) for value in unanswered.intersection(gist.served)}
    without_claim.update(_too_early(gist, matches))
    apart = {document: (document in unlisted, document in unanswered) for document in gist.apart}
    return Loose(frozenset(without_project), frozenset(without_claim), apart)


def _mentions(gist: Gist) -> Iterator[Mention]:
    """One for each item claimed; what is nobody's as two documents, where there are several: no feedback can then be
    put to one of them."""
    for value in gist.claimed:
        yield _mention(value, gist.since.get(_short(value), ""), value)
    apart = Counter(item for stated in gist.apart.values() for item in items_of(stated))
    for value, documents in gist.ownerless.items():
        owners = [value, f"{value} "][: documents - apart[OWNERLESS, value]]
        yield from (_mention(written, day, owner) for owner in owners for written, day in _load(value))


def _mention(value: str, day: str, source: str) -> Mention:
    project, by, community = _terms(value)
    return Mention(project, by, community, _BLANK, _term(day, True), _BLANK, Source(source, files=""))


def _as_fulfilment(value: str) -> Fulfilment:
    """Of no day: whether one came too early is looked at afterwards, since it answers the same claim or none."""
    project, by, community = _terms(value)
    rest = (_BLANK,) * 6
    return Fulfilment(project, by, community, *rest, Source(value, files=""))


def _told(gist: Gist) -> Told:
    names = tuple({_spelt(value): documents for value, documents in spelt.items()} for spelt in gist.names)
    together = frozenset(tuple(map(_pair, _load(value))) for value in gist.together)
    return Told(names, together)


def _too_early(gist: Gist, matches: Matches) -> Iterator[Item]:
    """The days on which something was served before it was claimed."""
    days: defaultdict[str, list[str]] = defaultdict(list)
    for value in gist.on:
        days[value[:DIGITS]].append(value)
    since = {pair.claim: claimed_since(matches.claims[pair.claim]) for pair in matches.pairs}
    for pair in matches.pairs:
        first, of = since[pair.claim], matches.fulfilments[pair.fulfilment].source.document_id
        if first is not None and of not in gist.apart:
            yield from ((ON, value) for value in days[_short(of)] if value[DIGITS:] < first.isoformat())


def _load(value: str) -> Any:
    """The value as it was; it stands as :func:`_dump` wrote it, so that nothing around it is looked for."""
    return _DECODER.raw_decode(value)[0]


def _written(stated: Mention | Fulfilment) -> str:
    return _dump([(term.text, term.sure) for term in (stated.project, stated.by, stated.community)])


def _terms(value: str) -> Iterator[Term]:
    return (_term(text, sure) for text, sure in _load(value))


@lru_cache(maxsize=1 << 14)
def _term(text: str, sure: bool) -> Term:
    """The same few names come again and again."""
    return Term(text, sure)


def _spelt(value: str) -> tuple[str, bool]:
    return _pair(_load(value))


def _pair(data: Iterable[object]) -> tuple[str, bool]:
    text, sure = data
    return str(text), bool(sure)


def _has_owner(mention: Mention) -> bool:
    return bool(EMPLOYER.stem(squash(mention.by.text)))


def _day(term: Term) -> str:
    """The day in ISO, empty where there is none or it is in doubt."""
    day = as_date(term.text) if term.sure and term.mark is None else None
    return day.isoformat() if day else ""


def _dated(value: str, day: str) -> str:
    """The value of a day's item: of which item it is, and the day."""
    return _short(value) + day


def _short(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]


def _dump(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
