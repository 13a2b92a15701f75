"""``restore``: all that was backed up comes back, or nothing is changed."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from upkeep_office import BACKENDS, PASSPHRASE, Office, copied, files_under, listing, rows

from pipeline.errors import PipelineError
from pipeline.ledgers.atomic import CannotWriteError
from pipeline.settings import ROOT
from pipeline.store import Store
from pipeline.store.copying import is_used
from pipeline.store.migrate import HEAD
from pipeline.upkeep import moving
from pipeline.upkeep import restore as restoring
from pipeline.upkeep.backup import back_up
from pipeline.upkeep.bundle import BundleWriter
from pipeline.upkeep.cipher import EncryptingWriter
from pipeline.upkeep.restore import RestoreReport, restore
from pipeline.upkeep.unpack import unpack
from pipeline.upkeep.verify import verify
from tests.store.postgres_server import PostgresServer
from tests.support.command import Result

Command = Callable[..., Result]
TOML = ROOT / "pipeline.toml"


@pytest.fixture(scope="session")
def kept(template: Office, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the office."""
    target = tmp_path_factory.mktemp("kept") / "a.bak"
    work = copied(template, tmp_path_factory.mktemp("source"))
    back_up(work.settings(), TOML, target, PASSPHRASE)
    return target


def put_back(office: Office, source: Path, *, force: bool = False) -> RestoreReport:
    return restore(office.settings(), TOML, source, PASSPHRASE, force=force)


def state(office: Office) -> tuple[dict[str, bytes], set[str]]:
    """Every byte of the outputs but for the lock."""
    held = files_under(office.outputs)
    held.pop(".batch.lock", None)
    return held, listing(office.outputs)


@pytest.fixture(params=BACKENDS)
def other(request: pytest.FixtureRequest, empty: Office) -> Office:
    """A new office on either database."""
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("server")
        empty.url = server.create_database()
    return empty


def test_everything_comes_back(template: Office, kept: Path, other: Office) -> None:
    report = put_back(other, kept)
    with template.store() as before, other.store() as after:
        expected, found = rows(before), rows(after)
        restored = after.audit_entries()[-1]
    added = [line for line in found["audit_log"] if line not in expected["audit_log"]]
    assert len(added) == 1
    assert (restored.action, restored.detail["from"], restored.detail["schema"]) == ("restored", "sqlite", HEAD)
    assert {**found, "audit_log": expected["audit_log"]} == expected
    for folder in ("archive", "quarantine"):
        assert files_under(other.outputs / folder) == files_under(template.outputs / folder)
    for name in ("calibration.json", "records.jsonl", "双报到台账.xlsx", "服务反馈台账.xlsx"):
        assert (other.outputs / name).read_bytes() == (template.outputs / name).read_bytes()
    assert (report.documents, report.originals, report.missing, report.altered) == (4, 6, 0, 0)
    assert (report.moved_to, report.settings_to, report.notice) == (None, None, "")


def test_the_new_database_goes_on_where_the_old_one_ended(kept: Path, other: Office) -> None:
    put_back(other, kept)
    with other.store() as store:
        last = store.audit_entries()[-1].seq
        record = next(r for r in store.records() if "phone" in r.fields)
        found = store.stored_document(record.document_id)
        assert found is not None
        store.correct(record.document_id, "phone", "13811112222", "李核对", found.revision)
        assert store.audit_entries()[-1].seq == last + 1
        assert len({c.id for c in store.corrections()}) == len(list(store.corrections())) == 2
        assert store.start_batch() == max(b.id for b in store.batches(newest=100))
        with pytest.raises(Exception, match="append-only"), store.writing() as connection:
            connection.exec_driver_sql("DELETE FROM audit_log")


@pytest.mark.skipif(len(BACKENDS) < 2, reason="needs PostgreSQL")
def test_from_postgresql_and_back_again(kept: Path, server: PostgresServer, tmp_path: Path) -> None:
    """Its audit log may have gaps that mean nothing; on SQLite they are known to come from there."""
    first = Office(tmp_path / "first", server.create_database())
    put_back(first, kept)
    with first.store() as store:
        with pytest.raises(ZeroDivisionError), store.writing() as connection:
            connection.exec_driver_sql("SELECT nextval('audit_log_seq_seq')")
            raise ZeroDivisionError
        store.audit("looked", "李核对")
    back_up(first.settings(), TOML, tmp_path / "pg.bak", PASSPHRASE)
    for number, url in enumerate(("", server.create_database())):
        second = Office(tmp_path / str(number), url)
        put_back(second, tmp_path / "pg.bak")
        with first.store() as before, second.store() as after:
            expected, found = rows(before), rows(after)
        for log in (expected, found):
            log["audit_log"] = [line for line in log["audit_log"] if line[3] not in ("backed_up", "restored")]
        assert found == expected
        report = verify(second.settings())
        assert report.findings.total == 0, report.to_dict()


@pytest.mark.parametrize("use", ["wrong passphrase", "damaged", "cut short", "not a backup", "no file"])
@pytest.mark.parametrize("present", [False, True])
def test_a_backup_that_will_not_do_changes_nothing(
    office: Office, empty: Office, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command,
    use: str, present: bool,
) -> None:  # fmt: skip
    bad = tmp_path / "bad.bak"
    content = bytearray(kept.read_bytes())
    words = "口令不对"
    if use == "wrong passphrase":
        monkeypatch.setenv("SHUANGBAODAO_PASSPHRASE", "something else")
    elif use == "damaged":
        content[-1000] ^= 1
        words = "已损坏"
    elif use == "cut short":
        del content[-1:]
        words = "损坏|不完整"
    elif use == "not a backup":
        content[:] = b"PK\x03\x04" + bytes(1000)
        words = "不是本程序的备份"
    else:
        words = "没有这个文件"
    if use != "no file":
        bad.write_bytes(content)
    into = office if present else empty
    before = state(into)
    shown = command("restore", bad, *into.options, *(["--force"] if present else []))
    assert shown.code == 2
    assert any(word in shown.err for word in words.split("|"))
    assert state(into) == before


def test_data_that_is_there_is_not_touched_without_force(office: Office, kept: Path, command: Command) -> None:
    before = state(office)
    shown = command("restore", kept, *office.options)
    assert shown.code == 2
    for words in ("已有数据", "--force", "数据库", "archive"):
        assert words in shown.err
    assert state(office) == before


@pytest.mark.parametrize("name", ["archive/ab/x.jpg", "quarantine/x.txt", "calibration.json"])
def test_data_without_a_database_counts_too(empty: Office, kept: Path, name: str) -> None:
    path = empty.outputs / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("of before")
    with pytest.raises(PipelineError, match="已有数据"):
        put_back(empty, kept)
    assert path.read_text() == "of before"


def test_with_force_the_old_data_is_moved_aside(office: Office, kept: Path) -> None:
    with office.store() as store:
        store.audit("changed_since", "李核对")
    (office.outputs / "双报到台账_旧.xlsx").write_text("a copy")
    old = state(office)[0]
    report = put_back(office, kept, force=True)
    assert report.moved_to is not None
    moved = files_under(report.moved_to)
    assert moved == {name: content for name, content in old.items() if name != ".batch.json"}
    with office.store() as store:
        assert store.audit_entries(action="changed_since") == []
    assert report.documents == 4
    assert not (office.outputs / "双报到台账_旧.xlsx").exists()
    assert report.moved_to.stat().st_mode & 0o007 == 0


def test_a_database_elsewhere_is_moved_on_its_own_disk(office: Office, kept: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    shutil.move(office.database, there / "my.db")
    office.url = f"sqlite:///{there / 'my.db'}"
    put_back(office, kept, force=True)
    assert len(list(there.glob("replaced-*-my.db"))) == 1
    with office.store() as store:
        assert store.record_count() == 4


@pytest.mark.skipif(len(BACKENDS) < 2, reason="needs PostgreSQL")
@pytest.mark.parametrize("force", [False, True])
def test_postgresql_must_be_empty_either_way(kept: Path, server: PostgresServer, empty: Office, force: bool) -> None:
    empty.url = server.create_database()
    with empty.store() as store:
        assert store.record_count() == 0  # tables alone are no data
        store.start_batch()
    with pytest.raises(PipelineError, match="空库"):
        put_back(empty, kept, force=force)
    with empty.store() as store:
        assert len(store.batches(newest=9)) == 1
    assert listing(empty.outputs) == set()


# Schemas


def rewritten(kept: Path, target: Path, change: Callable[[sqlite3.Connection], None], tmp_path: Path) -> Path:
    """The backup with another database in it, as another version of the program would have written."""
    folder = tmp_path / "rewritten"
    manifest = unpack(kept, PASSPHRASE, folder)
    with closing(sqlite3.connect(folder / "database.sqlite")) as connection:
        change(connection)
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with target.open("wb") as stream:
        encrypting = EncryptingWriter(stream, PASSPHRASE)
        writer = BundleWriter(encrypting)
        for member in manifest["members"]:
            writer.add(member["name"], folder / member["name"])
        writer.finish({k: v for k, v in manifest.items() if k not in ("format", "members")})
        encrypting.close()
    return target


@pytest.mark.parametrize("force", [False, True])
def test_a_newer_schema_is_refused(office: Office, empty: Office, kept: Path, tmp_path: Path, force: bool) -> None:
    newer = rewritten(
        kept, tmp_path / "newer.bak", lambda c: c.execute("UPDATE alembic_version SET version_num = '9999'"), tmp_path
    )
    into = office if force else empty
    before = state(into)
    with pytest.raises(PipelineError, match=r"更新版本.*9999"):
        put_back(into, newer, force=force)
    assert state(into) == before


def test_an_older_schema_is_brought_up_to_date(other: Office, kept: Path, tmp_path: Path) -> None:
    def go_back(connection: sqlite3.Connection) -> None:
        """To the schema of 0002, as far as it is filled."""
        for statement in (
            "UPDATE alembic_version SET version_num = '0002'",
            "DROP TABLE originals",
            "DROP TABLE state",
            "ALTER TABLE source_files DROP COLUMN attempts",
            "ALTER TABLE source_files DROP COLUMN retry_at",
            "ALTER TABLE source_files DROP COLUMN taken",
            "DROP TABLE review_reasons",
            "DROP INDEX ix_source_files_batch_id",
            "DROP INDEX ix_documents_batch_id_superseded_by_doc_type_status",
            "DROP INDEX ix_documents_superseded_by_doc_type_status",
            "ALTER TABLE documents DROP COLUMN superseded_by",
            "ALTER TABLE pages DROP COLUMN blank",
            "ALTER TABLE fields DROP COLUMN alternatives",
            *(f"DROP TABLE {name}" for name in ("sessions", "users", "proposals", "arranged_pages")),
            *(f"DROP TABLE {name}" for name in ("claims", "served", "notes", "added_rows")),
            *(f"DROP TABLE {name}" for name in ("fact_values", "fact_holders", "document_facts")),
            "ALTER TABLE fields DROP COLUMN centres",
            *(f"ALTER TABLE corrections DROP COLUMN {name}" for name in ("placed", "before", "withdrawn")),
            "ALTER TABLE audit_log DROP COLUMN hash",
        ):
            connection.execute(statement)

    report = put_back(other, rewritten(kept, tmp_path / "older.bak", go_back, tmp_path))
    assert report.documents == 5  # what was superseded is not so in the older schema
    with other.store() as store:
        assert len(store.pending_originals()) == 6
        assert {r.fields["name"].value for r in store.records() if "name" in r.fields} >= {"王建囯", "王建军"}


def test_a_database_that_is_none_is_refused(empty: Office, kept: Path, tmp_path: Path) -> None:
    def spoil(connection: sqlite3.Connection) -> None:
        connection.execute("DROP TABLE alembic_version")

    with pytest.raises(PipelineError, match="无法使用"):
        put_back(empty, rewritten(kept, tmp_path / "none.bak", spoil, tmp_path))
    assert listing(empty.outputs) == set()


# Interruptions


@pytest.mark.parametrize("moment", ["moving", "opening", "copying", "committing"])
@pytest.mark.parametrize("force", [False, True])
def test_a_restore_that_fails_half_way_takes_everything_back(
    office: Office, empty: Office, kept: Path, monkeypatch: pytest.MonkeyPatch, moment: str, force: bool
) -> None:
    into = office if force else empty
    before = state(into)
    move, take_over = moving.Moves.move, Store.take_over
    moved: list[Path] = []

    def stop(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    def move_some(self: moving.Moves, source: Path, target: Path) -> None:
        if source.name == "quarantine" and ".restore-" in str(source):
            stop()
        moved.append(source)
        move(self, source, target)

    def take_over_and_stop(self: Store, *arguments: Any, **named: Any) -> None:
        take_over(self, *arguments, **named)
        stop()

    if moment == "moving":
        monkeypatch.setattr(moving.Moves, "move", move_some)
    elif moment == "opening":
        monkeypatch.setattr(restoring, "open_database", stop)
    else:
        monkeypatch.setattr(Store, "take_over", stop if moment == "copying" else take_over_and_stop)
    with pytest.raises(PipelineError, match="磁盘已满"):
        put_back(into, kept, force=force)
    assert moved or moment != "moving"
    assert state(into) == before
    monkeypatch.undo()
    assert put_back(into, kept, force=force).documents == 4


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=900k", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip("cannot mount a small disk here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("foreseen", [True, False])
def test_a_full_disk_is_told_and_nothing_is_left(
    kept: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch, command: Command, foreseen: bool
) -> None:
    if not foreseen:
        monkeypatch.setattr(restoring, "require_room", lambda *_: None)
    shown = command("restore", kept, "--outputs", small_disk / "outputs")
    assert shown.code == 2
    assert "空间不足" in shown.err if foreseen else "磁盘已满" in shown.err
    assert listing(small_disk) == {"outputs"}


def test_what_a_killed_restore_left_is_cleared_away(empty: Office, kept: Path) -> None:
    (empty.outputs / ".restore-abc" / "archive").mkdir(parents=True)
    put_back(empty, kept)
    assert not (empty.outputs / ".restore-abc").exists()


# The rest


def test_other_settings_are_kept_beside_for_a_person_to_compare(
    empty: Office, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dictionaries = tmp_path / "dictionaries"
    shutil.copytree(ROOT / "models" / "dictionaries", dictionaries)
    (dictionaries / "units.csv").write_text("name,aliases\n新单位,\n", encoding="utf-8")
    (dictionaries / "schooling.csv").unlink()
    shutil.copy(ROOT / "models/dictionaries/schooling.csv", dictionaries / "schooling.csv")
    toml = tmp_path / "my.toml"
    toml.write_text("[batch]\nworkers = 1\n", encoding="utf-8")
    settings = empty.settings(folders={"dictionaries": dictionaries})
    report = restore(settings, toml, kept, PASSPHRASE)
    assert report.settings_to is not None
    assert files_under(report.settings_to) == {
        "pipeline.toml": TOML.read_bytes(),
        "dictionaries/units.csv": (ROOT / "models/dictionaries/units.csv").read_bytes(),
    }


def test_workbooks_that_cannot_be_written_do_not_undo_it(
    empty: Office, kept: Path, monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    def refuse(*_: Any) -> list[Path]:
        raise CannotWriteError("台账写不了。")

    monkeypatch.setattr(restoring, "export", refuse)
    shown = command("restore", kept, *empty.options)
    assert shown.code == 1
    assert "数据已恢复" in shown.out
    assert "export" in shown.out
    with empty.store() as store:
        assert store.record_count() == 4


def test_the_command_says_what_it_did(empty: Office, kept: Path, command: Command) -> None:
    shown = command("restore", kept, *empty.options)
    assert shown.code == 0, shown.err
    for words in ("文档 4 份", "原件 6 个", "双报到台账.xlsx"):
        assert words in shown.out
    assert verify(empty.settings()).findings.total == 0


def test_nothing_is_created_by_asking_whether_there_is_a_database(tmp_path: Path) -> None:
    assert not is_used(f"sqlite:///{tmp_path / 'none.db'}")
    assert listing(tmp_path) == set()


@pytest.mark.skipif(len(BACKENDS) < 2, reason="needs PostgreSQL")
def test_asking_does_not_make_tables(server: PostgresServer) -> None:
    url = server.create_database()
    assert not is_used(url)
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        [(tables,)] = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        assert tables == 0
