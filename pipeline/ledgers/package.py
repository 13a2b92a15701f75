"""Saving a workbook so that the same contents are the same bytes."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.ledgers.atomic import replacing
from pipeline.ledgers.choices import Choices
from pipeline.ledgers.kept import NOTHING_KEPT, SheetKept
from pipeline.ledgers.sheet import Placed, SheetWriter
from pipeline.ledgers.style import BODY_FONT, Formats
from pipeline.ledgers.table import SheetPlan

# The properties of the file say nothing, so that an unchanged ledger is left untouched on disk.
_CREATED = datetime(2000, 1, 1)
_CREATOR = "双报到台账"
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def save_workbook(
    plans: Sequence[SheetPlan],
    path: Path,
    kept: Mapping[str, SheetKept] | None = None,
    finish: Callable[[Path], None] | None = None,
) -> Path:
    """Write the sheets to ``path`` atomically; returns where the workbook came to lie.

    That is another path beside it where ``path`` is open in Excel. ``kept`` is what people changed of the sheets, by
    name. ``finish`` is given the new file before it takes the place of the old one.
    """
    with replacing(path, beside=True) as written:
        write_workbook(plans, written.temp, kept or {})
        if finish is not None:
            finish(written.temp)
    return written.path


def write_workbook(plans: Sequence[SheetPlan], target: Path, kept: Mapping[str, SheetKept]) -> None:
    """Write the sheets to a new file ``target``."""
    # Each process imports this module, few write a workbook.
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import FileCreateError, FileSizeError

    # What is written on the way holds people's data too: it lies beside the target, not in everybody's folder.
    # The workbook itself is packed in memory: given a file, the writer leaves its archive open where the disk is full.
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as aside:
        book = Workbook(packed, {**_OPTIONS, "tmpdir": aside})
        _begin(book)
        formats, choices = Formats(book), Choices(book)
        placed: dict[int, Placed] = {}
        for plan in plans:
            placed |= SheetWriter(book, formats, choices, plan, kept.get(plan.name, NOTHING_KEPT)).write(placed)
        choices.write()
        try:
            book.close()
        except (FileCreateError, FileSizeError) as error:
            cause = error.__cause__ or error.args[0]
            raise cause if isinstance(cause, OSError) else OSError(str(error)) from error
    target.write_bytes(packed.getbuffer())


def _begin(book: Any) -> None:
    book.set_properties({"author": _CREATOR, "created": _CREATED})
    book.formats[0].set_font_name(BODY_FONT)
    book.formats[0].set_font_size(11)
