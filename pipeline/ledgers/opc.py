"""The package of a workbook that people had in their hands: its parts, their types and relationships.

Nothing in it is trusted: sizes are capped, document types and entities refused, and nothing is unpacked to disk.
The terms are those of ECMA-376 part 2 (Open Packaging Conventions).
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NoReturn
from urllib.parse import unquote

from lxml import etree

from pipeline.errors import PipelineError

Element = Any
"""An ``lxml`` element; the library has no types of its own."""

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT = "http://purl.oclc.org/ooxml/"
PACKAGE_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
CONTENT_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
CONTENT_TYPES_PART = "[Content_Types].xml"
RELATIONSHIP_ID = f"{{{RELATIONSHIPS}}}id"

_MIB = 1 << 20
PART_LIMIT = 512 * _MIB
"""The largest part that is streamed; a sheet of 20,000 rows and 40 columns has about 50 MiB."""
TREE_LIMIT = 96 * _MIB
"""The largest part that is read as a tree, in memory."""
PACKAGE_LIMIT = 2048 * _MIB
_PARTS_LIMIT = 20_000

# resolve_entities off leaves references standing, which _without_doctype then refuses with their document type
PARSING: dict[str, Any] = {"resolve_entities": False, "no_network": True, "huge_tree": False, "load_dtd": False}
_DAMAGE = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, KeyError, etree.XMLSyntaxError)


class CannotKeepError(PipelineError):
    """What people did to a workbook cannot be read out of it. Nothing has been written."""

    code = "cannot_keep"


@dataclass(frozen=True, slots=True)
class Relationship:
    """``target`` is a part name without leading slash, or what an external one says."""

    id: str
    type: str
    target: str
    external: bool

    @property
    def kind(self) -> str:
        """The last word of the type: ``worksheet``, ``drawing`` …"""
        return self.type.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """A sheet as the workbook part lists it."""

    name: str
    state: str
    relationship: Relationship

    @property
    def part(self) -> str:
        return self.relationship.target


class Package:
    """A workbook's package, open for reading. Raises :class:`CannotKeepError` for all that is wrong with it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except (*_DAMAGE, ValueError) as error:
            self.damaged(error)
        except OSError as error:
            raise CannotKeepError(
                f"无法读取 {path}：{error.strerror or error}。请检查文件和权限后重新运行。"
            ) from error
        try:
            self._infos = self._checked()
            self._defaults, self._overrides = self._content_types()
            self.workbook = self._workbook_part()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Package:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    @property
    def parts(self) -> list[str]:
        """The names of all entries, in the order of the file."""
        return list(self._infos)

    def __contains__(self, part: str) -> bool:
        return part in self._infos

    def read(self, part: str) -> bytes:
        with self.stream(part) as source:
            try:
                return source.read()
            except _DAMAGE as error:
                self.damaged(error)

    def stream(self, part: str) -> IO[bytes]:
        """The bytes of a part. The caller closes it."""
        try:
            return self._zip.open(self._infos[part])
        except _DAMAGE as error:
            self.damaged(error)

    def tree(self, part: str) -> Element:
        """The root element of a part."""
        if part in self._infos and self._infos[part].file_size > TREE_LIMIT:
            self._too_large()
        return self.parsed(self.read(part))

    def parsed(self, data: bytes) -> Element:
        """``data`` of this package as an element."""
        try:
            root = etree.fromstring(data, etree.XMLParser(**PARSING))
        except (etree.XMLSyntaxError, ValueError) as error:
            self.damaged(error)
        return self.without_doctype(root)

    def elements(self, part: str, tag: str) -> Iterator[Element]:
        """The elements named ``tag`` as they are read; each is emptied afterwards. Last comes the root without them."""
        with self.stream(part) as source:
            try:
                reading = etree.iterparse(source, events=("end",), tag=tag, **PARSING)
                for _, element in reading:
                    yield element
                    element.clear()
                    parent = element.getparent()
                    if parent is not None:
                        parent.remove(element)
                yield self.without_doctype(reading.root)
            except _DAMAGE as error:
                self.damaged(error)

    def without_doctype(self, root: Element) -> Element:
        """``root`` of a document that declares no type; workbooks have none, attacks by entities do."""
        if root.getroottree().docinfo.doctype:
            self.damaged(None)
        return root

    def content_type(self, part: str) -> str:
        extension = posixpath.splitext(part)[1].lstrip(".").lower()
        return self._overrides.get(part) or self._defaults.get(extension, "application/octet-stream")

    def relationships(self, part: str) -> list[Relationship]:
        """What the part refers to; ``""`` is the package itself."""
        name = relationships_part(part)
        if name not in self._infos:
            return []
        found = []
        for element in self.tree(name).iter(f"{{{PACKAGE_RELATIONSHIPS}}}Relationship"):
            target = element.get("Target", "")
            external = element.get("TargetMode") == "External"
            found.append(
                Relationship(
                    element.get("Id", ""),
                    element.get("Type", ""),
                    target if external else self._resolved(posixpath.dirname(part), target),
                    external,
                )
            )
        return found

    def sheets(self, book: Element) -> list[SheetEntry]:
        """The sheets of the workbook part ``book``, in the order of their tabs."""
        relationships = {r.id: r for r in self.relationships(self.workbook)}
        entries = []
        for sheet in book.iterfind(f"{{{MAIN}}}sheets/{{{MAIN}}}sheet"):
            relationship = relationships.get(sheet.get(RELATIONSHIP_ID))
            if relationship is None or relationship.external or relationship.target not in self._infos:
                self.damaged(None)
            entries.append(SheetEntry(sheet.get("name", ""), sheet.get("state", "visible"), relationship))
        return entries

    def related(self, part: str, kind: str) -> str | None:
        """The first part that ``part`` relates to by ``kind``, where there is one."""
        targets = (r.target for r in self.relationships(part) if r.kind == kind and not r.external)
        return next((t for t in targets if t in self._infos), None)

    def tables(self) -> list[Element]:
        """The roots of all tables' parts."""
        return [self.tree(p) for p in self._infos if self.content_type(p).endswith(".table+xml")]

    def damaged(self, error: Exception | None) -> NoReturn:
        raise CannotKeepError(
            f"{self.path} 不是完好的 Excel 工作簿（可能已损坏、加了密码，或不是 .xlsx），"
            "无法取出其中人工添加的内容。请用 Excel 打开它，去掉密码后另存为“Excel 工作簿(*.xlsx)”再重新运行；"
            "打不开时请把它移到别的文件夹再运行。"
        ) from error

    def _checked(self) -> dict[str, zipfile.ZipInfo]:
        infos = [i for i in self._zip.infolist() if not i.is_dir()]
        if len(infos) > _PARTS_LIMIT or sum(i.file_size for i in infos) > PACKAGE_LIMIT:
            self._too_large()
        if any(i.file_size > PART_LIMIT for i in infos):
            self._too_large()
        named = {i.filename: i for i in infos}
        if len({n.lower() for n in named}) < len(infos) or any(i.flag_bits & 1 for i in infos):
            self.damaged(None)
        return named

    def _too_large(self) -> NoReturn:
        raise CannotKeepError(
            f"{self.path} 展开后过大，无法取出其中人工添加的内容。请用 Excel 打开它，"
            "把自己添加的大工作表移到另外的工作簿，保存后再重新运行。"
        )

    def _content_types(self) -> tuple[dict[str, str], dict[str, str]]:
        defaults, overrides = {}, {}
        for element in self.tree(CONTENT_TYPES_PART):
            kind = element.get("ContentType", "")
            if element.tag == f"{{{CONTENT_TYPES}}}Default":
                defaults[element.get("Extension", "").lower()] = kind
            elif element.tag == f"{{{CONTENT_TYPES}}}Override":
                overrides[self._resolved("", element.get("PartName", ""))] = kind
        return defaults, overrides

    def _workbook_part(self) -> str:
        part = self.related("", "officeDocument")
        if part is None:
            self.damaged(None)
        if any(r.type.startswith(_STRICT) for r in self.relationships("")):
            raise CannotKeepError(
                f"{self.path} 是“严格 Open XML”格式，无法取出其中人工添加的内容。"
                "请用 Excel 打开它，另存为普通的“Excel 工作簿(*.xlsx)”后重新运行。"
            )
        return part

    def _resolved(self, folder: str, target: str) -> str:
        """The part that ``target`` names as seen from ``folder``; Office ignores the case, and so do we."""
        name = posixpath.normpath(posixpath.join("/", folder, unquote(target))).lstrip("/")
        if name in self._infos:
            return name
        return next((n for n in self._infos if n.lower() == name.lower()), name)


def relationships_part(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def local(element: Element) -> str:
    """The name of an element without its namespace; ``""`` for comments and the like."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def flag(element: Element, name: str) -> bool:
    """A boolean attribute, false where it is missing."""
    return element.get(name, "0") in ("1", "true", "on")
