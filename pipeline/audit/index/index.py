"""Every document of the store at hand: what the audit page lists, filters, counts and finds.

It is built once, beside whatever else goes on, and then follows the audit log: only documents that new lines
name are loaded again. Lists are made in memory; the fields that a page shows are looked up in the database, so
that their values, revisions and places are those of this moment.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Sequence
from itertools import islice

from pipeline.audit.index import following, queries
from pipeline.audit.index.details import Found, look_up
from pipeline.audit.index.doubts import codes_of
from pipeline.audit.index.entries import Entry
from pipeline.audit.index.glyphs import CHARACTERS, Line
from pipeline.audit.index.holdings import Holdings
from pipeline.audit.index.loading import Loader
from pipeline.audit.index.nouns import Card, Doubt, Facets, FieldRef, Filter, GlyphRef, Hit, Page
from pipeline.audit.index.strips import strip
from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.errors import PipelineError
from pipeline.ledgers.codes import DOCUMENT_STATUS, describe
from pipeline.records import DocumentStatus
from pipeline.store import Store

_CHUNK = 100  # documents loaded again at a time
_FOLLOW_EVERY = 2.0  # seconds, where no request asks sooner
_MANY = 2000  # documents
_PATIENCE = 0.15  # seconds that a request gives to what others changed; the rest is caught up with beside it


class Index:
    """Safe to share between threads. Methods that answer wait until it is built."""

    def __init__(self, store: Store, forms: Forms, dictionaries: Dictionaries) -> None:
        self._store = store
        self._forms = forms
        self._loader = Loader(forms, dictionaries)
        self._held = Holdings(forms)
        self._lock = threading.RLock()  # what is held
        self._refreshing = threading.Lock()  # one at a time reads the log
        self._pending: dict[str, None] = {}  # documents to be loaded again, last named last
        self._seen = 0
        self._strips: dict[tuple[str, str, bool], list[tuple[Entry, int]]] = {}
        self._strips_of = -1  # the generation of what is held that they are of
        self._built = threading.Event()
        self._stopped = threading.Event()
        self._fault: PipelineError | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to build, and then follow, beside the caller."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="index", daemon=True)
            self._thread.start()

    def wait(self, timeout: float | None = None) -> bool:
        """Until it is built; whether it is. Raises :class:`SetupError` where the database cannot be read."""
        self.start()
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._built.wait(0.05 if deadline is None else max(0.0, min(0.05, deadline - time.monotonic()))):
            if self._fault is not None:
                raise self._fault
            if deadline is not None and time.monotonic() >= deadline:
                return False
        return True

    def close(self) -> None:
        """Follow no longer."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def refresh(self, seconds: float = _PATIENCE) -> None:
        """Take up what changed since, the latest first, for so many seconds at most."""
        if not self._built.is_set():
            return
        deadline = time.monotonic() + seconds
        if not self._refreshing.acquire(timeout=seconds):
            return  # somebody else is at it
        try:
            more = True
            while more:
                more = self._take_up()
                if time.monotonic() > deadline:
                    return
        finally:
            self._refreshing.release()

    def queue(self, f: Filter, offset: int = 0, limit: int = 50) -> Page[Doubt]:
        """What is in doubt, the costliest error first, then the oldest."""
        self.wait()
        with self._lock:
            places = queries.in_queue(self._held, f)
            items = [self._held.doubts[int(place)] for place in places[offset : offset + limit]]
            shown = [(self._held.by_ordinal[item.ordinal], item.position) for item in items]
            cards = [self._held.card(entry) for entry, _ in shown]
        fields = self._look_up([place for place in shown if place[1] >= 0])
        doubts = (_doubt(card, *place, fields) for card, place in zip(cards, shown, strict=True))
        return Page([doubt for doubt in doubts if doubt is not None], len(places))

    def facets(self, f: Filter) -> Facets:
        """What the queue may be narrowed to, with counts of doubts."""
        self.wait()
        with self._lock:
            return queries.facets(self._held, f)

    def next_document(self, f: Filter, after: str | None = None) -> str | None:
        """The first document of the queue, or the one that follows ``after``; from the start again at its end."""
        self.wait()
        with self._lock:
            return queries.next_document(self._held, f, after)

    def documents(self, f: Filter, offset: int = 0, limit: int = 50) -> Page[Card]:
        """All documents, also settled ones, what was read last first."""
        self.wait()
        with self._lock:
            found = queries.newest(self._held, f)
            cards = [self._held.card(self._held.by_ordinal[int(n)]) for n in found[offset : offset + limit]]
        return Page(cards, len(found))

    def card(self, document_id: str) -> Card | None:
        """One document, ``None`` where there is none or another stands for it."""
        self.wait()
        with self._lock:
            entry = self._held.entries.get(document_id)
            return self._held.card(entry) if entry is not None else None

    def strip(
        self, doc_type: str, key: str, *, open_only: bool = True, offset: int = 0, limit: int = 50
    ) -> Page[FieldRef]:
        """One field, also of a list's rows, over all documents of a form: doubtful ones first, then the least sure."""
        self.wait()
        with self._lock:
            found = self._strip(doc_type, key, open_only)
            shown = found[offset : offset + limit]
        fields = self._look_up(shown)
        return Page([field for place in shown if (field := _field(*place, fields)) is not None], len(found))

    def glyph_counts(self) -> dict[str, int]:
        """How often each character can be looked at."""
        self.wait()
        with self._lock:
            return {char: self._held.glyphs.count(char) for char in CHARACTERS}

    def glyphs(self, char: str, *, offset: int = 0, limit: int = 100) -> Page[GlyphRef]:
        """Where a character was read in numbers and dates that nobody has corrected, the least sure first."""
        self.wait()
        with self._lock:
            found = self._held.glyphs.lines_with(char, offset, limit)
            entries = [self._held.by_ordinal[line.ordinal] for line, _ in found]
            total = self._held.glyphs.count(char)
        places = [(entry, line.position) for entry, (line, _) in zip(entries, found, strict=True)]
        fields = self._look_up(list(dict.fromkeys(places)))
        glyphs = (_glyph(_field(*place, fields), *of) for place, of in zip(places, found, strict=True))
        return Page([glyph for glyph in glyphs if glyph is not None], total)

    def search(self, text: str, limit: int = 50, offset: int = 0) -> Page[Hit]:
        """Where a text stands: part of a value, a name's pinyin or initials, a number's last four digits or more."""
        self.wait()
        with self._lock:
            return Page(*queries.hits(self._held, text, offset, limit))

    def _strip(self, doc_type: str, key: str, open_only: bool) -> list[tuple[Entry, int]]:
        if self._strips_of != self._held.generation:
            self._strips, self._strips_of = {}, self._held.generation
        asked = (doc_type, key, open_only)
        if asked not in self._strips:
            entries = self._held.by_type[doc_type].values() if doc_type in self._held.by_type else ()
            self._strips[asked] = strip(entries, key, open_only)
        return self._strips[asked]

    def _look_up(self, places: Sequence[tuple[Entry, int]]) -> Found:
        return look_up(
            self._store,
            [(e.document_id, e.layout.paths[at], e.layout.title(at), e.layout.definitions[at]) for e, at in places],
        )

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                if self._built.is_set():
                    self.refresh(seconds=60.0)
                else:
                    self._build()
            except PipelineError as error:
                self._fault = error  # told to who waits for the building; following is tried again
            self._stopped.wait(_FOLLOW_EVERY)

    def _build(self) -> None:
        held = Holdings(self._forms)
        with self._store.reading() as connection:
            seen = following.last_line(connection)
            held.fill(self._loader.load(connection))
        with self._lock:
            self._held, self._seen, self._fault = held, seen, None
        if len(held.entries) >= _MANY:
            # The garbage collector would go through all of it again and again, with every thread standing still
            # for a third of a second; none of it is garbage.
            gc.freeze()
        self._built.set()

    def _take_up(self) -> bool:
        """Read on in the log and load some of what it names; whether there is more to do."""
        with self._store.reading() as connection:
            news = following.news(connection, self._seen)
            if news.sweeping:
                news = following.News(self._changed(following.revisions(connection)), False, news.seen, news.more)
            for document_id in news.documents:
                self._pending.pop(document_id, None)
                self._pending[document_id] = None
            self._seen = news.seen
            ids = list(islice(reversed(self._pending), _CHUNK))
            entries = list(self._loader.load(connection, ids)) if ids else []
        if ids:
            self._apply(ids, entries)
        return news.more or bool(self._pending)

    def _apply(self, ids: list[str], entries: list[Entry]) -> None:
        current = {entry.document_id for entry in entries}
        with self._lock:
            for document_id in ids:
                self._pending.pop(document_id)
                if document_id not in current:
                    self._held.drop(document_id)
            for entry in entries:
                self._held.put(entry)
            if self._held.search.is_littered:
                self._held.renew_search()

    def _changed(self, revisions: dict[str, tuple[int, str]]) -> list[str]:
        with self._lock:
            held = {e.document_id: (e.revision, e.status) for e in self._held.entries.values()}
        return sorted(d for d in {*held, *revisions} if held.get(d) != revisions.get(d))


def _field(entry: Entry, position: int, fields: Found) -> FieldRef | None:
    return fields.get((entry.document_id, entry.layout.paths[position]))


def _doubt(card: Card, entry: Entry, position: int, fields: Found) -> Doubt | None:
    """A doubt to be shown; ``None`` where its field has gone in the meantime."""
    codes = tuple(code for code in codes_of(entry, position) if code)
    text = describe(codes[0]) if codes else None
    problem = "、".join(describe(code).name for code in codes) or DOCUMENT_STATUS[DocumentStatus(card.status)]
    advice = text.advice if text else "对照原件核对。"
    if position < 0:
        return Doubt(card, "", "（整份文件）", codes, problem, advice, None)
    field = _field(entry, position, fields)
    if field is None:
        return None
    return Doubt(card, field.path, field.title, codes, problem, advice, field)


def _glyph(field: FieldRef | None, line: Line, at: int) -> GlyphRef | None:
    """A character to be shown; ``None`` where its field has been read or corrected anew."""
    if field is None or at >= len(field.centres) or at >= len(field.text) or field.text[at] != line.characters[at]:
        return None
    centre = field.centres[at]
    return GlyphRef(field, at, line.characters[at], centre, field.confidence) if centre is not None else None
