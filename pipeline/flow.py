"""The recipe: from pages as scanned to records. Touches no disk and no database.

A page is flattened, turned upright, taken apart and read; pages are put together to documents where a
title begins; each document's fields are placed by its form's definition, decoded and validated.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from pipeline.definitions import SCHEMA_VERSION, FieldDefinition, FieldType, FormDefinition, Forms, Ledger
from pipeline.forms.arranged import Gathering
from pipeline.forms.boxed import box_on, lines_in_box
from pipeline.forms.classify import PageType, classify_page, continues
from pipeline.forms.extract import Legend, WrittenValue, extract_fields, extract_unknown
from pipeline.forms.firstlook import Look, look_over, telling_lines
from pipeline.forms.frame import Frame, find_frame, open_parts
from pipeline.forms.generic import extract_generic
from pipeline.forms.labels import plain
from pipeline.forms.layout import Layout, Line, find_layout
from pipeline.imaging.prepare import flatten, turned
from pipeline.imaging.quality import is_blank
from pipeline.intake.grouping import group_files
from pipeline.reading.answer import Answer
from pipeline.reading.centres import carried_over
from pipeline.reading.crops import along, another_look, crop_line, is_short, skim_line, unroll_legend
from pipeline.reading.decode import Knowledge, decode
from pipeline.reading.document import Written, decode_document
from pipeline.reading.engine import ROOMY, SKIMMED, TextEngine
from pipeline.reading.orientation import choose_turn, stands_upright
from pipeline.records import UNKNOWN_TYPE, Arrangement, Code, Record, document_id
from pipeline.settings import Acceptance
from pipeline.sheets import Box, PageImage, Quad, Reading, Sheet
from pipeline.terms import Terms
from pipeline.validation.document import validate_document

_UNSURE = 0.97  # a line whose least certain character is less probable than this is read again
_GLANCE = 1.5  # times smaller than for reading is a page seen to tell which way up it stands


@dataclass(frozen=True, slots=True)
class Tools:
    """What reading needs besides the pages."""

    forms: Forms
    engine: TextEngine
    knowledge: Knowledge
    acceptance: Acceptance
    terms: Terms


@dataclass(slots=True)
class ReadPage:
    """A page taken apart and read: where it came from, what stands on it, which form it seems to be."""

    file: str
    number: int
    layout: Layout
    type: PageType
    blank: bool
    readable: bool


def read_documents(
    pages: Iterable[PageImage],
    sha256: Mapping[str, str],
    tools: Tools,
    arrangements: Sequence[Arrangement] = (),
) -> Iterator[Record]:
    """The records of a stream of pages, in order; ``sha256`` gives each file's content hash.

    Pages are taken one at a time, so that a thick file needs no more memory than its thickest document. The
    pages of an arrangement are one document in its order, which comes once the last of them was there.
    """
    gathering: Gathering[ReadPage] = Gathering(arrangements, sha256)
    # Files that an arrangement alone brings together have nothing else to do with one another.
    parted = _parted(group_files(list(sha256))) if arrangements else {}
    for group in split_documents(_read_each(pages, tools), tools.forms, gathering, parted):
        yield read_document(group, sha256, tools, gathering.of(group[0]))
        del group  # its sheets, or they would be held while the next pages are read


def read_page(page: PageImage, tools: Tools) -> ReadPage:
    """One page: flat, upright, its structure found and every line read."""
    return _read_sheet(page.file, page.number, flatten(page), tools)


def _read_each(pages: Iterable[PageImage], tools: Tools) -> Iterator[ReadPage]:
    """Each page as :func:`read_page` reads it. As scanned it is let go once it is flat: a colour page of A4 at 300 dpi
    is 26 MB, and ``pages`` that keep none hold it no longer either."""
    for page in pages:
        file, number, sheet = page.file, page.number, flatten(page)
        del page
        yield _read_sheet(file, number, sheet, tools)
        del sheet


def _read_sheet(file: str, number: int, flat: Sheet, tools: Tools) -> ReadPage:
    layout = _upright(flat, tools.engine)
    look_over(layout, tools.forms, *_looks(layout.sheet, tools.engine))
    page_type = classify_page(layout, tools.forms)
    sheet = layout.sheet
    blank = is_blank(sheet.mask, sheet.red) and not layout.lines()
    return ReadPage(file, number, layout, page_type, blank, _is_readable(layout, page_type, tools))


def upright_layout(page: PageImage, engine: TextEngine) -> Layout:
    """The flattened sheet, turned upright and taken apart; the lines that showed which way up it stands are read."""
    return _upright(flatten(page), engine)


def _upright(sheet: Sheet, engine: TextEngine) -> Layout:
    layout, boxes = _taken_apart(sheet, engine)
    if stands_upright(boxes, telling_lines(layout, *_looks(layout.sheet, engine))):
        return layout
    # Which way to turn it, all its lines say; seen small, which is enough for that and takes half the memory.
    small = engine.detect(sheet.ink, page_side=round(_GLANCE * max(sheet.ink.shape)))
    turns = choose_turn(sheet, small, engine, turned)
    if turns == 0:
        return layout
    return _taken_apart(turned(sheet, turns), engine)[0]


def _taken_apart(sheet: Sheet, engine: TextEngine) -> tuple[Layout, list[Box]]:
    """What stands where on a sheet as it lies, and the text detector's boxes, which are a part of that."""
    frame = find_frame(sheet)
    boxes = _text_boxes(sheet, frame, engine)
    return find_layout(sheet, boxes, frame), boxes


def _looks(sheet: Sheet, engine: TextEngine) -> tuple[Look, Look]:
    """How the lines of a sheet are skimmed, and how they are read in full."""
    return partial(skim_lines, sheet, engine=engine), partial(read_lines, sheet, engine=engine)


def _text_boxes(sheet: Sheet, frame: Frame, engine: TextEngine) -> list[Box]:
    """The text detector's boxes where no table tells where text stands."""
    side = max(sheet.ink.shape)
    boxes = []
    for part in open_parts(frame, sheet):
        x0, y0, x1, y1 = (int(v) for v in (part.x0, part.y0, part.x1, part.y1))
        found = engine.detect(sheet.ink[y0:y1, x0:x1], page_side=side)
        boxes += [Box(box.x0 + x0, box.y0 + y0, box.x1 + x0, box.y1 + y0) for box in found]
    return boxes


def skim_lines(sheet: Sheet, lines: Sequence[Line], engine: TextEngine) -> None:
    """Drafts of lines that are likely print and have not been looked at yet, in place; readings of short ones."""
    todo = [line for line in lines if line.said is None]
    read_lines(sheet, [line for line in todo if is_short(sheet, line.box)], engine)
    todo = [line for line in todo if line.said is None]
    drafts = engine.recognise([skim_line(sheet, line.box) for line in todo], least=SKIMMED)
    for line, draft in zip(todo, drafts, strict=True):
        # Nothing is decoded from a draft.
        line.draft = dataclasses.replace(draft, centres=along(sheet, line.box, draft.centres), steps=None)


def read_lines(sheet: Sheet, lines: Iterable[Line], engine: TextEngine) -> None:
    """Read the lines that have not been read yet, in place."""
    todo = [line for line in lines if line.reading is None and line.ink]
    readings = engine.recognise([crop_line(sheet, line.box) for line in todo])
    for line, reading in zip(todo, readings, strict=True):
        line.reading = dataclasses.replace(reading, centres=along(sheet, line.box, reading.centres))


def look_again(sheet: Sheet, lines: Sequence[Line], engine: TextEngine) -> None:
    """Another look at the lines of one value whose reading is unsure, kept with the reading, in place."""
    read = [line for line in lines if line.reading is not None]
    unsure = [line for line in read if line.reading and line.reading.weakest < _UNSURE] or read
    for line in unsure:
        if line.reading is not None and not line.reading.looks:
            line.reading.looks = engine.recognise([another_look(sheet, line.box)], least=ROOMY)


def split_documents(
    pages: Iterable[ReadPage],
    forms: Forms,
    gathering: Gathering[ReadPage] | None = None,
    parted: Mapping[str, int] | None = None,
) -> Iterator[list[ReadPage]]:
    """Pages grouped into documents: a title opens one, a page without continues it while it may.

    Blank pages (the backs of forms) go with the document they follow, which notes and does not count them.
    What people arranged is taken out first. Files with different numbers in ``parted`` share no document, nor
    do pages between which others were not read.
    """
    group: list[ReadPage] = []
    last: tuple[str, int] | None = None
    for page in pages:
        if gathering is not None and gathering.of(page) is not None:
            whole = gathering.add(page)
            if whole:
                yield whole
        else:
            follows = last is None or _follows(page, last, parted or {})
            if group and not (follows and (page.blank or _belongs(page, group, forms))):
                yield group
                group = []
            group.append(page)
        last = page.file, page.number
    if group:
        yield group
    if gathering is not None:
        yield from gathering.rest()


def _parted(groups: Sequence[Sequence[str]]) -> dict[str, int]:
    return {path: number for number, group in enumerate(groups) for path in group}


def _follows(page: ReadPage, last: tuple[str, int], parted: Mapping[str, int]) -> bool:
    """Whether nothing stands between a page and the ``last`` before it, as far as their files and numbers tell."""
    file, number = last
    if page.file == file:
        return page.number == number + 1
    return page.number == 1 and parted.get(page.file) == parted.get(file)


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


def read_document(
    pages: list[ReadPage], sha256: Mapping[str, str], tools: Tools, arrangement: Arrangement | None = None
) -> Record:
    """The record of one document: fields placed, decoded and validated.

    Where a person arranged its pages, that person answers for where it begins, and may have named its form.
    """
    written = [p for p in pages if not p.blank] or pages
    form = _form_of(written, tools.forms, arrangement)
    record = _new_record(pages, form, sha256)
    if form is None:
        for page in written:
            read_lines(page.layout.sheet, page.layout.lines(), tools.engine)
        record.fields = extract_unknown(written)
        extract_generic(
            record,
            written,
            tools.terms,
            read=lambda sheet, lines: read_lines(sheet, lines, tools.engine),
            decode=lambda values: read_values(values, [], form_of_guesses([v.field for v in values]), tools),
        )
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
        whole = written[0].type.opens if arrangement is None else len(pages) == len(arrangement.pages)
        if not whole or _breaks_off(form, len(written), placed):
            record.flag(Code.PAGE_MISSING)
    if any(not p.readable for p in written):
        record.flag(Code.UNREADABLE_PAGE)
    validate_document(record, form, tools.knowledge.dictionaries, tools.acceptance, tools.knowledge.today)
    return record


def form_of_guesses(fields: Sequence[FieldDefinition]) -> FormDefinition:
    """What was found on a document of no known form, as a form without rules, to decode its values by."""
    ledger = Ledger(workbook=UNKNOWN_TYPE, sheet=UNKNOWN_TYPE)
    parts = {"type": UNKNOWN_TYPE, "title": UNKNOWN_TYPE, "titles": (), "fields": tuple(fields), "ledger": ledger}
    return FormDefinition.model_validate({"schema": SCHEMA_VERSION, **parts})


def read_values(
    values: Sequence[WrittenValue], witnesses: Sequence[WrittenValue | Legend], form: FormDefinition, tools: Tools
) -> list[Answer]:
    """What the values of one document say.

    Where one look leaves a value unsure, another is taken, and then the signatures and seals that may
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
    answers = decode_document(
        written,
        form,
        tools.knowledge,
        lambda field: tools.acceptance.needed(field.type),
        {w.path if isinstance(w, WrittenValue) else w.key: partial(again_elsewhere, w) for w in witnesses},
    )
    for value, answer in zip(values, answers, strict=True):
        answer.centres = _centres(value, answer.raw)
    return answers


def _centres(value: WrittenValue, raw: str) -> list[float]:
    """Where each character of ``raw`` stands along the value's box, 0 to 1; nothing where it has several lines."""
    said = [line for line in value.lines if line.reading is not None and line.reading.text.strip()]
    if len(said) != 1 or said[0].reading is None:
        return []
    reading, line = said[0].reading, said[0].box
    box = Box.around([x.box for x in value.lines])
    width = max(box.width, 1e-6)
    centres = [min(1.0, max(0.0, (line.x0 + c * line.width - box.x0) / width)) for c in reading.centres]
    return carried_over(reading.text, centres, raw)


def read_box(layout: Layout, quad: Quad, field: FieldDefinition, tools: Tools) -> Answer:
    """What a box that a person drew on the page as scanned says, as a value of ``field``; both looks are taken."""
    lines = lines_in_box(layout, box_on(layout.sheet, quad))
    read_lines(layout.sheet, lines, tools.engine)
    look_again(layout.sheet, lines, tools.engine)
    said = [line.reading for line in lines if line.reading is not None and plain(line.text)]
    return decode(field, said, tools.knowledge)


def _breaks_off(form: FormDefinition, pages: int, placed: Collection[str]) -> bool:
    """Whether a form that may have more pages has none of the seals and signatures that stand at its end."""
    marks = [f.key for f in form.fields if f.required and f.type in (FieldType.SEAL, FieldType.SIGNATURE)]
    return pages < form.max_pages and bool(marks) and not any(key in placed for key in marks)


def _form_of(pages: list[ReadPage], forms: Forms, arrangement: Arrangement | None) -> FormDefinition | None:
    """The form that a person named, else that of the first page that names one; a later page alone may still
    be known by its words."""
    if arrangement is not None and arrangement.doc_type in (*forms, UNKNOWN_TYPE):
        return forms.get(arrangement.doc_type)
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
    name = document_id(hashes, [sorted(p.number for p in pages if p.file == file) for file in files])
    # A document of blank pages alone has these: nothing is lost.
    dropped = [(p.file, p.number) for p in pages if p.blank] if any(not p.blank for p in pages) else []
    numbers = [sorted(p.number for p in pages if p.file == file and (file, p.number) not in dropped) for file in files]
    return Record(name, form.type if form else UNKNOWN_TYPE, files, hashes, numbers, blank=dropped)


def _is_readable(layout: Layout, page_type: PageType, tools: Tools) -> bool:
    """Whether the page could be read at all: its ink is crisp enough, and its lines make sense."""
    if layout.sheet.quality < tools.acceptance.unreadable_below:
        return False
    readings = [line.said for line in layout.lines() if line.said is not None]
    if page_type.form is not None or not readings:
        return bool(readings)
    return sum(r.confidence for r in readings) / len(readings) > 0.45
