"""How a workbook looks apart from its cells, and what of it is a person's doing.

A ledger is written anew from the records each time; widths, hidden columns, frozen panes and filters that somebody
set in between are read from the old file (:func:`pipeline.ledgers.seen.read_looks`), told from what we had written
ourselves (:func:`differences`), kept in the database as JSON, and set again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import TypeAdapter

from pipeline.ledgers.criteria import Filter, FilterKind

SHEET = ""
"""The key of a sheet's own filter beside those of its tables."""

# Other programs round widths to what their own font makes of them; nobody drags a border by less than this.
_WIDTH_SLACK, _WIDTH_SHARE = 0.35, 0.03

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class FilterArea:
    """A filtered range: ``ref`` (``A2:F90``; empty where the arrows were taken away), criteria by column from 1."""

    ref: str
    columns: dict[int, Filter] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SheetLook:
    """A sheet's look; in a difference whatever is ``None`` or missing was left as it had been.

    Columns count from 1. ``widths`` are in characters as the file has them (of the column with its padding, as
    ``<col width>``), ``hidden`` says hidden or shown, ``freeze`` is rows and columns (0, 0 for none), ``tab`` is
    ``RRGGBB`` or empty for no colour, ``filters`` go by the name of their table or :data:`SHEET`.
    """

    default_width: float | None = None
    widths: dict[int, float] = field(default_factory=dict)
    hidden: dict[int, bool] = field(default_factory=dict)
    freeze: tuple[int, int] | None = None
    zoom: int | None = None
    tab: str | None = None
    state: str | None = None
    filters: dict[str, FilterArea] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Looks:
    """The sheets by name; ``order`` is that of their tabs, ``None`` in a difference where it is the one written."""

    sheets: dict[str, SheetLook] = field(default_factory=dict)
    order: tuple[str, ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain values for the database; :meth:`from_json` is the way back."""
        plain: dict[str, Any] = _JSON.dump_python(self, mode="json", exclude_defaults=True)
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Looks:
        return _JSON.validate_python(dict(plain))


_JSON = TypeAdapter(Looks)


def differences(found: Looks, written: Looks) -> Looks:
    """What a person changed in ``found`` since the workbook was ``written``; sheets of one side only say nothing."""
    changed = {n: _sheet(found.sheets[n], w) for n, w in written.sheets.items() if n in found.sheets}
    common = [n for n in written.order or () if n in found.sheets]
    moved = [n for n in found.order or () if n in written.sheets] != common
    return Looks({n: s for n, s in changed.items() if s != SheetLook()}, found.order if moved else None)


def _sheet(found: SheetLook, written: SheetLook) -> SheetLook:
    return SheetLook(
        widths=_widths(found, written),
        hidden={
            number: found.hidden.get(number, False)
            for number in sorted(found.hidden.keys() | written.hidden.keys())
            if found.hidden.get(number, False) != written.hidden.get(number, False)
        },
        freeze=_changed(found.freeze, written.freeze),
        zoom=_changed(found.zoom, written.zoom),
        tab=_changed(found.tab, written.tab),
        state=_changed(found.state, written.state),
        filters=_filters(found.filters, written.filters),
    )


def _changed(found: _T | None, written: _T | None) -> _T | None:
    return found if found != written else None


def _widths(found: SheetLook, written: SheetLook) -> dict[int, float]:
    changed = {}
    for number in sorted(found.widths.keys() | written.widths.keys()):
        now = found.widths.get(number, found.default_width)
        before = written.widths.get(number, written.default_width)
        # the width of a hidden one is nothing that anybody saw
        if now is None or before is None or found.hidden.get(number):
            continue
        if abs(now - before) > max(_WIDTH_SLACK, _WIDTH_SHARE * before):
            changed[number] = now
    return changed


def _filters(found: Mapping[str, FilterArea], written: Mapping[str, FilterArea]) -> dict[str, FilterArea]:
    """The criteria that were chosen or (kind ``NONE``) taken away, and areas without arrows now or before."""
    changed = {}
    for name in sorted(found.keys() | written.keys()):
        now, before = found.get(name, FilterArea("")), written.get(name, FilterArea(""))
        columns = {
            number: now.columns.get(number, Filter(FilterKind.NONE))
            for number in sorted(now.columns.keys() | before.columns.keys())
            if now.columns.get(number) != before.columns.get(number)
        }
        if columns or bool(now.ref) != bool(before.ref):
            changed[name] = FilterArea(now.ref, columns)
    return changed
