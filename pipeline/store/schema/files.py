"""What the drop folder held, what was kept of it, and what the program remembers about itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Integer, String, false
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.columns import BigId, JsonText
from pipeline.store.schema.base import Base


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
