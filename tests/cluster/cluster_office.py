"""What the tests of a cluster share besides fixtures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SECRET = "nobody-may-read-this-secret"
ONNX = {"engine": "onnxruntime"}
AT_ONCE = {"settle_seconds": 0.0}


@contextmanager
def two_machines() -> Iterator[Any]:
    """A cluster whose head only leads: two more nodes of one processor each do the work."""
    from ray.cluster_utils import Cluster

    small = {"object_store_memory": 100_000_000, "include_dashboard": False}
    cluster = Cluster()
    try:
        for cpus in (0, 1, 1):
            _add(cluster, {"num_cpus": cpus, **small})
        yield cluster
    finally:
        cluster.shutdown()


def _add(cluster: Any, options: dict[str, Any], tries: int = 4) -> None:
    """Ray gives a node half a minute to start, too little for a busy machine."""
    for left in reversed(range(tries)):
        try:
            cluster.add_node(wait=False, **options)
        except Exception:
            if not left:
                raise
        else:
            return


def on(cluster: Any) -> dict[str, Any]:
    """The settings of a batch on a cluster."""
    return {"executor": "ray", "address": cluster.address, "retry_minutes": 0.0}
