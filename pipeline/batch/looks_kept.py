"""How people arranged the sheets of a workbook (widths, hidden columns, filters), kept from one edition to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import TypeAdapter

from pipeline.ledgers.criteria import Filter, FilterKind
from pipeline.ledgers.kept import SheetKept
from pipeline.ledgers.looks import Looks, SheetLook, differences
from pipeline.ledgers.readback import BookBack
from pipeline.ledgers.seen import read_looks
from pipeline.ledgers.table import SheetPlan
from pipeline.store import Store

Headings = Mapping[str, Sequence[str]]
"""The headings of each sheet, in the order of its columns."""

_STATE = "sheets_kept"


@dataclass(slots=True)
class _Sheet:
    """What was changed of one sheet, by heading."""

    widths: dict[str, float] = field(default_factory=dict)
    hidden: dict[str, bool] = field(default_factory=dict)
    filters: dict[str, Filter] = field(default_factory=dict)


_JSON = TypeAdapter(dict[str, dict[str, _Sheet]])


def kept_looks(store: Store) -> Mapping[str, Mapping[str, SheetKept]]:
    """What people changed of the sheets, by file name and sheet name."""
    return {
        file: {name: SheetKept(s.widths, s.hidden, s.filters) for name, s in sheets.items()}
        for file, sheets in _recalled(store).items()
    }


def kept_filters(store: Store, file: str) -> dict[str, dict[str, Filter]]:
    """The filters that people chose in a workbook, by sheet and heading."""
    return {name: sheet.filters for name, sheet in _recalled(store).get(file, {}).items() if sheet.filters}


def keep_looks(store: Store, file: str, back: BookBack, headings: Headings, written: Looks) -> None:
    """Keep what is different in a workbook from what was ``written`` with these headings.

    Raises :class:`~pipeline.ledgers.opc.CannotKeepError` where that cannot be read.
    """
    kept = _recalled(store)
    sheets = kept.setdefault(file, {})
    found = _as_written(read_looks(back.path), back, headings)
    for name, look in differences(found, written).sheets.items():
        if name in headings:
            _change(sheets.setdefault(name, _Sheet()), look, headings[name])
    store.keep(_STATE, _JSON.dump_python(kept, mode="json"))


def headings_of(plans: Sequence[SheetPlan]) -> Headings:
    """The headings of sheets in order; where tables stand below one another, each is that of the first."""
    return {plan.name: [*_titles(plan)] for plan in plans}


def _recalled(store: Store) -> dict[str, dict[str, _Sheet]]:
    return _JSON.validate_python(store.recall(_STATE) or {})


def _change(sheet: _Sheet, look: SheetLook, headings: Sequence[str]) -> None:
    titles = dict(enumerate(headings, 1))
    sheet.widths |= {titles[number]: width for number, width in look.widths.items() if number in titles}
    sheet.hidden |= {titles[number]: hidden for number, hidden in look.hidden.items() if number in titles}
    for area in look.filters.values():
        for number, criterion in area.columns.items():
            if criterion.kind is FilterKind.NONE:
                sheet.filters.pop(titles.get(number, ""), None)
            elif number in titles:
                sheet.filters[titles[number]] = criterion


def _titles(plan: SheetPlan) -> Iterator[str]:
    for number in range(max((len(table.columns) for table in plan.tables), default=0)):
        yield next(t.columns[number].title for t in plan.tables if number < len(t.columns))


def _as_written(found: Looks, back: BookBack, headings: Headings) -> Looks:
    """The looks with every column under the number it was written with, wherever people moved it."""
    sheets, parts = dict(found.sheets), Counter(table.sheet for table in back.tables)
    for table in back.tables:
        if parts[table.sheet] == 1 and table.sheet in sheets:
            written = enumerate(headings.get(table.sheet, ()), 1)
            numbers = {table.places[title]: number for number, title in written if title in table.places}
            sheets[table.sheet] = _renumbered(sheets[table.sheet], numbers)
    return replace(found, sheets=sheets)


def _renumbered(look: SheetLook, numbers: Mapping[int, int]) -> SheetLook:
    filters = {
        name: replace(area, columns={numbers[n]: c for n, c in area.columns.items() if n in numbers})
        for name, area in look.filters.items()
    }
    widths = {new: look.widths[n] for n, new in numbers.items() if n in look.widths}
    hidden = {new: look.hidden[n] for n, new in numbers.items() if n in look.hidden}
    return replace(look, widths=widths, hidden=hidden, filters=filters)
