"""What hangs on the cells of a workbook besides their values: links and notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from openpyxl.utils.cell import coordinate_to_tuple

from pipeline.ledgers.opc import MAIN, RELATIONSHIP_ID, Package, SheetEntry
from pipeline.ledgers.seen import without_cells

Place = tuple[int, int]
"""Row and column from 1."""


@dataclass(slots=True)
class Attached:
    """The ``links`` and ``notes`` of one sheet by cell: targets as they are written, texts."""

    links: dict[Place, str] = field(default_factory=dict)
    notes: dict[Place, str] = field(default_factory=dict)


def read_attached(path: Path) -> dict[str, Attached]:
    """What hangs on the cells of each worksheet. Raises :class:`~pipeline.ledgers.opc.CannotKeepError`."""
    with Package(path) as package:
        entries = package.sheets(package.tree(package.workbook))
        try:
            return {
                entry.name: Attached(dict(_links(package, entry)), dict(_notes(package, entry)))
                for entry in entries
                if entry.relationship.kind == "worksheet"
            }
        except (ValueError, LookupError) as error:  # places that are none
            package.damaged(error)


def _links(package: Package, entry: SheetEntry) -> Iterator[tuple[Place, str]]:
    targets = {r.id: r.target for r in package.relationships(entry.part)}
    with package.stream(entry.part) as source:
        sheet = package.parsed(without_cells(source))
    for link in sheet.iterfind(f"{{{MAIN}}}hyperlinks/{{{MAIN}}}hyperlink"):
        target = targets.get(link.get(RELATIONSHIP_ID), "")
        location = link.get("location")
        yield _place(link.get("ref")), f"{target}#{location}" if location else target


def _notes(package: Package, entry: SheetEntry) -> Iterator[tuple[Place, str]]:
    part = package.related(entry.part, "comments")
    if part is not None:
        for comment in package.tree(part).iter(f"{{{MAIN}}}comment"):
            texts = (text.text or "" for text in comment.iter(f"{{{MAIN}}}t"))
            yield _place(comment.get("ref")), "".join(texts)


def _place(ref: str) -> Place:
    row, column = coordinate_to_tuple(ref.partition(":")[0])
    return row, column
