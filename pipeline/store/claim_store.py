"""Claims: which feedback fulfils which, where people say so, and what the last export made of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pipeline.records import ClaimReference
from pipeline.store import amending, claiming
from pipeline.store.nouns import KnownClaim, Served
from pipeline.store.overlay import FULFILS
from pipeline.store.transactions import Transactions


class ClaimStore(Transactions):
    """The part of the store that knows claims. Changes are as those of :class:`CorrectionStore`."""

    def assign_claim(
        self, document_id: str, project: str, reference: ClaimReference | None, actor: str, expected_revision: int
    ) -> int:
        """Say that what a feedback document calls ``project`` fulfils a claim, or none of all; the new revision.

        It is kept as a correction and goes along with its page. Raises :class:`ConflictError` if the document is no
        longer at the revision, :class:`NotFoundError` if there is none.
        """
        with self.writing() as connection:
            return claiming.assign(connection, document_id, project, reference, actor, expected_revision)

    def withdraw_claim(self, document_id: str, project: str, actor: str, expected_revision: int) -> int:
        """Take back what was said last; what was said before holds again, or the matching decides. Raises as
        :meth:`assign_claim`, and :class:`NotFoundError` where nothing was said."""
        with self.writing() as connection:
            return amending.withdraw(connection, document_id, FULFILS + project, actor, expected_revision, None)

    def claim_decisions(self, document_id: str | None = None) -> dict[tuple[str, str], ClaimReference | None]:
        """What people said and holds, of all documents or of one: by document id and project as stated."""
        with self.reading() as connection:
            return claiming.decisions(connection, document_id)

    def keep_claims(self, claims: Iterable[KnownClaim], served: Iterable[Served]) -> None:
        """Keep what an export shows; only what differs from the last one is written."""
        with self.writing() as connection:
            claiming.keep(connection, claims, served)

    def claims(self, query: str = "", *, by: str = "", community: str = "", limit: int = 20) -> list[KnownClaim]:
        """Up to ``limit`` claims of the last export that have every word of ``query`` in their number or one of
        their names; those of the employer ``by`` and of the ``community`` first."""
        with self.reading() as connection:
            return claiming.found(connection, query, by, community, limit)

    def claims_numbered(self, numbers: Collection[str]) -> dict[str, KnownClaim]:
        """A few claims of the last export by their numbers, without those that are no more."""
        with self.reading() as connection:
            return claiming.by_numbers(connection, numbers)

    def claims_referred(self, references: Collection[ClaimReference]) -> dict[str, KnownClaim]:
        """Those claims of the last export that are referred to just so, by their numbers."""
        with self.reading() as connection:
            return claiming.by_references(connection, references)

    def served_of(self, document_id: str) -> list[Served]:
        """What a document says was served, in order, as the last export matched it."""
        with self.reading() as connection:
            return claiming.served_of(connection, document_id)
