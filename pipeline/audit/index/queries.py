"""What is asked of the holdings."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from pipeline.audit.index.doubts import Item, reason_bits, reason_counts
from pipeline.audit.index.entries import Entry
from pipeline.audit.index.holdings import Holdings
from pipeline.audit.index.nouns import Facet, Facets, Filter, Hit
from pipeline.audit.index.search import posting
from pipeline.ledgers.codes import describe

Places = NDArray[np.int64]
"""Places in the queue, in order."""


def in_queue(held: Holdings, f: Filter, *, without: str = "") -> Places:
    """Which doubts a filter lets through; its part ``without`` is not heeded."""
    found = held.documents(f, without=without)[held.doubts.ordinals]
    if f.reason and without != "reason":
        found &= (held.doubts.reasons & reason_bits([f.reason])) != 0
    return np.flatnonzero(found)


def facets(held: Holdings, f: Filter) -> Facets:
    """What the filter may be narrowed to."""
    columns = held.columns

    def documents(without: str) -> NDArray[np.int32]:
        return held.doubts.ordinals[in_queue(held, f, without=without)]

    types = _counted(columns.type[documents("type")], columns.types.names)
    communities = _counted(columns.community[documents("community")], columns.communities.names)
    reasons = reason_counts(held.doubts.reasons[in_queue(held, f, without="reason")])
    days, numbers = np.unique(columns.day[documents("day")], return_counts=True)
    by_day = [(date.fromordinal(int(day)).isoformat(), int(n)) for day, n in zip(days, numbers, strict=True)]
    return Facets(
        [Facet(key, held.title(key), n) for key, n in types],
        [Facet(key, key, n) for key, n in communities],
        [Facet(key, describe(key).name, n) for key, n in reasons],
        [Facet(day, day, n) for day, n in reversed(by_day)],
    )


def next_document(held: Holdings, f: Filter, after: str | None) -> str | None:
    """The document that follows another in the queue, where that one stood when it was taken up."""
    places = in_queue(held, f)
    if not len(places):
        return None
    ordinals, first = np.unique(held.doubts.ordinals[places], return_index=True)
    order = np.argsort(places[first])  # documents by their first doubt
    starts, ordinals = places[first][order], ordinals[order]
    at = _place_of(held, after) if after else -1
    following = np.concatenate([np.flatnonzero(starts >= at), np.flatnonzero(starts < at)])
    for number in following:
        document_id = held.by_ordinal[int(ordinals[number])].document_id
        if document_id != after:
            return document_id
    return None


def newest(held: Holdings, f: Filter) -> NDArray[np.int64]:
    """The ordinals of the documents that a filter lets through, what was read last first."""
    found = held.documents(f)
    if f.reason:
        found &= (held.columns.reasons & reason_bits([f.reason])) != 0
    ordinals = np.flatnonzero(found)
    latest: NDArray[np.int64] = ordinals[np.lexsort((ordinals, -held.columns.read[ordinals]))]
    return latest


def hits(held: Holdings, text: str, offset: int, limit: int) -> tuple[list[Hit], int]:
    """A stretch of what a search finds, and how much that is in all."""
    found: list[Hit] = []
    passed = 0
    for word, postings in held.search.find(text):
        start, passed = passed, passed + len(postings)
        if passed <= offset or len(found) == limit:
            continue
        entries = sorted(
            ((held.by_ordinal[ordinal], position) for ordinal, position in map(posting, postings)),
            key=lambda place: (-place[0].read, place[0].document_id, place[1]),
        )
        first = max(0, offset - start)
        found += [_hit(entry, position, word) for entry, position in entries[first : first + limit - len(found)]]
    return found, passed


def _hit(entry: Entry, position: int, text: str) -> Hit:
    definition = entry.layout.definitions[position]
    return Hit(
        entry.document_id,
        entry.doc_type,
        entry.layout.paths[position],
        entry.layout.title(position),
        definition.type.value if definition else "",
        text,
        entry.community,
        date.fromordinal(entry.day),
    )


def _place_of(held: Holdings, document_id: str) -> int:
    """Where a document's first doubt stands, or stood before somebody dealt with it."""
    known: list[Item] = held.items.get(document_id, [])[:]
    if document_id in held.passed:
        known.append(held.passed[document_id])
    return held.doubts.place(min(known)) if known else -1


def _counted(numbers: NDArray[np.int16] | NDArray[np.int32], names: list[str]) -> list[tuple[str, int]]:
    """Names with their counts, the commonest first."""
    counts = np.bincount(numbers, minlength=len(names))
    found = [(name, int(n)) for name, n in zip(names, counts, strict=True) if n]
    return sorted(found, key=lambda item: (-item[1], item[0]))
