"""One batch at a time in an outputs folder."""

from __future__ import annotations

import datetime
import json
import os
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline.errors import SetupError

_LOCK = ".batch.lock"
_HOLDER = ".batch.json"


class BusyError(SetupError):
    """Somebody else holds the outputs folder just now."""

    code = "busy"


class sole_batch:  # noqa: N801 - reads as a verb phrase in a with statement
    """Holds the outputs folder for one batch, or what else writes there; says who holds it where somebody does."""

    def __init__(self, outputs: Path) -> None:
        self._lock = FileLock(outputs / _LOCK)
        self._holder = outputs / _HOLDER

    def __enter__(self) -> None:
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise BusyError(f"另一个批处理正在使用输出文件夹{self._who()}。请等它结束后再运行。") from None
        except OSError as error:
            raise _cannot_lock(error) from error
        holder = {"pid": os.getpid(), "since": datetime.datetime.now().astimezone().isoformat(timespec="seconds")}
        try:
            self._holder.write_text(json.dumps(holder), encoding="utf-8")
        except OSError as error:
            self._lock.release()
            raise _cannot_lock(error) from error

    def __exit__(self, *_: object) -> None:
        self._holder.unlink(missing_ok=True)
        self._lock.release()

    def _who(self) -> str:
        try:
            holder = json.loads(self._holder.read_text(encoding="utf-8"))
            return f"（进程 {holder['pid']}，开始于 {holder['since']}）"
        except (OSError, ValueError, KeyError):
            return ""


def _cannot_lock(error: OSError) -> SetupError:
    return SetupError(f"无法在输出文件夹中加锁：{error.strerror}。请检查文件夹是否可写、磁盘是否已满。")
