"""How what people said stands over a new reading of the same document. Pure: records in, records out.

A correction's path says what it is about:

====================  ==========================================================================================
``KEY``               a field: its value
``rows.N.KEY``        a field of a row of a list: its value
``rows.N``            a row: added, where the new value is the list of its keys; removed, where it is ``None``,
                      and the old value says whether the row had been read (true) or been added (false)
``!CODE``             a code of the whole document that a person settled: it stays, and asks no more
``=``                 the document is a duplicate of the one that the value names
``@KEY``, ``@rows.KEY``  the label of a field, or of a column of a list, on a document of no known form: as it stands
                      on the paper; the path of the field stays
``>PROJECT``          what it says was served, by the project as stated, fulfils the claim that the value refers to
                      (:meth:`pipeline.records.ClaimReference.to_list`), or none, where the value is an empty list
====================  ==========================================================================================

Rows are numbered as they stand now, but for removed ones: those by what they were when they were removed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from pipeline.records import ADVISORY_DOCUMENT_CODES, Code, DocumentStatus, FieldStatus, FieldValue, Record, Value
from pipeline.sheets import Quad
from pipeline.store.nouns import Anchor, Correction

ROW_PATH = re.compile(r"rows\.([0-9]+)\.(.+)", re.DOTALL)
"""The path of a field of a list: the row from 0, and the key."""

ROW = re.compile(r"rows\.([0-9]+)")
"""The path of a row itself."""

SETTLED = "!"
"""Begins the path of a code that a person settled."""

DUPLICATE = "="
"""The path of the word that a document is a duplicate."""

FULFILS = ">"
"""Begins the path of the word which claim is fulfilled."""

LABEL = "@"
"""Begins the path of a label that was misread."""

_OPEN = (FieldStatus.REVIEW, FieldStatus.MISSING)

Row = dict[str, FieldValue]


def is_of_field(path: str) -> bool:
    """Whether a correction is about a value."""
    return not path.startswith((SETTLED, FULFILS, LABEL)) and path != DUPLICATE and ROW.fullmatch(path) is None


def added_cell() -> FieldValue:
    """A field of a row that a person added, before they fill it."""
    return FieldValue(status=FieldStatus.CORRECTED)


def settled(
    status: DocumentStatus, statuses: Iterable[FieldStatus], issues: Iterable[str], acknowledged: Collection[str] = ()
) -> DocumentStatus:
    """A document's status once people have dealt with it: accepted when nothing is left to ask."""
    if status is DocumentStatus.FAILED:
        return status
    questions = set(issues) - ADVISORY_DOCUMENT_CODES - set(acknowledged)
    asked = bool(questions) or any(s in _OPEN for s in statuses)
    return DocumentStatus.REVIEW if asked else DocumentStatus.ACCEPTED


@dataclass(slots=True)
class Overlaid:
    """A record as people left it; the ``paths`` (by number) of corrections of rows that have other numbers now;
    the codes that people settled."""

    record: Record
    paths: dict[int, str] = field(default_factory=dict)
    acknowledged: frozenset[str] = frozenset()


def with_corrections(record: Record, corrections: Sequence[Correction]) -> Record:
    """The record with what people said in place of what was read; the same object where that is nothing.

    Fields that already carry the correction (status ``corrected``, same value) are left as they are.
    """
    return lay_over(record, corrections).record


def lay_over(record: Record, corrections: Sequence[Correction]) -> Overlaid:
    """What people said over a reading. A record that is an overlay already is taken as it is where it says the
    same as one made now: it has been validated since."""
    made = _Overlay(record.reading or record).apply([c for c in corrections if not c.withdrawn])
    if record.reading is not None and _as_said(record) == _as_said(made.record):
        made.record = record
    statuses = [f.status for _, f in made.record.all_fields()]
    if made.record is not record or made.acknowledged.intersection(record.issues):
        status = settled(made.record.status, statuses, made.record.issues, made.acknowledged)
        if status is not made.record.status:
            made.record = replace(made.record, status=status)
    return made


class _Overlay:
    """One record on its way from reading to what people say."""

    def __init__(self, record: Record) -> None:
        self._read = record
        self._out = replace(
            record,
            fields=dict(record.fields),
            rows=[dict(row) for row in record.rows],
            issues=list(record.issues),
            reading=record,
        )
        self._added: dict[int, Row] = {}
        self._beyond: dict[int, Row] = {}  # rows of which only the number is known, and this reading has fewer
        self._landed: list[tuple[Correction, Row, str]] = []
        self._changed = False

    def apply(self, corrections: Sequence[Correction]) -> Overlaid:
        ours = [c for c in corrections if c.doc_type == self._read.doc_type]
        rows = [(c, int(found[1])) for c in ours if (found := ROW.fullmatch(c.path))]
        for correction, index in rows:
            if correction.new_value is None and correction.old_value is True:
                self._remove(correction, index)
        for correction, index in sorted(rows, key=lambda pair: pair[1]):
            if isinstance(correction.new_value, list):
                self._added[index] = {key: added_cell() for key in correction.new_value}
                self._landed.append((correction, self._added[index], ""))
                self._changed = True
        for correction in corrections:
            if is_of_field(correction.path):
                self._correct(correction)
        return self._finished(corrections)

    def _remove(self, correction: Correction, index: int) -> None:
        rows = self._out.rows
        at = index if correction.anchor is None else _nearest(self._out, "", correction.anchor)
        if at is not None and at < len(rows):
            del rows[at]
            self._changed = True

    def _correct(self, correction: Correction) -> None:
        found = ROW_PATH.fullmatch(correction.path)
        foreign = correction.doc_type != self._read.doc_type
        row = self._row_of(correction, int(found[1]), found[2]) if found else self._out.fields
        key = found[2] if found else correction.path
        present = row.get(key) if row is not None else None
        if present is None and foreign:
            return  # the document is now read as another form, which has no such field
        if row is None:
            assert found is not None
            row = {}
            self._out.rows.append(row)
            if correction.anchor is None:
                self._beyond[int(found[1])] = row
        if found:
            self._landed.append((correction, row, key))
        if present is not None and _carries(present, correction):
            return
        row[key] = self._value(present, correction)
        self._changed = True

    def _row_of(self, correction: Correction, index: int, key: str) -> Row | None:
        """The row that a correction is about.

        Rows are numbered by the reading, and another reading may find one more or one less: a telephone
        number must not move to the next person. So a row is found again by where it stands on the scan; one
        that is no longer found follows the last.
        """
        if index in self._added and correction.doc_type == self._read.doc_type:
            return self._added[index]
        if correction.anchor is not None:
            at = _nearest(self._out, key, correction.anchor)
            return None if at is None else self._out.rows[at]
        if index in self._beyond:
            return self._beyond[index]
        return self._out.rows[index] if index < len(self._out.rows) else None

    def _value(self, present: FieldValue | None, correction: Correction) -> FieldValue:
        value = replace(
            present or self._lost_field(correction),
            value=correction.new_value,
            status=FieldStatus.CORRECTED,
            issues=list(correction.issues),
            as_read=_read_value(present),
        )
        if correction.placed is not None:
            value.file, value.page = self._file(correction.placed), correction.placed.page
            value.quad, value.centres = correction.placed.quad, []
        return value

    def _lost_field(self, correction: Correction) -> FieldValue:
        """A field a person corrected and this reading did not find: kept, where it (or its row) stood."""
        place = correction.anchor
        return FieldValue(
            raw=correction.raw,
            confidence=correction.confidence,
            file=self._file(place) if place else "",
            page=place.page if place else 1,
            quad=place.quad if place else None,
        )

    def _file(self, place: Anchor) -> str:
        files = self._read.files
        return files[min(place.file, len(files) - 1)] if files else ""

    def _finished(self, corrections: Sequence[Correction]) -> Overlaid:
        out = self._out
        out.rows += [self._added[index] for index in sorted(self._added)]
        if out.rows and not self._read.rows:
            out.issues = [code for code in out.issues if code != Code.REQUIRED_MISSING.value]
        numbers = {id(row): index for index, row in enumerate(out.rows)}
        paths = {c.id: f"rows.{numbers[id(row)]}" + (f".{key}" if key else "") for c, row, key in self._landed}
        known = {c.id: c.path for c in corrections}
        return Overlaid(
            out if self._changed else self._read,
            {number: path for number, path in paths.items() if known[number] != path},
            frozenset(c.path.removeprefix(SETTLED) for c in corrections if c.path.startswith(SETTLED)),
        )


def _carries(present: FieldValue, correction: Correction) -> bool:
    if present.status is not FieldStatus.CORRECTED or present.value != correction.new_value:
        return False
    return correction.placed is None or present.quad == correction.placed.quad


def _as_said(record: Record) -> dict[str, tuple[Value, bool, Quad | None]]:
    """What a record says, without what a validation may have changed."""
    return {path: (f.value, f.status is FieldStatus.CORRECTED, f.quad) for path, f in record.all_fields()}


def _read_value(present: FieldValue | None) -> Value:
    """What the reading has there, also beneath an earlier correction."""
    if present is None:
        return None
    return present.as_read if present.status is FieldStatus.CORRECTED else present.value


def _nearest(record: Record, key: str, anchor: Anchor) -> int | None:
    """The row that stands where the anchor does, by its field ``key`` if it has that."""
    offsets = [(_offset(record, fields, key, anchor), i) for i, fields in enumerate(record.rows)]
    offset, at = min(offsets, default=(math.inf, 0))
    return at if offset < 0.5 else None


def _offset(record: Record, row: Row, key: str, anchor: Anchor) -> float:
    """How far a row lies from the anchor across the direction of writing, in heights of the anchor."""
    file = record.files[anchor.file] if anchor.file < len(record.files) else ""
    placed = {k: f.quad for k, f in row.items() if f.quad and (f.file or file) == file and f.page == anchor.page}
    same = placed.get(key)  # the same column: no error from a sheet that lies askew
    quads = [same] if same else list(placed.values())
    return min((_across(anchor.quad, quad) for quad in quads), default=math.inf)


def _across(anchor: Quad, quad: Quad) -> float:
    down_x, down_y = anchor[3][0] - anchor[0][0], anchor[3][1] - anchor[0][1]
    height = math.hypot(down_x, down_y)
    if height == 0:
        return math.inf
    dx = sum(p[0] for p in quad) / 4 - sum(p[0] for p in anchor) / 4
    dy = sum(p[1] for p in quad) / 4 - sum(p[1] for p in anchor) / 4
    return abs(dx * down_x + dy * down_y) / height**2
