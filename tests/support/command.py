"""``run_pipeline.py`` as staff run it: its exit status and what it printed.

A process of its own is the real thing; a call in this process is the same code without the seconds
that a start takes.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.cli import main

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Result:
    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


def environment(**settings: str) -> dict[str, str]:
    """This process's environment without pipeline settings, and then with ``settings``."""
    kept = {k: v for k, v in os.environ.items() if not k.upper().startswith("PIPELINE_")}
    return compiled(kept) | settings


def compiled(variables: dict[str, str]) -> dict[str, str]:
    """An environment in which Python keeps what it compiles, or every process that starts compiles all of it anew."""
    if not variables.get("PYTHONDONTWRITEBYTECODE"):
        return variables
    kept = {k: v for k, v in variables.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(ROOT / ".cache" / "compiled")}


def start(*arguments: str | Path, cwd: Path, own_group: bool = False, **settings: str) -> subprocess.Popen[str]:
    """Begin the command; ``own_group`` makes it the first of a process group, as a service manager does."""
    return subprocess.Popen(
        [sys.executable, str(ROOT / "run_pipeline.py"), *map(str, arguments)],
        cwd=cwd,
        env=environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        start_new_session=own_group,
    )


def finish(process: subprocess.Popen[str], seconds: float = 300) -> Result:
    """Wait for a started command; it is ended where it takes longer than ``seconds``."""
    with process:
        try:
            out, err = process.communicate(timeout=seconds)
        except BaseException:
            process.kill()
            raise
    return Result(process.returncode, out, err)


def run_pipeline(*arguments: str | Path, cwd: Path, **settings: str) -> Result:
    return finish(start(*arguments, cwd=cwd, own_group=False, **settings))


def call(*arguments: str | Path) -> Result:
    """The command called in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(a) for a in arguments])
    return Result(code, out.getvalue(), err.getvalue())
