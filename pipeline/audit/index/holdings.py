"""All documents of the index with what is made of them. Not safe to share between threads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

import numpy as np

from pipeline.audit.index.columns import Columns, Mask
from pipeline.audit.index.doubts import Doubts, Item, items_of
from pipeline.audit.index.entries import Entry
from pipeline.audit.index.glyphs import Glyphs
from pipeline.audit.index.nouns import Card, Filter
from pipeline.audit.index.search import Search
from pipeline.definitions import Forms
from pipeline.ledgers.codes import type_name


class Holdings:
    """Entries by id and by ordinal, and queue, search and glyphs over them; ``generation`` rises with every change."""

    def __init__(self, forms: Forms) -> None:
        self._titles = {doc_type: form.title for doc_type, form in forms.items()}
        self.entries: dict[str, Entry] = {}
        self.by_ordinal: dict[int, Entry] = {}
        self.by_type: defaultdict[str, dict[str, Entry]] = defaultdict(dict)
        self.columns = Columns()
        self.doubts = Doubts()
        self.search = Search()
        self.glyphs = Glyphs()
        self.items: dict[str, list[Item]] = {}
        self.passed: dict[str, Item] = {}
        self.generation = 0

    def fill(self, entries: Iterable[Entry]) -> None:
        """Take in all documents at once; there must be none yet."""
        for entry in entries:
            self._keep(entry, None)
        self.doubts.fill(item for items in self.items.values() for item in items)
        self.glyphs.fill(iter(self.entries.values()))
        self.generation += 1

    def put(self, entry: Entry) -> None:
        """Take a document in as it now is."""
        before = self._forget(entry.document_id)
        self._keep(entry, before)
        self.doubts.add(self.items.get(entry.document_id, ()))
        self.glyphs.add(entry)
        self.generation += 1

    def drop(self, document_id: str) -> None:
        """A document went."""
        ordinal = self._forget(document_id)
        if ordinal is not None:
            self.columns.drop(ordinal)
            self.generation += 1

    def card(self, entry: Entry) -> Card:
        return Card(
            entry.document_id,
            entry.doc_type,
            self.title(entry.doc_type),
            entry.label,
            entry.community,
            date.fromordinal(entry.day),
            entry.status,
            entry.revision,
            entry.file,
            entry.pages,
            len(self.items.get(entry.document_id, ())),
        )

    def title(self, doc_type: str) -> str:
        return type_name(doc_type, self._titles)

    def documents(self, f: Filter, *, without: str = "") -> Mask:
        """Which ordinals a filter lets through, but for its reason."""
        found = self.columns.mask(f, without=without)
        return found & self._with_text(f.text) if f.text else found

    def _with_text(self, text: str) -> Mask:
        found = np.zeros_like(self.columns.alive)
        found[self.search.ordinals(text)] = True
        needle = text.strip().casefold()
        found[[e.ordinal for e in self.entries.values() if needle in e.file.casefold()]] = True
        return found

    def _keep(self, entry: Entry, ordinal: int | None) -> None:
        self.columns.put(entry, ordinal)
        self.entries[entry.document_id] = self.by_ordinal[entry.ordinal] = entry
        self.by_type[entry.doc_type][entry.document_id] = entry
        items = items_of(entry)
        if items:
            self.items[entry.document_id] = items
        self.columns.reasons[entry.ordinal] = 0
        for item in items:
            self.columns.reasons[entry.ordinal] |= item.reasons
        self.search.add(entry)

    def _forget(self, document_id: str) -> int | None:
        """Take a document out of everything but the columns; its ordinal."""
        entry = self.entries.pop(document_id, None)
        if entry is None:
            return None
        del self.by_ordinal[entry.ordinal], self.by_type[entry.doc_type][document_id]
        items = self.items.pop(document_id, None)
        if items:
            self.doubts.remove(items)
            self.passed[document_id] = min(*items, self.passed.get(document_id, items[0]))
        self.search.remove(entry)
        self.glyphs.remove(entry)
        return entry.ordinal

    def renew_search(self) -> None:
        """Make the search anew, without what has gone."""
        self.search = Search()
        for entry in self.entries.values():
            self.search.add(entry)
