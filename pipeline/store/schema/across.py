"""What follows from all documents together, kept so that it need not be found anew."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.columns import BigId, JsonText
from pipeline.store.schema.base import CLUSTERED, Base, document_key


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
    __table_args__ = (CLUSTERED,)

    document_id: Mapped[str] = document_key()
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    project: Mapped[str]
    employer: Mapped[str]
    community: Mapped[str]
    claim: Mapped[str | None] = mapped_column(String(80))
    note: Mapped[str]
    close: Mapped[Any] = mapped_column(JsonText)


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
    __table_args__ = (Index(None, "document_id"), CLUSTERED)

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
