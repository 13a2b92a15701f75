"""The contents that documents were read from: which are in the archive, which are still to be put there."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

from sqlalchemy import Connection, or_, select, update

from pipeline.scanned import FileStat
from pipeline.store.columns import now
from pipeline.store.engine import insert_or_update
from pipeline.store.nouns import Original
from pipeline.store.schema import DocumentFileRow, OriginalRow

_LONGEST_SUFFIX = 15


def note(connection: Connection, files: Iterable[FileStat]) -> None:
    """Write down contents that were read; what is known stays as it is, but for what had been purged."""
    for file in files:
        if not file.sha256:
            continue
        statement = insert_or_update(connection, OriginalRow).values(
            sha256=file.sha256, size=file.size, suffix=suffix_of(file.path), archived=None, purged=None
        )
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["sha256"],
                set_={"archived": None, "purged": None},
                where=OriginalRow.purged.is_not(None),
            )
        )


def suffix_of(path: str) -> str:
    """The ending that an original keeps in the archive: ``.jpg``; none where it is odd."""
    suffix = PurePosixPath(path).suffix.lower()
    return suffix if suffix[1:].isascii() and suffix[1:].isalnum() and len(suffix) <= _LONGEST_SUFFIX else ""


def pending(connection: Connection) -> list[Original]:
    """The contents that are not in the archive yet."""
    row = OriginalRow
    return _originals(connection, row.archived.is_(None) & row.purged.is_(None))


def archived(connection: Connection) -> list[Original]:
    """The contents that are in the archive."""
    return _originals(connection, OriginalRow.archived.is_not(None) & OriginalRow.purged.is_(None))


def mark_archived(connection: Connection, sha256s: Collection[str]) -> int:
    """Note that these contents are in the archive, on disk; of how many that was not known."""
    row = OriginalRow
    new = update(row).where(row.sha256.in_(sha256s), row.archived.is_(None)).values(archived=now())
    return connection.execute(new).rowcount


def mark_purged(connection: Connection, sha256s: Collection[str]) -> None:
    """Note that these contents were destroyed; their hashes stay, so that they are not taken in again."""
    connection.execute(
        update(OriginalRow).where(OriginalRow.sha256.in_(sha256s)).values(purged=now(), archived=None, suffix="")
    )


def settled(connection: Connection, sha256s: Collection[str]) -> dict[str, str | None]:
    """Of these contents, those that need no reading, each with the document it was read as.

    That is ``None`` for a content that was purged.
    """
    row = DocumentFileRow
    found: dict[str, str | None] = {}
    for chunk in _chunks(sorted(sha256s)):
        known = select(row.sha256, row.document_id).where(row.sha256.in_(chunk)).order_by(row.document_id.desc())
        found.update((sha256, document_id) for sha256, document_id in connection.execute(known))
        gone = select(OriginalRow.sha256).where(OriginalRow.sha256.in_(chunk), OriginalRow.purged.is_not(None))
        found.update((sha256, None) for sha256 in connection.scalars(gone))
    return found


def unused(connection: Connection) -> list[Original]:
    """Originals that no document, current or superseded, was read from."""
    used = select(DocumentFileRow.sha256).where(DocumentFileRow.sha256 == OriginalRow.sha256).exists()
    return _originals(connection, ~used & or_(OriginalRow.purged.is_(None)))


def _originals(connection: Connection, where: object) -> list[Original]:
    row = OriginalRow
    query = select(row.sha256, row.size, row.suffix, row.archived).where(where).order_by(row.sha256)  # type: ignore[arg-type]
    return [Original(*found) for found in connection.execute(query)]


def _chunks(values: list[str], size: int = 500) -> Iterable[list[str]]:
    return (values[i : i + size] for i in range(0, len(values), size))
