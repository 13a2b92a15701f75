"""Draws forms of :mod:`tests.synthesis.taught_specs`, blank or filled in, with the truth of labels and places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from .capture import capture, move_box
from .doc import Doc
from .forms import Cell, Form
from .hands import HANDS
from .page import Rect
from .taught_specs import WORDS, Ask, Spec
from .values import Values
from .writer import Writer

FONTS = {"development": ("serif", "song", "sans"), "heldout": ("kai", "micro", "ming")}
ROW_KEY = "rows"


@dataclass
class Printed:
    """One printed label with the place of its value: ``box`` in page pixels, then ``quad`` in the scan's."""

    label: str
    type: str
    options: tuple[str, ...]
    box: tuple[float, float, float, float]
    quad: list[list[float]] = field(default_factory=list)


@dataclass
class Drawn:
    """A form as scanned: RGB or gray pixels, what is printed, what was filled in by label."""

    spec: Spec
    layout: str
    image: np.ndarray
    dpi: int
    printed: list[Printed]
    values: dict[str, Any]
    rows: list[dict[str, str]]
    columns: list[Printed]


class _Painter:
    """Paints one form; where ``blank``, nothing is filled in."""

    def __init__(self, doc: Doc, spec: Spec, fonts: Sequence[str], blank: bool) -> None:
        self.doc, self.spec, self.blank = doc, spec, blank
        self.form = Form(doc)
        self.form.label_font = str(doc.rng.choice(list(fonts)))
        self.form.title_font = self.form.label_font
        self.form.spread = False
        # The printer's choices, the same on all copies; after this the doc's chance is the writer's.
        self.tall = float(doc.rng.uniform(10, 12.5))
        self.lines = int(doc.rng.integers(7, 11))
        self.underlined = bool(doc.rng.random() < 0.5)
        self.printed: list[Printed] = []
        self.columns: list[Printed] = []
        self.values: dict[str, Any] = {}
        self.rows: list[dict[str, str]] = []

    # --- what is written

    def write(self, ask: Ask, rect: Rect, note: Rect | None = None) -> None:
        """A value into its place, which is noted (``note``: as larger than ``rect``)."""
        x, y, w, h = note or rect
        self.printed.append(Printed(ask.label, ask.type, ask.options, self._pixels((x, y, w, h))))
        values, doc = self.doc.values, self.doc
        if ask.type == "checkboxes":
            chosen: list[str] = []
            if not self.blank:
                count = doc.values.number(1, 2) if ask.many else 1
                chosen = [ask.options[int(i)] for i in doc.rng.permutation(len(ask.options))[:count]]
            doc.check("boxes", rect, ask.options, chosen, ask.many, self.form.size, after=False)
            picked = [o for o in ask.options if o in chosen]
            self.values[ask.label] = picked if ask.many else (picked[0] if picked else "")
        elif self.blank:
            return
        elif ask.type == "signature":
            doc.sign("sign", rect, values.name(), share=0.9)
            self.values[ask.label] = doc.marks["sign"]
        elif ask.type == "seal":
            doc.seal("seal", "济宁市任城区办公室专用", x + min(w, 40) / 2, y + h / 2, share=0.9, spread=2.0)
            self.values[ask.label] = doc.marks["seal"]
        else:
            written, truth = self._value(ask)
            self.values[ask.label] = truth
            doc.put(rect, written, self.form.value_size, "left", 2 if h > 11 else 1)

    def _value(self, ask: Ask) -> tuple[str, str]:
        values = self.doc.values
        if ask.type == "name":
            name = values.name()
            return name, name
        if ask.type == "phone":
            phone = values.mobile() if values.chance(0.85) else values.landline()
            return phone, phone
        if ask.type == "id_number":
            number = values.person().id_number
            return number, number
        if ask.type == "date":
            return values.date_written(values.day("2019-03-01", "2025-10-20"))
        if ask.type == "number":
            low, high = map(int, ask.what.split())
            text = str(values.number(low, high))
            return text, text
        if ask.type == "code":
            text = f"{ask.what}{values.number(10_000, 99_999)}"
            return text, text
        text = values.pick(WORDS[ask.what])
        return text, text

    def _pixels(self, rect: Rect) -> tuple[float, float, float, float]:
        x, y, w, h = rect
        ppm = self.doc.ppm
        return x * ppm, y * ppm, (x + w) * ppm, (y + h) * ppm

    def cell(self, ask: Ask, span: int = 1) -> Cell:
        return Cell(lambda r: self.write(ask, (r[0] + 0.6, r[1] + 0.5, r[2] - 1.2, r[3] - 1), r), span)

    # --- layouts

    def ruled(self, y: float) -> float:
        """Two labels with their values a row; wide ones over the whole row."""
        rows: list[tuple[float, list[Cell]]] = []
        pending: list[Cell] = []
        tall = self.tall
        for ask in self.spec.asks:
            big = ask.type in ("seal", "signature")
            label = self.form.label(ask.label)
            if ask.wide or big:
                if pending:
                    rows.append((tall, [*pending, self.form.empty(2)]))
                    pending = []
                high = 34.0 if ask.type == "seal" else tall * (1.5 if ask.type != "checkboxes" else 1)
                rows.append((high, [label, self.cell(ask, 3)]))
            elif pending:
                rows.append((tall, [*pending, label, self.cell(ask)]))
                pending = []
            else:
                pending = [label, self.cell(ask)]
        if pending:
            rows.append((tall, [*pending, self.form.empty(2)]))
        widths = (31.0, 54.0, 31.0, 54.0)
        return self.form.table(20, y, widths, rows)

    def cards(self, y: float) -> float:
        """Cells with the label small above the room for the value."""
        rows: list[tuple[float, list[Cell]]] = []
        pending: list[Cell] = []
        for ask in self.spec.asks:
            card = self._card(ask)
            if ask.wide or ask.type == "seal":
                if pending:
                    rows.append((15.5, [*pending, self.form.empty(2 - len(pending))]))
                    pending = []
                rows.append((36.0 if ask.type == "seal" else 17.0, [Cell(card, 2)]))
            else:
                pending.append(Cell(card))
                if len(pending) == 2:
                    rows.append((15.5, pending))
                    pending = []
        if pending:
            rows.append((15.5, [*pending, self.form.empty(1)]))
        return self.form.table(20, y, (85.0, 85.0), rows)

    def _card(self, ask: Ask) -> Any:
        def paint(rect: Rect) -> None:
            x, y, w, h = rect
            self.doc.page.text(x + 1.4, y + 2.7, ask.label, self.form.size * 0.85, self.form.label_font)
            self.write(ask, (x + 1.2, y + 5.2, w - 2.4, h - 5.6), (x, y + 4.6, w, h - 4.6))

        return paint

    def blanks(self, y: float) -> float:
        """Labels before underlined blanks, two a row."""
        return self._lines(y, underlined=True)

    def colons(self, y: float) -> float:
        """Labels before colons with room behind them, two a row."""
        return self._lines(y, underlined=False)

    def _lines(self, y: float, *, underlined: bool) -> float:
        page, x = self.doc.page, 24.0
        step = 14.0
        for ask in self.spec.asks:
            wide = ask.wide or ask.type in ("seal", "signature")
            if wide and x > 30:
                x, y = 24.0, y + step
            text = ask.label + "：" if not underlined or self.doc.serif == "song" else ask.label
            page.text(x, y, text, self.form.size, self.form.label_font)
            at = x + page.measure(text, self.form.size, self.form.label_font) + 1.0
            end = 186.0 if wide else x + 78.0
            high = 26.0 if ask.type == "seal" else 9.0
            plain = ask.type in ("seal", "checkboxes")
            if underlined and not plain:
                self.form.blank(at, end, y + self.form.size * 0.75)
            top = y - 6.2 if ask.type != "seal" else y - 10.0
            place = (at, top, (45.0 if ask.type == "seal" else end - at), high)
            self.write(ask, place, place)
            y += 16.0 if ask.type == "seal" else 0.0
            if wide or x > 30:
                x, y = 24.0, y + step
            else:
                x = 108.0
        return y + step if x > 30 else y

    def listed(self, y: float) -> float:
        """A line of labels, a list, and what stands below it."""
        head = [a for a in self.spec.asks if a.type not in ("seal", "signature")]
        foot = [a for a in self.spec.asks if a.type in ("seal", "signature")]
        spec, self.spec = self.spec, Spec(self.spec.name, self.spec.title, tuple(head))
        y = self._lines(y, underlined=self.underlined) + 2
        self.spec = spec
        y = self._list(y)
        y += 14
        for n, ask in enumerate(foot):
            x = 24.0 + 84 * (n % 2)
            self.doc.page.text(x, y, ask.label + "：", self.form.size, self.form.label_font)
            at = x + self.doc.page.measure(ask.label + "：", self.form.size, self.form.label_font) + 1
            place = (at, y - 8, 40.0, 16.0)
            self.write(ask, place, place)
        return y

    def _listed_value(self, text: str, rect: Rect) -> None:
        x, y, w, h = rect
        self.doc.put((x + 0.4, y + 0.3, w - 0.8, h - 0.6), text, 4.8, "center", 1)

    def _list(self, y: float) -> float:
        columns = self.spec.columns
        widths = [12.0 if c.label == "序号" else 30.0 for c in columns]
        widths = [w * 170 / sum(widths) for w in widths]
        lines = self.lines
        filled = 0 if self.blank else int(self.doc.rng.integers(3, lines))
        self.form.table(20, y, widths, [(10.0, [self.form.label(c.label) for c in columns])], frame=False)
        x = 20.0
        for c, w in zip(columns, widths, strict=True):
            self.columns.append(Printed(c.label, c.type, c.options, self._pixels((x, y + 10, w, 9.5 * lines))))
            x += w
        cells = []
        for n in range(lines):
            row, made = {}, []
            for c in columns:
                if c.label == "序号":
                    made.append(self.form.label(str(n + 1)))
                    row[c.label] = str(n + 1)
                elif n < filled:
                    written, truth = self._value(c)
                    row[c.label] = truth
                    made.append(Cell(partial(self._listed_value, written)))
                else:
                    made.append(self.form.empty())
            if n < filled:
                self.rows.append(row)
            cells.append((9.5, made))
        return self.form.table(20, y + 10, widths, cells, frame=False)


def draw(
    spec: Spec, layout: str, seed: Sequence[int], *, blank: bool, hand: str, profile: str, group: str = "heldout",
    look: Sequence[int] = (0,),
) -> Drawn:  # fmt: skip
    """One scan. ``look`` seeds what all copies of a form share (fonts, sizes), ``seed`` what is filled in."""
    rng = np.random.default_rng([*look])
    dpi = 200 if profile in ("fax", "flatbed") else int(np.random.default_rng([*seed]).choice([150, 200, 300]))
    ppm = max(dpi, 200) / 25.4
    serif = str(rng.choice(list(FONTS[group])))
    doc = Doc(
        spec.name, rng, Writer(HANDS[hand], rng), Values(rng), ppm,
        ink=str(np.random.default_rng([*seed, 1]).choice(HANDS[hand].inks, p=[0.4, 0.45, 0.15])),
        serif=serif, seal_floor=0.75 if profile in ("copier", "fax") else 0.45,
    )  # fmt: skip
    painter = _Painter(doc, spec, FONTS[group], blank)
    own = np.random.default_rng([*seed])
    page = doc.new_page()
    painter.form.title(spec.title, 26.0, float(rng.uniform(6.0, 7.4)))
    painter.form.size = float(rng.uniform(3.7, 4.2))
    paint = {"ruled": painter.ruled, "cards": painter.cards, "blanks": painter.blanks, "colons": painter.colons,
             "rows": painter.listed}[layout]  # fmt: skip
    # From here on the writer's chance, not the printer's.
    doc.rng, doc.values, doc.writer = own, Values(own), Writer(HANDS[hand], own)
    paint(42.0)
    image, matrix = capture(page.finish(own), profile, dpi / 25.4 / ppm, own)
    for printed in (*painter.printed, *painter.columns):
        printed.quad = move_box(printed.box, matrix)
    return Drawn(spec, layout, image, dpi, painter.printed, painter.values, painter.rows, painter.columns)
