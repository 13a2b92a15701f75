"""Other ways out of the store than the usual outputs: tables for other programs, an edition for circulation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pipeline.batch.filling import Communities, fill_out
from pipeline.batch.leftovers import temporary_files_in
from pipeline.batch.office_view import office_of
from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers.atomic import replacing
from pipeline.ledgers.census import Census
from pipeline.ledgers.circulation import for_circulation
from pipeline.ledgers.csv_out import write_csv
from pipeline.ledgers.export import Ledgers
from pipeline.ledgers.fill import Filled
from pipeline.ledgers.frames import frame_of
from pipeline.ledgers.naming import sheet_name, workbook_file
from pipeline.ledgers.office import Office
from pipeline.ledgers.package import save_workbook
from pipeline.ledgers.table import SheetPlan, Table
from pipeline.reports.meeting import write_meeting_summary
from pipeline.settings import Settings
from pipeline.store import PIPELINE, Action, Store

TABLES, CIRCULATION, FILLED = "tables", "circulation", "filled"
COPIES = (TABLES, CIRCULATION, FILLED)
"""The folders among the outputs for what can be made again."""

_UP = "../"  # from the folder of the tables to that of the workbooks, which links go from

Books = dict[str, list[SheetPlan]]


@dataclass(frozen=True, slots=True)
class Ways:
    """Which ways out were asked for."""

    csv: bool = False
    parquet: bool = False
    masked: bool = False
    summary: bool = False
    template: Path | None = None
    community: str = ""

    @property
    def any(self) -> bool:
        return self.csv or self.parquet or self.masked or self.summary or self.template is not None


@dataclass(frozen=True, slots=True)
class Written:
    """The files, and what was made of a template where there was one."""

    paths: list[Path]
    filled: Filled | None = None


def write_ways(store: Store, forms: Forms, dictionaries: Dictionaries, settings: Settings, ways: Ways) -> Written:
    """Write what was asked for.

    Raises :class:`pipeline.ledgers.fill.TemplateError` and :class:`pipeline.ledgers.atomic.CannotWriteError`.
    """
    outputs = settings.path("outputs")
    office = plain_office(store, settings)
    ledgers, census = Ledgers(forms, dictionaries, office), Census(forms, dictionaries, office.decisions)
    for record in store.records(reading=False):
        ledgers.add(record)
        if ways.summary:
            census.add(record)
    books = ledgers.plans()
    written: list[Path] = []
    with temporary_files_in(outputs):
        if ways.csv:
            written += _write_tables(books, outputs / TABLES, ".csv", lambda table, path: write_csv(table, path, _UP))
        if ways.parquet:
            written += _write_tables(books, outputs / TABLES, ".parquet", _write_parquet)
        if ways.masked:
            written += write_masked(books, outputs / CIRCULATION)
        if ways.summary:
            written.append(write_meeting_summary(census.figures(), books, outputs, date.today()))
        filled = None
        if ways.template is not None:
            filled = fill_out(books, ways.template, outputs / FILLED, Communities(forms, dictionaries), ways.community)
            written.append(filled.path)
    store.audit(Action.EXPORTED, PIPELINE, files=len(written))
    return Written(written, filled)


def plain_office(store: Store, settings: Settings, up: str = "") -> Office:
    """What the workbooks show besides the records, without pictures.

    And without how people arranged the sheets: a filter of theirs would hide rows. ``up`` leads from the workbooks'
    folder to the outputs.
    """
    office = office_of(store, settings)
    originals = {sha256: up + path for sha256, path in office.originals.items()}
    return replace(office, originals=originals, pictures=0, kept={})


def keyed_tables(books: Books) -> dict[str, Table]:
    """The tables whose rows have names, by names for files."""
    found: dict[str, Table] = {}
    for plan in (plan for plans in books.values() for plan in plans):
        # A community's sheet shows rows of the registers once more, in tables without names.
        if len(plan.tables) == 1 and plan.tables[0].keyed and plan.tables[0].name:
            found[Path(workbook_file(sheet_name(plan.name, found))).stem] = plan.tables[0]
    return found


def write_masked(books: Books, folder: Path, name: Callable[[str], str] = workbook_file) -> list[Path]:
    """The workbooks for circulation, in ``folder`` under the file names that ``name`` gives them."""
    return [save_workbook(for_circulation(plans), folder / name(book)) for book, plans in books.items()]


def _write_tables(books: Books, folder: Path, suffix: str, write: Callable[[Table, Path], None]) -> Iterable[Path]:
    for name, table in keyed_tables(books).items():
        with replacing(folder / f"{name}{suffix}", beside=True) as written:
            write(table, written.temp)
        yield written.path


def _write_parquet(table: Table, path: Path) -> None:
    frame_of(table, _UP).to_parquet(path, engine="pyarrow", index=False)
