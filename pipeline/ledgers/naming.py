"""Names of sheets and files that Excel and Windows accept."""

from __future__ import annotations

import re
from collections.abc import Container

SHEET_LIMIT = 31
_SHEET_FORBIDDEN = re.compile(r"[\\/*?:\[\]\x00-\x1f]")
_FILE_FORBIDDEN = re.compile(r'[\\/*?:"<>|\x00-\x1f]')


def sheet_name(wanted: str, taken: Container[str] = ()) -> str:
    """``wanted`` as a sheet name: allowed characters, at most 31 of them, not one of ``taken``."""
    # An apostrophe at either end is refused by Excel.
    base = _SHEET_FORBIDDEN.sub("_", wanted).strip("' ")[:SHEET_LIMIT] or "表"
    name, number = base, 1
    while name in taken:
        number += 1
        suffix = f"（{number}）"
        name = base[: SHEET_LIMIT - len(suffix)] + suffix
    return name


def table_name(title: str) -> str:
    """What formulas call the table under ``title``: letters, digits and ``_``, and like no cell's name."""
    return "表_" + re.sub(r"\W", "_", title)


def workbook_file(workbook: str) -> str:
    """The file name of a workbook that a form definition names."""
    base = _FILE_FORBIDDEN.sub("_", workbook).strip(" .") or "台账"
    return base if base.lower().endswith(".xlsx") else f"{base}.xlsx"
