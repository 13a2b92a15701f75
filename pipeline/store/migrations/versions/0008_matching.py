"""The codes that follow from matching claims and feedback go by what is stated, and are no longer kept a document. What
stands in several documents is found without a look at all that stands in one."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("document_facts", "linked")
    op.drop_index("ix_fact_values_kind_length", "fact_values")
    op.create_index("ix_fact_values_kind_length_documents", "fact_values", ["kind", "length", "documents"])
