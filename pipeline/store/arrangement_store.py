"""Documents as people put them together out of pages."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pipeline.records import Arrangement
from pipeline.store import arrangements
from pipeline.store.transactions import PIPELINE, Transactions


class ArrangementStore(Transactions):
    """The part of the store that knows which pages belong together because a person said so."""

    def arrange(self, new: Sequence[Arrangement], actor: str = PIPELINE) -> None:
        """Let pages be read as these documents from now on.

        They leave the arrangements that they were in; one that keeps other pages goes on with those.
        """
        with self.writing() as connection:
            arrangements.arrange(connection, new, actor)

    def dissolve(self, pages: Collection[tuple[str, int]], actor: str = PIPELINE) -> None:
        """Let the content of pages decide again what they belong to."""
        with self.writing() as connection:
            arrangements.dissolve(connection, pages, actor)

    def arrangements(self) -> list[Arrangement]:
        """All that are in force."""
        with self.reading() as connection:
            return arrangements.everything(connection)
