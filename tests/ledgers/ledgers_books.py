"""The sheets of records as the workbooks have them, before they are written."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ledgers_samples import DICTIONARIES, FORMS

from pipeline.ledgers.export import Ledgers
from pipeline.ledgers.office import Office
from pipeline.ledgers.table import SheetPlan, Table
from pipeline.records import Record

Books = dict[str, list[SheetPlan]]


def books_of(records: Iterable[Record], office: Office | None = None, as_of: date | None = None) -> Books:
    ledgers = Ledgers(FORMS, DICTIONARIES, office)
    for record in records:
        ledgers.add(record)
    return ledgers.plans(as_of)


def table_of(records: Iterable[Record], sheet: str, office: Office | None = None) -> Table:
    """The only table of a sheet."""
    plans = [plan for book in books_of(records, office).values() for plan in book]
    (table,) = next(plan for plan in plans if plan.name == sheet).tables
    return table
