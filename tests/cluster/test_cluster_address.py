"""Which executor is asked for, and what is said where it cannot be had. No cluster is started."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from pipeline.store import open_store, sqlite_url
from tests.support.bad_files import blank_picture
from tests.support.command import Result
from tests.support.folders import Folders


@pytest.fixture
def run(folders: Folders, command: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("PIPELINE_INTAKE__SETTLE_SECONDS", "0")
    folders.put("a.png", blank_picture())
    return lambda *options: command("run", "--scans", folders.scans, "--outputs", folders.outputs, *options)


@pytest.mark.parametrize("address", ["127.0.0.1:9", "ray://127.0.0.1:9", "ray://nowhere.invalid:10001"])
def test_an_address_that_does_not_answer_is_named_soon_and_nothing_is_begun(
    run: Callable[..., Result], folders: Folders, address: str
) -> None:
    started = time.monotonic()
    shown = run("--executor", "ray", "--address", address)
    assert time.monotonic() - started < 60
    assert shown.code == 2
    assert f"Ray 集群 {address} 没有应答" in shown.err
    assert "ray start --head" in shown.err
    with open_store(sqlite_url(folders.outputs / "pipeline.db")) as store:
        assert store.status_summary().last_batch is None


@pytest.mark.parametrize("address", ["10.0.0.1", "http://10.0.0.1:80", "ray://", "auto", "10.0.0.1:99999"])
def test_an_address_of_another_kind_is_refused_with_those_allowed(run: Callable[..., Result], address: str) -> None:
    shown = run("--executor", "ray", "--address", address)
    assert (shown.code, f"“{address}”写法不对" in shown.err, "ray://" in shown.err) == (2, True, True)


def test_what_does_not_go_together_is_said(run: Callable[..., Result]) -> None:
    assert "--executor ray" in run("--address", "ray://10.0.0.1:10001").err
    assert "--address" in run("--executor", "ray").err
    assert "--executor" in run("--executor", "spark").err


def test_without_ray_it_is_said_how_to_install_it(run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    shown = run("--executor", "ray", "--address", "local")
    assert (shown.code, "pip install" in shown.err, "Ray" in shown.err) == (2, True, True)


def test_ray_is_loaded_only_where_it_is_asked_for(folders: Folders) -> None:
    code = "import sys, pipeline.batch.run, pipeline.cli.main; sys.exit('ray' in sys.modules or 's3fs' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
