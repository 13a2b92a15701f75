"""Styles of one workbook in another: each is looked for there and added where it is missing."""

from __future__ import annotations

import copy
from collections.abc import Callable

from lxml import etree

from pipeline.ledgers.colours import Colours
from pipeline.ledgers.draft import Draft, child_in_order
from pipeline.ledgers.opc import MAIN, Element, Package, local

# ECMA-376 part 1, 18.8.39
_ORDER = "numFmts fonts fills borders cellStyleXfs cellXfs cellStyles dxfs tableStyles colors extLst"
_OF_USER = 164
"""The first number format that is not built in."""
_PARTS = (("fontId", "fonts"), ("fillId", "fills"), ("borderId", "borders"))


class Styles:
    """Gives the numbers that the styles of ``old`` have in ``draft``. Only those asked for are added."""

    def __init__(self, old: Package, draft: Draft, colours: tuple[Colours, Colours]) -> None:
        part, target = old.related(old.workbook, "styles"), draft.related(draft.workbook, "styles")
        if part is None or target is None:
            old.damaged(None)
        self._old = old.tree(part)
        self._new = draft.tree(target)
        self._colours = colours[0]
        self._same_theme = colours[0].theme == colours[1].theme
        self._same_palette = colours[0].palette == colours[1].palette
        self._found: dict[tuple[str, int], int] = {}
        self._known: dict[str, dict[bytes, int]] = {}
        self._formats = {int(e.get("numFmtId")): e.get("formatCode", "") for e in self._items(self._old, "numFmts")}

    def cell(self, number: int) -> int:
        """Of a cell, row or column (``cellXfs``)."""
        return self._mapped("cellXfs", number, self._whole_style)

    def font(self, number: int) -> int:
        return self._mapped("fonts", number, lambda font: font)

    def difference(self, number: int) -> int:
        """Of a conditional format, a filter or a table (``dxfs``)."""
        return self._mapped("dxfs", number, self._difference)

    def table(self, name: str) -> None:
        """Have the style of a table or pivot table that somebody made."""
        taken = {e.get("name") for e in self._items(self._new, "tableStyles")}
        for style in self._items(self._old, "tableStyles"):
            if style.get("name") != name or name in taken:
                continue
            made = _copy(style)
            for element in made.iterfind(f"{{{MAIN}}}tableStyleElement"):
                if element.get("dxfId"):
                    element.set("dxfId", str(self.difference(int(element.get("dxfId")))))
            container = child_in_order(self._new, "tableStyles", _ORDER)
            container.append(made)
            container.set("count", str(len(container)))

    def recolour(self, root: Element) -> None:
        """Fix the colours below ``root`` that would be others by the theme or the palette of the new workbook."""
        if self._same_theme and self._same_palette:
            return
        for element in list(root.iter()):
            name = local(element)
            if name == "scheme" and not self._same_theme and local(element.getparent()) in ("font", "rPr"):
                element.getparent().remove(element)
            elif self._differs(element) and (rgb := self._colours.rgb(element)):
                for attribute in ("theme", "indexed", "tint"):
                    element.attrib.pop(attribute, None)
                element.set("rgb", f"FF{rgb}")

    def _differs(self, element: Element) -> bool:
        if not local(element).lower().endswith("color"):
            return False
        themed, numbered = element.get("theme") is not None, element.get("indexed") is not None
        return (themed and not self._same_theme) or (numbered and not self._same_palette)

    def _mapped(self, container: str, number: int, change: Callable[[Element], Element]) -> int:
        key = (container, number)
        if key not in self._found:
            items = self._items(self._old, container)
            if number < 0 or number >= len(items):
                raise IndexError(f"no {container} {number}")
            made = _copy(items[number])
            self.recolour(made)
            self._found[key] = self._placed(container, change(made))
        return self._found[key]

    def _placed(self, container: str, item: Element) -> int:
        """The number of ``item`` in the new workbook."""
        target = child_in_order(self._new, container, _ORDER)
        known = self._known.setdefault(container, {})
        if not known:
            for number, element in enumerate(target):
                known.setdefault(_canonical(element), number)
        form = _canonical(item)
        if form not in known:
            known[form] = len(target)
            target.append(item)
            target.set("count", str(len(target)))
        return known[form]

    def _whole_style(self, xf: Element) -> Element:
        self._parts(xf)
        xf.set("xfId", str(self._named_style(int(xf.get("xfId", "0")))))
        return xf

    def _parts(self, xf: Element) -> None:
        xf.set("numFmtId", str(self._format(int(xf.get("numFmtId", "0")))))
        for attribute, container in _PARTS:
            xf.set(attribute, str(self._mapped(container, int(xf.get(attribute, "0")), lambda item: item)))

    def _named_style(self, number: int) -> int:
        """The number of the named style (``cellStyleXfs``) of the same name."""
        named = [s for s in self._items(self._old, "cellStyles") if int(s.get("xfId", "0")) == number]
        if not named:
            return 0
        for style in self._items(self._new, "cellStyles"):
            builtin = style.get("builtinId") is not None and style.get("builtinId") == named[0].get("builtinId")
            if style.get("name", "").casefold() == named[0].get("name", "").casefold() or builtin:
                return int(style.get("xfId", "0"))
        xf = _copy(self._items(self._old, "cellStyleXfs")[number])
        self._parts(xf)
        target = child_in_order(self._new, "cellStyleXfs", _ORDER)
        target.append(xf)
        target.set("count", str(len(target)))
        style = _copy(named[0])
        style.set("xfId", str(len(target) - 1))
        styles = child_in_order(self._new, "cellStyles", _ORDER)
        styles.append(style)
        styles.set("count", str(len(styles)))
        return len(target) - 1

    def _format(self, number: int) -> int:
        code = self._formats.get(number)
        return number if code is None else self._format_of(code)

    def _format_of(self, code: str) -> int:
        if code == "General":
            return 0
        taken = {e.get("formatCode"): int(e.get("numFmtId")) for e in self._items(self._new, "numFmts")}
        if code in taken:
            return taken[code]
        container = child_in_order(self._new, "numFmts", _ORDER)
        number = max([_OF_USER - 1, *taken.values()]) + 1
        etree.SubElement(container, f"{{{MAIN}}}numFmt", numFmtId=str(number), formatCode=code)
        container.set("count", str(len(container)))
        return number

    def _difference(self, dxf: Element) -> Element:
        for element in dxf.iterfind(f"{{{MAIN}}}numFmt"):
            element.set("numFmtId", str(self._format_of(element.get("formatCode", "General"))))
        return dxf

    @staticmethod
    def _items(root: Element, container: str) -> list[Element]:
        found = root.find(f"{{{MAIN}}}{container}")
        return [] if found is None else [e for e in found if local(e)]


def _copy(element: Element) -> Element:
    """A copy without attributes of extensions (``xr:uid``), which the other file does not announce."""
    made = copy.deepcopy(element)
    for item in made.iter():
        for name in [n for n in item.attrib if n.startswith("{")]:
            del item.attrib[name]
    return made


def _canonical(element: Element) -> bytes:
    form: bytes = etree.tostring(element, method="c14n", exclusive=True, with_tail=False)
    return form
