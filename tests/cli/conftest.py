"""The command called in this process, without settings from the environment."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command import Result, call
from tests.support.folders import Folders


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    for name in os.environ:
        if name.upper().startswith("PIPELINE_"):
            monkeypatch.delenv(name)
    return call
