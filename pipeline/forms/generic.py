"""What stands on a form that nobody has taught: labels beside values, lists, check boxes, seals.

Where labels and the places of values are is found in :mod:`~pipeline.forms.printed`; here becomes of it what a record
holds. A pair is a field whose key is its label; a row of a list is a row with the columns' headings as keys. Whatever
is found, a person looks at.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.definitions import FieldDefinition, FieldType
from pipeline.forms.checkboxes import CheckBox, read_checkboxes
from pipeline.forms.extract import DecodedValue, PageOfDocument, Read, WrittenValue
from pipeline.forms.guessing import type_of
from pipeline.forms.labels import is_name_only, plain
from pipeline.forms.layout import Line
from pipeline.forms.lists import PrintedList
from pipeline.forms.marks import has_signature, is_date_line, is_stamp_word, nearest_seals, written_lines
from pipeline.forms.optionrows import option_rows
from pipeline.forms.options import find_options
from pipeline.forms.place import Place, piece
from pipeline.forms.printed import PlaceKind, PrintedPair, find_printed, is_furniture, mark_words
from pipeline.forms.seals import Seal
from pipeline.forms.sense import page_sense
from pipeline.records import TITLE_KEY, Evidence, FieldValue, Record
from pipeline.sheets import Box
from pipeline.terms import Terms

Decode = Callable[[Sequence[WrittenValue]], Sequence[DecodedValue]]
"""Makes values of all that was written on one document."""

SEAL_LABEL = "印章"
"""What a seal is called that stands at no word for one."""

OPTIONS_LABEL = "选项"
"""What check boxes are called over which no label stands."""

_NO_SEAL = 0.9  # a ring is hard to overlook
_NO_RIVAL = 12.0  # nats; a mark has no other reading to lead
_DATED = "日期"
_KEPT = re.compile(r"[^\w()、]")
_NOTE = re.compile(r"^(?:[附备]?注|说明|填[表写]说明|注意事项|注意|温馨提示|提示)\d?$")
_A_DATE = r"(?:19|20)?\d{2}\D{1,2}\d{1,2}(?:\D{1,2}\d{1,2})?\s*日?"
_PERIOD = re.compile(rf"^\D{{0,2}}({_A_DATE})\s*(起?[至到])\s*({_A_DATE})\D{{0,2}}$")
_DIGITS = 3  # in a date of which the frame is printed, at least
_MOST = 40  # characters of a label: more is a sentence


@dataclass(slots=True)
class _Found:
    """A pair on its way into the record: its label, its value, and where it goes (``row`` -1: a field)."""

    label: str
    value: FieldValue
    row: int = -1


@dataclass(slots=True)
class _Job:
    """One document's pairs as they are found, and what is still to be decoded."""

    read: Read
    terms: Terms
    found: list[_Found] = field(default_factory=list)
    written: list[tuple[WrittenValue, FieldValue]] = field(default_factory=list)
    rows: int = 0


def extract_generic(record: Record, pages: Sequence[PageOfDocument], terms: Terms, read: Read, decode: Decode) -> None:
    """Add to the record whatever labels and values its pages show; every line of them has been read.

    ``terms`` know how labels are worded, ``read`` reads parts of lines, ``decode`` makes values of all
    that was written. Labels that occur again are numbered: 联系人, 联系人（2）.
    """
    job = _Job(read, terms)
    for page in pages:
        _page(job, record, page)
    answers = decode([written for written, _ in job.written])
    for (_, value), answer in zip(job.written, answers, strict=True):
        value.value, value.raw, value.confidence = answer.value, answer.raw, answer.confidence
        value.evidence, value.alternatives, value.centres = answer.evidence, answer.alternatives, answer.centres
    for found in job.found:
        into = record.fields
        if found.row >= 0:
            while len(record.rows) <= found.row:
                record.rows.append({})
            into = record.rows[found.row]
        into[_unused(found.label, into)] = found.value


def dated_label(label: str) -> str:
    """What the date at the foot of a value's cell is called, which has no label of its own."""
    return label + _DATED


def label_key(text: str) -> str:
    """A label as the key of a field: NFKC without white space and punctuation, but for brackets."""
    said = _KEPT.sub("", unicodedata.normalize("NFKC", text)).replace("_", "").replace("()", "")
    if said.count("(") != said.count(")"):
        said = said.replace("(", "").replace(")", "")
    return said.replace("(", "（").replace(")", "）")[:_MOST]


def _unused(label: str, taken: Iterable[str]) -> str:
    name, number = label, 1
    while name in taken:
        number += 1
        name = f"{label}（{number}）"
    return name


def _page(job: _Job, record: Record, page: PageOfDocument) -> None:
    layout = page.layout
    sense = page_sense(layout, job.terms.weight)
    printed = find_printed(layout, sense)
    ticked = option_rows(layout, {id(line) for p in printed.pairs if not _is_open(p) for line in p.place.lines}, sense)
    places = [rows.place for rows in ticked]
    pairs = [p for p in printed.pairs if not (_is_open(p) and _is_among(p, places))]
    own = [label_key(pair.text) for pair in pairs]
    if printed.title_box is not None and TITLE_KEY not in record.fields:
        record.fields[TITLE_KEY] = _titled(page, printed.title, printed.title_box)
    seals: list[tuple[str, Place]] = []
    for pair in pairs:
        label = _label(pair, own)
        if not plain(label) or _is_note(pair):
            continue
        if _is_seal(pair):
            seals.append((label, pair.place))
            if pair.place.cell is None or not plain("".join(line.text for line in _written(pair))):
                continue  # a name beside the words for a stamp says whose it is
            label = label_key(re.sub(r"[(（]?(?:盖章|公章|签章|印章)[)）]?", "", label)) or label
        _pair(job, page, label, pair)
    for found in printed.lists:
        _list(job, page, found)
    for rows in ticked:
        boxes = read_checkboxes(layout, rows.place.lines, rows.options)
        if boxes:
            job.found.append(_Found(label_key(rows.label) or OPTIONS_LABEL, _ticked(page, boxes, rows.place)))
    _seals(job, page, seals)


def _is_open(pair: PrintedPair) -> bool:
    """Whether nothing but its wording says that a text outside tables is a label, or its value has yet to come."""
    return pair.place.cell is None and (pair.kind is PlaceKind.OPEN or not pair.place.lines)


def _is_among(pair: PrintedPair, places: Sequence[Place]) -> bool:
    """Whether a label is one of the options in some rows of check boxes, or that of the rows."""
    at = pair.place.label.centre
    return any(place.region.contains(*at) or place.label.contains(*at) for place in places)


def _titled(page: PageOfDocument, title: str, box: Box) -> FieldValue:
    lines = [line for line in page.layout.lines() if box.contains(*line.box.centre) and line.said is not None]
    value = _value(page, box, re.sub(r"\s", "", title), min((x.said.confidence for x in lines if x.said), default=0.0))
    value.raw = title
    return value


def _label(pair: PrintedPair, own: Sequence[str]) -> str:
    """A pair's label, with that of its group where it says too little alone or stands there more than once."""
    label = label_key(pair.text)
    group = label_key(pair.group)
    if group and not label.startswith(group) and (own.count(label) > 1 or is_name_only(label)):
        return group + label
    if group and pair.kind is PlaceKind.MARK and len(plain(label)) <= 3:
        return group + label
    return label


def _is_seal(pair: PrintedPair) -> bool:
    return mark_words(pair.text) == "seal"


def _written(pair: PrintedPair) -> list[Line]:
    """The lines of a pair's value, without print that says where to stamp or sign."""
    return [line for line in pair.place.lines if not is_stamp_word(line.text) and not _is_frame(line.text)]


def _pair(job: _Job, page: PageOfDocument, label: str, pair: PrintedPair) -> None:
    place, layout = pair.place, page.layout
    options = find_options(layout, place.lines)
    if options is not None:
        boxes = read_checkboxes(layout, place.lines, options.options)
        job.found.append(_Found(label, _ticked(page, boxes, place)))
        return
    if mark_words(pair.text) == "signature":
        job.read(layout.sheet, place.lines)
        present, certainty = has_signature(place)
        value = _mark(_value(page, place.region, present, certainty))
        value.raw = "".join(line.text for line in place.lines)
        job.found.append(_Found(label, value))
        return
    job.read(layout.sheet, place.lines)
    dated = _is_opinion(place)
    lines = [x for x in written_lines(place, dated=dated) if not _is_frame(x.text)]
    period = _period(lines)
    if period is not None:
        begun, word, ended = period
        job.read(layout.sheet, [begun, ended])
        _text(job, page, label, place, [begun], FieldType.DATE)
        _text(job, page, word, place, [ended], FieldType.DATE)
        return
    _text(job, page, label, place, lines)
    dates = [x for x in place.lines if is_date_line(x.text) and any(c.isdigit() for c in x.text)] if dated else []
    if dates:
        _text(job, page, dated_label(label), place, dates[-1:], FieldType.DATE)


def _period(lines: Sequence[Line]) -> tuple[Line, str, Line] | None:
    """The two dates of a period written in one place, 自…至…止, and the word between them."""
    said = [line for line in lines if plain(line.text)]
    match = _PERIOD.match(said[0].text) if len(said) == 1 else None
    if match is None:
        return None
    return piece(said[0], *match.span(1)), label_key(match[2]), piece(said[0], *match.span(3))


def _is_frame(text: str) -> bool:
    """Whether text is print in a value's place, 年 月 日 or a unit, with no digits in it."""
    return is_furniture(text) and sum(c.isdigit() for c in text) < _DIGITS


def _is_note(pair: PrintedPair) -> bool:
    """Whether a label outside tables announces a note to the form, which is print."""
    return pair.place.cell is None and _NOTE.match(plain(pair.text)) is not None


def _is_opinion(place: Place) -> bool:
    """Whether a value's cell has room for a stamp or signature with its date: the date is no part of the value."""
    lines = place.lines
    if len(lines) < 2 or place.cell is None:
        return False
    return any(is_stamp_word(x.text) or mark_words(x.text) for x in lines) or is_date_line(lines[-1].text)


def _text(
    job: _Job,
    page: PageOfDocument,
    label: str,
    place: Place,
    lines: Sequence[Line],
    kind: FieldType | None = None,
    row: int = -1,
) -> None:
    said = [line for line in lines if plain(line.text)]
    box = Box.around([line.box for line in said]) if said else place.region
    value = _value(page, box, None, 1.0 if said else _NO_SEAL)
    job.found.append(_Found(label, value, row))
    if said:
        text = "".join(line.text for line in said)
        guessed = kind or type_of(job.terms.suggest(label).type, text)
        definition = FieldDefinition(
            key=f"f{len(job.written)}", title=label, type=guessed, labels=(label,), future=True
        )
        job.written.append((WrittenValue(definition.key, definition, page.layout.sheet, list(said)), value))


def _list(job: _Job, page: PageOfDocument, found: PrintedList) -> None:
    """The rows of a list in which something is written besides their numbers."""
    for i in range(found.rows):
        cells = [(column, column.cells[i]) for column in found.columns]
        if not any(c is not None and plain(c.text) for column, c in cells if not column.numbered):
            continue
        taken: set[str] = set()
        for column, cell in cells:
            if cell is None:
                continue
            label = _unused(label_key(column.text) or "列", taken)
            taken.add(label)
            job.read(page.layout.sheet, cell.lines)
            place = Place("", page.layout, column.heading.box, cell.box, list(cell.lines), 1.0, cell)
            kind = FieldType.NUMBER if column.numbered else None
            _text(job, page, label, place, cell.lines, kind, job.rows)
        job.rows += 1


def _ticked(page: PageOfDocument, boxes: Sequence[CheckBox], place: Place) -> FieldValue:
    """What is ticked, in printed order; always a list: whether one or several may be ticked, nothing says."""
    certainty = min((box.certainty for box in boxes), default=0.0)
    area = Box.around([box.box for box in boxes]).union(Box.around([x.box for x in place.lines]))
    value = _mark(_value(page, area, [box.option for box in boxes if box.marked], certainty), "boxes")
    value.raw = "".join(line.text for line in place.lines)
    return value


def _seals(job: _Job, page: PageOfDocument, expected: Sequence[tuple[str, Place]]) -> None:
    """Every seal of the page, by the words that it stands at, and the words at which none stands."""
    layout = page.layout
    assigned = nearest_seals(layout, [place for _, place in expected])
    for (label, place), seal in zip(expected, assigned, strict=True):
        job.found.append(_Found(label, _sealed(page, seal) if seal else _unsealed(page, place)))
    rest = [seal for seal in layout.seals if not any(seal is other for other in assigned)]
    for seal in rest:
        job.found.append(_Found(SEAL_LABEL, _sealed(page, seal)))


def _sealed(page: PageOfDocument, seal: Seal) -> FieldValue:
    return _mark(_value(page, seal.box, True, min(1.0, seal.support + 0.1)))


def _unsealed(page: PageOfDocument, place: Place) -> FieldValue:
    return _mark(_value(page, place.region, False, _NO_SEAL))


def _value(page: PageOfDocument, box: Box, value: str | bool | list[str] | None, confidence: float) -> FieldValue:
    quad = page.layout.sheet.quad_of(box)
    return FieldValue(value, "", float(np.clip(confidence, 0, 1)), file=page.file, page=page.number, quad=quad)


def _mark(value: FieldValue, kind: str = "mark") -> FieldValue:
    """A mark with its evidence: how clear it was, and whether something is there."""
    there = bool(value.value)
    value.evidence = Evidence(kind, value.confidence, value.confidence, 0, _NO_RIVAL, doubt=False, known=there)
    return value
