"""Pages are large: nobody on the way from the file to the reader holds one that was given out."""

from __future__ import annotations

import weakref

import pytest

from pipeline.flow import Tools, read_documents
from pipeline.intake.pages import read_pages
from pipeline.settings import Limits
from pipeline.sheets import Box, Image, PageImage
from tests.conftest import SCANS

NAMES = sorted(path.name for path in SCANS.iterdir() if path.suffix in {".jpg", ".png", ".tif", ".pdf"})


@pytest.mark.parametrize("name", NAMES)
def test_a_page_that_was_given_out_is_not_held(name: str) -> None:
    pages = read_pages(SCANS / name, name, Limits())
    page = next(pages)
    pixels = weakref.ref(page.pixels)
    del page
    assert pixels() is None
    pages.close()  # type: ignore[attr-defined]


def test_a_page_as_scanned_is_gone_while_it_is_read(tools: Tools) -> None:
    name = "党员登记表_平板扫描.jpg"
    given: list[weakref.ref[Image]] = []

    def noted(page: PageImage) -> PageImage:
        given.append(weakref.ref(page.pixels))
        return page

    class Watching:
        """The engine, which looks whether the page is still there."""

        held = 0

        def detect(self, gray: Image, *, page_side: int = 0) -> list[Box]:
            self.held += given[-1]() is not None
            return tools.engine.detect(gray, page_side=page_side)

        def __getattr__(self, name: str) -> object:
            return getattr(tools.engine, name)

    watching = Watching()
    watched = Tools(tools.forms, watching, tools.knowledge, tools.acceptance, tools.terms)  # type: ignore[arg-type]
    records = list(read_documents(map(noted, read_pages(SCANS / name, name, Limits())), {name: "0" * 64}, watched))
    assert [record.doc_type for record in records] == ["member_registration"]
    assert watching.held == 0
