"""All outputs of a batch in one pass over its records."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers import needs, review, summary
from pipeline.ledgers.feedback import CLAIMS_SHEET, UNCLAIMED_SHEET, claims_table, track, unclaimed_table
from pipeline.ledgers.jsonl import records_file
from pipeline.ledgers.layout import feedback_workbook, main_workbook
from pipeline.ledgers.links import Links
from pipeline.ledgers.naming import sheet_name, workbook_file
from pipeline.ledgers.package import save_workbook
from pipeline.ledgers.progress import reference_day
from pipeline.ledgers.register import Register
from pipeline.ledgers.review import ReviewQueue
from pipeline.ledgers.summary import Summary
from pipeline.ledgers.table import SheetPlan, Table
from pipeline.records import Record

RECORDS_FILE = "records.jsonl"

Records = Iterable[Record] | Callable[[], Iterable[Record]]


class Ledgers:
    """Takes records in one at a time and keeps only what the workbooks show."""

    def __init__(self, forms: Forms, dictionaries: Dictionaries) -> None:
        self._forms = forms
        self._dictionaries = dictionaries
        self._register = Register(forms)
        self._review = ReviewQueue(forms)
        self._summary = Summary(forms, dictionaries)
        self._links = Links(forms)
        self._needs = needs.Needs(forms)

    def add(self, record: Record) -> None:
        for part in (self._register, self._review, self._summary, self._links, self._needs):
            part.add(record)

    def plans(self, as_of: date | None = None) -> dict[str, list[SheetPlan]]:
        """The sheets of every workbook, in order.

        ``as_of`` is the day by which a claim counts as overdue; without it the latest day the records
        themselves are dated.
        """
        matches = self._links.match(self._dictionaries)
        as_of = as_of or reference_day(matches)
        tracked = track(matches, as_of, self._summary.communities)
        books: dict[str, list[SheetPlan]] = {main_workbook(self._forms): []}

        def place(workbook: str, name: str, table: Table) -> None:
            plans = books.setdefault(workbook, [])
            plans.append(SheetPlan(sheet_name(name, {p.name for p in plans}), table.title, [table]))

        if any(form.claims or form.fulfils for form in self._forms.values()):
            place(feedback_workbook(self._forms), CLAIMS_SHEET, claims_table(tracked, as_of))
            place(feedback_workbook(self._forms), UNCLAIMED_SHEET, unclaimed_table(matches))
        if self._needs.defined:
            table = self._needs.table(tracked, self._dictionaries, self._summary.communities)
            place(feedback_workbook(self._forms), needs.SHEET, table)
        for key, table in self._register.tables().items():
            place(self._forms[key.doc_type].ledger.workbook, table.title, table)
        totals = self._summary.plan(tracked)
        main = books[main_workbook(self._forms)]
        totals.name = sheet_name(summary.SHEET, {p.name for p in main})
        main.append(totals)
        place(main_workbook(self._forms), review.SHEET, self._review.table())
        return books


def output_names(forms: Forms, dictionaries: Dictionaries) -> set[str]:
    """The names of the files that :func:`write_all` writes."""
    return {RECORDS_FILE, *map(workbook_file, Ledgers(forms, dictionaries).plans())}


def write_all(
    records: Records, forms: Forms, dictionaries: Dictionaries, outputs: Path, *, as_of: date | None = None
) -> list[Path]:
    """Write ``records.jsonl`` and every workbook into ``outputs``; returns the paths, that one first.

    The records are gone through once, in the order given, which is the order of the outputs. A
    workbook that is open in Excel is written beside itself: its path is then not the usual one. Raises
    :class:`pipeline.ledgers.atomic.CannotWriteError`; what was there before then still stands.
    """
    ledgers = Ledgers(forms, dictionaries)
    with records_file(outputs / RECORDS_FILE) as writer:
        for record in records() if callable(records) else records:
            writer.write(record)
            ledgers.add(record)
    paths = [writer.path]
    for workbook, plans in ledgers.plans(as_of).items():
        paths.append(save_workbook(plans, outputs / workbook_file(workbook)))
    return paths
