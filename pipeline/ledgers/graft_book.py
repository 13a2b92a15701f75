"""The workbook part: its list of sheets, names, caches and what else belongs to no one sheet."""

from __future__ import annotations

import copy
from collections.abc import Collection, Sequence

from lxml import etree

from pipeline.ledgers.draft import Draft, child_in_order
from pipeline.ledgers.formulas import Formulas, mentions
from pipeline.ledgers.graft_parts import Parts
from pipeline.ledgers.opc import MAIN, RELATIONSHIP_ID, RELATIONSHIPS, Element, Package, SheetEntry, local

# ECMA-376 part 1, 18.2.27
_ORDER = (
    "fileVersion fileSharing workbookPr workbookProtection bookViews sheets functionGroups externalReferences "
    "definedNames calcPr oleSize customWorkbookViews pivotCaches smartTagPr smartTagTypes webPublishing "
    "fileRecoveryPr webPublishObjects extLst"
)
_TITLES = ("HeadingPairs", "TitlesOfParts")
CELL_METADATA = ("sheetMetadata", "rdRichValue", "rdRichValueStructure", "rdRichValueTypes", "richValueRel")


class Book:
    """The workbook parts of both files and the sheets that go from one to the other."""

    def __init__(self, old: Package, draft: Draft, extras: Sequence[SheetEntry], own: Sequence[SheetEntry]) -> None:
        self._old = old
        self._draft = draft
        self._extras = extras
        self._before = old.tree(old.workbook)
        self._root = draft.tree(draft.workbook)
        self._names_before = [s.name for s in old.sheets(self._before)]
        self._own = [s.name for s in own]

    def names(self) -> dict[str, str]:
        """The names that hold for the whole old workbook and not yet in the new one, with what they stand for."""
        taken = {e.get("name", "").casefold() for e in self._defined(self._root) if e.get("localSheetId") is None}
        return {
            e.get("name", ""): e.text or ""
            for e in self._defined(self._before)
            if e.get("localSheetId") is None and e.get("name", "").casefold() not in taken
        }

    def names_taken(self) -> set[str]:
        """All names of the new workbook, whatever they hold for."""
        return {e.get("name", "") for e in self._defined(self._root)}

    def has(self, container: str) -> bool:
        return self._root.find(f"{{{MAIN}}}{container}") is not None

    def cache_numbers(self) -> dict[str, str]:
        """The ids that the old workbook's pivot caches have in the new one."""
        taken = {c.get("cacheId") for c in self._root.iterfind(f"{{{MAIN}}}pivotCaches/{{{MAIN}}}pivotCache")}
        numbers = {}
        for cache in self._before.iterfind(f"{{{MAIN}}}pivotCaches/{{{MAIN}}}pivotCache"):
            number = free = int(cache.get("cacheId"))
            while str(free) in taken:
                free += 1
            taken.add(str(free))
            numbers[str(number)] = str(free)
        return numbers

    def place(self, parts: dict[str, str], formulas: Formulas) -> None:
        """List the extra sheets (their new parts by name), each behind the sheet it stood behind."""
        sheets = self._root.find(f"{{{MAIN}}}sheets")
        listed = list(sheets)
        order = list(self._own)
        numbers = [int(s.get("sheetId")) for s in listed]
        for extra in self._extras:
            position = self._position(extra.name, order)
            made = etree.Element(f"{{{MAIN}}}sheet", name=extra.name, sheetId=str(max(numbers) + 1))
            numbers.append(max(numbers) + 1)
            if extra.state != "visible":
                made.set("state", extra.state)
            made.set(
                RELATIONSHIP_ID, self._draft.relate(self._draft.workbook, extra.relationship.type, parts[extra.name])
            )
            order.insert(position, extra.name)
            sheets.insert(position, made)
        self._renumber(order)
        self._local_names(order, formulas)

    def _position(self, name: str, order: list[str]) -> int:
        """Behind the nearest of its predecessors that is there; in front if it was; else at the end."""
        before = self._names_before[: self._names_before.index(name)]
        folded = [n.casefold() for n in order]
        for predecessor in reversed(before):
            if predecessor.casefold() in folded:
                return folded.index(predecessor.casefold()) + 1
        return len(order) if before else 0

    def _renumber(self, order: list[str]) -> None:
        """What counts the tabs of the new workbook counts the added ones, too."""
        moved = {str(i): str(order.index(name)) for i, name in enumerate(self._own)}
        for name in self._defined(self._root):
            number = name.get("localSheetId")
            if number is not None:
                name.set("localSheetId", moved[number])
        for view in self._root.iter(f"{{{MAIN}}}workbookView"):
            active = moved[view.get("activeTab", "0")]
            view.attrib.pop("firstSheet", None)
            if active != "0":
                view.set("activeTab", active)

    def _local_names(self, order: list[str], formulas: Formulas) -> None:
        extras = {e.name for e in self._extras}
        for name in self._defined(self._before):
            number = name.get("localSheetId")
            if number is not None and self._names_before[int(number)] in extras:
                text, _ = formulas.rewrite(name.text or "")
                self._add_name(name, text).set("localSheetId", str(order.index(self._names_before[int(number)])))

    def define(self, formulas: Formulas) -> None:
        """Take over the global names that the extra sheets use or that stand for something on them.

        What the names themselves go by is used as well, so ``formulas`` is asked until nothing more turns up.
        """
        candidates, kept = self.names(), dict[str, str]()
        on_extras = {n for n, text in candidates.items() if mentions(text, [e.name for e in self._extras])}
        while True:
            wanted = [n for n in candidates if n not in kept and (n in on_extras or n.casefold() in formulas.used)]
            if not wanted:
                break
            kept |= {n: formulas.rewrite(candidates[n])[0] for n in wanted}
        for name in self._defined(self._before):
            if name.get("localSheetId") is None and name.get("name") in kept:
                self._add_name(name, kept[name.get("name")])

    def _add_name(self, name: Element, text: str) -> Element:
        made = copy.deepcopy(name)
        made.text, made.tail = text, None
        child_in_order(self._root, "definedNames", _ORDER).append(made)
        return made

    def external_books(self, parts: Parts) -> None:
        """Other workbooks that formulas go to by number: all of them, or the numbers would be others."""
        references = self._before.find(f"{{{MAIN}}}externalReferences")
        if references is None:
            return
        by_id = {r.id: r for r in self._old.relationships(self._old.workbook)}
        container = child_in_order(self._root, "externalReferences", _ORDER)
        for reference in references:
            relationship = by_id[reference.get(RELATIONSHIP_ID)]
            self._refer(container, "externalReference", relationship.type, parts.copy(relationship.target, "external"))

    def pivot_caches(self, parts: Parts, numbers: dict[str, str]) -> None:
        by_id = {r.id: r.target for r in self._old.relationships(self._old.workbook)}
        for cache in self._before.iterfind(f"{{{MAIN}}}pivotCaches/{{{MAIN}}}pivotCache"):
            new = parts.pivot_caches.get(by_id[cache.get(RELATIONSHIP_ID)])
            if new is not None:
                container = child_in_order(self._root, "pivotCaches", _ORDER)
                made = self._refer(container, "pivotCache", f"{RELATIONSHIPS}/pivotCacheDefinition", new)
                made.set("cacheId", numbers[cache.get("cacheId")])

    def _refer(self, container: Element, tag: str, kind: str, part: str) -> Element:
        made = etree.SubElement(container, f"{{{MAIN}}}{tag}")
        made.set(RELATIONSHIP_ID, self._draft.relate(self._draft.workbook, kind, part))
        return made

    def companions(self, kinds: Collection[str], parts: Parts) -> None:
        """Parts of the workbook that cells go by, where the new one has none of their kind."""
        for relationship in self._old.relationships(self._old.workbook):
            kind = relationship.kind
            if kind in kinds and not self._draft.related(self._draft.workbook, kind):
                self._draft.relate(self._draft.workbook, relationship.type, parts.copy(relationship.target, kind))

    def recalculate(self) -> None:
        """Formulas of the extra sheets count on cells that have been written anew."""
        child_in_order(self._root, "calcPr", _ORDER).set("fullCalcOnLoad", "1")

    def drop_titles(self) -> None:
        """The list of sheets in the file's properties, which Office makes anew when it saves."""
        part = self._draft.related("", "extended-properties")
        if part is None:
            return
        root = self._draft.tree(part)
        for element in list(root):
            if local(element) in _TITLES:
                root.remove(element)

    @staticmethod
    def _defined(root: Element) -> list[Element]:
        return list(root.iterfind(f"{{{MAIN}}}definedNames/{{{MAIN}}}definedName"))
