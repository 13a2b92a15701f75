"""One filled-in document: writes values into places and keeps the truth of what was written where."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from .fonts import face
from .page import INKS, Page, Rect, split_text
from .seals import seal_mask
from .values import Values
from .writer import Writer

#: What stands on paper and what it means.
Written = tuple[str, Any]
BRACKETS = {"paren": ("(", ")"), "bracket": ("[", "]")}
#: Corners in pixels: left, top, right, bottom.
Box = tuple[float, float, float, float]


@dataclass
class Doc:
    """A document being filled in. ``plan`` holds what is to be written under each field key."""

    doc_type: str
    rng: np.random.Generator
    writer: Writer
    values: Values
    ppm: float
    ink: str = "blue"
    printed: bool = False
    serif: str = "serif"
    mark_style: str = "tick"
    distract: bool = False
    seal_floor: float = 0.45  # a seal fainter than this vanishes in the copy
    plan: dict[str, Written] = field(default_factory=dict)
    days: dict[str, dt.date] = field(default_factory=dict)
    pages: list[Page] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    rows: list[dict[str, str]] = field(default_factory=list)
    marks: dict[str, bool] = field(default_factory=dict)
    boxes: list[tuple[str, int, Box]] = field(default_factory=list)

    @property
    def page(self) -> Page:
        """The sheet being filled in."""
        return self.pages[-1]

    def new_page(self, width: float = 210, height: float = 297) -> Page:
        """Takes another sheet."""
        self.pages.append(Page(width, height, self.ppm, self.serif))
        return self.page

    def _pixels(self, x0: float, y0: float, x1: float, y1: float) -> Box:
        """Corners in mm as pixels."""
        return x0 * self.ppm, y0 * self.ppm, x1 * self.ppm, y1 * self.ppm

    def note(self, key: str, parts: list[Box]) -> None:
        """Keeps where a field's ink stands."""
        if parts:
            x0, y0 = min(p[0] for p in parts), min(p[1] for p in parts)
            x1, y1 = max(p[2] for p in parts), max(p[3] for p in parts)
            self.boxes.append((key, len(self.pages) - 1, (x0, y0, x1, y1)))

    def _line(self, text: str, em: float, gap: float = 0.0) -> np.ndarray:
        """One line as ink, by hand or by the office's printer."""
        if not self.printed:
            return self.writer.line(text, em, gap)
        font = face(self.serif).at(max(8, round(em * 0.82)))
        mask = font.getmask(text)
        return np.asarray(mask, np.float32).reshape(mask.size[1], mask.size[0]) / 255

    def put(
        self, rect: Rect, text: str, size: float = 5.4, align: str = "left", lines: int = 1, pitch: float = 0.0
    ) -> list[Box]:
        """Writes text into a rectangle, smaller or on several lines where it must; gives its ink in pixels."""
        if not text:
            return []
        x, y, w, h = (v * self.ppm for v in rect)
        em = min(size * self.ppm, h * 0.92)
        if self.printed:
            em = min(em, 4.8 * self.ppm)
        room = w * 0.97
        whole = self._line(text, em)
        need = whole.shape[1] / room
        parts = [text]
        if need > 1.12 and lines > 1:
            count = min(lines, int(np.ceil(need * 1.04)))
            parts = split_text(text, count, need)
            em = min(em, pitch * self.ppm * 0.8 if pitch else h / (len(parts) * 1.08))
        drawn = [whole] if len(parts) == 1 else [self._line(p, em) for p in parts]
        widest = max(d.shape[1] for d in drawn)
        if widest > room:
            fit = room / widest
            drawn = [
                cv2.resize(d, None, fx=fit, fy=max(fit, 0.8 * fit + 0.2), interpolation=cv2.INTER_AREA) for d in drawn
            ]
        if pitch:  # rules to write on: from the first one down
            step, first = pitch * self.ppm, y + pitch * self.ppm / 2
        else:
            step = h / len(drawn) if len(drawn) > 1 and h < len(drawn) * em * 1.6 else em * 1.35
            first = y + h / 2 - step * (len(drawn) - 1) / 2
        found = []
        loose = 0.3 if self.printed else 1.0
        shift = self.rng.normal(0, 0.012) * w * loose
        for i, d in enumerate(drawn):
            left = (
                x + (w - d.shape[1]) / 2 + shift
                if align == "center"
                else x + 0.9 * self.ppm * float(self.rng.uniform(0.6, 2.2))
            )
            left = min(max(left, x), x + max(0.0, w - d.shape[1])) if d.shape[1] < w else x
            top = first + step * i - d.shape[0] / 2 + self.rng.normal(0, 0.05) * em * loose
            colour = (25, 25, 25) if self.printed else INKS[self.ink]
            found.append(self.page.ink(d * (1.0 if self.printed else 0.93), left, top, colour))
        return found

    def fill(
        self, key: str, rect: Rect, align: str = "center", size: float = 5.4, lines: int = 2, pitch: float = 0.0
    ) -> None:
        """Writes a planned field into its place and notes it as true."""
        written, truth = self.plan.get(key, ("", ""))
        self.fields[key] = truth
        self.note(key, self.put(rect, written, size, align, lines, pitch))

    def fill_cell(
        self, row: int, key: str, rect: Rect, written: Written, align: str = "center", size: float = 4.8
    ) -> None:
        """Writes a list's cell."""
        self.rows[row][key] = written[1]
        self.note(f"rows.{row}.{key}", self.put(rect, written[0], size, align, 2))

    def fill_date_form(
        self, key: str, x: float, y: float, size: float = 4.0, blank: float = 8.0, printed_years: str = ""
    ) -> float:
        """A printed 年 月 日 with blanks between; gives the x after it. ``y`` is the middle of the line."""
        day = self.days.get(key) if self.plan.get(key, ("", ""))[1] else None
        self.fields[key] = day.isoformat() if day else ""
        parts: list[Box] = []
        year = f"{day.year}"[len(printed_years) :] if day else ""
        if printed_years:
            self.page.text(x, y, printed_years, size)
            start = x
            x += self.page.measure(printed_years, size)
            if day:
                parts.append(self._pixels(start, y - size / 2, x, y + size / 2))
        for unit, text, wide in (
            ("年", year, 1.5),
            ("月", f"{day.month}" if day else "", 1.0),
            ("日", f"{day.day}" if day else "", 1.0),
        ):
            parts += self.put((x, y - size * 0.8, blank * wide, size * 1.5), text, size * 1.25, "center")
            x += blank * wide
            self.page.text(x, y, unit, size)
            x += size * 1.05
        self.note(key, parts)
        return x

    def _places(self, rect: Rect, widths: list[float], step: float, per_row: int) -> Iterator[tuple[int, float, float]]:
        """Where options stand that are this wide: number, left edge and middle, row by row."""
        x, y, w, h = rect
        rows: list[list[int]] = [[]]
        used = 0.0
        for i, need in enumerate(widths):
            if rows[-1] and (used + need > w - 2 or (per_row and len(rows[-1]) >= per_row)):
                rows.append([])
                used = 0.0
            rows[-1].append(i)
            used += need
        step = min(h / len(rows), step)
        top = y + h / 2 - step * (len(rows) - 1) / 2
        for r, row in enumerate(rows):
            at = x + 2
            pitch = (w - 4) / per_row if per_row else 0
            for n, i in enumerate(row):
                if pitch:
                    at = x + 2 + n * pitch
                yield i, at, top + r * step
                at += widths[i]

    def _option_box(self, style: str, slot: Rect, size: float) -> None:
        """What an option is marked in: □, ○, ( ) or [ ]."""
        x, y, w, h = slot
        if style == "square":
            self.page.box(slot, 0.2)
        elif style == "circle":
            self.page.circle(slot, 0.2)
        else:
            left, right = BRACKETS[style]
            self.page.text(x, y + h / 2, left, size * 1.1, anchor="lm")
            self.page.text(x + w, y + h / 2, right, size * 1.1, anchor="rm")

    def check(
        self,
        key: str,
        rect: Rect,
        options: tuple[str, ...],
        chosen: list[str],
        many: bool,
        size: float = 3.9,
        per_row: int = 0,
        style: str = "square",
        after: bool | None = None,
    ) -> None:
        """Printed boxes with options, some marked; the truth lists options in printed order."""
        side = size * float(self.rng.uniform(0.85, 1.05))
        slot = side if style in ("square", "circle") else size * 1.75
        wide = [self.page.measure(o, size) for o in options]
        # the box stands before its option, or after it
        before = (bool(per_row) or self.rng.random() < 0.8) if after is None else not after
        parts: list[Box] = []
        regret = int(self.rng.integers(len(options))) if self.distract and self.rng.random() < 0.2 else -1
        for i, at, middle in self._places(rect, [slot + 1.0 + w + 3.5 for w in wide], size * 2.1, per_row):
            place = at if before else at + wide[i] + 0.8
            self.page.text(at + slot + 1.0 if before else at, middle, options[i], size)
            self._option_box(style, (place, middle - side / 2, slot, side), size)
            parts.append(self._pixels(at, middle - side / 2, at + slot + 1 + wide[i], middle + side / 2))
            box = (place + (slot - side) / 2, middle - side / 2, side, side)
            if i == regret:
                self._regret(box)
            elif options[i] in chosen:
                self._mark(box, style in ("square", "circle"))
            elif self.distract and self.rng.random() < 0.2:
                self._stray(box)
        if regret >= 0:  # a question for a person: no truth to score
            return
        picked = [o for o in options if o in chosen]
        self.fields[key] = picked if many else (picked[0] if picked else "")
        self.note(key, parts)

    def _stroke(self, rect: Rect, lines: list[list[tuple[float, float]]], thick: float) -> None:
        """Draws a hand's stroke given in units of a box."""
        x, y, w, h = (v * self.ppm for v in rect)
        pad, big = int(1.2 * w) + 4, 4
        canvas = np.zeros(((int(h) + 2 * pad) * big, (int(w) + 2 * pad) * big), np.uint8)
        for line in lines:
            points = np.array(line) + self.rng.normal(0, 0.04, (len(line), 2))
            points = (points * (w, h) + pad) * big
            cv2.polylines(
                canvas, [points.astype(np.int32)], False, (255,), max(1, round(thick * self.ppm * big)), cv2.LINE_AA
            )
        alpha = cv2.resize(canvas, None, fx=1 / big, fy=1 / big, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        self.page.ink(alpha, x - pad, y - pad, INKS["black" if self.printed else self.ink])

    def _mark(self, rect: Rect, closed: bool = True) -> None:
        """Marks a box in the writer's way, now and then in another; nobody fills or rings open brackets."""
        style = self.mark_style if self.rng.random() < 0.85 else str(self.rng.choice(["tick", "cross", "fill", "dot"]))
        if not closed and style in ("fill", "ring"):
            style = "tick"
        thick = float(self.rng.uniform(0.3, 0.55))
        turn = np.linspace(0.3, 2 * np.pi + 0.6, 24)
        if style == "tick":
            reach = float(self.rng.uniform(0.1, 0.7))
            lines = [[(0.12, 0.5), (0.4, 0.9), (0.8 + reach * 0.6, 0.15 - reach)]]
        elif style == "cross":
            lines = [[(0.12, 0.1), (0.9, 0.92)], [(0.9, 0.08), (0.1, 0.9)]]
        elif style == "fill":
            lines = [[(0.12 if k % 2 else 0.88, 0.12 + 0.09 * k) for k in range(9)]]
        elif style == "dot":
            lines = [[(0.5 + 0.28 * np.cos(t), 0.5 + 0.28 * np.sin(t)) for t in turn]]
        else:  # ring: around the box
            lines = [[(0.5 + 0.95 * np.cos(t), 0.5 + 0.85 * np.sin(t)) for t in turn]]
        self._stroke(rect, lines, thick)

    def _regret(self, rect: Rect) -> None:
        """A tick crossed out again."""
        self._stroke(rect, [[(0.1, 0.5), (0.4, 0.9), (1.0, 0.0)]], 0.4)
        self._stroke(rect, [[(-0.3, 0.3 + 0.2 * k), (1.3, 0.2 + 0.2 * k)] for k in range(3)], 0.4)

    def _stray(self, rect: Rect) -> None:
        """A line that touches a box without meaning it."""
        y = float(self.rng.uniform(0.6, 1.3))
        self._stroke(rect, [[(-0.9, y), (0.3, y - 0.1), (1.8, y + 0.1)]], 0.25)

    def sign(self, key: str, rect: Rect, name: str, share: float = 0.9) -> None:
        """A signature, larger and quicker than the rest, or none."""
        there = bool(self.rng.random() < share)
        self.marks[key] = there
        if there:
            was, self.printed = self.printed, False
            slant, self.writer.slant = self.writer.slant, self.writer.slant + float(self.rng.uniform(0.05, 0.25))
            self.note(key, self.put(rect, name, float(self.rng.uniform(6.2, 8.2)), "left"))
            self.printed, self.writer.slant = was, slant

    def seal(self, key: str, text: str, x: float, y: float, share: float = 0.82, spread: float = 4.0) -> None:
        """An office's seal about (x, y), or none."""
        there = bool(self.rng.random() < share)
        self.marks[key] = there
        if there:
            mask = seal_mask(text, float(self.rng.uniform(17.5, 20.5)) * self.ppm, self.rng, floor=self.seal_floor)
            half = mask.shape[0] / 2 / self.ppm
            x = min(max(x + float(self.rng.normal(0, spread)), half + 2), self.page.width - half - 2)
            y = min(y + float(self.rng.normal(0, spread * 0.7)), self.page.height - half - 2)
            self.page.ink(mask, (x - half) * self.ppm, (y - half) * self.ppm, INKS["red"])
