"""Counts of a table's rows as formulas, which go on counting when somebody changes the table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from pipeline.ledgers.table import CellValue, Column, Formula, Kind, Table, make_table

TOTAL = "合计"


class Counting:
    """Counts the rows of one table; their values are gone through once for each set of columns."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._sizes: dict[tuple[str, ...], Counter[tuple[CellValue, ...]]] = {}

    def where(self, *conditions: tuple[str, str, CellValue]) -> Formula:
        """How many rows have some values.

        Each condition is a column's key, what the formula compares it with, and the value that this is now: a cell
        such as ``$B{row}``, whose ``{row}`` stands for the formula's own, or text in quotes, or a number.
        """
        table = self.table
        # "=" before it, or a name that begins with < would be taken for a comparison.
        parts = [f'{table.name}[{self._title(key)}],"="&{operand}' for key, operand, _ in conditions]
        keys = tuple(key for key, _, _ in conditions)
        if keys not in self._sizes:
            self._sizes[keys] = Counter(zip(*(table.frame[key] for key in keys), strict=True))
        found = self._sizes[keys][tuple(value for _, _, value in conditions)]
        return Formula(f"=COUNTIFS({','.join(parts)})", found)

    def all(self) -> Formula:
        """How many rows there are, by the numbers in the first column."""
        return Formula(f"=COUNT({self.table.name}[{self.table.columns[0].title}])", len(self.table.frame))

    def _title(self, key: str) -> str:
        return self.table.columns[self.table.place(key)].title


def quoted(text: str) -> str:
    """A text as it stands in a formula."""
    return '"' + text.replace('"', '""').replace("{", "{{").replace("}", "}}") + '"'


def crossed(
    title: str,
    head: Column,
    rows: Sequence[CellValue],
    columns: Sequence[tuple[Column, Sequence[Formula]]],
) -> Table:
    """A table of ``rows`` by formulas, one list of them a column; with a line of totals below."""
    body: list[list[CellValue]] = [[name, *(f[i] for _, f in columns)] for i, name in enumerate(rows)]
    if rows:
        body.append([TOTAL, *(_sum(f) for _, f in columns)])
    return make_table(title, [head, *(c for c, _ in columns)], body)


def _sum(formulas: Iterable[Formula]) -> Formula:
    return Formula("=SUM({column}{first}:{column}{before})", sum(f.result for f in formulas))


def number_column(key: str, title: str) -> Column:
    return Column(key, title, Kind.NUMBER)
