"""Notes: what people wrote into workbooks, which the next ones are given again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pipeline.store import audit, noting
from pipeline.store.audit import Action
from pipeline.store.nouns import Note
from pipeline.store.transactions import Transactions

Added = Mapping[str, Sequence[Mapping[str, str]]]
"""Rows of people's own, texts by heading, by the place of their table."""


class NoteStore(Transactions):
    """The part of the store that keeps what people wrote in their own columns and rows."""

    def notes(self) -> list[Note]:
        """Every text that people wrote beside rows."""
        with self.reading() as connection:
            return noting.notes(connection)

    def added_rows(self) -> dict[str, list[dict[str, str]]]:
        """The rows that people wrote themselves, texts by heading, by the place of their table."""
        with self.reading() as connection:
            return noting.added(connection)

    def take_notes(self, workbook: str, notes: Collection[Note], added: Added, actor: str) -> None:
        """Keep texts (an empty one takes away what stood there), and for each place in ``added`` its rows in place of
        those there were. One line in the audit log, with counts; none where there is nothing to keep."""
        if not notes and not added:
            return
        with self.writing() as connection:
            noting.write_notes(connection, notes)
            for place, rows in added.items():
                noting.write_added(connection, place, rows, actor)
            emptied = sum(not note.text for note in notes)
            detail = {"workbook": workbook, "notes": len(notes) - emptied, "emptied": emptied}
            detail |= {"rows": sum(len(rows) for rows in added.values())}
            audit.append(connection, Action.NOTES_TAKEN, actor, detail=detail)
