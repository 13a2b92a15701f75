"""What came of the files, into the store, the archive and the quarantine; in that order, so that nothing is lost.

A document is committed before its original is archived, and an original is archived before it leaves the
drop folder. Whatever moment the power fails at, the next batch finds what is still to be done.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.batch.failures import next_try
from pipeline.batch.outcome import CHANGED, Failure, Outcome
from pipeline.batch.plan import Plan, Work
from pipeline.batch.portion import touching
from pipeline.batch.summary import BatchSummary
from pipeline.batch.versions import superseded
from pipeline.batch.weigh import Rules
from pipeline.errors import FileError, SetupError
from pipeline.intake.archive import Archive
from pipeline.intake.folder import FoundFile
from pipeline.intake.quarantine import kept_copy, quarantine, release
from pipeline.intake.scans import Scans, open_scans
from pipeline.intake.settle import is_regular, look_at
from pipeline.records import FieldStatus, Record
from pipeline.reports.logs import Log
from pipeline.scanned import FileStat, ReadDocument
from pipeline.settings import Settings
from pipeline.store import FileState, Store
from pipeline.store.originals import suffix_of
from pipeline.validation.document import validate_document

_TOGETHER = 20  # originals noted as archived in one transaction


@dataclass(slots=True)
class Keeper:
    """Keeps what one batch finds out. ``read`` are the ids of the documents written."""

    store: Store
    settings: Settings
    rules: Rules
    plan: Plan
    batch: int
    now: datetime.datetime
    summary: BatchSummary
    log: Log
    read: list[str] = field(default_factory=list)
    _archived: list[str] = field(default_factory=list)
    _scans: Scans = field(init=False)

    def __post_init__(self) -> None:
        self._scans = open_scans(self.settings.scans, self._outputs)

    @property
    def _outputs(self) -> Path:
        return self.settings.path("outputs")

    def source_of(self, stat: FileStat) -> Path:
        """Where the content lies: in the drop folder, or where it is kept since it left that.

        What has to be fetched from a bucket is there until the piece of work has been kept.
        """
        source = self._scans.source(stat.path, stat.sha256)
        if is_regular(source):
            return source
        return kept_copy(stat.path, stat.sha256, self._outputs) or Archive(self._outputs).find(stat.sha256) or source

    def settle_folder(self) -> None:
        """Everything about the folder that needs no reading: refused, unreadable, touched, gone."""
        for refused in self.plan.refused:
            self._fail(Failure(FileStat(refused.path, "", 0, 0), refused.code, refused.message))
        for stat, error in self.plan.unreadable:
            self._fail(Failure(stat, error.code, error.message))
        if self.plan.touched:
            self.store.touch_files(self.plan.touched)
        for path in self.plan.gone:
            self.store.forget_file(path)
            release(path, self._outputs)
        self._scans.release()

    def save(self, item: Work, outcome: Outcome) -> None:
        """One piece of work, in one transaction; what failed of it to be tried again, or to quarantine.

        What people corrected holds for the new reading too, and is validated with it.
        """
        outcome = self._checked(item, outcome)
        failed = {failure.file.path for failure in outcome.failures}
        done = [stat for stat in item.files if stat.path not in failed]
        read = {*(stat.path for stat in done), *(stat.path for stat in item.fellows)}
        if {file for d in outcome.documents for file in d.record.files} - read:
            # Saving them under these files would supersede what was read from these files.
            raise RuntimeError("an outcome came back for other files than were asked for")
        if done:
            self._save_documents(done, item.fellows, outcome.documents)
        for failure in outcome.failures:
            self._fail(failure)
        self.summary.add_outcome(outcome)
        self._scans.release()

    def pages_at_most(self, stat: FileStat) -> int | None:
        """A bound on the pages of a file that is not on this machine; ``None`` for one that is."""
        return self._scans.pages_at_most(_found(stat), self.settings.limits.max_pages)

    def _checked(self, item: Work, outcome: Outcome) -> Outcome:
        """The outcome, or that nothing came of it where what was read is not what is wanted by now.

        A document is not replaced by a part of it because a file in the archive could not be read, nor are
        pages put back that somebody arranged while they were read.
        """
        of_fellow = next((f for f in outcome.failures if f.file in item.fellows), None)
        if of_fellow is not None:
            return Outcome(failures=[Failure(stat, of_fellow.code, of_fellow.message) for stat in item.files])
        contents = {stat.sha256 for stat in item.every}
        arranged = touching(self.store.arrangements(), contents) if outcome.documents else ()
        if outcome.documents and set(arranged) != set(item.portion.arrangements):
            message = "识别期间有人重新编排了此文件的页，将在下次运行时重新读取。"
            return Outcome(failures=[Failure(stat, CHANGED, message) for stat in item.files])
        return outcome

    def note_duplicates(self) -> None:
        """Link copies to what was read of the first one; after reading, so that there is something to link.

        The copy of a file that could not be read cannot be read either, and says so under its own name.
        """
        duplicates = self.plan.duplicates
        by_hash = self.store.documents_by_hash([stat.sha256 for stat in duplicates])
        faults = {q.sha256: q for q in self.store.quarantined()} if duplicates else {}
        settled = self.store.settled_contents({stat.sha256 for stat in duplicates}) if duplicates else {}
        for stat in duplicates:
            documents = by_hash.get(stat.sha256)
            fault = faults.get(stat.sha256)
            if not documents and fault is not None:
                self._quarantine(Failure(stat, fault.code, fault.message))  # the content has had its tries
                continue
            if not documents and stat.sha256 not in settled:
                continue  # its first copy has not been read yet: nothing to link to, and no copy of anything
            if not documents:
                self.summary.notices.append(f"{stat.path}：内容已按保存期限清除，不再读取。")
            self.summary.duplicates += self.store.save_duplicate(stat, next(iter(documents or ()), None), self.batch)
            release(stat.path, self._outputs)  # what once failed under this name

    def archive_the_rest(self) -> None:
        """Put into the archive what an earlier batch had no time or room for, and clear the drop folder if so set."""
        pending = {original.sha256 for original in self.store.pending_originals()} - set(self._archived)
        if pending:
            by_hash = {
                k.sha256: FileStat(p, k.sha256, k.size, k.mtime_ns)
                for p, k in self.plan.known.items()
                if k.sha256 in pending and self._scans.look(p) is not None
            }
            for sha256 in sorted(by_hash):
                self._archive(by_hash[sha256])
                self._scans.release()
        self._note_archived()
        if self.settings.intake.originals == "move":
            self._clear_folder()

    def _save_documents(
        self, done: Sequence[FileStat], fellows: Sequence[FileStat], documents: Sequence[ReadDocument]
    ) -> None:
        new = [document.record for document in documents]
        # Another scan may have the name that a content of the archive once had.
        by_content = [dataclasses.replace(stat, path=stat.sha256) for stat in fellows]
        earlier = self.store.earlier_documents([*done, *by_content], {record.document_id for record in new})
        overwritten = {record.document_id for record in earlier if self._is_overwritten(record, done)}
        replaced = superseded(earlier, new, self.rules.forms, overwritten)
        corrected = [as_corrected(self.store, self.rules, document, replaced) for document in documents]
        self.store.save_documents(corrected, files=done, batch_id=self.batch, supersedes=replaced)
        self.read += [record.document_id for record in new]
        for document in documents:
            record = document.record
            facts = {"document_id": record.document_id, "doc_type": record.doc_type, "status": record.status.value}
            self.log.event("document_read", batch=self.batch, seconds=document.seconds, **facts)
        self.summary.superseded += len(replaced)
        for stat in done:
            self._archive(stat)
            release(stat.path, self._outputs)
        if len(self._archived) >= _TOGETHER:
            self._note_archived()

    def _is_overwritten(self, record: Record, done: Sequence[FileStat]) -> bool:
        """Whether one of ``done`` lay in the folder with a content of the record, which now no file has any more.

        Not so where that file was taken away first, by staff or by the batch: its name was free for another paper.
        """
        held = set(zip(record.files, record.sha256, strict=True))
        changed = (s for s in done if (k := self.plan.known.get(s.path)) and (s.path, k.sha256) in held)
        return not record.duplicates and any(s.sha256 not in record.sha256 for s in changed)

    def _archive(self, stat: FileStat) -> None:
        """Copy an original into the archive; where that cannot be done now, a later batch will."""
        archive = Archive(self._outputs)
        try:
            if archive.find(stat.sha256) is None:
                archive.keep(self.source_of(stat), stat.sha256, suffix_of(stat.path))
        except (FileError, OSError) as error:
            reason = error.message if isinstance(error, FileError) else error.strerror
            self.summary.notices.append(f"{stat.path}：原件未能存档（{reason}），下次运行时再存。")
            return
        self._archived.append(stat.sha256)

    def _note_archived(self) -> None:
        self.summary.archived += self.store.mark_archived(self._archived)
        self._archived.clear()

    def _clear_folder(self) -> None:
        """Take what was dealt with out of the drop folder: its content lies in the archive or in quarantine."""
        archive, scans = Archive(self._outputs), self.settings.path("scans")
        taken = [
            path
            for path, known in self.store.known_files().items()
            if known.state is not FileState.RETRY
            and look_at(scans, path) == FoundFile(path, known.size, known.mtime_ns)
            and (archive.find(known.sha256) or kept_copy(path, known.sha256, self._outputs))
        ]
        self.store.take_files(taken)
        for path in taken:
            try:
                (scans / path).unlink(missing_ok=True)
            except OSError as error:
                self.summary.notices.append(f"{path}：未能移出扫描文件夹（{error.strerror}），可手工删除，原件已存档。")

    def _fail(self, failure: Failure) -> None:
        """To be tried again, or to quarantine."""
        stat = failure.file
        again = next_try(failure.code, stat.sha256, self.plan.known.get(stat.path), self.settings.batch, self.now)
        if again is not None:
            attempts, retry_at = again
            self.log.event(
                "file_retried", code=failure.code, sha256=stat.sha256 or None, attempts=attempts, retry_at=retry_at
            )
            self.store.save_retry(
                stat, failure.code, failure.message, attempts=attempts, retry_at=retry_at, batch_id=self.batch
            )
            self.summary.retried.append(
                {
                    "file": stat.path,
                    "code": failure.code,
                    "message": failure.message,
                    "attempts": attempts,
                    "retry_at": retry_at.astimezone().isoformat(timespec="seconds"),
                }
            )
        else:
            self._quarantine(failure)

    def _quarantine(self, failure: Failure) -> None:
        """The note first: a failure that is on record without its note would never be seen."""
        stat = failure.file
        try:
            quarantine(self.source_of(stat), stat.path, stat.sha256, failure.code, failure.message, self._outputs)
        except OSError as error:
            raise SetupError(
                f"无法写入隔离文件夹 {self._outputs / 'quarantine'}：{error.strerror}。请检查磁盘空间和权限后重新运行。"
            ) from error
        self.log.event("file_failed", code=failure.code, sha256=stat.sha256 or None)
        self.store.save_failure(stat, failure.code, failure.message, self.batch)
        self.summary.failed.append({"file": stat.path, "code": failure.code, "message": failure.message})


def _found(stat: FileStat) -> FoundFile:
    return FoundFile(stat.path, stat.size, stat.mtime_ns)


def as_corrected(store: Store, rules: Rules, document: ReadDocument, replaced: Mapping[str, str]) -> ReadDocument:
    """A fresh reading with what people said of it, or of what it is to stand for, and validated with that.

    ``replaced`` gives the new document's id for each earlier one.
    """
    record = store.with_corrections(document.record, replaced)
    if any(value.status is FieldStatus.CORRECTED for _, value in record.all_fields()):
        form = rules.forms.get(record.doc_type)
        validate_document(record, form, rules.dictionaries, rules.acceptance, rules.today)
    return dataclasses.replace(document, record=record)
