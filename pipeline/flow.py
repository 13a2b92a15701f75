"""The recipe: from pages as scanned to records. Touches no disk and no database.

A page is flattened, turned upright, taken apart and read; pages are put together to documents where a
title begins; each document's fields are placed by its form's definition, decoded and validated.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from pipeline.definitions import FieldType, FormDefinition, Forms
from pipeline.forms.classify import PageType, classify_page, continues
from pipeline.forms.extract import Legend, WrittenValue, extract_fields, extract_unknown
from pipeline.forms.layout import Layout, Line, find_layout
from pipeline.imaging.prepare import flatten, turned
from pipeline.imaging.quality import is_blank
from pipeline.reading.answer import Answer
from pipeline.reading.crops import crop_line, further_looks, unroll_legend
from pipeline.reading.decode import Knowledge
from pipeline.reading.document import Written, decode_document
from pipeline.reading.engine import TextEngine
from pipeline.reading.orientation import choose_turn, turn_box
from pipeline.records import UNKNOWN_TYPE, Box, Code, PageImage, Reading, Record, Sheet, document_id
from pipeline.settings import Acceptance
from pipeline.validation.document import validate_document

_UNSURE = 0.97  # a line whose least certain character is less probable than this is read again


@dataclass(frozen=True, slots=True)
class Tools:
    """What reading needs besides the pages."""

    forms: Forms
    engine: TextEngine
    knowledge: Knowledge
    acceptance: Acceptance


@dataclass(slots=True)
class ReadPage:
    """A page taken apart and read: where it came from, what stands on it, which form it seems to be."""

    file: str
    number: int
    layout: Layout
    type: PageType
    blank: bool
    readable: bool


def read_documents(pages: Iterable[PageImage], sha256: Mapping[str, str], tools: Tools) -> Iterator[Record]:
    """The records of a stream of pages, in order; ``sha256`` gives each file's content hash.

    Pages are taken one at a time, so that a thick file needs no more memory than its thickest document.
    """
    for group in split_documents((read_page(page, tools) for page in pages), tools.forms):
        yield read_document(group, sha256, tools)


def read_page(page: PageImage, tools: Tools) -> ReadPage:
    """One page: flat, upright, its structure found and every line read."""
    sheet, boxes = upright_sheet(page, tools.engine)
    layout = find_layout(sheet, boxes)
    read_lines(layout.sheet, layout.lines(), tools.engine)
    page_type = classify_page(layout, tools.forms)
    blank = is_blank(sheet.mask, sheet.red) and not layout.lines()
    return ReadPage(page.file, page.number, layout, page_type, blank, _is_readable(layout, page_type, tools))


def upright_sheet(page: PageImage, engine: TextEngine) -> tuple[Sheet, list[Box]]:
    """The flattened sheet, turned upright, and the text detector's boxes on it."""
    sheet = flatten(page)
    boxes = engine.detect(sheet.ink)
    turns = choose_turn(sheet, boxes, engine, turned)
    h, w = sheet.ink.shape
    return turned(sheet, turns), [turn_box(box, turns, w, h) for box in boxes]


def read_lines(sheet: Sheet, lines: Iterable[Line], engine: TextEngine) -> None:
    """Read the lines that have not been read yet, in place."""
    todo = [line for line in lines if line.reading is None and line.ink]
    readings = engine.recognise([crop_line(sheet, line.box) for line in todo])
    for line, reading in zip(todo, readings, strict=True):
        line.reading = reading


def look_again(sheet: Sheet, lines: Sequence[Line], engine: TextEngine) -> None:
    """Further looks at the lines of one value whose reading is unsure, kept with the reading, in place."""
    read = [line for line in lines if line.reading is not None]
    unsure = [line for line in read if line.reading and line.reading.weakest < _UNSURE] or read
    for line in unsure:
        if line.reading is not None and not line.reading.looks:
            line.reading.looks = engine.recognise(further_looks(sheet, line.box), roomy=True)


def split_documents(pages: Iterable[ReadPage], forms: Forms) -> Iterator[list[ReadPage]]:
    """Pages grouped into documents: a title opens one, a page without continues it while it may.

    Blank pages (the backs of forms) go with the document they follow, which notes and does not count them.
    """
    group: list[ReadPage] = []
    for page in pages:
        if group and not page.blank and not _belongs(page, group, forms):
            yield group
            group = []
        group.append(page)
    if group:
        yield group


def _belongs(page: ReadPage, group: list[ReadPage], forms: Forms) -> bool:
    """Whether ``page`` goes on with the document that ``group`` began."""
    written = [p for p in group if not p.blank]
    if not written:
        return True
    form = forms.get(written[0].type.form or "")
    if form is None or len(written) >= form.max_pages:
        return False
    if page.type.opens:
        return False
    return page.type.form in (None, form.type) or continues(page.layout, form)


def read_document(pages: list[ReadPage], sha256: Mapping[str, str], tools: Tools) -> Record:
    """The record of one document: fields placed, decoded and validated."""
    written = [p for p in pages if not p.blank] or pages
    form = _form_of(written, tools.forms)
    record = _new_record(pages, form, sha256)
    if form is None:
        record.fields = extract_unknown(written)
        record.flag(Code.UNKNOWN_DOCUMENT)
    else:
        placed = extract_fields(
            record,
            form,
            written,
            read=lambda sheet, lines: read_lines(sheet, lines, tools.engine),
            decode=lambda values, witnesses: read_values(values, witnesses, form, tools),
        )
        tools.knowledge.calibration.judge(record)
        if not written[0].type.opens or _breaks_off(form, len(written), placed):
            record.flag(Code.PAGE_MISSING)
    if any(not p.readable for p in written):
        record.flag(Code.UNREADABLE_PAGE)
    validate_document(record, form, tools.knowledge.dictionaries, tools.acceptance, tools.knowledge.today)
    return record


def read_values(
    values: Sequence[WrittenValue], witnesses: Sequence[WrittenValue | Legend], form: FormDefinition, tools: Tools
) -> list[Answer]:
    """What the values of one document say.

    Where one look leaves a value unsure, several are taken, and then the signatures and seals that may
    say the same are read.
    """

    def readings(value: WrittenValue) -> list[Reading]:
        return [line.reading for line in value.lines if line.reading is not None]

    def again_elsewhere(witness: WrittenValue | Legend) -> list[Reading]:
        if isinstance(witness, WrittenValue):
            return readings(witness)
        seal = witness.seal
        return tools.engine.recognise([unroll_legend(witness.sheet, (seal.x, seal.y), seal.radius, red=seal.red)])

    def again(value: WrittenValue) -> list[Reading]:
        look_again(value.sheet, value.lines, tools.engine)
        return readings(value)

    written = [Written(v.path, v.field, readings(v), partial(again, v)) for v in values]
    return decode_document(
        written,
        form,
        tools.knowledge,
        lambda field: tools.acceptance.needed(field.type),
        {w.path if isinstance(w, WrittenValue) else w.key: partial(again_elsewhere, w) for w in witnesses},
    )


def _breaks_off(form: FormDefinition, pages: int, placed: Collection[str]) -> bool:
    """Whether a form that may have more pages has none of the seals and signatures that stand at its end."""
    marks = [f.key for f in form.fields if f.required and f.type in (FieldType.SEAL, FieldType.SIGNATURE)]
    return pages < form.max_pages and bool(marks) and not any(key in placed for key in marks)


def _form_of(pages: list[ReadPage], forms: Forms) -> FormDefinition | None:
    """The form of the first page that names one; a later page alone may still be known by its words."""
    for page in pages:
        if page.type.form:
            return forms[page.type.form]
    for form in forms.values():
        if form.page_clues and any(continues(page.layout, form) for page in pages):
            return form
    return None


def _new_record(pages: list[ReadPage], form: FormDefinition | None, sha256: Mapping[str, str]) -> Record:
    files = list(dict.fromkeys(p.file for p in pages))
    hashes = [sha256[file] for file in files]
    name = document_id(hashes, [[p.number for p in pages if p.file == file] for file in files])
    # A document of blank pages alone has these: nothing is lost.
    dropped = [(p.file, p.number) for p in pages if p.blank] if any(not p.blank for p in pages) else []
    numbers = [[p.number for p in pages if p.file == file and (file, p.number) not in dropped] for file in files]
    return Record(name, form.type if form else UNKNOWN_TYPE, files, hashes, numbers, blank=dropped)


def _is_readable(layout: Layout, page_type: PageType, tools: Tools) -> bool:
    """Whether the page could be read at all: its ink is crisp enough, and its lines make sense."""
    if layout.sheet.quality < tools.acceptance.unreadable_below:
        return False
    readings = [line.reading for line in layout.lines() if line.reading is not None]
    if page_type.form is not None or not readings:
        return bool(readings)
    return sum(r.confidence for r in readings) / len(readings) > 0.45
