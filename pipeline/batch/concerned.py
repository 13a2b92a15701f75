"""What is to be read again for some documents and arrangements: whole documents, and no page of any other."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from pipeline.batch.fellows import Joined, current_documents
from pipeline.batch.portion import Portion, touching
from pipeline.errors import PipelineError
from pipeline.intake.grouping import group_files
from pipeline.records import Arrangement, Record
from pipeline.scanned import FileStat
from pipeline.store import KnownFile, Store
from pipeline.store.order import natural_key

Page = tuple[str, int]


class CannotReadError(PipelineError):
    """What was asked to be read again cannot be."""

    code = "cannot_read"


@dataclass(slots=True)
class Piece:
    """Files to be read together, which of their pages, and the documents that these pages are now."""

    files: tuple[FileStat, ...]
    portion: Portion
    documents: list[Record] = field(default_factory=list)

    @property
    def pages(self) -> int:
        return sum(len(numbers) for numbers in self.portion.pages.values())


def rearranged(earlier: Sequence[Arrangement], new: Sequence[Arrangement]) -> list[Arrangement]:
    """Which arrangements hold once ``new`` ones have taken their pages out of ``earlier`` ones."""
    taken = {page for arrangement in new for page in arrangement.pages}
    left = [(a, tuple(p for p in a.pages if p not in taken)) for a in earlier if a.id not in {n.id for n in new}]
    return [*(Arrangement(a.id, pages, a.doc_type) for a, pages in left if pages), *new]


def pieces(store: Store, document_ids: Sequence[str], new: Sequence[Arrangement]) -> list[Piece]:
    """What to read for these documents and arrangements.

    With them come the documents that pages are taken from, and all that those were arranged with. Raises
    :class:`CannotReadError`.
    """
    arrangements = rearranged(store.arrangements(), new)
    documents = _named(store, document_ids)
    wanted = {page for a in new for page in a.pages}
    documents |= _holding(store, wanted)
    if not wanted <= {page for record in documents.values() for page in record.every_page()}:
        raise CannotReadError("有的页已不属于任何文档（可能已清除）。请刷新后重试。", code="not_found")
    pending = [page for record in documents.values() for page in record.every_page()]
    while pending:
        reached = {page for a in arrangements if not set(pending).isdisjoint(a.pages) for page in a.pages}
        reached -= {page for record in documents.values() for page in record.every_page()}
        more = _holding(store, reached)
        documents |= more
        pending = [page for record in more.values() for page in record.every_page()]
    return _parts(store, documents, arrangements)


def _named(store: Store, ids: Sequence[str]) -> dict[str, Record]:
    found = {}
    for name in ids:
        document = store.stored_document(name)
        if document is None or document.superseded_by is not None:
            raise CannotReadError("这份文档已被重新识别、拆分、合并或删除。请刷新后重试。", code="not_found")
        found[name] = document.record
    return found


def _holding(store: Store, pages: Collection[Page]) -> dict[str, Record]:
    """The current documents that hold any of these pages."""
    found = current_documents(store, {sha256 for sha256, _ in pages})
    return {name: d.record for name, d in found.items() if not set(pages).isdisjoint(d.record.every_page())}


def _parts(store: Store, documents: dict[str, Record], arrangements: Sequence[Arrangement]) -> list[Piece]:
    names: dict[str, str] = {}
    joined = Joined()
    for record in documents.values():
        joined.join(record.sha256)
        names.update(zip(record.sha256, record.files, strict=True))
    for arrangement in touching(arrangements, names.keys()):
        joined.join(sha256 for sha256, _ in arrangement.pages if sha256 in names)
    known = store.known_files()
    out = []
    for root in dict.fromkeys(joined.root(sha256) for sha256 in names):
        contents = {sha256: name for sha256, name in names.items() if joined.root(sha256) == root}
        own = [record for record in documents.values() if joined.root(record.sha256[0]) == root]
        pages = sorted(page for record in own for page in record.every_page())
        portion = Portion(
            tuple(a for a in arrangements if not set(a.pages).isdisjoint(pages)),
            {sha256: tuple(number for content, number in pages if content == sha256) for sha256 in contents},
        )
        files = [stat_of(known, sha256, name) for sha256, name in _in_order(contents)]
        out.append(Piece(tuple(files), portion, own))
    return out


def stat_of(known: Mapping[str, KnownFile], sha256: str, name: str) -> FileStat:
    """A content by the file it was read from.

    Where the folder has something else under the name by now, nothing there is of this size and time.
    """
    file = known.get(name)
    if file is None or file.sha256 != sha256:
        return FileStat(name, sha256, -1, -1)
    return FileStat(name, sha256, file.size, file.mtime_ns)


def _in_order(contents: dict[str, str]) -> list[tuple[str, str]]:
    """Contents with their names, numbered pages of a document in their order."""
    by_name = {name: sha256 for sha256, name in contents.items()}
    if len(by_name) < len(contents):
        raise CannotReadError("要合在一起的页来自两份同名的扫描件，无法区分。请将其中一份改名后重新放入扫描文件夹。")
    groups = group_files(sorted(by_name, key=lambda name: (natural_key(name), name)))
    return [(by_name[name], name) for name in chain.from_iterable(groups)]
