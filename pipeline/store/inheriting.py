"""What people said of documents, where their pages are in other documents from now on.

Pages of the same scan that were split, joined or told apart otherwise take along what was said of what stands on
them, rows of lists too. Another scan of the same paper has other pixels: it takes what was said of fields and of the
claims they fulfil, and not of rows, which it may number otherwise. Codes that people settled stay behind: those were
questions of another document.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from pipeline.records import Record
from pipeline.store import corrections
from pipeline.store.nouns import Correction
from pipeline.store.overlay import FULFILS, LABEL, ROW, is_of_field
from pipeline.store.schema import CorrectionRow, DocumentFileRow, PageRow

_ROW_NUMBER = re.compile(r"rows\.([0-9]+)")

_Said = dict[str, Any]
_Page = tuple[str, int]


def for_reading(connection: Connection, record: Record, replaced: Mapping[str, str]) -> list[Correction]:
    """The corrections that hold for a reading: its own, and what it takes along from documents ``replaced`` now, old
    id to new id."""
    own, taken_back, new = _come_together(connection, record, replaced)
    standing = [c for c in own if not c.withdrawn and c.id not in taken_back]
    return standing + [corrections.as_correction(said) for said in new]


def carry_over(connection: Connection, record: Record, replaced: Mapping[str, str]) -> None:
    """Write down under a new reading's own name what it takes along from documents ``replaced`` now."""
    _, taken_back, new = _come_together(connection, record, replaced)
    corrections.withdraw(connection, taken_back)
    for said in new:
        connection.execute(insert(CorrectionRow).values({**said, "document_id": record.document_id}))


def _come_together(
    connection: Connection, record: Record, replaced: Mapping[str, str]
) -> tuple[list[Correction], set[int], list[_Said]]:
    """What was said under this name before; which of that was taken back under others since; what is new to it."""
    own = corrections.of_document(connection, record.document_id, withdrawn=True)
    known = {_identity(c.path, c.time, c.actor): c for c in own}
    latest: dict[str, datetime] = {}
    for c in own:
        latest[c.path] = max(c.time, latest.get(c.path, c.time))
    taken_back: set[int] = set()
    new = []
    for said, same_scan in _along(connection, record, replaced):
        same = known.get(_identity(said["path"], said["time"], said["actor"]))
        if same is not None:
            if said["withdrawn"]:
                taken_back.add(same.id)
        elif not said["withdrawn"] and _is_news(said, same_scan, latest.get(said["path"])):
            new.append(said)
    return own, taken_back, new


def _is_news(said: _Said, same_scan: bool, latest: datetime | None) -> bool:
    """Whether nothing was said here since; of another scan nothing at all: who saw the better one knows better."""
    return latest is None or (same_scan and said["time"] >= latest)


def _along(connection: Connection, record: Record, replaced: Mapping[str, str]) -> Iterable[tuple[_Said, bool]]:
    """Everything said of earlier documents that may concern this one, with places on its own pages; and whether it
    was said of the same scan."""
    pages = set(record.every_page())
    for old, heir in replaced.items():
        if old == record.document_id:
            continue
        contents = _contents(connection, old)
        shared = pages & _pages(connection, old, contents)
        is_heir = heir == record.document_id
        if not shared and not is_heir:
            continue
        said = [dict(row._mapping) for row in connection.execute(_query(old))]
        added = {_row_number(s["path"]) for s in said if ROW.fullmatch(s["path"]) and s["new_value"] is not None}
        for one in said:
            del one["id"]
            if not _goes_along(one["path"]):
                continue
            if not shared:
                moved = _to_another_scan(one)
            elif one["anchor"] is not None:
                moved = _with_its_page(one, contents, record, shared)
            else:  # placed nowhere on the paper: with most of the pages, unless it may be of any row
                of_row = _row_number(one["path"])
                moved = one if is_heir and (of_row is None or of_row in added) else None
            if moved is not None:
                yield moved, bool(shared)


def _goes_along(path: str) -> bool:
    return is_of_field(path) or path.startswith((FULFILS, LABEL)) or ROW.fullmatch(path) is not None


def _to_another_scan(said: _Said) -> _Said | None:
    if _row_number(said["path"]) is not None:
        return None
    return {**said, "anchor": None, "placed": None, "before": None}


def _with_its_page(said: _Said, contents: Sequence[str], record: Record, shared: Collection[_Page]) -> _Said | None:
    anchor = said["anchor"]
    page = contents[anchor["file"]], anchor["page"]
    if page not in shared:
        return None
    moved = {**said, "anchor": {**anchor, "file": record.sha256.index(page[0])}}
    if said["placed"] is not None:
        placed = contents[said["placed"]["file"]], said["placed"]["page"]
        known = placed in shared
        moved["placed"] = {**said["placed"], "file": record.sha256.index(placed[0])} if known else None
    return moved


def _query(document_id: str) -> Any:
    row = CorrectionRow
    return select(row.__table__).where(row.document_id == document_id).order_by(row.id)


def _contents(connection: Connection, document_id: str) -> list[str]:
    row = DocumentFileRow
    query = select(row.sha256).where(row.document_id == document_id).order_by(row.position)
    return list(connection.scalars(query))


def _pages(connection: Connection, document_id: str, contents: Sequence[str]) -> set[_Page]:
    row = PageRow
    query = select(row.file_position, row.number).where(row.document_id == document_id)
    return {(contents[file], number) for file, number in connection.execute(query)}


def _identity(path: str, time: datetime, actor: str) -> tuple[str, datetime, str]:
    """What makes a correction the same under another document, which may number rows otherwise."""
    return _ROW_NUMBER.sub("rows", path, count=1), time, actor


def _row_number(path: str) -> int | None:
    found = _ROW_NUMBER.match(path)
    return int(found[1]) if found else None
