"""The scripts of this folder in a short form; ``make faults`` runs them in full. They start side by side."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support.command import ROOT, environment

_SHORT = {
    "kill9": ("--trials", "2", "--real", "0", "--documents", "2"),
    "mangled": ("--count", "8", "--good", "1"),
    "idle": ("--files", "50"),
    "resources": ("--only", "a worker killed", "--documents", "3"),
}
_POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals and forks of POSIX")
_SECONDS = 300


@pytest.fixture(scope="module")
def scripts() -> Iterator[dict[str, subprocess.Popen[str]]]:
    started = {
        name: subprocess.Popen(
            [sys.executable, "-m", f"tests.faults.{name}", *options],
            cwd=ROOT,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        for name, options in _SHORT.items()
    }
    yield started
    for process in started.values():
        process.kill()
        process.communicate()


@_POSIX
@pytest.mark.parametrize("name", [name for name in _SHORT if name != "idle"])
def test_nothing_is_lost(scripts: dict[str, subprocess.Popen[str]], name: str) -> None:
    said, _ = scripts[name].communicate(timeout=_SECONDS)
    assert scripts[name].returncode == 0, said


@_POSIX
def test_an_idle_look_finds_nothing_to_do(scripts: dict[str, subprocess.Popen[str]]) -> None:
    """How long it takes is for ``make faults`` to judge, on a machine that does nothing else."""
    said, _ = scripts["idle"].communicate(timeout=_SECONDS)
    assert "a look: median" in said, said
    assert "something to do" not in said, said
