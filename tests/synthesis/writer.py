"""A writer at work: draws lines of text as ink in a hand."""

from __future__ import annotations

import functools

import cv2
import numpy as np

from .digits import DigitHand, curve
from .fonts import face
from .hands import Hand
from .strokes import EM, PAD, SIDE, glyph_mask, glyph_strokes

DIGITS = set("0123456789Xx-./")
#: Punctuation drawn by pens themselves, in em units: a skeleton of a font's would be a mere speck.
POINTS = {
    "、": [[(0.1, 0.72), (0.2, 0.8), (0.3, 0.93)]],
    "，": [[(0.16, 0.78), (0.24, 0.84), (0.2, 0.95), (0.1, 1.04)]],
    "。": [[(0.2, 0.78), (0.1, 0.88), (0.2, 0.98), (0.32, 0.88), (0.21, 0.77)]],
    "；": [[(0.2, 0.5), (0.24, 0.56)], [(0.2, 0.78), (0.26, 0.84), (0.14, 1.02)]],
    "：": [[(0.2, 0.5), (0.24, 0.56)], [(0.2, 0.8), (0.24, 0.86)]],
}


@functools.lru_cache(maxsize=64)
def _digit_hand(seed: int) -> DigitHand:
    own = np.random.default_rng([seed, 3])
    return DigitHand(seed, width=float(own.uniform(0.8, 1.05)), shake=float(own.uniform(0.012, 0.03)))


@functools.lru_cache(maxsize=64)
def _latin_fit(font: str, share: float) -> tuple[float, float]:
    """How to scale a font's Latin characters so that an 8 is ``share`` ems high, and how far to lower them then."""
    rows = np.where(glyph_mask(font, "8")[0].max(1) > 0.5)[0]
    scale = float(np.clip(share * EM / (rows[-1] - rows[0] + 1), 0.6, 2.2))
    bottom = (rows[-1] - PAD - EM * 0.5) * scale + EM * 0.5
    return scale, EM * 0.9 - bottom


def _is_latin(char: str) -> bool:
    return char.isascii()


def _bend(seed: tuple[int, ...], amount: float) -> np.ndarray:
    """Six waves that move points; the same seed bends the same way."""
    own = np.random.default_rng(seed)
    waves = own.uniform(-1, 1, (6, 6))
    waves[:, :2] *= 2 * np.pi / EM * 0.9
    waves[:, 2] *= np.pi
    waves[:, 3:5] *= amount / 2
    return waves


def _shift(points: np.ndarray, waves: np.ndarray) -> np.ndarray:
    phase = np.sin(points @ waves[:, :2].T + waves[:, 2])
    moved: np.ndarray = points + phase @ waves[:, 3:5]
    return moved


class Writer:
    """A hand with its moods of one document: same seed, same writing."""

    def __init__(self, hand: Hand, rng: np.random.Generator) -> None:
        """The hand, and the document's own generator."""
        self.hand, self.rng = hand, rng
        self.scale = float(rng.uniform(0.92, 1.08))
        self.slant = hand.slant + float(rng.normal(0, 0.03))
        self.width = hand.width * float(rng.uniform(0.85, 1.2))

    def _font_of(self, char: str) -> str:
        fonts = (self.hand.latin, *self.hand.fonts, "sans") if _is_latin(char) else (*self.hand.fonts, "seto", "sans")
        if self.hand.mix and not _is_latin(char) and self.rng.random() < self.hand.mix and face(fonts[1]).has(char):
            return fonts[1]
        return next((f for f in fonts if face(f).has(char)), fonts[-1])

    def _matrix(self, scale: float) -> np.ndarray:
        """Slant, size, squeeze and turn of one character about its centre."""
        hand, rng = self.hand, self.rng
        size = (1 + rng.normal(0, hand.size_jitter)) * scale
        angle = np.deg2rad(rng.normal(0, hand.turn))
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        slant = np.array([[1, -self.slant], [0, 1]])
        matrix: np.ndarray = turn @ slant @ np.diag([hand.squeeze * size, size])
        return matrix

    def _strokes(self, char: str, font: str | None) -> tuple[list[np.ndarray], float]:
        """One character's strokes, placed with its left edge at 0 and the em box from 0 to EM, and its advance."""
        hand, rng = self.hand, self.rng
        if font is None:
            drawn = _digit_hand(hand.own_digits or 0).draw(char.upper(), rng)
            assert drawn is not None
            height = EM * hand.digit_size
            lines = [s * height + (0, EM * 0.9 - height) for s in drawn[0]]
            advance = drawn[1] * height
        elif char in POINTS:
            lines, advance = [curve(np.array(s), 4) * EM for s in POINTS[char]], EM * 0.7
        else:
            found, advance = glyph_strokes(font, char)
            lines = [np.array(s, np.float64) for s in found]
        latin = _is_latin(char)
        scale, lower = _latin_fit(font, hand.digit_size * 0.8) if latin and font is not None else (1.0, 0.0)
        habit = _bend((ord(char), hash_name(hand.name)), hand.habit * (0.5 if latin else 1))
        mood = _bend(tuple(rng.integers(0, 2**31, 2)), hand.elastic * (0.5 if latin else 1))
        matrix = self._matrix(scale)
        centre = np.array([advance / 2, EM * 0.5])
        wide = advance * hand.squeeze * scale
        place = np.array([wide / 2, EM * 0.5 + lower])
        return [(_shift(_shift(s, habit), mood) - centre) @ matrix.T + place for s in lines], wide

    def _draw_strokes(self, canvas: np.ndarray, lines: list[np.ndarray], offset: np.ndarray) -> None:
        hand, rng = self.hand, self.rng
        placed = [s + offset for s in lines]
        for i, s in enumerate(placed):
            press = rng.uniform(0.85, 1.15) * self.width
            shape = 1 - 0.35 * np.abs(np.linspace(-1, 1, len(s))) ** 3
            self._pull(canvas, s, press * shape)
            if i + 1 < len(placed) and rng.random() < hand.joins:
                gap = placed[i + 1][0] - s[-1]
                if 4 < np.hypot(*gap) < 0.5 * EM:
                    self._pull(
                        canvas, np.stack([s[-1], s[-1] + gap * 0.5 + (0, 2), placed[i + 1][0]]), np.full(3, press * 0.5)
                    )

    @staticmethod
    def _pull(canvas: np.ndarray, path: np.ndarray, widths: np.ndarray) -> None:
        """Draws a path with a changing width."""
        fixed = np.round(path * 16).astype(int)
        for k in range(len(fixed) - 1):
            thick = max(1, round(float(widths[k])))
            ends = [(int(x), int(y)) for x, y in fixed[k : k + 2]]
            cv2.line(canvas, ends[0], ends[1], (255,), thick, cv2.LINE_AA, 4)

    def _mask(self, char: str, font: str) -> tuple[np.ndarray, float]:
        """One character's outline, bent and slanted, in the SIDE square."""
        hand, rng = self.hand, self.rng
        mask, advance = glyph_mask(font, char)
        latin = _is_latin(char)
        scale, lower = _latin_fit(font, hand.digit_size * 0.8) if latin else (1.0, 0.0)
        weight = hand.weight if font == hand.fonts[0] else max(hand.weight, 1.5 if font == "gyosho" else 0.0)
        if weight:
            soft = cv2.GaussianBlur(mask, (0, 0), 1.6)
            mask = np.clip((soft - 0.5 + weight * 0.11) * 3 + 0.5, 0, 1)
        matrix = self._matrix(scale)
        inverse = np.linalg.inv(matrix)
        ys, xs = np.mgrid[0:SIDE:8, 0:SIDE:8].astype(np.float64)
        points = np.stack([xs.ravel(), ys.ravel()], axis=1)
        centre = np.array([PAD + advance / 2, SIDE / 2])
        wide = advance * hand.squeeze * scale
        source = (points - (PAD + wide / 2, SIDE / 2 + lower)) @ inverse.T + centre
        source = _shift(source, _bend((ord(char), hash_name(hand.name)), hand.habit * (0.5 if latin else 1)))
        source = _shift(source, _bend(tuple(rng.integers(0, 2**31, 2)), hand.elastic * (0.5 if latin else 1)))
        grid = [cv2.resize(source[:, k].reshape(xs.shape).astype(np.float32), (SIDE, SIDE)) for k in (0, 1)]
        # mgrid samples every 8 pixels from 0, cv2.resize from the middle of blocks: move by half a block
        mask = cv2.remap(mask, grid[0] - 3.5, grid[1] - 3.5, cv2.INTER_LINEAR)
        return mask, wide

    def line(self, text: str, em: float, gap: float = 0.0) -> np.ndarray:
        """One line as an alpha picture (0..1), cut to its ink; ``em`` in pixels, ``gap`` between characters in ems."""
        hand, rng = self.hand, self.rng
        canvas = np.zeros((SIDE + 40, int(EM * 1.35 * (1 + gap) * (len(text) + 2)) + SIDE), np.uint8)
        x, drift, slope = float(PAD), 0.0, rng.normal(0, 0.006)
        last: np.ndarray | None = None
        for char in text:
            if char == " ":
                x += EM * 0.35
                continue
            drift = 0.7 * drift + rng.normal(0, hand.wander * EM)
            y = 20 + PAD + drift + slope * (x - PAD)
            own = char.upper() in DIGITS and hand.own_digits is not None
            if own or hand.pen:
                lines, advance = self._strokes(char, None if own else self._font_of(char))
                if lines:
                    at = np.array([x, y])
                    self._draw_strokes(canvas, lines, at)
                    first, end = lines[0][0] + at, lines[-1][-1] + at
                    if last is not None and rng.random() < hand.links and np.hypot(*(first - last)) < EM * 0.8:
                        self._pull(
                            canvas, np.stack([last, (last + first) / 2 + (0, 3), first]), np.full(3, self.width * 0.45)
                        )
                    last = end
            else:
                mask, advance = self._mask(char, self._font_of(char))
                x0, y0 = round(x) - PAD, max(0, min(round(y) - PAD, 40))
                x0 = max(0, x0)
                room = canvas[y0 : y0 + SIDE, x0 : x0 + SIDE]
                np.maximum(room, (mask[:, : room.shape[1]] * 255).astype(np.uint8), out=room)
            x += advance * hand.tracking + EM * (gap + (0.03 if _is_latin(char) else 0.0)) + rng.normal(0, 0.02) * EM
        ratio = em * self.scale / EM
        size = (max(1, round(canvas.shape[1] * ratio)), max(1, round(canvas.shape[0] * ratio)))
        alpha = cv2.resize(canvas, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        rows, cols = np.where(alpha.max(1) > 0.15)[0], np.where(alpha.max(0) > 0.15)[0]
        if not len(rows) or not len(cols):
            return np.zeros((2, 2), np.float32)
        return alpha[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]


def hash_name(name: str) -> int:
    """A number for a name that does not change between runs."""
    total: int = sum(ord(c) * 31**i for i, c in enumerate(name))
    return total % 1_000_003
