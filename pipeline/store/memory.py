"""What the program remembers about itself from one run to the next, by name."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from pipeline.store.audit import UNCHANGING
from pipeline.store.engine import insert_or_update
from pipeline.store.schema import AuditRow, StateRow


def recall(connection: Connection, name: str) -> Any:
    """What was kept under ``name``, or ``None``."""
    return connection.scalar(select(StateRow.value).where(StateRow.name == name))


def keep(connection: Connection, name: str, value: Any) -> None:
    """Keep a value (anything JSON can hold) under ``name``."""
    statement = insert_or_update(connection, StateRow).values(name=name, value=value)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def change_number(connection: Connection) -> int:
    """A number that rises with everything that is written: the last line of the audit log."""
    return connection.scalar(select(func.max(AuditRow.seq))) or 0


def changed_since(connection: Connection, number: int) -> bool:
    """Whether anything that outputs show was written after line ``number`` of the audit log."""
    row = AuditRow
    query = select(row.seq).where(row.seq > number, row.action.not_in([action.value for action in UNCHANGING])).limit(1)
    return connection.execute(query).first() is not None
