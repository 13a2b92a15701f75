"""A workbook's package that parts are added to and changed in, before it is written anew."""

from __future__ import annotations

import posixpath
import re
import zipfile
from pathlib import Path
from typing import Any

from lxml import etree

from pipeline.ledgers.opc import (
    CONTENT_TYPES,
    CONTENT_TYPES_PART,
    PACKAGE_RELATIONSHIPS,
    Element,
    Package,
    Relationship,
    relationships_part,
)

_TIME = (1980, 1, 1, 0, 0, 0)
_CHUNK = 1 << 20
_DEFAULT: dict[Any, str] = {None: PACKAGE_RELATIONSHIPS}


class Draft:
    """``package`` with changes. What is not changed is copied as it is; order and times are always the same."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._trees: dict[str, Element] = {}
        self._added: dict[str, bytes] = {}
        self._replaced: dict[str, bytes] = {}
        self._removed: set[str] = set()
        self._names = {n.lower() for n in package.parts}
        self._types: Element = self.tree(CONTENT_TYPES_PART)
        self.workbook = package.workbook

    def tree(self, part: str) -> Element:
        """The root element of a part; what is changed in it is saved."""
        if part not in self._trees:
            self._trees[part] = self._package.tree(part)
        return self._trees[part]

    def related(self, part: str, kind: str) -> str | None:
        """The part of the original that ``part`` relates to by ``kind``."""
        return self._package.related(part, kind)

    def reserve(self, like: str) -> str:
        """A part name that is free, numbered as those beside it: ``xl/charts/chart3.xml`` for ``…/chart1.xml``."""
        stem, extension = posixpath.splitext(like)
        stem, number = re.sub(r"\d+$", "", stem), 1
        while f"{stem}{number}{extension}".lower() in self._names:
            number += 1
        self._names.add(f"{stem}{number}{extension}".lower())
        return f"{stem}{number}{extension}"

    def put(self, part: str, data: bytes, content_type: str) -> None:
        """Add a part under a name that was reserved."""
        self._added[part] = data
        extension = posixpath.splitext(part)[1].lstrip(".").lower()
        defaults = {e.get("Extension", "").lower(): e for e in self._types.iterfind(f"{{{CONTENT_TYPES}}}Default")}
        if extension in defaults and defaults[extension].get("ContentType") == content_type:
            return
        if extension not in defaults and extension != "xml" and not content_type.endswith("+xml"):
            # pictures and the like; defaults come before the parts
            default = etree.Element(f"{{{CONTENT_TYPES}}}Default", Extension=extension, ContentType=content_type)
            self._types.insert(len(defaults), default)
            return
        name = f"{{{CONTENT_TYPES}}}Override"
        etree.SubElement(self._types, name, PartName=f"/{part}", ContentType=content_type)

    def replace(self, part: str, data: bytes) -> None:
        """Have other bytes for a part of the original."""
        self._replaced[part] = data

    def remove(self, part: str, source: str) -> None:
        """Leave out a part of the original that nothing but ``source`` relates to."""
        self._removed.add(part)
        for override in self._types.iterfind(f"{{{CONTENT_TYPES}}}Override"):
            if override.get("PartName", "").lstrip("/").lower() == part.lower():
                self._types.remove(override)
        ids = {r.id for r in self._package.relationships(source) if r.target == part and not r.external}
        root = self.tree(relationships_part(source))
        for element in [e for e in root if e.get("Id") in ids]:
            root.remove(element)

    def relate(self, part: str, kind: str, target: str) -> str:
        """Add a relationship of the type ``kind`` from an original part; returns its id."""
        root = self.tree(relationships_part(part))
        taken = {e.get("Id") for e in root}
        number = len(taken) + 1
        while f"rId{number}" in taken:
            number += 1
        _relationship(root, Relationship(f"rId{number}", kind, target, external=False), part)
        return f"rId{number}"

    def put_relationships(self, part: str, relationships: list[Relationship]) -> None:
        """The relationships of an added part, under the ids that its contents go by."""
        if not relationships:
            return
        root = etree.Element(f"{{{PACKAGE_RELATIONSHIPS}}}Relationships", nsmap=_DEFAULT)
        for relationship in relationships:
            _relationship(root, relationship, part)
        self._added[relationships_part(part)] = to_bytes(root)

    def save(self, path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
            names = [p for p in self._package.parts if p != CONTENT_TYPES_PART and p not in self._removed]
            for part in (CONTENT_TYPES_PART, *names):
                if part in self._replaced:
                    archive.writestr(_entry(part), self._replaced[part])
                    continue
                if part in self._trees:
                    archive.writestr(_entry(part), to_bytes(self._trees[part]))
                    continue
                with self._package.stream(part) as source, archive.open(_entry(part), "w", force_zip64=False) as out:
                    while chunk := source.read(_CHUNK):
                        out.write(chunk)
            for part, data in self._added.items():
                archive.writestr(_entry(part), data)


def to_bytes(root: Element) -> bytes:
    data: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return data


def child_in_order(root: Element, name: str, order: str) -> Element:
    """The child ``name`` of ``root``, made where it is missing at its place in ``order``, the schema's, by blanks."""
    namespace = etree.QName(root).namespace
    found = root.find(f"{{{namespace}}}{name}")
    if found is not None:
        return found
    names = order.split()
    before = {f"{{{namespace}}}{n}" for n in names[: names.index(name)]}
    position = max((i + 1 for i, e in enumerate(root) if e.tag in before), default=0)
    made = etree.Element(f"{{{namespace}}}{name}")
    root.insert(position, made)
    return made


def _relationship(root: Element, relationship: Relationship, source: str) -> None:
    target = relationship.target
    if not relationship.external:
        target = posixpath.relpath(target, posixpath.dirname(source) or ".")
    element = etree.SubElement(
        root,
        f"{{{PACKAGE_RELATIONSHIPS}}}Relationship",
        Id=relationship.id,
        Type=relationship.type,
        Target=target,
    )
    if relationship.external:
        element.set("TargetMode", "External")


def _entry(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    return info
