"""Documents as the index holds them: lean, as a year of them lies in memory."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.definitions import FieldDefinition, FieldType, FormDefinition, Forms
from pipeline.ledgers.cells import definition_of, heading_of, shown
from pipeline.records import FieldStatus, Value
from pipeline.reports.reasons import KEY_TYPES

STATUSES = tuple(FieldStatus)
_OPEN = frozenset(STATUSES.index(s) for s in (FieldStatus.REVIEW, FieldStatus.MISSING))
CORRECTED = STATUSES.index(FieldStatus.CORRECTED)
MISSING = STATUSES.index(FieldStatus.MISSING)

GLYPH_TYPES = frozenset({FieldType.ID_NUMBER, FieldType.PHONE, FieldType.DATE, FieldType.CODE})
"""Fields whose characters are held against one another."""

_NUMBER_TYPES = frozenset({FieldType.ID_NUMBER, FieldType.PHONE, FieldType.USCC})
_WORD_TYPES = frozenset({FieldType.NAME, FieldType.TEXT, FieldType.DICTIONARY, FieldType.LIST, FieldType.CODE})
_NAMED_TYPES = frozenset({FieldType.NAME, FieldType.DICTIONARY, FieldType.LIST})
_FEW_VALUES = frozenset({FieldType.DATE, FieldType.NUMBER, FieldType.CHOICE, FieldType.TITLE_CHOICE})


@dataclass(frozen=True, slots=True)
class Layout:
    """The fields of all documents that have the same ones, by position.

    ``words`` are positions of text that is searched, ``named`` those of it that name a person, a unit, a project
    or a community; ``numbers`` those of identity numbers, phones and credit codes.
    """

    doc_type: str
    form: FormDefinition | None
    paths: tuple[str, ...]
    places: dict[str, int]
    definitions: tuple[FieldDefinition | None, ...]
    is_key: tuple[bool, ...]
    words: tuple[int, ...]
    named: frozenset[int]
    numbers: tuple[int, ...]
    label: int | None

    def title(self, position: int) -> str:
        """The heading of a field; with the row, from 1, in a list."""
        path, definition = self.paths[position], self.definitions[position]
        if not path.startswith("rows."):
            return definition.title if definition else heading_of(None, path)
        _, row, key = path.split(".", 2)
        return f"第{int(row) + 1}行 {definition.title if definition else key}"


class Layouts:
    """Makes layouts, each once."""

    def __init__(self, forms: Forms) -> None:
        self._forms = forms
        self._known: dict[tuple[str, tuple[str, ...]], Layout] = {}

    def of(self, doc_type: str, paths: tuple[str, ...]) -> Layout:
        found = self._known.get((doc_type, paths))
        if found is None:
            found = self._known[doc_type, paths] = self._make(doc_type, tuple(map(sys.intern, paths)))
        return found

    def _make(self, doc_type: str, paths: tuple[str, ...]) -> Layout:
        form = self._forms.get(doc_type)
        definitions = tuple(definition_of(form, path) for path in paths)
        types = [d.type if d else FieldType.TEXT for d in definitions]
        roles = _role_keys(form)
        named = {i for i, path in enumerate(paths) if types[i] in _NAMED_TYPES or path.rsplit(".", 1)[-1] in roles}
        label = next((paths.index(key) for key in _label_keys(form) if key in paths), None)
        return Layout(
            doc_type,
            form,
            paths,
            {path: i for i, path in enumerate(paths)},
            definitions,
            tuple(t in KEY_TYPES and d is not None for t, d in zip(types, definitions, strict=True)),
            tuple(i for i, t in enumerate(types) if t in _WORD_TYPES),
            frozenset(named),
            tuple(i for i, t in enumerate(types) if t in _NUMBER_TYPES),
            label,
        )


def _role_keys(form: FormDefinition | None) -> set[str]:
    """The fields that say who claimed or did what, and where."""
    keys: set[str | None] = set()
    for part in (form.claims, form.fulfils) if form else ():
        if part is not None:
            keys |= {part.project, part.by, part.community}
    return {key for key in keys if key}


def _label_keys(form: FormDefinition | None) -> list[str]:
    """What a document is about: a person, else a unit, else what kind it is of."""
    if form is None:
        return []
    keys = [form.claims.person, form.claims.by] if form.claims else []
    keys += [form.fulfils.by] if form.fulfils else []
    keys += [f.key for f in form.fields if f.type is FieldType.TITLE_CHOICE]
    keys += [f.key for f in form.fields if f.type is FieldType.NAME]
    return [key for key in keys if key]


class Entry:
    """One document. ``codes`` are of fields by position, ``questions`` the document's own open ones.

    ``read`` is when it was read, in seconds since 1970; ``glyphs`` are fields whose characters'
    places are known: the position, and the characters with :data:`~pipeline.audit.index.inked.NO_INK` for the others.
    """

    __slots__ = (
        "codes",
        "community",
        "confidences",
        "day",
        "document_id",
        "file",
        "glyphs",
        "layout",
        "ordinal",
        "pages",
        "questions",
        "read",
        "revision",
        "status",
        "statuses",
        "values",
    )

    def __init__(
        self,
        document_id: str,
        layout: Layout,
        *,
        status: str,
        revision: int,
        read: float,
        file: str,
        pages: int,
        values: Sequence[Value],
        statuses: bytes,
        confidences: Sequence[float],
        codes: dict[int, tuple[str, ...]],
        questions: tuple[str, ...],
        community: str,
        glyphs: tuple[tuple[int, str], ...],
    ) -> None:
        self.ordinal = -1
        self.document_id = document_id
        self.layout = layout
        self.status = sys.intern(status)
        self.revision = revision
        self.read = read
        self.day = date.fromtimestamp(read).toordinal()
        self.file = file
        self.pages = pages
        self.values = tuple(_shared(v, d) for v, d in zip(values, layout.definitions, strict=True))
        self.statuses = statuses
        self.confidences = array("f", confidences)
        self.codes = codes
        self.questions = questions
        self.community = sys.intern(community)
        self.glyphs = glyphs

    @property
    def doc_type(self) -> str:
        return self.layout.doc_type

    @property
    def label(self) -> str:
        place = self.layout.label
        return self.text(place) if place is not None else ""

    def text(self, position: int) -> str:
        """A value as staff read it."""
        return shown(self.layout.definitions[position], self.values[position])

    def open_fields(self) -> list[int]:
        return [i for i, status in enumerate(self.statuses) if status in _OPEN]


def is_open(status: int) -> bool:
    """Whether a field of this status (its place in :data:`STATUSES`) is for a person to look at."""
    return status in _OPEN


def _shared(value: Value, definition: FieldDefinition | None) -> Value:
    """The same text once in memory, where many documents say the same."""
    if isinstance(value, str) and definition and (definition.dictionary or definition.type in _FEW_VALUES):
        return sys.intern(value)
    return value
