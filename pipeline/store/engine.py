"""Connections: SQLite in WAL mode, or PostgreSQL.

Two ways to begin. A *writing* transaction takes SQLite's write lock at once (``BEGIN IMMEDIATE``): one
that reads first and writes later could not be saved by waiting when another writer came between. A
*reading* one sees a single snapshot on both databases (WAL; ``REPEATABLE READ``), beside any writer.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError

from pipeline.errors import SetupError
from pipeline.store.faults import explained
from pipeline.store.schema import Base

WAIT_SECONDS = 30.0
"""How long to wait for another writer before giving up."""

_WRITING = {"store_writing": True}
_CACHE = 32_000  # KiB a connection, taken as needed


def sqlite_url(path: Path) -> str:
    """The address of a database file, whatever its folders are called (``%``, ``?``, ``#``, spaces)."""
    return URL.create("sqlite", database=path.as_posix()).render_as_string()


def parse_url(text: str) -> URL:
    """A database URL, checked. Raises :class:`SetupError` naming the two forms allowed."""
    allowed = "可用：sqlite:///文件路径，或 postgresql+psycopg://用户:密码@主机/库名"
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise SetupError(f"数据库地址无法识别。{allowed}。") from error
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise SetupError(f"不支持的数据库类型“{url.drivername}”。{allowed}。")
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise SetupError(f"数据库地址缺少文件路径：结果必须存入文件。{allowed}。")
    return url


def connect(url: URL, wait: float = WAIT_SECONDS) -> Engine:
    """An engine on an existing or new database. Raises :class:`SetupError` where it cannot be opened."""
    if url.get_backend_name() == "sqlite":
        _make_file(url)
        engine = create_engine(url, hide_parameters=True, connect_args={"timeout": wait})
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(
            url, hide_parameters=True, pool_pre_ping=True, connect_args={"connect_timeout": max(2, int(wait))}
        )
        event.listen(engine, "connect", _lock_timeout(wait))
    try:
        if engine.dialect.name == "sqlite":
            _use_wal(engine, wait)
        else:
            _require_utf8(engine)
    except DBAPIError as error:
        engine.dispose()
        raise explained(url, error) from error
    except SetupError:
        engine.dispose()
        raise
    return engine


def reading(engine: Engine) -> Engine:
    """The same engine, its transactions for reading one snapshot."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return engine


def writing(engine: Engine) -> Engine:
    """The same engine, its transactions for writing."""
    return engine.execution_options(**_WRITING)


def _make_file(url: URL) -> None:
    """Create the file if need be, for its owner and group only: it holds ID numbers and phones.

    SQLite gives its ``-wal`` and ``-shm`` files the same permissions.
    """
    path = Path(url.database or "")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o640))
    except OSError as error:
        raise SetupError(
            f"数据库 {path} 无法打开：{error.strerror}。请检查所在文件夹是否存在、是否有读写权限、磁盘是否已满。",
            code="database",
        ) from error


def _set_pragmas(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say (_begin_sqlite), not where sqlite3 guesses
    connection.execute("PRAGMA foreign_keys = ON")
    # Every commit reaches the disk before the caller goes on: originals are archived once the commit that
    # records them has returned, so a commit lost to a power cut (which NORMAL allows) would lose a scan.
    # It costs one fsync a document, against seconds of reading.
    connection.execute("PRAGMA synchronous = FULL")
    # The 2 MB that are usual hold the upper levels of a large database's trees badly: queries that look at something
    # of every document take a third longer.
    connection.execute(f"PRAGMA cache_size = -{_CACHE}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("store_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _use_wal(engine: Engine, wait: float) -> None:
    """Switch the file to write-ahead logging, which it then keeps: readers do not block the writer.

    SQLite does not wait for other connections while it switches, so two that open a new file together
    must try again themselves.
    """
    deadline = time.monotonic() + wait
    while True:
        try:
            with closing(engine.raw_connection()) as connection:
                mode = connection.cursor().execute("PRAGMA journal_mode = WAL").fetchone()[0]
            break
        except sqlite3.DatabaseError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise explained(engine.url, error) from error
            time.sleep(0.02)
    if mode != "wal":
        raise SetupError(f"数据库 {engine.url.database} 所在的磁盘不支持 WAL 模式，请放在本机磁盘上。", code="database")


def _lock_timeout(wait: float) -> Any:
    def set_timeout(connection: Any, _record: Any) -> None:
        # A lock that another session forgot must end in a message, as on SQLite, and not in a hang.
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {max(1, int(wait * 1000))}")
        connection.commit()

    return set_timeout


def _require_utf8(engine: Engine) -> None:
    with engine.connect() as connection:
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        raise SetupError(
            f"PostgreSQL 库的编码是 {encoding}，存不下中文。请用 CREATE DATABASE … ENCODING 'UTF8' 新建。",
            code="database",
        )


def insert_or_update(connection: Connection, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ``on_conflict_do_update``, which both databases spell alike."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
