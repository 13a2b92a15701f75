"""What work across documents needs of each: what it says that others may say too, what it claims, what is still to be
looked at. All of it follows from the documents, and is filled in when the outputs are next written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_LINE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "fact_values",
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("touched", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_fact_values"),
    )
    op.create_index("ix_fact_values_kind_length", "fact_values", ["kind", "length"])
    op.create_index("ix_fact_values_touched_kind", "fact_values", ["touched", "kind"])
    op.create_table(
        "fact_holders",
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("document_id", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("key", "document_id", name="pk_fact_holders"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_fact_holders_document_id", "fact_holders", ["document_id"])
    op.create_table(
        "document_facts",
        sa.Column("document_id", sa.String(64), nullable=False),
        sa.Column("unweighed", _LINE),
        sa.Column("unchecked", _LINE),
        sa.Column("unwritten", _LINE),
        sa.Column("copies", sa.Text()),
        sa.Column("stated", sa.Text()),
        sa.Column("linked", sa.Text()),
        sa.PrimaryKeyConstraint("document_id", name="pk_document_facts"),
    )
    for due in ("unweighed", "unchecked", "unwritten"):
        op.create_index(f"ix_document_facts_{due}", "document_facts", [due])
