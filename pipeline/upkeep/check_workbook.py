"""A workbook on disk against the same written anew from the database: every value, formula, link and note.

People sort and filter, write in their own columns and add sheets and rows: that is theirs. Rows that have keys are held
against one another by those, all else by where it stands.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from openpyxl.utils import get_column_letter

from pipeline.ledgers.attached import Attached, read_attached
from pipeline.ledgers.opc import CannotKeepError
from pipeline.ledgers.readback_rows import key_column
from pipeline.ledgers.reopened import EMPTY, CannotReadBackError, Cell, OpenBook, reopened
from pipeline.ledgers.sections import Line, Section, cell_at, keyed_tables, plain, sections
from pipeline.ledgers.table import SheetPlan, Use
from pipeline.upkeep.findings import FindingCode, Findings

_SPACES = re.compile(r"\s+")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Side:
    """A sheet of one of the two files."""

    book: OpenBook
    attached: Attached

    def lines(self, name: str) -> list[Line]:
        return list(self.book.rows(name))


def check_workbook(present: Path, fresh: Path, plans: Sequence[SheetPlan], findings: Findings) -> int:
    """Hold ``present`` against ``fresh``, which has just been written from ``plans``.

    How many cells of people's own hold what the database does not have yet: that is no fault.
    """
    try:
        with reopened(present) as found, reopened(fresh) as expected:
            of_found, of_expected = read_attached(present), read_attached(fresh)
            comparison = _Comparison(present.name, plans, findings)
            for name in expected.sheets:
                if name not in found.sheets:
                    findings.add(FindingCode.SHEET_DIFFERS, f"{present.name} · {name}", "缺少这张表")
                    continue
                comparison.compare(name, _Side(found, of_found[name]), _Side(expected, of_expected[name]))
            return comparison.unsaved
    except (CannotReadBackError, CannotKeepError):
        findings.add(FindingCode.OUTPUT_UNREADABLE, present.name)
        return 0


class _Comparison:
    """One workbook's comparison; what it finds names sheets and cells, and no values."""

    def __init__(self, file: str, plans: Sequence[SheetPlan], findings: Findings) -> None:
        self._file, self._findings = file, findings
        self._plans = {plan.name: plan for plan in plans}
        self._known = keyed_tables(plans)
        self.unsaved = 0

    def compare(self, name: str, found: _Side, expected: _Side) -> None:
        plan = self._plans.get(name)
        own = [table for table in plan.tables if table.keyed] if plan else []
        if not own:
            self._by_place(name, found, expected)
            return
        wanted = list(sections(expected.lines(name), own, self._known))
        there = {section.table.title: section for section in sections(found.lines(name), own, self._known)}
        for section in wanted:
            title = section.table.title
            if title not in there:
                self.sheet(name, f"缺少表“{title}”，或它的标题行被改动")
                continue
            _TablePair(self, name, (found.attached, expected.attached), there[title], section).compare()
        for title in there.keys() - {section.table.title for section in wanted}:
            self.sheet(name, f"多出表“{title}”")

    def _by_place(self, name: str, found: _Side, expected: _Side) -> None:
        ours, theirs = dict(found.lines(name)), dict(expected.lines(name))
        for number in sorted(ours.keys() | theirs.keys()):
            a, b = ours.get(number, []), theirs.get(number, [])
            for i in range(max(len(a), len(b))):
                if cell_at(a, i) != cell_at(b, i):
                    self.cell(name, number, i)
        for place in sorted(found.attached.links.keys() | expected.attached.links.keys()):
            if not same_link(found.attached.links.get(place), expected.attached.links.get(place)):
                self.cell(name, place[0], place[1] - 1, "链接")
        for place in sorted(found.attached.notes.keys() | expected.attached.notes.keys()):
            if not same_note(found.attached.notes.get(place), expected.attached.notes.get(place)):
                self.cell(name, place[0], place[1] - 1, "批注")

    def cell(self, name: str, row: int, column: int, what: str = "") -> None:
        """A cell that differs, its column from 0."""
        where = f"{self._file} · {name} · {get_column_letter(column + 1)}{row}"
        self._findings.add(FindingCode.CELL_DIFFERS, where, what)

    def sheet(self, name: str, what: str) -> None:
        """A sheet that differs as a whole."""
        self._findings.add(FindingCode.SHEET_DIFFERS, f"{self._file} · {name}", what)


class _TablePair:
    """One table as it was found, against the same as it should be."""

    def __init__(
        self, to: _Comparison, name: str, attached: tuple[Attached, Attached], found: Section, expected: Section
    ) -> None:
        self._to, self._name, self._found, self._expected = to, name, found, expected
        self._attached = attached
        table = expected.table
        self._columns = [c for c in table.columns if expected.places(c.title)]
        self._theirs = {c.key: expected.places(c.title)[0] for c in self._columns}
        self._ours = {c.key: places[0] for c in self._columns if (places := found.places(c.title))}
        self._key = key_column(table).key
        self._headed = {i for i, cell in enumerate(found.heads[1]) if cell.text}

    def compare(self) -> None:
        self._headings()
        if self._key not in self._ours:
            return  # told already: without keys no row can be found
        there = self._by_key(self._found, self._ours[self._key])
        wanted = self._by_key(self._expected, self._theirs[self._key])
        for key, lines in wanted.items():
            ours = there.get(key, [])
            for mine, line in zip(ours, lines, strict=False):
                self._row(mine, line)
            for _ in lines[len(ours) :]:
                self._to.sheet(self._name, f"缺少编号为 {key} 的一行")
            for number, _ in ours[len(lines) :]:
                self._to.cell(self._name, number, self._ours[self._key], "重复的一行")
        for key in there.keys() - wanted.keys() - {""}:
            for number, _ in there[key]:
                self._to.cell(self._name, number, self._ours[self._key], "多出的一行，或编号被改动")
        for number, cells in there.get("", ()):
            self._outside(number, cells)
        self._to.unsaved += max(0, len(there.get("", ())) - len(wanted.get("", ())))  # rows of people's own

    def _headings(self) -> None:
        known = {plain(column.title) for column in self._columns}
        for column in self._columns:
            times = len(self._found.places(column.title))
            if times != 1:
                self._to.sheet(self._name, f"{'多出' if times else '缺少'}“{column.title}”列")
        row, heads = self._found.heads
        for i, cell in enumerate(heads):
            if cell.text and plain(cell.text) not in known:
                self._to.cell(self._name, row, i, "多出的列")
        # Titles and headings of groups move when columns do.
        found, expected = _texts(self._found.above), _texts(self._expected.above)
        if found != expected:
            self._to.sheet(self._name, "表头上方的标题被改动")

    def _by_key(self, section: Section, place: int) -> dict[str, list[Line]]:
        out: defaultdict[str, list[Line]] = defaultdict(list)
        for line in section.rows:
            out[cell_at(line[1], place).text].append(line)
        return dict(out)

    def _row(self, found: Line, expected: Line) -> None:
        (number, ours), (other, theirs) = found, expected
        for column in self._columns:
            mine = self._ours.get(column.key)
            if mine is None:
                continue
            place = self._theirs[column.key]
            same = cell_at(ours, mine) == cell_at(theirs, place)
            if column.use is Use.OFFICE:
                self._to.unsaved += not same
                continue
            if not same:
                self._to.cell(self._name, number, mine)
            for what in self._differing((number, mine + 1), (other, place + 1)):
                self._to.cell(self._name, number, mine, what)
        self._outside(number, ours)

    def _outside(self, number: int, cells: Sequence[Cell]) -> None:
        for i, cell in enumerate(cells):
            if cell != EMPTY and i not in self._headed:
                self._to.cell(self._name, number, i, "表外多出的内容")

    def _differing(self, mine: tuple[int, int], other: tuple[int, int]) -> Iterator[str]:
        found, expected = self._attached
        if not same_link(found.links.get(mine), expected.links.get(other)):
            yield "链接"
        if not same_note(found.notes.get(mine), expected.notes.get(other)):
            yield "批注"


def same_link(found: str | None, expected: str | None) -> bool:
    """Whether two links lead to one place. Programs write a relative one as seen from where they saved the file."""
    if found is None or expected is None:
        return found == expected
    ours, theirs = _target(found), _target(expected)
    if ours == theirs:
        return True
    relative = _SCHEME.match(theirs) is None
    local = _SCHEME.match(ours) is None or ours.lower().startswith("file:")
    return relative and local and ours.endswith(f"/{theirs}")


def same_note(found: str | None, expected: str | None) -> bool:
    """Whether two notes say the same."""
    return _SPACES.sub("", found or "") == _SPACES.sub("", expected or "")


def _target(link: str) -> str:
    return unquote(link).replace("\\", "/")


def _texts(lines: Sequence[Line]) -> Counter[str]:
    return Counter(cell.text for _, cells in lines for cell in cells if cell.text)
