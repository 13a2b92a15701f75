"""Sheets fed from both sides: their empty backs are dropped, and noted with the document. The real engine."""

from __future__ import annotations

import numpy as np

from pipeline.flow import Tools, read_documents
from pipeline.intake.pages import read_pages
from pipeline.settings import Settings
from pipeline.sheets import PageImage
from tests.conftest import SCANS
from tests.support.pages import grainy, paper

FEEDBACK = "服务反馈表.tif"


def test_empty_backs_are_dropped_and_noted(tools: Tools, settings: Settings) -> None:
    """A form and its back, another form and its back; the same file without backs says the same."""
    [front] = read_pages(SCANS / FEEDBACK, FEEDBACK, settings.limits)
    h, w = front.pixels.shape[:2]

    def sheet(number: int, *, back: bool = False) -> PageImage:
        pixels = grainy(paper(w, h), seed=number) if back else front.pixels
        return PageImage("duplex.pdf", number, np.ascontiguousarray(pixels), front.dpi)

    pages = [sheet(1), sheet(2, back=True), sheet(3), sheet(4, back=True)]
    first, second = read_documents(pages, {"duplex.pdf": "ab" * 32}, tools)
    assert (first.pages, first.blank) == ([[1]], [("duplex.pdf", 2)])
    assert (second.pages, second.blank) == ([[3]], [("duplex.pdf", 4)])
    [alone] = read_documents([front], {FEEDBACK: "cd" * 32}, tools)
    assert {k: f.value for k, f in first.fields.items()} == {k: f.value for k, f in alone.fields.items()}
    assert (first.doc_type, first.issues) == (alone.doc_type, alone.issues)


def test_a_file_of_empty_pages_alone_is_a_document_with_its_pages(tools: Tools) -> None:
    """Nothing is dropped of which nothing would be left."""
    pages = [PageImage("空白.pdf", number, grainy(paper(), seed=number), 200.0) for number in (1, 2)]
    [record] = read_documents(pages, {"空白.pdf": "ab" * 32}, tools)
    assert (record.doc_type, record.pages, record.blank) == ("unknown", [[1, 2]], [])
