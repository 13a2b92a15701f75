"""A draft of a form: what was found on paper and is to become a definition, with what it is unsure of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pipeline.definitions import FieldType, FormDefinition
from pipeline.sheets import Quad

WORKBOOK = "双报到台账"
_SHEET_MOST = 28  # characters of a sheet's name; Excel allows 31


@dataclass(slots=True)
class DraftPage:
    """A page of the scans that the draft was made from: ``number`` from 1 in ``file``, size in its own pixels."""

    file: str
    number: int
    width: int
    height: int
    blank: bool


@dataclass(slots=True)
class DraftField:
    """A field as drafted.

    ``page`` is an index into the draft's pages; ``label_quad`` and ``value_quad`` say where label and value stand
    there, in the pixels of that page as scanned (None in a draft read from a definition). ``sureness`` is 0 to 1;
    ``notes`` are Chinese sentences for staff on what to look at. ``values`` is what stands there on filled copies.
    """

    key: str
    title: str
    type: FieldType
    labels: list[str]
    options: list[str] = field(default_factory=list)
    multiple: bool = False
    required: bool = False
    printed: bool = False
    inside: str | None = None
    near: str | None = None
    page: int = 0
    label_quad: Quad | None = None
    value_quad: Quad | None = None
    sureness: float = 1.0
    notes: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    dictionary: str | None = None

    def to_definition(self) -> dict[str, Any]:
        """The field as it stands in a definition file, defaults left out."""
        data: dict[str, Any] = {"key": self.key, "title": self.title, "type": self.type.value}
        if self.required:
            data["required"] = True
        if self.printed:
            data["printed"] = True
        if self.options:
            data["options"] = list(self.options)
        if self.multiple:
            data["multiple"] = True
        if self.dictionary and self.type is FieldType.DICTIONARY:
            data["dictionary"] = self.dictionary
        if self.inside:
            data["inside"] = self.inside
        if self.near:
            data["near"] = self.near
        data["labels"] = list(self.labels)
        return data


@dataclass(slots=True)
class Draft:
    """A form as drafted; ``notes`` concern the form as a whole. ``rows`` are the columns of its list, if any."""

    type: str
    title: str
    fields: list[DraftField]
    rows: list[DraftField] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    max_pages: int = 1
    version: int = 1
    workbook: str = WORKBOOK
    sheet: str = ""
    notes: list[str] = field(default_factory=list)
    pages: list[DraftPage] = field(default_factory=list)

    def to_definition(self) -> dict[str, Any]:
        """The definition as plain data, as a file under ``models/forms`` holds it."""
        data: dict[str, Any] = {
            "schema": 1,
            "type": self.type,
            "version": self.version,
            "title": self.title,
            "titles": list(self.titles) or [self.title],
        }
        if self.max_pages > 1:
            data["max_pages"] = self.max_pages
        data["fields"] = [f.to_definition() for f in self.fields]
        if self.rows:
            item = next((f.key for f in self.rows if not f.printed), self.rows[0].key)
            data["rows"] = {"item": item, "fields": [f.to_definition() for f in self.rows]}
        data["ledger"] = {"workbook": self.workbook, "sheet": (self.sheet or self.title)[:_SHEET_MOST]}
        return data

    def definition(self) -> FormDefinition:
        """The definition, checked. Raises ``pydantic.ValidationError`` where people made the draft inconsistent."""
        return FormDefinition.model_validate(self.to_definition())

    def unsure(self) -> list[str]:
        """What to look at, in Chinese: of the form, then field by field."""
        return [*self.notes, *(f"{f.title}：{note}" for f in (*self.fields, *self.rows) for note in f.notes)]
