"""Who may sign in, and who did what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.columns import BigId, JsonText, PlainText
from pipeline.store.schema.base import Base


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
