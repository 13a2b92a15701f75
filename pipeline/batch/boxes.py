"""Boxes that a person drew on a page, read while the person waits."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from pipeline.definitions import FieldDefinition
from pipeline.errors import FileError
from pipeline.flow import Tools, read_box, upright_layout
from pipeline.forms.layout import Layout
from pipeline.intake.pages import read_pages
from pipeline.scanned import FileStat
from pipeline.settings import Limits
from pipeline.sheets import Quad

_KEPT = 3  # pages; whoever draws a box on a page often draws another


@dataclass(frozen=True, slots=True)
class BoxReading:
    """What a box says: the value with the probability that it is right, and what else it may be, best first.

    ``alternatives`` come with the nats that each is behind.
    """

    value: str | None
    raw: str
    confidence: float
    alternatives: tuple[tuple[str, float], ...] = ()


class BoxReader:
    """Reads boxes; the pages of the last ones are kept flat and upright."""

    def __init__(self, tools: Tools, limits: Limits) -> None:
        self._tools = tools
        self._limits = limits
        self._pages: OrderedDict[tuple[str, int], Layout] = OrderedDict()

    def read(self, path: Path, stat: FileStat, number: int, quad: Quad, field: FieldDefinition) -> BoxReading:
        """What the quad on page ``number`` of the file at ``path`` says. Raises :class:`FileError`."""
        answer = read_box(self._layout(path, stat, number), quad, field, self._tools)
        if answer.value is None:
            return BoxReading(None, answer.raw, 0.0)
        return BoxReading(answer.value, answer.raw, answer.confidence, tuple(answer.alternatives))

    def _layout(self, path: Path, stat: FileStat, number: int) -> Layout:
        key = stat.sha256, number
        if key not in self._pages:
            page = next(read_pages(path, stat.path, self._limits, number), None)
            if page is None:
                raise FileError(f"文件没有第 {number} 页。请刷新后重试。", code="page_not_found")
            self._pages[key] = upright_layout(page, self._tools.engine)
            if len(self._pages) > _KEPT:
                self._pages.popitem(last=False)
        self._pages.move_to_end(key)
        return self._pages[key]
