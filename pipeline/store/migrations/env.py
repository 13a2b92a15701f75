"""Alembic's entry point. :mod:`pipeline.store.migrate` hands it a connection already in a transaction."""

from __future__ import annotations

from alembic import context

from pipeline.store.schema import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
