"""An office's year in a store: documents of every form with invented values, read a little badly.

``fill(store, 20_000)`` takes about a minute. There are no pictures behind the documents: what a page shows of them
is for others to make. Values, doubts, codes, places and corrections come from the generator's seed alone.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
from sqlalchemy import insert

from pipeline.definitions import FieldDefinition, FieldType, FormDefinition, Forms, load_forms
from pipeline.records import (
    UNKNOWN_TYPE,
    Code,
    DocumentStatus,
    Evidence,
    FieldStatus,
    FieldValue,
    Record,
    Value,
    document_id,
)
from pipeline.scanned import PageFacts, ReadDocument
from pipeline.sheets import Quad
from pipeline.store import FileState, Store, audit, saving
from pipeline.store.audit import Action
from pipeline.store.schema import (
    Base,
    DocumentFileRow,
    DocumentRow,
    FieldRow,
    IssueRow,
    OriginalRow,
    PageRow,
    SourceFileRow,
    path_key,
)

from . import phrases as p
from .fonts import ROOT
from .values import Person, Values, dictionary

WIDTH, HEIGHT, DPI = 2480, 3508, 300.0
_BYTES = 900_000
_AT_ONCE = 500  # documents in a transaction
_SHARES = {  # of the documents of a year, by form; what other forms there are share the rest
    "member_registration": 0.62,
    "service_feedback": 0.16,
    "unit_registration": 0.08,
    "agreement": 0.07,
    "item_list": 0.06,
}
_DOUBTFUL, _CORRECTED = 0.06, 0.03
_QUESTIONS = (Code.PAGE_MISSING, Code.UNREADABLE_PAGE, Code.DUPLICATE_PERSON, Code.CLAIM_WITHOUT_PROJECT)
_CODES = {
    FieldType.ID_NUMBER: (Code.ID_CHECKSUM, Code.ID_BIRTH_MISMATCH, Code.LOW_CONFIDENCE),
    FieldType.PHONE: (Code.PHONE_FORMAT, Code.LOW_CONFIDENCE),
    FieldType.USCC: (Code.USCC_CHECKSUM, Code.LOW_CONFIDENCE),
    FieldType.DATE: (Code.DATE_ORDER, Code.DATE_IN_FUTURE, Code.LOW_CONFIDENCE),
    FieldType.DICTIONARY: (Code.NOT_IN_DICTIONARY, Code.LOW_CONFIDENCE),
    FieldType.SEAL: (Code.SEAL_MISSING,),
    FieldType.SIGNATURE: (Code.SIGNATURE_MISSING,),
}


@functools.cache
def office_forms() -> Forms:
    """The project's own forms."""
    return load_forms(ROOT / "models" / "forms")


def fill(store: Store, count: int, *, seed: int = 1, corrected: float = _CORRECTED, actor: str = "王芳") -> list[str]:
    """Put ``count`` documents into an empty store; their ids in the order in which they were read.

    They are spread over a year. ``corrected`` is the share of the doubtful fields that ``actor`` dealt with.
    """
    rng = np.random.default_rng(seed)
    made = documents(count, rng)
    moments = _moments(count, rng)
    ids: list[str] = []
    while batch := list(islice(made, _AT_ONCE)):
        _save(store, batch, moments[len(ids) : len(ids) + len(batch)])
        ids += [document.record.document_id for document in batch]
    _correct(store, ids, rng, corrected, actor)
    return ids


def documents(count: int, rng: np.random.Generator) -> Iterator[ReadDocument]:
    """Documents as a batch reads them."""
    forms = office_forms()
    shares = np.array([_SHARES.get(name, 0.02) for name in forms])
    kinds = rng.choice(len(forms), size=count, p=shares / shares.sum())
    values = Values(rng, outside=0.15)
    for number, kind in enumerate(kinds):
        if rng.random() < 0.005:
            yield _unknown(number)
        else:
            yield _Paper(list(forms.values())[int(kind)], values, number).document()


def documents_of(doc_type: str, count: int, rng: np.random.Generator) -> Iterator[ReadDocument]:
    """Documents of one form as a batch reads them."""
    values = Values(rng, outside=0.15)
    for number in range(count):
        yield _Paper(office_forms()[doc_type], values, number).document()


class _Paper:
    """One form filled in by somebody."""

    def __init__(self, form: FormDefinition, values: Values, number: int) -> None:
        self.form, self.values, self.rng = form, values, values.rng
        self.person: Person = values.person()
        self.unit, self.place = values.unit(), values.community()
        self.day = values.day("2019-01-02", "2021-12-20")
        self.file = f"{2019 + number % 3}/{form.title}/扫描_{number:06d}.jpg"
        self.hash = hashlib.sha256(f"{number}".encode()).hexdigest()
        self.placed = 0

    def document(self) -> ReadDocument:
        fields = {f.key: self._field(f) for f in self.form.fields if f.required or self.rng.random() > 0.08}
        rows: list[dict[str, FieldValue]] = []
        if self.form.rows:
            rows = [{f.key: self._field(f) for f in self.form.row_fields} for _ in range(int(self.rng.integers(4, 13)))]
        record = Record(
            document_id([self.hash], [[1]]), self.form.type, [self.file], [self.hash], [[1]], fields=fields, rows=rows
        )
        if self.rng.random() < 0.02:
            record.flag(_QUESTIONS[int(self.rng.integers(len(_QUESTIONS)))])
        doubtful = any(f.status in (FieldStatus.REVIEW, FieldStatus.MISSING) for _, f in record.all_fields())
        record.status = DocumentStatus.REVIEW if doubtful or record.issues else DocumentStatus.ACCEPTED
        return ReadDocument(record, 3.0, [PageFacts(self.file, 1, WIDTH, HEIGHT, DPI, 0.8)], "1")

    def _field(self, definition: FieldDefinition) -> FieldValue:
        value = self._value(definition)
        self.placed += 1
        if value is None or value == "":
            status = FieldStatus.MISSING if definition.required else FieldStatus.ACCEPTED
            issues = [Code.REQUIRED_MISSING.value] if definition.required else []
            return FieldValue(None, "", 0.6, status, self.file, 1, None, issues)
        text = value if isinstance(value, str) else ""
        quad = self._quad(max(3, len(text)))
        found = FieldValue(value, text, float(1 - 0.015 * self.rng.random()), FieldStatus.ACCEPTED, self.file, 1, quad)
        if self.rng.random() < _DOUBTFUL:
            self._doubt(found, definition)
        if text:
            found.centres = _centres(len(text))
            lead = float(self.rng.random() * 6)
            found.evidence = Evidence(definition.type.value, 0.9, 0.97, len(text), lead, False, True)
            if found.status is FieldStatus.REVIEW and not definition.printed:
                found.alternatives = [(text[:-1] + other, lead + i) for i, other in enumerate("甲1")]
        return found

    def _doubt(self, found: FieldValue, definition: FieldDefinition) -> None:
        found.status = FieldStatus.REVIEW
        found.confidence = float(0.2 + 0.75 * self.rng.random())
        codes = _CODES.get(definition.type, (Code.LOW_CONFIDENCE,))
        found.flag(codes[int(self.rng.integers(len(codes)))])
        if definition.type.is_mark:
            found.value = False

    def _quad(self, length: int) -> Quad:
        """The next place, two to a line down the page."""
        line, column = divmod(self.placed % 60, 2)
        x, y = 300.0 + 1050 * column, 300.0 + 100 * line
        right = x + min(900.0, 45.0 * length)
        return ((x, y), (right, y + 3), (right, y + 63), (x, y + 60))

    def _value(self, definition: FieldDefinition) -> Value:
        v, claims, fulfils = self.values, self.form.claims, self.form.fulfils
        by = {part.by for part in (claims, fulfils) if part}
        places = {part.community for part in (claims, fulfils) if part}
        if definition.key in places:
            return self.place if definition.dictionary else f"中共{p.STREETS[0]}{self.place}委员会"
        if definition.key in by:
            return v.unit() if self.form.rows else self.unit if definition.dictionary else v.party_org(self.unit)
        match definition.type:
            case FieldType.NAME:
                return self.person.name if claims and definition.key == claims.person else v.name()
            case FieldType.ID_NUMBER:
                return self.person.id_number
            case FieldType.PHONE:
                return v.landline() if v.chance(0.1) else v.mobile()
            case FieldType.USCC:
                return v.uscc()
            case FieldType.DATE:
                return (self.day + dt.timedelta(days=365 if definition.future else 0)).isoformat()
            case FieldType.NUMBER:
                return str(v.number(1, 60))
            case FieldType.CODE:
                return v.agreement_no()
            case FieldType.DICTIONARY:
                return v.pick(dictionary(definition.dictionary or ""))
            case FieldType.LIST:
                return v.project() if self.form.rows else v.projects()
            case FieldType.CHECKBOXES | FieldType.CHOICE | FieldType.TITLE_CHOICE:
                chosen = v.pick(definition.options)
                return [chosen] if definition.multiple else chosen
            case FieldType.SIGNATURE | FieldType.SEAL:
                return True
            case _:
                return v.address() if v.chance(0.5) else v.content()


@functools.cache
def _centres(count: int) -> list[float]:
    return [round((i + 0.5) / count, 4) for i in range(count)]


def _unknown(number: int) -> ReadDocument:
    """A page of no form."""
    file, content = f"其他/扫描_{number:06d}.jpg", hashlib.sha256(f"{number}".encode()).hexdigest()
    record = Record(document_id([content], [[1]]), UNKNOWN_TYPE, [file], [content], [[1]])
    record.flag(Code.UNKNOWN_DOCUMENT)
    record.fields["text_1"] = FieldValue("会议通知", "会议通知", 0.9, FieldStatus.ACCEPTED, file, 1)
    return ReadDocument(record, 1.0, [PageFacts(file, 1, WIDTH, HEIGHT, DPI, 0.8)])


def _save(store: Store, batch: list[ReadDocument], moments: list[dt.datetime]) -> None:
    """Many documents in one transaction and one statement a table: the rows are those that the store writes."""
    tables: dict[type[Base], list[dict[str, Any]]] = {}
    with store.writing() as connection:
        for document, moment in zip(batch, moments, strict=True):
            record = document.record
            for table, rows in _rows(document, moment).items():
                tables.setdefault(table, []).extend(rows)
            detail = {"revision": 1, "batch": None, "type": record.doc_type, "status": record.status.value}
            audit.append(connection, Action.DOCUMENT_READ, "pipeline", document_id=record.document_id, detail=detail)
        for table, rows in tables.items():
            connection.execute(insert(table), rows)


def _rows(document: ReadDocument, moment: dt.datetime) -> dict[type[Base], list[dict[str, Any]]]:
    record = document.record
    file, content = record.files[0], record.sha256[0]
    head = {
        "document_id": record.document_id,
        "doc_type": record.doc_type,
        "status": record.status.value,
        "own_status": record.status.value,
        "form_version": document.form_version,
        "revision": 1,
        "row_count": len(record.rows),
        "read_at": moment,
        "seconds": document.seconds,
        "batch_id": None,
        "superseded_by": None,
    }
    known = {
        "path_key": path_key(file),
        "path": file,
        "sha256": content,
        "size": _BYTES,
        "mtime_ns": 1_700_000_000_000_000_000,
        "state": FileState.PROCESSED.value,
        "first_seen": moment,
        "last_seen": moment,
    }
    return {
        OriginalRow: [{"sha256": content, "size": _BYTES, "suffix": ".jpg"}],
        SourceFileRow: [known],
        DocumentRow: [head],
        DocumentFileRow: saving._files(record),
        PageRow: saving._pages(record, document),
        FieldRow: saving._fields(record),
        IssueRow: saving._issues(record),
    }


def _moments(count: int, rng: np.random.Generator) -> list[dt.datetime]:
    """When each document was read: over a year, in order."""
    start = dt.datetime(2025, 11, 3, 1, tzinfo=dt.UTC)
    return [start + dt.timedelta(seconds=int(s)) for s in np.sort(rng.integers(0, 365 * 86400, size=count))]


def _correct(store: Store, ids: list[str], rng: np.random.Generator, share: float, actor: str) -> None:
    """Let a person deal with some documents' doubtful fields: confirm most, change some."""
    for number in rng.permutation(len(ids))[: int(len(ids) * share)]:
        document = store.stored_document(ids[int(number)])
        if document is None:
            continue
        revision = document.revision
        for path, value in document.record.all_fields():
            if value.status is FieldStatus.REVIEW:
                changed = f"{value.value}改" if isinstance(value.value, str) and rng.random() < 0.3 else value.value
                revision = store.correct(ids[int(number)], path, changed, actor, revision)
