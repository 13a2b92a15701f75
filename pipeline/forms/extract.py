"""Fields out of a document's pages: places found by the definition, read, decoded, and their marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Protocol

from pipeline.definitions import FieldDefinition, FieldType, FormDefinition
from pipeline.forms.checkboxes import CheckBox, options_on, read_checkboxes
from pipeline.forms.inklines import ink_area
from pipeline.forms.labels import plain
from pipeline.forms.layout import Layout, Line
from pipeline.forms.marks import (
    assign_seals,
    has_signature,
    is_date_line,
    is_stamp_word,
    signature_lines,
    written_lines,
)
from pipeline.forms.place import Place
from pipeline.forms.places import Finder
from pipeline.forms.rows import find_rows
from pipeline.forms.seals import Seal
from pipeline.records import Evidence, FieldValue, Record, Value
from pipeline.sheets import Box, Sheet


class PageOfDocument(Protocol):
    """A page taken apart and read: where it came from and what stands on it."""

    file: str
    number: int
    layout: Layout


class DecodedValue(Protocol):
    """What a decoder makes of a field's readings."""

    value: str | None
    raw: str
    confidence: float
    evidence: Evidence | None
    alternatives: list[tuple[str, float]]
    centres: list[float]


_NO_SEAL = 0.985  # a ring as large as a seal's is hard to overlook in red where its label was found
_NO_SEAL_COPIED = 0.9  # in black, copying may have left next to nothing of it
_DATE_DIGITS = 3  # digits in a line that may be what was read of a date
_SOME_INK = 1.0  # mm²; specks have less, a written character more
_NO_RIVAL = 12.0  # nats; a mark has no other reading to lead
_NOT_PLACED = 0.5  # a mark whose place on the page was not found can be said neither to be there nor not

Read = Callable[[Sheet, Sequence[Line]], None]


@dataclass(frozen=True, slots=True)
class WrittenValue:
    """A value's lines on a sheet, all of them read, before they are decoded; ``path`` is the field's."""

    path: str
    field: FieldDefinition
    sheet: Sheet
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Legend:
    """A seal on a sheet, whose legend may say again what a field says; ``key`` is the seal's field."""

    key: str
    sheet: Sheet
    seal: Seal


Decode = Callable[[Sequence[WrittenValue], Sequence[WrittenValue | Legend]], Sequence[DecodedValue]]
"""Makes values of all that was written, and of the signatures and seals that may repeat some of it."""


@dataclass(slots=True)
class _Extraction:
    """The state of one document's extraction."""

    form: FormDefinition
    pages: dict[int, PageOfDocument]
    written: list[tuple[WrittenValue, FieldValue]] = dataclass_field(default_factory=list)
    witnesses: list[WrittenValue | Legend] = dataclass_field(default_factory=list)

    def page_of(self, layout: Layout) -> PageOfDocument:
        return self.pages[id(layout)]


def extract_fields(
    record: Record, form: FormDefinition, pages: Sequence[PageOfDocument], read: Read, decode: Decode
) -> frozenset[str]:
    """Fill the record's fields and rows; the keys of the fields whose place, or mark, was found.

    ``read`` reads lines that have not been read, in place; ``decode`` makes values of all that was
    written, together, since what stands on one document speaks for one another.

    Every field of the form gets a value, an empty one where nothing is written or the label is absent.
    """
    layouts = [page.layout for page in pages]
    job = _Extraction(form, {id(page.layout): page for page in pages})
    places = Finder(form).find(layouts)
    rows = find_rows(layouts, form.rows) if form.rows else []
    every = [*places.values(), *(place for row in rows for place in row.values())]
    for layout in layouts:
        lines = [line for place in every if place.layout is layout for line in place.lines]
        read(layout.sheet, lines)
    seals = assign_seals(form, layouts, places)
    for field in form.fields:
        if field.type is FieldType.SEAL:
            record.fields[field.key] = _seal(job, field, seals.get(field.key), places, layouts)
        elif field.type is FieldType.TITLE_CHOICE:
            record.fields[field.key] = _title_choice(job, field, pages[0], read)
        elif field.inside and field.key not in places:
            record.fields[field.key] = _inside(job, field, places.get(field.inside))
        else:
            place = places.get(field.key)
            if place is None and field.type is FieldType.CHECKBOXES:
                place = _unlabelled(field, layouts)
            record.fields[field.key] = _value(job, field, place)
    for i, row in enumerate(rows):
        fields = [f for f in form.row_fields if f.key in row]
        record.rows.append({f.key: _value(job, f, row[f.key], f"rows.{i}.{f.key}") for f in fields})
    _decode_all(job, decode)
    return frozenset(places) | frozenset(seals)


def _value(job: _Extraction, field: FieldDefinition, place: Place | None, path: str = "") -> FieldValue:
    if place is None:
        return FieldValue(False, confidence=_NOT_PLACED) if field.type is FieldType.SIGNATURE else FieldValue()
    if field.type is FieldType.CHECKBOXES:
        return _checkboxes(job, field, place)
    if field.type is FieldType.SIGNATURE:
        present, certainty = has_signature(place)
        job.witnesses.append(WrittenValue(field.key, field, place.layout.sheet, signature_lines(place)))
        return _marked(_field(job, place.layout, _area(place), present, "", certainty), "mark")
    lines = place.lines
    if field.type is FieldType.TEXT:
        dated = any(field.key in (f.inside, f.near) for f in job.form.fields)
        lines = written_lines(place, dated=dated)
    elif place.cell is not None:
        lines = [line for line in lines if not is_stamp_word(line.text)]
    said = [line for line in lines if plain(line.text)]
    value = _decoded(job, field, place, said, path)
    if not said and _unread_ink(place, lines) > _SOME_INK:
        # Something stands there that reads as nothing but points and strokes, or was taken for no line.
        value.confidence = _NOT_PLACED
    return value


def _unread_ink(place: Place, lines: Sequence[Line]) -> float:
    """The ink, in mm², where a value would stand, without the print that is known not to be one."""
    layout = place.layout
    print_lines = [line for line in place.lines if not any(line is other for other in lines)]
    within = place.region.grown(-2 * layout.unit)
    around = ink_area(layout.mask, within, layout.unit)
    return around - sum(ink_area(layout.mask, line.box.clipped(within), layout.unit) for line in print_lines)


def _decoded(
    job: _Extraction, field: FieldDefinition, place: Place, lines: Sequence[Line], path: str = ""
) -> FieldValue:
    """The value's place; what it says is filled in once everything on the document has been gathered."""
    box = Box.around([line.box for line in lines]) if lines else place.region
    value = _field(job, place.layout, box, None, "", 1.0)
    if any(line.reading is not None for line in lines):
        written = WrittenValue(path or field.key, field, place.layout.sheet, list(lines))
        job.written.append((written, value))
    return value


def _decode_all(job: _Extraction, decode: Decode) -> None:
    answers = decode([written for written, _ in job.written], job.witnesses)
    for (_, value), answer in zip(job.written, answers, strict=True):
        value.value, value.raw, value.confidence = answer.value, answer.raw, answer.confidence
        value.evidence, value.alternatives, value.centres = answer.evidence, answer.alternatives, answer.centres


def _inside(job: _Extraction, field: FieldDefinition, host: Place | None) -> FieldValue:
    """A field without a label of its own: the date at the foot of another field's cell."""
    if host is None:
        return FieldValue()
    lines = [line for line in (host.cell.lines if host.cell else host.lines) if is_date_line(line.text)]
    value = _decoded(job, field, host, lines[-1:])
    written = host.cell.lines if host.cell else host.lines
    if not lines and any(sum(c.isdigit() for c in line.text) >= _DATE_DIGITS for line in written):
        value.confidence = _NOT_PLACED  # a date may stand among other words
    return value


def _unlabelled(field: FieldDefinition, layouts: Sequence[Layout]) -> Place | None:
    """The place of check boxes whose label was not found: most options stand on the page all the same."""
    for layout in layouts:
        lines = layout.lines()
        if len(options_on(lines, field.options)) > 0.6 * len(field.options):
            return Place(field.key, layout, layout.sheet.frame, layout.sheet.frame, [], 0.0)
    return None


def _checkboxes(job: _Extraction, field: FieldDefinition, place: Place) -> FieldValue:
    lines = place.lines
    if len(options_on(lines, field.options)) < len(field.options) / 2:
        # The options stand somewhere about the label, not where a value would.
        lines = place.layout.lines()
    boxes = read_checkboxes(place.layout, lines, field.options)
    marked = [box for box in boxes if box.marked]
    raw = "".join(line.text for line in place.lines)
    certainty = min((box.certainty for box in boxes), default=0.0)
    if len(boxes) < len(field.options):
        certainty *= 0.5
    area = Box.around([box.box for box in boxes]) if boxes and lines is not place.lines else _area(place)
    if field.multiple:
        chosen: Value = [box.option for box in marked]
        return _marked(_field(job, place.layout, area, chosen, raw, certainty), "boxes")
    best = _strongest(marked)
    if len(marked) > 1:
        certainty *= 0.3
    return _marked(_field(job, place.layout, area, best.option if best else None, raw, certainty), "boxes")


def _strongest(marked: Sequence[CheckBox]) -> CheckBox | None:
    return max(marked, key=lambda box: box.inside + box.around, default=None)


def _seal(
    job: _Extraction,
    field: FieldDefinition,
    found: tuple[Layout, Seal] | None,
    places: dict[str, Place],
    layouts: Sequence[Layout],
) -> FieldValue:
    if found is not None:
        layout, seal = found
        job.witnesses.append(Legend(field.key, layout.sheet, seal))
        certainty = min(1.0, seal.support + 0.1)
        rivals = [f.key for f in job.form.fields if f.type is FieldType.SEAL and f.key != field.key]
        if any(key not in places and (job.form.field(key).near or "") not in places for key in rivals):
            certainty = min(certainty, _NOT_PLACED)  # it may be the seal of a party whose place was not found
        return _marked(_field(job, layout, seal.box, True, "", certainty), "mark")
    place = places.get(field.key) or places.get(field.near or "")
    layout = place.layout if place else layouts[-1]
    area = place.region if place else layout.sheet.frame
    certainty = (_NO_SEAL if layout.sheet.colour else _NO_SEAL_COPIED) if place else _NOT_PLACED
    return _marked(_field(job, layout, area, False, "", certainty), "mark")


def _title_choice(job: _Extraction, field: FieldDefinition, page: PageOfDocument, read: Read) -> FieldValue:
    """The option whose words stand in the title; the words that name one option alone decide."""
    layout = page.layout
    limit = layout.tables[0].box.y0 if layout.tables else layout.sheet.ink.shape[0] * 0.3
    best: tuple[float, str, Line] | None = None
    for row in layout.rows:
        text = plain("".join(line.text for line in row))
        if row[0].box.y0 > limit:
            continue
        for option, words in field.words.items():
            for word in words:
                if word in text and (best is None or row[0].box.height > best[0]):
                    best = (row[0].box.height, option, row[0])
    if best is None:
        return FieldValue(file=page.file, page=page.number)
    read(layout.sheet, [best[2]])
    confidence = best[2].reading.confidence if best[2].reading else 0.0
    return _field(job, layout, best[2].box, best[1], best[2].text, confidence)


def _marked(value: FieldValue, kind: str) -> FieldValue:
    """A mark with its evidence: how clear it was, and whether something is there, or nothing."""
    there = bool(value.value)
    value.evidence = Evidence(kind, value.confidence, value.confidence, 0, _NO_RIVAL, doubt=False, known=there)
    return value


def _field(
    job: _Extraction, layout: Layout, box: Box, value: str | bool | list[str] | None, raw: str, confidence: float
) -> FieldValue:
    page = job.page_of(layout)
    quad = layout.sheet.quad_of(box)
    return FieldValue(value, raw, confidence, file=page.file, page=page.number, quad=quad)


def _area(place: Place) -> Box:
    return Box.around([line.box for line in place.lines]) if place.lines else place.region


def extract_unknown(pages: Sequence[PageOfDocument]) -> dict[str, FieldValue]:
    """Whatever could be read of a document of no known type, by page: ``text_PAGE`` holds its lines."""
    fields = {}
    for i, page in enumerate(pages, start=1):
        lines = page.layout.lines()
        text = "\n".join(line.text for line in lines if line.text)
        readings = [line.reading for line in lines if line.reading is not None]
        confidence = sum(r.confidence for r in readings) / len(readings) if readings else 0.0
        quad = page.layout.sheet.quad_of(page.layout.sheet.frame)
        fields[f"text_{i}"] = FieldValue(text or None, text, confidence, file=page.file, page=page.number, quad=quad)
    return fields
