"""The tables. Migrations bring a database to this shape; a test holds the two together.

Long text (paths, values) is never in an index: PostgreSQL refuses index entries over 2,704 bytes, and
paths of Chinese folder names can be longer. Where a path must be found, its hash is the key.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Double, ForeignKey, Index, Integer, MetaData, String, false
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pipeline.store.columns import BigId, JsonText, PlainText, UtcTime

_CLUSTERED = {"sqlite_with_rowid": False}  # rows of one document lie together, so reading it is one seek


def path_key(path: str) -> str:
    """The key a file path is found by: SHA-256, so that a path of any length can be unique."""
    return hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own way of declaring it
        str: PlainText,
        float: Double,
        datetime: UtcTime,
    }


class BatchRow(Base):
    """One run over the drop folder. ``finished`` is NULL while it runs, and for good if it was killed."""

    __tablename__ = "batches"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    started: Mapped[datetime]
    finished: Mapped[datetime | None]
    summary: Mapped[Any] = mapped_column(JsonText)


class SourceFileRow(Base):
    """A file of the drop folder as last seen; ``code`` and ``message`` say why it is in quarantine.

    ``attempts`` counts the tries of a file that failed for a reason that may pass, and ``retry_at`` is when
    the next is due. ``taken`` says that the batch itself took the file out of the folder, its content
    being in the archive: its absence is no news, and a file of that name is a new one.
    """

    __tablename__ = "source_files"

    path_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    path: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int] = mapped_column(BigId)
    mtime_ns: Mapped[int] = mapped_column(BigId)
    state: Mapped[str] = mapped_column(String(), index=True)
    code: Mapped[str | None] = mapped_column(String())
    message: Mapped[str | None]
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id"), index=True)
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    retry_at: Mapped[datetime | None]
    taken: Mapped[bool] = mapped_column(Boolean, server_default=false())


class OriginalRow(Base):
    """A content that documents were read from, kept unchanged under its hash.

    ``archived`` is NULL until the copy in the archive is on disk. ``purged`` is when the content was
    destroyed at the end of its retention: it is then not taken in again.
    """

    __tablename__ = "originals"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigId)
    suffix: Mapped[str] = mapped_column(String(16))
    archived: Mapped[datetime | None]
    purged: Mapped[datetime | None]


class StateRow(Base):
    """What the program remembers about itself, by name; see :mod:`pipeline.store.memory`."""

    __tablename__ = "state"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[Any] = mapped_column(JsonText)


class DocumentRow(Base):
    """One document. ``own_status`` is what its own fields say, ``status`` with cross-document findings.

    ``revision`` rises with every reading and correction; who corrects must name the one they saw.
    ``superseded_by`` names the document read from a better scan of the same paper: this one is then kept
    as it was and stands in no list.
    """

    __tablename__ = "documents"
    __table_args__ = (
        Index(None, "doc_type", "status"),
        Index(None, "status"),
        Index(None, "superseded_by", "doc_type", "status"),  # current documents are counted without a look at each
        Index(None, "batch_id", "superseded_by", "doc_type", "status"),
    )

    document_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    doc_type: Mapped[str] = mapped_column(String())
    status: Mapped[str] = mapped_column(String())
    own_status: Mapped[str] = mapped_column(String())
    form_version: Mapped[str | None] = mapped_column(String())
    revision: Mapped[int] = mapped_column(Integer)
    row_count: Mapped[int] = mapped_column(Integer)
    read_at: Mapped[datetime]
    seconds: Mapped[float]
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id"))
    superseded_by: Mapped[str | None] = mapped_column(String(64))


def _document_key() -> Mapped[str]:
    reference = ForeignKey("documents.document_id", ondelete="CASCADE")
    return mapped_column(String(64), reference, primary_key=True)


class DocumentFileRow(Base):
    """The files a document came from, in order."""

    __tablename__ = "document_files"
    __table_args__ = (Index(None, "path_key"), Index(None, "sha256"), _CLUSTERED)

    document_id: Mapped[str] = _document_key()
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    path: Mapped[str]
    path_key: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))


class PageRow(Base):
    """The pages of a document in order; ``file_position`` says of which of its files, ``number`` from 1.

    Size (pixels), resolution and quality (0 hopeless to 1) are NULL where the reader gave none; ``blank``
    is true for the empty back of a form.
    """

    __tablename__ = "pages"
    __table_args__ = (_CLUSTERED,)

    document_id: Mapped[str] = _document_key()
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    file_position: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)
    dpi: Mapped[float | None]
    quality: Mapped[float | None]
    blank: Mapped[bool] = mapped_column(Boolean, server_default=false())


class FieldRow(Base):
    """One field of a document by its path, ``key`` or ``rows.INDEX.key``; issues lie in their own table.

    ``own_status`` is the status before cross-document findings, ``status`` with them. ``evidence`` is what
    spoke for the reading (NULL where nothing was decoded, or an older program read it), ``as_read`` the
    value that was read where ``value`` is a person's; corrections leave both alone. ``alternatives`` are
    what else may stand there, ``[[value, nats behind], …]``, best first; ``centres`` where each character
    read stands along the quad's top edge, 0 to 1.
    """

    __tablename__ = "fields"
    __table_args__ = (Index(None, "status", "path"), _CLUSTERED)

    document_id: Mapped[str] = _document_key()
    path: Mapped[str] = mapped_column(PlainText, primary_key=True)
    position: Mapped[int] = mapped_column(Integer)
    value: Mapped[Any] = mapped_column(JsonText)
    raw: Mapped[str]
    confidence: Mapped[float]
    status: Mapped[str] = mapped_column(String())
    own_status: Mapped[str] = mapped_column(String())
    file: Mapped[str]
    page: Mapped[int] = mapped_column(Integer)
    quad: Mapped[Any] = mapped_column(JsonText)
    evidence: Mapped[Any] = mapped_column(JsonText(none_as_null=True), nullable=True)
    as_read: Mapped[Any] = mapped_column(JsonText(none_as_null=True), nullable=True)
    alternatives: Mapped[Any] = mapped_column(JsonText(none_as_null=True), nullable=True)
    centres: Mapped[Any] = mapped_column(JsonText(none_as_null=True), nullable=True)


class IssueRow(Base):
    """A validation code on a field, or on the whole document where ``path`` is empty."""

    __tablename__ = "issues"
    __table_args__ = (Index(None, "code"), _CLUSTERED)

    document_id: Mapped[str] = _document_key()
    path: Mapped[str] = mapped_column(PlainText, primary_key=True)
    code: Mapped[str] = mapped_column(String(), primary_key=True)
    position: Mapped[int] = mapped_column(Integer)


class ReviewReasonsRow(Base):
    """Why a document is in review, as :mod:`pipeline.store.reviewing` writes it; no row for one that is not."""

    __tablename__ = "review_reasons"
    __table_args__ = (_CLUSTERED,)

    document_id: Mapped[str] = _document_key()
    reasons: Mapped[str]


class CorrectionRow(Base):
    """What a person changed or confirmed. Kept when the document is read again, split or removed, so
    there is no foreign key; ``raw`` and ``confidence`` are the reading's, for later calibration.

    ``path`` is that of a field, or of something else that people say; see :mod:`pipeline.store.overlay`. Rows are
    numbered as they are now. ``placed`` is where a person says that the value stands, ``before`` what else is
    needed to take the correction back.
    """

    __tablename__ = "corrections"
    __table_args__ = (Index(None, "document_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    document_id: Mapped[str] = mapped_column(String(64))
    doc_type: Mapped[str] = mapped_column(String())
    path: Mapped[str]
    old_value: Mapped[Any] = mapped_column(JsonText)
    new_value: Mapped[Any] = mapped_column(JsonText)
    raw: Mapped[str]
    confidence: Mapped[float]
    issues: Mapped[Any] = mapped_column(JsonText)
    anchor: Mapped[Any] = mapped_column(JsonText)
    actor: Mapped[str]
    time: Mapped[datetime]
    placed: Mapped[Any] = mapped_column(JsonText(none_as_null=True), nullable=True)
    before: Mapped[Any] = mapped_column(JsonText(none_as_null=True), nullable=True)
    withdrawn: Mapped[bool] = mapped_column(Boolean, server_default=false())


class ProposalRow(Base):
    """A change that holds once a second person agrees; like a correction it outlasts the document."""

    __tablename__ = "proposals"
    __table_args__ = (Index(None, "document_id"), Index(None, "state"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    document_id: Mapped[str] = mapped_column(String(64))
    doc_type: Mapped[str] = mapped_column(String())
    path: Mapped[str]
    old_value: Mapped[Any] = mapped_column(JsonText)
    new_value: Mapped[Any] = mapped_column(JsonText)
    placed: Mapped[Any] = mapped_column(JsonText(none_as_null=True), nullable=True)
    actor: Mapped[str]
    time: Mapped[datetime]
    state: Mapped[str] = mapped_column(String())
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]


class ArrangedPageRow(Base):
    """A page that a person put into a document, by its content: the pages of one ``arrangement`` in the order of
    ``position`` are read as one document, of ``doc_type`` where that is given."""

    __tablename__ = "arranged_pages"
    __table_args__ = (Index(None, "arrangement"),)

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    page: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    arrangement: Mapped[str] = mapped_column(String(64))
    position: Mapped[int] = mapped_column(Integer)
    doc_type: Mapped[str | None] = mapped_column(String())


class ClaimRow(Base):
    """A claim as the last export numbered and showed it; ``reference`` says where it is stated."""

    __tablename__ = "claims"

    number: Mapped[str] = mapped_column(String(80), primary_key=True)
    project: Mapped[str]
    employer: Mapped[str]
    community: Mapped[str]
    status: Mapped[str]
    reference: Mapped[Any] = mapped_column(JsonText)


class ServedRow(Base):
    """What a feedback document says was served, in the order of the last export, with the number of the ``claim`` that
    it fulfils (NULL: none) and of those that come ``close``."""

    __tablename__ = "served"
    __table_args__ = (_CLUSTERED,)

    document_id: Mapped[str] = _document_key()
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    project: Mapped[str]
    employer: Mapped[str]
    community: Mapped[str]
    claim: Mapped[str | None] = mapped_column(String(80))
    note: Mapped[str]
    close: Mapped[Any] = mapped_column(JsonText)


class NoteRow(Base):
    """A text that somebody wrote in a column of their own, beside the row of a workbook that ``row_key`` names, which
    is of ``document_id`` (NULL for the row of a claim)."""

    __tablename__ = "notes"

    row_key: Mapped[str] = mapped_column(PlainText, primary_key=True)
    heading: Mapped[str] = mapped_column(PlainText, primary_key=True)
    document_id: Mapped[str | None] = mapped_column(String(64), index=True)
    text: Mapped[str]
    actor: Mapped[str]
    time: Mapped[datetime]


class AddedRow(Base):
    """A row that somebody wrote into a workbook: its texts by heading. ``place`` names the table, ``time`` is when it
    was first found there."""

    __tablename__ = "added_rows"

    place: Mapped[str] = mapped_column(PlainText, primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    cells: Mapped[Any] = mapped_column(JsonText)
    actor: Mapped[str]
    time: Mapped[datetime]


class FactValueRow(Base):
    """Something that a document says and others may say too, once for all of them: its ``kind`` and ``value``, found by
    the hash of both, and in how many current ``documents`` it stands. ``seen`` is that number as of the last look
    across documents, ``touched`` says that one is due. It follows from the documents; see :mod:`pipeline.store.facts`.
    """

    __tablename__ = "fact_values"
    __table_args__ = (Index(None, "kind", "length", "documents"), Index(None, "touched", "kind"))

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String())
    length: Mapped[int] = mapped_column(Integer)
    value: Mapped[str]
    documents: Mapped[int] = mapped_column(Integer)
    seen: Mapped[int] = mapped_column(Integer)
    touched: Mapped[bool] = mapped_column(Boolean)


class FactHolderRow(Base):
    """Which documents say it. Without a foreign key: those of a document that went are still to be taken back."""

    __tablename__ = "fact_holders"
    __table_args__ = (Index(None, "document_id"), _CLUSTERED)

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    document_id: Mapped[str] = mapped_column(String(64), primary_key=True)


class DocumentFactsRow(Base):
    """A current document as the work across documents knows it.

    ``unweighed``, ``unchecked`` and ``unwritten`` are the lines of the audit log up to which it changed since it was
    weighed, checked and written to ``records.jsonl`` (NULL: not since). ``copies`` are its files' copies, ``stated``
    what it claims and what was served; NULL for none.
    """

    __tablename__ = "document_facts"
    __table_args__ = (Index(None, "unweighed"), Index(None, "unchecked"), Index(None, "unwritten"))

    document_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    unweighed: Mapped[int | None] = mapped_column(BigId)
    unchecked: Mapped[int | None] = mapped_column(BigId)
    unwritten: Mapped[int | None] = mapped_column(BigId)
    copies: Mapped[Any] = mapped_column(JsonText(none_as_null=True), nullable=True)
    stated: Mapped[Any] = mapped_column(JsonText(none_as_null=True), nullable=True)


class UserRow(Base):
    """Who may sign in. ``failures`` counts wrong passwords since the last right one; ``locked_until`` follows."""

    __tablename__ = "users"

    name: Mapped[str] = mapped_column(PlainText, primary_key=True)
    role: Mapped[str] = mapped_column(String())
    password_hash: Mapped[str]
    active: Mapped[bool] = mapped_column(Boolean)
    failures: Mapped[int] = mapped_column(Integer)
    locked_until: Mapped[datetime | None]
    created: Mapped[datetime]


class SessionRow(Base):
    """Somebody signed in, known by the hash of a token that only their browser has."""

    __tablename__ = "sessions"
    __table_args__ = (Index(None, "user_name"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_name: Mapped[str] = mapped_column(ForeignKey("users.name", ondelete="CASCADE"))
    created: Mapped[datetime]
    seen: Mapped[datetime]
    expires: Mapped[datetime]


class AuditRow(Base):
    """Who did what when. Append-only: triggers of the database refuse to change or delete a row.

    ``hash`` goes over the line and the hash of the line before it; see :mod:`pipeline.store.chain`.
    """

    __tablename__ = "audit_log"
    __table_args__ = (Index(None, "document_id"), {"sqlite_autoincrement": True})

    seq: Mapped[int] = mapped_column(BigId, primary_key=True)
    time: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str] = mapped_column(String())
    document_id: Mapped[str | None] = mapped_column(String(64))
    path: Mapped[str | None]
    detail: Mapped[Any] = mapped_column(JsonText)
    hash: Mapped[str] = mapped_column(String(64), server_default="")
