"""Making the edition of a period, and holding two of them against each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.batch.edition_folder import (
    FOLDER,
    MANIFEST,
    TABLES,
    EditionError,
    described,
    edition_before,
    edition_called,
    new_edition,
    set_aside,
    write_manifest,
)
from pipeline.batch.leftovers import temporary_files_in
from pipeline.batch.ways_out import Books, keyed_tables, plain_office, write_masked
from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers.belonging import listed_communities
from pipeline.ledgers.difference import (
    SHEET,
    Counted,
    Difference,
    Kept,
    difference_plan,
    differences,
    is_compared,
    kept,
)
from pipeline.ledgers.edition import of_period
from pipeline.ledgers.export import Ledgers
from pipeline.ledgers.frames import frame_of
from pipeline.ledgers.layout import main_workbook
from pipeline.ledgers.naming import workbook_file
from pipeline.ledgers.package import save_workbook
from pipeline.ledgers.periods import Period, PeriodError, dating
from pipeline.settings import Settings
from pipeline.store import PIPELINE, Action, Store

NOW = "now"
"""What stands for the database as it is, where an edition is named."""
NOW_TITLE = "现在"

COMPARED = "对比_"
"""How the file of a comparison begins."""

_MASKED = "_脱敏"


@dataclass(frozen=True, slots=True)
class EditionReport:
    """An edition that was made: ``in_period`` of its ``documents`` are dated in the period, ``undated`` not at all.

    ``counts`` are what changed against the edition ``compared`` (empty for the first of its kind). ``aside`` is where
    the one that was made before lies now. ``as_of`` is before the period's end where that is still to come.
    """

    folder: Path
    files: tuple[str, ...]
    documents: int
    in_period: int
    undated: int
    as_of: date
    compared: str
    counts: tuple[Counted, ...]
    aside: Path | None


class Editions:
    """Makes and compares the editions of one outputs folder."""

    def __init__(self, store: Store, forms: Forms, dictionaries: Dictionaries, settings: Settings) -> None:
        self._store, self._forms, self._dictionaries, self._settings = store, forms, dictionaries, settings
        self._outputs = settings.path("outputs")

    def make(self, period: Period, *, masked: bool, again: bool, today: date) -> EditionReport:
        """Freeze the ledgers as of the end of a period: those of all documents dated up to it, or not dated.

        Raises :class:`EditionError` where it was made before (``again`` makes it anew), :class:`PeriodError` where
        the period has not begun, :class:`pipeline.ledgers.atomic.CannotWriteError`.
        """
        target = self._outputs / FOLDER / period.name
        if period.first > today:
            raise PeriodError(f"{period.title}还没有开始。")
        if target.exists() and not again:
            raise EditionError(f"{period.title}的台账已经做过，在 {target}。要重做请加 --again，旧的一份会另外保留。")
        as_of = min(period.last, today)
        books, months = self._books(period, as_of)
        frames = {
            sheet: (frame_of(table, "../"), is_compared(sheet, table)) for sheet, table in keyed_tables(books).items()
        }
        before = edition_before(self._outputs, period)
        change = None
        if before:
            now = {sheet: kept(frame) for sheet, (frame, compared) in frames.items() if compared}
            change = differences(before.registers(), now, successors(self._store))
        compared = before.name if before else ""
        numbers = {"documents": len(months), "in_period": sum(map(period.holds, months)), "undated": months.count("")}
        with temporary_files_in(self._outputs), new_edition(self._outputs, period) as folder:
            files = self._write_books(books, folder, period, (change, compared), masked=masked)
            tables = _write_frames(frames, folder / TABLES)
            facts = _facts(period, as_of) | numbers | {"compared": compared}
            write_manifest(folder / MANIFEST, {**facts, "workbooks": files, "tables": tables})
            # Only now, so that the old one stays in its place if anything goes wrong before.
            aside = set_aside(self._outputs, period)
        self._store.audit(Action.EXPORTED, PIPELINE, files=len(files), period=period.name)
        counts = tuple(change.counts) if change else ()
        names = tuple(file["file"] for file in files)
        return EditionReport(target, names, as_of=as_of, compared=compared, counts=counts, aside=aside, **numbers)

    def compare(self, first: str, second: str) -> tuple[Path, Difference]:
        """Write what changed from one edition to another, each by name or :data:`NOW`; the workbook, the difference.

        Raises :class:`EditionError` and :class:`pipeline.ledgers.atomic.CannotWriteError`.
        """
        before, after = self._state(first), self._state(second)
        difference = differences(before, after, successors(self._store))
        one, other = (NOW_TITLE if name == NOW else name for name in (first, second))
        plan = difference_plan(difference, "对比", f"台账对比：{one} 与 {other}", (one, other))
        with temporary_files_in(self._outputs):
            path = save_workbook([plan], self._outputs / FOLDER / workbook_file(f"{COMPARED}{one}_{other}"))
        return path, difference

    def _books(self, period: Period, as_of: date) -> tuple[Books, list[str]]:
        """The period's sheets, and the month of every document in them."""
        office = plain_office(self._store, self._settings, up="../../")
        ledgers, month_of, months = Ledgers(self._forms, self._dictionaries, office), dating(self._forms), []
        for record in self._store.records(reading=False):
            if period.reaches(month := month_of(record)):
                ledgers.add(record)
                months.append(month)
        books = ledgers.plans(as_of)
        of_period(books, period, as_of, listed_communities(self._forms, self._dictionaries))
        return books, months

    def _state(self, name: str) -> Mapping[str, Kept]:
        if name != NOW:
            return edition_called(self._outputs, name).registers()
        ledgers = Ledgers(self._forms, self._dictionaries, plain_office(self._store, self._settings))
        for record in self._store.records(reading=False):
            ledgers.add(record)
        tables = keyed_tables(ledgers.plans())
        return {sheet: kept(frame_of(table)) for sheet, table in tables.items() if is_compared(sheet, table)}

    def _write_books(
        self, books: Books, folder: Path, period: Period, change: tuple[Difference | None, str], *, masked: bool
    ) -> list[dict[str, Any]]:
        """The workbooks of the edition as its manifest lists them."""
        difference, before = change
        main = main_workbook(self._forms)

        def with_change(*, hide: bool) -> Books:
            if difference is None:
                return books
            plan = difference_plan(difference, SHEET, f"{SHEET}（{before} 与 {period.name}）", hide=hide)
            return {book: [*plans, plan] if book == main else plans for book, plans in books.items()}

        def name(book: str, suffix: str = "") -> str:
            return workbook_file(f"{Path(workbook_file(book)).stem}_{period.name}{suffix}")

        for book, plans in with_change(hide=False).items():
            save_workbook(plans, folder / name(book))
        if masked:
            write_masked(with_change(hide=True), folder, lambda book: name(book, _MASKED))
        return [described(path) for path in sorted(folder.glob("*.xlsx"))]


def successors(store: Store) -> dict[str, str]:
    """The documents that others stand for by now, each with the one that does."""
    by = {s.document_id: s.superseded_by for s in store.document_sources() if s.superseded_by is not None}
    found = {}
    for document, successor in by.items():
        seen = {document}
        while successor in by and successor not in seen:  # a better scan may itself have been replaced
            seen.add(successor)
            successor = by[successor]
        found[document] = successor
    return found


def _facts(period: Period, as_of: date) -> dict[str, Any]:
    return {
        "period": period.name,
        "kind": period.length.name,
        "first": period.first.isoformat(),
        "last": period.last.isoformat(),
        "as_of": as_of.isoformat(),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "program": version("shuangbaodao-pipeline"),
    }


def _write_frames(frames: Mapping[str, tuple[pd.DataFrame, bool]], folder: Path) -> list[dict[str, Any]]:
    folder.mkdir()
    listed = []
    for sheet, (frame, compared) in frames.items():
        path = folder / f"{sheet}.parquet"
        frame.to_parquet(path, engine="pyarrow", index=False)
        listed.append(described(path, sheet=sheet, rows=len(frame), compared=compared))
    return listed
