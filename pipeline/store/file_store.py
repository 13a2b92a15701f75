"""What became of each file of the drop folder."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from pipeline.scanned import FileStat
from pipeline.store import audit, files, originals
from pipeline.store.audit import Action
from pipeline.store.nouns import FileState, KnownFile, Original, QuarantinedFile
from pipeline.store.transactions import PIPELINE, Transactions


class FileStore(Transactions):
    """The part of the store that knows files."""

    def known_files(self) -> dict[str, KnownFile]:
        """Every file the folder is known to hold, by path; those that went are left out."""
        with self.reading() as connection:
            return files.known(connection)

    def quarantined(self) -> list[QuarantinedFile]:
        """The files in quarantine with their reasons, in natural order of their paths."""
        with self.reading() as connection:
            return files.quarantined(connection)

    def save_failure(
        self, file: FileStat, code: str, message: str, batch_id: int | None = None, *, actor: str = PIPELINE
    ) -> None:
        """Note that a file could not be processed. Documents once read from that path stay."""
        with self.writing() as connection:
            replaced = files.mark(connection, [file], FileState.QUARANTINED, batch_id, code=code, message=message)
            files.relink(connection, replaced, actor)
            detail = {"sha256": file.sha256, "code": code, "batch": batch_id}
            audit.append(connection, Action.FILE_QUARANTINED, actor, detail=detail)

    def save_duplicate(
        self, file: FileStat, document_id: str | None, batch_id: int | None = None, *, actor: str = PIPELINE
    ) -> bool:
        """Note that a file holds what another file holds, of which ``document_id`` was read.

        Whether it is a duplicate: not so if that document was read from this very file.

        If that other file is gone the document passes to this one.
        """
        with self.writing() as connection:
            state = FileState.PROCESSED if files.owns(connection, file) else FileState.DUPLICATE
            replaced = files.mark(connection, [file], state, batch_id)
            files.relink(connection, {file.sha256, *replaced}, actor)
            detail = {"sha256": file.sha256, "batch": batch_id}
            audit.append(connection, Action.FILE_DUPLICATE, actor, document_id=document_id, detail=detail)
            return state is FileState.DUPLICATE

    def save_retry(
        self,
        file: FileStat,
        code: str,
        message: str,
        *,
        attempts: int,
        retry_at: datetime,
        batch_id: int | None = None,
        actor: str = PIPELINE,
    ) -> None:
        """Note that a file failed for the ``attempts``-th time, for a reason that may pass by ``retry_at``."""
        with self.writing() as connection:
            replaced = files.mark(
                connection,
                [file],
                FileState.RETRY,
                batch_id,
                code=code,
                message=message,
                attempts=attempts,
                retry_at=retry_at,
            )
            files.relink(connection, replaced, actor)
            detail = {"sha256": file.sha256, "code": code, "attempt": attempts, "batch": batch_id}
            audit.append(connection, Action.FILE_RETRY, actor, detail=detail)

    def requeue(self, sha256s: Collection[str], *, actor: str = PIPELINE) -> dict[str, str]:
        """Let these contents be read again by the next batch; under which path each of those that can be will."""
        with self.writing() as connection:
            return files.requeue(connection, sha256s, actor)

    def take_files(self, paths: Collection[str]) -> None:
        """Note that the batch took these files out of the folder: their contents are kept elsewhere."""
        if paths:
            with self.writing() as connection:
                files.take(connection, paths)

    def settled_contents(self, sha256s: Collection[str]) -> dict[str, str | None]:
        """Of these contents, those that need no reading: with the document read, or ``None`` where purged."""
        with self.reading() as connection:
            return originals.settled(connection, sha256s)

    def pending_originals(self) -> list[Original]:
        """The contents that were read and are not in the archive yet."""
        with self.reading() as connection:
            return originals.pending(connection)

    def archived_originals(self) -> list[Original]:
        """The contents that are in the archive, by hash."""
        with self.reading() as connection:
            return originals.archived(connection)

    def mark_archived(self, sha256s: Collection[str]) -> int:
        """Note that these contents are in the archive, on disk; of how many that was not known."""
        if not sha256s:
            return 0
        with self.writing() as connection:
            return originals.mark_archived(connection, sha256s)

    def touch_files(self, changed: Iterable[FileStat]) -> None:
        """Take the new size or time of files whose content is as known, so that they are not hashed again."""
        with self.writing() as connection:
            files.touch(connection, changed)

    def forget_file(self, path: str, *, actor: str = PIPELINE) -> None:
        """Note that a file is no longer in the folder. Its documents stay, and pass to a duplicate if any."""
        with self.writing() as connection:
            files.forget(connection, path, actor)
