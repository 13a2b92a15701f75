"""A throw-away PostgreSQL server for tests, where PostgreSQL is installed. Nothing here is pytest's own.

with PostgresServer() as server:
    url = server.create_database()
"""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

_USER = "postgres"


def find_bin() -> Path | None:
    """The folder of ``initdb`` and ``postgres``, the newest version first; ``None`` where there is none."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    on_path = shutil.which("initdb")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    return None


def available() -> bool:
    """Whether a server can be started here: it refuses to run as root, so root needs its own user."""
    if os.name != "posix" or find_bin() is None:
        return False
    return os.geteuid() != 0 or _server_user() is not None


class PostgresServer:
    """A cluster in a temporary folder, reached through a socket in it. Not durable, and so fast."""

    def __init__(self) -> None:
        folder = find_bin()
        assert folder is not None
        self._bin = folder
        # Short and in /tmp: the path of a socket may have no more than 107 bytes.
        self._root = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        self._names = (f"test_{i}" for i in itertools.count())

    def __enter__(self) -> Self:
        try:
            user = _server_user() if os.geteuid() == 0 else None
            if user is not None:
                os.chown(self._root, *user)
            self._run("initdb", "-D", self._data, "-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
            options = f"-k {self._root} -c listen_addresses= -c fsync=off -c full_page_writes=off"
            self._run("pg_ctl", "-D", self._data, "-w", "-l", str(self._root / "log"), "-o", options, "start")
        except BaseException:
            shutil.rmtree(self._root, ignore_errors=True)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(self._root, ignore_errors=True)

    def create_database(self, *, template: str = "template0", encoding: str = "UTF8") -> str:
        """A new database; its URL."""
        name = next(self._names)
        with psycopg.connect(host=str(self._root), user=_USER, dbname="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING '{encoding}'")
        return f"postgresql+psycopg://{_USER}@/{name}?host={self._root}"

    @property
    def _data(self) -> str:
        return str(self._root / "data")

    def _run(self, program: str, *arguments: str) -> None:
        user = _server_user() if os.geteuid() == 0 else None
        identity = {"user": user[0], "group": user[1], "extra_groups": []} if user else {}
        subprocess.run(
            [str(self._bin / program), *arguments],
            check=True,
            cwd=self._root,
            stdin=subprocess.DEVNULL,
            # Not a pipe: the server would inherit it, and reading it would wait for the server to end.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
            **identity,  # type: ignore[call-overload]
        )


def _server_user() -> tuple[int, int] | None:
    import pwd

    try:
        entry = pwd.getpwnam(_USER)
    except KeyError:
        return None
    return entry.pw_uid, entry.pw_gid


def _version(folder: Path) -> float:
    try:
        return float(folder.parent.name)
    except ValueError:
        return 0.0
