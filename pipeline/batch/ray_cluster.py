"""A Ray cluster, as far as reading needs one. Ray is imported here alone, and only where it is asked for."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import re
import signal
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pipeline.errors import SetupError

LOCAL = "local"
_ADDRESS = re.compile(r"(?:(?P<client>ray)://)?(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):(?P<port>[0-9]{1,5})")
_ANSWER_WITHIN = 10.0  # seconds
_STARTS = 3  # tries to start a cluster of one's own
_STORE_BYTES = 200_000_000  # for results on their way, on a cluster of one's own

Handle = Any
"""An actor."""

Ref = Any
"""What will be the result of a call."""


class LostError(Exception):
    """The actor, its machine, or a result on it is gone."""


class Cluster:
    """A cluster that this process is connected to."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray

    def cpus(self) -> int:
        """The processors of all machines that there are just now."""
        return int(self._ray.cluster_resources().get("CPU", 0))

    def put(self, value: object) -> Ref:
        """Something that many calls take, sent to each machine once."""
        return self._ray.put(value)

    def start(self, kind: type[Any], *arguments: object, cpus: int) -> Handle:
        """An actor of a class, somewhere in the cluster, as soon as ``cpus`` processors are free for it."""
        remote = self._ray.remote(num_cpus=cpus, max_restarts=0, max_task_retries=0, scheduling_strategy="SPREAD")
        return remote(kind).remote(*arguments)

    def call(self, actor: Handle, method: str, *arguments: object) -> Ref:
        """Begin a call of a method."""
        return getattr(actor, method).remote(*arguments)

    def wait(self, refs: Sequence[Ref], seconds: float) -> list[Ref]:
        """Those that are done, or lost; at the latest after ``seconds``."""
        with _told_of_disconnection():
            done, _ = self._ray.wait(list(refs), num_returns=1, timeout=seconds)
        return list(done)

    def result(self, ref: Ref) -> Any:
        """The result of a call that is done. Raises :class:`LostError`, :class:`SetupError` where the cluster is."""
        errors = self._ray.exceptions
        try:
            with _told_of_disconnection():
                return self._ray.get(ref)
        except (errors.RayActorError, errors.ObjectLostError, errors.WorkerCrashedError) as error:
            raise LostError(type(error).__name__) from error

    def kill(self, actor: Handle) -> None:
        """End an actor, whatever it is doing, started or not."""
        with contextlib.suppress(Exception):
            self._ray.kill(actor)


@contextmanager
def connected(address: str, cpus: int | None = None) -> Iterator[Cluster]:
    """Connect to a cluster, or start one on this machine (:data:`LOCAL`, with so many ``cpus``), for a while.

    Raises :class:`SetupError` where Ray is not installed or the address does not answer.
    """
    match = None if address == LOCAL else _parsed(address)
    # Nothing is told to anybody outside.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        ray: Any = importlib.import_module("ray")
    except ImportError as error:
        raise SetupError(
            "用集群识别需要另外安装 Ray：在程序文件夹中运行 pip install '.[cluster]'，各台机器都要安装。"
        ) from error
    if match is not None:
        _require_answer(address, match)
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    own: dict[str, Any] = {"num_cpus": cpus, "include_dashboard": False, "object_store_memory": _STORE_BYTES}
    try:
        with _signals_kept():
            if match is None:
                _start(ray, {**quiet, **own})
            else:
                ray.init(address, **quiet)
    except Exception as error:
        raise SetupError(
            f"无法连接 Ray 集群 {address}（{type(error).__name__}）。请检查地址，以及各台机器的 Ray 和 Python 版本"
            f"是否与本机（Ray {ray.__version__}）一致；主机:端口 只能在集群中的机器上用，其他机器用 ray://主机:10001。"
        ) from error
    try:
        yield Cluster(ray)
    finally:
        with contextlib.suppress(Exception):  # all outcomes are kept by now, and the cluster may be gone
            ray.shutdown()


def _start(ray: Any, options: dict[str, Any]) -> None:
    """Start a cluster of one's own. Ray gives its processes half a minute, too little for a busy machine."""
    for left in reversed(range(_STARTS)):
        try:
            ray.init(LOCAL, **options)
        except Exception:
            ray.shutdown()
            if not left:
                raise
        else:
            return


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Ray puts handlers of its own in the place of those by which a batch hears that it is to stop."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, handler in before.items():
                signal.signal(number, handler)


@contextmanager
def _told_of_disconnection() -> Iterator[None]:
    try:
        yield
    except ConnectionError as error:
        raise SetupError(
            "与 Ray 集群的连接断开了。已完成的都已保存；请检查集群和网络后重新运行，其余的会接着处理。"
        ) from error


def _parsed(address: str) -> re.Match[str]:
    match = _ADDRESS.fullmatch(address)
    if match is None or not 0 < int(match["port"]) < 65536:
        raise SetupError(
            f"Ray 集群的地址“{address}”写法不对：可写 ray://主机:10001、主机:6379（本机在集群中时），"
            "或 local（只用本机）。"
        )
    return match


def _require_answer(address: str, match: re.Match[str]) -> None:
    """Ray itself would try for a minute, and may end the process then."""
    try:
        socket.create_connection((match["host"].strip("[]"), int(match["port"])), _ANSWER_WITHIN).close()
    except OSError as error:
        raise SetupError(
            f"Ray 集群 {address} 没有应答。请检查地址和网络，并确认主机上的集群已启动（ray start --head）。"
        ) from error
