"""Claims and what fulfils them, as the last export matched them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_NUMBER = sa.String(80)


def upgrade() -> None:
    op.create_table(
        "claims",
        sa.Column("number", _NUMBER, nullable=False),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("employer", sa.Text(), nullable=False),
        sa.Column("community", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_claims"),
    )
    op.create_table(
        "served",
        sa.Column("document_id", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("employer", sa.Text(), nullable=False),
        sa.Column("community", sa.Text(), nullable=False),
        sa.Column("claim", _NUMBER),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("close", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", "position", name="pk_served"),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.document_id"], name="fk_served_document_id_documents", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )
