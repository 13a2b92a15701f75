"""An office with some of everything, made once for each database and copied where a test changes it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import upkeep_office
from upkeep_office import PASSPHRASE, Office, copied

from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.upkeep import cipher, purge, requeue, restore, verify
from tests.store import postgres_server
from tests.support.command import Result, call

ENOUGH = 8  # of log2 n: what scrypt costs is not what is tested


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith(("PIPELINE_", "SHUANGBAODAO_")):
            monkeypatch.delenv(name)
    monkeypatch.setattr(cipher, "LOG2_N", ENOUGH)


@pytest.fixture(autouse=True, scope="session")
def umask() -> Iterator[None]:
    """As the command sets it."""
    before = os.umask(0o027)
    yield
    os.umask(before)


@pytest.fixture(autouse=True)
def rules_loaded_once(monkeypatch: pytest.MonkeyPatch, rules: tuple[Forms, Dictionaries]) -> None:
    """Form definitions take a third of a second to load."""
    for module in (purge, requeue, restore, verify, upkeep_office):
        monkeypatch.setattr(module, "load_rules", lambda _: rules)


@pytest.fixture(scope="session")
def server() -> Iterator[postgres_server.PostgresServer]:
    with postgres_server.PostgresServer() as running:
        yield running


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("template")).fill()


@pytest.fixture
def office(template: Office, tmp_path: Path) -> Office:
    """An office on SQLite."""
    return copied(template, tmp_path / "office")


@pytest.fixture
def empty(tmp_path: Path) -> Office:
    """An office that has not begun."""
    return Office(tmp_path / "empty")


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command, with the passphrase in the environment."""
    monkeypatch.setenv("SHUANGBAODAO_PASSPHRASE", PASSPHRASE)
    return call
