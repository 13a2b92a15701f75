"""One field across all documents of a form: what is in doubt first, then the least sure."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from pipeline.audit.index.entries import Entry, Layout, is_open


def strip(entries: Iterable[Entry], key: str, open_only: bool) -> list[tuple[Entry, int]]:
    """The fields ``key`` of some documents, also those in rows, each as its document and position."""

    @cache
    def positions(layout_id: int) -> list[int]:
        return _positions(layouts[layout_id], key)

    layouts: dict[int, Layout] = {}
    found: list[tuple[bool, float, float, str, int, Entry]] = []
    for entry in entries:
        layouts[id(entry.layout)] = entry.layout
        for position in positions(id(entry.layout)):
            asks = is_open(entry.statuses[position])
            if asks or not open_only:
                found.append((not asks, entry.confidences[position], entry.read, entry.document_id, position, entry))
    found.sort(key=lambda item: item[:-1])
    return [(item[-1], item[-2]) for item in found]


def _positions(layout: Layout, key: str) -> list[int]:
    return [i for i, path in enumerate(layout.paths) if path == key or path.endswith(f".{key}")]
