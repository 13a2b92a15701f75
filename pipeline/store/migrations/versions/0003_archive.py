"""Originals in an archive, better scans of the same paper, further tries, alternatives of a reading.

Contents read before are noted as originals that are still to be archived, as far as the drop folder has them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("source_files", sa.Column("attempts", sa.Integer(), server_default="0", nullable=False))
    op.add_column("source_files", sa.Column("retry_at", sa.DateTime(timezone=True)))
    op.add_column("source_files", sa.Column("taken", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("documents", sa.Column("superseded_by", sa.String(64)))
    op.create_index("ix_documents_superseded_by", "documents", ["superseded_by"])
    op.add_column("pages", sa.Column("blank", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("fields", sa.Column("alternatives", sa.Text()))
    op.create_table(
        "originals",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("suffix", sa.String(16), nullable=False),
        sa.Column("archived", sa.DateTime(timezone=True)),
        sa.Column("purged", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("sha256", name="pk_originals"),
    )
    op.create_table(
        "state",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_state"),
    )
    op.execute(
        "INSERT INTO originals (sha256, size, suffix) "
        "SELECT sha256, MAX(size), '' FROM source_files "
        "WHERE state IN ('processed', 'duplicate') AND sha256 <> '' GROUP BY sha256"
    )
