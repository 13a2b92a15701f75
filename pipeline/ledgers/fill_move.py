"""Making room in a template: what lies below the list moves down, in the sheet and wherever something refers to it."""

from __future__ import annotations

import re

from openpyxl.formula.translate import Translator, TranslatorError

from pipeline.ledgers.draft import Draft
from pipeline.ledgers.fill_grid import CELL, FORMULA, Area, Grid
from pipeline.ledgers.fill_shift import Shift
from pipeline.ledgers.opc import MAIN, Element, Package, local

_SPREAD = ("conditionalFormatting", "dataValidation")
"""What is said of the first row holds for those like it."""
_ONE = ("ref", "activeCell", "topLeftCell")
_FORMULAS = ("formula", "formula1", "formula2", "f")
_DRAWN = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}row"
_VML_ROW = re.compile(rb"(<(?:\w+:)?Row>\s*)(\d+)(\s*</)")
_VML_ANCHOR = re.compile(rb"(<(?:\w+:)?Anchor>)([^<]*)(</)")
_VML_ROWS = (2, 6)  # of the eight numbers of an anchor


def make_room(package: Package, draft: Draft, part: str, grid: Grid, shift: Shift) -> None:
    """Insert the rows of ``shift`` into the sheet ``grid`` of ``part``. The new rows themselves are not written."""
    _plain_formulas(grid)
    _move_rows(grid, shift)
    _move_around(grid.tree, shift)
    grid.merges = [
        Area.of(shift.area(str(area))) if area.top != area.bottom else _moved(area, shift) for area in grid.merges
    ]
    _move_related(package, draft, part, shift)
    _move_references(package, draft, part, shift)


def _moved(area: Area, shift: Shift) -> Area:
    """A merged range; one of a single row moves and does not grow."""
    if area.top < area.bottom:
        return Area.of(shift.area(str(area)))
    return Area(area.left, shift.row(area.top), area.right, shift.row(area.bottom))


def _plain_formulas(grid: Grid) -> None:
    """Write out formulas that cells share, which are told by how far their cells are apart."""
    masters: dict[str, tuple[str, str]] = {}
    for cell in grid.every_cell():
        formula = cell.find(FORMULA)
        if formula is None or formula.get("t") != "shared":
            continue
        shared, at = formula.get("si", ""), cell.get("r")
        if formula.text:
            masters[shared] = (formula.text, at)
        elif shared in masters:
            text, origin = masters[shared]
            try:
                formula.text = Translator(f"={text}", origin=origin).translate_formula(at)[1:]
            except TranslatorError:
                cell.remove(formula)  # its last value stays
                continue
        for name in ("t", "si", "ref"):
            formula.attrib.pop(name, None)


def _move_rows(grid: Grid, shift: Shift) -> None:
    moved: dict[int, Element] = {}
    for number, row in grid.rows.items():
        now = shift.row(number)
        moved[now] = row
        row.attrib.pop("spans", None)
        row.set("r", str(now))
        for cell in row.iterchildren(CELL):
            cell.set("r", shift.area(cell.get("r")))
            formula = cell.find(FORMULA)
            if formula is not None and formula.text:
                formula.text = shift.formula(formula.text, shift.sheet)
                if formula.get("ref"):
                    formula.set("ref", shift.area(formula.get("ref")))
    grid.rows = moved


def _move_around(tree: Element, shift: Shift) -> None:
    """All of a sheet's part but its rows and merged cells."""
    for element in list(tree):
        if local(element) not in ("sheetData", "mergeCells"):
            for inner in element.iter():
                _move_element(inner, shift)


def _move_element(element: Element, shift: Shift) -> None:
    name = local(element)
    for attribute in _ONE:
        if element.get(attribute):
            element.set(attribute, shift.area(element.get(attribute)))
    if element.get("sqref"):
        element.set("sqref", shift.areas(element.get("sqref"), spread=name in _SPREAD))
    if name == "sqref" and element.text:  # of what Excel 2010 added
        element.text = shift.areas(element.text, spread=True)
    if name in _FORMULAS and element.text:
        element.text = shift.formula(element.text, shift.sheet)
    if name == "brk" and local(element.getparent()) == "rowBreaks":
        element.set("id", str(shift.row(int(element.get("id", "0")))))


def _move_related(package: Package, draft: Draft, part: str, shift: Shift) -> None:
    """Pictures, notes, tables and pivot tables of the sheet."""
    for relationship in package.relationships(part):
        if relationship.external or relationship.target not in package:
            continue
        target = relationship.target
        match relationship.kind:
            case "drawing":
                for row in draft.tree(target).iter(_DRAWN):
                    row.text = str(shift.row(int(row.text) + 1) - 1)  # from 0 there
            case "vmlDrawing":
                draft.replace(target, _moved_vml(package.read(target), shift))
            case "comments" | "threadedComment" | "table" | "pivotTable":
                for element in draft.tree(target).iter():
                    if element.get("ref"):
                        element.set("ref", shift.area(element.get("ref")))
            case _:
                continue


def _moved_vml(data: bytes, shift: Shift) -> bytes:
    """The boxes of notes. What is in such a part need not be well-formed XML."""

    def row(text: bytes) -> bytes:
        return str(shift.row(int(text) + 1) - 1).encode()

    def anchor(match: re.Match[bytes]) -> bytes:
        numbers = match[2].split(b",")
        if len(numbers) == 8 and all(n.strip().isdigit() for n in numbers):
            for i in _VML_ROWS:
                numbers[i] = b" " + row(numbers[i].strip())
        return match[1] + b",".join(numbers) + match[3]

    data = _VML_ROW.sub(lambda m: m[1] + row(m[2]) + m[3], data)
    return _VML_ANCHOR.sub(anchor, data)


def _move_references(package: Package, draft: Draft, part: str, shift: Shift) -> None:
    """Formulas of other sheets, names, charts and pivot tables' sources."""
    book = draft.tree(draft.workbook)
    for name in book.iter(f"{{{MAIN}}}definedName"):
        if name.text:
            name.text = shift.formula(name.text, None)
    for entry in package.sheets(book):
        if entry.part != part and entry.relationship.kind == "worksheet":
            for element in draft.tree(entry.part).iter():
                if local(element) in _FORMULAS and element.text:
                    element.text = shift.formula(element.text, entry.name)
    for other in package.parts:
        kind = package.content_type(other)
        if kind.endswith(("drawingml.chart+xml", "chartex+xml")):
            for element in draft.tree(other).iter():
                if local(element) == "f" and element.text:
                    element.text = shift.formula(element.text, None)
        elif kind.endswith("pivotCacheDefinition+xml"):
            for source in draft.tree(other).iter(f"{{{MAIN}}}worksheetSource"):
                if source.get("sheet", "").casefold() == shift.sheet.casefold() and source.get("ref"):
                    source.set("ref", shift.area(source.get("ref")))
