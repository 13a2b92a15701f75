"""Formulas of sheets that move to another workbook: what they name there may be gone or be called otherwise."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

_REFERENCE = (
    r"\$?[A-Za-z]{1,3}\$?\d+(?::\$?[A-Za-z]{1,3}\$?\d+)?"
    r"|\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}"
    r"|\$?\d+:\$?\d+"
    r"|[\w.\\]+"
)
_TOKEN = re.compile(
    r'"(?:[^"]|"")*"'  # text
    r"|(?P<external>'\[\d+\](?:[^']|'')*'!|\[\d+\][\w.]*!)"
    rf"|(?P<sheet>'(?:[^']|'')+'|[\w.]+)!(?:{_REFERENCE})?"
    r"|\[[^\[\]]*\]"  # columns of the table a formula stands in
    r"|(?P<name>[^\W\d][\w.\\?]*)(?![\w(!])(?P<columns>\[(?:[^\[\]]|\[[^\[\]]*\])*\])?"
)
_LOST = "#REF!"


class Formulas:
    """Rewrites formulas. ``used`` are the names (folded) out of ``names`` that any of them went by.

    ``sheets`` and ``tables`` are those that the other workbook does not have, ``renamed`` tables by their old
    name; external workbooks are kept by number where ``external`` is true.
    """

    def __init__(
        self,
        *,
        sheets: Collection[str],
        tables: Collection[str],
        renamed: Mapping[str, str],
        names: Collection[str],
        external: bool,
    ) -> None:
        self._sheets = {s.casefold() for s in sheets}
        self._tables = {t.casefold() for t in tables}
        self._renamed = {old.casefold(): new for old, new in renamed.items()}
        self._names = {n.casefold() for n in names}
        self._keeps_external = external
        self._idle = not (self._sheets or self._tables or self._renamed or self._names)
        self.used: set[str] = set()
        self.uses_external = False
        self.uses_cell_images = False

    def rewrite(self, text: str) -> tuple[str, bool]:
        """The formula for the other workbook, and whether all it names is there; what is not reads ``#REF!``."""
        self.uses_cell_images = self.uses_cell_images or "DISPIMG" in text
        if self._idle and "[" not in text:
            return text, True
        whole = True

        def token(match: re.Match[str]) -> str:
            nonlocal whole
            if match["external"]:
                self.uses_external = True
                whole = whole and self._keeps_external
            elif match["sheet"] and _plain(match["sheet"]) in self._sheets:
                whole = False
                return _LOST
            elif match["name"]:
                name = match["name"].casefold()
                if name in self._tables:
                    whole = False
                    return _LOST
                self.used |= {name} & self._names
                return self._renamed.get(name, match["name"]) + (match["columns"] or "")
            return match[0]

        return _TOKEN.sub(token, text), whole


def mentions(text: str, sheets: Collection[str]) -> bool:
    """Whether a formula refers to one of ``sheets``."""
    wanted = {s.casefold() for s in sheets}
    return any(m["sheet"] and _plain(m["sheet"]) in wanted for m in _TOKEN.finditer(text))


def _plain(sheet: str) -> str:
    return (sheet[1:-1].replace("''", "'") if sheet.startswith("'") else sheet).casefold()
