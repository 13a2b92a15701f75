"""Text that is safe in a workbook: what a scan says must stay text, and must not break the file."""

from __future__ import annotations

import re

CELL_LIMIT = 32_767
"""Excel's limit on a cell's text, counted in UTF-16 units."""
CUT_MARK = "…（已截断）"

# XML 1.0 section 2.2: everything outside Char. Lone surrogates come from file names that are not UTF-8.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NEWLINES = re.compile(r"\r\n?")
# What a spreadsheet may take for the start of a formula once someone edits the cell.
_FORMULA_STARTS = tuple("=+-@\t\n|%")


def clean(text: str) -> str:
    """Text without the characters XML forbids, with ``\\n`` as the only line end."""
    if text.isprintable():  # which none of them is
        return text
    return _ILLEGAL.sub("", _NEWLINES.sub("\n", text))


def cell_text(text: str) -> tuple[str, bool]:
    """``text`` fit for a cell, and whether it had to be cut to Excel's limit."""
    out = clean(text)
    # No character takes more than two units, so short texts need no counting.
    if len(out) * 2 <= CELL_LIMIT:
        return out, False
    units = out.encode("utf-16-le")
    if len(units) // 2 <= CELL_LIMIT:
        return out, False
    kept = units[: (CELL_LIMIT - len(CUT_MARK)) * 2].decode("utf-16-le", "ignore")  # never half a pair
    return kept + CUT_MARK, True


def unescape(text: str) -> str:
    """The opposite of the escape in :func:`cell_text`, for readers (openpyxl) that do not undo it."""
    return re.sub(r"_x005F_(?=x[0-9A-Fa-f]{4}_)", "_", text)


def stands(text: str) -> str:
    """``text`` as a reader finds it in a cell: without what must not be there, and cut where a cell ends.

    The escape of ST_Xstring is left out, of which no two readers make the same.
    """
    out = clean(text)
    if len(out) * 2 > CELL_LIMIT:
        out = unescape(cell_text(out)[0])
    return out.replace("x005F_", "") if "x005F_" in out else out


def needs_quote(text: str) -> bool:
    """Whether a cell needs Excel's quote prefix, so that editing it does not make it a formula."""
    return text.startswith(_FORMULA_STARTS)
