"""What people decided of feedback and claims, held against the claims that there are now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.ledgers.claims import Fulfilment
from pipeline.ledgers.matches import Claim, Decisions
from pipeline.records import ClaimReference

DECIDED, DECIDED_NONE, DECIDED_GONE = "人工指定", "人工确定：不对应任何认领", "原人工指定的认领已不存在"
"""What staff read beside what a person decided."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a decision says of a fulfilment; ``holds`` is false where its claim is no more. ``note`` is for staff."""

    holds: bool
    claim: int | None
    note: str


class Decided:
    """Finds what was decided of each fulfilment."""

    def __init__(self, decisions: Decisions, claims: Sequence[Claim], fulfilments: Sequence[Fulfilment]) -> None:
        self._decisions = decisions
        self._by_place: dict[tuple[str, int, str], int] = {}
        self._by_document: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        self._by_names: defaultdict[tuple[str, str, str], list[int]] = defaultdict(list)
        self._lost: defaultdict[str, list[str]] = defaultdict(list)
        if not decisions:
            return
        for i, claim in enumerate(claims):
            self._by_names[claim.project, claim.by, claim.community].append(i)
            for mention in claim.mentions:
                source, stated = mention.source, mention.project.text
                self._by_place[source.document_id, source.row, stated] = i
                self._by_document[source.document_id, stated].add(i)
        known = {(f.source.document_id, f.project.text) for f in fulfilments}
        for document_id, project in decisions:
            if (document_id, project) not in known:
                self._lost[document_id].append(project)

    def of(self, fulfilment: Fulfilment) -> Decision | None:
        """What was decided; ``None`` where nothing was."""
        document_id, project = fulfilment.source.document_id, fulfilment.project.text
        if (document_id, project) not in self._decisions:
            lost = self._lost.get(document_id)
            # Said of other words than stand there now: whether it still holds is for a person to say.
            return Decision(False, None, f"人工指定针对的是原来的写法“{'、'.join(lost)}”，未沿用") if lost else None
        reference = self._decisions[document_id, project]
        if reference is None:
            return Decision(True, None, DECIDED_NONE)
        claim = self._claim(reference)
        return Decision(False, None, DECIDED_GONE) if claim is None else Decision(True, claim, DECIDED)

    def _claim(self, reference: ClaimReference) -> int | None:
        """The claim that is meant. The names are what the person saw, so they go before the place, where both lead to
        a claim: rows move, and what stands in a document may be corrected."""
        named = self._by_names.get((reference.project, reference.by, reference.community), [])
        placed = self._by_place.get((reference.document_id, reference.row, reference.stated))
        if len(named) == 1 or placed in named:
            return placed if placed in named else named[0]
        if placed is not None:
            return placed
        elsewhere = self._by_document.get((reference.document_id, reference.stated), set())
        return next(iter(elsewhere)) if len(elsewhere) == 1 else None
