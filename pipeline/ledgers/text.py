"""Text that is safe in a workbook: what a scan says must stay text, and must not break the file."""

from __future__ import annotations

import re

CELL_LIMIT = 32_767
"""Excel's limit on a cell's text, counted in UTF-16 units."""
CUT_MARK = "…（已截断）"

# XML 1.0 section 2.2: everything outside Char. Lone surrogates come from file names that are not UTF-8.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NEWLINES = re.compile(r"\r\n?")
# ECMA-376 part 1, 22.9.2.19 ST_Xstring: _xHHHH_ stands for a character; a literal one is escaped.
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
# What a spreadsheet may take for the start of a formula once someone edits the cell.
_FORMULA_STARTS = tuple("=+-@\t\n|%")


def clean(text: str) -> str:
    """Text without the characters XML forbids, with ``\\n`` as the only line end."""
    return _ILLEGAL.sub("", _NEWLINES.sub("\n", text))


def cell_text(text: str) -> tuple[str, bool]:
    """``text`` fit for a cell, and whether it had to be cut to Excel's limit."""
    out = _ESCAPE.sub("_x005F_", clean(text))
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


def needs_quote(text: str) -> bool:
    """Whether a cell needs Excel's quote prefix, so that editing it does not make it a formula."""
    return text.startswith(_FORMULA_STARTS)
