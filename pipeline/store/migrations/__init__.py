"""Alembic migrations; a package, so that an installed program carries them."""
