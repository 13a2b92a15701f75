"""What the matching learns of names from all that is stated: in how many documents each stands, and which projects are
claimed together. It is the same for any order of the documents, and can be counted without having all of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.ledgers.claims import Fulfilment, Mention

PARTS = ("project", "by", "community")
"""The three names of a claim and of what was served, in the order of a claim's key."""

Spelt = tuple[str, bool]
"""A name as it is written, and whether it was surely read."""

Together = tuple[Spelt, ...]
"""The projects that somebody claims in one document."""


@dataclass(frozen=True, slots=True)
class Told:
    """``names`` gives for each of :data:`PARTS` in how many documents each spelling stands, ``together`` what was
    claimed together in any document."""

    names: tuple[Mapping[Spelt, int], ...]
    together: frozenset[Together]


def told_by(mentions: Sequence[Mention], fulfilments: Sequence[Fulfilment]) -> Told:
    """What all these tell. A spelling counts once a document: a form that claims three projects names its employer
    once."""
    stated: list[Mention | Fulfilment] = [*mentions, *fulfilments]
    names = []
    for part in PARTS:
        spelt = ((one.source.document_id, getattr(one, part)) for one in stated)
        names.append(Counter((text, sure) for _, text, sure in {(d, t.text, t.sure) for d, t in spelt if t.text}))
    return Told(tuple(names), _together(mentions))


def _together(mentions: Iterable[Mention]) -> frozenset[Together]:
    claimed: defaultdict[tuple[str, str], set[Spelt]] = defaultdict(set)
    for mention in mentions:
        claimed[mention.source.document_id, mention.by.text].add((mention.project.text, mention.project.sure))
    return frozenset(tuple(sorted(projects)) for projects in claimed.values())
