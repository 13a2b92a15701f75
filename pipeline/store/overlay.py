"""How corrections stand over a new reading of the same document. Pure: records in, records out."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipeline.records import DocumentStatus, FieldStatus, FieldValue, Quad, Record, Value
from pipeline.store.nouns import Anchor, Correction

ROW_PATH = re.compile(r"rows\.([0-9]+)\.(.+)", re.DOTALL)
"""The path of a field of a list: the row from 0, and the key."""

_OPEN = (FieldStatus.REVIEW, FieldStatus.MISSING)


def settled(status: DocumentStatus, statuses: Iterable[FieldStatus], issues: Iterable[str]) -> DocumentStatus:
    """A document's status once people have dealt with fields of it: accepted when nothing is left to ask."""
    if status is DocumentStatus.REVIEW and not any(s in _OPEN for s in statuses) and not list(issues):
        return DocumentStatus.ACCEPTED
    return status


def with_corrections(record: Record, corrections: Sequence[Correction]) -> Record:
    """The record with what people said in place of what was read; the same object where that is nothing.

    Fields that already carry the correction (status ``corrected``, same value) are left as they are.
    """
    out = record
    for correction in corrections:
        path = _path_in(out, correction)
        row = ROW_PATH.fullmatch(path)
        present = _field_at(out, path)
        if present is None and correction.doc_type != record.doc_type:
            continue  # the document is now read as another form, which has no such field
        if present is not None and present.status is FieldStatus.CORRECTED and present.value == correction.new_value:
            continue
        if out is record:
            out = replace(record, fields=dict(record.fields), rows=[dict(r) for r in record.rows])
        field = replace(
            present or _lost_field(record, correction),
            value=correction.new_value,
            status=FieldStatus.CORRECTED,
            issues=list(correction.issues),
            as_read=_read_value(present),
        )
        if row is None:
            out.fields[path] = field
        else:
            if int(row[1]) == len(out.rows):
                out.rows.append({})
            out.rows[int(row[1])][row[2]] = field
    if out is not record:
        out.status = settled(record.status, (f.status for _, f in out.all_fields()), out.issues)
    return out


def _field_at(record: Record, path: str) -> FieldValue | None:
    row = ROW_PATH.fullmatch(path)
    if row is None:
        return record.fields.get(path)
    return record.rows[int(row[1])].get(row[2]) if int(row[1]) < len(record.rows) else None


def _read_value(present: FieldValue | None) -> Value:
    """What the reading has there, also beneath an earlier correction."""
    if present is None:
        return None
    return present.as_read if present.status is FieldStatus.CORRECTED else present.value


def _lost_field(record: Record, correction: Correction) -> FieldValue:
    """A field a person corrected and this reading did not find: kept, where it (or its row) stood."""
    place = correction.anchor
    file = record.files[min(place.file, len(record.files) - 1)] if place and record.files else ""
    return FieldValue(
        raw=correction.raw,
        confidence=correction.confidence,
        file=file,
        page=place.page if place else 1,
        quad=place.quad if place else None,
    )


def _path_in(record: Record, correction: Correction) -> str:
    """The path a correction has in this reading.

    Rows are numbered by the reading, and another reading may find one more or one less: a telephone
    number must not move to the next person. So a row is found again by where it stands on the scan; one
    that is no longer found follows the last.
    """
    row = ROW_PATH.fullmatch(correction.path)
    if row is None:
        return correction.path
    index, key = int(row[1]), row[2]
    if correction.anchor is None:
        return f"rows.{min(index, len(record.rows))}.{key}"
    offsets = [(_offset(record, fields, key, correction.anchor), i) for i, fields in enumerate(record.rows)]
    nearest = min(offsets, default=(math.inf, 0))
    return f"rows.{nearest[1] if nearest[0] < 0.5 else len(record.rows)}.{key}"


def _offset(record: Record, row: dict[str, FieldValue], key: str, anchor: Anchor) -> float:
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
