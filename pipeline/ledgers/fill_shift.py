"""References of a sheet in which rows are inserted: in cells, ranges and formulas.

Rows go in right below one row, the first of a list. What lies below moves down; a range that holds the first row grows
with the list, so that a total at its foot counts all of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token, TokenizerError

LAST_ROW = 1_048_576

_AREA = re.compile(r"(\$?)([A-Za-z]{1,3})(\$?)([0-9]{1,7})(?::(\$?)([A-Za-z]{1,3})(\$?)([0-9]{1,7}))?")
_ROWS = re.compile(r"(\$?)([0-9]{1,7}):(\$?)([0-9]{1,7})")


@dataclass(frozen=True, slots=True)
class Shift:
    """``by`` rows inserted below the row ``after`` (from 1) of the sheet called ``sheet``."""

    sheet: str
    after: int
    by: int

    def row(self, number: int) -> int:
        """Where a row comes to lie."""
        return min(number + self.by, LAST_ROW) if number > self.after else number

    def area(self, text: str, *, spread: bool = False) -> str:
        """A cell or range as it is called afterwards. With ``spread`` a single cell of the first row becomes a range
        over all rows that are like it."""
        if match := _AREA.fullmatch(text):
            fixed, column, hard, row, *end = match.groups()
            head = f"{fixed}{column}{hard}"
            if end[3] is None:
                grown = spread and int(row) == self.after
                return f"{head}{row}:{head}{int(row) + self.by}" if grown else f"{head}{self.row(int(row))}"
            first, last = self._rows(int(row), int(end[3]))
            return f"{head}{first}:{end[0]}{end[1]}{end[2]}{last}"
        if match := _ROWS.fullmatch(text):
            first, last = self._rows(int(match[2]), int(match[4]))
            return f"{match[1]}{first}:{match[3]}{last}"
        return text

    def areas(self, text: str, *, spread: bool = False) -> str:
        """Several, with blanks between, as the file has them."""
        return " ".join(self.area(part, spread=spread) for part in text.split())

    def formula(self, text: str, sheet: str | None) -> str:
        """A formula that stands in the sheet ``sheet``; what cannot be read as one stays as it is."""
        return _rewritten(text, lambda name, area: self.area(area) if self._is_own(name, sheet) else area)

    def _rows(self, first: int, last: int) -> tuple[int, int]:
        grown = last + self.by if last > self.after or first <= self.after <= last else last
        return self.row(first), min(grown, LAST_ROW)

    def _is_own(self, name: str | None, sheet: str | None) -> bool:
        named = sheet if name is None else name
        return named is not None and named.casefold() == self.sheet.casefold()


def _rewritten(text: str, change: Callable[[str | None, str], str]) -> str:
    """``text`` with each area in it changed, by the sheet it names (or none) and the area itself."""
    try:
        tokens = Tokenizer("=" + text)
    except (TokenizerError, IndexError):
        return text
    for token in tokens.items:
        if token.type == Token.OPERAND and token.subtype == Token.RANGE:
            prefix, mark, area = token.value.rpartition("!")
            token.value = prefix + mark + change(_plain(prefix) if mark else None, area)
    return str(tokens.render())[1:]


def _plain(name: str) -> str:
    """The name of a sheet without the quotes that a formula may need around it."""
    return name[1:-1].replace("''", "'") if name.startswith("'") and name.endswith("'") else name
