"""The trend as a chart: three panels, one under another over the same batches, drawn by the template as SVG.

One panel a figure and not three scales in one picture; every value is written at its mark, so that the chart
reads in print, in grey, and without a legend.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.reports.figures import Ended, TrendPoint

WIDTH = 980
_LEFT, _RIGHT = 104, 12
_PANEL, _GAP, _TOP = 74, 34, 24
_FOOT = 46
_BAR_SHARE, _WIDEST_BAR = 0.56, 46


@dataclass(frozen=True, slots=True)
class Mark:
    """A value of one batch: ``x`` its middle, ``y`` its height; ``label`` stands above it."""

    x: float
    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One figure over the batches. ``bar`` is the width of the bars, 0 for a line; ``lines`` are the points
    of the pieces of the line, which breaks where a batch has no value."""

    title: str
    unit: str
    top: float
    base: float
    bar: float
    marks: list[Mark]
    lines: list[str]


@dataclass(frozen=True, slots=True)
class Tick:
    """A batch under the panels: its day and time, and a note where it did not finish."""

    x: float
    day: str
    time: str
    note: str


@dataclass(frozen=True, slots=True)
class Chart:
    """All of it, in units of the SVG's view box; ``left`` is where the panels begin.

    ``summary`` says in words what it shows.
    """

    width: int
    height: int
    left: int
    panels: list[Panel]
    ticks: list[Tick]
    summary: str


@dataclass(frozen=True, slots=True)
class _Figure:
    """What a panel shows: a value of each batch, how it is written, and the top of the scale if it is fixed."""

    title: str
    unit: str
    bar: float
    values: Sequence[float | None]
    label: Callable[[float], str]
    ceiling: float | None = None


def draw(trend: Sequence[TrendPoint]) -> Chart | None:
    """The chart of the last batches, oldest first; ``None`` where no batch says anything."""
    if not any(point.pages for point in trend):
        return None
    slot = (WIDTH - _LEFT - _RIGHT) / len(trend)
    xs = [round(_LEFT + slot * (i + 0.5), 1) for i in range(len(trend))]
    bar = round(min(slot * _BAR_SHARE, _WIDEST_BAR), 1)
    figures = [
        _Figure("页数", "页", bar, [p.pages for p in trend], lambda v: f"{v:,.0f}"),
        _Figure("自动通过", "占文档的百分比", 0, [p.accepted_share for p in trend], lambda v: f"{v:.0%}", 1.0),
        _Figure("每页用时", "秒", 0, [p.seconds_a_page for p in trend], lambda v: f"{v:.1f}"),
    ]
    panels = [_panel(figure, _TOP + i * (_PANEL + _GAP), xs) for i, figure in enumerate(figures)]
    ticks = [_tick(x, point) for x, point in zip(xs, trend, strict=True)]
    return Chart(WIDTH, _TOP + 3 * _PANEL + 2 * _GAP + _FOOT, _LEFT, panels, ticks, _in_words(trend))


def _panel(figure: _Figure, top: float, xs: Sequence[float]) -> Panel:
    highest = figure.ceiling or _ceiling(max((v for v in figure.values if v is not None), default=0.0))
    marks = [
        None if value is None else Mark(x, round(top + _PANEL * (1 - value / highest), 1), figure.label(value))
        for x, value in zip(xs, figure.values, strict=True)
    ]
    lines = [] if figure.bar else _pieces(marks)
    return Panel(figure.title, figure.unit, top, top + _PANEL, figure.bar, [m for m in marks if m], lines)


def _ceiling(value: float) -> float:
    """The top of a scale: a little over ``value``, in steps of half its power of ten."""
    if value <= 0:
        return 1.0
    step = 10.0 ** math.floor(math.log10(value)) / 2
    return math.ceil(value * 1.05 / step) * step


def _pieces(marks: Sequence[Mark | None]) -> list[str]:
    """The line as SVG points, in pieces between the gaps."""
    pieces: list[list[Mark]] = [[]]
    for mark in marks:
        if mark is not None:
            pieces[-1].append(mark)
        elif pieces[-1]:
            pieces.append([])
    return [" ".join(f"{m.x},{m.y}" for m in piece) for piece in pieces if len(piece) > 1]


def _tick(x: float, point: TrendPoint) -> Tick:
    note = {Ended.KILLED: "中断", Ended.UNFINISHED: "未结束"}.get(point.ended, "")
    return Tick(x, f"{point.started:%m-%d}", f"{point.started:%H:%M}", note)


def _in_words(trend: Sequence[TrendPoint]) -> str:
    pages = [point.pages for point in trend if point.pages is not None]
    last = next(point for point in reversed(trend) if point.pages is not None)
    parts = [f"最近 {len(trend)} 批，每批 {min(pages):,} 至 {max(pages):,} 页", f"最近完成的一批 {last.pages:,} 页"]
    if last.accepted_share is not None:
        parts.append(f"自动通过 {last.accepted_share:.0%}")
    if last.seconds_a_page is not None:
        parts.append(f"每页 {last.seconds_a_page:.1f} 秒")
    return "，".join(parts) + "。各批的数值见图后的数据表。"
