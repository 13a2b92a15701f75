"""What was found on several copies, put together: a label counts where most copies show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from pipeline.flow import ReadPage
from pipeline.forms.labels import plain
from pipeline.forms.printed import Printed, PrintedPair
from pipeline.sheets import Box
from pipeline.teaching.copies import Alignment, Copy, align

_ALIKE = 0.6  # similarity of two readings of one label
_NEAR = 0.04  # of the page's width
_SURE = 1.5  # nats; a label that only one copy shows must be as sure


@dataclass(slots=True)
class Sighting:
    """One label of the form, with all the pairs that are readings of it, each with its page."""

    pairs: list[tuple[ReadPage, PrintedPair]]
    at: Box

    @property
    def text(self) -> str:
        """The label as most copies have it; among as many, the one read most surely."""
        counts = Counter(plain(p.text) for _, p in self.pairs)
        best = max(self.pairs, key=lambda entry: (counts[plain(entry[1].text)], entry[1].log_odds))
        return best[1].text

    @property
    def best(self) -> tuple[ReadPage, PrintedPair]:
        """The pair with the usual wording that is surest."""
        return max((e for e in self.pairs if plain(e[1].text) == plain(self.text)), key=lambda e: e[1].log_odds)

    @property
    def log_odds(self) -> float:
        return max(p.log_odds for _, p in self.pairs)


def merged(pages: Sequence[ReadPage], found: Sequence[Printed]) -> list[Sighting]:
    """The labels of one page of a form by what was found on copies of it, in reading order of the fullest copy."""
    if not pages:
        return []
    lead = max(range(len(pages)), key=lambda i: (len(found[i].pairs), pages[i].layout.sheet.quality))
    target = Copy.of(pages[lead].layout)
    sightings: list[Sighting] = []
    for i in sorted(range(len(pages)), key=lambda i: i != lead):
        alignment = Alignment() if i == lead else align(Copy.of(pages[i].layout), target)
        near = _NEAR * target.layout.sheet.frame.width
        for pair in found[i].pairs:
            at = alignment.carried(pair.place.label)
            alone = sum(p.name == pair.name for p in found[i].pairs) == 1
            named = [s for s in sightings if alone and not _has(s, pages[i]) and _is_named(pair, s, sightings)]
            same = named[0] if named else None
            if same is None:
                same = next((s for s in sightings if _is_same(pair, at, s, near) and not _has(s, pages[i])), None)
            if same is not None:
                same.pairs.append((pages[i], pair))
            else:
                sightings.append(Sighting([(pages[i], pair)], at))
    enough = [s for s in sightings if _counts(s, len(pages))]
    return sorted(enough, key=lambda s: (round(s.at.centre[1] / (24 * target.layout.unit)), s.at.x0))


def _has(sighting: Sighting, page: ReadPage) -> bool:
    return any(p is page for p, _ in sighting.pairs)


def _is_named(pair: PrintedPair, other: Sighting, sightings: Sequence[Sighting]) -> bool:
    """Whether a label reads to the letter as one that was seen once a copy."""
    if all(p.name != pair.name for _, p in other.pairs):
        return False
    return sum(any(p.name == pair.name for _, p in s.pairs) for s in sightings) == 1


def _is_same(pair: PrintedPair, at: Box, other: Sighting, near: float) -> bool:
    close = abs(at.x0 - other.at.x0) < near and abs(at.centre[1] - other.at.centre[1]) < 0.7 * near
    alike = max(Levenshtein.normalized_similarity(plain(pair.text), plain(p.text)) for _, p in other.pairs)
    return (close and alike >= _ALIKE) or (alike == 1.0 and abs(at.centre[1] - other.at.centre[1]) < 2 * near and close)


def _counts(sighting: Sighting, copies: int) -> bool:
    votes = len({id(page) for page, _ in sighting.pairs})
    if copies == 1:
        return sighting.log_odds > 0
    if 2 * votes > copies:
        return True
    return sighting.log_odds > _SURE * (1 + copies - 2 * votes)
