"""``requeue``: the next batch reads again what was asked for, all of it and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from upkeep_office import BACKENDS, PASSPHRASE, Office, copied

from pipeline.batch.lock import sole_batch
from pipeline.intake.archive import Archive
from pipeline.settings import ROOT
from pipeline.store import FileState, KnownFile
from pipeline.upkeep import requeue as requeueing
from pipeline.upkeep.backup import back_up
from pipeline.upkeep.restore import restore
from tests.store.postgres_server import PostgresServer
from tests.support.command import Result

Command = Callable[..., Result]
MEMBER, UNIT = "党员登记表_平板扫描.jpg", "单位登记表_传真.png"
PAIR = ["共建协议_1.jpg", "共建协议_2.jpg"]
CURRENT = {MEMBER, UNIT, *PAIR, "新.jpg"}


def queued(office: Office) -> set[str]:
    """The files that the next batch will take for new ones."""
    with office.store() as store:
        return {path for path, known in store.known_files().items() if _is_due(known)}


def _is_due(known: KnownFile) -> bool:
    return known.state is FileState.RETRY and known.retry_at is None and known.attempts == 0


def document_of(office: Office, path: str) -> str:
    with office.store() as store:
        [source] = [s for s in store.document_sources() if path in s.paths]
    return source.document_id


@pytest.fixture
def ask(command: Command) -> Callable[..., Result]:
    def asked(office: Office, *arguments: str | Path) -> Result:
        return command("requeue", *arguments, *office.options, "--scans", office.scans)

    return asked


@pytest.mark.parametrize("how", ["name", "document", "full path", "relative path"])
def test_a_file_or_its_document_is_queued(
    office: Office, ask: Callable[..., Result], how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(office.root)
    names = {
        "name": MEMBER,
        "document": document_of(office, MEMBER),
        "full path": office.scans / MEMBER,
        "relative path": Path("scans") / MEMBER,
    }
    shown = ask(office, names[how])
    assert (shown.code, shown.err) == (0, "")
    assert "文件 1 个，涉及文档 1 份" in shown.out
    assert queued(office) == {MEMBER}


def test_corrections_stay_and_it_is_written_down(office: Office, ask: Callable[..., Result]) -> None:
    with office.store() as store:
        before = list(store.corrections())
    ask(office, MEMBER)
    with office.store() as store:
        assert list(store.corrections()) == before
        [entry] = store.audit_entries(action="file_requeued")
        assert entry.detail.keys() == {"sha256"}


@pytest.mark.parametrize("name", PAIR)
def test_all_files_of_a_document_are_queued_together(office: Office, ask: Callable[..., Result], name: str) -> None:
    assert "文件 2 个，涉及文档 1 份" in ask(office, name).out
    assert queued(office) == set(PAIR)


def test_all_documents_of_a_file_are_read_with_it(office: Office, ask: Callable[..., Result]) -> None:
    stat = office.put("两份.pdf", "two")
    other = office.put("附页.jpg", "more")
    office.save(stat, name="甲")
    office.save(stat, other, name="乙")
    report = ask(office, "附页.jpg", "--json").json()
    assert (report["contents"], report["documents"]) == (2, 2)
    assert sorted(report["files"]) == ["两份.pdf", "附页.jpg"]


def test_quarantined_files(office: Office, ask: Callable[..., Result]) -> None:
    office.fail("也坏.txt", "neither")
    assert "文件 2 个，涉及文档 0 份" in ask(office, "--quarantined").out
    assert queued(office) == {"坏.txt", "也坏.txt"}


def test_one_type(office: Office, ask: Callable[..., Result]) -> None:
    assert ask(office, "--type", "member_registration").code == 0
    assert queued(office) == {MEMBER, "新.jpg"}


def test_everything_that_is_current(office: Office, ask: Callable[..., Result]) -> None:
    assert "文件 5 个，涉及文档 4 份" in ask(office, "--all").out
    assert queued(office) == CURRENT


def test_more_than_one_statement_holds(
    office: Office, ask: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requeueing, "_TOGETHER", 2)
    ask(office, "--all")
    assert queued(office) == CURRENT


def test_what_waits_for_its_next_try_is_tried_at_once(office: Office, ask: Callable[..., Result]) -> None:
    stat = office.put("慢.jpg", "slow")
    with office.store() as store:
        later = datetime.now(UTC) + timedelta(hours=20)
        store.save_retry(stat, "timed_out", "太慢", attempts=2, retry_at=later)
    ask(office, "慢.jpg")
    assert queued(office) == {"慢.jpg"}


def test_from_the_archive_where_the_folder_was_cleared(office: Office, ask: Callable[..., Result]) -> None:
    with office.store() as store:
        store.take_files([MEMBER])
        store.forget_file(UNIT)
    for name in (MEMBER, UNIT):
        (office.scans / name).unlink()
    assert ask(office, MEMBER, UNIT).code == 0
    assert queued(office) == {MEMBER, UNIT}


# What is refused


def test_unknown_names_are_listed_and_nothing_is_queued(office: Office, ask: Callable[..., Result]) -> None:
    shown = ask(office, "没有.jpg", MEMBER, "0123456789abcdef")
    assert shown.code == 2
    assert "没有.jpg、0123456789abcdef" in shown.err
    assert MEMBER not in shown.err
    assert queued(office) == set()


def test_many_unknown_names_are_counted(office: Office, ask: Callable[..., Result]) -> None:
    shown = ask(office, *(f"x{i}.jpg" for i in range(100)))
    assert "100 个" in shown.err
    assert "x99.jpg" not in shown.err


def test_an_unknown_type_is_told_with_those_there_are(office: Office, ask: Callable[..., Result]) -> None:
    shown = ask(office, "--type", "letter")
    assert shown.code == 2
    assert "letter" in shown.err
    assert "member_registration" in shown.err


@pytest.mark.parametrize(
    "arguments", [(), (MEMBER, "--all"), ("--all", "--quarantined"), ("--type", "unknown", MEMBER)]
)
def test_one_way_of_naming_at_a_time(office: Office, ask: Callable[..., Result], arguments: tuple[str, ...]) -> None:
    shown = ask(office, *arguments)
    assert shown.code == 2
    assert "只能选一种" in shown.err
    assert queued(office) == set()


def test_a_scan_that_was_superseded_is_not_read_again(office: Office, ask: Callable[..., Result]) -> None:
    for name in ("旧.jpg", document_of(office, "旧.jpg")):
        shown = ask(office, name)
        assert shown.code == 2
        assert "取代" in shown.err
    assert queued(office) == set()


def test_what_was_purged_is_not_read_again(office: Office, ask: Callable[..., Result]) -> None:
    with office.store() as store:
        store.purge(datetime.now(UTC), present=[MEMBER])
    shown = ask(office, MEMBER)
    assert shown.code == 2
    assert "保存期限" in shown.err


def test_what_is_lost_is_told_and_the_rest_queued(office: Office, ask: Callable[..., Result]) -> None:
    with office.store() as store:
        content = store.known_files()[UNIT].sha256
    lost = Archive(office.outputs).find(content)
    assert lost is not None
    lost.unlink()
    (office.scans / UNIT).unlink()
    shown = ask(office, "--all")
    assert shown.code == 1
    assert f"无法重新识别（原件已不在，或原文件名现在是另一份扫描件）：{UNIT}" in shown.out
    assert queued(office) == CURRENT - {UNIT}


def test_a_content_whose_name_another_file_took_is_told(office: Office, ask: Callable[..., Result]) -> None:
    """Scanners number their files from 1 again."""
    old = document_of(office, UNIT)
    office.read(UNIT, content="another paper", name="别人")
    shown = ask(office, old)
    assert shown.code == 1
    assert UNIT in shown.out


def test_a_batch_at_work_is_not_disturbed(office: Office, ask: Callable[..., Result]) -> None:
    with sole_batch(office.outputs):
        shown = ask(office, "--all")
    assert shown.code == 2
    assert "另一个批处理" in shown.err


def test_nothing_is_made_where_there_is_no_database(empty: Office, ask: Callable[..., Result]) -> None:
    assert ask(empty, "--all").code == 2
    assert not empty.database.exists()


@pytest.mark.skipif(len(BACKENDS) < 2, reason="needs PostgreSQL")
def test_on_postgresql(template: Office, server: PostgresServer, tmp_path: Path, ask: Callable[..., Result]) -> None:
    source = copied(template, tmp_path / "source")
    back_up(source.settings(), ROOT / "pipeline.toml", tmp_path / "a.bak", PASSPHRASE)
    office = Office(tmp_path / "new", server.create_database())
    restore(office.settings(), ROOT / "pipeline.toml", tmp_path / "a.bak", PASSPHRASE)
    assert ask(office, "--all").code == 0
    assert queued(office) == CURRENT
