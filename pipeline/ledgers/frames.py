"""Tables as frames with real types, for Parquet: dates, whole and broken numbers, text.

What a column of dates or numbers holds that is none (1980-03, 约三十人) stands in one of its own beside it: nothing
is lost and nothing guessed. A frame's ``attrs`` name its columns as the program does; they are stored with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pandas as pd

from pipeline.ledgers.rowcheck import canonical
from pipeline.ledgers.table import CellValue, Column, Formula, Kind, Link, Table, Use
from pipeline.ledgers.text import clean

AS_WRITTEN = "（原文）"
"""How a column goes on that holds what another could not."""

_NUMBERS = (Kind.NUMBER, Kind.RATIO, Kind.MONTH)


def is_value(column: Column) -> bool:
    """Whether a column says something outside its workbook."""
    return column.use is not Use.CHECK and column.kind is not Kind.PICTURE


def plain(value: CellValue, up: str = "") -> str | int | float | date | None:
    """A cell without what only a sheet has: a link is its target, a formula its result.

    ``up`` leads from where the frame will lie to the folder that relative links go from.
    """
    match value:
        case Link():
            return value.target if "://" in value.target else up + value.target
        case Formula():
            return value.result
        case str():
            return clean(value)
        case int() | float() | date():
            return value
        case _:
            return None


def frame_of(table: Table, up: str = "") -> pd.DataFrame:
    """The table with a type a column. ``up`` as for :func:`plain`."""
    made: dict[str, pd.Series[Any]] = {}
    described = []
    for i, column in enumerate(table.columns):
        if not is_value(column):
            continue
        values = [plain(value, up) for value in table.frame.iloc[:, i]]
        series, rest = _typed(column.kind, values)
        made[column.title] = series
        described.append(_description(column, column.key, column.title))
        if any(rest):
            title = column.title + AS_WRITTEN
            made[title] = pd.Series(rest, dtype="string")
            described.append(_description(column, f"{column.key}{AS_WRITTEN}", title))
    frame = pd.DataFrame(made)
    frame.attrs = {"title": table.title, "columns": described}
    return frame


def cells_of(frame: pd.DataFrame) -> Iterator[dict[str, str]]:
    """Each row of such a frame as canonical text by the keys of its columns (see :func:`rowcheck.canonical`)."""
    described: list[dict[str, Any]] = frame.attrs["columns"]
    keys = [d["key"] for d in described]
    columns = [frame[d["title"]].astype(object).to_list() for d in described]
    for row in zip(*columns, strict=True):
        cells: dict[str, str] = {}
        for key, value in zip(keys, row, strict=True):
            text = "" if pd.isna(value) else canonical(value)
            if key.endswith(AS_WRITTEN):
                key = key.removesuffix(AS_WRITTEN)
                text = text or cells[key]
            cells[key] = text
        yield cells


def _description(column: Column, key: str, title: str) -> dict[str, Any]:
    return {
        "key": key,
        "title": title,
        "kind": column.kind.name,
        "use": column.use.name,
        "type": column.field.type.value if column.field else "",
        "printed": column.printed,
    }


def _typed(kind: Kind, values: Sequence[Any]) -> tuple[pd.Series[Any], list[str | None]]:
    """A column's values in its type, and what is of another."""
    nothing: list[str | None] = [None] * len(values)
    if kind is Kind.DATE:
        days = [v if isinstance(v, date) else None for v in values]
        return pd.Series(days, dtype="date32[day][pyarrow]"), _others(values, days)
    if kind in _NUMBERS:
        numbers = [v if isinstance(v, int | float) else None for v in values]
        whole = kind is not Kind.RATIO and all(v is None or isinstance(v, int) for v in numbers)
        # A month that is not stated is none.
        rest = nothing if kind is Kind.MONTH else _others(values, numbers)
        return pd.Series(numbers, dtype="Int64" if whole else "Float64"), rest
    texts = [None if v is None else v if isinstance(v, str) else canonical(v) for v in values]
    return pd.Series(texts, dtype="string"), nothing


def _others(values: Sequence[Any], own: Sequence[Any]) -> list[str | None]:
    return [None if kept is not None or v is None else canonical(v) for v, kept in zip(values, own, strict=True)]
