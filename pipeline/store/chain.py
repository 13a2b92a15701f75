"""The chain of the audit log: each line's hash goes over the line and the hash of the line before it.

So no line can be changed, taken out or put in without every later hash telling. The rule is fixed for good:
another one would break every log there is, also what migrations chained by it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, func, select, text

from pipeline.store.schema import AuditRow

_LOCK_KEY = 0x5BDA  # any number, the same in every process and unlike that of migrations
_AT_A_TIME = 2000


class ChainFaultKind(StrEnum):
    """What became of the log where the chain does not fit."""

    ALTERED = "altered"  # the line, or the one before it
    MISSING = "missing"  # lines before this one
    CUT = "cut"  # lines after this one, the last there is


@dataclass(frozen=True, slots=True)
class ChainFault:
    """A line, by its number, that does not fit the one before it, or that others followed once."""

    seq: int
    kind: ChainFaultKind


def line_hash(
    previous: str,
    seq: int,
    time: datetime,
    actor: str,
    action: str,
    document_id: str | None,
    path: str | None,
    detail: Mapping[str, Any],
) -> str:
    """SHA-256 over the previous line's hash (empty before the first), a line break and the line as canonical JSON."""
    stored = json.loads(json.dumps(detail))  # keys as the database gives them back, before they are sorted
    line = [seq, time.astimezone(UTC).isoformat(), actor, action, document_id, path, stored]
    canonical = json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{previous}\n{canonical}".encode("utf-8", "surrogatepass")).hexdigest()


def hold(connection: Connection) -> None:
    """Keep other writers from adding lines until the transaction ends; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})


def head(connection: Connection) -> tuple[int, str]:
    """Number and hash of the last line; ``(0, "")`` where there is none."""
    row = AuditRow
    last = connection.execute(select(row.seq, row.hash).order_by(row.seq.desc()).limit(1)).first()
    return (last.seq, last.hash) if last else (0, "")


def next_numbers(connection: Connection, count: int) -> list[int]:
    """Numbers for further lines, none of which was ever given to a line that is no longer there."""
    if connection.dialect.name == "postgresql":
        numbers = text("SELECT nextval(pg_get_serial_sequence('audit_log', 'seq')) FROM generate_series(1, :count)")
        return sorted(connection.scalars(numbers, {"count": count}))
    given = _given(connection)
    return list(range(given + 1, given + count + 1))


def faults(connection: Connection) -> Generator[ChainFault, None, None]:
    """Every place where the chain does not fit, in order.

    Lines cut off at the end are told by the number that the next line would get. After a crash of its server
    PostgreSQL may have passed over some numbers, until a line is added again.
    """
    row = AuditRow
    query = select(row.seq, row.time, row.actor, row.action, row.document_id, row.path, row.detail, row.hash)
    seq, known = 0, ""
    with connection.execute(query.order_by(row.seq).execution_options(yield_per=_AT_A_TIME)) as lines:
        for line in lines:
            if line.hash != line_hash(known, *line[:-1]):
                consecutive = line.seq == seq + 1
                yield ChainFault(line.seq, ChainFaultKind.ALTERED if consecutive else ChainFaultKind.MISSING)
            seq, known = line.seq, line.hash
    if _given(connection) > seq:
        yield ChainFault(seq, ChainFaultKind.CUT)


def _given(connection: Connection) -> int:
    """The highest number that was ever given to a line."""
    if connection.dialect.name == "sqlite":
        return connection.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = 'audit_log'")) or 0
    sequence = connection.scalar(select(func.pg_get_serial_sequence("audit_log", "seq")))
    given = connection.execute(text(f"SELECT last_value, is_called FROM {sequence}")).one()
    return int(given.last_value) - (0 if given.is_called else 1)
