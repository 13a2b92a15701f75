"""An office with documents in its database and workbooks on disk, and what people do to a workbook."""

from __future__ import annotations

import datetime
import functools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook

from pipeline.batch.exports import Outputs, update_outputs
from pipeline.batch.weigh import Rules, rules_in_force
from pipeline.settings import Settings, load_settings
from pipeline.store import Store, open_store, sqlite_url
from tests.synthesis.office_year import fill

MAIN, FEEDBACK = "双报到台账.xlsx", "服务反馈台账.xlsx"
ROSTER, QUEUE, SERVED = "党员报到花名册", "待核对", "反馈对应"
_DOCUMENTS = 24


@functools.cache
def filled() -> bytes:
    """A database with a year's documents of every form."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pipeline.db"
        with open_store(sqlite_url(path)) as store:
            fill(store, _DOCUMENTS, seed=7, corrected=0.0)
        return path.read_bytes()


class LedgerOffice:
    """``outputs`` with a database; on PostgreSQL where ``url`` is given."""

    def __init__(self, root: Path, url: str = "", **sections: Any) -> None:
        self.outputs, scans = root / "outputs", root / "scans"
        for folder in (self.outputs, scans):
            folder.mkdir(parents=True)
        database = {"database": {"url": url}} if url else {}
        self.settings: Settings = load_settings(
            folders={"scans": scans, "outputs": self.outputs}, **database, **sections
        )
        self.url = url or sqlite_url(self.outputs / "pipeline.db")
        if url:
            with self.store() as store:
                fill(store, _DOCUMENTS, seed=7, corrected=0.0)
        else:
            (self.outputs / "pipeline.db").write_bytes(filled())

    def store(self) -> Store:
        return open_store(self.url)

    @property
    def rules(self) -> Rules:
        return rules_in_force(self.settings, datetime.date.today())

    def export(self) -> Outputs:
        with self.store() as store:
            return update_outputs(store, self.rules, self.settings)

    def book(self, name: str = MAIN) -> Path:
        return self.outputs / name

    @contextmanager
    def opened(self, name: str = MAIN) -> Iterator[Workbook]:
        """A workbook, saved at the end as another program would."""
        book = load_workbook(self.book(name))
        yield book
        book.save(self.book(name))

    def change(self, what: Callable[[Workbook], object], name: str = MAIN) -> None:
        with self.opened(name) as book:
            what(book)

    def touch(self) -> None:
        """Let the outputs be written anew."""
        with self.store() as store:
            record = next(r for r in store.records() if r.fields)
            document = store.stored_document(record.document_id)
            assert document is not None
            path, field = next(iter(document.record.fields.items()))
            store.correct(record.document_id, path, field.value, "管理员", document.revision)

    def value(self, document_id: str, path: str) -> Any:
        with self.store() as store:
            record = store.record(document_id)
            found = record.field_at(path) if record else None
            return found.value if found else None


def heads(sheet: Any) -> tuple[int, dict[str, int]]:
    """The row of the headings, and the column of each, from 1."""
    for row in sheet.iter_rows(max_row=8):
        found = {c.value: c.column for c in row if c.value}
        if {"序号"} & found.keys() and {"编号", "认领编号"} & found.keys():
            return row[0].row, found
    raise LookupError(sheet.title)


def cell(sheet: Any, row: int, heading: str) -> Any:
    """The cell of the ``row``-th row of a table, from 1."""
    first, places = heads(sheet)
    return sheet.cell(first + row, places[heading])


def sort(sheet: Any) -> None:
    """The rows the other way round, as a spreadsheet sorts them: values, styles, links and notes."""
    first, _ = heads(sheet)
    rows = [
        [(c.value, c._style, c.hyperlink and c.hyperlink.target, c.comment) for c in row]
        for row in sheet.iter_rows(min_row=first + 1)
    ]
    for number, row in enumerate(reversed(rows), first + 1):
        for column, (value, style, link, note) in enumerate(row, 1):
            there = sheet.cell(number, column)
            there.comment = there.hyperlink = None
            there.value, there._style = value, style
            if link:
                there.hyperlink = link
            if note:
                there.comment = type(note)(note.text, note.author)
