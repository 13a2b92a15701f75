"""What can go wrong with a backup, said so that staff know what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import PipelineError


class BackupError(PipelineError):
    """A backup cannot be made, or cannot be used. ``code`` says which."""

    code = "backup"


def damaged(detail: str = "") -> BackupError:
    """The backup is not what was once written."""
    return BackupError(
        f"备份文件已损坏或被改动{f'（{detail}）' if detail else ''}，没有恢复任何东西。请换用另一份备份，"
        "或从原来的存放处重新复制这个文件。",
        code="backup_damaged",
    )


def cut_short() -> BackupError:
    """The end of the backup is missing."""
    return BackupError(
        "备份文件不完整（结尾缺失），可能复制时中断。请从原来的存放处重新复制，或换用另一份备份。",
        code="backup_cut_short",
    )


def too_little_room(folder: Path, needed: int, free: int) -> BackupError:
    """The disk is too small for what is to be written there."""
    return BackupError(
        f"{folder} 所在磁盘空间不足：约需 {megabytes(needed)}，只剩 {megabytes(free)}。请清理磁盘或换一个磁盘后重试。",
        code="disk_full",
    )


def megabytes(size: int) -> str:
    """A size for people: ``12.3 MB``."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Turn the operating system's refusals within the block into :class:`BackupError`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise BackupError(
                f"写入 {path} 时磁盘已满，没有留下不完整的文件。请清理磁盘或换一个磁盘后重试。", code="disk_full"
            ) from error
        reason = error.strerror or type(error).__name__
        where = f"（{error.filename}）" if error.filename and str(error.filename) != str(path) else ""
        raise BackupError(f"无法写入 {path}：{reason}{where}。请检查路径、磁盘和权限。", code="cannot_write") from error
