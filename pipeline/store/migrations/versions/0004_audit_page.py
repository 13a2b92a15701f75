"""The audit page: accounts, proposals, arranged pages, withdrawn corrections, a chained audit log.

The lines of the log that are there are chained as they stand, by the rule of :mod:`pipeline.store.chain`, which
like the escaping of text never changes.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipeline.store.chain import line_hash
from pipeline.store.columns import JsonText, PlainText, UtcTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_HASH = sa.String(64)
_TIME = sa.DateTime(timezone=True)
_AT_A_TIME = 2000


def upgrade() -> None:
    op.add_column("fields", sa.Column("centres", sa.Text()))
    op.add_column("corrections", sa.Column("placed", sa.Text()))
    op.add_column("corrections", sa.Column("before", sa.Text()))
    op.add_column("corrections", sa.Column("withdrawn", sa.Boolean(), server_default=sa.false(), nullable=False))
    _people()
    _pages_and_proposals()
    op.add_column("audit_log", sa.Column("hash", _HASH, server_default="", nullable=False))
    _chain()


def _people() -> None:
    op.create_table(
        "users",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", _TIME),
        sa.Column("created", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_users"),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", _HASH, nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("created", _TIME, nullable=False),
        sa.Column("seen", _TIME, nullable=False),
        sa.Column("expires", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
        sa.ForeignKeyConstraint(["user_name"], ["users.name"], name="fk_sessions_user_name_users", ondelete="CASCADE"),
    )
    op.create_index("ix_sessions_user_name", "sessions", ["user_name"])


def _pages_and_proposals() -> None:
    op.create_table(
        "arranged_pages",
        sa.Column("sha256", _HASH, nullable=False),
        sa.Column("page", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("arrangement", _HASH, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("doc_type", sa.String()),
        sa.PrimaryKeyConstraint("sha256", "page", name="pk_arranged_pages"),
    )
    op.create_index("ix_arranged_pages_arrangement", "arranged_pages", ["arrangement"])
    op.create_table(
        "proposals",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("document_id", _HASH, nullable=False),
        sa.Column("doc_type", sa.String(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("old_value", sa.Text(), nullable=False),
        sa.Column("new_value", sa.Text(), nullable=False),
        sa.Column("placed", sa.Text()),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("time", _TIME, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_proposals"),
    )
    op.create_index("ix_proposals_document_id", "proposals", ["document_id"])
    op.create_index("ix_proposals_state", "proposals", ["state"])


def _chain() -> None:
    """Give every line its hash, a few thousand in memory at a time."""
    log = sa.table(
        "audit_log",
        sa.column("seq", sa.BigInteger()),
        sa.column("time", UtcTime()),
        sa.column("actor", PlainText()),
        sa.column("action", sa.String()),
        sa.column("document_id", sa.String()),
        sa.column("path", PlainText()),
        sa.column("detail", JsonText()),
        sa.column("hash", sa.String()),
    )
    connection = op.get_bind()
    _guard(connection, on=False)
    columns = [column for column in log.c if column.key != "hash"]
    write = log.update().where(log.c.seq == sa.bindparam("of")).values(hash=sa.bindparam("is"))
    seq, known = 0, ""
    while True:
        some = connection.execute(
            sa.select(*columns).where(log.c.seq > seq).order_by(log.c.seq).limit(_AT_A_TIME)
        ).all()
        if not some:
            break
        hashes = []
        for line in some:
            known = line_hash(known, *line)
            hashes.append({"of": line.seq, "is": known})
        connection.execute(write, hashes)
        seq = some[-1].seq
    _guard(connection, on=True)


def _guard(connection: sa.Connection, *, on: bool) -> None:
    """The triggers by which the database refuses changes of the log."""
    if connection.dialect.name == "postgresql":
        op.execute(f"ALTER TABLE audit_log {'ENABLE' if on else 'DISABLE'} TRIGGER audit_log_no_change")
    elif on:
        op.execute(
            """CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
               BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END"""
        )
    else:
        op.execute("DROP TRIGGER audit_log_no_update")
