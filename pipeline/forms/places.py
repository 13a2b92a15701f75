"""Where on the page each field's value stands: labels paired with cells, blanks and running text.

The pairing follows the definition's label synonyms and the page's geometry, never fixed positions, so a
form with another order, other wordings or another number of columns is the same form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pipeline.definitions import FieldDefinition, FieldType, FormDefinition
from pipeline.forms.labels import Labels, Match, plain
from pipeline.forms.layout import CellBlock, Layout, Line
from pipeline.records import Box, Reading

_COLON = re.compile(r"[:：]")
_CLAUSE = re.compile(r"^\s*(第[一二三四五六七八九十\d]+条|[一二三四五六七八九十]+、|\d+[.、])")
_DATE_UNITS = re.compile(r"^[年月日、,.。\s]+$")


@dataclass(slots=True)
class Place:
    """Where a field's value is: its lines, and the region it may stand in.

    ``label`` is the box of the label's print, ``cell`` the cell that holds the value where there is one.
    Lines without a reading were cut out of longer ones and are still to be read.
    """

    key: str
    layout: Layout
    label: Box
    region: Box
    lines: list[Line]
    score: float
    cell: CellBlock | None = None


@dataclass(slots=True)
class _Candidate:
    match: Match
    place: Place
    order: int


@dataclass(slots=True)
class Finder:
    """Pairs the labels of one form with their values, over the pages of one document."""

    form: FormDefinition
    _labels: Labels = field(init=False)
    _fields: dict[str, FieldDefinition] = field(init=False)
    _candidates: list[_Candidate] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self._fields = {f.key: f for f in self.form.fields}
        self._labels = Labels((f.key, f.labels) for f in self.form.fields)

    def find(self, layouts: list[Layout]) -> dict[str, Place]:
        """The place of every field whose label was found."""
        for layout in layouts:
            self._from_cells(layout)
            self._from_rows(layout)
        return self._resolved()

    # --- tables

    def _from_cells(self, layout: Layout) -> None:
        matches = {id(b): self._cell_label(layout, b) for b in layout.cells if b.lines}
        for block in layout.cells:
            match = matches.get(id(block))
            if match is None:
                if not self._headed(layout, block):
                    self._inside_cell(layout, block)
                continue
            value = self._value_cell(layout, block, matches, match)
            label = Box.around([line.box for line in block.lines])
            if value is None:
                place = Place("", layout, label, block.box, [], match.score, block)
            else:
                place = Place("", layout, label, value.box, list(value.lines), match.score, value)
            self._add(match, place)

    def _cell_label(self, layout: Layout, block: CellBlock) -> Match | None:
        """The label that a cell is, on its own or under the heading cell to its left: 甲方 over 名称."""
        own = self._labels.whole(block.text)
        heads = [
            b for b in layout.cells
            if b.table == block.table and b.cell.col1 == block.cell.col0 and b.lines
            and b.cell.row0 <= block.cell.row0 and b.cell.row1 >= block.cell.row1
            and b.cell.row1 - b.cell.row0 > block.cell.row1 - block.cell.row0
        ]  # fmt: skip
        joint = self._labels.whole(heads[0].text + block.text) if heads else None
        if joint is None or (own is not None and (own.score, own.length) >= (joint.score, joint.length)):
            return own
        return joint if joint.length > len(plain(heads[0].text)) else own

    def _headed(self, layout: Layout, block: CellBlock) -> bool:
        """A cell whose first line is a label and whose value stands below it."""
        for n in (1, 2):
            match = (
                self._labels.whole("".join(line.text for line in block.lines[:n])) if len(block.lines) >= n else None
            )
            if match is None:
                continue
            label = Box.around([line.box for line in block.lines[:n]])
            below = Box(block.box.x0, label.y1, block.box.x1, block.box.y1)
            self._add(match, Place("", layout, label, below, list(block.lines[n:]), match.score, block))
            return True
        return False

    def _value_cell(
        self, layout: Layout, block: CellBlock, matches: dict[int, Match | None], match: Match
    ) -> CellBlock | None:
        """The cell right of the label, else the one below it, unless that is a label itself."""
        if all(self._fields[k].type is FieldType.SEAL for k in match.keys):
            return block
        cell = block.cell
        right = [
            b for b in layout.cells
            if b.table == block.table and b.cell.col0 == cell.col1 and b.cell.row0 <= cell.row0 < b.cell.row1
        ]  # fmt: skip
        below = [
            b for b in layout.cells
            if b.table == block.table and b.cell.row0 == cell.row1 and b.cell.col0 <= cell.col0 < b.cell.col1
        ]  # fmt: skip
        for group in (right, below):
            if group and matches.get(id(group[0])) is None:
                return group[0]
        return None

    def _inside_cell(self, layout: Layout, block: CellBlock) -> None:
        """Labels that share a cell with their value: 姓名：张三, or a heading over room for a seal."""
        self._running_text(layout, [block.lines[i : i + 1] for i in range(len(block.lines))], block)

    # --- text outside tables

    def _from_rows(self, layout: Layout) -> None:
        self._running_text(layout, layout.rows, None)

    def _running_text(self, layout: Layout, rows: list[list[Line]], block: CellBlock | None) -> None:
        for n, row in enumerate(rows):
            for i, line in enumerate(row):
                if line.blank is None:
                    self._labelled(layout, line, row[i + 1 :], block)
                elif i:
                    self._blank(layout, row[i - 1], row[i:], block)
            if row[-1].blank is None:
                wrapped = self._wrapped(rows[n + 1 : n + 4])
                if wrapped:
                    self._blank(layout, row[-1], wrapped, block)

    def _wrapped(self, rows: list[list[Line]]) -> list[Line]:
        """A blank that begins on the row below its label, over one or more rows; empty if there is none.

        The last of its rows is underlined; rows before it carry neither a label nor a blank.
        """
        lines: list[Line] = []
        for row in rows:
            if row[0].blank is not None:
                return [*lines, row[0]]
            if len(row) > 1 or _COLON.search(row[0].text) or _CLAUSE.match(row[0].text):
                return []
            lines.append(row[0])
        return []

    def _blank(self, layout: Layout, before: Line, rest: list[Line], block: CellBlock | None) -> None:
        """The label at the end of ``before`` announces the blank that ``rest`` starts with."""
        if before.blank is not None:
            return
        match = self._labels.ending(before.text)
        if match is None:
            return
        wrapped = rest[0].box.y0 > before.box.centre[1]
        lines = list(rest) if wrapped else [rest[0]]
        if not wrapped and any(self._fields[k].type is FieldType.DATE for k in match.keys):
            lines = _dated_blanks(rest)
        region = Box.around([line.box for line in lines])
        place = Place("", layout, before.box, region, [x for x in lines if x.ink], match.score, block)
        self._add(match, place)

    def _labelled(self, layout: Layout, line: Line, after: list[Line], block: CellBlock | None) -> None:
        """Every label with a colon in a line of text, with the text that follows it."""
        text = line.text
        colons = [m.start() for m in _COLON.finditer(text)]
        starts: list[tuple[int, int, Match]] = []  # label's start, value's start, match
        for colon in colons:
            begin = starts[-1][1] if starts else 0
            match = self._labels.ending(text[begin:colon])
            if match is not None:
                starts.append((_start_of(text, begin, colon, match.length), colon + 1, match))
        if not starts:
            match = self._labels.whole(text)
            if match is not None and not (after and after[0].blank is not None):
                # A label without a colon: what follows on the row, or room for a seal or signature.
                starts.append((0, len(text), match))
        for i, (begin, value, match) in enumerate(starts):
            end = starts[i + 1][0] if i + 1 < len(starts) else len(text)
            last = i + 1 == len(starts)
            if last and not plain(text[value:end]) and after and after[0].blank is not None:
                continue  # the blank that follows is dealt with on its own
            lines = [_piece(line, value, end)] if plain(text[value:end]) else []
            if last:
                lines += self._trailing(after)
            label = _piece(line, begin, value).box
            region = Box.around([x.box for x in lines]) if lines else _beside(label, after, layout)
            self._add(match, Place("", layout, label, region, lines, match.score, block))

    def _trailing(self, after: list[Line]) -> list[Line]:
        """Text on the row after a label, up to the next label or blank."""
        lines = []
        for line in after:
            if line.blank is not None or _COLON.search(line.text) or self._labels.whole(line.text):
                break
            lines.append(line)
        return lines

    # --- which label is whose

    def _add(self, match: Match, place: Place) -> None:
        self._candidates.append(_Candidate(match, place, len(self._candidates)))

    def _resolved(self) -> dict[str, Place]:
        """One place a field: the best label, in its own section, each candidate used once."""
        found: dict[str, Place] = {}
        ranked = sorted(self._candidates, key=lambda c: (-c.match.score, -c.match.length, not c.place.lines, c.order))
        simple = [c for c in ranked if any(not self._in_context(k) for k in c.match.keys)]
        for candidate in simple:
            for key in candidate.match.keys:
                if not self._in_context(key) and key not in found:
                    found[key] = _keyed(candidate.place, key)
                    break
        for candidate in sorted(self._candidates, key=lambda c: c.order):
            keys = [k for k in candidate.match.keys if self._fields[k].within and k not in found]
            chosen = self._section(candidate, keys, found)
            if chosen is not None:
                found[chosen] = _keyed(candidate.place, chosen)
        self._followers(found)
        return found

    def _in_context(self, key: str) -> bool:
        return bool(self._fields[key].within or self._fields[key].after)

    def _section(self, candidate: _Candidate, keys: list[str], found: dict[str, Place]) -> str | None:
        """Which of ``keys`` belongs to the section the candidate stands in."""
        at = candidate.place.label
        page = candidate.place.layout
        anchors = []
        sections = {f.within for f in self.form.fields if f.within and any(k in keys for k in self._rivals(f.key))}
        for section in sections:
            place = found.get(section or "")
            if place is not None and place.layout is page and place.label.y0 <= at.y1:
                anchors.append((section, place.label))
        if not anchors:
            return None
        lowest = max(anchors, key=lambda a: a[1].y0)[1]
        level = [a for a in anchors if abs(a[1].centre[1] - lowest.centre[1]) < 1.5 * max(lowest.height, 20.0)]
        left = [a for a in level if a[1].x0 <= at.x0 + at.height] or level
        section = max(left, key=lambda a: a[1].x0)[0]
        return next((k for k in keys if self._fields[k].within == section), None)

    def _rivals(self, key: str) -> list[str]:
        """The fields that share a label with ``key``, itself among them."""
        labels = set(self._fields[key].labels)
        return [f.key for f in self.form.fields if labels & set(f.labels)]

    def _followers(self, found: dict[str, Place]) -> None:
        """Fields that are known by the field just before them: 自 … 起至 …."""
        for f in self.form.fields:
            if not f.after or f.after not in found or f.key in found:
                continue
            leader = found[f.after]
            later = [
                c for c in self._candidates
                if f.key in c.match.keys and c.place.layout is leader.layout and _follows(leader.region, c.place.region)
            ]  # fmt: skip
            if later:
                nearest = min(later, key=lambda c: (c.place.region.y0 - leader.region.y0, c.place.region.x0))
                found[f.key] = _keyed(nearest.place, f.key)
            else:
                _split_range(found, f, leader)


def _split_range(found: dict[str, Place], follower: FieldDefinition, leader: Place) -> None:
    """自…至… written in one place: part the leader's line at the follower's label."""
    for i, line in enumerate(leader.lines):
        for label in sorted(follower.labels, key=len, reverse=True):
            at = line.text.find(label)
            if at >= 0 and sum(c.isdigit() for c in line.text[at:]) > 3:
                first, second = _piece(line, 0, at), _piece(line, at + len(label), len(line.text))
                rest = leader.lines[i + 1 :]
                begun = [*leader.lines[:i], first] if len(plain(line.text[:at])) > 3 else leader.lines[:i]
                found[follower.key] = Place(
                    follower.key, leader.layout, leader.label, second.box, [second, *rest], leader.score, leader.cell
                )
                leader.lines = begun
                leader.region = Box.around([x.box for x in [*begun, first]])
                return


def _keyed(place: Place, key: str) -> Place:
    return Place(key, place.layout, place.label, place.region, place.lines, place.score, place.cell)


def _follows(leader: Box, region: Box) -> bool:
    """Whether ``region`` comes right after ``leader`` in reading order: on its row, or the next."""
    same_row = abs(region.centre[1] - leader.centre[1]) < 0.8 * max(leader.height, 20.0)
    if same_row:
        return region.x0 >= leader.x0 + 10
    return 0 < region.centre[1] - leader.centre[1] < 3.5 * max(leader.height, 20.0)


def _dated_blanks(rest: list[Line]) -> list[Line]:
    """A date written into blanks around printed 年 月 日 is one value."""
    lines = [rest[0]]
    for i, line in enumerate(rest[1:], start=1):
        printed = line.blank is None and _DATE_UNITS.match(line.text)
        filled = line.blank is not None and lines[-1].blank is None and i > 1
        if not (printed or filled):
            break
        lines.append(line)
    return lines


def _start_of(text: str, begin: int, end: int, length: int) -> int:
    """Where the last ``length`` word characters of ``text[begin:end]`` start."""
    at = end
    while at > begin and length > 0:
        at -= 1
        if plain(text[at]):
            length -= 1
    return at


def _piece(line: Line, begin: int, end: int) -> Line:
    """Part of a line, from character ``begin`` to before ``end``, as a line still to be read."""
    reading = line.reading or line.draft
    if reading is None or (begin == 0 and end >= len(reading.text)):
        return line
    centres = reading.centres
    left = 0.0 if begin == 0 else (centres[begin - 1] + centres[min(begin, len(centres) - 1)]) / 2
    right = 1.0 if end >= len(centres) else (centres[end - 1] + centres[end]) / 2
    if begin >= len(centres):
        left = min(1.0, centres[-1] + 0.5 * line.box.height / max(line.box.width, 1.0))
    width = line.box.width
    box = Box(line.box.x0 + left * width, line.box.y0, line.box.x0 + max(right, left) * width, line.box.y1)
    span = max(right - left, 1e-6)
    draft = Reading(reading.text[begin:end], reading.probs[begin:end], [(c - left) / span for c in centres[begin:end]])
    return Line(box, None, line.blank, draft=draft)


def _beside(label: Box, after: list[Line], layout: Layout) -> Box:
    """The empty room right of a label, up to the next print on the row."""
    edge = after[0].box.x0 if after else layout.sheet.frame.x1
    return Box(label.x1, label.y0, max(label.x1 + 1, min(edge, label.x1 + 7 * label.height)), label.y1)
