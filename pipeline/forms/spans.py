"""Labels in a row of text of which nothing is known: before colons and blanks, and at the start of a line."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.forms.labels import plain
from pipeline.forms.layout import CellBlock, Layout, Line
from pipeline.forms.place import piece
from pipeline.sheets import Box

_COLON = re.compile(r"[:：]")
_STOP = re.compile(r"[，。；,;！!？?、)）\]】\s]")
_DATE_UNIT = re.compile(r"^\s*[年月日时分、,.。\s]+$")
_NUMBERING = re.compile(r"^(?:第[一二三四五六七八九十\d]{1,3}[条项款章]|[(（][一二三四五六七八九十\d]{1,2}[)）])\s*")
_UNIT_BEFORE = re.compile(r"^\s*(?:年|月|日|元|人|台|件|个|份|次|天|小时|岁|号|室)(?=\D)")
_SIGN_WORDS = re.compile(r"(?:签字|签名|盖章|公章|签章|印章)[)）]?[:：]?$")
_BOX, _BOX_TOO = re.compile(r"[□☐☑☒⊠■○◯●]"), re.compile(r"[□☐☑☒⊠■○◯●口]")
_VALUE_LIKE = re.compile(r"\d{3,}")
_GAP = 1.9  # pitches between two characters that do not belong together
_CONNECTING = 3  # characters between a colon and the blank behind it
_LABEL_MOST = 10  # characters of a label in running text


@dataclass(slots=True)
class Span:
    """A label in a row: its text, its box, the value's region and lines; ``kind`` as in ``PlaceKind``."""

    text: str
    kind: str
    label: Box
    region: Box
    lines: list[Line]
    log_odds: float


def spans_of(
    layout: Layout,
    row: Sequence[Line],
    below: Sequence[Sequence[Line]],
    block: CellBlock | None,
    sense: Callable[[Sequence[Line]], float],
) -> list[Span]:
    """The labels of one row from left to right."""
    spans: list[Span] = []
    edge = block.box.x1 if block is not None else layout.sheet.frame.x1 - 0.06 * layout.sheet.frame.width
    for i, line in enumerate(row):
        after = list(row[i + 1 :])
        if line.blank is not None:
            continue
        spans += _before_colons(layout, line, after, edge, sense)
        if after and after[0].blank is not None:
            span = _before_blank(line, after, sense)
            if span is not None and not _COLON.search(line.text[-1:]):
                spans.append(span)
        elif not _COLON.search(line.text):
            span = _before_boxes(line, sense) or _alone(layout, line, after, edge, sense)
            if span is not None:
                spans.append(span)
    return spans


def _before_colons(
    layout: Layout, line: Line, after: list[Line], edge: float, sense: Callable[[Sequence[Line]], float]
) -> list[Span]:
    text = line.text
    colons = [m.start() for m in _COLON.finditer(text) if not _is_clock(text, m.start())]
    starts: list[tuple[int, int]] = []  # where a label begins, and its colon
    for colon in colons:
        begin = starts[-1][1] + 1 if starts else 0
        start = label_start(line, begin, colon, sense)
        if start is not None:
            starts.append((start, colon))
    spans = []
    for n, (start, colon) in enumerate(starts):
        last = n + 1 == len(starts)
        end = len(text) if last else starts[n + 1][0]
        label = piece(line, start, colon + 1)
        said = [piece(line, colon + 1, end)] if plain(text[colon + 1 : end]) else []
        label_box = label.box
        blank_follows = last and bool(after) and after[0].blank is not None
        if blank_follows and said and len(plain(text[colon + 1 :])) <= _CONNECTING:
            continue  # 协议期限：自 ____: words of the blank's own label
        if blank_follows and not said:
            said = _blank_lines(after)
            region = Box.around([_room(x) for x in said])
            spans.append(
                Span(text[start:colon], "blank", label_box, region, [x for x in said if x.ink], sense([label]))
            )
            continue
        if last:
            said += _until_label(after)
        stop = _next_label_x(line, starts, n, after, edge)
        x0 = min(label_box.x1, stop - 1)
        region = Box(x0, label_box.y0 - 0.2 * label_box.height, max(stop, x0 + 1), label_box.y1)
        if said:
            region = region.union(Box.around([x.box for x in said]))
        spans.append(Span(text[start:colon], "colon", label_box, region, said, sense([label]) + 2.0))
    return spans


def label_start(line: Line, begin: int, end: int, sense: Callable[[Sequence[Line]], float]) -> int | None:
    """Where the label that ends before ``end`` starts, at or behind ``begin``, where a value may stand before it.

    The likeliest cut by the sense; wide gaps and stops cut too.
    """
    text = line.text
    first = 0
    while first < end and not plain(text[first]):
        first += 1
    while begin < end and not plain(text[begin]):
        begin += 1
    if begin >= end:
        return None
    for at in range(end - 1, begin, -1):
        if _STOP.match(text[at - 1]) and plain(text[at:end]) and len(plain(text[at:end])) >= 2:
            if text[at - 1] in ")）]】" and at - 1 == end - 1:
                continue
            begin = at
            break
    gap = _wide_gap(line, begin, end)
    if gap is not None and len(plain(text[gap:end])) >= 2:
        begin = gap
    if len(plain(text[begin:end])) <= 2:
        return begin
    unit = _UNIT_BEFORE.match(text[begin:end])
    if unit and begin > first and end - begin - unit.end() >= 2:
        begin += unit.end()
    numbered = _NUMBERING.match(text[begin:end]) if begin == first else None
    if numbered and end - begin - numbered.end() >= 2:
        first = begin = begin + numbered.end()
    if first == begin and not _VALUE_LIKE.search(text[begin:end]):
        return begin  # nothing was written before it
    options = [
        (min(sense([piece(line, at, end)]), 3.0) - _clipped(sense, line, begin, at), -at)
        for at in range(begin, end - 1)
        if end - at <= _LABEL_MOST or at == begin
    ]
    best = max(options, default=None)
    return -best[1] if best is not None else begin


def _clipped(sense: Callable[[Sequence[Line]], float], line: Line, begin: int, at: int) -> float:
    """How like a label what stands before the label is: it should be a value. Of one character nothing is sure."""
    return max(-3.0, min(3.0, sense([piece(line, begin, at)]))) if at > begin + 1 else 0.0


def _wide_gap(line: Line, begin: int, end: int) -> int | None:
    """The character behind the last wide gap between ``begin`` and ``end``; ``None`` without one."""
    reading = line.said
    if reading is None or end - begin < 2:
        return None
    centres = [c * line.box.width for c in reading.centres[begin:end]]
    steps = [b - a for a, b in itertools.pairwise(centres)]
    usual = sorted(steps)[len(steps) // 2]
    least = max(_GAP * usual, 1.6 * line.box.height)
    wide = [i for i, step in enumerate(steps) if step > least]
    return begin + wide[-1] + 1 if wide else None


def _before_blank(line: Line, after: list[Line], sense: Callable[[Sequence[Line]], float]) -> Span | None:
    """The label at the end of a text before an underlined blank."""
    text = line.text.rstrip()
    if not plain(text) or _DATE_UNIT.match(text):
        return None
    start = label_start(line, 0, len(text), sense)
    if start is None or not plain(text[start:]):
        return None
    label = piece(line, start, len(line.text))
    lines = _blank_lines(after)
    region = Box.around([_room(x) for x in lines])
    return Span(text[start:], "blank", label.box, region, [x for x in lines if x.ink], sense([label]) + 2.0)


def _room(line: Line) -> Box:
    """All of a blank, of which a line has only what was written."""
    if line.blank is None:
        return line.box
    bottom = max(line.box.y1, line.blank.middle)
    return Box(min(line.blank.start, line.box.x0), line.box.y0, max(line.blank.end, line.box.x1), bottom)


def _blank_lines(after: list[Line]) -> list[Line]:
    """The blank that follows, with the blanks around printed 年 月 日 behind it."""
    lines = [after[0]]
    for i, line in enumerate(after[1:], start=1):
        unit = line.blank is None and _DATE_UNIT.match(line.text)
        filled = line.blank is not None and i > 1 and lines[-1].blank is None
        if not (unit or filled):
            break
        lines.append(line)
    return lines


def _before_boxes(line: Line, sense: Callable[[Sequence[Line]], float]) -> Span | None:
    """The label before a row of check boxes on one line, where the boxes stand before their options: 血型 □A型 □B型."""
    text = line.text
    boxes = [m.start() for m in (_BOX_TOO if _BOX.search(text) else _BOX).finditer(text)]
    if len(boxes) < 2 or not 2 <= len(plain(text[: boxes[0]])) <= _LABEL_MOST or not plain(text[boxes[-1] + 1 :]):
        return None
    label, rest = piece(line, 0, boxes[0]), piece(line, boxes[0], len(text))
    return Span(text[: boxes[0]], "colon", label.box, rest.box, [rest], sense([label]) + 1.0)


def _alone(
    layout: Layout, line: Line, after: list[Line], edge: float, sense: Callable[[Sequence[Line]], float]
) -> Span | None:
    """A line that is a label as a whole, without colon or blank, with what follows or room beside it."""
    text = line.text
    mark = bool(_SIGN_WORDS.search(text.strip()))
    if not 2 <= len(plain(text)) <= _LABEL_MOST + 2 * mark or _DATE_UNIT.match(text):
        return None
    said = _until_label(after)
    stop = min([edge, *(x.box.x0 for x in after if x not in said)])
    if not said and stop - line.box.x1 < 2.5 * line.box.height:
        return None
    region = Box(line.box.x1, line.box.y0, max(stop, line.box.x1 + 1), line.box.y1)
    if said:
        region = region.union(Box.around([x.box for x in said]))
    odds = sense([line])
    return Span(text, "mark" if mark else "open", line.box, region, said, odds + (1.0 if mark else -1.0))


def _until_label(after: Sequence[Line]) -> list[Line]:
    lines = []
    for line in after:
        if line.blank is not None or _COLON.search(line.text):
            break
        lines.append(line)
    return lines


def _next_label_x(line: Line, starts: Sequence[tuple[int, int]], n: int, after: Sequence[Line], edge: float) -> float:
    """Where the room for the value of label ``n`` ends."""
    if n + 1 < len(starts):
        return piece(line, starts[n + 1][0], starts[n + 1][1] + 1).box.x0
    ahead = [x.box.x0 for x in after if x.blank is not None or _COLON.search(x.text)]
    return min([edge, *ahead])


def _is_clock(text: str, at: int) -> bool:
    """Whether a colon stands between hours and minutes."""
    return 0 < at < len(text) - 1 and text[at - 1].isdigit() and text[at + 1].isdigit()
