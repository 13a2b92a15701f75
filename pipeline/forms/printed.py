"""What is printed on a page of which nothing is known: labels, and where the value of each stands.

Whether some text is print or was written by hand is for a *sense* to say, in log-odds, from whatever speaks for
it: wording, ink, other copies of the form. Here the grid of tables, blanks and colons are weighed with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.forms.labels import plain
from pipeline.forms.layout import CellBlock, Layout, Line
from pipeline.forms.lists import PrintedList, find_lists
from pipeline.forms.place import Place
from pipeline.forms.spans import spans_of
from pipeline.sheets import Box

Sense = Callable[[Sequence[Line]], float]
"""Log-odds that lines, taken together as one text, are a printed label: above 0 where that is likelier."""

_UNIT = re.compile(r"^[(（]?(?:年|月|日|元|万元|人|名|台|件|个|份|次|天|小时|分|时|岁|kg|cm|℃|%|mmHg|次/分|至)+[)）]?$")
_DATE_FRAME = re.compile(r"^[\s\d]{0,4}年[\s\d]{0,2}月[\s\d]{0,2}日?(?:[\s\d]{0,2}时[\s\d]{0,2}分)?$")
_BRACKETED = re.compile(r"^\s*[(（][^()（）]{1,8}[)）]\s*$")  # (小时) below 服务时长 is a part of the label
_NO_TITLE = re.compile(r"[□☐☑☒⊠]|\d{5,}")
_FILLED_DATE = re.compile(r"\d年\d+月")
_STAMP = re.compile(r"盖章|公章|印章|签章")
_SIGN = re.compile(r"签字|签名|签章")
_JOINING = frozenset({"至", "到", "起至", "止"})  # what stands between the two blanks of a period
_LONGEST = 18  # characters of a printed label
_START, _AFTER_LABEL, _LABELS, _VALUES, _LAST = 0.8, 1.0, -1.2, -1.6, -0.8  # nats a step from one cell to the next
_ROOM = 1.1  # times the height of a label: less is no room for a value
_SURE = 1.0  # nats; a label that stands alone, with nothing but its wording to tell it by


class PlaceKind(StrEnum):
    """How a value's place belongs to its label."""

    RIGHT = "right"  # the cell right of the label's
    BELOW = "below"  # the cell below the label's
    INSIDE = "inside"  # in the label's own cell
    BLANK = "blank"  # an underlined blank
    COLON = "colon"  # what follows a colon, or the room there
    OPEN = "open"  # what follows a label without colon or blank
    MARK = "mark"  # about words that say where to stamp or sign


@dataclass(slots=True)
class PrintedPair:
    """A printed label and the place of its value, on one sheet.

    ``text`` is the label as it reads, without colon; ``group`` the heading beside or above several labels (监护人
    over 姓名, 电话). ``place`` has the label's box, the region of the value and the lines that stand there, all in
    sheet pixels. ``log_odds`` says how likely it is that this is a label.
    """

    text: str
    kind: PlaceKind
    place: Place
    log_odds: float
    group: str = ""

    @property
    def name(self) -> str:
        """The label's word characters, with its group's."""
        own, group = plain(self.text), plain(self.group)
        return own if own.startswith(group) else group + own


@dataclass(slots=True)
class Printed:
    """What is printed on one page: title, labels with their places, lists."""

    title: str
    title_box: Box | None
    pairs: list[PrintedPair]
    lists: list[PrintedList] = field(default_factory=list)


def find_printed(layout: Layout, sense: Sense) -> Printed:
    """The printed structure of a page whose lines have all been read.

    Pairs come in reading order, tables and free text together. Boxes are in sheet pixels; ``layout.sheet.quad_of``
    carries them to the page as scanned.
    """
    lists = find_lists(layout, sense)
    in_list = {id(block) for found in lists for block in found.blocks}
    title, title_box = find_title(layout)
    pairs: list[PrintedPair] = []
    for number in range(len(layout.tables)):
        blocks = [b for b in layout.cells_of(number) if id(b) not in in_list]
        pairs += _from_table(layout, blocks, sense)
    rows = [row for row in layout.rows if title_box is None or not _within(row, title_box)]
    pairs += spans_pairs(layout, rows, None, sense)
    for pair in pairs:
        _make_room(layout, pair)
        _clip(pair, pairs)
    pairs.sort(key=lambda p: (round(p.place.label.centre[1] / (24 * layout.unit)), p.place.label.x0))
    return Printed(title, title_box, pairs, lists)


def _make_room(layout: Layout, pair: PrintedPair) -> None:
    """A seal needs room below its words and above them, a signature a little, unless a cell bounds them."""
    mark = mark_words(pair.text)
    if not mark or pair.place.cell is not None or pair.kind is PlaceKind.BLANK:
        return
    label, region, mm = pair.place.label, pair.place.region, layout.sheet.dpi / 25.4
    up, down = (12 * mm, 20 * mm) if mark == "seal" else (5 * mm, 5 * mm)
    right = min(region.x1, label.x1 + 50 * mm) if mark == "seal" else region.x1
    pair.place.region = Box(region.x0, label.y0 - up, max(right, region.x0 + 1), label.y1 + down)


def _clip(pair: PrintedPair, pairs: Sequence[PrintedPair]) -> None:
    """The room behind a label ends where the next label on its level begins, in whichever row that was put."""
    label, region = pair.place.label, pair.place.region
    if pair.place.cell is not None or pair.kind not in (PlaceKind.COLON, PlaceKind.OPEN):
        return
    for other in pairs:
        beside = other.place.label
        common = min(label.y1, beside.y1) - max(label.y0, beside.y0)
        if beside.x0 > label.x1 and common > 0.35 * min(label.height, beside.height):
            region = Box(region.x0, region.y0, max(region.x0 + 1, min(region.x1, beside.x0)), region.y1)
    pair.place.region = region


def is_furniture(text: str) -> bool:
    """Whether print is part of a value's place and no label: 年 月 日, a unit."""
    bare = re.sub(r"\s+", "", text)
    framed = _DATE_FRAME.match(bare) and not _FILLED_DATE.search(bare)
    return not plain(text) or bool(_UNIT.match(bare) or framed)


def mark_words(text: str) -> str:
    """What the words of a text ask for: ``"seal"``, ``"signature"`` or nothing."""
    if _SIGN.search(text) and not re.search(r"公章|盖章", text):
        return "signature"
    return "seal" if _STAMP.search(text) else ""


def find_title(layout: Layout) -> tuple[str, Box | None]:
    """The largest text in the middle above the first table, or in the top third; ``""`` where there is none."""
    frame = layout.sheet.frame
    limit = min([frame.height * 0.35, *(t.box.y0 + 10 for t in layout.tables)])
    best: tuple[float, str, Box] | None = None
    for row in layout.rows:
        lines = [line for line in row if line.ink]
        text = "".join(line.text for line in lines)
        if not lines or lines[0].box.y0 > limit or not 3 <= len(plain(text)) <= 30 or ":" in text or "：" in text:
            continue
        if _NO_TITLE.search(text):
            continue
        box = Box.around([line.box for line in lines])
        off = abs(box.centre[0] - frame.centre[0]) / frame.width
        # What people wrote is often taller than a title; a title stands first.
        score = max(line.box.height for line in lines) * (1 - off) * (1 - 0.5 * box.y0 / limit)
        score *= 0.5 if any(x.blank for x in row) else 1
        if off < 0.2 and (best is None or score > 1.1 * best[0]):
            best = (score, text, box)
    if best is None:
        for block in layout.cells:
            wide = block.box.width > 0.8 * layout.tables[block.table].box.width
            if block.cell.row0 == 0 and wide and 3 <= len(plain(block.text)) <= 30:
                return block.text, block.box
        return "", None
    return best[1], best[2]


# --- tables


def _from_table(layout: Layout, blocks: list[CellBlock], sense: Sense) -> list[PrintedPair]:
    # Lines that read as nothing are dirt, or remains of rulings.
    blocks = [CellBlock(b.cell, b.table, [x for x in b.lines if plain(x.text)]) for b in blocks]
    odds = {id(b): _cell_odds(b, sense) for b in blocks}
    labels = _labels_by_row(blocks, odds)
    pairs: list[PrintedPair] = []
    used: set[int] = set()
    for block in blocks:
        if id(block) not in labels:
            continue
        group = _group_of(block, blocks, labels)
        text = clean_label(block.text)
        label = Box.around([line.box for line in block.lines])
        on_top = _is_on_top(block, label)
        value, kind = (None, PlaceKind.INSIDE) if on_top else _value_of(block, blocks, labels, used)
        if value is not None:
            used.add(id(value))
            place = Place("", layout, label, value.box, list(value.lines), 1.0, value)
            pairs.append(PrintedPair(text, kind, place, odds[id(block)], group))
            pairs += _marks_in(layout, value, text)
        elif on_top or (_has_room(block, label) and not _heads(block, blocks, labels)):
            below = Box(block.box.x0, label.y1, block.box.x1, block.box.y1)
            place = Place("", layout, label, below, [], 1.0, block)
            pairs.append(PrintedPair(text, PlaceKind.INSIDE, place, odds[id(block)], group))
    for block in blocks:
        if id(block) not in labels and id(block) not in used and block.lines:
            pairs += _in_cell(layout, block, sense)
    return pairs


def _cell_odds(block: CellBlock, sense: Sense) -> float:
    """Log-odds that a cell as a whole is a label; far below 0 for what is empty, furniture or several things."""
    text = block.text
    if not block.lines or is_furniture(text) or not plain(text):
        return -8.0
    if len(plain(text)) > _LONGEST or _several_things(block, sense):
        return -4.0
    return sense(block.lines)


def _several_things(block: CellBlock, sense: Sense) -> bool:
    """Whether a cell holds labels and values, not one label: 姓名：张三, or a label with lines below it."""
    text = block.text.rstrip(" :：")
    if re.search(r"[:：]", text) or _DATE_FRAME.search(re.sub(r"\s+", "", block.lines[-1].text)):
        return True
    first, rest = block.lines[:1], block.lines[1:]
    part_of_label = _BRACKETED.match("".join(x.text for x in rest)) is not None
    if rest and not part_of_label and (sense(first) > 0 > sense(rest) or _is_over(block)):
        return True
    apart = [b.box.y0 - a.box.y1 for a, b in zip(block.lines, rest, strict=False)]
    return bool(apart) and max(apart) > 1.6 * first[0].box.height


def _is_over(block: CellBlock) -> bool:
    """Whether a cell's first line is small print at its top left, over larger writing: a filled field of a card."""
    first, second = block.lines[0].box, block.lines[1].box
    return second.height > 1.25 * first.height and first.y0 - block.box.y0 < 0.6 * first.height


def _labels_by_row(blocks: Sequence[CellBlock], odds: dict[int, float]) -> set[int]:
    """Which cells are labels: in each row the likeliest sequence of labels and values (Viterbi).

    A row mostly begins with a label, and a value follows a label; what the cells say themselves counts more.
    """
    labels: set[int] = set()
    for top in sorted({b.cell.row0 for b in blocks}):
        row = sorted((b for b in blocks if b.cell.row0 <= top < b.cell.row1), key=lambda b: b.cell.col0)
        best = {True: _START, False: -_START}
        trails: dict[bool, list[bool]] = {True: [], False: []}
        for i, block in enumerate(row):
            score = odds[id(block)]
            scored: dict[bool, float] = {}
            ways: dict[bool, list[bool]] = {}
            for now in (True, False):
                own = score if now else -score
                if i == 0:
                    scored[now], ways[now] = best[now] + own, [now]
                    continue
                options = {was: best[was] + _step(was, now) for was in (True, False)}
                was = max(options, key=lambda w: options[w])
                scored[now], ways[now] = options[was] + own, [*trails[was], now]
            best, trails = scored, ways
        if not row:
            continue
        best[True] += _LAST
        for block, is_label in zip(row, trails[best[True] > best[False]], strict=True):
            if is_label and block.cell.row0 == top and odds[id(block)] > -3.0:
                labels.add(id(block))
    return labels


def _step(was: bool, now: bool) -> float:
    if was and not now:
        return _AFTER_LABEL
    if was and now:
        return _LABELS
    return 0.4 if now else _VALUES


def _value_of(
    block: CellBlock, blocks: Sequence[CellBlock], labels: set[int], used: set[int]
) -> tuple[CellBlock | None, PlaceKind]:
    cell = block.cell
    right = [b for b in blocks if b.cell.col0 == cell.col1 and b.cell.row0 <= cell.row0 < b.cell.row1]
    if right and id(right[0]) not in labels and id(right[0]) not in used:
        spans = right[0].cell.row1 - right[0].cell.row0
        if spans >= cell.row1 - cell.row0 or len(_beside(block, blocks)) == 1:
            return right[0], PlaceKind.RIGHT
    below = [b for b in blocks if b.cell.row0 == cell.row1 and b.cell.col0 <= cell.col0 < b.cell.col1]
    if below and id(below[0]) not in labels and id(below[0]) not in used:
        before = [b for b in blocks if b.cell.col1 == below[0].cell.col0 and b.cell.row0 == below[0].cell.row0]
        taken = any(id(b) in labels for b in before)
        if not taken:
            return below[0], PlaceKind.BELOW
    return None, PlaceKind.INSIDE


def _beside(block: CellBlock, blocks: Sequence[CellBlock]) -> list[CellBlock]:
    """The cells that touch the right side of a cell."""
    cell = block.cell
    return [b for b in blocks if b.cell.col0 == cell.col1 and b.cell.row0 < cell.row1 and cell.row0 < b.cell.row1]


def _heads(block: CellBlock, blocks: Sequence[CellBlock], labels: set[int]) -> bool:
    """Whether a cell is the heading of labels right of it or below it."""
    below = [
        b for b in blocks if b.cell.row0 == block.cell.row1 and b.cell.col0 < block.cell.col1 > b.cell.col0
        and block.cell.col0 < b.cell.col1
    ]  # fmt: skip
    return any(id(b) in labels for b in (*_beside(block, blocks), *below))


def _group_of(block: CellBlock, blocks: Sequence[CellBlock], labels: set[int]) -> str:
    """The heading, over several rows, whose first column of labels this one is in; ``""`` without one."""
    for other in blocks:
        if id(other) not in labels or other is block:
            continue
        a, b = other.cell, block.cell
        tall = a.row1 - a.row0 > b.row1 - b.row0
        if a.col1 == b.col0 and a.row0 <= b.row0 and b.row1 <= a.row1 and tall:
            return clean_label(other.text)
    return ""


def _has_room(block: CellBlock, label: Box) -> bool:
    """Whether a cell has room for a value below the label printed in it."""
    return block.box.y1 - label.y1 > _ROOM * label.height / max(1, len(block.lines)) * 1.4


def _is_on_top(block: CellBlock, label: Box) -> bool:
    """Whether a label stands at the top of its cell, over room for its value: an empty field of a card."""
    above, below = label.y0 - block.box.y0, block.box.y1 - label.y1
    return len(block.lines) == 1 and below > max(_ROOM * label.height, 2.5 * above)


def _in_cell(layout: Layout, block: CellBlock, sense: Sense) -> list[PrintedPair]:
    """Labels within a cell that is not one as a whole: before colons, or as its first line."""
    pairs = spans_pairs(layout, [[line] for line in block.lines], block, sense)
    first, rest = block.lines[0], block.lines[1:]
    headed = [p for p in pairs if p.place.label.clipped(first.box).width > 0]
    if (
        (rest or _has_room(block, first.box))
        and headed
        and all(p.kind in (PlaceKind.OPEN, PlaceKind.MARK) for p in headed)
    ):
        pairs = [p for p in pairs if p not in headed]  # its value stands below it, not beside it
        headed = []
    label = plain(first.text)
    worded = len(label) <= _LONGEST and not is_furniture(first.text) and sense([first]) > 0
    if not headed and worded and (rest or _has_room(block, first.box)):
        below = Box(block.box.x0, first.box.y1, block.box.x1, block.box.y1)
        written = [x for x in rest if not is_furniture(x.text) and not mark_words(x.text)]
        place = Place("", layout, first.box, below, written, 1.0, block)
        return [PrintedPair(clean_label(first.text), PlaceKind.INSIDE, place, sense([first])), *pairs]
    for pair in headed:
        # A label at the top of a cell has the whole cell for its value.
        alone = [p for p in pairs if p.kind is not PlaceKind.MARK] == [pair]
        if alone and _has_room(block, first.box) and first.text.rstrip().endswith((":", "：")):
            region = Box(block.box.x0, first.box.y1, block.box.x1, block.box.y1)
            pair.place.region, pair.kind = region, PlaceKind.INSIDE
            pair.place.lines = [x for x in rest if not is_furniture(x.text) and not mark_words(x.text)]
    return pairs


def _marks_in(layout: Layout, block: CellBlock, host: str) -> list[PrintedPair]:
    """Words in a value's cell that say where to stamp or sign."""
    found = []
    for line in block.lines:
        if mark_words(line.text) and len(plain(line.text)) <= 14:
            region = Box(line.box.x0, line.box.y0 - line.box.height, block.box.x1, block.box.y1)
            place = Place("", layout, line.box, region, [], 1.0, block)
            found.append(PrintedPair(clean_label(line.text), PlaceKind.MARK, place, 2.0, host))
    return found


# --- running text


def spans_pairs(layout: Layout, rows: Sequence[list[Line]], block: CellBlock | None, sense: Sense) -> list[PrintedPair]:
    """Labels in rows of text, outside tables (``block`` None) or in a cell."""
    pairs = []
    for n, row in enumerate(rows):
        for span in spans_of(layout, row, rows[n + 1 :], block, sense):
            kind = PlaceKind(span.kind)
            joins = kind is PlaceKind.BLANK and plain(span.text) in _JOINING
            if len(plain(span.text)) > _LONGEST or (is_furniture(span.text) and not joins):
                continue
            if kind is PlaceKind.OPEN and span.log_odds < _SURE:
                continue
            place = Place("", layout, span.label, span.region, span.lines, 1.0, block)
            pairs.append(PrintedPair(clean_label(span.text), kind, place, span.log_odds))
    return pairs


def clean_label(text: str) -> str:
    """A label as it is printed, without numbering, colon and the spaces that spread it."""
    text = re.sub(r"\s+", "", text).strip("_:：.。·、*＊")
    return re.sub(r"^(?:[(（]?[一二三四五六七八九十\d]{1,2}[)）、.．])+(?=\D)", "", text)


def _within(row: Sequence[Line], box: Box) -> bool:
    return all(box.grown(2).contains(*line.box.centre) for line in row)
