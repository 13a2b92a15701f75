"""What work across documents needs of each, kept beside them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

from pipeline.records import Record
from pipeline.store import facts, loading
from pipeline.store.facts import DocumentFacts, Touched
from pipeline.store.transactions import Transactions

Due = Literal["unweighed", "unchecked", "unwritten"]
"""What is to be done with a document that changed."""


class FactStore(Transactions):
    """The part of the store that knows facts; see :mod:`pipeline.store.facts`."""

    def clear_facts(self) -> None:
        """Forget all facts; they are made anew."""
        with self.writing() as connection:
            facts.clear(connection)

    def without_facts(self, since: int | None) -> dict[str, bool]:
        """The documents whose facts are to be made anew, as of a line of the audit log (``None``: where there are no
        facts), also such as went; each with whether it is to be weighed anew too."""
        with self.reading() as connection:
            return facts.changed(connection, since)

    def records_named(self, ids: Sequence[str], *, findings: bool = True) -> list[Record]:
        """Some current records, in the order of ``ids``, without those that are no more or not current."""
        with self.reading() as connection:
            found = loading.load(connection, ids, findings)
            return [document.record for document in found if document.superseded_by is None]

    def take_facts(
        self, documents: Mapping[str, DocumentFacts | None], line: int, judged: Collection[str] = ()
    ) -> None:
        """Keep the facts of some documents as of a line of the audit log, none of one that went. Those only ``judged``
        anew need no weighing."""
        with self.writing() as connection:
            facts.take(connection, documents, line, judged)

    def told_of(self, since: int) -> set[str]:
        """The documents of which the audit log tells, after a line of it, that they changed, also such as went."""
        with self.reading() as connection:
            return facts.told_of(connection, since)

    def touched_facts(self, *kinds: str, like: bool) -> list[Touched]:
        """Facts that more or fewer documents say than when they were last seen: of kinds that begin with any of
        ``kinds``, or, with ``like`` false, of all others."""
        with self.reading() as connection:
            return facts.touched(connection, kinds, like=like)

    def see_facts(self, touched: Sequence[Touched]) -> None:
        """Note that these were looked at."""
        with self.writing() as connection:
            facts.see(connection, touched)

    def due(self, what: Due) -> dict[str, int]:
        """The documents that changed since they were last weighed, checked or written, with the line as of which they
        did."""
        with self.reading() as connection:
            return facts.pending(connection, what)

    def settle(self, what: Due, documents: Mapping[str, int]) -> None:
        """Note that documents were weighed, checked or written as they were at these lines."""
        with self.writing() as connection:
            facts.settle(connection, what, documents)

    def fact_numbers(self, keys: Collection[str]) -> dict[str, int]:
        """In how many documents facts stand, by key, without those that stand in none."""
        with self.reading() as connection:
            return facts.numbers(connection, keys)

    def fact_holders(self, keys: Collection[str]) -> set[str]:
        """The documents that say any of these facts, by their keys."""
        with self.reading() as connection:
            return facts.holders(connection, keys)

    def facts_held(self, documents: Collection[str]) -> dict[str, set[str]]:
        """The keys of what some documents say."""
        with self.reading() as connection:
            return facts.held(connection, documents)

    def keys_of_kind(self, kinds: str, keys: Collection[str]) -> set[str]:
        """Those of some facts' keys that are of a kind that begins with ``kinds``."""
        with self.reading() as connection:
            return facts.of_kind(connection, kinds, keys)

    def fact_values(self, kind: str, lengths: tuple[int, int], least: int, most: int | None = None) -> list[str]:
        """The values of a kind, of a length between two, that stand in ``least`` to ``most`` documents."""
        with self.reading() as connection:
            return facts.values(connection, kind, lengths, least, most)

    def stated(self, documents: Collection[str]) -> dict[str, Any]:
        """What some documents claim and what was served, of those that state anything."""
        with self.reading() as connection:
            return facts.stated(connection, documents)

    def facts_said(self, kind: str) -> dict[str, int]:
        """The values of a kind with in how many documents each stands, in the same order every time."""
        with self.reading() as connection:
            return facts.said(connection, kind)

    def least_facts(self, kind: str, digits: int) -> dict[str, str]:
        """Of a kind's values that begin alike, in so many characters, what follows in the least: all plain ASCII."""
        with self.reading() as connection:
            return facts.least(connection, kind, digits)

    def copied(self, documents: Collection[str]) -> set[str]:
        """Those of some documents whose files have copies."""
        with self.reading() as connection:
            return facts.copied(connection, documents)
