"""An office whose scans were really read, the audit page served as staff start it, and a real browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from pipeline.audit.accounts import hash_password
from pipeline.store import Role, Store, open_store, sqlite_url
from tests.support.command import start

SCANS = Path(__file__).resolve().parents[2] / "scans"
PASSWORD = "合用的密码-0001"
CLERK, OTHER, REVIEWER, ADMIN = "小录", "小陆", "老审", "管家"
ROLES = {CLERK: Role.CLERK, OTHER: Role.CLERK, REVIEWER: Role.REVIEWER, ADMIN: Role.ADMIN}


@dataclass(frozen=True)
class Office:
    """A folder with ``scans`` and ``outputs`` in which a batch has run."""

    root: Path

    @property
    def scans(self) -> Path:
        return self.root / "scans"

    @property
    def outputs(self) -> Path:
        return self.root / "outputs"

    def store(self) -> Store:
        return open_store(sqlite_url(self.outputs / "pipeline.db"))

    @property
    def where(self) -> tuple[str, ...]:
        return ("--scans", str(self.scans), "--outputs", str(self.outputs))


@pytest.fixture(scope="session")
def read_office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """The samples read by the command, and accounts for people of every role. Not to be changed: copy it."""
    office = Office(tmp_path_factory.mktemp("read"))
    shutil.copytree(SCANS, office.scans)
    process = start(*office.where, cwd=office.root, PIPELINE_INTAKE__SETTLE_SECONDS="0")
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, out + err
    with office.store() as store:
        known = hash_password(PASSWORD)
        for name, role in ROLES.items():
            store.add_user(name, role, known, actor="test")
    return office


@pytest.fixture
def office(read_office: Office, tmp_path: Path) -> Office:
    """A copy of it, to do with as one likes."""
    return copy_of(read_office, tmp_path / "office")


def copy_of(office: Office, root: Path) -> Office:
    shutil.copytree(office.root, root)
    return Office(root)


@pytest.fixture(scope="module")
def shared_office(read_office: Office, tmp_path_factory: pytest.TempPathFactory) -> Office:
    """A copy for the tests of one module, each of which works on documents of its own."""
    return copy_of(read_office, tmp_path_factory.mktemp("shared") / "office")


@pytest.fixture(scope="module")
def shared_server(shared_office: Office) -> Iterator[str]:
    with served(shared_office) as address:
        yield address


@contextmanager
def served(office: Office, **settings: str) -> Iterator[str]:
    """The audit page as the command serves it; its address."""
    process = start("audit", "--no-browser", "--port", "0", *office.where, cwd=office.root, **settings)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://[^（\s]+", line)
        assert found, line + (process.stderr.read() if process.stderr and process.poll() is not None else "")
        yield found[0]
    finally:
        process.terminate()
        _, err = process.communicate(timeout=30)
    assert "Traceback" not in err, err


@pytest.fixture
def server(office: Office) -> Iterator[str]:
    with served(office) as address:
        yield address


SignIn = Callable[..., AbstractContextManager[Page]]


@pytest.fixture
def sign_in(browser: Browser) -> SignIn:
    """``with sign_in(address, name) as page``: somebody at a screen of their own; faults of scripts fail the test."""

    @contextmanager
    def signing_in(address: str, name: str, width: int = 1366, height: int = 768) -> Iterator[Page]:
        context: BrowserContext = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
        faults: list[str] = []
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
        page.on("request", lambda r: None if r.url.startswith((address, "data:")) else faults.append(r.url))
        try:
            page.goto(f"{address}/sign-in")
            page.get_by_label("用户名").fill(name)
            page.get_by_label("密码").fill(PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_url(f"{address}/desk")
            yield page
            assert faults == []
        finally:
            context.close()

    return signing_in
