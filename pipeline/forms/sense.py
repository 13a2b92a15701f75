"""Whether text on a page is a printed label or was filled in, in log-odds, from whatever speaks for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.forms.labels import plain
from pipeline.forms.layout import Layout, Line
from pipeline.forms.printed import Sense, is_furniture
from pipeline.sheets import Box

_VALUES = re.compile(
    r"\d{6,}|^\d+(?:[.,:/\-年月]\d+)*[日元]?$|\d{4}\s*[年./\-]\s*\d{1,2}|[\d〇零一二三四五六七八九十]+[月日号室]|^[\d.]+\D?$"
)
_COLOURED = 28.0  # of 255; how much bluer than red the ink of a ballpoint pen is
_PEN = 3.0
_BLACK_BESIDE_BLUE = 1.2
_SURE, _UNSURE = 0.97, 0.6  # of the least certain character
_LARGE = 1.28  # times the height of known labels: people write larger than forms are printed
_OPTION_MARKS = re.compile(r"[□☐☑☒⊠○√]")


def blank_sense() -> Sense:
    """The sense for a form that nobody filled in: all that is no unit, date frame or row of boxes is a label."""

    def sense(lines: Sequence[Line]) -> float:
        text = "".join(line.text for line in lines)
        if is_furniture(text):
            return -4.0
        if len(_OPTION_MARKS.findall(text)) >= 2:
            return -3.0
        return 4.0 if len(plain(text)) <= 14 else 1.5

    return sense


@dataclass(frozen=True, slots=True)
class PageInk:
    """What the ink of a page is like: whether somebody wrote in blue, and how tall known labels are printed."""

    blue: bool
    height: float


def page_sense(layout: Layout, weight: Callable[[str], float]) -> Sense:
    """The sense for one filled-in page; ``weight`` gives the log-odds of a wording to be a label (terms).

    A label is worded like one, printed in black, legible and no larger than other labels; values are numbers,
    dates, written in blue or in a hand that reads less surely.
    """
    ink = _ink_of(layout, weight)

    def sense(lines: Sequence[Line]) -> float:
        text = "".join(line.text for line in lines)
        bare = plain(text)
        if is_furniture(text):
            return -4.0
        if len(_OPTION_MARKS.findall(text)) >= 2:
            return -3.0
        odds = weight(text)
        if _VALUES.search(re.sub(r"\s+", "", text)):
            odds -= 4.0
        elif any(c.isdigit() for c in bare):
            odds -= 1.5
        if text.rstrip().endswith((":", "：")):
            odds += 2.0
        if len(bare) > 10:
            odds -= 0.3 * (len(bare) - 10)
        if len(bare) < 2:
            odds -= 1.5
        if ink.blue:
            odds += -_PEN if blueness(layout, Box.around([x.box for x in lines])) > _COLOURED else _BLACK_BESIDE_BLUE
        weakest = min((line.said.weakest for line in lines if line.said is not None), default=0.0)
        odds += 0.7 if weakest > _SURE else -1.2 if weakest < _UNSURE else 0.0
        tall = max(line.box.height for line in lines)
        if ink.height and len(lines) == 1 and tall > _LARGE * ink.height:
            odds -= 0.8
        return odds

    return sense


def _ink_of(layout: Layout, weight: Callable[[str], float]) -> PageInk:
    lines = [line for line in layout.lines() if plain(line.text)]
    blue = [line for line in lines if blueness(layout, line.box) > _COLOURED] if layout.sheet.colour else []
    known = [line.box.height for line in lines if weight(line.text) >= 3.5]
    return PageInk(len(blue) >= 2, float(np.median(known)) if len(known) >= 3 else 0.0)


def blueness(layout: Layout, box: Box) -> float:
    """How much bluer than red the ink in ``box`` is, of 255, at the median of its darkest pixels."""
    x0, y0, x1, y1 = (max(0, round(v)) for v in (box.x0, box.y0, box.x1, box.y1))
    mask = layout.sheet.mask[y0:y1, x0:x1] > 0
    if not mask.any():
        return 0.0
    pixels = layout.sheet.pixels[y0:y1, x0:x1][mask].astype(np.int16)
    darkest = pixels[pixels.sum(axis=1) <= np.median(pixels.sum(axis=1))]
    return float(np.median(darkest[:, 0] - darkest[:, 2]))
