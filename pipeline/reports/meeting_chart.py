"""The charts of the summary for the meeting: lying bars by community, upright ones by month; the template draws them.

Every value is written at its bar, so that the charts read in print, in grey and without their colours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, FULL_WIDTH = 480, 986
"""Of a chart in one of two columns, and of one across the page."""

_NAME, _VALUE = 104, 34  # room for names before the bars, for values behind them
_LINE, _GAP = 13, 7
_COLUMNS_HEIGHT, _FOOT, _HEAD = 130, 26, 16
_WIDEST = 34


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the series ``series`` (from 0); ``label`` stands at ``text_x``, ``text_y``, in it where ``inside``."""

    series: int
    x: float
    y: float
    width: float
    height: float
    label: str
    text_x: float
    text_y: float
    inside: bool = False


@dataclass(frozen=True, slots=True)
class Name:
    """What a row or a column of bars is of; where it ends or is centred."""

    text: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart in units of its view box. ``series`` are the names of what it shows, ``words`` what it says."""

    width: int
    height: int
    series: list[str]
    names: list[Name]
    bars: list[Bar]
    words: str


def lying(values: Mapping[str, Sequence[int]], series: Sequence[str], *, stacked: bool) -> Drawing | None:
    """Lying bars, one row a name: its values one below another, or one after another; ``None`` without any."""
    totals = [sum(v) if stacked else max(v, default=0) for v in values.values()]
    highest = max(totals, default=0)
    if not highest:
        return None
    room = WIDTH - _NAME - _VALUE
    step = (_LINE if stacked else _LINE * len(series)) + _GAP
    bars: list[Bar] = []
    names = []
    for number, (name, counts) in enumerate(values.items()):
        top = number * step
        names.append(Name(_short(name), _NAME - 8, top + (step - _GAP) / 2 + 4))
        bars += _stacked(counts, top, room / highest) if stacked else _beside(counts, top, room / highest)
    return Drawing(WIDTH, len(values) * step, list(series), names, bars, _in_words(values, series))


def upright(values: Mapping[str, Sequence[int]], series: Sequence[str]) -> Drawing | None:
    """Upright bars side by side over each name; ``None`` without any."""
    highest = max((n for counts in values.values() for n in counts), default=0)
    if not highest:
        return None
    slot = FULL_WIDTH / len(values)
    width = min(slot * 0.8 / len(series), _WIDEST)
    base = _HEAD + _COLUMNS_HEIGHT
    bars, names = [], []
    for number, (name, counts) in enumerate(values.items()):
        middle = slot * (number + 0.5)
        names.append(Name(name, middle, base + 16))
        for i, count in enumerate(counts):
            height = round(_COLUMNS_HEIGHT * count / highest, 1)
            x = round(middle + (i - len(series) / 2) * width, 1)
            label = f"{count:,}" if count else ""
            bars.append(Bar(i, x, base - height, width - 1, height, label, x + width / 2, base - height - 4))
    return Drawing(FULL_WIDTH, base + _FOOT, list(series), names, bars, _in_words(values, series))


def _beside(counts: Sequence[int], top: float, scale: float) -> list[Bar]:
    return [
        Bar(i, _NAME, top + i * _LINE, width, _LINE - 2, f"{n:,}", _NAME + width + 4, top + i * _LINE + _LINE - 3)
        for i, n in enumerate(counts)
        for width in (round(n * scale, 1),)
    ]


def _stacked(counts: Sequence[int], top: float, scale: float) -> list[Bar]:
    """The parts one after another with their values in them where there is room, and the sum behind."""
    bars, x = [], float(_NAME)
    for i, count in enumerate(counts):
        width = round(count * scale, 1)
        fits = width > 7 * len(f"{count:,}") + 4
        label = f"{count:,}" if count and fits else ""
        bars.append(Bar(i, x, top, width, _LINE, label, x + width / 2, top + _LINE - 3, inside=True))
        x = round(x + width, 1)
    bars.append(Bar(len(counts), x, top, 0, _LINE, f"{sum(counts):,}", x + 4, top + _LINE - 3))
    return bars


def _short(name: str) -> str:
    return name if len(name) <= 7 else name[:6] + "…"


def _in_words(values: Mapping[str, Sequence[int]], series: Sequence[str]) -> str:
    parts = [
        name + "".join(f" {title} {count:,}" for title, count in zip(series, counts, strict=True))
        for name, counts in values.items()
    ]
    return "；".join(parts) + "。"
