"""A drop folder, an outputs folder and a database of their own for each test of a batch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.store import Store
from tests.support.folders import Folders
from tests.support.papers import Office, open_office


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


@pytest.fixture
def store(folders: Folders) -> Iterator[Store]:
    with folders.store() as opened:
        yield opened


@pytest.fixture
def office(tmp_path: Path, rules: tuple[Forms, Dictionaries], monkeypatch: pytest.MonkeyPatch) -> Office:
    """Folders in which batches run without an engine, on papers that say in plain words what stands on them."""
    return open_office(tmp_path, rules, monkeypatch)
