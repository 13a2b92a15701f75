"""Documents in and out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sqlalchemy import func, select

from pipeline.records import Record
from pipeline.scanned import FileStat, PageFacts, ReadDocument
from pipeline.store import files, inheriting, loading, originals, saving
from pipeline.store.nouns import FileState, StoredDocument
from pipeline.store.schema import DocumentRow
from pipeline.store.transactions import PIPELINE, Transactions


class DocumentStore(Transactions):
    """The part of the store that knows documents."""

    def save_record(
        self,
        record: Record,
        *,
        files: Iterable[FileStat],
        batch_id: int | None = None,
        seconds: float = 0.0,
        pages: Sequence[PageFacts] = (),
        form_version: str | None = None,
        actor: str = PIPELINE,
    ) -> None:
        """Write one document and note its files as processed; a reading that was there is replaced.

        Corrections stay in force. Use :meth:`save_documents` where files gave several documents: a file
        counts as processed from its first commit on.
        """
        document = ReadDocument(record, seconds, pages, form_version)
        self._save([document], files, batch_id, actor, {})

    def save_documents(
        self,
        documents: Sequence[ReadDocument],
        *,
        files: Iterable[FileStat],
        batch_id: int | None = None,
        supersedes: Mapping[str, str] | None = None,
        actor: str = PIPELINE,
    ) -> None:
        """Write all that was read from a group of files, in one transaction.

        ``supersedes`` names earlier documents that a new one stands for from now on, old id to new.
        """
        self._save(documents, files, batch_id, actor, supersedes or {})

    def earlier_documents(self, files: Sequence[FileStat], new: Collection[str]) -> list[Record]:
        """The current documents that were read from these paths or contents before, without the ids ``new``."""
        with self.reading() as connection:
            ids = saving.earlier(connection, files, new)
            return [document.record for document in loading.load(connection, ids, findings=False)]

    def remove_documents(self, ids: Collection[str], *, actor: str = PIPELINE) -> None:
        """Remove documents for good. Their corrections and audit entries stay; files keep their state."""
        with self.writing() as connection:
            saving.remove(connection, ids, actor)

    def records(self, *, findings: bool = True, reading: bool = True) -> Iterator[Record]:
        """Every current record of one moment, by source file in natural order, then page.

        ``findings`` false gives them without cross-document codes and what those did to statuses, ``reading`` false
        without how values came to be read (evidence, alternatives, centres, what stood before a correction).
        """
        with self.reading() as connection:
            yield from loading.load_all(connection, findings, reading=reading)

    def records_of(self, doc_type: str) -> Iterator[Record]:
        """Every current record of one type, in the order of :meth:`records`."""
        with self.reading() as connection:
            yield from loading.load_all(connection, True, doc_type)

    def revisions_of(self, doc_type: str) -> list[tuple[str, int]]:
        """Every current document of one type with its revision: the same only where none came, went or was changed."""
        row = DocumentRow
        query = select(row.document_id, row.revision).where(row.doc_type == doc_type, row.superseded_by.is_(None))
        with self.reading() as connection:
            return [(document, revision) for document, revision in connection.execute(query.order_by(row.document_id))]

    def record(self, document_id: str, *, findings: bool = True) -> Record | None:
        """One record, or ``None``."""
        with self.reading() as connection:
            found = loading.load(connection, [document_id], findings)
        return found[0].record if found else None

    def stored_document(self, document_id: str) -> StoredDocument | None:
        """One record with its revision and the facts of its reading, or ``None``."""
        with self.reading() as connection:
            found = loading.load(connection, [document_id], findings=True)
        return found[0] if found else None

    def record_count(self) -> int:
        """How many current documents there are."""
        current = select(func.count()).select_from(DocumentRow).where(DocumentRow.superseded_by.is_(None))
        with self.reading() as connection:
            return connection.execute(current).scalar_one()

    def places(self, ids: Sequence[str]) -> dict[str, loading.Place]:
        """Where some documents stand in the order of :meth:`records`; smaller places come first."""
        with self.reading() as connection:
            return loading.places(connection, ids)

    def documents_by_hash(self, sha256s: Iterable[str]) -> dict[str, list[str]]:
        """The ids of the documents read from each content, for those contents that are known."""
        with self.reading() as connection:
            return loading.ids_by_hash(connection, sha256s)

    def find_document_by_files(self, sha256s: Sequence[str]) -> str | None:
        """The document made of exactly these contents in this order; the first where there are several."""
        with self.reading() as connection:
            candidates = loading.ids_by_hash(connection, sha256s[:1]).get(sha256s[0], []) if sha256s else []
            for document in loading.load(connection, candidates, findings=True):
                if document.record.sha256 == list(sha256s):
                    return document.record.document_id
        return None

    def _save(
        self,
        documents: Sequence[ReadDocument],
        sources: Iterable[FileStat],
        batch_id: int | None,
        actor: str,
        supersedes: Mapping[str, str],
    ) -> None:
        sources = list(sources)
        with self.writing() as connection:
            originals.note(connection, sources)
            replaced = files.mark(connection, sources, FileState.PROCESSED, batch_id)
            files.relink(connection, replaced, actor)  # a copy may still hold what these paths held
            for old, new in supersedes.items():
                saving.supersede(connection, old, new, actor)
            for document in documents:
                inheriting.carry_over(connection, document.record, supersedes)
            for document in documents:
                saving.save(connection, document, batch_id, actor)
