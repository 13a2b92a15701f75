"""The rows of one table of ours as people left them in a sheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from openpyxl.utils import get_column_letter

from pipeline.ledgers.faults import Fault, FaultKind
from pipeline.ledgers.handmade import is_written
from pipeline.ledgers.reopened import Cell
from pipeline.ledgers.rowcheck import canonical, check_is_whole, digest, digests_of
from pipeline.ledgers.sections import Section, cell_at, plain
from pipeline.ledgers.table import NUMBER_TITLE, Column, Table, Use

_TORN = 0.5  # of a row's values, from which they are another row's
_FEW = 3
_NOTHING: Mapping[str, Cell] = {}


@dataclass(frozen=True, slots=True)
class RowBack:
    """A row with a key, at ``number`` in its sheet.

    ``changed`` are the values that a person changed, by the key of the column; ``base`` the digests of those that were
    written; ``notes`` the texts of people's own columns by heading, of those columns that are there.
    """

    number: int
    key: str
    base: frozenset[str]
    changed: Mapping[str, Cell]
    notes: Mapping[str, str]

    def was(self, column: str, text: str) -> bool:
        """Whether this is what had been written into a column."""
        return digest(column, text) in self.base


@dataclass(slots=True)
class TableBack:
    """A table of ours as it was found in a sheet. ``table`` is the one that would be written now.

    ``added`` are rows that people wrote themselves, by heading, ``None`` where that cannot be told; ``gone`` the keys
    of those that are not there; ``places`` says in which column from 1 a heading stands.
    """

    sheet: str
    table: Table
    places: dict[str, int]
    rows: list[RowBack] = field(default_factory=list)
    added: list[dict[str, str]] | None = None
    gone: list[str] = field(default_factory=list)

    def column(self, key: str) -> Column:
        return self.table.columns[self.table.place(key)]


class TablePart:
    """The rows below one row of headings."""

    def __init__(self, sheet: str, section: Section, faults: list[Fault]) -> None:
        table = section.table
        self._sheet, self._table, self._faults = sheet, table, faults
        self._at: dict[str, int] = {}
        for column in table.columns:
            found = section.places(column.title)
            if len(found) == 1:
                self._at[column.key] = found[0]
            elif column.use is not Use.FIXED:
                self._miss(column, doubled=bool(found))
        known = {plain(column.title) for column in table.columns}
        row, heads = section.heads
        self._headed = {i for i, cell in enumerate(heads) if cell.text}
        for cell in heads:
            if cell.text and plain(cell.text) not in known:
                self._fault(FaultKind.OUTSIDE, "人工添加的列，新的台账中没有", row, cell.text)
        self._values = [c for c in table.columns if c.use is Use.VALUE and c.key in self._at]
        self._notes = [c for c in table.columns if c.use is Use.OFFICE and c.key in self._at]
        self._others = [c for c in table.columns if c.title != NUMBER_TITLE and c.use is not Use.CHECK]
        self._key = self._place_of(Use.KEY)
        self._check = self._place_of(Use.CHECK)
        # The rows of registers stay, those of queues and matches come and go.
        self._lasting = all(c.field is not None for c in self._values) and bool(self._values)
        places = {c.title: self._at[c.key] + 1 for c in table.columns if c.key in self._at}
        self._back = TableBack(sheet, table, places, added=None if self._key is None else [])

    def take(self, number: int, cells: list[Cell]) -> None:
        """Read a row."""
        for i, cell in enumerate(cells):
            if cell.text and i not in self._headed:
                message = f"{get_column_letter(i + 1)} 列是表外的内容，新的台账中没有"
                self._fault(FaultKind.OUTSIDE, message, number)
        key = cell_at(cells, self._key).text if self._key is not None else ""
        check = cell_at(cells, self._check).text if self._check is not None else ""
        if key:
            self._back.rows.append(self._row(number, key, check, cells))
        elif self._key is not None and check:
            self._fault(FaultKind.KEY_MISSING, "编号被清空，这一行没有读取", number, self._key_title())
        elif self._key is not None:
            self._add(cells)

    def finished(self, expected: Callable[[Table, str], int], *, in_full: bool) -> TableBack:
        """The table, of which rows that cannot be relied on have no changes. ``expected`` says how often a table holds
        a key; ``in_full`` that all of the table's rows should stand in this sheet."""
        back, table = self._back, self._table
        counts = Counter(row.key for row in back.rows)
        for i, row in enumerate(back.rows):
            times = expected(table, row.key)
            if counts[row.key] > max(1, times):
                message = f"编号 {row.key} 重复，这几行的修改没有读取"
                back.rows[i] = self._refused(row, FaultKind.KEY_DOUBLED, message, self._key_title())
            elif not times and (row.changed or self._lasting):
                message = f"编号 {row.key} 不在数据库中：可能被改动过，或这份文件后来被重新识别、取代或核对完毕"
                kind = FaultKind.KEY_UNKNOWN if row.changed else FaultKind.ROW_UNKNOWN
                back.rows[i] = self._refused(row, kind, message, self._key_title())
        if in_full and self._key is not None:
            back.gone = [key for key in keys_of(table) if key not in counts]
        self._refuse_torn_columns()
        return back

    def _row(self, number: int, key: str, check: str, cells: list[Cell]) -> RowBack:
        notes = {c.title: cell_at(cells, self._at[c.key]).text for c in self._notes}
        if self._check is None:
            return RowBack(number, key, frozenset(), _NOTHING, notes)
        if not check_is_whole(check, len(self._values)):
            self._fault(FaultKind.CHECK_DAMAGED, "校验被改动，这一行的修改没有读取", number, self._title(Use.CHECK))
            return RowBack(number, key, frozenset(), _NOTHING, notes)
        base = digests_of(check)
        changed = {}
        for column in self._values:
            cell = cell_at(cells, self._at[column.key])
            if digest(column.key, cell.text) not in base:
                changed[column.key] = cell
        row = RowBack(number, key, base, changed or _NOTHING, notes)
        if len(self._values) > _FEW and len(changed) > _TORN * len(self._values):
            message = "多数值与编号、校验对不上，可能只排序或粘贴了部分列，这一行的修改没有读取"
            return self._refused(row, FaultKind.ROW_TORN, message)
        return row

    def _add(self, cells: list[Cell]) -> None:
        """Keep a row that a person wrote, if it says anything."""
        texts = {c.title: cell_at(cells, self._at.get(c.key)).text for c in self._others}
        written = {title: text for title, text in texts.items() if text}
        if self._back.added is not None and is_written(self._table, written):
            self._back.added.append(written)

    def _refuse_torn_columns(self) -> None:
        """Take no changes of a column that was sorted by itself: its values are all there, in other rows."""
        back, table = self._back, self._table
        present = {str(key): i for i, key in enumerate(table.frame[key_column(table).key])}
        for column in self._values:
            values = table.frame[column.key]
            rows = [row for row in back.rows if column.key in row.changed and row.key in present]
            # What the database has by now, an import has brought there: it stands in its own row.
            rows = [row for row in rows if row.changed[column.key].text != canonical(values.iloc[present[row.key]])]
            found = Counter(row.changed[column.key].text for row in rows)
            if len(rows) < _FEW or len(found) < _FEW:
                continue
            if found == Counter(canonical(values.iloc[present[row.key]]) for row in rows):
                message = f"{len(rows)} 行的值互相换了位置，可能单独排序了这一列，这一列的修改没有读取"
                self._fault(FaultKind.COLUMN_TORN, message, column=column.title)
                torn = {row.number for row in rows}
                back.rows = [_without(row, column.key) if row.number in torn else row for row in back.rows]

    def _refused(self, row: RowBack, kind: FaultKind, message: str, column: str = "") -> RowBack:
        self._fault(kind, message, row.number, column)
        return RowBack(row.number, row.key, row.base, _NOTHING, row.notes)

    def _miss(self, column: Column, *, doubled: bool) -> None:
        if doubled:
            message = "这个标题出现了不止一次，这一列没有读取"
            self._fault(FaultKind.HEADING_DOUBLED, message, column=column.title)
            return
        message = {
            Use.KEY: "没有这一列，整张表的修改没有读取",
            Use.CHECK: "没有这一列（原为隐藏列），整张表的修改没有读取",
        }.get(column.use, "没有这一列，可能被删除或改了标题，这一列没有读取")
        self._fault(FaultKind.HEADING_MISSING, message, column=column.title)

    def _fault(self, kind: FaultKind, message: str, row: int = 0, column: str = "") -> None:
        self._faults.append(Fault(kind, self._sheet, message, row, column))

    def _place_of(self, use: Use) -> int | None:
        return next((self._at[c.key] for c in self._table.columns if c.use is use and c.key in self._at), None)

    def _title(self, use: Use) -> str:
        return next(c.title for c in self._table.columns if c.use is use)

    def _key_title(self) -> str:
        return self._title(Use.KEY)


def key_column(table: Table) -> Column:
    """The column that names the rows of a keyed table."""
    return next(c for c in table.columns if c.use is Use.KEY)


def keys_of(table: Table) -> Iterator[str]:
    """The names of the rows of a keyed table, in order."""
    return map(str, table.frame[key_column(table).key].dropna())


def _without(row: RowBack, column: str) -> RowBack:
    changed = {key: cell for key, cell in row.changed.items() if key != column}
    return RowBack(row.number, row.key, row.base, changed or _NOTHING, row.notes)
