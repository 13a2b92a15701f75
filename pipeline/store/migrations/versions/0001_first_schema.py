"""The first schema: batches, files, documents with their fields, corrections, audit log.

Plain column types on purpose: a migration says what a database *was* brought to, and must not follow
later changes of the program's own types.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_HASH = sa.String(64)
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("started", _TIME, nullable=False),
        sa.Column("finished", _TIME),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
    )
    op.create_table(
        "source_files",
        sa.Column("path_key", _HASH, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sha256", _HASH, nullable=False),
        sa.Column("size", _BIG, nullable=False),
        sa.Column("mtime_ns", _BIG, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("code", sa.String()),
        sa.Column("message", sa.Text()),
        sa.Column("first_seen", _TIME, nullable=False),
        sa.Column("last_seen", _TIME, nullable=False),
        sa.Column("batch_id", _BIG),
        sa.PrimaryKeyConstraint("path_key", name="pk_source_files"),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_source_files_batch_id_batches"),
    )
    op.create_index("ix_source_files_sha256", "source_files", ["sha256"])
    op.create_index("ix_source_files_state", "source_files", ["state"])
    op.create_table(
        "documents",
        sa.Column("document_id", _HASH, nullable=False),
        sa.Column("doc_type", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("own_status", sa.String(), nullable=False),
        sa.Column("form_version", sa.String()),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("read_at", _TIME, nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("batch_id", _BIG),
        sa.PrimaryKeyConstraint("document_id", name="pk_documents"),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_documents_batch_id_batches"),
    )
    op.create_index("ix_documents_doc_type_status", "documents", ["doc_type", "status"])
    op.create_index("ix_documents_status", "documents", ["status"])
    _parts_of_documents()
    _history()
    _append_only()


def _parts_of_documents() -> None:
    _create_part(
        "document_files",
        ["document_id", "position"],
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("path_key", _HASH, nullable=False),
        sa.Column("sha256", _HASH, nullable=False),
    )
    op.create_index("ix_document_files_path_key", "document_files", ["path_key"])
    op.create_index("ix_document_files_sha256", "document_files", ["sha256"])
    _create_part(
        "pages",
        ["document_id", "position"],
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("file_position", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer()),
        sa.Column("height", sa.Integer()),
        sa.Column("dpi", sa.Double()),
        sa.Column("quality", sa.Double()),
    )
    _create_part(
        "fields",
        ["document_id", "path"],
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("own_status", sa.String(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("quad", sa.Text(), nullable=False),
    )
    op.create_index("ix_fields_status_path", "fields", ["status", "path"])
    _create_part(
        "issues",
        ["document_id", "path", "code"],
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
    )
    op.create_index("ix_issues_code", "issues", ["code"])


def _create_part(table: str, key: list[str], *columns: sa.Column[object]) -> None:
    """A table whose rows belong to a document and go with it; in SQLite they lie in the order of the key."""
    op.create_table(
        table,
        sa.Column("document_id", _HASH, nullable=False),
        *columns,
        sa.PrimaryKeyConstraint(*key, name=f"pk_{table}"),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.document_id"], name=f"fk_{table}_document_id_documents", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )


def _history() -> None:
    op.create_table(
        "corrections",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("document_id", _HASH, nullable=False),
        sa.Column("doc_type", sa.String(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("old_value", sa.Text(), nullable=False),
        sa.Column("new_value", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("issues", sa.Text(), nullable=False),
        sa.Column("anchor", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("time", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_corrections"),
    )
    op.create_index("ix_corrections_document_id", "corrections", ["document_id"])
    op.create_table(
        "audit_log",
        sa.Column("seq", _BIG, nullable=False),
        sa.Column("time", _TIME, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("document_id", _HASH),
        sa.Column("path", sa.Text()),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_log"),
        sqlite_autoincrement=True,  # the number of a row is never given again
    )
    op.create_index("ix_audit_log_document_id", "audit_log", ["document_id"])


def _append_only() -> None:
    """The database itself refuses to change or delete what the audit log holds."""
    refusals = _SQLITE_REFUSALS if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL_REFUSALS
    for statement in refusals:
        op.execute(statement)


_SQLITE_REFUSALS = (
    """CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
       BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END""",
    """CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
       BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END""",
    # INSERT OR REPLACE deletes the old row without asking the delete trigger.
    """CREATE TRIGGER audit_log_no_replace BEFORE INSERT ON audit_log
       WHEN EXISTS (SELECT 1 FROM audit_log WHERE seq = NEW.seq)
       BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END""",
)

_POSTGRESQL_REFUSALS = (
    """CREATE FUNCTION audit_log_refuse() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'audit_log is append-only'; END $$""",
    """CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE ON audit_log
       FOR EACH ROW EXECUTE FUNCTION audit_log_refuse()""",
    """CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log
       FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse()""",
)
