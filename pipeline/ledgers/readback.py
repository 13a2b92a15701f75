"""What people did to a workbook of ours: read back, row by row, against the tables it was written from.

Rows are known by their keys and columns by their headings, so it does not matter how the sheet was sorted, filtered or
rearranged, nor which program saved it. Whether a cell was changed is known from the row's check
(:mod:`~pipeline.ledgers.rowcheck`), without the database of the day it was written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.ledgers.faults import Fault, FaultKind
from pipeline.ledgers.naming import workbook_file
from pipeline.ledgers.readback_rows import RowBack, TableBack, TablePart, keys_of
from pipeline.ledgers.reopened import CannotReadBackError, OpenBook, reopened
from pipeline.ledgers.sections import keyed_tables, sections
from pipeline.ledgers.table import SheetPlan, Table

__all__ = ["BookBack", "CannotReadBackError", "NotOursError", "Plans", "RowBack", "TableBack", "read_back"]

Plans = Mapping[str, Sequence[SheetPlan]]
"""The sheets of every workbook, as :meth:`pipeline.ledgers.export.Ledgers.plans` gives them."""


@dataclass(slots=True)
class BookBack:
    """A workbook as people left it, and all that is wrong with it."""

    path: Path
    workbook: str
    tables: list[TableBack] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


class NotOursError(CannotReadBackError):
    """None of its sheets is one of ours."""

    code = "not_ours"


def read_back(path: Path, plans: Plans) -> BookBack:
    """Read the workbook at ``path`` against ``plans``, of which it is the one whose sheets it has.

    What is wrong with a sheet, a row or a cell is told in the faults and hinders no other. Raises
    :class:`~pipeline.ledgers.reopened.CannotReadBackError` where nothing can be read at all.
    """
    with reopened(path) as book:
        workbook = _which(book, plans)
        back = BookBack(path, workbook)
        known = _Known(plans[workbook])
        for plan in plans[workbook]:
            # A sheet without tables is one whose rows have all moved since.
            if plan.charts or (plan.tables and not any(table.keyed for table in plan.tables)):
                continue
            if plan.name not in book.sheets:
                back.faults.append(Fault(FaultKind.SHEET_MISSING, plan.name, "没有这张表，可能被删除或改了名"))
                continue
            try:
                back.tables += _tables(book, plan, known, back.faults)
            except CannotReadBackError as error:
                back.faults.append(Fault(FaultKind.SHEET_UNREADABLE, plan.name, error.message))
    return back


def _tables(book: OpenBook, plan: SheetPlan, known: _Known, faults: list[Fault]) -> list[TableBack]:
    own = [table for table in plan.tables if table.keyed]
    tables = []
    for section in sections(book.rows(plan.name), own, known.tables):
        part = TablePart(plan.name, section, faults)
        for number, cells in section.rows:
            part.take(number, cells)
        tables.append(part.finished(known.count, in_full=len(own) == 1))
    if own and not tables:
        faults.append(Fault(FaultKind.HEADINGS_MISSING, plan.name, "找不到标题行，整张表没有读取"))
    return tables


class _Known:
    """The keyed tables of a workbook by title, and their keys."""

    def __init__(self, plans: Sequence[SheetPlan]) -> None:
        self.tables = keyed_tables(plans)
        self._keys: dict[str, Counter[str]] = {}
        for plan in plans:
            for table in plan.tables:
                if table.keyed:
                    # In several sheets a row stands more than once, in one only where its table says so.
                    counts = Counter(keys_of(table))
                    self._keys[table.title] = self._keys.get(table.title, Counter()) | counts

    def count(self, table: Table, key: str) -> int:
        """How often a key stands in a table."""
        return self._keys[table.title][key]


def _which(book: OpenBook, plans: Plans) -> str:
    """The workbook whose sheets these are; by its name where two fit alike."""

    def likeness(workbook: str) -> tuple[float, bool]:
        names = {plan.name for plan in plans[workbook] if any(table.keyed for table in plan.tables)}
        own = workbook_file(workbook) == book.path.name
        return len(names & book.sheets.keys()) / len(names) if names else 0.0, own

    best = max(plans, key=likeness, default="")
    if not best or not likeness(best)[0]:
        raise NotOursError(f"{book.path} 中没有本程序生成的工作表。请选择由本程序生成的台账。")
    return best
