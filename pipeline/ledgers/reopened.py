"""A workbook that people had in their hands, opened to read its cells."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from pipeline.errors import PipelineError
from pipeline.ledgers.opc import CannotKeepError, Package
from pipeline.ledgers.rowcheck import canonical

UNREADABLE = (
    *(OSError, ValueError, KeyError, TypeError, EOFError, SyntaxError, AttributeError, IndexError, OverflowError),
    *(zipfile.BadZipFile, zlib.error, InvalidFileException),
)
"""What openpyxl raises on a workbook that is none: it checks little itself."""

_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the file format of Office before 2007, and of encrypted files
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_RETURN = re.compile(r"_x000D_\n?")  # how Excel writes the line ends of Windows
_QUOTED = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')  # parts of a number format that stand for themselves


class CannotReadBackError(PipelineError):
    """The file is no workbook whose cells can be read. The message says why, and what to do."""

    code = "cannot_read_back"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as it was saved: its canonical ``text``, and whether that was a ``number``, a ``truth`` or a ``day`` (of
    which only the ``month`` is shown). ``odd`` says why it holds no value: a formula, an error, a time of day."""

    text: str
    number: bool = False
    truth: bool = False
    day: bool = False
    month: bool = field(default=False, compare=False)
    odd: str = ""


EMPTY = Cell("")


@dataclass(frozen=True, slots=True)
class OpenBook:
    """The worksheets by name."""

    path: Path
    sheets: dict[str, Any]

    def rows(self, name: str) -> Iterator[tuple[int, list[Cell]]]:
        """The rows of a sheet that hold anything, numbered from 1. Raises :class:`CannotReadBackError`."""
        sheet = self.sheets[name]
        sheet.reset_dimensions()  # some programs state less than there is
        try:
            for number, row in enumerate(sheet.iter_rows(), 1):
                cells = [EMPTY if cell.value is None else _cell(cell) for cell in row]
                if any(cell.text for cell in cells):
                    yield number, cells
        except UNREADABLE as error:
            raise CannotReadBackError(f"{self.path} 的工作表“{name}”已损坏，无法读取。{_REPAIR}") from error


_REPAIR = "请用 Excel 打开它，另存为“Excel 工作簿(*.xlsx)”后重试；打不开的，请改用备份。"


@contextmanager
def reopened(path: Path) -> Iterator[OpenBook]:
    """Open the workbook at ``path`` to read its cells. Raises :class:`CannotReadBackError`."""
    _refuse_others(path)
    try:
        with Package(path):  # bounds what is unpacked, and refuses what no spreadsheet program writes
            book = load_workbook(path, read_only=True)
    except CannotKeepError as error:
        raise CannotReadBackError(f"{path} 不是完好的 Excel 工作簿，无法读取。{_REPAIR}") from error
    except UNREADABLE as error:
        raise CannotReadBackError(f"{path} 已损坏，无法读取。{_REPAIR}") from error
    try:
        yield OpenBook(path, {sheet.title: sheet for sheet in book.worksheets})
    finally:
        book.close()


def _refuse_others(path: Path) -> None:
    """Say of a file what it is, where that is no .xlsx."""
    try:
        with path.open("rb") as stream:
            head = stream.read(1 << 16)
    except OSError as error:
        raise CannotReadBackError(f"无法读取 {path}：{error.strerror or error}。请检查文件名和权限。") from error
    if head.startswith(_COMPOUND):
        if _ENCRYPTED in head or _ENCRYPTED in path.read_bytes():
            raise CannotReadBackError(f"{path} 设有打开密码，无法读取。请在 Excel 中去掉密码，保存后重试。")
        raise CannotReadBackError(f"{path} 是旧格式（.xls），无法读取。请另存为“Excel 工作簿(*.xlsx)”后重试。")
    if not head.startswith(b"PK"):
        raise CannotReadBackError(f"{path} 不是 Excel 工作簿。请选择由本程序生成的 .xlsx 文件。")


def _cell(cell: Any) -> Cell:
    value = cell.value
    if cell.data_type == "f":
        return Cell(str(getattr(value, "text", value)), odd="是公式，这里应当是值")
    if cell.data_type == "e":
        return Cell(str(value), odd=f"是错误值 {value}")
    match value:
        case bool():
            return Cell(canonical(value), truth=True)
        case datetime() if value.time() != time.min:
            return Cell(canonical(value), day=True, odd="带有时刻，不是日期")
        case datetime() | date():
            return Cell(canonical(value), day=True, month=value.day == 1 and _shows_month(cell.number_format))
        case time() | timedelta():
            return Cell(str(value), odd="是时刻，不是值")
        case int() | float():
            return Cell(canonical(value), number=True)
    return Cell(canonical(_RETURN.sub("\n", str(value))))


def _shows_month(number_format: str | None) -> bool:
    """Whether a date is shown without its day: a spreadsheet takes 1980-05 for the first of May."""
    shown = _QUOTED.sub("", number_format or "").lower()
    return "m" in shown and "d" not in shown
