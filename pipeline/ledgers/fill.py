"""An office's own workbook filled with our rows: each list that stands under headings we know.

The template is taken as it is in the file (ECMA-376): what is not a list keeps its place, its look and its meaning, and
what a library that reads and writes cells would lose (charts, pictures, forms, print settings) is not lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from pipeline.errors import PipelineError
from pipeline.ledgers.atomic import replacing
from pipeline.ledgers.draft import Draft, child_in_order
from pipeline.ledgers.fill_grid import Grid, put_number, put_text
from pipeline.ledgers.fill_headings import Known, fold
from pipeline.ledgers.fill_list import ListPlace, fill, find_list, merges_of_list, room
from pipeline.ledgers.fill_move import make_room
from pipeline.ledgers.fill_shift import LAST_ROW, Shift
from pipeline.ledgers.fill_styles import Styles
from pipeline.ledgers.graft_sheet import Strings
from pipeline.ledgers.opc import MAIN, CannotKeepError, Element, Package, SheetEntry, flag
from pipeline.ledgers.table import CellValue, Table
from pipeline.ledgers.text import cell_text

TOTAL = "合计"
"""The placeholder for how many rows a sheet has been given; on a sheet without a list, all of them."""

_PLACEHOLDER = re.compile(r"\{\{\s*([^{}\s]+)\s*\}\}")
_SUFFIXES = (".xlsx",)
# ECMA-376 part 1, 18.3.1.99 and 18.2.27
_SHEET_ORDER = (
    "sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection protectedRanges scenarios "
    "autoFilter sortState dataConsolidate customSheetViews mergeCells"
)
_BOOK_ORDER = (
    "fileVersion fileSharing workbookPr workbookProtection bookViews sheets functionGroups externalReferences "
    "definedNames calcPr"
)


class TemplateError(PipelineError):
    """A template cannot be filled; the message names the sheet."""

    code = "template"


@dataclass(frozen=True, slots=True)
class FilledSheet:
    """A sheet filled from ``register`` with ``rows``; ``unknown`` are headings that mean none of its columns."""

    sheet: str
    register: str
    rows: int
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filled:
    """A template that was filled; ``untouched`` are the sheets without a list."""

    path: Path
    sheets: tuple[FilledSheet, ...]
    untouched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Sheet:
    entry: SheetEntry
    grid: Grid
    register: str
    place: ListPlace


def fill_template(template: Path, target: Path, registers: Mapping[str, Table], words: Mapping[str, str]) -> Filled:
    """Write ``template`` filled from ``registers`` (by name) to ``target``; ``words`` are what placeholders stand for.

    Raises :class:`TemplateError`, :class:`pipeline.ledgers.atomic.CannotWriteError`.
    """
    if template.suffix.lower() not in _SUFFIXES:
        raise TemplateError(f"模板 {template.name} 不是 .xlsx 文件。请用 Excel 另存为“Excel 工作簿(*.xlsx)”。")
    try:
        with replacing(target, beside=True) as written, Package(template) as package:
            draft = Draft(package)
            sheets, untouched = _fill(package, draft, registers, words)
            draft.save(written.temp)
    except CannotKeepError as error:
        raise TemplateError(
            f"模板 {template} 不是完好的 Excel 工作簿：文件不存在、已损坏、加了密码、过大，或是“严格 Open XML”格式。"
            "请用 Excel 打开它，去掉密码后另存为“Excel 工作簿(*.xlsx)”。"
        ) from error
    return Filled(written.path, tuple(sheets), tuple(untouched))


def _fill(
    package: Package, draft: Draft, registers: Mapping[str, Table], words: Mapping[str, str]
) -> tuple[list[FilledSheet], list[str]]:
    book = draft.tree(draft.workbook)
    strings = Strings(package)
    entries = [e for e in package.sheets(book) if e.relationship.kind == "worksheet"]
    grids = {entry.name: Grid(draft.tree(entry.part), strings) for entry in entries}
    known = {name: Known(table) for name, table in registers.items()}
    lists = [found for e in entries if (found := _recognised(e, grids[e.name], known, registers)) is not None]
    if not lists:
        raise TemplateError(
            f"模板的各张表（{'、'.join(e.name for e in entries)}）中没有认得的表头，不知道填什么。"
            f"表头请用下列名称，一张表至少两个：\n{_all_titles(known)}"
        )
    properties = book.find(f"{{{MAIN}}}workbookPr")
    styles = Styles(draft, dates_from_1904=properties is not None and flag(properties, "date1904"))
    counts = {sheet.entry.name: len(registers[sheet.register].frame) for sheet in lists}
    # Before the rows are in, whose texts are nobody's placeholders.
    for entry in entries:
        _replace_words(grids[entry.name], words, counts.get(entry.name, sum(counts.values())))
    for sheet in lists:
        _fill_list(package, draft, sheet, registers[sheet.register], styles)
    filled = [FilledSheet(s.entry.name, s.register, counts[s.entry.name], s.place.unknown) for s in lists]
    _compute_anew(package, draft, book)
    return filled, [entry.name for entry in entries if entry.name not in counts]


def _recognised(
    entry: SheetEntry, grid: Grid, known: Mapping[str, Known], registers: Mapping[str, Table]
) -> _Sheet | None:
    """The register that fills a sheet: whose headings go best; of equals, the one that the sheet names."""
    found = {name: place for name, headings in known.items() if (place := find_list(grid, headings)) is not None}
    if not found:
        return None
    best = max((place.match.known, place.match.exact) for place in found.values())
    equal = [name for name, place in found.items() if (place.match.known, place.match.exact) == best]
    if len(equal) > 1:
        said = fold(entry.name) + "".join(fold(grid.text(cell)) for cell in _above(grid, found[equal[0]].first))
        equal = [name for name in equal if fold(name) in said or fold(registers[name].title) in said] or equal
    if len(equal) > 1:
        titles = "\n".join(f"{name}：{'、'.join(known[name].titles)}" for name in equal)
        raise TemplateError(
            f"模板的表“{entry.name}”：表头同样符合{'、'.join(equal)}，不知道填哪一个。"
            f"请把表名改成其中之一，或补上能区分的表头：\n{titles}"
        )
    place = found[equal[0]]
    if room(grid, place) == 0:
        raise TemplateError(
            f"模板的表“{entry.name}”第 {place.first} 行（表头下面一行）不是空行，不知道按什么样式填写。"
            "请在表头下面留一行空行，设好边框和字体。"
        )
    return _Sheet(entry, grid, equal[0], place)


def _above(grid: Grid, row: int) -> list[Element]:
    return [cell for number in grid.rows if number < row for cell in grid.cells(number).values()]


def _all_titles(known: Mapping[str, Known]) -> str:
    return "\n".join(f"{name}：{'、'.join(headings.titles)}" for name, headings in known.items())


def _fill_list(package: Package, draft: Draft, sheet: _Sheet, table: Table, styles: Styles) -> None:
    rows: Sequence[Sequence[CellValue]] = list(table.frame.itertuples(index=False, name=None))
    grid, place = sheet.grid, sheet.place
    for dimension in grid.tree.findall(f"{{{MAIN}}}dimension"):
        grid.tree.remove(dimension)  # as it was; no program needs it
    there = room(grid, place)
    extra = max(0, len(rows) - there)
    if place.first + len(rows) - 1 > LAST_ROW:
        raise TemplateError(f"模板的表“{sheet.entry.name}”放不下 {len(rows)} 行。")
    if extra:
        shift = Shift(sheet.entry.name, place.first, extra)
        make_room(package, draft, sheet.entry.part, grid, shift)
    last = place.first + max(there, len(rows)) - 1
    grid.merges = merges_of_list(grid.merges, place.first, last, extra, place.match.columns)
    _write_merges(grid)
    fill(grid, place, table, rows, styles)


def _write_merges(grid: Grid) -> None:
    found = grid.tree.find(f"{{{MAIN}}}mergeCells")
    if not grid.merges:
        if found is not None:
            grid.tree.remove(found)
        return
    merges = child_in_order(grid.tree, "mergeCells", _SHEET_ORDER)
    for merge in list(merges):
        merges.remove(merge)
    for area in grid.merges:
        etree.SubElement(merges, f"{{{MAIN}}}mergeCell", ref=str(area))
    merges.set("count", str(len(grid.merges)))


def _replace_words(grid: Grid, words: Mapping[str, str], total: int) -> None:
    """Put words for the placeholders in cells and in what is printed above and below the page."""
    every = {**words, TOTAL: str(total)}

    def word(match: re.Match[str]) -> str:
        return every.get(match[1], match[0])

    for cell in grid.every_cell():
        if cell.get("t") not in ("s", "inlineStr", "str"):
            continue
        text = grid.text(cell)
        if "{{" not in text:
            continue
        found = _PLACEHOLDER.fullmatch(text.strip())
        if found and found[1] == TOTAL:
            put_number(cell, total)
        elif (now := _PLACEHOLDER.sub(word, text)) != text:
            put_text(cell, cell_text(now)[0])
    printed = grid.tree.find(f"{{{MAIN}}}headerFooter")
    for element in printed if printed is not None else ():
        if element.text:
            # & begins a code there
            element.text = _PLACEHOLDER.sub(lambda m: word(m).replace("&", "&&"), element.text)


def _compute_anew(package: Package, draft: Draft, book: Element) -> None:
    """Have formulas computed when the workbook is opened: what they count has changed."""
    chain = package.related(draft.workbook, "calcChain")
    if chain is not None:
        draft.remove(chain, draft.workbook)  # says where formulas are, and no longer is right
    child_in_order(book, "calcPr", _BOOK_ORDER).set("fullCalcOnLoad", "1")
