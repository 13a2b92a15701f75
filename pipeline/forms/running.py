"""Labels in running text: before colons and blanks, after blanks, and words that announce marks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from pipeline.definitions import FieldDefinition, FieldType
from pipeline.forms.labels import Labels, Match, labels_of, plain
from pipeline.forms.layout import CellBlock, Layout, Line
from pipeline.forms.place import Place, beside, piece, start_of
from pipeline.sheets import Box

_COLON = re.compile(r"[:：]")
_NEAR_COLON = re.compile(r"[、,;.·。!]")  # what a colon is misread as
_CLAUSE = re.compile(r"^\s*(第[一二三四五六七八九十\d]+条|[一二三四五六七八九十]+、|\d+[.、])")
_DATE = re.compile(r"(?<!\d)(?:19|20|2)\d\d?\s*[年./\-]\s*\d")
_DATE_UNITS = re.compile(r"^[年月日、,.。\s]+$")
_BOX = re.compile(r"[□☐☑☒⊠■]")
_PROSE = (FieldType.TEXT, FieldType.LIST)
_WORD_SCORE = 0.95  # a mark announced by a word in a text is worth a little less than one with a label of its own

Found = tuple[Match, Place]


class RunningText:
    """Finds the labels of one form in rows of text, each with the place of its value."""

    def __init__(self, fields: Mapping[str, FieldDefinition], labels: Labels) -> None:
        self._fields = fields
        self._labels = labels
        self._dates = labels_of(tuple((f.key, f.labels) for f in fields.values() if f.type is FieldType.DATE))
        self._parties = labels_of(
            tuple(
                (f.key, tuple(label.removesuffix("盖章") for label in f.labels if len(label) > 4))
                for f in fields.values()
                if f.type is FieldType.SEAL
            )
        )
        self._marks = labels_of(tuple((f.key, f.labels) for f in fields.values() if f.type.is_mark))

    def find(self, layout: Layout, rows: list[list[Line]], block: CellBlock | None) -> Iterator[Found]:
        """The labels in ``rows``, which stand in the cell ``block`` or in none."""
        for n, row in enumerate(rows):
            said: list[Box] = []
            for i, line in enumerate(row):
                if line.blank is None:
                    labelled = list(self._labelled(layout, line, row[i + 1 :], block))
                    said += [place.label for _, place in labelled]
                    yield from labelled
                elif i:
                    yield from self._blank(layout, row[i - 1], row[i:], block)
                if line.blank is not None and i + 1 < len(row):
                    yield from self._before(layout, line, row[i + 1], block)
            if row[-1].blank is None:
                yield from self._under(layout, row, rows[n + 1 :], block)
                wrapped = self._wrapped(rows[n + 1 : n + 4])
                if wrapped:
                    yield from self._blank(layout, row[-1], wrapped, block)
            for match, place in self._announced(layout, row, rows[n + 1 :], block):
                if not any(box.contains(*place.label.centre) for box in said):
                    yield match, place

    def words(self, text: str) -> list[tuple[int, int, Match]]:
        """The words of a text that announce marks, as ``(begin, end, match)``."""
        return self._marks.within(text)

    def marks(self, layout: Layout, rows: list[list[Line]], block: CellBlock | None) -> Iterator[Found]:
        """Only the words that announce marks."""
        for n, row in enumerate(rows):
            yield from self._announced(layout, row, rows[n + 1 :], block)

    def _under(
        self, layout: Layout, row: list[Line], below: Sequence[Sequence[Line]], block: CellBlock | None
    ) -> Iterator[Found]:
        """A numbered heading that is a label, 二、服务内容, with its text in the lines below it."""
        numbered = _CLAUSE.match(row[0].text)
        if len(row) > 1 or numbered is None:
            return
        match = self._labels.whole(row[0].text[numbered.end() :].rstrip(": "))
        if match is None or any(self._fields[k].type not in _PROSE for k in match.keys):
            return
        lines: list[Line] = []
        for under in below:
            if _CLAUSE.match(under[0].text) or any(_COLON.search(x.text) or self._labels.whole(x.text) for x in under):
                break
            lines += [x for x in under if x.blank is None or x.ink]
        if lines:
            region = Box.around([x.box for x in lines])
            yield match, Place("", layout, row[0].box, region, lines, match.score, block)

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

    def _blank(self, layout: Layout, before: Line, rest: list[Line], block: CellBlock | None) -> Iterator[Found]:
        """The label at the end of ``before`` announces the blank that ``rest`` starts with."""
        if before.blank is not None:
            return
        match = self._labels.ending(before.text)
        if match is None:
            return
        wrapped = rest[0].box.centre[1] > before.box.y1
        lines = list(rest) if wrapped else [rest[0]]
        if not wrapped and any(self._fields[k].type is FieldType.DATE for k in match.keys):
            lines = _dated_blanks(rest)
        region = Box.around([line.box for line in lines])
        place = Place("", layout, before.box, region, [x for x in lines if x.ink], match.score, block)
        yield match, place

    def _before(self, layout: Layout, line: Line, after: Line, block: CellBlock | None) -> Iterator[Found]:
        """A blank that is named by what stands behind it: ____社区."""
        match = self._labels.behind(after.text)
        if match is not None and after.blank is None:
            lines = [line] if line.ink else []
            yield match, Place("", layout, after.box, line.box, lines, match.score, block)

    def _labelled(self, layout: Layout, line: Line, after: list[Line], block: CellBlock | None) -> Iterator[Found]:
        """Every label with a colon in a line of text, with the text that follows it."""
        text = line.text
        colons = [m.start() for m in _COLON.finditer(text)]
        marks = self.words(text)
        starts: list[tuple[int, int, Match]] = []  # label's start, value's start, match
        for colon in colons:
            begin = starts[-1][1] if starts else 0
            match = self._labels.ending(text[begin:colon])
            if match is not None:
                start = start_of(text, begin, colon, match.length)
                if not any(at <= start and colon < end for at, end, _ in marks):  # 甲方：（盖章） names no party
                    starts.append((start, colon + 1, match))
        for found in _DATE.finditer(text):
            # 协议期限自2019年…起至2020年…: a label of dates may do without a colon before its date.
            begin = max((value for _, value, _ in starts if value <= found.start()), default=0)
            match = self._dates.ending(text[begin : found.start()]) if begin < found.start() else None
            if match is not None and match.score == 1 and _touches(text, found.start()):
                starts.append((start_of(text, begin, found.start(), match.length), found.start(), match))
        starts.sort(key=lambda start: start[1])
        if not starts:
            bare = self._without_colon(text)
            if bare is not None and not (after and after[0].blank is not None):
                starts.append((0, *bare))
        for i, (begin, value, match) in enumerate(starts):
            if block is not None and self._is_mark(match) and self.words(text):
                continue  # in a cell a mark may stand below its word too
            end = starts[i + 1][0] if i + 1 < len(starts) else len(text)
            last = i + 1 == len(starts)
            if last and not plain(text[value:end]) and after and after[0].blank is not None:
                continue  # the blank that follows is dealt with on its own
            lines = [piece(line, value, end)] if plain(text[value:end]) else []
            if last:
                lines += self._trailing(after)
            label = piece(line, begin, value).box
            region = Box.around([x.box for x in lines]) if lines else beside(label, after, layout)
            yield match, Place("", layout, label, region, lines, match.score, block)

    def _without_colon(self, text: str) -> tuple[int, Match] | None:
        """The label that a line begins with where no colon is, and where what follows it starts.

        What follows are boxes to tick, or what a line goes on with behind a sign like a colon where the label is
        there to the letter; a line that is a label as a whole has its value on the row behind it, or room for a
        seal or signature.
        """
        boxed = _BOX.search(text)
        end = boxed.start() if boxed else len(text)
        match = self._labels.whole(text[:end])
        if match is not None:
            return end, match
        sign = None if _COLON.search(text) else _NEAR_COLON.search(text)
        match = self._labels.whole(text[: sign.start()]) if sign else None
        return (sign.end(), match) if sign and match and match.score == 1 else None

    def _trailing(self, after: list[Line]) -> list[Line]:
        """Text on the row after a label, up to the next label or blank."""
        lines = []
        for line in after:
            if line.blank is not None or _COLON.search(line.text) or self._labels.whole(line.text):
                break
            lines.append(line)
        return lines

    def _announced(
        self, layout: Layout, row: list[Line], below: Sequence[Sequence[Line]], block: CellBlock | None
    ) -> Iterator[Found]:
        """Words that say where to stamp or sign, also without a colon: 承诺人（本人签字）.

        In a cell the mark may stand anywhere below its word, up to the next such word.
        """
        for i, line in enumerate(row):
            if line.blank is not None:
                continue
            hits = self.words(line.text) or self._stamped(layout, line)
            for n, (begin, end, match) in enumerate(hits):
                last = n + 1 == len(hits)
                stop = len(line.text) if last else hits[n + 1][0]
                lines = [piece(line, end, stop)] if plain(line.text[end:stop]) else []
                lines += self._trailing(row[i + 1 :]) if last else []
                label = piece(line, begin, end).box
                region = Box.around([x.box for x in lines]) if lines else beside(label, list(row[i + 1 :]), layout)
                if block is not None:
                    under = self._until_next(below)
                    lines += under
                    foot = block.box.y1 if len(under) == len(below) else below[len(under)][0].box.y0
                    region = Box(label.x0, label.y0 - 0.6 * label.height, block.box.x1, max(foot, label.y1))
                score = _WORD_SCORE * match.score
                yield Match(match.keys, score, match.length), Place("", layout, label, region, lines, score, block)

    def _stamped(self, layout: Layout, line: Line) -> list[tuple[int, int, Match]]:
        """A party's name whose stamp word lies under its seal."""
        match = self._parties.whole(line.text)
        x, y = line.box.x1, line.box.centre[1]
        if match is None or not any(np.hypot(s.x - x, s.y - y) < 1.6 * s.radius for s in layout.seals):
            return []
        return [(0, len(line.text), match)]

    def _is_mark(self, match: Match) -> bool:
        return all(self._fields[key].type.is_mark for key in match.keys)

    def _until_next(self, rows: Sequence[Sequence[Line]]) -> list[Line]:
        """The lines up to the next that announces a mark."""
        lines: list[Line] = []
        for row in rows:
            if any(self.words(line.text) for line in row):
                break
            lines += row
        return lines


def _touches(text: str, at: int) -> bool:
    """Whether a word stands right before ``at``, with no stop between."""
    before = text[:at].rstrip()
    return bool(before) and bool(plain(before[-1]))


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
