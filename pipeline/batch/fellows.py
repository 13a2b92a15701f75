"""Which files of the folder are read together, and which contents of the archive with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pipeline.intake.grouping import group_files
from pipeline.records import Arrangement
from pipeline.scanned import FileStat
from pipeline.store import StoredDocument


class Documents(Protocol):
    """What the store knows of the documents of contents."""

    def documents_by_hash(self, sha256s: Iterable[str]) -> dict[str, list[str]]: ...

    def stored_document(self, document_id: str) -> StoredDocument | None: ...


@dataclass(slots=True)
class Group:
    """Paths of the folder to be read together; ``fellows`` are contents that are not in it, with a name for each."""

    paths: list[str] = field(default_factory=list)
    fellows: dict[str, str] = field(default_factory=dict)


def groups_of(stats: Mapping[str, FileStat], arrangements: Sequence[Arrangement], documents: Documents) -> list[Group]:
    """The files in groups: numbered pages of one document, and files that people put into one document.

    With the content of a file that has gone from the folder comes everything that documents of it were read
    from: a file is read as a whole, and all its documents with it.
    """
    named = group_files(list(stats))
    if not arrangements:
        return [Group(paths) for paths in named]
    held = {stat.sha256 for stat in stats.values()}
    joined = Joined()
    for paths in named:
        joined.join(stats[path].sha256 for path in paths)
    for arrangement in arrangements:
        joined.join(sha256 for sha256, _ in arrangement.pages)
    fellows = _names({s for a in arrangements for s, _ in a.pages} - held, documents, joined)
    groups: dict[str, Group] = {}
    for paths in named:
        groups.setdefault(joined.root(stats[paths[0]].sha256), Group()).paths += paths
    for sha256, name in fellows.items():
        if sha256 not in held and joined.root(sha256) in groups:
            groups[joined.root(sha256)].fellows[sha256] = name
    return list(groups.values())


def _names(contents: Iterable[str], documents: Documents, joined: Joined) -> dict[str, str]:
    """These contents and all that share a document with them, each with the name it was read under."""
    names: dict[str, str] = {}
    pending = sorted(contents)
    while pending:
        some, pending = pending, []
        for document in current_documents(documents, some).values():
            joined.join(document.record.sha256)
            for name, sha256 in zip(document.record.files, document.record.sha256, strict=True):
                if sha256 not in names:
                    names[sha256] = name
                    pending.append(sha256)
    return names


def current_documents(documents: Documents, contents: Iterable[str]) -> dict[str, StoredDocument]:
    """The documents that hold a page of these contents and that no other one stands for, by id."""
    ids = {name for names in documents.documents_by_hash(contents).values() for name in names}
    found = {name: documents.stored_document(name) for name in sorted(ids)}
    return {name: document for name, document in found.items() if document and document.superseded_by is None}


class Joined:
    """Sets of things that belong together, grown by joining (a union-find)."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}

    def root(self, thing: str) -> str:
        """The thing that stands for its whole set."""
        self._parents.setdefault(thing, thing)
        while self._parents[thing] != thing:
            self._parents[thing] = self._parents[self._parents[thing]]
            thing = self._parents[thing]
        return thing

    def join(self, things: Iterable[str]) -> None:
        """Let these things belong together."""
        first: str | None = None
        for thing in things:
            if first is None:
                first = thing
            self._parents[self.root(thing)] = self.root(first)
