"""A whole database copied row by row into an empty one, between SQLite and PostgreSQL either way.

Text is copied as it is stored, so that what comes out equals what went in to the last character.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, TableClause, Text, column, func, insert, inspect, select, table, text

from pipeline.store.columns import JsonText, PlainText
from pipeline.store.engine import connect, parse_url, reading, sqlite_url, writing
from pipeline.store.migrate import migrate
from pipeline.store.schema import Base

_ROWS = 500  # in memory at a time; a row of fields is a kilobyte at most


def snapshot(source: Connection, path: Path) -> dict[str, int]:
    """Copy every table into a new SQLite file of this program's schema; how many rows each has."""
    engine = connect(parse_url(sqlite_url(path)))
    try:
        migrate(engine)
        with writing(engine).begin() as target:
            return copy_rows(source, target)
    finally:
        engine.dispose()


def copy_rows(source: Connection, target: Connection) -> dict[str, int]:
    """Copy the rows of every table into tables that are empty; how many there were of each."""
    counts = {}
    for whole in Base.metadata.sorted_tables:
        stored = _as_stored(whole)
        counts[whole.name] = 0
        query = select(stored).execution_options(yield_per=_ROWS)
        for some in source.execute(query).mappings().partitions():
            target.execute(insert(stored), [dict(row) for row in some])
            counts[whole.name] += len(some)
        _count_on(target, whole)
    return counts


def holds_rows(connection: Connection) -> bool:
    """Whether any table of ours has a row. A database without our tables has none."""
    present = set(inspect(connection).get_table_names())
    ours = (whole for whole in Base.metadata.sorted_tables if whole.name in present)
    return any(connection.execute(select(text("1")).select_from(whole).limit(1)).first() for whole in ours)


def is_used(url: str) -> bool:
    """Whether there is a database at ``url`` already. Nothing is created, and no schema brought up to date.

    For SQLite that is a file with anything in it, for PostgreSQL a row in one of our tables. Raises
    :class:`SetupError` where a server cannot be reached.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        path = Path(parsed.database or "")
        return path.exists() and path.stat().st_size > 0
    engine = connect(parsed)
    try:
        with reading(engine).connect() as connection:
            return holds_rows(connection)
    finally:
        engine.dispose()


def _as_stored(whole: Table) -> TableClause:
    """The table with its texts as they are stored: escaped, and JSON not taken apart."""
    plain = {c.name: Text() if isinstance(c.type, PlainText | JsonText) else c.type for c in whole.columns}
    return table(whole.name, *(column(name, kind) for name, kind in plain.items()))


def _count_on(target: Connection, whole: Table) -> None:
    """Let PostgreSQL number new rows after those copied; SQLite does so by itself."""
    key: Any = whole.autoincrement_column
    if target.dialect.name != "postgresql" or key is None:
        return
    sequence = func.pg_get_serial_sequence(whole.name, key.name)
    last = select(func.setval(sequence, func.coalesce(func.max(key), 1), func.max(key).is_not(None)))
    target.execute(last.select_from(whole))
