"""Sheets that people added to a ledger by hand, carried over into the one that is written anew.

They go over as they are in the file (ECMA-376), with their drawings, charts, tables and names: a library that
reads and writes cells would lose what it does not know.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.ledgers.atomic import replacing
from pipeline.ledgers.colours import Colours
from pipeline.ledgers.draft import Draft
from pipeline.ledgers.formulas import Formulas
from pipeline.ledgers.graft_book import CELL_METADATA, Book
from pipeline.ledgers.graft_parts import Parts, Tables
from pipeline.ledgers.graft_sheet import SheetCopy
from pipeline.ledgers.graft_styles import Styles
from pipeline.ledgers.opc import MAIN, CannotKeepError, Package, SheetEntry, flag

_SHEETS = ("worksheet", "chartsheet")


def extra_sheets(path: Path, own: Collection[str]) -> list[str]:
    """The sheets of ``path`` that are not among our ``own``, in the order of their tabs; case does not tell apart.

    Raises :class:`pipeline.ledgers.opc.CannotKeepError`.
    """
    with _reading(path) as package:
        return [s.name for s in _extras(package, own)]


def graft(old: Path, new: Path, own: Collection[str]) -> None:
    """Put the sheets of ``old`` that are not among our ``own`` (nor in ``new`` anyway) into ``new``.

    Each comes to stand behind the sheet it stood behind. Formulas go on by the names of sheets; where one names a
    sheet or table that ``new`` does not have, its last value stays. The same two files give the same bytes.
    Raises :class:`pipeline.ledgers.opc.CannotKeepError` and :class:`pipeline.ledgers.atomic.CannotWriteError`;
    ``new`` is then as it was.
    """
    with _reading(new) as package:
        own = [*own, *(s.name for s in package.sheets(package.tree(package.workbook)))]
    if not extra_sheets(old, own):
        return
    # the new file is closed before it is replaced, as Windows demands
    with replacing(new) as written, _reading(old) as source, _reading(new) as package:
        draft = Draft(package)
        _carry(source, package, draft, _extras(source, own))
        draft.save(written.temp)


def _carry(old: Package, new: Package, draft: Draft, extras: list[SheetEntry]) -> None:
    _same_calendar(old, new)
    entries = new.sheets(draft.tree(draft.workbook))
    book = Book(old, draft, extras, entries)
    styles = Styles(old, draft, (Colours(old), Colours(new)))
    tables = Tables(new.tables(), book.names_taken())
    for extra in extras:
        for relationship in old.relationships(extra.part):
            if relationship.kind == "table":
                tables.admit(old.tree(relationship.target).get("displayName", ""))
    staying = {e.name.casefold() for e in (*entries, *extras)}
    known = {n.casefold() for n in tables.own | tables.carried}
    formulas = Formulas(
        sheets=[s.name for s in old.sheets(old.tree(old.workbook)) if s.name.casefold() not in staying],
        tables=[n for t in old.tables() if (n := t.get("displayName", "")).casefold() not in known],
        renamed=tables.renamed,
        names=book.names(),
        external=not book.has("externalReferences"),
    )
    caches = book.cache_numbers()
    parts = Parts(old, draft, styles, formulas, tables, caches)
    metadata = not any(new.related(new.workbook, kind) for kind in CELL_METADATA)
    copying = SheetCopy(old, styles, formulas, metadata=metadata)
    placed = {}
    for extra in extras:
        placed[extra.name] = part = draft.reserve(extra.part)
        kept, dropped = parts.relationships(extra.part)
        draft.put_relationships(part, kept)
        draft.put(part, copying.rewrite(extra.part, dropped), old.content_type(extra.part))
    book.place(placed, formulas)
    book.define(formulas)
    book.pivot_caches(parts, caches)
    if formulas.uses_external and not book.has("externalReferences"):
        book.external_books(parts)
    book.companions(_companions(parts, formulas, metadata=metadata and copying.uses_metadata), parts)
    if copying.has_formulas:
        book.recalculate()
    book.drop_titles()


def _companions(parts: Parts, formulas: Formulas, *, metadata: bool) -> set[str]:
    """Kinds of the workbook's parts that what was carried over depends on."""
    kinds = set(CELL_METADATA) if metadata else set()
    if "threadedComment" in parts.kinds:
        kinds.add("person")
    if parts.kinds & {"queryTable", "pivotCacheDefinition"}:
        kinds.add("connections")
    if formulas.uses_cell_images:
        kinds.add("cellImage")  # pictures in cells, as WPS keeps them
    return kinds


def _extras(package: Package, own: Collection[str]) -> list[SheetEntry]:
    ours = {name.casefold() for name in own}
    extras = [s for s in package.sheets(package.tree(package.workbook)) if s.name.casefold() not in ours]
    for sheet in extras:
        if sheet.relationship.kind not in _SHEETS:
            raise CannotKeepError(
                f"{package.path} 中人工添加的“{sheet.name}”是宏表或对话框，无法带到新的工作簿。"
                "请把它移到另外的工作簿，保存后重新运行。"
            )
    return extras


def _same_calendar(old: Package, new: Package) -> None:
    """Dates are days since 1900 or since 1904: the same number is another day."""
    first = []
    for package in (old, new):
        properties = package.tree(package.workbook).find(f"{{{MAIN}}}workbookPr")
        first.append(properties is not None and flag(properties, "date1904"))
    if first[0] != first[1]:
        raise CannotKeepError(
            f"{old.path} 改用了 1904 日期系统，其中人工添加的工作表带到新的工作簿后日期会错。"
            "请在 Excel“选项—高级”中取消“使用 1904 日期系统”，保存后重新运行。"
        )


@contextmanager
def _reading(path: Path) -> Iterator[Package]:
    """The package of ``path``; numbers in it that are none count as damage."""
    with Package(path) as package:
        try:
            yield package
        except (ValueError, LookupError) as error:
            package.damaged(error)
