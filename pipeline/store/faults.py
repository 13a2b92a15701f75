"""What can go wrong with a database, said so that staff know what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError

from pipeline.errors import PipelineError, SetupError


class ConflictError(PipelineError):
    """Someone else changed the document since it was shown."""

    code = "conflict"


class NotFoundError(PipelineError):
    """There is no such document, field or batch."""

    code = "not_found"


_SQLITE_FAULTS = (
    # (words of SQLite's message, what to do)
    ("locked", "正被另一个程序占用，等待超时。请关闭正在使用它的程序（另一个批处理、数据库查看工具等）后重试。"),
    ("not a database", "不是有效的数据库文件，可能已损坏。请用备份恢复；没有备份时将该文件改名移开后重新运行。"),
    ("malformed", "已损坏。请停止所有程序，用备份恢复；没有备份时将该文件改名移开后重新运行。"),
    ("disk is full", "所在磁盘已满。请清理磁盘空间后重试；已提交的数据没有丢失。"),
    ("readonly", "是只读的。请检查文件和所在文件夹的写入权限。"),
    ("unable to open", "无法打开。请检查所在文件夹是否存在、是否有读写权限。"),
    ("disk i/o", "读写出错。请检查磁盘或网络盘是否正常，然后重试。"),
)


def explained(url: URL, error: Exception) -> SetupError:
    """A database driver's error as a :class:`SetupError` that says what to do; the password is hidden."""
    cause = getattr(error, "orig", None) or error
    if url.get_backend_name() == "sqlite":
        text = str(cause).lower()
        for words, advice in _SQLITE_FAULTS:
            if words in text:
                return SetupError(f"数据库 {url.database} {advice}", code="database")
        return SetupError(f"数据库 {url.database} 出错：{cause}。请检查磁盘，必要时用备份恢复。", code="database")
    shown = url.render_as_string(hide_password=True)
    if "lock timeout" in str(cause):
        return SetupError(f"数据库 {shown} 正被另一个程序占用，等待超时。请稍后重试。", code="database")
    if isinstance(error, OperationalError):
        advice = "请检查 PostgreSQL 是否已启动，地址、库名、用户名和密码是否正确，磁盘是否已满"
        return SetupError(f"数据库 {shown} 无法连接或操作中断：{cause}\n{advice}，然后重试。", code="database")
    advice = "请检查该用户是否有建表和读写的权限，必要时联系数据库管理员"
    return SetupError(f"数据库 {shown} 出错：{cause}\n{advice}。", code="database")


@contextmanager
def explaining(url: URL) -> Iterator[None]:
    """Turn faults of the database within the block into :class:`SetupError`.

    A broken constraint is no such fault but a mistake of the caller, and passes as it is.
    """
    try:
        yield
    except (IntegrityError, DataError):
        raise
    except DBAPIError as error:
        raise explained(url, error) from error
