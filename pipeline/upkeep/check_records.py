"""Every record against what it was read from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from pipeline.errors import FileError
from pipeline.intake.folder import hash_file
from pipeline.intake.pages import count_pages
from pipeline.records import Record, document_id
from pipeline.settings import Settings
from pipeline.sheets import Quad
from pipeline.store import Store, StoredDocument
from pipeline.upkeep.findings import FindingCode, Findings

_BEYOND = 0.25
"""How far a place may lie beyond the edge of its page, as a share of the page: a photographed sheet that was
cut off is straightened to where it would go on."""


class RecordCheck:
    """Checks one document after another; remembers files already looked at and pages already claimed.

    ``held`` says where the archive has each content.
    """

    def __init__(self, store: Store, settings: Settings, held: Mapping[str, Path], *, fast: bool) -> None:
        self._scans = settings.scans
        self._limits = settings.limits
        self._held = held
        self._fast = fast
        self._known = store.known_files()
        self._sources: dict[tuple[str, str], Path | None] = {}
        self._counts: dict[str, int | None] = {}
        self._claimed: dict[tuple[str, int], str] = {}

    def check(self, document: StoredDocument, findings: Findings) -> None:
        record = document.record
        everything = [
            sorted([*pages, *_blank(record, path)]) for path, pages in zip(record.files, record.pages, strict=True)
        ]
        if record.document_id != document_id(record.sha256, everything):
            findings.add(FindingCode.DOCUMENT_ID_WRONG, record.document_id)
        for path, sha256, pages in zip(record.files, record.sha256, everything, strict=True):
            source = self._source_of(path, sha256)
            if source is None:
                findings.add(FindingCode.SOURCE_MISSING, record.document_id, path)
            wrong = self._wrong_pages(pages, sha256, source)
            if wrong:
                findings.add(FindingCode.PAGES_IMPLAUSIBLE, record.document_id, f"{path}：{wrong}")
            for number in pages:
                owner = self._claimed.setdefault((sha256, number), record.document_id)
                if owner != record.document_id:
                    detail = f"{path}：第 {number} 页也属于 {owner}"
                    findings.add(FindingCode.PAGES_IMPLAUSIBLE, record.document_id, detail)
        _check_places(document, findings)

    def _source_of(self, path: str, sha256: str) -> Path | None:
        """Where the content lies: in the archive, or else under its path in the drop folder; not in a bucket."""
        if sha256 in self._held:
            return self._held[sha256]
        key = (path, sha256)
        if key not in self._sources:
            file = self._scans / path if isinstance(self._scans, Path) else None
            self._sources[key] = file if file and self._is(file, path, sha256) else None
        return self._sources[key]

    def _is(self, file: Path, path: str, sha256: str) -> bool:
        try:
            if self._fast:
                info, known = file.stat(), self._known.get(path)
                return known is not None and (known.sha256, known.size) == (sha256, info.st_size)
            return hash_file(file) == sha256
        except (OSError, FileError):
            return False

    def _wrong_pages(self, pages: list[int], sha256: str, source: Path | None) -> str:
        """What is wrong with the page numbers taken from one file; empty where they may be right."""
        if not pages:
            return "没有页"
        if min(pages) < 1 or len(set(pages)) < len(pages):
            return "页码小于 1 或重复"
        count = self._count(sha256, source)
        return f"页码超过文件的 {count} 页" if count is not None and max(pages) > count else ""

    def _count(self, sha256: str, source: Path | None) -> int | None:
        """The pages of a file, where that is to be looked at and can be told."""
        if self._fast or source is None:
            return None
        if sha256 not in self._counts:
            try:
                self._counts[sha256] = count_pages(source, self._limits)
            except FileError:
                self._counts[sha256] = None  # damaged, which its hash tells, or beyond limits that were lowered
        return self._counts[sha256]


def _blank(record: Record, path: str) -> list[int]:
    """The empty pages of a file, which count for the document's name and not among its pages."""
    return [number for file, number in record.blank if file == path]


def _check_places(document: StoredDocument, findings: Findings) -> None:
    record = document.record
    sizes = {(page.file, page.number): (page.width, page.height) for page in document.pages}
    for path, value in record.all_fields():
        if value.quad is None:
            continue
        if (value.file, value.page) not in sizes:
            findings.add(FindingCode.PLACE_IMPLAUSIBLE, record.document_id, f"{path}：不在本文档的页上")
        elif not _is_plausible(value.quad, *sizes[value.file, value.page]):
            findings.add(FindingCode.PLACE_IMPLAUSIBLE, record.document_id, f"{path}：位置超出页面或没有大小")


def _is_plausible(quad: Quad, width: int | None, height: int | None) -> bool:
    """Whether a quad has an area and lies on its page, as far as the page's size in pixels is known."""
    if not all(math.isfinite(n) for point in quad for n in point):
        return False
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(quad, (*quad[1:], quad[0]), strict=True)) / 2
    if abs(area) < 1.0:
        return False
    if not width or not height:
        return True
    return all(
        -_BEYOND * width <= x <= (1 + _BEYOND) * width and -_BEYOND * height <= y <= (1 + _BEYOND) * height
        for x, y in quad
    )
