"""A document as it was read, and what validation said of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, false
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.columns import JsonText, PlainText
from pipeline.store.schema.base import CLUSTERED, Base, document_key


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


class DocumentFileRow(Base):
    """The files a document came from, in order."""

    __tablename__ = "document_files"
    __table_args__ = (Index(None, "path_key"), Index(None, "sha256"), CLUSTERED)

    document_id: Mapped[str] = document_key()
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
    __table_args__ = (CLUSTERED,)

    document_id: Mapped[str] = document_key()
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
    __table_args__ = (Index(None, "status", "path"), CLUSTERED)

    document_id: Mapped[str] = document_key()
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
    __table_args__ = (Index(None, "code"), CLUSTERED)

    document_id: Mapped[str] = document_key()
    path: Mapped[str] = mapped_column(PlainText, primary_key=True)
    code: Mapped[str] = mapped_column(String(), primary_key=True)
    position: Mapped[int] = mapped_column(Integer)


class ReviewReasonsRow(Base):
    """Why a document is in review, as :mod:`pipeline.store.reviewing` writes it; no row for one that is not."""

    __tablename__ = "review_reasons"
    __table_args__ = (CLUSTERED,)

    document_id: Mapped[str] = document_key()
    reasons: Mapped[str]
