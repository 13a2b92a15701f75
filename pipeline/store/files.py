"""The files of the drop folder: what became of each, and which file a document is read from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, case, or_, select, update

from pipeline.scanned import FileStat
from pipeline.store import audit
from pipeline.store.audit import Action
from pipeline.store.columns import now
from pipeline.store.engine import insert_or_update
from pipeline.store.nouns import FileState, KnownFile, QuarantinedFile
from pipeline.store.order import natural_key
from pipeline.store.schema import DocumentFileRow, DocumentRow, FieldRow, OriginalRow, SourceFileRow, path_key

_STATES = {state.value: state for state in FileState}
LIVE = (FileState.PROCESSED.value, FileState.DUPLICATE.value)
"""The states of files whose content a document was read from, or is a copy of such a one."""


def known(connection: Connection) -> dict[str, KnownFile]:
    """Every file the folder is known to hold, by path. Files that went or were taken out are left out, so
    one that comes back is looked at again."""
    row = SourceFileRow
    query = select(row.path, row.sha256, row.size, row.mtime_ns, row.state, row.attempts, row.retry_at)
    query = query.where(row.state != FileState.GONE.value, row.taken.is_(False))
    return {
        path: KnownFile(sha256, size, mtime_ns, _STATES[state], attempts, retry_at)
        for path, sha256, size, mtime_ns, state, attempts, retry_at in connection.execute(query)
    }


def quarantined(connection: Connection) -> list[QuarantinedFile]:
    """The files in quarantine, in natural order of their paths."""
    row = SourceFileRow
    query = select(row.path, row.sha256, row.code, row.message, row.batch_id, row.last_seen)
    query = query.where(row.state == FileState.QUARANTINED.value)
    found = [
        QuarantinedFile(path, sha256, code or "", message or "", batch_id, last_seen)
        for path, sha256, code, message, batch_id, last_seen in connection.execute(query)
    ]
    return sorted(found, key=lambda file: (natural_key(file.path), file.path))


def mark(
    connection: Connection,
    files: Iterable[FileStat],
    state: FileState,
    batch_id: int | None,
    *,
    code: str | None = None,
    message: str | None = None,
    attempts: int = 0,
    retry_at: datetime | None = None,
) -> set[str]:
    """Write down what became of ``files``; the hashes of contents that these paths no longer hold."""
    replaced: set[str] = set()
    moment = now()
    for file in sorted(files, key=lambda f: f.path):  # one order, so that two writers never wait on each other
        key = path_key(file.path)
        before = connection.scalar(select(SourceFileRow.sha256).where(SourceFileRow.path_key == key))
        if before and before != file.sha256:
            replaced.add(before)
        seen = {
            "sha256": file.sha256,
            "size": file.size,
            "mtime_ns": file.mtime_ns,
            "state": state.value,
            "code": code,
            "message": message,
            "last_seen": moment,
            "batch_id": batch_id,
            "attempts": attempts,
            "retry_at": retry_at,
            "taken": False,
        }
        statement = insert_or_update(connection, SourceFileRow).values(
            path_key=key, path=file.path, first_seen=moment, **seen
        )
        connection.execute(statement.on_conflict_do_update(index_elements=["path_key"], set_=seen))
    return replaced


def touch(connection: Connection, files: Iterable[FileStat]) -> None:
    """Take a new size or time of files whose content is as known, so that they are not hashed again."""
    row = SourceFileRow
    for file in files:
        connection.execute(
            update(row)
            .where(row.path_key == path_key(file.path), row.sha256 == file.sha256)
            .values(size=file.size, mtime_ns=file.mtime_ns, last_seen=now())
        )


def take(connection: Connection, paths: Collection[str]) -> None:
    """Note that the batch took these files out of the folder, their contents being kept elsewhere."""
    for path in sorted(paths):
        connection.execute(update(SourceFileRow).where(SourceFileRow.path_key == path_key(path)).values(taken=True))


def requeue(connection: Connection, sha256s: Collection[str], actor: str) -> dict[str, str]:
    """Let a file of each of these contents be read again, as if new; its path by content.

    A content whose name another scan has taken since, and which lies in the archive only, is read under
    its old name once no file of that name is in the folder.
    """
    row, part = SourceFileRow, DocumentFileRow
    held = {sha256: (path, key) for path, key, sha256 in _holding(connection, sha256s)}
    again = {"state": FileState.RETRY.value, "attempts": 0, "retry_at": None, "taken": False}
    for sha256 in sorted(set(sha256s) - held.keys()):
        old = connection.execute(
            select(part.path, part.path_key, OriginalRow.size)
            .join(OriginalRow, OriginalRow.sha256 == part.sha256)
            .join(row, row.path_key == part.path_key)
            .where(part.sha256 == sha256, or_(row.taken, row.state == FileState.GONE.value))
        ).first()
        if old is not None:
            held[sha256] = (old.path, old.path_key)
            own = {"sha256": sha256, "size": old.size, "mtime_ns": 0, "code": None, "message": None}
            connection.execute(update(row).where(row.path_key == old.path_key).values(**own))
    for sha256, (_, key) in sorted(held.items()):
        connection.execute(update(row).where(row.path_key == key).values(**again))
        audit.append(connection, Action.FILE_REQUEUED, actor, detail={"sha256": sha256})
    return {sha256: path for sha256, (path, _) in held.items()}


def _holding(connection: Connection, sha256s: Collection[str]) -> list[tuple[str, str, str]]:
    """One file for each content: path, key, hash; one that documents were read from where there are several."""
    row = SourceFileRow
    query = select(row.path, row.path_key, row.sha256).where(row.sha256.in_(sha256s))
    # The last one counts: duplicates first, so that a document's own file wins.
    order = case((row.state == FileState.DUPLICATE.value, 0), else_=1)
    return [(r.path, r.path_key, r.sha256) for r in connection.execute(query.order_by(order, row.path))]


def forget(connection: Connection, path: str, actor: str) -> None:
    """Note that a file is no longer in the folder. Its documents stay, and pass to a duplicate if any."""
    row = SourceFileRow
    key = path_key(path)
    found = connection.execute(select(row.sha256, row.state).where(row.path_key == key)).first()
    if found is None or found.state == FileState.GONE.value:
        return
    connection.execute(update(row).where(row.path_key == key).values(state=FileState.GONE.value, last_seen=now()))
    audit.append(connection, Action.FILE_GONE, actor, detail={"sha256": found.sha256})
    relink(connection, [found.sha256], actor)


def owns(connection: Connection, file: FileStat) -> bool:
    """Whether some document was read from this very file."""
    row = DocumentFileRow
    query = select(row.document_id).where(row.path_key == path_key(file.path), row.sha256 == file.sha256)
    return connection.execute(query.limit(1)).first() is not None


def holders(connection: Connection, sha256s: Sequence[str]) -> dict[str, list[str]]:
    """The paths that now hold each content, in natural order; quarantined files are left out."""
    row = SourceFileRow
    # The states are looked at here: asked for both, SQLite goes through all files of such a state, which most are of.
    query = select(row.sha256, row.path, row.state).where(row.sha256.in_(set(sha256s) - {""}))
    found: dict[str, list[str]] = {}
    for sha256, path, state in connection.execute(query):
        if state in LIVE:
            found.setdefault(sha256, []).append(path)
    for paths in found.values():
        paths.sort(key=lambda path: (natural_key(path), path))
    return found


def relink(connection: Connection, sha256s: Iterable[str], actor: str) -> None:
    """Where a document's file went or now holds something else, let a duplicate of it take its place.

    So every file of the folder stays named by a document, also after a rename.
    """
    wanted = sorted(set(sha256s) - {""})
    holding = holders(connection, wanted)
    row = DocumentFileRow
    parts = connection.execute(
        select(row.document_id, row.position, row.path, row.sha256)
        .where(row.sha256.in_(holding))
        .order_by(row.document_id, row.position)
    ).all()
    for document_id, position, path, sha256 in parts:
        if path in holding[sha256]:
            continue
        # Under the document's lock, as every write to it: no reading may come between.
        connection.execute(select(DocumentRow.revision).where(DocumentRow.document_id == document_id).with_for_update())
        heir = holding[sha256][0]
        connection.execute(
            update(row)
            .where(row.document_id == document_id, row.position == position)
            .values(path=heir, path_key=path_key(heir))
        )
        connection.execute(
            update(FieldRow).where(FieldRow.document_id == document_id, FieldRow.file == path).values(file=heir)
        )
        connection.execute(
            update(SourceFileRow)
            .where(SourceFileRow.path_key == path_key(heir))
            .values(state=FileState.PROCESSED.value)
        )
        audit.append(connection, Action.DOCUMENT_RELINKED, actor, document_id=document_id, detail={"sha256": sha256})
