"""Claims and what fulfils them, as matching finds them: the nouns."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from pipeline.ledgers.cells import as_date
from pipeline.ledgers.claims import Fulfilment, Mention
from pipeline.ledgers.resolver import Resolved, Resolver
from pipeline.records import ClaimReference, served_key


class Key(NamedTuple):
    """What a claim and its feedback have in common; empty where a document leaves it blank."""

    project: str
    by: str
    community: str


Named = tuple[Resolved, Resolved, Resolved]
"""A project, an employer and a community as they were settled."""

Decisions = Mapping[tuple[str, str], ClaimReference | None]
"""What people decided (:meth:`pipeline.store.Store.claim_decisions`): by a feedback's document id and its project as
:attr:`Fulfilment.project` states it, the claim that it fulfils, or ``None`` where it fulfils none."""

_DIGITS = 8  # of a claim's number


@dataclass(slots=True)
class Claim:
    """One project claimed by one employer in one community, with every document that says so.

    ``project``, ``by`` and ``community`` are the names to show, ``notes`` what was concluded about the
    spellings on the way. ``number`` is what staff call it: it follows from the key (and, where that does not say whose
    it is, from the document), so it is the same in every export while the names are.
    """

    key: Key
    project: str
    by: str
    community: str
    mentions: list[Mention] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    number: str = ""

    @property
    def reference(self) -> ClaimReference:
        """How a person's decision refers to it."""
        first = self.mentions[0]
        where = first.source.document_id, first.source.row, first.project.text
        return ClaimReference(*where, self.project, self.by, self.community)


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim and a fulfilment by their places in :class:`Matches`; ``note`` explains the match."""

    claim: int
    fulfilment: int
    note: str


@dataclass(slots=True)
class Matches:
    """Claims in the order they were first stated; ``unmatched`` are fulfilments without a claim.

    ``hints`` says, for an unmatched fulfilment, which claim comes closest, ``close`` gives such claims by their places.
    ``decided`` are the fulfilments of which a person's decision holds. ``resolvers`` are those of projects, employers
    and communities that the names were settled by.
    """

    claims: list[Claim] = field(default_factory=list)
    fulfilments: list[Fulfilment] = field(default_factory=list)
    names: list[tuple[str, str, str]] = field(default_factory=list)  # project, employer, community a fulfilment
    pairs: list[Pair] = field(default_factory=list)
    unmatched: list[int] = field(default_factory=list)
    hints: dict[int, str] = field(default_factory=dict)
    close: dict[int, list[int]] = field(default_factory=dict)
    decided: set[int] = field(default_factory=set)
    resolvers: tuple[Resolver, ...] = ()

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

    def claim_numbered(self, number: str) -> Claim | None:
        """The claim that staff call ``number``."""
        return next((claim for claim in self.claims if claim.number == number), None)

    def served_key(self, fulfilment: int) -> str:
        """What names a fulfilment on the sheets, to decide on it: see :func:`pipeline.records.served_key`."""
        one = self.fulfilments[fulfilment]
        return served_key(one.source.document_id, one.project.text)


def claimed_since(claim: Claim) -> date | None:
    """The earliest day on which it was claimed; ``None`` where a document does not say, or it is in doubt."""
    days = [as_date(m.date.text) if m.date.sure and m.date.mark is None else None for m in claim.mentions]
    known = [day for day in days if day is not None]
    return min(known) if known and len(known) == len(days) else None


def number(claims: Sequence[Claim]) -> None:
    """Give each claim its number; of two that would have the same, both get a longer one."""
    by_start: defaultdict[str, dict[str, Claim]] = defaultdict(dict)
    for claim in claims:
        # Claims that do not say whose they are cannot be known to be the same one.
        owner = "" if claim.key.by else claim.mentions[0].source.document_id
        text = "\x1f".join((*claim.key, owner))
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest().upper()
        by_start[digest[:_DIGITS]][digest] = claim
    for alike in by_start.values():
        length = _DIGITS
        while len({digest[:length] for digest in alike}) < len(alike):
            length += 1
        for digest, claim in alike.items():
            claim.number = "R" + digest[:length]


def names(named: Named) -> tuple[str, str, str]:
    """The names to show."""
    project, by, community = named
    return project.name, by.name, community.name
