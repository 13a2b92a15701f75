"""The codes that follow from matching claims and feedback go by what is stated, and are no longer kept a document."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("document_facts", "linked")
