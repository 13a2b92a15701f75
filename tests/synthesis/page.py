"""A page of paper in millimetres: print, lines and inks."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw

from .fonts import face

Rect = tuple[float, float, float, float]  # x, y, width, height in mm
PRINT, RULE, RED_PRINT = (20, 20, 20), (25, 25, 25), (200, 30, 30)
INKS = {"blue": (28, 45, 130), "black": (25, 25, 28), "gray": (70, 72, 78), "red": (205, 30, 38)}


@dataclass
class Page:
    """One sheet; ``ppm`` is pixels a millimetre. Print is drawn at once, inks are laid on at the end."""

    width: float
    height: float
    ppm: float
    serif: str = "serif"
    image: Image.Image = field(init=False)
    draw: ImageDraw.ImageDraw = field(init=False)
    inks: list[tuple[np.ndarray, int, int, tuple[int, int, int]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """An empty white sheet."""
        self.image = Image.new("RGB", (round(self.width * self.ppm), round(self.height * self.ppm)), "white")
        self.draw = ImageDraw.Draw(self.image)

    def px(self, mm: float) -> int:
        """Millimetres as pixels."""
        return round(mm * self.ppm)

    def measure(self, text: str, size: float, font: str | None = None) -> float:
        """Width of printed text in mm."""
        return face(font or self.serif).at(max(6, self.px(size))).getlength(text) / self.ppm

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        font: str | None = None,
        anchor: str = "lm",
        fill: tuple[int, int, int] = PRINT,
    ) -> None:
        """Printed text; ``size`` is its em in mm, the anchor as Pillow's."""
        drawn = face(font or self.serif).at(max(6, self.px(size)))
        self.draw.text((x * self.ppm, y * self.ppm), text, font=drawn, fill=fill, anchor=anchor)

    def wrap(self, text: str, width: float, size: float, font: str | None = None) -> list[str]:
        """Lines of printed text that fit a width; line breaks in the text are kept."""
        lines = []
        for part in text.split("\n"):
            line = ""
            for char in part:
                if line and self.measure(line + char, size, font) > width and char not in "，。、；：）)":
                    lines.append(line)
                    line = ""
                line += char
            lines.append(line)
        return lines

    def label(
        self, rect: Rect, text: str, size: float, font: str | None = None, align: str = "center", upright: bool = False
    ) -> None:
        """Printed text in the middle of a cell, wrapped, or one character under the other."""
        x, y, w, h = rect
        lines = list(text) if upright else self.wrap(text, w - 1.2, size, font)
        while size > 2 and (
            len(lines) * size * 1.2 > h - 0.6 or max(self.measure(line, size, font) for line in lines) > w - 1
        ):
            size *= 0.92
            lines = list(text) if upright else self.wrap(text, w - 1.2, size, font)
        top = y + h / 2 - (len(lines) - 1) * size * 0.62
        for i, line in enumerate(lines):
            at = top + i * size * 1.24
            if align == "left":
                self.text(x + 1.4, at, line, size, font, "lm")
            elif (
                len(line) == 2
                and not upright
                and w > size * 5
                and len(lines) == 1
                and line.isalpha()
                and align == "spread"
            ):
                self.text(x + w / 2, at, f"{line[0]}　{line[1]}", size, font, "mm")
            else:
                self.text(x + w / 2, at, line, size, font, "mm")

    def line(
        self,
        x0: float,
        y0: float,
        x1: float,
        y1: float,
        thick: float = 0.22,
        fill: tuple[int, int, int] = RULE,
    ) -> None:
        """A printed rule."""
        points = (self.px(x0), self.px(y0), self.px(x1), self.px(y1))
        self.draw.line(points, fill=fill, width=max(1, self.px(thick)))

    def dotted(self, x0: float, x1: float, y: float) -> None:
        """A dotted rule to write on."""
        for k in range(int((x1 - x0) / 1.1)):
            self.line(x0 + k * 1.1, y, x0 + k * 1.1 + 0.45, y, 0.15)

    def box(self, rect: Rect, thick: float = 0.22) -> None:
        """A printed frame."""
        x, y, w, h = rect
        points = (self.px(x), self.px(y), self.px(x + w), self.px(y + h))
        self.draw.rectangle(points, outline=RULE, width=max(1, self.px(thick)))

    def circle(self, rect: Rect, thick: float = 0.22) -> None:
        """A printed ring."""
        x, y, w, h = rect
        points = (self.px(x), self.px(y), self.px(x + w), self.px(y + h))
        self.draw.ellipse(points, outline=RULE, width=max(1, self.px(thick)))

    def clear(self, rect: Rect) -> None:
        """Takes away what is printed in a rectangle."""
        x, y, w, h = rect
        self.draw.rectangle([self.px(v) for v in (x, y, x + w, y + h)], fill="white")

    def ink(
        self, alpha: np.ndarray, x: float, y: float, colour: tuple[int, int, int]
    ) -> tuple[float, float, float, float]:
        """Lays a picture of ink with its top left at pixel (x, y); gives its rectangle in pixels."""
        self.inks.append((alpha, round(x), round(y), colour))
        return x, y, x + alpha.shape[1], y + alpha.shape[0]

    def finish(self, rng: np.random.Generator) -> np.ndarray:
        """The sheet as RGB with all inks on it."""
        sheet = np.asarray(self.image, np.float32).copy()
        height, width = sheet.shape[:2]
        flow = 1 - 0.22 * rng.random((height // 24 + 1, width // 24 + 1)).astype(np.float32)
        for alpha, x, y, colour in self.inks:
            x0, y0, x1, y1 = max(0, x), max(0, y), min(width, x + alpha.shape[1]), min(height, y + alpha.shape[0])
            if x1 <= x0 or y1 <= y0:
                continue
            part = alpha[y0 - y : y1 - y, x0 - x : x1 - x]
            uneven = flow[np.arange(y0, y1)[:, None] // 24, np.arange(x0, x1)[None] // 24]
            cover = (part * uneven)[..., None]
            through = np.asarray(colour, np.float32) / 255
            sheet[y0:y1, x0:x1] *= 1 - cover * (1 - through)
        return np.clip(sheet, 0, 255).astype(np.uint8)


def split_text(text: str, count: int, need: float) -> list[str]:
    """Text cut into lines of about equal width (ASCII counts half)."""
    weights = [0.55 if c.isascii() else 1.0 for c in text]
    parts: list[str] = []
    total, part, used = sum(weights), "", 0.0
    limit = total / count if need > count * 0.85 else total / need * 0.98
    for char, weight in zip(text, weights, strict=True):
        if part and used + weight > limit + 0.3 and len(parts) < count - 1 and char not in "，。、":
            parts.append(part)
            part, used = "", 0.0
        part += char
        used += weight
    return [*parts, part]
