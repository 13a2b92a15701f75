"""Native charts of a workbook's tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.ledgers.style import MONTH_FORMAT
from pipeline.ledgers.table import Chart, ChartKind, Kind

if TYPE_CHECKING:
    from pipeline.ledgers.sheet import Placed

_KINDS: dict[ChartKind, dict[str, str]] = {
    ChartKind.BAR: {"type": "bar"},
    ChartKind.COLUMN: {"type": "column"},
    ChartKind.STACKED: {"type": "bar", "subtype": "stacked"},
    ChartKind.PIE: {"type": "pie"},
}
_COLOURS = ("#1F77B4", "#2CA02C", "#FF7F0E", "#D62728", "#9467BD", "#8C564B")  # told apart in black and white too
_WIDTH, _HEIGHT = 600, 330  # pixels; two side by side and two below fill A4 landscape
_ACROSS, _DOWN = 10, 17  # columns and rows of usual size that a chart covers
_FIRST_ROW = 1
_FONT = "宋体"


def draw_charts(book: Any, sheet: Any, charts: Sequence[Chart], placed: Mapping[int, Placed]) -> None:
    """Put charts on a sheet, two side by side. ``placed`` says where their tables stand, by ``id``."""
    for number, chart in enumerate(charts):
        where = placed[id(chart.table)]
        last = where.last - chart.leave_out
        if last < where.first:
            continue
        drawn = book.add_chart(_KINDS[chart.kind])
        for i, key in enumerate(chart.series):
            drawn.add_series(_series(chart, where, last, key, i))
        _dress(drawn, chart, last - where.first + 1)
        sheet.insert_chart(_FIRST_ROW + number // 2 * _DOWN, number % 2 * _ACROSS, drawn)


def _series(chart: Chart, where: Placed, last: int, key: str, number: int) -> dict[str, Any]:
    names, values = chart.table.place(chart.categories), chart.table.place(key)
    series: dict[str, Any] = {
        "name": [where.sheet, where.first - 1, values],
        "categories": [where.sheet, where.first, names, last, names],
        "values": [where.sheet, where.first, values, last, values],
        "data_labels": {"value": True, "num_format": "0;;"},  # no zeros
    }
    if chart.kind is ChartKind.PIE:
        return series | {"data_labels": {"value": True, "category": True, "percentage": True}}
    return series | {"fill": {"color": _COLOURS[number % len(_COLOURS)]}, "gap": 60}


def _dress(drawn: Any, chart: Chart, entries: int) -> None:
    drawn.set_title({"name": chart.title, "name_font": {"name": "黑体", "size": 13}})
    drawn.set_size({"width": _WIDTH, "height": _HEIGHT})
    if len(chart.series) == 1 and chart.kind is not ChartKind.PIE:
        drawn.set_legend({"none": True})
    else:
        drawn.set_legend({"position": "bottom", "font": {"name": _FONT}})
    if chart.kind is ChartKind.PIE:
        return
    lying = chart.kind in (ChartKind.BAR, ChartKind.STACKED)
    size = 9 if entries <= 15 else 7
    column = next(c for c in chart.table.columns if c.key == chart.categories)
    names = {"num_font": {"name": _FONT, "size": size}, "interval_unit": 1, "reverse": lying}
    if column.kind is Kind.MONTH:
        names["num_format"] = MONTH_FORMAT
    numbers = {"major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}}, "min": 0, "num_format": "0"}
    # Of a lying chart the categories go up the side, and the first of them stands at the top.
    drawn.set_x_axis(numbers if lying else names)
    drawn.set_y_axis(names if lying else numbers)
