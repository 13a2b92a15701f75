"""Every test of the store runs on SQLite, and on a real PostgreSQL server where one is installed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import postgres_server
import psycopg
import pytest

from pipeline.store import Store, open_store
from pipeline.store.schema import Base

BACKENDS = ["sqlite", "postgresql"] if postgres_server.available() else ["sqlite"]
Opener = Callable[..., Store]


@pytest.fixture(scope="session")
def server() -> Iterator[postgres_server.PostgresServer]:
    with postgres_server.PostgresServer() as running:
        yield running


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty_url(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The address of a new database without tables."""
    if backend == "sqlite":
        return f"sqlite:///{(tmp_path / 'pipeline.db').as_posix()}"
    running: postgres_server.PostgresServer = request.getfixturevalue("server")
    return running.create_database()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "pipeline.db"
    open_store(f"sqlite:///{path.as_posix()}").close()
    return path


@pytest.fixture(scope="session")
def postgres_database(server: postgres_server.PostgresServer) -> str:
    url = server.create_database()
    open_store(url).close()
    return url


@pytest.fixture
def url(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The address of a database with tables and nothing in them, without the cost of making them.

    Tests that change the tables themselves take ``empty_url`` instead.
    """
    if backend == "sqlite":
        copy = tmp_path / "pipeline.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), copy)
        return f"sqlite:///{copy.as_posix()}"
    url = str(request.getfixturevalue("postgres_database"))
    _empty(url)
    return url


def _empty(url: str) -> None:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute("SET session_replication_role = replica")  # past the audit log's triggers
        connection.execute("SET lock_timeout = '20s'")  # a test that failed may have left a transaction open
        tables = ", ".join(table.name for table in Base.metadata.sorted_tables)
        connection.execute(f"TRUNCATE {tables} RESTART IDENTITY")  # type: ignore[arg-type]


@pytest.fixture
def opener(url: str) -> Iterator[Opener]:
    """Opens the database, as often as asked; all are closed at the end."""
    opened: list[Store] = []

    def open_one(**options: float) -> Store:
        opened.append(open_store(url, **options))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(opener: Opener) -> Store:
    return opener()
