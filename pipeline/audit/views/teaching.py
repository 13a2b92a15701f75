"""What the pages of teaching show: documents to choose from, lessons in hand, a draft with its samples."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pipeline.audit.desk import Desk
from pipeline.definitions import FieldType
from pipeline.ledgers.lookalikes import Group, unfamiliar
from pipeline.ledgers.masking import masked_loosely
from pipeline.records import UNKNOWN_TYPE, Record
from pipeline.store import NotFoundError
from pipeline.store.sources import DocumentSource
from pipeline.teaching import Draft
from pipeline.teaching.faults import NOT_IN_ROWS
from pipeline.teaching.kinds import TYPE_NAMES
from pipeline.teaching.lessons import MOST_PAGES, Lesson, Sample, SamplePage
from pipeline.teaching.saving import is_editable

MOST_SHOWN = 60
"""Kinds of unknown documents on one page."""

_COPIES = 4
"""Copies from which a draft is begun: what more of them say is little, and each is read in full."""

_NOT_OFFERED = (FieldType.TITLE_CHOICE,)


@dataclass(frozen=True, slots=True)
class Choice:
    """A document that may be a sample, or be read again."""

    document_id: str
    files: str


@dataclass(frozen=True, slots=True)
class Kind:
    """Unknown documents that look alike, or one that is like no other; ``name`` may be empty.

    ``samples`` are those among ``copies`` that a draft is best begun with: the ones of which most was read, no more
    than a lesson takes.
    """

    name: str
    copies: tuple[Choice, ...]
    samples: tuple[str, ...]


def unknown_kinds(desk: Desk) -> list[Kind]:
    """The documents that no form knows, those that look alike together; what came most often first."""
    records = {record.document_id: record for record in desk.store.records_of(UNKNOWN_TYPE)}
    kinds = [_kind(group, records) for group in unfamiliar(records.values())]
    return sorted(kinds, key=lambda kind: (-len(kind.copies), kind.copies[0].files))


def _kind(group: Group, records: dict[str, Record]) -> Kind:
    own = [records[document_id] for document_id in group.documents]
    copies = sorted((Choice(r.document_id, "、".join(r.files)) for r in own), key=lambda choice: choice.files)
    samples: list[str] = []
    pages = 0
    for look in sorted(group.looks, key=lambda look: (not look.title, -len(look.labels))):
        count = sum(map(len, records[look.document_id].pages))
        if len(samples) < _COPIES and pages + count <= MOST_PAGES:
            samples.append(look.document_id)
            pages += count
    return Kind(masked_loosely(group.name), tuple(copies), tuple(samples))


def unknown_documents(desk: Desk) -> list[Choice]:
    """Documents that no form knows, by their files' names."""
    return _choices(source for source in desk.store.document_sources() if source.doc_type == UNKNOWN_TYPE)


def documents_of(desk: Desk, doc_type: str) -> list[Choice]:
    """The documents of a type, by their files' names."""
    return _choices(source for source in desk.store.document_sources() if source.doc_type == doc_type)


def _choices(sources: Iterable[DocumentSource]) -> list[Choice]:
    some = [source for source in sources if source.superseded_by is None]
    return sorted((Choice(s.document_id, "、".join(s.paths)) for s in some), key=lambda choice: choice.files)


def sample_of(desk: Desk, document_id: str) -> Sample:
    """A document of the store as a sample. Raises :class:`NotFoundError`."""
    found = desk.store.stored_document(document_id)
    if found is None or found.superseded_by is not None:
        raise NotFoundError("没有这份文档，可能已被清除或重新识别。请刷新后重选。")
    record = found.record
    pages = [SamplePage(record.content_of(page.file), page.file, page.number) for page in found.pages if not page.blank]
    return Sample("、".join(record.files), tuple(pages), document_id)


def editable_forms(desk: Desk) -> list[tuple[str, str]]:
    """Type and title of the forms whose definition a draft can hold."""
    return [(form.type, form.title) for form in desk.rules.forms.values() if is_editable(form)]


def type_choices(*, in_rows: bool) -> list[tuple[str, str]]:
    """The types a field, or a column of a list, may be given, with what staff call them."""
    barred = (*_NOT_OFFERED, *NOT_IN_ROWS) if in_rows else _NOT_OFFERED
    return [(kind.value, name) for kind, name in TYPE_NAMES.items() if kind not in barred]


def dictionary_choices(desk: Desk) -> list[tuple[str, str]]:
    """The office's lists, with the title of a field that names each."""
    titles: dict[str, str] = {}
    for form in desk.rules.forms.values():
        for one in (*form.fields, *form.row_fields):
            if one.dictionary:
                titles.setdefault(one.dictionary, one.title)
    return sorted((name, titles.get(name, name)) for name in desk.rules.dictionaries)


def lesson_state(desk: Desk, lesson: Lesson) -> dict[str, Any]:
    """What the script of a lesson's page begins with; ``pages`` with their size in pixels as scanned."""
    draft = lesson.draft
    return {
        "lesson": lesson.id,
        "revision": lesson.revision,
        "draft": shown_draft(draft) if draft else None,
        "samples": [sample.title for sample in lesson.samples],
        "pages": [_page(desk, lesson, index) for index in range(len(draft.pages))] if draft else [],
        "types": {"fields": type_choices(in_rows=False), "rows": type_choices(in_rows=True)},
        "dictionaries": dictionary_choices(desk),
    }


def shown_draft(draft: Draft) -> dict[str, Any]:
    """A draft as the page's script has it."""
    return dataclasses.asdict(draft)


def _page(desk: Desk, lesson: Lesson, index: int) -> dict[str, Any]:
    sample, page = lesson.page_of(index)
    info = desk.pictures.page(page.sha256, page.file, page.number)
    return {"width": info.width, "height": info.height, "copy": lesson.samples.index(sample)}
