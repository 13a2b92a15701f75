"""One document as its page shows it: fields in the form's order, with what is wrong and what else may stand there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.audit.views.claims import ServedView
from pipeline.batch.typed import text_of
from pipeline.definitions import FieldDefinition, FieldType, FormDefinition
from pipeline.ledgers.cells import heading_of
from pipeline.ledgers.codes import DOCUMENT_STATUS, FIELD_STATUS, describe
from pipeline.records import TITLE_KEY, UNKNOWN_TYPE, FieldStatus, FieldValue, Record, is_label, label_place, page_text
from pipeline.sheets import Quad
from pipeline.store import Proposal, StoredDocument

_OPEN = (FieldStatus.REVIEW, FieldStatus.MISSING)
_MOST_ALTERNATIVES = 9


@dataclass(frozen=True, slots=True)
class Question:
    """A code for staff."""

    code: str
    name: str
    advice: str
    reason: str


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field. ``options`` are values with what staff call them. ``label`` is where its label stands among
    :attr:`~pipeline.records.Record.labels`, empty where a definition says what it is.

    ``page`` is the position in the document's pages, from 0, or ``None`` where nothing was found.
    """

    path: str
    key: str
    title: str
    kind: str  # text | boxes | box | mark
    text: str
    on: bool
    chosen: tuple[str, ...]
    options: tuple[tuple[str, str], ...]
    status: str
    status_name: str
    open: bool
    required: bool
    percent: int | None
    raw: str
    page: int | None
    quad: Quad | None
    questions: tuple[Question, ...]
    alternatives: tuple[str, ...]
    proposal: dict[str, str] | None
    long: bool
    label: str

    def state(self) -> dict[str, Any]:
        """What the script needs to bring its field up to date."""
        return {
            "path": self.path,
            "text": self.text,
            "on": self.on,
            "chosen": self.chosen,
            "status": self.status,
            "statusName": self.status_name,
            "open": self.open,
            "page": self.page,
            "quad": self.quad,
            "questions": [{"name": q.name, "advice": q.advice, "reason": q.reason} for q in self.questions],
            "alternatives": self.alternatives,
            "proposal": self.proposal,
        }


@dataclass(frozen=True, slots=True)
class PageView:
    """One page of the document, at ``position`` from 0; ``width`` and ``height`` in pixels as scanned."""

    position: int
    number: int
    file: str
    width: int
    height: int
    blank: bool


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document: its fields, its rows, its pages, its questions."""

    document_id: str
    title: str
    doc_type: str
    status: str
    status_name: str
    revision: int
    fields: tuple[FieldView, ...]
    marks: tuple[FieldView, ...]
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[FieldView | None, ...], ...]
    pages: tuple[PageView, ...]
    questions: tuple[Question, ...]
    settled: tuple[Question, ...]
    files: tuple[str, ...]
    duplicates: tuple[str, ...]
    superseded_by: str | None
    has_rows: bool
    adds_rows: bool
    served: tuple[ServedView, ...] | None
    turn: int = field(default=0)

    def all_fields(self) -> Iterable[FieldView]:
        yield from self.fields
        for row in self.rows:
            yield from (field for field in row if field is not None)
        yield from self.marks

    def cell_of(self, key: str) -> FieldView | None:
        """A cell of the column ``key`` by which its heading is corrected; ``None`` where a definition names it."""
        cells = (field for row in self.rows for field in row if field is not None)
        return next((cell for cell in cells if cell.label == f"rows.{key}"), None)

    @property
    def open_count(self) -> int:
        return sum(f.open for f in self.all_fields()) + len(self.questions)

    def state(self) -> dict[str, Any]:
        """What the script of the page works on; plain values."""
        return {
            "id": self.document_id,
            "revision": self.revision,
            "status": self.status,
            "statusName": self.status_name,
            "open": self.open_count,
            "rows": len(self.rows),
            "supersededBy": self.superseded_by,
            "turn": self.turn,
            "pages": [{"width": p.width, "height": p.height, "number": p.number, "blank": p.blank} for p in self.pages],
            "fields": [f.state() for f in self.all_fields()],
            "questions": [{"code": q.code, "name": q.name} for q in self.questions],
            "served": [s.state() for s in self.served] if self.served is not None else None,
        }


def view_document(
    stored: StoredDocument,
    form: FormDefinition | None,
    proposals: Iterable[Proposal] = (),
    acknowledged: Iterable[str] = (),
    served: tuple[ServedView, ...] | None = None,
) -> DocumentView:
    """The page of a document. ``acknowledged`` are document codes that people have settled, ``served`` what it says
    was served, where its form says so."""
    record = stored.record
    place = {(page.file, page.number): i for i, page in enumerate(stored.pages)}
    waiting = {p.path: {"by": p.actor, "text": text_of(p.new_value)} for p in proposals}
    ledger = form.ledger if form else None
    sheets = ledger.sheets if ledger else {}
    builder = _Builder(place, waiting, ledger.by if ledger else None, sheets, record)
    settled = set(acknowledged)
    questions = [question(code) for code in record.issues]
    return DocumentView(
        document_id=record.document_id,
        title=form.title if form else "未识别的表单",
        doc_type=record.doc_type,
        status=record.status.value,
        status_name=DOCUMENT_STATUS[record.status],
        revision=stored.revision,
        fields=tuple(builder.fields(record, form, marks=False)),
        marks=tuple(builder.fields(record, form, marks=True)),
        columns=_columns(record, form),
        rows=tuple(
            tuple(
                # The lists on a page of no known form have columns of their own.
                builder.field(f"rows.{i}.{key}", _row_field(form, key), row.get(key)) if form or key in row else None
                for key, _ in _columns(record, form)
            )
            for i, row in enumerate(record.rows)
        ),
        pages=tuple(
            PageView(i, p.number, p.file, p.width or 0, p.height or 0, p.blank) for i, p in enumerate(stored.pages)
        ),
        questions=tuple(q for q in questions if q.code not in settled),
        settled=tuple(q for q in questions if q.code in settled),
        files=tuple(record.files),
        duplicates=tuple(record.duplicates),
        superseded_by=stored.superseded_by,
        has_rows=bool(form and form.rows) or bool(form is None and record.rows),
        adds_rows=bool(form and form.rows),
        served=served,
        turn=_turn(record),
    )


def question(code: str) -> Question:
    text = describe(code)
    return Question(code, text.name, text.advice, text.reason.name.lower())


@dataclass(frozen=True, slots=True)
class _Builder:
    place: Mapping[tuple[str, int], int]
    proposals: Mapping[str, dict[str, str]]
    named: str | None
    option_names: Mapping[str, str]
    record: Record

    def fields(self, record: Record, form: FormDefinition | None, *, marks: bool) -> Iterable[FieldView]:
        if form is None:
            if not marks:
                for key in sorted(record.fields, key=_untaught_place):
                    yield self.field(key, None, record.fields[key])
            return
        for definition in form.fields:
            if definition.type.is_mark is marks:
                yield self.field(definition.key, definition, record.fields.get(definition.key))
        if not marks:
            known = {f.key for f in form.fields}
            for key, value in record.fields.items():
                if key not in known:  # of a definition that has changed since
                    yield self.field(key, None, value)

    def field(self, path: str, definition: FieldDefinition | None, value: FieldValue | None) -> FieldView:
        value = value or FieldValue(status=FieldStatus.ACCEPTED)
        kind = _kind(definition, value)
        chosen = value.value if isinstance(value.value, list) else [value.value] if isinstance(value.value, str) else []
        options = definition.options if definition else ()
        names = self.option_names if definition and definition.key == self.named else {}
        found = self.place.get((value.file, value.page)) if value.quad else None
        return FieldView(
            path=path,
            key=path.rsplit(".", 1)[-1],
            title=definition.title
            if definition
            else self.record.labels.get(label_place(path)) or heading_of(None, path),
            kind=kind,
            text=text_of(value.value),
            on=value.value is True,
            chosen=tuple(chosen) if kind in ("boxes", "box") else (),
            options=tuple((option, names.get(option, option)) for option in options),
            status=value.status.value,
            status_name=FIELD_STATUS[value.status],
            open=value.status in _OPEN,
            required=bool(definition and definition.required),
            percent=round(value.confidence * 100) if value.quad and value.status is not FieldStatus.CORRECTED else None,
            raw=value.raw,
            page=found,
            quad=value.quad,
            questions=tuple(question(code) for code in value.issues),
            alternatives=_alternatives(definition, value),
            proposal=self.proposals.get(path),
            long=len(text_of(value.value)) > 28,
            label=label_place(path) if self.record.doc_type == UNKNOWN_TYPE and is_label(path) else "",
        )


def _kind(definition: FieldDefinition | None, value: FieldValue) -> str:
    if definition is None:
        return "mark" if isinstance(value.value, bool) else "text"
    if definition.type.is_mark:
        return "mark"
    if definition.type in (FieldType.CHECKBOXES, FieldType.TITLE_CHOICE):
        return "boxes" if definition.multiple else "box"
    return "text"


def _alternatives(definition: FieldDefinition | None, value: FieldValue) -> tuple[str, ...]:
    """What else may stand there, best first: what was read, where a person or a rule put something else; rivals."""
    if isinstance(value.value, (bool, list)):
        return ()
    offered = [text for text, _ in value.alternatives]
    if isinstance(value.as_read, str):
        offered.insert(0, value.as_read)
    if definition is not None and definition.type is FieldType.CHOICE:
        offered += definition.options
    if value.raw and definition is not None and not definition.type.is_mark:
        offered.append(value.raw)
    current = text_of(value.value)
    return tuple(t for t in dict.fromkeys(offered) if t and t != current)[:_MOST_ALTERNATIVES]


def _columns(record: Record, form: FormDefinition | None) -> tuple[tuple[str, str], ...]:
    used = {key for row in record.rows for key in row}
    if form is None:
        keys = dict.fromkeys(key for row in record.rows for key in row)
        return tuple((key, record.labels.get(f"rows.{key}", key)) for key in keys)
    return tuple((f.key, f.title) for f in form.row_fields if f.key in used or not used)


def _row_field(form: FormDefinition | None, key: str) -> FieldDefinition | None:
    return next((f for f in form.row_fields if f.key == key), None) if form else None


def _untaught_place(key: str) -> int:
    """The title of a document of no known form comes first, then its pairs as they stand on it, then whole pages."""
    return 0 if key == TITLE_KEY else 2 if page_text(key) else 1


def _turn(record: Record) -> int:
    """How many quarter turns clockwise make the page upright: most values' quads say where their top is."""
    votes = [0, 0, 0, 0]
    for _, value in record.all_fields():
        if value.quad:
            (x0, y0), (x1, y1) = value.quad[0], value.quad[1]
            dx, dy = x1 - x0, y1 - y0
            direction = (0 if dx >= 0 else 2) if abs(dx) >= abs(dy) else (1 if dy > 0 else 3)
            votes[(4 - direction) % 4] += 1
    return votes.index(max(votes))
