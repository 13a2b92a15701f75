"""The cell styles of a template, and those few that its values need besides."""

from __future__ import annotations

import copy
import re
from datetime import date

from lxml import etree

from pipeline.ledgers.draft import Draft
from pipeline.ledgers.opc import MAIN, Element

_OF_USER = 164
"""The first number format that is not built in."""
_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
"""Built-in formats of dates and times, also those of Chinese versions (ECMA-376 part 1, 18.8.30)."""
_GENERAL, _TEXT = 0, 49
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_DATE_FORMAT = "yyyy-mm-dd"
_EPOCHS = {False: date(1899, 12, 30), True: date(1904, 1, 1)}


class Styles:
    """Numbers of cell styles (``cellXfs``) of ``draft``; ``dates_from_1904`` as its workbook counts days."""

    def __init__(self, draft: Draft, *, dates_from_1904: bool) -> None:
        part = draft.related(draft.workbook, "styles")
        self._tree: Element = draft.tree(part) if part else None
        self._epoch = _EPOCHS[dates_from_1904]
        self._made: dict[tuple[int, str, bool], int] = {}
        self._formats: dict[int, tuple[int, str]] = {}

    def serial(self, day: date) -> int:
        """A day as the workbook counts it."""
        return (day - self._epoch).days

    def dated(self, style: int) -> int | None:
        """The style for a day in a cell of ``style``; ``None`` where the cell is one for text."""
        number, code = self._format(style)
        if number == _TEXT or code == "@":
            return None
        plain = _QUOTED.sub("", code).lower()
        return style if number in _DATES or any(c in plain for c in "ymd") else self.varied(style, _DATE_FORMAT)

    def general(self, style: int, code: str) -> int:
        """The style for a number that is read as ``code`` writes it, unless the cell has a format of its own."""
        return self.varied(style, code) if self._format(style)[0] == _GENERAL else style

    def quoted(self, style: int) -> int:
        """The style for a text that must stay one when somebody edits it."""
        return self.varied(style, "", quoted=True)

    def varied(self, style: int, code: str, *, quoted: bool = False) -> int:
        """``style`` with another number format (``""`` for its own); made where it is missing."""
        key = (style, code, quoted)
        if self._tree is None:
            return style
        if key not in self._made:
            styles = self._tree.find(f"{{{MAIN}}}cellXfs")
            made = copy.deepcopy(styles[style])
            if code:
                made.set("numFmtId", str(self._number_of(code)))
                made.set("applyNumberFormat", "1")
            if quoted:
                made.set("quotePrefix", "1")
            styles.append(made)
            styles.set("count", str(len(styles)))
            self._made[key] = len(styles) - 1
        return self._made[key]

    def _format(self, style: int) -> tuple[int, str]:
        """The number and, where it is the template's own, the code of a style's format."""
        if self._tree is None:
            return _GENERAL, ""
        if style not in self._formats:
            self._formats[style] = self._read_format(style)
        return self._formats[style]

    def _read_format(self, style: int) -> tuple[int, str]:
        styles = self._tree.find(f"{{{MAIN}}}cellXfs")
        number = int(styles[style].get("numFmtId", "0")) if style < len(styles) else _GENERAL
        codes = {int(e.get("numFmtId")): e.get("formatCode", "") for e in self._tree.iter(f"{{{MAIN}}}numFmt")}
        return number, codes.get(number, "")

    def _number_of(self, code: str) -> int:
        formats = self._tree.find(f"{{{MAIN}}}numFmts")
        if formats is None:
            formats = etree.Element(f"{{{MAIN}}}numFmts")
            self._tree.insert(0, formats)  # first of all, by the schema
        for known in formats:
            if known.get("formatCode") == code:
                return int(known.get("numFmtId"))
        number = max((int(e.get("numFmtId")) + 1 for e in formats), default=_OF_USER)
        number = max(number, _OF_USER)
        etree.SubElement(formats, f"{{{MAIN}}}numFmt", numFmtId=str(number), formatCode=code)
        formats.set("count", str(len(formats)))
        return number
