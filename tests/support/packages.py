"""What would make Excel say that it has to repair a workbook."""

from __future__ import annotations

import posixpath
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from lxml import etree

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATIONSHIPS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_COUNTED = {
    "s": "cellXfs",
    "style": "cellXfs",
    "fontId": "fonts",
    "fillId": "fills",
    "borderId": "borders",
    "xfId": "cellStyleXfs",
}


def flaws(path: Path) -> list[str]:
    """Everything that is wrong with the package of a workbook; empty for a sound one."""
    with zipfile.ZipFile(path) as archive:
        package = {i.filename: archive.read(i) for i in archive.infolist()}
        found = [f"twice in the zip: {n}" for n in _twice(n.lower() for n in archive.namelist())]
    trees = {n: etree.fromstring(d) for n, d in package.items() if n.endswith((".xml", ".rels", ".vml"))}
    for check in (_types, _relationships, _workbook, _tables, _styles, _sheets):
        found += check(trees, set(package))
    return found


def _twice(values: Iterable[Any]) -> list[Any]:
    return [v for v, times in Counter(values).items() if times > 1]


def _types(trees: dict[str, Any], names: set[str]) -> Iterator[str]:
    types = trees["[Content_Types].xml"]
    extensions = [e.get("Extension").lower() for e in types if e.get("Extension")]
    parts = [e.get("PartName").lstrip("/") for e in types if e.get("PartName")]
    yield from (f"content type twice: {n}" for n in _twice(extensions) + _twice(p.lower() for p in parts))
    yield from (f"content type of nothing: {p}" for p in parts if p not in names)
    for name in names - {"[Content_Types].xml"} - set(parts):
        extension = name.rpartition(".")[2].lower()
        if extension not in extensions or (extension == "xml"):
            yield f"no content type: {name}"


def _relationships(trees: dict[str, Any], names: set[str]) -> Iterator[str]:
    reached = {"[Content_Types].xml"}
    for name, tree in trees.items():
        if not name.endswith(".rels"):
            continue
        folder, file = posixpath.split(name)
        source = posixpath.join(posixpath.dirname(folder), file.removesuffix(".rels"))
        reached.add(name)
        if source and source not in names:
            yield f"relationships of nothing: {name}"
        yield from (f"{name}: id twice: {n}" for n in _twice(e.get("Id") for e in tree))
        for element in tree:
            if element.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", posixpath.dirname(source), element.get("Target")))
                reached.add(target.lstrip("/"))
                if target.lstrip("/") not in names:
                    yield f"{name} leads nowhere: {target}"
        ids = {e.get("Id") for e in tree}
        used = (
            {v for e in trees[source].iter() for k, v in e.attrib.items() if k.startswith(_RELATIONSHIPS)}
            if source
            else ids
        )
        yield from (f"{source}: no relationship {i}" for i in sorted(used - ids))
    yield from (f"nobody refers to {n}" for n in sorted(names - reached))


def _workbook(trees: dict[str, Any], names: set[str]) -> Iterator[str]:
    book = trees["xl/workbook.xml"]
    sheets = book.findall(f"{_MAIN}sheets/{_MAIN}sheet")
    for attribute in ("name", "sheetId", f"{_RELATIONSHIPS}id"):
        yield from (f"sheet {attribute} twice: {v}" for v in _twice(s.get(attribute).casefold() for s in sheets))
    defined = [(e.get("name").casefold(), e.get("localSheetId")) for e in book.iter(f"{_MAIN}definedName")]
    yield from (f"name twice: {n}" for n in _twice(defined))
    yield from (f"name of no sheet: {n}" for n, i in defined if i is not None and int(i) >= len(sheets))
    yield from (f"cache twice: {n}" for n in _twice(e.get("cacheId") for e in book.iter(f"{_MAIN}pivotCache")))
    caches = {e.get("cacheId") for e in book.iter(f"{_MAIN}pivotCache")}
    for name, tree in trees.items():
        if tree.tag == f"{_MAIN}pivotTableDefinition" and tree.get("cacheId") not in caches:
            yield f"{name}: no pivot cache {tree.get('cacheId')}"
    selected = [
        n for n, t in trees.items() for v in t.iter(f"{_MAIN}sheetView") if v.get("tabSelected") in ("1", "true")
    ]
    if len(selected) > 1:
        yield f"tabs grouped: {selected}"


def _tables(trees: dict[str, Any], names: set[str]) -> Iterator[str]:
    tables = [t for t in trees.values() if t.tag == f"{_MAIN}table"]
    defined = [e.get("name") for e in trees["xl/workbook.xml"].iter(f"{_MAIN}definedName")]
    yield from (f"table id twice: {i}" for i in _twice(t.get("id") for t in tables))
    named = [t.get("displayName").casefold() for t in tables] + [n.casefold() for n in set(defined)]
    yield from (f"table name twice: {n}" for n in _twice(named))


def _styles(trees: dict[str, Any], names: set[str]) -> Iterator[str]:
    styles = trees["xl/styles.xml"]
    sizes = {etree.QName(e).localname: len(e) for e in styles}
    for element in styles:
        if element.get("count") is not None and int(element.get("count")) != len(element):
            yield f"count of {element.tag}"
    yield from (
        f"format twice: {n}"
        for n in _twice(
            e.get("numFmtId") for e in styles.iter(f"{_MAIN}numFmt") if e.getparent().tag == f"{_MAIN}numFmts"
        )
    )
    for container in ("cellXfs", "cellStyleXfs"):
        for xf in styles.find(f"{_MAIN}{container}"):
            for attribute in ("fontId", "fillId", "borderId", "xfId"):
                if int(xf.get(attribute, "0")) >= sizes[_COUNTED[attribute]]:
                    yield f"{container}: no {attribute} {xf.get(attribute)}"
    for name, tree in trees.items():
        for element in tree.iter():
            for attribute, number in element.attrib.items():
                if attribute.lower().endswith("dxfid") and int(number) >= sizes.get("dxfs", 0):
                    yield f"{name}: no dxf {number}"


def _sheets(trees: dict[str, Any], names: set[str]) -> Iterator[str]:
    sizes = {etree.QName(e).localname: len(e) for e in trees["xl/styles.xml"]}
    strings = len(trees["xl/sharedStrings.xml"]) if "xl/sharedStrings.xml" in trees else 0
    for name, tree in trees.items():
        if tree.tag != f"{_MAIN}worksheet":
            continue
        for element in tree.iter(f"{_MAIN}c", f"{_MAIN}row", f"{_MAIN}col"):
            number = element.get("style" if element.tag == f"{_MAIN}col" else "s", "0")
            if int(number) >= sizes["cellXfs"]:
                yield f"{name}: no style {number}"
        for cell in tree.iter(f"{_MAIN}c"):
            if cell.get("t") == "s" and int(cell.findtext(f"{_MAIN}v")) >= strings:
                yield f"{name}: no string of {cell.get('r')}"
        yield from (f"{name}: cell twice {r}" for r in _twice(c.get("r") for c in tree.iter(f"{_MAIN}c")))
