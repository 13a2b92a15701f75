"""What speaks for each reading, and what had been read where a person's value stands.

Fields of before have neither, until their documents are read again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("fields", sa.Column("evidence", sa.Text()))
    op.add_column("fields", sa.Column("as_read", sa.Text()))
