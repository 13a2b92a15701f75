"""What people changed of a workbook's look, which the next one is given again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pipeline.ledgers.table import CellValue, Table


class Criterion(Protocol):
    """A filter's criterion on one column."""

    def matches(self, value: CellValue) -> bool:
        """Whether a row with this value stays in sight."""


@dataclass(frozen=True, slots=True)
class SheetKept:
    """Of one sheet, by column heading: ``widths`` in characters, which are ``hidden``, ``filters``."""

    widths: Mapping[str, float] = field(default_factory=dict)
    hidden: Mapping[str, bool] = field(default_factory=dict)
    filters: Mapping[str, Criterion] = field(default_factory=dict)

    def filters_of(self, table: Table) -> dict[int, Criterion]:
        """The criteria by column number, for the columns that are there."""
        return {i: self.filters[c.title] for i, c in enumerate(table.columns) if c.title in self.filters}


NOTHING_KEPT = SheetKept()
