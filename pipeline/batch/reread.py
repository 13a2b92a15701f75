"""Documents and boxes read again while somebody waits: for the audit page, beside whatever batch is running."""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from pipeline.batch import worker
from pipeline.batch.boxes import BoxReading
from pipeline.batch.clock import tell_time
from pipeline.batch.concerned import CannotReadError, Piece, pieces, stat_of
from pipeline.batch.keeper import as_corrected
from pipeline.batch.lone_worker import LoneWorker, rules_as_of
from pipeline.batch.outcome import Failure, Outcome
from pipeline.batch.pool import time_limit
from pipeline.batch.versions import superseded
from pipeline.batch.weigh import Rules, rules_in_force
from pipeline.definitions import FieldDefinition, FieldType
from pipeline.errors import FileError
from pipeline.records import Arrangement
from pipeline.settings import Settings
from pipeline.sheets import Quad
from pipeline.store import Store

__all__ = ["BoxReading", "CannotReadError", "Reread", "Rereader"]

_NO_TEXT = (FieldType.CHECKBOXES, FieldType.TITLE_CHOICE, FieldType.SIGNATURE, FieldType.SEAL)


@dataclass(frozen=True, slots=True)
class Reread:
    """The ids of the documents that now stand where others were read again, and what could not be read.

    What failed is as it was before, and so are the arrangements that it was in.
    """

    documents: tuple[str, ...]
    failures: tuple[Failure, ...] = ()


class Rereader:
    """Reads again in one worker process, which starts when first needed; one thing after another.

    Safe to use from several threads. Errors come out of the futures.
    """

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._worker = LoneWorker(settings)
        self._in_turn = ThreadPoolExecutor(1, "reread")
        self._rules: Rules | None = None
        self._rules_of: object = None

    def reread(
        self, document_ids: Sequence[str], *, arrangements: Sequence[Arrangement] = (), actor: str
    ) -> Future[Reread]:
        """Read documents again, and what the pages of ``arrangements`` are documents of, now as arranged.

        What people corrected stands. A document whose pages are now in others is superseded. How documents
        bear on one another is for the export to weigh. An arrangement is stored together with what was read
        by it. The future raises :class:`CannotReadError` where a document or a page is no longer there.
        """
        return self._in_turn.submit(self._reread, tuple(document_ids), tuple(arrangements), actor)

    def read_box(self, sha256: str, file: str, number: int, quad: Quad, field: FieldDefinition) -> Future[BoxReading]:
        """What stands in a quad of page ``number`` (from 1) of a content, ``file`` being its name, as a ``field``.

        The future raises :class:`CannotReadError` for a field that is no text, :class:`FileError` where the page
        cannot be read.
        """
        return self._in_turn.submit(self._read_box, sha256, file, number, quad, field)

    def prepare(self) -> Future[int]:
        """Start the worker, which takes seconds, before anything is asked of it; its process id."""
        limit = time_limit(self._settings, 0)
        return self._in_turn.submit(lambda: self._worker.run(os.getpid, (), limit, tell_time(self._store).today))

    def close(self) -> None:
        """End the worker; what is in hand fails, and what waits is cancelled."""
        self._in_turn.shutdown(wait=False, cancel_futures=True)
        self._worker.close()
        self._in_turn.shutdown()

    def _read_box(self, sha256: str, file: str, number: int, quad: Quad, field: FieldDefinition) -> BoxReading:
        if field.type in _NO_TEXT:
            raise CannotReadError(f"“{field.title}”不是文字，不能框选识别，请直接选择。")
        stat = stat_of(self._store.known_files(), sha256, file)
        limit = time_limit(self._settings, 1)
        return self._worker.run(worker.read_box, (stat, number, quad, field), limit, tell_time(self._store).today)

    def _reread(self, ids: Sequence[str], arrangements: Sequence[Arrangement], actor: str) -> Reread:
        read: list[str] = []
        failures: list[Failure] = []
        for piece in pieces(self._store, ids, arrangements):
            outcome = self._outcome(piece)
            if outcome.failures:
                failures += outcome.failures
                continue
            own = [a for a in arrangements if a in piece.portion.arrangements]
            read += self._save(piece, outcome, own, actor)
        return Reread(tuple(read), tuple(failures))

    def _outcome(self, piece: Piece) -> Outcome:
        limit = time_limit(self._settings, piece.pages)
        today = tell_time(self._store).today
        try:
            return self._worker.run(worker.read, (piece.files, piece.portion), limit, today)
        except FileError as error:
            return Outcome(failures=[Failure(stat, error.code, error.message) for stat in piece.files])

    def _save(self, piece: Piece, outcome: Outcome, arrangements: Sequence[Arrangement], actor: str) -> list[str]:
        rules = self._known_rules()
        new = [document.record for document in outcome.documents]
        ids = [record.document_id for record in new]
        earlier = [record for record in piece.documents if record.document_id not in ids]
        replaced = superseded(earlier, new, rules.forms)
        documents = [as_corrected(self._store, rules, document, replaced) for document in outcome.documents]
        if arrangements:
            self._store.arrange(arrangements, actor)
        # Nothing new is known of the files: what became of them in the folder is the batch's to say.
        self._store.save_documents(documents, files=(), supersedes=replaced, actor=actor)
        return ids

    def _known_rules(self) -> Rules:
        today: datetime.date = tell_time(self._store).today
        rules_of = today, rules_as_of(self._settings)
        if self._rules is None or rules_of != self._rules_of:
            self._rules = rules_in_force(self._settings, today)
            self._rules_of = rules_of
        return self._rules
