"""What a sheet brings along: drawings, charts, pictures, notes, tables, pivot tables and what these refer to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NoReturn

from pipeline.ledgers.draft import Draft, to_bytes
from pipeline.ledgers.formulas import Formulas
from pipeline.ledgers.graft_styles import Styles
from pipeline.ledgers.opc import MAIN, CannotKeepError, Element, Package, Relationship, local

# A printer's settings belong to one machine.
_DROPPED = ("printerSettings",)
_REFUSED = {"slicer": "切片器", "timeline": "日程表", "control": "控件", "ctrlProp": "控件"}
_SHEETS = ("worksheet", "chartsheet", "officeDocument")
_NO_TARGET = "NULL"
"""What Excel itself writes as the target of a picture that got lost."""
_TABLE_FORMATS = tuple(
    f"{which}DxfId" for which in ("headerRow", "data", "totalsRow", "headerRowBorder", "tableBorder", "totalsRowBorder")
)


class Tables:
    """Ids and names for the tables that come to a workbook, beside those of its own."""

    def __init__(self, roots: Sequence[Element], names: set[str]) -> None:
        self.own = {r.get("displayName", "") for r in roots}
        self._taken = {n.casefold() for n in names | self.own}
        self._ids = {int(r.get("id", "0")) for r in roots}
        self.renamed: dict[str, str] = {}
        self.carried: set[str] = set()

    def admit(self, name: str) -> None:
        """Find a name for the table called ``name``."""
        free, number = name, 1
        while free.casefold() in self._taken:
            number += 1
            free = f"{name}_{number}"
        self._taken.add(free.casefold())
        self.carried.add(name)
        if free != name:
            self.renamed[name] = free

    def identity(self) -> int:
        number = max(self._ids, default=0) + 1
        self._ids.add(number)
        return number


class Parts:
    """Copies parts of ``old`` to ``draft`` with all they refer to, each once."""

    def __init__(
        self,
        old: Package,
        draft: Draft,
        styles: Styles,
        formulas: Formulas,
        tables: Tables,
        cache_numbers: Mapping[str, str],
    ) -> None:
        self._old = old
        self._draft = draft
        self._styles = styles
        self._formulas = formulas
        self._tables = tables
        self._cache_numbers = cache_numbers
        self._copied: dict[str, str] = {}
        self.pivot_caches: dict[str, str] = {}
        """Cache definitions: new parts by old ones."""
        self._changes: dict[str, Callable[[Element], None]] = {
            "table": self._table,
            "pivotTable": self._pivot,
            "pivotCacheDefinition": self._cache,
            "chart": self._chart,
            "chartEx": self._chart,
        }
        self.kinds: set[str] = set()
        """The kinds of relationships met with."""

    def copy(self, part: str, kind: str) -> str:
        """The name that ``part`` has in the draft; ``kind`` is what it is to the one that refers to it."""
        if part in self._copied:
            return self._copied[part]
        target = self._copied[part] = self._draft.reserve(part)
        if kind == "pivotCacheDefinition":
            self.pivot_caches[part] = target
        self._draft.put_relationships(target, self.relationships(part)[0])
        change = self._changes.get(kind)
        if change is None:
            data = self._old.read(part)
        else:
            root = self._old.tree(part)
            change(root)
            data = to_bytes(root)
        self._draft.put(target, data, self._old.content_type(part))
        return target

    def relationships(self, part: str) -> tuple[list[Relationship], list[str]]:
        """What ``part`` refers to, copied; and the ids of what is left behind."""
        kept, dropped = [], []
        for relationship in self._old.relationships(part):
            kind = relationship.kind
            self.kinds.add(kind)
            if kind in _REFUSED:
                self._refuse(_REFUSED[kind])
            if kind in _DROPPED or kind in _SHEETS:
                dropped.append(relationship.id)
            elif relationship.external or relationship.target.endswith(_NO_TARGET):
                kept.append(replace(relationship, external=True))
            elif relationship.target not in self._old:
                self._old.damaged(None)
            else:
                kept.append(replace(relationship, target=self.copy(relationship.target, kind)))
        return kept, dropped

    def _refuse(self, what: str) -> NoReturn:
        raise CannotKeepError(
            f"{self._old.path} 中人工添加的工作表用了{what}，无法带到新的工作簿。"
            f"请把该工作表移到另外的工作簿（或删去{what}），保存后重新运行。"
        )

    def _table(self, root: Element) -> None:
        root.set("id", str(self._tables.identity()))
        for attribute in ("name", "displayName"):
            name = root.get(attribute, "")
            root.set(attribute, self._tables.renamed.get(name, name))
        for element in root.iter():
            name = local(element)
            for attribute in (*_TABLE_FORMATS, "dxfId"):
                if element.get(attribute) is not None:
                    element.set(attribute, str(self._styles.difference(int(element.get(attribute)))))
            if name in ("calculatedColumnFormula", "totalsRowFormula") and element.text:
                element.text = self._formulas.rewrite(element.text)[0]
            elif name == "tableStyleInfo":
                self._styles.table(element.get("name", ""))

    def _pivot(self, root: Element) -> None:
        root.set("cacheId", self._cache_numbers[root.get("cacheId")])
        for element in root.iter():
            if element.get("dxfId") is not None:
                element.set("dxfId", str(self._styles.difference(int(element.get("dxfId")))))
            if local(element) == "pivotTableStyleInfo":
                self._styles.table(element.get("name", ""))

    def _cache(self, root: Element) -> None:
        # What it counts is written anew each time: it counts again when the workbook is opened.
        root.set("refreshOnLoad", "1")
        for source in root.iter(f"{{{MAIN}}}worksheetSource"):
            if source.get("name") in self._tables.renamed:
                source.set("name", self._tables.renamed[source.get("name")])

    def _chart(self, root: Element) -> None:
        for element in root.iter():
            if local(element) == "f" and element.text:
                element.text = self._formulas.rewrite(element.text)[0]
