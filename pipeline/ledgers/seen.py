"""Reading the look of a workbook without its cells."""

from __future__ import annotations

import re
from pathlib import Path
from typing import IO

from openpyxl.utils import column_index_from_string

from pipeline.ledgers.colours import Colours
from pipeline.ledgers.criteria import FilterKind, read_filter
from pipeline.ledgers.looks import SHEET, FilterArea, Looks, SheetLook
from pipeline.ledgers.opc import MAIN, TREE_LIMIT, Element, Package, SheetEntry, flag

COLUMNS = 512
"""Columns that are looked at; a range beyond is somebody hiding the empty rest of a sheet."""

_DEFAULT_WIDTH = 9.140625
_CHUNK = 1 << 20
_CELLS = re.compile(rb"<(\w+:)?sheetData(\s[^>]*)?(/)?>")
_CORNER = re.compile(r"\$?([A-Z]{1,3})\$?(\d+)")


def read_looks(path: Path) -> Looks:
    """The look of every sheet of an .xlsx file.

    Raises :class:`pipeline.ledgers.opc.CannotKeepError` where the file is damaged, encrypted or beyond all size.
    """
    with Package(path) as package:
        try:
            entries = package.sheets(package.tree(package.workbook))
            reader = _Reader(package)
            # a chart sheet has neither columns nor cells
            sheets = {e.name: reader.read(e) for e in entries if e.relationship.kind == "worksheet"}
            return Looks(sheets, tuple(e.name for e in entries))
        except (ValueError, LookupError) as error:  # numbers that are none
            package.damaged(error)


class _Reader:
    def __init__(self, package: Package) -> None:
        self._package = package
        self._colours = Colours(package)
        styles = package.related(package.workbook, "styles")
        found = package.tree(styles).find(_in("dxfs")) if styles else None
        self._dxfs = [] if found is None else list(found)

    def read(self, entry: SheetEntry) -> SheetLook:
        with self._package.stream(entry.part) as source:
            sheet = self._package.parsed(without_cells(source))
        widths, hidden = _columns(sheet)
        view = sheet.find(f"{_in('sheetViews')}/{_in('sheetView')}")
        zoom = "100" if view is None else view.get("zoomScale", "100")
        return SheetLook(
            default_width=_default_width(sheet.find(_in("sheetFormatPr"))),
            widths=widths,
            hidden=hidden,
            freeze=(0, 0) if view is None else _freeze(view.find(_in("pane"))),
            zoom=int(zoom) or 100,
            tab=self._tab(sheet.find(f"{_in('sheetPr')}/{_in('tabColor')}")),
            state=entry.state,
            filters=self._filters(sheet, entry),
        )

    def _tab(self, colour: Element | None) -> str:
        return "" if colour is None else self._colours.rgb(colour) or ""

    def _filters(self, sheet: Element, entry: SheetEntry) -> dict[str, FilterArea]:
        found = {SHEET: sheet.find(_in("autoFilter"))}
        for relationship in self._package.relationships(entry.part):
            if relationship.kind == "table":
                table = self._package.tree(relationship.target)
                found[table.get("displayName", table.get("name", ""))] = table.find(_in("autoFilter"))
        return {name: self._area(element) for name, element in found.items() if element is not None}

    def _area(self, element: Element) -> FilterArea:
        ref = element.get("ref", "")
        corner = _CORNER.match(ref)
        first = column_index_from_string(corner[1]) if corner else 1
        columns = {}
        for column in element.iterfind(_in("filterColumn")):
            criterion = read_filter(column, self._dxfs)
            if criterion.kind is not FilterKind.NONE:
                columns[first + int(column.get("colId"))] = criterion
        return FilterArea(ref, columns)


def without_cells(source: IO[bytes]) -> bytes:
    """The XML of a sheet with its ``sheetData`` left empty: all of it but the rows, which are nearly all."""
    head, start = b"", None
    while start is None and (chunk := source.read(_CHUNK)):
        head += chunk
        start = _CELLS.search(head)
        if len(head) > TREE_LIMIT:
            break
    if start is None or start[3]:
        return head + source.read(TREE_LIMIT)
    close = b"</" + (start[1] or b"") + b"sheetData>"
    rest = head[start.end() :]
    # a mark cut in two by the end of a chunk is found by what is kept of the one before
    while (at := rest.find(close)) < 0 and (chunk := source.read(_CHUNK)):
        rest = rest[-len(close) :] + chunk
    return head[: start.end()] + (rest[at:] if at >= 0 else b"") + source.read(TREE_LIMIT)


def _in(name: str) -> str:
    return f"{{{MAIN}}}{name}"


def _columns(sheet: Element) -> tuple[dict[int, float], dict[int, bool]]:
    widths, hidden = {}, {}
    for column in sheet.iterfind(f"{_in('cols')}/{_in('col')}"):
        width = float(column.get("width", "0"))
        for number in range(int(column.get("min")), min(int(column.get("max")), COLUMNS) + 1):
            # dragged shut is hidden, too
            if flag(column, "hidden") or (column.get("width") and not width):
                hidden[number] = True
            if width:
                widths[number] = width
    return widths, hidden


def _default_width(form: Element | None) -> float:
    return _DEFAULT_WIDTH if form is None else float(form.get("defaultColWidth", _DEFAULT_WIDTH))


def _freeze(pane: Element | None) -> tuple[int, int]:
    """Rows and columns; a split that is not frozen counts in points and is none."""
    if pane is None or not pane.get("state", "").startswith("frozen"):
        return 0, 0
    return int(float(pane.get("ySplit", "0"))), int(float(pane.get("xSplit", "0")))
