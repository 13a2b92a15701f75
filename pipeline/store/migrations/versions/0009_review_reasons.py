"""Why each document is in review, kept beside it: the morning report counts these instead of all codes and fields. They
follow from the documents, and are filled in when a report is next made. Current documents, and those of a batch, are
counted from an index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "review_reasons",
        sa.Column("document_id", sa.String(64), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.document_id"],
            name="fk_review_reasons_document_id_documents",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("document_id", name="pk_review_reasons"),
        sqlite_with_rowid=False,
    )
    counted = ["superseded_by", "doc_type", "status"]
    op.drop_index("ix_documents_superseded_by", "documents")
    op.create_index("ix_documents_superseded_by_doc_type_status", "documents", counted)
    op.create_index("ix_documents_batch_id_superseded_by_doc_type_status", "documents", ["batch_id", *counted])
    op.create_index("ix_source_files_batch_id", "source_files", ["batch_id"])
