"""The cells of a template's sheet: what they say, and where they are merged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree
from openpyxl.utils.cell import coordinate_to_tuple, get_column_letter, range_boundaries

from pipeline.ledgers.graft_sheet import Strings
from pipeline.ledgers.opc import MAIN, Element

ROW, CELL, VALUE, FORMULA, TEXTS, TEXT, RUN = (f"{{{MAIN}}}{n}" for n in ("row", "c", "v", "f", "is", "t", "r"))
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"

_TALL = 64  # rows; what is lower is looked for by its rows


@dataclass(frozen=True, slots=True)
class Area:
    """A range of cells, all from 1 and inclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def of(cls, text: str) -> Area:
        left, top, right, bottom = range_boundaries(text)
        return cls(left, top, right, bottom)

    def __str__(self) -> str:
        return f"{get_column_letter(self.left)}{self.top}:{get_column_letter(self.right)}{self.bottom}"

    def holds(self, row: int, column: int) -> bool:
        return self.top <= row <= self.bottom and self.left <= column <= self.right


class Grid:
    """A sheet's part ``tree``. Rows and cells that the file leaves unnumbered get their numbers."""

    def __init__(self, tree: Element, strings: Strings) -> None:
        self.tree = tree
        self._strings = strings
        self.data: Element = tree.find(f"{{{MAIN}}}sheetData")
        self.rows: dict[int, Element] = {}
        before = 0
        for row in self.data.iterchildren(ROW):
            before = int(row.get("r") or before + 1)
            row.set("r", str(before))
            self.rows[before] = row
            self._number(row, before)
        found = tree.iterfind(f"{{{MAIN}}}mergeCells/{{{MAIN}}}mergeCell")
        self.merges = [Area.of(merge.get("ref")) for merge in found]
        self._tall = [area for area in self.merges if area.bottom - area.top > _TALL]
        self._low: defaultdict[int, list[Area]] = defaultdict(list)
        for area in self.merges:
            if area.bottom - area.top <= _TALL:
                for number in range(area.top, area.bottom + 1):
                    self._low[number].append(area)

    def cells(self, row: int) -> dict[int, Element]:
        """The cells of a row by column."""
        found = self.rows.get(row)
        if found is None:
            return {}
        return {coordinate_to_tuple(cell.get("r"))[1]: cell for cell in found.iterchildren(CELL)}

    def every_cell(self) -> Iterator[Element]:
        for row in self.rows.values():
            yield from row.iterchildren(CELL)

    def text(self, cell: Element | None) -> str:
        """What a cell says; empty for one that computes, and for errors."""
        if cell is None or cell.find(FORMULA) is not None:
            return ""
        value, kind = cell.find(VALUE), cell.get("t", "n")
        if kind == "s" and value is not None:
            return _said(self._strings.element(int(value.text)))
        if kind == "inlineStr":
            texts = cell.find(TEXTS)
            return "" if texts is None else _said(texts)
        return "" if value is None or kind == "e" else value.text or ""

    def merged(self, row: int, column: int) -> Area | None:
        """The merged range that a cell is part of in the file."""
        return next((area for area in (*self._low.get(row, ()), *self._tall) if area.holds(row, column)), None)

    @staticmethod
    def _number(row: Element, number: int) -> None:
        column = 0
        for cell in row.iterchildren(CELL):
            column = coordinate_to_tuple(cell.get("r"))[1] if cell.get("r") else column + 1
            cell.set("r", f"{get_column_letter(column)}{number}")


def clear(cell: Element) -> None:
    """Take out what a cell says; its style stays."""
    for child in list(cell):
        cell.remove(child)
    for name in ("t", "cm", "vm"):
        cell.attrib.pop(name, None)


def put_text(cell: Element, text: str) -> None:
    clear(cell)
    cell.set("t", "inlineStr")
    inside = etree.SubElement(etree.SubElement(cell, TEXTS), TEXT)
    inside.text = text
    inside.set(_SPACE, "preserve")


def put_number(cell: Element, number: float) -> None:
    clear(cell)
    etree.SubElement(cell, VALUE).text = repr(number)


def _said(item: Element) -> str:
    """The text of a string item, without how it is pronounced."""
    runs = [item.find(TEXT), *(run.find(TEXT) for run in item.iterchildren(RUN))]
    return "".join(text.text or "" for text in runs if text is not None)
