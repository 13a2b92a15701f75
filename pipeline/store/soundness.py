"""Whether a database is whole: the file itself, the numbering of the audit log, what guards it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select, text

from pipeline.store.audit import Action
from pipeline.store.schema import AuditRow

_SQLITE_TRIGGERS, _POSTGRESQL_TRIGGERS = 3, 2  # that guard the audit log; see the first migration
_FAULTS = 20  # lines of SQLite's own report that are worth keeping


@dataclass(frozen=True, slots=True)
class Soundness:
    """What is wrong with a database: SQLite's own report, numbers missing from the audit log, its guard."""

    faults: tuple[str, ...]
    audit_gaps: tuple[tuple[int, int], ...]
    audit_guarded: bool


def examine(connection: Connection, *, fast: bool) -> Soundness:
    """Look for damage; ``fast`` leaves out what reads the whole file twice."""
    sqlite = connection.dialect.name == "sqlite"
    faults = _file_faults(connection, fast=fast) if sqlite else []
    # PostgreSQL takes a number for every line begun, also where the transaction is then undone, so gaps
    # mean nothing there.
    gaps = audit_gaps(connection) if sqlite else []
    return Soundness(tuple(faults), tuple(gaps), _is_guarded(connection))


def audit_gaps(connection: Connection) -> list[tuple[int, int]]:
    """First and last number of each stretch that is missing from the audit log, also at its end.

    Gaps from before a restore of what PostgreSQL numbered are left out.
    """
    row = AuditRow
    restored = select(row.seq, row.detail).where(row.action == Action.RESTORED).order_by(row.seq)
    taken_over = [seq for seq, detail in connection.execute(restored) if detail.get("from") == "postgresql"]
    expected = 1
    gaps = []
    numbers = select(row.seq).order_by(row.seq).execution_options(yield_per=10_000)
    for seq in connection.scalars(numbers):
        if seq != expected and not any(seq <= known for known in taken_over):
            gaps.append((expected, seq - 1))
        expected = seq + 1
    # SQLite remembers the highest number it ever gave.
    given = connection.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = 'audit_log'")) or 0
    if given >= expected:
        gaps.append((expected, given))
    return gaps


def _file_faults(connection: Connection, *, fast: bool) -> list[str]:
    check = "quick_check" if fast else "integrity_check"
    found = [str(line) for line in connection.scalars(text(f"PRAGMA {check}({_FAULTS})"))]
    orphans = {row[0] for row in connection.execute(text("PRAGMA foreign_key_check"))}
    return [line for line in found if line != "ok"] + [f"{name}: foreign key" for name in sorted(orphans)]


def _is_guarded(connection: Connection) -> bool:
    """Whether the triggers that make the audit log append-only are there and at work."""
    if connection.dialect.name == "sqlite":
        wanted = _SQLITE_TRIGGERS
        query = "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_log'"
    else:
        wanted = _POSTGRESQL_TRIGGERS
        query = (
            "SELECT count(*) FROM pg_trigger "
            "WHERE tgrelid = 'audit_log'::regclass AND NOT tgisinternal AND tgenabled <> 'D'"
        )
    found: int = connection.execute(text(query)).scalar_one()
    return found == wanted
