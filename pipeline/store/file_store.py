"""What became of each file of the drop folder."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.store import audit, files, loading, saving
from pipeline.store.audit import Action
from pipeline.store.nouns import FileStat, FileState, KnownFile, QuarantinedFile
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
    ) -> None:
        """Note that a file holds what another file holds, of which ``document_id`` was read.

        If that other file is gone the document passes to this one; documents once read from an earlier
        content of this path are removed.
        """
        with self.writing() as connection:
            state = FileState.PROCESSED if files.owns(connection, file) else FileState.DUPLICATE
            replaced = files.mark(connection, [file], state, batch_id)
            files.relink(connection, {file.sha256, *replaced}, actor)
            keep = loading.ids_by_hash(connection, [file.sha256]).get(file.sha256, [])
            saving.remove_of(connection, actor, paths=[file.path], keep=keep)
            detail = {"sha256": file.sha256, "batch": batch_id}
            audit.append(connection, Action.FILE_DUPLICATE, actor, document_id=document_id, detail=detail)

    def touch_files(self, changed: Iterable[FileStat]) -> None:
        """Take the new size or time of files whose content is as known, so that they are not hashed again."""
        with self.writing() as connection:
            files.touch(connection, changed)

    def forget_file(self, path: str, *, actor: str = PIPELINE) -> None:
        """Note that a file is no longer in the folder. Its documents stay, and pass to a duplicate if any."""
        with self.writing() as connection:
            files.forget(connection, path, actor)
