"""A small office of invented documents, its audit page served in this process, and people who ask by HTTP."""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import hashlib
import re
import secrets
import shutil
import socket
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from pipeline.audit.accounts import form_token, hash_password, hash_token
from pipeline.audit.app import create_app
from pipeline.audit.desk import Desk
from pipeline.audit.guard import SESSION_COOKIE
from pipeline.settings import Settings, load_settings
from pipeline.store import Role, Store, StoredDocument, open_store, sqlite_url
from tests.synthesis.office_year import fill

PASSWORD = "合用的密码-123"
CLERK, OTHER, REVIEWER, ADMIN = "小录", "小陆", "老审", "管家"
ROLES = {CLERK: Role.CLERK, OTHER: Role.CLERK, REVIEWER: Role.REVIEWER, ADMIN: Role.ADMIN}
CHINESE = re.compile("[\u4e00-\u9fff]")
_DOCUMENTS = 24


@functools.cache
def known_hash() -> str:
    return hash_password(PASSWORD)


@functools.cache
def _filled() -> bytes:
    """A database with documents and accounts; making it takes longer than a test."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pipeline.db"
        with open_store(sqlite_url(path)) as store:
            fill(store, _DOCUMENTS, seed=7, corrected=0.0)
            for name, role in ROLES.items():
                store.add_user(name, role, known_hash(), actor="test")
        return path.read_bytes()


@dataclass(frozen=True)
class Person:
    """A browser with or without a session; redirects are not followed."""

    client: httpx.Client
    token: str
    """The form token of the session."""

    def get(self, path: str, *, page: bool = True, **more: Any) -> httpx.Response:
        accept = "text/html" if page else "application/json"
        return self.client.get(path, headers={"accept": accept, **more.pop("headers", {})}, **more)

    def post(self, path: str, *, token: str | None = "own", **more: Any) -> httpx.Response:
        headers = {"accept": "application/json", **more.pop("headers", {})}
        if token is not None:
            headers["x-form-token"] = self.token if token == "own" else token
        return self.client.post(path, headers=headers, **more)


@dataclass(frozen=True)
class Site:
    address: str
    desk: Desk
    settings: Settings

    @property
    def store(self) -> Store:
        return self.desk.store

    @property
    def database(self) -> Path:
        return self.settings.path("outputs") / "pipeline.db"

    @contextmanager
    def person(self, name: str | None = None, *, minutes: float = 60) -> Iterator[Person]:
        """Somebody, signed in where a name is given; the session ends after ``minutes``."""
        with httpx.Client(base_url=self.address, timeout=30) as client:
            token = secrets.token_urlsafe(16)
            if name is not None:
                until = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=minutes)
                self.store.open_session(name, hash_token(token), until)
                client.cookies.set(SESSION_COOKIE, token)
            yield Person(client, form_token(token))

    def documents(self) -> list[StoredDocument]:
        found = [self.store.stored_document(record.document_id) for record in self.store.records()]
        return [document for document in found if document is not None]

    def state(self) -> str:
        """Everything that is kept but sessions and the log, and what lies in the folder, as one number."""
        digest = hashlib.sha256()
        with closing(sqlite3.connect(self.database)) as connection:
            names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for name in sorted(names):
                if name not in ("sessions", "audit_log", "sqlite_sequence"):
                    rows = map(repr, connection.execute(f'SELECT * FROM "{name}"'))
                    digest.update("\n".join(sorted(rows)).encode())
        outputs = self.settings.path("outputs")
        files = sorted(str(p.relative_to(outputs)) for p in outputs.rglob("*") if p.is_file())
        digest.update("\n".join(f for f in files if not f.startswith("pipeline.db")).encode())
        return digest.hexdigest()

    def deeds(self, after: int = 0) -> list[tuple[str, str, str | None]]:
        """Who did what to which document, by the log."""
        return [(line.actor, line.action, line.document_id) for line in self.store.audit_entries(after=after)]

    def last_line(self) -> int:
        return self.store.chain_head()[0]


@contextmanager
def serving(folder: Path, *, filled: bool = True, **audit: Any) -> Iterator[Site]:
    """The page on a store of its own; ``audit`` are settings."""
    outputs, scans = folder / "outputs", folder / "scans"
    outputs.mkdir(parents=True)
    scans.mkdir()
    if filled:
        (outputs / "pipeline.db").write_bytes(_filled())
    settings = load_settings(folders={"scans": scans, "outputs": outputs}, audit=audit)
    with open_store(sqlite_url(outputs / "pipeline.db")) as store, closing(Desk(settings, store)) as desk:
        desk.index.wait()
        with _listening() as listening:
            host, port = listening.getsockname()
            config = uvicorn.Config(create_app(desk), log_config=None, access_log=False, server_header=False)
            server = uvicorn.Server(config)
            thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
            thread.start()
            try:
                yield Site(f"http://{host}:{port}", desk, settings)
            finally:
                server.should_exit = True
                thread.join()
    shutil.rmtree(folder)


@contextmanager
def _listening() -> Iterator[socket.socket]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        yield listening
