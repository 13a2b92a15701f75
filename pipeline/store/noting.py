"""What people wrote into workbooks beside the records: texts in their own columns, rows of their own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, or_, select

from pipeline.store.columns import now
from pipeline.store.engine import insert_or_update
from pipeline.store.nouns import Note
from pipeline.store.schema import AddedRow, ClaimRow, DocumentRow, NoteRow

_TOGETHER = 500


def notes(connection: Connection) -> list[Note]:
    """Every text, in the order of keys and headings."""
    row = NoteRow
    query = select(row.row_key, row.heading, row.text, row.actor, row.time, row.document_id)
    return [Note(*found) for found in connection.execute(query.order_by(row.row_key, row.heading))]


def write_notes(connection: Connection, written: Collection[Note]) -> None:
    """Keep texts in place of those that stood there; an empty one takes the text away."""
    row = NoteRow
    for note in written:
        if not note.text:
            connection.execute(delete(row).where(row.row_key == note.row_key, row.heading == note.heading))
            continue
        key = {"row_key": note.row_key, "heading": note.heading}
        values = {"document_id": note.document_id, "text": note.text, "actor": note.actor, "time": now()}
        statement = insert_or_update(connection, row).values({**key, **values})
        connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))


def added(connection: Connection) -> dict[str, list[dict[str, str]]]:
    """The rows that people wrote, texts by heading, by the place of their table."""
    row, found = AddedRow, defaultdict(list)
    for place, cells in connection.execute(select(row.place, row.cells).order_by(row.place, row.position)):
        found[place].append(cells)
    return dict(found)


def write_added(connection: Connection, place: str, rows: Sequence[Mapping[str, str]], actor: str) -> None:
    """Keep the rows of a table in place of those there were; what stays keeps its time."""
    row = AddedRow
    since: defaultdict[str, list[datetime]] = defaultdict(list)
    for cells, time in connection.execute(select(row.cells, row.time).where(row.place == place).order_by(row.position)):
        since[_alike(cells)].append(time)
    connection.execute(delete(row).where(row.place == place))
    values = []
    for position, cells in enumerate(rows):
        known = since[_alike(cells)]
        time = known.pop(0) if known else now()
        values.append({"place": place, "position": position, "cells": dict(cells), "actor": actor, "time": time})
    if values:
        connection.execute(insert(row), values)


def forget(connection: Connection, ids: Sequence[str], before: datetime) -> None:
    """Delete what was written beside some documents, and as old texts of what is no more; rows as old."""
    row = NoteRow
    for start in range(0, len(ids), _TOGETHER):
        connection.execute(delete(row).where(row.document_id.in_(ids[start : start + _TOGETHER])))
    document = select(DocumentRow.document_id).where(DocumentRow.document_id == row.document_id).exists()
    claim = select(ClaimRow.number).where(ClaimRow.number == row.row_key).exists()
    connection.execute(delete(row).where(row.time < before, ~or_(document, claim)))
    connection.execute(delete(AddedRow).where(AddedRow.time < before))


def _alike(cells: Mapping[str, str]) -> str:
    return repr(sorted(cells.items()))
