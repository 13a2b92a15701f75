"""A drop folder, an outputs folder and a database of their own for each test of a batch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.store import Store
from tests.support.folders import Folders


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


@pytest.fixture
def store(folders: Folders) -> Iterator[Store]:
    with folders.store() as opened:
        yield opened
