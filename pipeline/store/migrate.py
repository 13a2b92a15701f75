"""Bring a database to the schema of this program, in one transaction, whoever comes first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from pipeline.errors import SetupError
from pipeline.store.engine import reading, writing

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0009"
"""The newest migration. Named here so that opening an up-to-date database need not load Alembic."""

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK_KEY = 0x5BD0  # any number, the same in every process


def migrate(engine: Engine) -> None:
    """Create the tables, or bring them up to date. Raises :class:`SetupError` if that cannot be done."""
    with reading(engine).connect() as connection:
        if revision_of(connection) == HEAD:
            return
    with writing(engine).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
        _upgrade(connection)


def revision_of(connection: Connection) -> str | None:
    """The migration a database stands at; ``None`` for one that was never migrated."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration without a file, so that it works wherever the package is installed."""
    from alembic.config import Config  # slow to import, and seldom needed

    config = Config()
    config.set_main_option("script_location", MIGRATIONS.as_posix().replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory

    present = revision_of(connection)  # again, now that no one else can change it
    if present == HEAD:
        return
    config = alembic_config(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if present is not None and present not in known:
        raise SetupError(
            f"数据库由更新版本的程序建立（结构版本 {present}，本程序只认识到 {HEAD}）。"
            "请升级本程序，或改用另一个数据库。",
            code="database",
        )
    if present is None and inspect(connection).has_table("documents"):
        raise SetupError("数据库中已有名为 documents 的表，但不是本程序建立的。请改用另一个数据库。", code="database")
    command.upgrade(config, "head")
