"""The pages of sample scans, taken apart and read in full, for drafting and for trying a definition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pipeline.errors import SetupError
from pipeline.flow import ReadPage, Tools, read_lines, read_page
from pipeline.intake.pages import read_pages
from pipeline.settings import Limits
from pipeline.sheets import PageImage


def open_scans(paths: Sequence[Path], limits: Limits) -> list[PageImage]:
    """The pages of some files, in order. Raises :class:`SetupError` naming a file that cannot be opened or read."""
    pages: list[PageImage] = []
    for path in paths:
        if not path.is_file():
            raise SetupError(f"没有这个文件：{path}。请给出空白表或填好的表的扫描件（JPG、PNG、TIFF、PDF）。")
        pages += read_pages(path, path.name, limits)
    return pages


def fully_read(pages: Iterable[PageImage], tools: Tools) -> Iterator[ReadPage]:
    """Each page with every line of it read; empty backs are left out."""
    for page in pages:
        read = read_page(page, tools)
        if read.blank:
            continue
        read_lines(read.layout.sheet, read.layout.lines(), tools.engine)
        yield read
