"""What a document claims and what it says was served, as JSON: small enough to keep beside the document, so that all
of it can be matched without the records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from pipeline.definitions import Forms
from pipeline.ledgers.claims import Fulfilment, Mention, Source, Term, fulfilments_of, mentions_of
from pipeline.ledgers.marks import Mark
from pipeline.ledgers.names import split_terms
from pipeline.records import FieldStatus, Record

_MENTION = tuple(f.name for f in fields(Mention) if f.name != "source")
_FULFILMENT = tuple(f.name for f in fields(Fulfilment) if f.name != "source")


@dataclass(frozen=True, slots=True)
class Stated:
    """Of one document: its claims, what it says was served, and the projects that it lists as open to all."""

    mentions: list[Mention]
    fulfilments: list[Fulfilment]
    projects: list[str]


def stated_of(record: Record, forms: Forms) -> Stated:
    """What a record states."""
    return Stated(
        list(mentions_of(record, forms)), list(fulfilments_of(record, forms)), list(_listed_projects(record, forms))
    )


def to_json(stated: Stated) -> Any:
    """What JSON can hold of it; ``None`` where there is nothing."""
    if not (stated.mentions or stated.fulfilments or stated.projects):
        return None
    return [
        [[_source(m.source), *(_term(getattr(m, name)) for name in _MENTION)] for m in stated.mentions],
        [[_source(f.source), *(_term(getattr(f, name)) for name in _FULFILMENT)] for f in stated.fulfilments],
        stated.projects,
    ]


def from_json(document_id: str, data: Any) -> Stated:
    """The inverse of :func:`to_json`."""
    mentions, fulfilments, projects = data
    return Stated(
        [Mention(source=_as_source(document_id, s), **_as_terms(_MENTION, t)) for s, *t in mentions],
        [Fulfilment(source=_as_source(document_id, s), **_as_terms(_FULFILMENT, t)) for s, *t in fulfilments],
        projects,
    )


def _listed_projects(record: Record, forms: Forms) -> Iterable[str]:
    """Every project of a project list."""
    form = forms.get(record.doc_type)
    if form is None or form.projects is None:
        return
    projects = form.projects
    if any(record.fields[k].value != v for k, v in projects.when.items() if k in record.fields):
        return
    for row in record.rows:
        value = row[projects.name].value if projects.name in row else None
        if isinstance(value, str):
            yield from split_terms(value)


def _source(source: Source) -> list[Any]:
    return [source.files, source.row, source.sha256]


def _as_source(document_id: str, data: list[Any]) -> Source:
    return Source(document_id, *data)


def _term(term: Term) -> Any:
    """Most are empty, or a text that was surely read and is not in doubt."""
    if term == _NOTHING:
        return 0
    if term.mark is None:
        return term.text if term.sure else [term.text]
    mark = term.mark
    return [term.text, term.sure, mark.status.value, list(mark.issues), mark.confidence, mark.raw]


def _as_terms(names: Iterable[str], data: Iterable[Any]) -> dict[str, Term]:
    return {name: _as_term(one) for name, one in zip(names, data, strict=True)}


def _as_term(data: Any) -> Term:
    if data == 0:
        return _NOTHING
    if isinstance(data, str):
        return _sure(data)
    text, *rest = data
    if not rest:
        return Term(text)
    sure, status, issues, confidence, raw = rest
    return Term(text, sure, Mark(FieldStatus(status), tuple(issues), confidence, raw))


@lru_cache(maxsize=1 << 16)
def _sure(text: str) -> Term:
    """A term in no doubt: the same few names and days come again and again."""
    return Term(text, True)


_NOTHING = Term()
