"""What a person chose in the filter of a column, and which values it lets through, as Excel has it."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal

from lxml import etree

from pipeline.ledgers.opc import MAIN, PARSING, Element, flag, local
from pipeline.ledgers.table import CellValue

_EPOCH = date(1899, 12, 30)
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "greaterThan": operator.gt,
    "greaterThanOrEqual": operator.ge,
    "lessThan": operator.lt,
    "lessThanOrEqual": operator.le,
}
_DATE_TEXT = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_DATE_PARTS = ("year", "month", "day")


class FilterKind(StrEnum):
    NONE = "none"
    """Nothing is chosen: how a criterion that was taken away is told."""
    VALUES = "values"
    CUSTOM = "custom"
    OTHER = "other"
    """By colour, the ten largest, this month …: kept as it is and hides nothing."""


@dataclass(frozen=True, slots=True)
class Condition:
    """``operator`` in the words of the format (``equal``, ``notEqual``, ``greaterThan`` …)."""

    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Filter:
    """The criterion of one column.

    ``dates`` are the year, month and day ticked in the list, as far as they were ticked: ``(2019, 5)``.
    ``opaque`` is the XML of a criterion of kind ``OTHER``; ``dxf`` the XML of the format one by colour goes by.
    """

    kind: FilterKind
    values: tuple[str, ...] = ()
    blanks: bool = False
    dates: tuple[tuple[int, ...], ...] = ()
    conditions: tuple[Condition, ...] = ()
    join: Literal["and", "or"] = "or"
    opaque: str = ""
    dxf: str = ""

    def matches(self, value: CellValue) -> bool:
        """Whether the row of ``value`` stays in sight."""
        if self.kind is FilterKind.VALUES:
            return self._listed(value)
        if self.kind is FilterKind.CUSTOM:
            met = (_met(c, value) for c in self.conditions)
            return all(met) if self.join == "and" else any(met)
        return True

    def _listed(self, value: CellValue) -> bool:
        if _blank(value):
            return self.blanks
        if isinstance(value, date) and any(_parts(value)[: len(ticked)] == ticked for ticked in self.dates):
            return True
        return any(_same(text, value) for text in self.values)

    def xml(self, column: int, dxf: int | None = None) -> str:
        """The ``filterColumn`` element of the ``column``-th column of the range, from 0; ``""`` where there is none.

        A criterion by colour needs the number ``dxf`` that its format has in the workbook to be written.
        """
        if self.kind is FilterKind.NONE or (self.dxf and dxf is None):
            return ""
        element = etree.Element("filterColumn", colId=str(column))
        if self.kind is FilterKind.VALUES:
            self._write_values(element)
        elif self.kind is FilterKind.CUSTOM:
            inner = etree.SubElement(element, "customFilters", {"and": "1"} if self.join == "and" else {})
            for condition in self.conditions:
                etree.SubElement(inner, "customFilter", operator=condition.operator, val=condition.value)
        else:
            inner = etree.fromstring(self.opaque, etree.XMLParser(**PARSING))
            if dxf is not None:
                inner.set("dxfId", str(dxf))
            element.append(inner)
        # inside a sheet's part the names are those of its default namespace
        return _xml(element).replace(f' xmlns="{MAIN}"', "")

    def _write_values(self, element: Element) -> None:
        inner = etree.SubElement(element, "filters", {"blank": "1"} if self.blanks else {})
        for text in self.values:
            etree.SubElement(inner, "filter", val=text)
        for ticked in self.dates:
            named = {name: str(number) for name, number in zip(_DATE_PARTS, ticked, strict=False)}
            etree.SubElement(inner, "dateGroupItem", named, dateTimeGrouping=_DATE_PARTS[len(ticked) - 1])


def read_filter(element: Element, dxfs: list[Element]) -> Filter:
    """The criterion in a ``filterColumn`` element; ``dxfs`` are the formats of the workbook."""
    for inner in element:
        name = local(inner)
        if name == "filters":
            return Filter(
                FilterKind.VALUES,
                values=tuple(e.get("val", "") for e in inner if local(e) == "filter"),
                blanks=flag(inner, "blank"),
                dates=tuple(_ticked(e) for e in inner if local(e) == "dateGroupItem"),
            )
        if name == "customFilters":
            conditions = tuple(
                Condition(e.get("operator", "equal"), e.get("val", "")) for e in inner if local(e) == "customFilter"
            )
            return Filter(FilterKind.CUSTOM, conditions=conditions, join="and" if flag(inner, "and") else "or")
        if name and name != "extLst":
            number = int(inner.get("dxfId", "-1"))
            dxf = _xml(dxfs[number]) if 0 <= number < len(dxfs) else ""
            return Filter(FilterKind.OTHER, opaque=_xml(inner), dxf=dxf)
    return Filter(FilterKind.NONE)


def _xml(element: Element) -> str:
    """In one form, so that a criterion compares, and without names that it does not use."""
    form: bytes = etree.tostring(element, method="c14n", exclusive=True, with_tail=False)
    return form.decode()


def _ticked(item: Element) -> tuple[int, ...]:
    """A ticked hour or minute counts as its day: the ledgers have no times."""
    return tuple(int(item.get(name)) for name in _DATE_PARTS if item.get(name))


def _met(condition: Condition, value: CellValue) -> bool:
    wanted = condition.value
    if condition.operator in ("equal", "notEqual"):
        # Excel writes "blank" as equal to nothing, and "not blank" as not equal to one space
        found = _blank(value) if not wanted.strip() else not _blank(value) and _like(wanted, value)
        return found is (condition.operator == "equal")
    compare = _ORDER.get(condition.operator)
    if compare is None or _blank(value):
        return False
    number, limit = _number(value), _limit(wanted)
    if limit is not None:
        return number is not None and compare(number, limit)
    # texts go with texts only
    return isinstance(value, str) and compare(value.casefold(), wanted.casefold())


def _like(wanted: str, value: CellValue) -> bool:
    if not isinstance(value, str):
        return _same(wanted, value)
    return _pattern(wanted).fullmatch(value) is not None


def _pattern(wanted: str) -> re.Pattern[str]:
    """``*`` is any text, ``?`` any character; ``~`` takes the next one for itself."""
    parts = re.findall(r"~[*?~]|.", wanted, re.DOTALL)
    made = (
        re.escape(p[1]) if len(p) > 1 else ".*" if p == "*" else "." if p == "?" else re.escape(p)
        for p in parts
    )  # fmt: skip
    return re.compile("".join(made), re.DOTALL | re.IGNORECASE)


def _same(text: str, value: CellValue) -> bool:
    """Whether a value is shown as ``text``, the way the list of a filter shows it."""
    if isinstance(value, str):
        return value.casefold() == text.casefold()
    number, wanted = _number(value), _limit(text)
    return number is not None and wanted is not None and abs(number - wanted) < 1e-9


def _blank(value: CellValue) -> bool:
    return value is None or value == ""


def _number(value: CellValue) -> float | None:
    """Numbers and dates as Excel counts them; texts are none, whatever digits they have."""
    if isinstance(value, datetime):
        return (value.date() - _EPOCH).days + (value.hour * 3600 + value.minute * 60 + value.second) / 86400
    if isinstance(value, date):
        return float((value - _EPOCH).days)
    return float(value) if isinstance(value, int | float) else None


def _limit(text: str) -> float | None:
    """A criterion as a number: plain, with thousands or per cent, or a date as text."""
    written = _DATE_TEXT.fullmatch(text.strip())
    if written:
        try:
            return _number(date(*map(int, written.groups())))
        except ValueError:
            return None
    plain = text.strip().replace(",", "")
    share = plain.endswith("%")
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", plain.rstrip("%")):
        return None
    return float(plain.rstrip("%")) / (100 if share else 1)


def _parts(value: date) -> tuple[int, ...]:
    return value.year, value.month, value.day
