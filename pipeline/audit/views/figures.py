"""The office's figures as tables and charts that print well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.ledgers.belonging import BLANK
from pipeline.ledgers.census import CLAIM_STATES, Count, Figures

_ROW, _LEFT, _RIGHT, _WIDTH, _HEAD = 22, 150, 46, 560, 6
_MONTHS_SHOWN = 24


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of a bar in units of the view box; ``series`` numbers its colour."""

    x: float
    y: float
    width: float
    height: float
    series: int


@dataclass(frozen=True, slots=True)
class Label:
    """A row's name at the left and its number at the end of its bar; ``y`` is the text's base line."""

    name: str
    y: float
    number: int
    x: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Horizontal bars, one a row; ``series`` names the colours where there are several."""

    title: str
    width: int
    height: int
    left: int
    bars: tuple[Bar, ...]
    labels: tuple[Label, ...]
    series: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FiguresView:
    """``tiles`` are the totals; ``rows`` the same by community, with ``heads`` over them; ``months`` by month."""

    as_of: str | None
    kinds: tuple[tuple[str, str], ...]
    communities: tuple[str, ...]
    months: tuple[str, ...]
    tiles: tuple[tuple[str, int], ...]
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    by_month: tuple[Row, ...]
    total: Row
    charts: tuple[Chart, ...]
    chosen: tuple[str, str, str]


def view_figures(kept: Mapping[str, Any] | None, kind: str, community: str, month: str) -> FiguresView | None:
    """The figures that were kept when the outputs were written, narrowed; ``None`` before the first time."""
    if kept is None:
        return None
    figures = Figures.from_dict(kept)
    kind = kind if kind in figures.kinds else next(iter(figures.kinds), "")
    heads = (*figures.kinds, *CLAIM_STATES)
    counted = [c for c in (*figures.counts, *figures.claims) if _wanted(c, community, month)]
    names = (*figures.kinds.values(), *(f"认领{name}" for name in CLAIM_STATES.values()))
    places = [c for c in figures.communities if not community or c == community]
    months = [m for m in figures.months if not month or m == month]
    by_place = _table(counted, heads, places, lambda c: c.community)
    by_month = _table(counted, heads, months, lambda c: c.month)
    total = Counter[str]()
    for count in counted:
        total[count.kind] += count.count
    claims = list(CLAIM_STATES)
    return FiguresView(
        figures.as_of,
        tuple(figures.kinds.items()),
        tuple(figures.communities),
        tuple(figures.months),
        tuple((name, total[head]) for name, head in zip(names, heads, strict=True)),
        names,
        tuple(row for row in by_place if any(row.numbers) or row.name != BLANK),
        by_month,
        Row("合计", tuple(total[head] for head in heads)),
        (
            _chart(f"{figures.kinds.get(kind, '')}（按社区）", by_place, heads, [kind], ()),
            _chart(f"{figures.kinds.get(kind, '')}（按月）", by_month[-_MONTHS_SHOWN:], heads, [kind], ()),
            _chart("认领（按社区）", by_place, heads, claims, tuple(CLAIM_STATES.values())),
            _chart("认领（按月）", by_month[-_MONTHS_SHOWN:], heads, claims, tuple(CLAIM_STATES.values())),
        ),
        (kind, community, month),
    )


def _wanted(count: Count, community: str, month: str) -> bool:
    return (not community or count.community == community) and (not month or count.month == month)


def _table(counts: Iterable[Count], heads: Sequence[str], names: Sequence[str], by: Any) -> tuple[Row, ...]:
    numbers: Counter[tuple[str, str]] = Counter()
    for count in counts:
        numbers[by(count), count.kind] += count.count
    return tuple(Row(name, tuple(numbers[name, head] for head in heads)) for name in names)


def _chart(
    title: str, rows: Sequence[Row], heads: Sequence[str], kinds: Sequence[str], series: tuple[str, ...]
) -> Chart:
    places = [heads.index(kind) for kind in kinds if kind in heads]
    shown = [(row.name, [row.numbers[p] for p in places]) for row in rows]
    most = max((sum(numbers) for _, numbers in shown), default=0) or 1
    room = _WIDTH - _LEFT - _RIGHT
    bars: list[Bar] = []
    labels: list[Label] = []
    for i, (name, numbers) in enumerate(shown):
        x, y = float(_LEFT), _HEAD + i * _ROW
        for s, number in enumerate(numbers):
            width = room * number / most
            if number:
                bars.append(Bar(round(x, 1), y + 3, round(width, 1), _ROW - 7, s))
            x += width
        labels.append(Label(name, y + _ROW - 8, sum(numbers), round(x + 5, 1)))
    return Chart(title, _WIDTH, _HEAD * 2 + len(shown) * _ROW, _LEFT, tuple(bars), tuple(labels), series)
