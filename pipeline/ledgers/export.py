"""All outputs of a batch in one pass over its records."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import Protocol

from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers import needs, review, untaught
from pipeline.ledgers.belonging import Belonging, listed_communities
from pipeline.ledgers.feedback import (
    CLAIMS_SHEET,
    SERVED_SHEET,
    UNCLAIMED_SHEET,
    claim_counts,
    claims_table,
    served_table,
    track,
    unclaimed_table,
)
from pipeline.ledgers.handmade import append, place_of
from pipeline.ledgers.jsonl import records_file
from pipeline.ledgers.layout import feedback_workbook, main_workbook
from pipeline.ledgers.links import Links, Matches
from pipeline.ledgers.naming import sheet_name, workbook_file
from pipeline.ledgers.office import Office
from pipeline.ledgers.package import save_workbook
from pipeline.ledgers.progress import reference_day
from pipeline.ledgers.register import KEY, PLACE, Register
from pipeline.ledgers.review import ReviewQueue
from pipeline.ledgers.summary import Summary
from pipeline.ledgers.table import SheetPlan, Table
from pipeline.records import Record

RECORDS_FILE = "records.jsonl"
_ELSEWHERE = "其他社区"

Records = Iterable[Record] | Callable[[], Iterable[Record]]


class Keeper(Protocol):
    """Keeps what people did to workbooks that are written anew."""

    def carry_over(self, file: str, new: Path) -> None:
        """Put what people added to a workbook, by its file name, into its new edition."""

    def remember(self, written: Mapping[str, Sequence[SheetPlan]]) -> None:
        """Note how workbooks, by their file names, were written."""


class Ledgers:
    """Takes records in one at a time and keeps only what the workbooks show."""

    def __init__(self, forms: Forms, dictionaries: Dictionaries, office: Office | None = None) -> None:
        self._forms, self._dictionaries, self._office = forms, dictionaries, office or Office()
        self._register = Register(forms, dictionaries, self._office)
        self._review = ReviewQueue(forms, self._office)
        self._links = Links(forms)
        self._needs = needs.Needs(forms)
        self._untaught = untaught.Untaught(self._office)

    def add(self, record: Record) -> None:
        for part in (self._register, self._review, self._links, self._needs, self._untaught):
            part.add(record)

    def plans(self, as_of: date | None = None, matches: Matches | None = None) -> dict[str, list[SheetPlan]]:
        """The sheets of every workbook, in order.

        ``as_of`` is the day by which a claim counts as overdue; without it the latest day the records
        themselves are dated. ``matches`` are those of the same records, where somebody has matched them.
        """
        if matches is None:
            matches = self._links.match(self._dictionaries, self._office.decisions)
        listed = listed_communities(self._forms, self._dictionaries)
        registers = {key: self._filled(t.title, t) for key, t in self._register.tables(Belonging(matches)).items()}
        main, queue = main_workbook(self._forms), self._filled(review.SHEET, self._review.table())
        books: dict[str, list[SheetPlan]] = {main: []}
        claims = self._place_claims(books, matches, as_of or reference_day(matches), listed)
        for key, table in registers.items():
            _place(books, self._forms[key.doc_type].ledger.workbook, table.title, table)
        for book, plans in books.items():
            own = [t for key, t in registers.items() if self._forms[key.doc_type].ledger.workbook == book]
            claimed = claim_counts(claims, listed) if claims and book == feedback_workbook(self._forms) else ((), ())
            summary = Summary(own, listed, review=queue if book == main else None, claimed=claimed)
            for plan in summary.plans():
                _add(plans, plan)
            if book == main:
                _place(books, main, review.SHEET, queue)
                _place(books, main, untaught.SHEET, self._filled(untaught.SHEET, self._untaught.table()))
            for plan in _by_community(own, listed) if self._office.by_community else ():
                for table in plan.tables:
                    self._filled(plan.name, table)
                _add(plans, plan)
        return books

    def _place_claims(
        self, books: dict[str, list[SheetPlan]], matches: Matches, as_of: date | None, communities: list[str]
    ) -> Table | None:
        """反馈台账 and what belongs to it, where any form tells of claims or of what was done."""
        tracked, claims = track(matches, as_of, communities), None
        book = feedback_workbook(self._forms)
        if any(form.claims or form.fulfils for form in self._forms.values()):
            claims = self._filled(CLAIMS_SHEET, claims_table(tracked, as_of, self._office))
            unclaimed = self._filled(UNCLAIMED_SHEET, unclaimed_table(matches, self._office))
            served = self._filled(SERVED_SHEET, served_table(matches, self._office))
            for name, table in ((CLAIMS_SHEET, claims), (UNCLAIMED_SHEET, unclaimed), (SERVED_SHEET, served)):
                _place(books, book, name, table)
        if self._needs.defined:
            _place(books, book, needs.SHEET, self._needs.table(tracked, self._dictionaries, communities))
        return claims

    def _filled(self, sheet: str, table: Table) -> Table:
        """The table with the rows that people wrote into it."""
        if table.keyed:
            append(table, self._office.added.get(place_of(sheet, table), ()))
        return table


def _place(books: dict[str, list[SheetPlan]], workbook: str, name: str, table: Table) -> None:
    _add(books.setdefault(workbook, []), SheetPlan(name, table.title, [table]))


def _add(plans: list[SheetPlan], plan: SheetPlan) -> None:
    plan.name = sheet_name(plan.name, {p.name for p in plans})
    plans.append(plan)


def _by_community(registers: Sequence[Table], listed: Sequence[str]) -> Iterable[SheetPlan]:
    """A sheet for each community, with the rows of every register that belong to it; one for all that is left."""
    for place in listed:
        yield SheetPlan(place, place, _parts(registers, [place]))
    rest = _parts(registers, listed, others=True)
    if rest:
        yield SheetPlan(_ELSEWHERE, _ELSEWHERE, rest)


def _parts(registers: Sequence[Table], places: Sequence[str], *, others: bool = False) -> list[Table]:
    """What of the registers belongs to some communities, or with ``others`` to none of them."""
    # Rows that people wrote stay in the sheet in which they did.
    parts = [t.only((t.frame[PLACE].isin(places) ^ others) & t.frame[KEY].notna()) for t in registers]
    return [part for part in parts if len(part.frame)]


def output_names(forms: Forms, dictionaries: Dictionaries) -> set[str]:
    """The names of the files that :func:`write_all` writes."""
    return {RECORDS_FILE, *map(workbook_file, Ledgers(forms, dictionaries).plans())}


def write_all(
    records: Records,
    forms: Forms,
    dictionaries: Dictionaries,
    outputs: Path,
    *,
    as_of: date | None = None,
    office: Office | None = None,
    keeper: Keeper | None = None,
) -> list[Path]:
    """Write ``records.jsonl`` and every workbook into ``outputs``; returns the paths, that one first.

    The records are gone through once, in the order given, which is the order of the outputs. A
    workbook that is open in Excel is written beside itself: its path is then not the usual one. Raises
    :class:`pipeline.ledgers.atomic.CannotWriteError`; what was there before then still stands. ``keeper`` carries
    over what people added to the workbooks that are replaced.
    """
    with records_file(outputs / RECORDS_FILE) as writer:

        def passing() -> Iterator[Record]:
            for record in records() if callable(records) else records:
                writer.write(record)
                yield record

        ledgers = _filled_in(passing(), forms, dictionaries, office)
    return [writer.path, *_save(ledgers, outputs, as_of, office or Office(), keeper)]


def write_workbooks(
    records: Iterable[Record],
    forms: Forms,
    dictionaries: Dictionaries,
    outputs: Path,
    *,
    matches: Callable[[], Matches],
    office: Office | None = None,
    keeper: Keeper | None = None,
) -> list[Path]:
    """The same without ``records.jsonl``. ``matches`` is asked, once all records went by, for what was made of their
    claims."""
    ledgers = _filled_in(records, forms, dictionaries, office)
    return _save(ledgers, outputs, None, office or Office(), keeper, matches())


def _filled_in(records: Iterable[Record], forms: Forms, dictionaries: Dictionaries, office: Office | None) -> Ledgers:
    ledgers = Ledgers(forms, dictionaries, office)
    with _uncollected():
        for record in records:
            ledgers.add(record)
    return ledgers


def _save(
    ledgers: Ledgers,
    outputs: Path,
    as_of: date | None,
    office: Office,
    keeper: Keeper | None,
    matches: Matches | None = None,
) -> list[Path]:
    paths, replaced = [], {}
    with _uncollected():
        for workbook, plans in ledgers.plans(as_of, matches).items():
            file = workbook_file(workbook)
            finish = partial(keeper.carry_over, file) if keeper else None
            paths.append(save_workbook(plans, outputs / file, office.kept.get(file), finish))
            if paths[-1].name == file:
                replaced[file] = plans
    if keeper:
        keeper.remember(replaced)
    return paths


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without Python's search for reference cycles: it goes through a million living cells again and again to find
    none, a fifth of the time. Objects without cycles are freed as ever."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
