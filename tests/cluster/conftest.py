"""A Ray cluster on this machine, and a storage that speaks S3."""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from cluster_office import SECRET
from moto.server import ThreadedMotoServer

from tests.support.command import Result, call, compiled
from tests.support.folders import Folders


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


@pytest.fixture
def command() -> Callable[..., Result]:
    return call


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the processes of a cluster inherit: no settings, compiled code kept, nothing told to anybody."""
    for name in [name for name in os.environ if name.upper().startswith(("PIPELINE_", "AWS_"))]:
        monkeypatch.delenv(name)
    changed = compiled(dict(os.environ))
    for name in os.environ.keys() - changed.keys():
        monkeypatch.delenv(name)
    for name, value in {**changed, "RAY_USAGE_STATS_ENABLED": "0"}.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def storage(environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of an empty S3 server, which the environment names as it would any other."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "office")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    urllib.request.urlopen(f"http://{host}:{port}/moto-api/reset", data=b"").close()  # all servers of a process are one
    client = boto3.client("s3")
    client.create_bucket(Bucket="office")
    yield client
    client.close()
    server.stop()
