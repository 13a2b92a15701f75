"""Where on the page each field's value stands: labels paired with cells, blanks and running text.

The pairing follows the definition's label synonyms and the page's geometry, never fixed positions, so a
form with another order, other wordings or another number of columns is the same form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pipeline.definitions import FieldDefinition, FieldType, FormDefinition
from pipeline.forms.labels import SURE, Labels, Match, is_name_only, labels_of, plain, plain_forms
from pipeline.forms.layout import CellBlock, Layout
from pipeline.forms.place import Place, piece
from pipeline.forms.running import RunningText
from pipeline.sheets import Box

__all__ = ["Finder", "Place"]

_ANSWERED = re.compile(r"[:：]\s*\w")
_OWN = 0.9  # how well a label must fit to say by itself which section it belongs to
_NEXT = 60  # px at 200 dpi; a cell farther than this from its label, past other cells' rules, is not its value


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
    _running: RunningText = field(init=False)
    _candidates: list[_Candidate] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self._fields = {f.key: f for f in self.form.fields}
        self._labels = labels_of(tuple((f.key, f.labels) for f in self.form.fields))
        self._running = RunningText(self._fields, self._labels)

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
            if sum(bool(self._running.words(line.text)) for line in block.lines) > 1:
                matches[id(block)] = None  # room for a seal and a signature, each with its word
        columned = self._columns(layout, matches)
        headings = {id(b): self._heading(b) for b in layout.cells if b.lines and matches[id(b)] is None}
        cards = {b.table for b in layout.cells if sum(bool(headings.get(id(o))) for o in layout.cells_of(b.table)) >= 2}
        for block in layout.cells:
            match, rows = matches.get(id(block)), [[line] for line in block.lines]
            if id(block) in columned:
                continue
            if match is None:
                heading = headings.get(id(block))
                if heading is None:
                    self._add_all(self._running.find(layout, rows, block))
                else:
                    self._add_all([self._headed(layout, block, *heading)])
                    self._add_all(self._running.marks(layout, rows[heading[1] :], block))
                continue
            if block.table in cards and _has_room_below(block):
                self._add_all([self._headed(layout, block, match, len(block.lines))])
                continue
            value = self._value_cell(layout, block, matches, match)
            label = Box.around([line.box for line in block.lines])
            if value is None:
                place = Place("", layout, label, block.box, [], match.score, block)
            else:
                place = Place("", layout, label, value.box, list(value.lines), match.score, value)
            self._add_all([(match, place)])

    def _cell_label(self, layout: Layout, block: CellBlock) -> Match | None:
        """The label that a cell is, on its own or under the heading cell to its left: 甲方 over 名称."""
        own = self._labels.whole(block.text)
        if own is not None and len(block.lines) > 1:
            first = self._labels.whole(block.lines[0].text)
            value_below = first is not None and first.score > own.score and not _goes_on(block, own)
            stamp_below = first is not None and first.score == own.score and _is_apart(block)
            if value_below or stamp_below:
                return None  # a label over a short value, which only makes the label longer, or over a stamp word
        heads = [
            b for b in layout.cells_of(block.table)
            if b.cell.col1 == block.cell.col0 and b.lines
            and b.cell.row0 <= block.cell.row0 and b.cell.row1 >= block.cell.row1
            and b.cell.row1 - b.cell.row0 > block.cell.row1 - block.cell.row0
        ]  # fmt: skip
        if heads and is_name_only(block.text):
            whose = self._labels.whole(heads[0].text)
            if whose is not None and whose.score == 1:
                return whose
        joint = self._labels.whole(heads[0].text + block.text) if heads else None
        if joint is None or (own is not None and (own.score, own.length) >= (joint.score, joint.length)):
            return own
        return joint if joint.length > len(plain(heads[0].text)) else own

    def _columns(self, layout: Layout, matches: dict[int, Match | None]) -> set[int]:
        """Sections side by side: 甲方 | 乙方 over rows that begin with 名称, 联系人. Says which cells are its print."""
        anchors = {f.within for f in self.form.fields if f.within and not self._fields[f.within].type.is_mark}
        print_of: set[int] = set()
        for head in layout.cells:
            blocks = layout.cells_of(head.table)
            heads = [
                b for b in blocks
                if b.cell.row0 == head.cell.row0 and (m := matches.get(id(b))) is not None and m.keys[0] in anchors
            ]  # fmt: skip
            if head not in heads or len({matches[id(b)] for b in heads}) < 2:
                continue
            first = min(b.cell.col0 for b in heads)
            for label in blocks:
                if label.cell.row0 < head.cell.row1 or label.cell.col1 > first or not label.lines:
                    continue
                match = self._in_column(matches[id(head)], head, label)
                value = _at(blocks, head.box.centre[0], label)
                if match is not None and value is not None:
                    box = Box(head.box.x0, label.box.y0, head.box.x1, label.box.y1)
                    if match.keys[0] in anchors:
                        box = head.box
                    place = Place("", layout, box, value.box, list(value.lines), match.score, value)
                    self._add_all([(match, place)])
                    print_of |= {id(head), id(label)}
        return print_of

    def _in_column(self, whose: Match | None, head: CellBlock, label: CellBlock) -> Match | None:
        """What the label at a row's left stands for in the column of one section: 乙方 and 联系人."""
        if whose is None or is_name_only(label.text):
            return whose
        name = min(plain_forms(head.text), key=len)
        own = self._labels.whole(label.text)
        joint = self._labels.whole(name + plain(label.text))
        if joint is not None and joint.length > len(name) and len(joint.keys) == 1 and joint.score >= 0.9:
            return joint
        keys = tuple(k for k in own.keys if self._fields[k].within == whose.keys[0]) if own is not None else ()
        return Match(keys, own.score, own.length) if own is not None and keys else None

    def _heading(self, block: CellBlock) -> tuple[Match, int] | None:
        """The label that a cell's first line is, or its first two, and their number; its value stands below."""
        # Where to stamp, perhaps with what is left of a seal beside it: the rest of the cell is for the seal.
        marks = [m for _, _, m in self._running.words(block.lines[0].text)]
        if len(marks) == 1 and marks[0].length >= 4 and not _answered(block):
            return marks[0], 1
        for n in (1, 2):
            match = self._labels.whole("".join(line.text for line in block.lines[:n]))
            if match is not None and n <= len(block.lines):
                return match, n
        return None

    def _headed(self, layout: Layout, block: CellBlock, match: Match, n: int) -> tuple[Match, Place]:
        """A cell whose first ``n`` lines are a label and whose value stands below them."""
        label = Box.around([line.box for line in block.lines[:n]])
        below = Box(block.box.x0, label.y1, block.box.x1, max(block.box.y1, label.y1 + 1))
        return match, Place("", layout, label, below, list(block.lines[n:]), match.score, block)

    def _value_cell(
        self, layout: Layout, block: CellBlock, matches: dict[int, Match | None], match: Match
    ) -> CellBlock | None:
        """The cell right of the label, else the one below it, unless that is a label itself."""
        stamped = all(self._fields[k].type is FieldType.SEAL for k in match.keys)
        if stamped and _has_room_below(block):
            return block
        cell = block.cell
        others = [b for b in layout.cells_of(block.table) if b is not block]
        right = [b for b in others if b.cell.col0 == cell.col1 and b.cell.row0 <= cell.row0 < b.cell.row1]
        below = [b for b in others if b.cell.row0 == cell.row1 and b.cell.col0 <= cell.col0 < b.cell.col1]
        if not right:
            right = _set_in(block, others, layout.unit)
        for group in (right, below):
            if group and matches.get(id(group[0])) is None:
                return group[0]
            if stamped:
                break
        return block if stamped else None

    # --- text outside tables

    def _from_rows(self, layout: Layout) -> None:
        self._add_all(self._running.find(layout, layout.rows, None))

    # --- which label is whose

    def _add_all(self, found: Iterable[tuple[Match, Place]]) -> None:
        for match, place in found:
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
        for candidate in ranked:
            key = candidate.match.keys[0]
            if len(candidate.match.keys) == 1 and self._fields[key].within and candidate.match.score >= _OWN:
                found.setdefault(key, _keyed(candidate.place, key))  # its label names its section: 甲方联系人
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
            # Where the section's head is on another page, fields that name their section stand for it.
            inside = [f.key for f in self.form.fields if f.within == section]
            for group in ([section], inside):
                heads = [found[k] for k in group if k in found and found[k].layout is page]
                if group is inside:  # rows of their own
                    heads = [h for h in heads if abs(h.label.centre[1] - at.centre[1]) < 0.7 * max(at.height, 20.0)]
                anchors += [(section, _heading_box(h)) for h in heads if h.label.y0 <= at.y1]
                if heads:
                    break
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
            if _split_range(found, f, leader):
                continue
            later = [
                c for c in self._candidates
                if f.key in c.match.keys and c.place.layout is leader.layout and _follows(leader.region, c.place.region)
            ]  # fmt: skip
            if later:
                nearest = min(later, key=lambda c: _distance_on(leader.region, c.place.region))
                found[f.key] = _keyed(nearest.place, f.key)


def _at(blocks: Sequence[CellBlock], x: float, label: CellBlock) -> CellBlock | None:
    """The cell on a label's row that ``x`` lies in."""
    row = [b for b in blocks if b.cell.row0 <= label.cell.row0 < b.cell.row1]
    return next((b for b in row if b is not label and b.box.x0 <= x <= b.box.x1), None)


def _heading_box(place: Place) -> Box:
    """Where a label heads what is below it: across its cell, where it stands in the cell of its value."""
    label, cell = place.label, place.cell
    if cell is None or not cell.box.contains(*label.centre):
        return label
    return Box(cell.box.x0, label.y0, label.x1, label.y1)


def _goes_on(block: CellBlock, whole: Match) -> bool:
    """Whether the lines after the first are the rest of the label that the cell is as a ``whole``, with so few
    characters misread that it is no chance."""
    text, first = plain(block.text), plain(block.lines[0].text)
    wrong = round((1 - whole.score) * max(len(text), whole.length))
    return wrong <= (1 - SURE) * (len(text) - len(first))


def _is_apart(block: CellBlock) -> bool:
    """Whether a cell's first line stands well clear of what is printed below it: (盖章) at the foot of the cell."""
    said = [line.box for line in block.lines if len(plain(line.text)) > 1]
    return len(said) > 1 and said[1].y0 - said[0].y1 > 1.5 * said[0].height


def _answered(block: CellBlock) -> bool:
    """Whether a cell is one line that goes on behind its label's colon, with no room below: 签字：张三."""
    return len(block.lines) == 1 and bool(_ANSWERED.search(block.text)) and not _has_room_below(block)


def _has_room_below(block: CellBlock) -> bool:
    """Whether a cell's label stands at its top over room for a value: an empty field of a card."""
    label = Box.around([line.box for line in block.lines])
    height = label.height / len(block.lines)
    return len(block.lines) == 1 and block.box.y1 - label.y1 > max(1.1 * height, 2.0 * (label.y0 - block.box.y0))


def _set_in(block: CellBlock, others: Sequence[CellBlock], unit: float) -> list[CellBlock]:
    """The nearest cell right of a label that has a frame of its own: squares for the characters of a number."""
    middle = block.box.centre[1]
    beside = [
        b for b in others
        if b.box.y0 < middle < b.box.y1 and -5 * unit < b.box.x0 - block.box.x1 < _NEXT * unit
    ]  # fmt: skip
    return sorted(beside, key=lambda b: b.box.x0)[:1]


def _split_range(found: dict[str, Place], follower: FieldDefinition, leader: Place) -> bool:
    """自…至… written in one place: part the leader's line at the follower's label, if it is there."""
    for i, line in enumerate(leader.lines):
        for label in sorted(follower.labels, key=len, reverse=True):
            at = line.text.find(label)
            if at >= 0 and sum(c.isdigit() for c in line.text[at:]) > 3:
                first, second = piece(line, 0, at), piece(line, at + len(label), len(line.text))
                rest = leader.lines[i + 1 :]
                begun = [*leader.lines[:i], first] if len(plain(line.text[:at])) > 3 else leader.lines[:i]
                found[follower.key] = Place(
                    follower.key, leader.layout, leader.label, second.box, [second, *rest], leader.score, leader.cell
                )
                leader.lines = begun
                leader.region = Box.around([x.box for x in [*begun, first]])
                return True
    return False


def _keyed(place: Place, key: str) -> Place:
    return Place(key, place.layout, place.label, place.region, place.lines, place.score, place.cell)


def _on_row(leader: Box, region: Box) -> bool:
    return abs(region.centre[1] - leader.centre[1]) < 0.8 * max(leader.height, 20.0)


def _distance_on(leader: Box, region: Box) -> tuple[float, float]:
    """How far on in reading order ``region`` is: on the leader's row, where it begins; else the lower, the farther."""
    return (0.0 if _on_row(leader, region) else region.y0 - leader.y0, region.x0)


def _follows(leader: Box, region: Box) -> bool:
    """Whether ``region`` comes right after ``leader`` in reading order: on its row, or the next."""
    if _on_row(leader, region):
        return region.x0 >= leader.x0 + 10
    return 0 < region.centre[1] - leader.centre[1] < 3.5 * max(leader.height, 20.0)
