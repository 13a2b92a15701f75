"""The trend as a chart: marks where the values are, and gaps where there is none."""

from __future__ import annotations

import datetime

from pipeline.reports.chart import WIDTH, draw
from pipeline.reports.figures import Ended, TrendPoint

START = datetime.datetime(2026, 11, 1, 1, 30, tzinfo=datetime.UTC)


def point(
    day: int, pages: int | None, share: float | None, seconds: float | None, ended: Ended = Ended.FINISHED
) -> TrendPoint:
    return TrendPoint(day, START + datetime.timedelta(days=day), ended, pages, share, seconds)


def test_nothing_to_draw() -> None:
    assert draw([]) is None
    assert draw([point(0, None, None, None, Ended.KILLED), point(1, 0, None, None)]) is None


def test_values_are_written_at_their_marks() -> None:
    chart = draw([point(0, 50, 0.25, 2.0), point(1, 1200, 1.0, 4.0)])
    assert chart is not None
    pages, share, seconds = chart.panels
    assert [m.label for m in pages.marks] == ["50", "1,200"]
    assert [m.label for m in share.marks] == ["25%", "100%"]
    assert [m.label for m in seconds.marks] == ["2.0", "4.0"]
    for panel in chart.panels:
        assert all(panel.top <= m.y <= panel.base and 0 < m.x < WIDTH for m in panel.marks)
        assert panel.marks[0].y > panel.marks[1].y  # the higher value stands higher
    assert share.marks[1].y == share.top
    assert [t.day for t in chart.ticks] == ["11-01", "11-02"]


def test_a_killed_batch_leaves_a_gap() -> None:
    chart = draw([
        point(0, 10, 0.5, 2.0), point(1, 10, 0.5, 2.0), point(2, None, None, None, Ended.KILLED),
        point(3, 10, 0.5, 2.0), point(4, 10, 0.5, 2.0), point(5, None, None, None, Ended.UNFINISHED),
    ])  # fmt: skip
    assert chart is not None
    assert [len(panel.marks) for panel in chart.panels] == [4, 4, 4]
    assert [len(panel.lines) for panel in chart.panels] == [0, 2, 2]
    assert [t.note for t in chart.ticks] == ["", "", "中断", "", "", "未结束"]


def test_one_batch_and_batches_without_pages() -> None:
    chart = draw([point(0, 7, None, None)])
    assert chart is not None
    assert [len(panel.marks) for panel in chart.panels] == [1, 0, 0]
    assert "最近完成的一批 7 页" in chart.summary
