"""The database itself: how it is opened, brought up to date, and what it says when it cannot be."""

from __future__ import annotations

import sqlite3
import stat as file_modes
import threading
from pathlib import Path

import postgres_server
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from store_samples import registration, stat

from pipeline.errors import SetupError
from pipeline.store import Store, open_store, sqlite_url
from pipeline.store.migrate import HEAD, MIGRATIONS, revision_of
from pipeline.store.schema import Base


def test_an_empty_database_gets_the_schema_of_the_program(empty_url: str) -> None:
    for _ in range(2):
        with open_store(empty_url) as store, store.reading() as connection:
            assert revision_of(connection) == HEAD
            assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
            assert store.record_count() == 0


def test_the_newest_migration_is_the_one_the_program_names() -> None:
    assert ScriptDirectory(MIGRATIONS.as_posix()).get_current_head() == HEAD


def test_several_programs_may_open_a_new_database_at_once(empty_url: str) -> None:
    failures: list[BaseException] = []

    def start() -> None:
        try:
            with open_store(empty_url) as store:
                store.start_batch()
        except BaseException as error:  # noqa: BLE001 - told to the main thread
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with open_store(empty_url) as store:
        assert store.start_batch() == 5


def test_a_migration_that_fails_leaves_nothing(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("alembic.runtime.migration.HeadMaintainer._insert_version", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            open_store(empty_url)
    with open_store(empty_url) as store:
        assert store.record_count() == 0


def test_a_database_of_a_newer_program_is_refused(empty_url: str) -> None:
    with open_store(empty_url) as store, store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SetupError, match=r"更新版本.*9999"):
        open_store(empty_url)


def test_tables_of_another_program_are_left_alone(empty_url: str) -> None:
    with open_store(empty_url) as store, store.writing() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    with pytest.raises(SetupError, match="documents"):
        open_store(empty_url)


def test_parts_go_with_their_document_and_only_then(store: Store) -> None:
    store.save_record(registration(), files=[stat("scan_1.jpg")])
    with pytest.raises(Exception, match=r"(?i)foreign key"), store.writing() as connection:
        connection.execute(text("UPDATE pages SET document_id = 'none'"))
    store.remove_documents([registration().document_id])
    with store.reading() as connection:
        for table in ("document_files", "pages", "fields", "issues"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0


# SQLite


def test_sqlite_writes_ahead_and_to_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "库 %41 ?a=b #1.db"
    with open_store(sqlite_url(path)) as store:
        with store.reading() as connection:
            pragmas = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
            }
        store.save_record(registration(), files=[stat("scan_1.jpg")])
        assert path.with_name(path.name + "-wal").stat().st_size > 0
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": 30_000}


def test_sqlite_files_are_not_for_everyone(tmp_path: Path) -> None:
    with open_store(sqlite_url(tmp_path / "a.db")) as store:
        store.start_batch()
        modes = {p.name: file_modes.S_IMODE(p.stat().st_mode) & 0o007 for p in tmp_path.iterdir()}
    assert modes == {"a.db": 0, "a.db-wal": 0, "a.db-shm": 0}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://root@localhost/x", "不支持.*mysql.*postgresql"),
        ("not a url", "无法识别"),
        ("sqlite://", "缺少文件路径"),
        ("sqlite:///:memory:", "缺少文件路径"),
        ("postgresql://u:secret@127.0.0.1:1/x", "无法连接.*PostgreSQL"),
    ],
)
def test_a_wrong_address_is_explained(url: str, words: str) -> None:
    with pytest.raises(SetupError, match=f"(?s){words}") as caught:
        open_store(url, wait=0.1)
    assert "secret" not in caught.value.message


def test_a_folder_that_cannot_be_used_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SetupError, match="权限"):
        open_store(sqlite_url(tmp_path / "file" / "a.db"))
    with pytest.raises(SetupError, match="权限"):
        open_store(sqlite_url(tmp_path))


@pytest.mark.parametrize("damage", ["other file", "header", "pages"])
def test_a_damaged_file_is_explained(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "pipeline.db"
    with open_store(sqlite_url(path)) as store:
        store.save_record(registration(), files=[stat("scan_1.jpg")])
    content = bytearray(path.read_bytes())
    if damage == "other file":
        content[:] = "姓名,电话\n".encode() * 500
    elif damage == "header":
        content[:16] = b"\xff" * 16
    else:
        content[4096:] = b"\xff" * len(content[4096:])
    path.write_bytes(content)
    with pytest.raises(SetupError, match="备份"), open_store(sqlite_url(path)) as opened:
        list(opened.records())


def test_a_locked_database_is_explained_and_works_again(store: Store, url: str, backend: str) -> None:
    with open_store(url, wait=0.2) as other:
        with store.writing() as connection:
            if backend == "sqlite":
                store_state = other.known_files()  # readers are not in the way of the writer, nor it in theirs
                assert store_state == {}
            else:
                connection.execute(text("LOCK TABLE source_files IN ACCESS EXCLUSIVE MODE"))
            with pytest.raises(SetupError, match="占用"):
                other.save_record(registration(), files=[stat("scan_1.jpg")])
        assert other.record_count() == 0
        other.save_record(registration(), files=[stat("scan_1.jpg")])
    assert store.record_count() == 1


def test_a_file_locked_by_another_program_cannot_be_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    open_store(sqlite_url(path)).close()
    other = sqlite3.connect(path, isolation_level=None)
    try:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(SetupError, match="占用"):
            open_store(sqlite_url(path), wait=0.2)
    finally:
        other.close()


def test_an_outage_is_explained(empty_url: str, backend: str, tmp_path: Path) -> None:
    """What happens while it runs is told like what happens at the start."""
    with open_store(empty_url) as store:
        if backend == "sqlite":
            store.close()
            (tmp_path / "pipeline.db").unlink()
            (tmp_path / "pipeline.db").mkdir()
            with pytest.raises(SetupError, match="无法打开"):
                store.record_count()
        else:
            with store.writing() as connection:
                connection.execute(text("ALTER TABLE documents RENAME TO elsewhere"))
            with pytest.raises(SetupError, match="出错"):
                store.record_count()


@pytest.mark.skipif(not postgres_server.available(), reason="no PostgreSQL here")
def test_postgresql_must_be_utf8(server: postgres_server.PostgresServer) -> None:
    with pytest.raises(SetupError, match=r"LATIN1.*UTF8"):
        open_store(server.create_database(encoding="LATIN1"))
