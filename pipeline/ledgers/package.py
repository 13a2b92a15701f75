"""Saving a workbook so that the same contents are the same bytes."""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.writer.excel import ExcelWriter

from pipeline.ledgers.atomic import replacing
from pipeline.ledgers.sheet import write_sheet
from pipeline.ledgers.table import SheetPlan

# The properties of the file and the times inside its zip say nothing, so that an unchanged ledger is
# left untouched on disk. 1980 is where zip's calendar begins.
_TIME = (1980, 1, 1, 0, 0, 0)


class _TimelessZip(zipfile.ZipFile):
    """A zip whose entries carry one fixed time. openpyxl adds entries by exactly these two calls."""

    def writestr(self, zinfo_or_arcname: Any, data: Any, *_: Any, **__: Any) -> None:
        super().writestr(_entry(zinfo_or_arcname), data, zipfile.ZIP_DEFLATED)

    def write(self, filename: Any, arcname: Any = None, *_: Any, **__: Any) -> None:
        with Path(filename).open("rb") as source, self.open(_entry(arcname), "w", force_zip64=True) as out:
            while chunk := source.read(1 << 20):
                out.write(chunk)


def _entry(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    return info


def save_workbook(plans: Sequence[SheetPlan], path: Path) -> Path:
    """Write the sheets to ``path`` atomically; returns where the workbook came to lie.

    That is another path beside it where ``path`` is open in Excel.
    """
    with replacing(path, beside=True) as written:
        book = Workbook(write_only=True)
        book.properties.creator = "双报到台账"
        book.properties.created = book.properties.modified = datetime(*_TIME)
        try:
            for plan in plans:
                write_sheet(book, plan)
            with _TimelessZip(written.temp, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
                ExcelWriter(book, archive).save()
        except BaseException:
            _discard(book)
            raise
    return written.path


def _discard(book: Any) -> None:
    """Close and delete the temporary files behind the sheets of a workbook that will not be saved."""
    for sheet in book.worksheets:
        with contextlib.suppress(Exception):  # the error under way is the one to tell
            if not sheet.closed:
                sheet.close()
            sheet._writer.cleanup()
