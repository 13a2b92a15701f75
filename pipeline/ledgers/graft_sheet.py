"""The part of one sheet, rewritten to stand in another workbook."""

from __future__ import annotations

import copy
import io
from collections.abc import Collection

from lxml import etree

from pipeline.ledgers.draft import to_bytes
from pipeline.ledgers.formulas import Formulas
from pipeline.ledgers.graft_styles import Styles
from pipeline.ledgers.opc import MAIN, RELATIONSHIP_ID, Element, Package, local

_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_ROW, _CELL, _TEXTS, _STRING = (f"{{{MAIN}}}{n}" for n in ("row", "c", "is", "si"))
_FORMULA, _VALUE, _TEXT = (f"{{{MAIN}}}{n}" for n in ("f", "v", "t"))
_FORMULAS = ("f", "formula", "formula1", "formula2")
_DIFFERENCES = ("cfRule", "colorFilter", "sortCondition")
_METADATA = ("cm", "vm")


class Strings:
    """The shared strings of a workbook, read when the first one is asked for."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._items: list[str | Element] | None = None

    def element(self, number: int) -> Element:
        """The string as an inline one (``is``)."""
        if self._items is None:
            self._items = self._read()
        item = self._items[number]
        if not isinstance(item, str):
            return copy.deepcopy(item)
        made = etree.Element(_TEXTS)
        text = etree.SubElement(made, _TEXT)
        text.text = item
        if item != item.strip():
            text.set(_SPACE, "preserve")
        return made

    def _read(self) -> list[str | Element]:
        part = self._package.related(self._package.workbook, "sharedStrings")
        found: list[str | Element] = []
        for item in self._package.elements(part, _STRING) if part else ():
            if item.tag == _STRING:
                found.append(_string(item))
        return found


def _string(item: Element) -> str | Element:
    if len(item) == 1 and item[0].tag == _TEXT:
        return item[0].text or ""
    made = copy.deepcopy(item)  # with runs of its own looks
    made.tag = _TEXTS
    made.tail = None
    return made


class SheetCopy:
    """Rewrites sheets of ``package``; ``has_formulas`` and ``uses_metadata`` say what was met with in any of them."""

    def __init__(self, package: Package, styles: Styles, formulas: Formulas, *, metadata: bool) -> None:
        self._package = package
        self._styles = styles
        self._formulas = formulas
        self._keeps_metadata = metadata
        self._has_metadata = package.related(package.workbook, "sheetMetadata") is not None
        self._strings = Strings(package)
        self.has_formulas = False
        self.uses_metadata = False

    def rewrite(self, part: str, dropped: Collection[str]) -> bytes:
        """The part's XML without what goes by the relationships ``dropped``."""
        rows, lost = io.BytesIO(), set[str]()
        inherited: list[bytes] = []
        root: Element = None
        for element in self._package.elements(part, _ROW):
            if element.tag != _ROW:
                root = element
                continue
            inherited = inherited or _declarations(element)
            self._row(element, lost)
            rows.write(_bare(etree.tostring(element, encoding="UTF-8", with_tail=False), inherited))
        return self._sheet(root, dropped, rows.getvalue())

    def _row(self, row: Element, lost: set[str]) -> None:
        self._styled(row, "s")
        for cell in row.iterchildren(_CELL):
            written = cell.get("s")
            style = self._styles.cell(int(written or "0"))
            if style or written:
                cell.set("s", str(style))
            if self._has_metadata:
                self._metadata(cell)
            kind = cell.get("t")
            for child in list(cell):  # hundreds of thousands: each is looked at once
                tag = child.tag
                if tag == _FORMULA:
                    self._formula(cell, child, lost)
                elif tag == _TEXTS:
                    self._runs(child)
                elif tag == _VALUE and kind == "s":
                    texts = self._strings.element(int(child.text))
                    self._runs(texts)
                    cell.set("t", "inlineStr")
                    cell.replace(child, texts)

    def _runs(self, texts: Element) -> None:
        if len(texts) and (len(texts) > 1 or texts[0].tag != _TEXT):
            self._phonetics(texts)
            self._styles.recolour(texts)

    def _formula(self, cell: Element, formula: Element, lost: set[str]) -> None:
        """A formula that names what is gone gives way to its value; ``lost`` are the shared ones that did."""
        self.has_formulas = True
        shared = formula.get("si") if formula.get("t") == "shared" else None
        whole = shared not in lost
        if formula.text and whole:
            text, whole = self._formulas.rewrite(formula.text)
            formula.text = text
        if not whole:
            cell.remove(formula)
            if shared is not None:
                lost.add(shared)

    def _metadata(self, cell: Element) -> None:
        for name in _METADATA:
            if name in cell.attrib:
                self.uses_metadata = True
                if not self._keeps_metadata:
                    del cell.attrib[name]

    def _styled(self, element: Element, attribute: str) -> None:
        if element.get(attribute) is not None:
            element.set(attribute, str(self._styles.cell(int(element.get(attribute)))))

    def _phonetics(self, root: Element) -> None:
        for element in root.iter(f"{{{MAIN}}}phoneticPr"):
            element.set("fontId", str(self._styles.font(int(element.get("fontId", "0")))))

    def _sheet(self, root: Element, dropped: Collection[str], rows: bytes) -> bytes:
        for element in list(root.iter()):
            name = local(element)
            if name == "customSheetViews" or (name == "sheetView" and element.getprevious() is not None):
                element.getparent().remove(element)  # of windows that the new workbook does not have
            elif name == "sheetView":
                # two selected tabs are a group: what is typed into one goes into the other
                element.attrib.pop("tabSelected", None)
                element.set("workbookViewId", "0")
            elif name == "sheetPr":
                element.attrib.pop("codeName", None)
            elif name == "col":
                self._styled(element, "style")
            elif name in _DIFFERENCES and element.get("dxfId") is not None:
                element.set("dxfId", str(self._styles.difference(int(element.get("dxfId")))))
            elif name in _FORMULAS and element.text:
                element.text = self._formulas.rewrite(element.text)[0]
            if element.get(RELATIONSHIP_ID) in dropped:
                del element.attrib[RELATIONSHIP_ID]
        self._phonetics(root)
        self._styles.recolour(root)
        return _with_rows(root, rows)


def _with_rows(root: Element, rows: bytes) -> bytes:
    """The XML of the sheet with ``rows`` put where they were taken from."""
    data = root.find(f"{{{MAIN}}}sheetData")
    if data is None or not rows:
        return to_bytes(root)
    data.text = None
    prefix = b"" if data.prefix is None else data.prefix.encode() + b":"
    head, mark, tail = to_bytes(root).partition(b"<" + prefix + b"sheetData/>")
    if not mark:
        raise ValueError("sheetData with attributes")
    return b"".join((head, mark[:-2], b">", rows, b"</", prefix, b"sheetData>", tail))


def _declarations(row: Element) -> list[bytes]:
    """The namespaces a row has from its sheet, as they are written on it when it is written alone."""
    return [f' xmlns{":" + prefix if prefix else ""}="{uri}"'.encode() for prefix, uri in row.getparent().nsmap.items()]


def _bare(row: bytes, inherited: list[bytes]) -> bytes:
    end = row.index(b">")
    start = row[:end]
    for declaration in inherited:
        start = start.replace(declaration, b"", 1)
    return start + row[end:]
