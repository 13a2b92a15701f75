"""A lesson's samples in a worker process: read once and kept, drafted from, tried with each change of the draft.

The functions take the worker's tools and settings first (:func:`pipeline.batch.worker.lend`) and give plain data.
"""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import FileError
from pipeline.flow import ReadPage, Tools
from pipeline.intake.pages import read_pages
from pipeline.records import FieldStatus, FieldValue, Record
from pipeline.settings import Settings
from pipeline.sheets import PageImage, Quad
from pipeline.teaching.draft import Draft, DraftPage
from pipeline.teaching.drafting import draft_form
from pipeline.teaching.faults import faults_of
from pipeline.teaching.placing import Proposed, propose_label, propose_place
from pipeline.teaching.scans import fully_read
from pipeline.teaching.trying import try_definition
from pipeline.terms import load_terms

_KEPT_LESSONS = 2


@dataclass(frozen=True, slots=True)
class Source:
    """Page ``number`` (from 1) of the file at ``path``, page ``position`` (from 1) of the copy ``copy``."""

    path: str
    number: int
    copy: str
    position: int


@dataclass(frozen=True, slots=True)
class Found:
    """A value as it was read; ``page`` is an index into the draft's pages, ``quad`` in pixels of it as scanned."""

    text: str
    accepted: bool
    page: int | None
    quad: Quad | None


@dataclass(slots=True)
class CopyRead:
    """What one copy says: fields and rows by key, ``copy`` as its source names it."""

    copy: str
    fields: dict[str, Found]
    rows: list[dict[str, Found]]


@dataclass(slots=True)
class Trial:
    """What a draft makes of the samples; ``faults`` keep it from being a definition, and then nothing was read.

    ``lines`` are all lines on the pages: page, text, quad.
    """

    copies: list[CopyRead] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    lines: list[tuple[int, str, Quad]] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        """As plain data."""
        return dataclasses.asdict(self)


_PAGES: OrderedDict[tuple[Source, ...], list[ReadPage]] = OrderedDict()


def draft_samples(
    tools: Tools, settings: Settings, sources: tuple[Source, ...], known: Draft | None
) -> tuple[Draft, Trial]:
    """A draft by the samples, and what it makes of them; with ``known``, that draft, now with these pages."""
    pages = _pages(tools, settings, sources)
    draft = known or draft_form(pages, load_terms(settings.path("terms")))
    if known is not None:
        draft.pages = [_page(page) for page in pages]
    return draft, try_draft(tools, settings, sources, draft)


def try_draft(tools: Tools, settings: Settings, sources: tuple[Source, ...], draft: Draft) -> Trial:
    """What the draft makes of the samples."""
    pages = _pages(tools, settings, sources)
    index = _index(pages)
    lines = [
        (index[page.file, page.number], line.text, page.layout.sheet.quad_of(line.box))
        for page in pages
        for line in page.layout.lines()
        if line.text.strip()
    ]
    faults = faults_of(draft)
    if faults:
        return Trial(faults=faults, lines=lines)
    records = try_definition(draft.definition(), pages, tools)
    return Trial([_copy(record, index) for record in records], [], lines)


def propose(
    tools: Tools, settings: Settings, sources: tuple[Source, ...], draft: Draft, page: int, quad: Quad, what: str
) -> Proposed:
    """What a box that a person drew on a page means: ``what`` is ``label``, ``value`` or ``column``.

    Raises :class:`FileError` where there is no such page.
    """
    pages = _pages(tools, settings, sources)
    found = next((p for p in pages if _index(pages)[p.file, p.number] == page), None)
    if found is None:
        raise FileError("样表没有这一页。请刷新后重试。", code="page_not_found")
    terms = load_terms(settings.path("terms"))
    if what == "label":
        return propose_label(found.layout, quad, tools, terms)
    return propose_place(found.layout, quad, draft, page, tools, terms, above=what == "column")


def _pages(tools: Tools, settings: Settings, sources: tuple[Source, ...]) -> list[ReadPage]:
    if sources not in _PAGES:
        _PAGES[sources] = list(fully_read(_images(sources, settings), tools))
        while len(_PAGES) > _KEPT_LESSONS:
            _PAGES.popitem(last=False)
    _PAGES.move_to_end(sources)
    return _PAGES[sources]


def _images(sources: Sequence[Source], settings: Settings) -> Iterator[PageImage]:
    """The pages of the samples, one at a time. Raises :class:`FileError`."""
    for source in sources:
        page = next(read_pages(Path(source.path), source.copy, settings.limits, source.number), None)
        if page is None:
            raise FileError("样表的文件没有这一页，可能已被替换。请另开始一次。", code="page_not_found")
        yield PageImage(source.copy, source.position, page.pixels, page.dpi)


def _index(pages: Sequence[ReadPage]) -> dict[tuple[str, int], int]:
    return {(page.file, page.number): i for i, page in enumerate(pages)}


def _page(page: ReadPage) -> DraftPage:
    quad = page.layout.sheet.quad_of(page.layout.sheet.frame)
    return DraftPage(page.file, page.number, round(max(x for x, _ in quad)), round(max(y for _, y in quad)), False)


def _copy(record: Record, index: dict[tuple[str, int], int]) -> CopyRead:
    def found(value: FieldValue) -> Found:
        page = index.get((value.file or "", value.page or 0))
        return Found(_text(value), value.status is FieldStatus.ACCEPTED, page, value.quad)

    rows = [{key: found(value) for key, value in row.items()} for row in record.rows]
    return CopyRead(record.files[0], {key: found(value) for key, value in record.fields.items()}, rows)


def _text(value: FieldValue) -> str:
    if isinstance(value.value, bool):
        return "有" if value.value else "无"
    return "、".join(value.value) if isinstance(value.value, list) else value.value or ""
