"""What all tables share."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import Double, ForeignKey, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pipeline.store.columns import PlainText, UtcTime

CLUSTERED = {"sqlite_with_rowid": False}
"""Rows of one document lie together, so that reading it is one seek."""


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


def document_key() -> Mapped[str]:
    """The first part of a primary key: the document that the row belongs to, and goes with."""
    reference = ForeignKey("documents.document_id", ondelete="CASCADE")
    return mapped_column(String(64), reference, primary_key=True)
