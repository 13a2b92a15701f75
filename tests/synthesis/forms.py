"""Building blocks of layouts: tables, lines of text with blanks, titles, notes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .doc import Doc
from .page import Rect

Paint = Callable[[Rect], None]


@dataclass(frozen=True)
class Cell:
    """A table cell over ``span`` columns, painted by ``paint``."""

    paint: Paint
    span: int = 1


#: Running text: what is printed, or a blank (key, mm).
Words = str | tuple[str, float]
#: A table's row: its height and its cells.
Row = tuple[float, Sequence[Cell]]


class Form:
    """A document's look: fonts, sizes and rules, drawn from its generator."""

    def __init__(self, doc: Doc) -> None:
        """Chooses the look."""
        self.doc, rng = doc, doc.rng
        self.label_font = str(rng.choice([doc.serif, doc.serif, "sans", "sans-bold", "hei"]))
        self.title_font = str(rng.choice(["serif-bold", "sans-bold", "hei", "serif"]))
        self.size = float(rng.uniform(3.5, 4.1))
        self.thin = float(rng.uniform(0.15, 0.3))
        self.thick = float(rng.choice([self.thin, 0.5, 0.8]))
        self.double = bool(rng.random() < 0.2)
        self.align = str(rng.choice(["center", "center", "left"]))
        self.spread = bool(rng.random() < 0.4)
        self.value_size = float(rng.uniform(5.0, 6.0))
        self.dotted = False  # blanks to write on are dotted, not ruled

    def say(self, *wordings: str) -> str:
        """One of several wordings."""
        return self.doc.values.pick(wordings)

    def title(self, text: str, y: float, size: float = 6.4, above: str = "", under: bool = False) -> None:
        """The form's title in the middle, perhaps with a line above it and a rule below."""
        page = self.doc.page
        if above:
            page.text(page.width / 2, y - size * 1.25, above, size * 0.72, self.title_font, "mm")
        while page.measure(text, size, self.title_font) > page.width - 40:
            size *= 0.95
        page.text(page.width / 2, y, text, size, self.title_font, "mm")
        if under:
            half = page.measure(text, size, self.title_font) / 2 + 4
            for k in (0, 0.8):
                page.line(page.width / 2 - half, y + size * 0.75 + k, page.width / 2 + half, y + size * 0.75 + k, 0.25)

    def note(self, x: float, y: float, text: str, size: float = 3.1) -> float:
        """Small print; gives the y below it."""
        page = self.doc.page
        for line in page.wrap(text, page.width - 2 * x, size):
            page.text(x, y, line, size)
            y += size * 1.5
        return y

    def label(self, text: str, span: int = 1, upright: bool = False) -> Cell:
        """A cell with a printed label."""

        def paint(rect: Rect) -> None:
            align = "spread" if self.spread else "center"
            self.doc.page.label(rect, text, self.size, self.label_font, align, upright)

        return Cell(paint, span)

    def value(self, key: str, span: int = 1, align: str = "", lines: int = 2) -> Cell:
        """A cell for a field."""
        return Cell(lambda r: self.doc.fill(key, r, align or self.align, self.value_size, lines), span)

    def pair(
        self, key: str, *wordings: str, span: int = 1, align: str = "", lines: int = 2, label_span: int = 1
    ) -> list[Cell]:
        """A label cell in one of the wordings and the cell of its field."""
        return [self.label(self.say(*wordings), label_span), self.value(key, span, align, lines)]

    def both(self, text: str, key: str, span: int = 1, lines: int = 2) -> Cell:
        """A cell with its label printed small above the value."""

        def paint(rect: Rect) -> None:
            x, y, w, h = rect
            self.doc.page.text(x + 1.2, y + 2.4, text, self.size * 0.82, self.label_font)
            self.doc.fill(key, (x + 1, y + 4.2, w - 2, h - 4.4), "left", self.value_size, lines)

        return Cell(paint, span)

    def empty(self, span: int = 1) -> Cell:
        """A cell with nothing in it."""
        return Cell(lambda _: None, span)

    def paint(self, paint: Paint, span: int = 1) -> Cell:
        """A cell painted by hand."""
        return Cell(paint, span)

    def head(self, text: str, span: int = 1) -> Cell:
        """A cell with the heading of the rows below it."""
        return Cell(lambda r: self.doc.page.text(r[0] + 2, r[1] + r[3] / 2, text, self.size, "sans-bold"), span)

    def dated(self, key: str, span: int = 1, blank: float = 7.5) -> Cell:
        """A cell with a printed 年 月 日 between blanks."""

        def paint(rect: Rect) -> None:
            x, y, w, h = rect
            room = (w - 3 - 3.15 * self.size) / 3.5
            self.doc.fill_date_form(key, x + 1.5, y + h / 2, self.size, min(blank, room))

        return Cell(paint, span)

    def table(
        self, x: float, y: float, widths: Sequence[float], rows: Sequence[Row], frame: bool = True, rules: str = "grid"
    ) -> float:
        """Draws rows of cells; ``rules``: "grid", "open" at both sides, or "rows" only. Gives the y below."""
        page, top = self.doc.page, y
        for height, cells in rows:
            column, left = 0, x
            for cell in cells:
                wide = sum(widths[column : column + cell.span])
                if rules == "grid":
                    page.box((left, y, wide, height), self.thin)
                else:
                    page.line(left, y + height, left + wide, y + height, self.thin)
                    if rules == "open" and column:
                        page.line(left, y, left, y + height, self.thin)
                cell.paint((left, y, wide, height))
                left += wide
                column += cell.span
            y += height
        if rules != "grid":
            for edge in (top, y):
                page.line(x, edge, x + sum(widths), edge, max(self.thick, 0.4))
        elif frame:
            self.frame((x, top, sum(widths), y - top))
        return y

    def group(
        self, x: float, y: float, wide: float, words: Sequence[str], widths: Sequence[float], rows: Sequence[Row]
    ) -> float:
        """Rows with one label down their left side, in one of the wordings. Gives the y below."""
        below = self.table(x + wide, y, widths, rows, frame=False)
        side = (x, y, wide, below - y)
        self.doc.page.box(side, self.thin)
        self.doc.page.label(side, self.say(*words), self.size, self.label_font, upright=True)
        return below

    def frame(self, rect: Rect) -> None:
        """The outer border: thin, thick or double."""
        x, y, w, h = rect
        self.doc.page.box(rect, self.thick)
        if self.double:
            self.doc.page.box((x - 0.9, y - 0.9, w + 1.8, h + 1.8), self.thin)

    def blank(self, x0: float, x1: float, y: float) -> None:
        """A rule to write on."""
        if self.dotted:
            self.doc.page.dotted(x0, x1, y)
        else:
            self.doc.page.line(x0, y, x1, y, 0.2)

    def line_field(
        self, x: float, y: float, text: str, key: str, width: float, size: float = 0.0, tail: str = ""
    ) -> float:
        """A label, a blank on a rule, perhaps a unit; ``y`` is the middle. Gives the x after the blank."""
        size = size or self.size
        page = self.doc.page
        page.text(x, y, text, size, self.label_font)
        x += page.measure(text, size, self.label_font) + 0.8
        self.blank(x, x + width, y + size * 0.72)
        self.doc.fill(key, (x, y - size * 1.0, width, size * 1.7), "left", self.value_size, 1)
        if tail:
            page.text(x + width + 0.8, y, tail, size, self.label_font)
        return x + width + 2

    def line_date(self, x: float, y: float, text: str, key: str, blank: float = 8.0) -> float:
        """A label and a printed 年 月 日 between blanks. Gives the x after it."""
        page = self.doc.page
        page.text(x, y, text, self.size, self.label_font)
        x += page.measure(text, self.size, self.label_font) + 0.8
        return self.doc.fill_date_form(key, x, y, self.size, blank)

    def _blank_width(self, blank: tuple[str, float], width: float, size: float) -> float:
        """How wide a blank becomes in mm; a negative width asks for a date on a printed 年 月 日."""
        key, wide = blank
        if wide < 0:
            return size * 3.2 + 3.5 * -wide
        text = self.doc.plan.get(key, ("", ""))[0]
        return max(wide, min(width * 0.98, sum(0.56 if c.isascii() else 1.0 for c in text) * self.value_size * 0.95))

    def flow(
        self,
        x: float,
        y: float,
        width: float,
        parts: Sequence[Words],
        size: float = 4.2,
        leading: float = 2.3,
    ) -> float:
        """Running text with blanks: strings are printed, (key, mm) are blanks on a rule. Gives the y below."""
        page, at = self.doc.page, x
        step = size * leading
        for n, part in enumerate(parts):
            if isinstance(part, str):
                follows = parts[n + 1] if n + 1 < len(parts) else ""
                label = 0 if isinstance(follows, str) else len(re.split("[，。；\n　]", part)[-1])
                for k, char in enumerate(part):
                    if char == "\n":
                        at, y = x, y + step
                        continue
                    if label and k == len(part) - label and at > x and not isinstance(follows, str):
                        need = label * size + self._blank_width(follows, width, size)
                        if at + need > x + width and need < width:  # keeps a label with its blank
                            at, y = x, y + step
                    wide = page.measure(char, size)
                    if at + wide > x + width and char not in "，。；、：）":
                        at, y = x, y + step
                    page.text(at, y, char, size)
                    at += wide
                continue
            wide = self._blank_width(part, width, size)
            if at + wide > x + width:
                at, y = x, y + step
            key = part[0]
            if part[1] < 0:
                at = self.doc.fill_date_form(key, at, y, size, -part[1])
                continue
            self.blank(at, at + wide, y + size * 0.7)
            self.doc.fill(key, (at, y - size * 1.0, wide, size * 1.65), "center", self.value_size, 1)
            at += wide + 0.6
        return y + step
