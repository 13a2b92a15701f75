"""What an export made of claims and feedback, kept in the store: the audit page shows it without matching again."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.ledgers.census import Matched
from pipeline.ledgers.links import Matches
from pipeline.store import KnownClaim, Served, Store


def keep_matches(store: Store, matched: Matched) -> None:
    """Keep every claim with its number and state, and all that was served with the claim it was matched with."""
    claims = [
        KnownClaim(t.claim.number, t.claim.project, t.claim.by, t.claim.community, t.progress.status, t.claim.reference)
        for t in matched.tracked
    ]
    store.keep_claims(claims, _served(matched.matches))


def _served(matches: Matches) -> Iterator[Served]:
    pairs = {pair.fulfilment: pair for pair in matches.pairs}
    for i, fulfilment in enumerate(matches.fulfilments):
        pair, (_, by, community) = pairs.get(i), matches.names[i]
        yield Served(
            fulfilment.source.document_id,
            fulfilment.project.text,
            by,
            community,
            matches.claims[pair.claim].number if pair else None,
            pair.note if pair else matches.hints.get(i, ""),
            tuple(matches.claims[n].number for n in matches.close.get(i, ())),
        )
