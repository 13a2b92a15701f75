"""What documents say was claimed and done, before anything is matched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.definitions import FormDefinition, Forms
from pipeline.ledgers.cells import shown, source_label
from pipeline.ledgers.layout import any_field, holds, in_rows
from pipeline.ledgers.marks import Mark, mark_of
from pipeline.ledgers.names import split_terms
from pipeline.records import FieldStatus, FieldValue, Record

# Calibrated: a text read with this probability of being right is taken at its word.
_SURE = 0.95


@dataclass(frozen=True, slots=True)
class Term:
    """One value as a document states it; ``sure`` where it was read with certainty or confirmed."""

    text: str = ""
    sure: bool = False
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where something is stated: the document, its files, the list row counted from 1 (0: none), the first content."""

    document_id: str
    files: str
    row: int = 0
    sha256: str = ""

    @property
    def label(self) -> str:
        return f"{self.files} 第{self.row}行" if self.row else self.files


@dataclass(frozen=True, slots=True)
class Mention:
    """One claim of one project as one document states it."""

    project: Term
    by: Term
    community: Term
    person: Term
    date: Term
    deadline: Term
    source: Source


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """One project served, as a feedback form states it."""

    project: Term
    by: Term
    community: Term
    date: Term
    hours: Term
    people: Term
    completion: Term
    satisfaction: Term
    words: Term
    source: Source


def mentions_of(record: Record, forms: Forms) -> Iterator[Mention]:
    """Every claim that a record states, one a project."""
    form = forms.get(record.doc_type)
    if form is None or form.claims is None or not holds(record, form.claims.when):
        return
    claims = form.claims
    for row, source in places_of(form, record, claims.project):
        term = Reader(form, record, row)
        by, person = term(claims.by), term(claims.person)
        if source.row and not by.text and not person.text and by.mark is None:
            continue  # a project of a list that nobody has claimed yet
        community, date, deadline = term(claims.community), term(claims.date), term(claims.deadline)
        for project in each(term(claims.project)):
            yield Mention(project, by, community, person, date, deadline, source)


def fulfilments_of(record: Record, forms: Forms) -> Iterator[Fulfilment]:
    """Everything that a record says was done, one a project; a form whose project is blank counts too."""
    form = forms.get(record.doc_type)
    if form is None or form.fulfils is None:
        return
    part = form.fulfils
    for row, source in places_of(form, record, part.project):
        term = Reader(form, record, row)
        project = term(part.project)
        for one in each(project) or [project]:
            yield Fulfilment(
                one,
                term(part.by),
                term(part.community),
                term(part.date),
                term(part.hours),
                term(part.people),
                term(part.completion),
                term(part.satisfaction),
                term(part.words),
                source,
            )


def role_key(form: FormDefinition, forms: Forms, role: str) -> str | None:
    """The field that says which ``community`` (or employer, ``by``) a document belongs to.

    The one its claims or fulfilments name; else the first that takes its entries from a dictionary
    which such a field of another form uses.
    """
    for part in (form.claims, form.fulfils):
        key: str | None = getattr(part, role) if part is not None else None
        if key:
            return key
    used = set(role_dictionaries(forms, role))
    return next((f.key for f in (*form.fields, *form.row_fields) if f.dictionary in used), None)


def role_dictionaries(forms: Forms, role: str) -> list[str]:
    """The dictionaries behind a role (``project``, ``by``, ``community``) in any form, each once."""
    found: dict[str, None] = {}
    for form in forms.values():
        for part in (form.claims, form.fulfils):
            field = any_field(form, getattr(part, role)) if part is not None else None
            if field is not None and field.dictionary:
                found[field.dictionary] = None
    return list(found)


def meanings_of(forms: Forms) -> dict[str, tuple[str, ...]]:
    """The words of one meaning that the definitions name, of all forms together."""
    found: dict[str, tuple[str, ...]] = {}
    for form in forms.values():
        for meaning, words in (form.projects.meanings if form.projects else {}).items():
            found[meaning] = (*found.get(meaning, ()), *words)
    return found


def places_of(form: FormDefinition, record: Record, key: str) -> Iterator[tuple[Mapping[str, FieldValue], Source]]:
    """The rows in which the field stands, or the document itself."""
    files, content = source_label(record), record.sha256[0] if record.sha256 else ""
    if not in_rows(form, key):
        yield {}, Source(record.document_id, files, sha256=content)
        return
    for number, row in enumerate(record.rows, 1):
        yield row, Source(record.document_id, files, number, content)


class Reader:
    """Reads terms by key out of a row, or else out of its document."""

    def __init__(self, form: FormDefinition, record: Record, row: Mapping[str, FieldValue]) -> None:
        self._form, self._record, self._row = form, record, row

    def __call__(self, key: str | None) -> Term:
        if key is None:
            return Term()
        value = self._row.get(key) if in_rows(self._form, key) else self._record.fields.get(key)
        if value is None:
            return Term()
        sure = value.status is FieldStatus.CORRECTED or value.confidence >= _SURE
        return Term(shown(any_field(self._form, key), value.value).strip(), sure, mark_of(value))


def each(term: Term) -> list[Term]:
    """The several things of one blank, each a term of its own; none for an empty blank."""
    return [Term(part, term.sure, term.mark) for part in split_terms(term.text)]
