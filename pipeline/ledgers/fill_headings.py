"""Which of our columns an office's headings mean: by our titles, and by what the forms themselves call the field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.ledgers.table import NUMBER_TITLE, Column, Kind, Table, Use

LEAST = 2
"""Columns that have to be known for a row to be a list's headings: a word alone is met with anywhere."""

_EDGES = re.compile(r"^[*＊]+|[:：*＊]+$")
_ASIDE = re.compile(r"[(（][^()（）]*[)）]$")
_NUMBER_NAMES = frozenset({"序号", "序", "no", "no."})


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading as the sheet has it, and the one above it that spans several; ``column`` of the sheet, from 1."""

    column: int
    text: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """How headings go with a register: numbers of its columns by those of the sheet.

    ``known`` counts those that were found, ``exact`` those that are called as we call them.
    """

    columns: Mapping[int, int]
    known: int
    exact: int


def fold(text: str) -> str:
    """A heading without what makes no difference: widths, blanks, case, a colon or star at its ends."""
    plain = "".join(unicodedata.normalize("NFKC", text).split()).casefold()
    return _EDGES.sub("", plain)


class Known:
    """The headings by which the columns of one register are known."""

    def __init__(self, table: Table) -> None:
        shown = [i for i, c in enumerate(table.columns) if c.use is not Use.CHECK and c.kind is not Kind.PICTURE]
        self._columns = {i: table.columns[i] for i in shown}
        self._titles = {fold(column.title): i for i, column in self._columns.items()}
        self._number = self._titles.get(NUMBER_TITLE)
        self._labels: dict[str, list[int]] = {}
        for i, column in self._columns.items():
            for label in _labels(column):
                self._labels.setdefault(label, []).append(i)
        by_key = {c.field.key: c for c in self._columns.values() if c.field}
        self._sections = {
            i: {fold(section.title), *_labels(section)}
            for i, c in self._columns.items()
            if c.field and c.field.within and (section := by_key.get(c.field.within))
        }

    @property
    def titles(self) -> list[str]:
        """Our own, for people to choose from."""
        return [c.title for c in self._columns.values() if c.printed or c.field]

    def match(self, headings: list[Heading]) -> Match:
        """Each of our columns goes with one heading at most, the exact ones first."""
        columns: dict[int, int] = {}
        exact = 0
        for surely in (True, False):
            for heading in headings:
                if heading.column in columns:
                    continue
                found = self._exact(heading) if surely else self._alike(heading, set(columns.values()))
                if found is not None and found not in columns.values():
                    columns[heading.column] = found
                    exact += surely
        known = sum(number != self._number for number in columns.values())
        return Match(columns, known, exact)

    def _exact(self, heading: Heading) -> int | None:
        text = fold(heading.text)
        if self._number is not None and text in _NUMBER_NAMES:
            return self._number
        whole = self._titles.get(fold(heading.group + heading.text)) if heading.group else None
        return whole if whole is not None else self._titles.get(text)

    def _alike(self, heading: Heading, taken: set[int]) -> int | None:
        """By what forms call the field; of several, the one in the section that the heading above names."""
        wordings = (heading.group + heading.text, heading.text, _ASIDE.sub("", heading.text.strip()))
        for text in dict.fromkeys(map(fold, wordings)):
            found = [i for i in self._labels.get(text, ()) if i not in taken]
            if not found and (title := self._titles.get(text)) is not None and title not in taken:
                found = [title]
            inside = [i for i in found if fold(heading.group) in self._sections.get(i, ())]
            if inside or found:
                return (inside or found)[0]
        return None


def _labels(column: Column) -> list[str]:
    """What forms call a field; a label that begins with ``_`` stands behind its value, and is no heading."""
    return [fold(label) for label in (column.field.labels if column.field else ()) if not label.startswith("_")]
