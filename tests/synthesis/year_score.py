"""How well a matching agrees with the truth of a synthetic year."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.ledgers.claims import Mention
from pipeline.ledgers.links import Matches

from .year import Truth, Year


@dataclass(frozen=True, slots=True)
class Score:
    """``precision`` and ``recall`` of pairs of a claim and a feedback form; ``claims`` rows for ``true_claims``.

    A matched claim row counts for every claim that its documents truly state: one that was merged of two counts as
    a true and a false pair.
    """

    precision: float
    recall: float
    claims: int
    true_claims: int
    wrong: tuple[tuple[Truth, str], ...]
    missed: tuple[tuple[Truth, str], ...]


def score(matches: Matches, year: Year) -> Score:
    found: set[tuple[Truth, str]] = set()
    for pair in matches.pairs:
        document = matches.fulfilments[pair.fulfilment].source.document_id
        for mention in matches.claims[pair.claim].mentions:
            found |= {(truth, document) for truth in meant(year, mention)}
    return rated(found, year, len(matches.claims))


def meant(year: Year, mention: Mention) -> tuple[Truth, ...]:
    """What a claim's words truly mean; a stretch of words means what the words do that it was taken from."""
    place, text = (mention.source.document_id, mention.source.row), mention.project.text
    if known := year.stated.get((*place, text)):
        return known
    return next((truths for key, truths in year.stated.items() if key[:2] == place and text in key[2]), ())


def rated(found: set[tuple[Truth, str]], year: Year, claims: int = 0) -> Score:
    right = found & year.fulfils
    true_claims = {truth for truths in year.stated.values() for truth in truths}
    return Score(
        len(right) / max(1, len(found)),
        len(right) / max(1, len(year.fulfils)),
        claims,
        len(true_claims),
        tuple(sorted(found - year.fulfils)),
        tuple(sorted(year.fulfils - found)),
    )
