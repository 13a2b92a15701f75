"""The edition for circulation: the workbooks as they are, without what leads to a person's number or scan.

ID numbers and phones are half hidden wherever they stand, in their own columns and within other text. Left out are
待核对 with its raw readings, 其他表格 (of forms that nobody defined nobody said who may see them), the notes of cells,
pictures of ink, the links to scans and the audit page, and the check of each row, from which a number that is known but
for some digits could be told.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import pandas as pd

from pipeline.definitions import FieldType
from pipeline.identity import is_valid
from pipeline.ledgers import review, untaught
from pipeline.ledgers.codes import Reason
from pipeline.ledgers.marks import Mark
from pipeline.ledgers.masking import masked, masked_within
from pipeline.ledgers.naming import sheet_name
from pipeline.ledgers.table import CellValue, Column, Formula, Kind, Link, SheetPlan, Table, Use

SUFFIX = "（脱敏）"
_KEPT_IN = frozenset({review.SHEET, untaught.SHEET})
_LEADING_BACK = ("original", "audit")
"""How the keys of columns begin that open the scan or the audit page."""
_BY_TYPE = frozenset({FieldType.ID_NUMBER, FieldType.PHONE})
_SHORTEST_PHONE = 10**10  # a phone that was read where a count belongs


def for_circulation(plans: Sequence[SheetPlan]) -> list[SheetPlan]:
    """One workbook's sheets without what is not for everybody. The plans given stay as they are."""
    gone = {table.name for plan in plans if plan.name in _KEPT_IN for table in plan.tables if table.name}
    kept = [plan for plan in plans if plan.name not in _KEPT_IN]
    tables = {id(table): _masked_table(table, gone) for plan in kept for table in plan.tables}
    out: list[SheetPlan] = []
    for plan in kept:
        charts = [replace(c, title=masked_within(c.title), table=tables[id(c.table)]) for c in plan.charts]
        name = sheet_name(masked_within(plan.name), {p.name for p in out})
        title = masked_within(plan.title) + SUFFIX
        out.append(SheetPlan(name, title, [tables[id(table)] for table in plan.tables], charts))
    return out


def _masked_table(table: Table, gone: Collection[str]) -> Table:
    """``gone`` are the tables that formulas may no longer refer to."""
    kept = [i for i, column in enumerate(table.columns) if not _is_left_out(column)]
    columns = [table.columns[i] for i in kept]
    rows = []
    for row in table.frame.itertuples(index=False, name=None):
        cells = [_masked_cell(row[i], column) for i, column in zip(kept, columns, strict=True)]
        # A label with its middle hidden may be that of other rows too: what counts by it no longer can.
        relabelled = any(isinstance(row[i], str) and row[i] != cell for i, cell in zip(kept, cells, strict=True))
        rows.append([_still(cell, gone, fixed=relabelled) for cell in cells])
    frame = pd.DataFrame(rows, columns=[column.key for column in columns], dtype=object)
    place = {old: new for new, old in enumerate(kept)}
    marks: dict[tuple[int, int], Mark | Reason] = {
        (r, place[c]): mark.reason if isinstance(mark, Mark) else mark
        for (r, c), mark in table.marks.items()
        if c in place
    }
    return Table(masked_within(table.title), columns, frame, marks, table.name)


def _is_left_out(column: Column) -> bool:
    leads_back = column.key.startswith(_LEADING_BACK)
    return leads_back or column.kind is Kind.PICTURE or column.use is Use.CHECK


def _masked_cell(value: CellValue, column: Column) -> CellValue:
    if column.use is Use.KEY:
        return value
    match value:
        case str():
            return half_hidden(value, column.field.type if column.field else None)
        case Link():
            return masked_within(value.text)
        case int() | float() if abs(value) >= _SHORTEST_PHONE:
            return masked_within(str(value))
        case _:
            return value


def half_hidden(text: str, field_type: str | None) -> str:
    """A text as it may go round: the numbers in it half hidden, whatever ``field_type`` it is a value of."""
    if field_type is FieldType.USCC:  # eighteen characters too, and nobody's
        return masked(text, FieldType.ID_NUMBER) if is_valid(text) else text
    # Whatever the blank is for: a phone that was written into it is a phone.
    return masked(text, field_type) if field_type in _BY_TYPE else masked_within(text)


def _still(cell: CellValue, gone: Collection[str], *, fixed: bool) -> CellValue:
    """A formula gives way to its value where what it counts is not there, or not under its name."""
    if isinstance(cell, Formula) and (fixed or any(name in cell.text for name in gone)):
        return cell.result
    return cell
