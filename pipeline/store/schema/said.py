"""What people said of documents and wrote beside them; it outlasts a new reading."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Index, Integer, String, false
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.columns import BigId, JsonText, PlainText
from pipeline.store.schema.base import Base


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
