"""Which pages a person put together as one document, in which order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Connection, delete, insert, select

from pipeline.records import Arrangement
from pipeline.store import audit
from pipeline.store.audit import Action
from pipeline.store.schema import ArrangedPageRow


def arrange(connection: Connection, arrangements: Sequence[Arrangement], actor: str) -> None:
    """Put arrangements in force; their pages leave whichever they were in. See :meth:`Store.arrange`."""
    pages = [page for arrangement in arrangements for page in arrangement.pages]
    if len(set(pages)) < len(pages) or not all(arrangement.pages for arrangement in arrangements):
        raise ValueError("a page belongs to one document only, and a document has pages")
    row = ArrangedPageRow
    _release(connection, pages)
    connection.execute(delete(row).where(row.arrangement.in_([arrangement.id for arrangement in arrangements])))
    for arrangement in arrangements:
        values = [
            {
                "sha256": sha256,
                "page": page,
                "arrangement": arrangement.id,
                "position": i,
                "doc_type": arrangement.doc_type,
            }
            for i, (sha256, page) in enumerate(arrangement.pages)
        ]
        connection.execute(insert(row), values)
        detail = {"arrangement": arrangement.id, "pages": len(values), "type": arrangement.doc_type}
        audit.append(connection, Action.ARRANGED, actor, detail=detail)


def dissolve(connection: Connection, pages: Collection[tuple[str, int]], actor: str) -> None:
    """Take pages out of their arrangements, so that their content decides again."""
    released = _release(connection, pages)
    if released:
        audit.append(connection, Action.DISSOLVED, actor, detail={"pages": released})


def everything(connection: Connection) -> list[Arrangement]:
    """All arrangements, by their ids."""
    row = ArrangedPageRow
    query = select(row.arrangement, row.sha256, row.page, row.doc_type).order_by(row.arrangement, row.position)
    pages: dict[str, list[tuple[str, int]]] = {}
    types: dict[str, str | None] = {}
    for name, sha256, page, doc_type in connection.execute(query):
        pages.setdefault(name, []).append((sha256, page))
        types[name] = doc_type
    return [Arrangement(name, tuple(some), types[name]) for name, some in pages.items()]


def _release(connection: Connection, pages: Iterable[tuple[str, int]]) -> int:
    row = ArrangedPageRow
    return sum(
        connection.execute(delete(row).where(row.sha256 == sha256, row.page == page)).rowcount for sha256, page in pages
    )
