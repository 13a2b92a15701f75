"""``purge``: what is too old goes from everywhere, and nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from upkeep_office import BACKENDS, ID_NUMBER, PHONE, Office, at, copied, files_under, rows

from pipeline.batch.lock import sole_batch
from pipeline.errors import PipelineError
from pipeline.intake.archive import Archive
from pipeline.intake.quarantine import read_notes
from pipeline.ledgers.atomic import CannotWriteError
from pipeline.records import DocumentStatus, Record, document_id
from pipeline.scanned import PageFacts
from pipeline.store import Store, open_store, retention
from pipeline.upkeep import purge as purging
from pipeline.upkeep.age import moment_before
from pipeline.upkeep.purge import PurgeReport, look_for_expired, purge
from pipeline.upkeep.verify import verify
from tests.store.postgres_server import PostgresServer
from tests.support.command import Result
from tests.support.folders import record_of

Command = Callable[..., Result]
NOW = datetime.now(UTC)
REVIEW = DocumentStatus.REVIEW
LONG_AGO = NOW - timedelta(days=6 * 366)
FIVE_YEARS = "5y"


@dataclass
class Ages:
    """The documents of six years ago and of today."""

    old: dict[str, Record]
    new: dict[str, Record]


class Aged(Office):
    """An office with documents of both ages."""

    old: dict[str, Record]
    new: dict[str, Record]


def grow_old(office: Office) -> Ages:
    with pytest.MonkeyPatch.context() as monkeypatch, at(LONG_AGO, monkeypatch):
        blurred = office.read("赵一旧.jpg", content="blurred", name="赵一日", id_number="110101199003070000")
        paper = {"name": "赵一一", "id_number": ID_NUMBER, "phone": PHONE}
        sharp = office.read("赵一.jpg", content="old", supersedes=blurred.document_id, **paper)
        review = office.read("钱二.jpg", content="doubtful", status=REVIEW, name="钱二二", employer="钱庄")
        both = office.put("两份.pdf", "two documents")
        shares = office.save(both, name="孙三三")
        with office.store() as store:
            store.correct(sharp.document_id, "phone", "13600000000", "李核对", 1)
            store.correct(review.document_id, "employer", "钱二庄", "李核对", 1)
    accepted = office.read("周五.jpg", content="new", name="周五五")
    younger = record_of("member_registration", both, name="李四四")
    younger.pages = [[2]]
    younger.document_id = document_id(younger.sha256, younger.pages)
    younger.fields["name"].page = 2
    with office.store() as store:
        store.save_record(younger, files=[both], pages=[PageFacts(both.path, 2)])
        store.correct(accepted.document_id, "name", "周五伍", "李核对", 1)
    office.export()
    old = {"accepted": sharp, "blurred": blurred, "review": review, "shares": shares}
    return Ages(old, {"accepted": accepted, "younger": younger})


@pytest.fixture(scope="session", params=BACKENDS)
def old_office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Office, Ages]:
    url = ""
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("server")
        url = server.create_database()
    office = Office(tmp_path_factory.mktemp("old"), url)
    return office, grow_old(office)


@pytest.fixture
def aged(old_office: tuple[Office, Ages], tmp_path: Path, request: pytest.FixtureRequest) -> Aged:
    template, ages = old_office
    copy = copied(template, tmp_path / "office")
    if copy.url:
        server: PostgresServer = request.getfixturevalue("server")
        copy.url = server.create_database(template=copy.url.split("/")[3].split("?")[0])
    copy.__class__ = Aged
    copy.old, copy.new = ages.old, ages.new  # type: ignore[attr-defined]
    return copy  # type: ignore[return-value]


def five_years() -> datetime:
    return moment_before(FIVE_YEARS, datetime.now(UTC))


def run(office: Office, **options: Any) -> PurgeReport:
    return purge(office.settings(), five_years(), **options)


def ids(office: Office) -> set[str]:
    with office.store() as store:
        return {source.document_id for source in store.document_sources()}


def everything_written(office: Office) -> str:
    """All that the outputs say, workbooks unpacked."""
    texts = [content.decode("utf-8", "replace") for content in files_under(office.outputs).values()]
    for path in office.outputs.glob("*.xlsx"):
        with closing(load_workbook(path, read_only=True)) as book:
            texts += [str(v) for s in book for row in s.iter_rows(values_only=True) for v in row if v is not None]
    with office.store() as store:
        texts.append(repr(rows(store)))
    return "\n".join(texts)


def test_a_preview_shows_what_would_go_and_changes_nothing(aged: Aged, command: Command) -> None:
    with aged.store() as store:
        before = rows(store), files_under(aged.outputs / "archive")
    options = [*aged.options, "--scans", aged.scans, "--older-than", FIVE_YEARS]
    shown = command("purge", *options)
    assert shown.code == 0
    expected = (
        "将清除",
        "在职党员到社区报到登记表：2 份",
        "旧扫描件 1 份",
        "更正 1 条",
        "原件 2 个",
        "1 个原件还有其他文档",
    )
    for words in (*expected, "另有 1 份到期文档尚待核对", "赵一.jpg", "--yes", f"{LONG_AGO:%Y}"):
        assert words in shown.out
    report = command("purge", *options, "--json").json()
    assert report["documents"] == {"member_registration": 2}
    assert (report["superseded"], report["corrections"], report["originals"]) == (1, 1, 2)
    assert (report["shared"], report["in_review"], report["done"]) == (1, 1, False)
    assert sorted(report["in_scans"]) == ["赵一.jpg", "赵一旧.jpg"]
    with aged.store() as store:
        assert (rows(store), files_under(aged.outputs / "archive")) == before


def test_what_is_too_old_goes(aged: Aged, command: Command) -> None:
    shown = command("purge", *aged.options, "--scans", aged.scans, "--older-than", FIVE_YEARS, "--yes")
    assert (shown.code, shown.err) == (0, "")
    assert "已清除" in shown.out
    assert "以前的备份" in shown.out
    assert ids(aged) == {aged.old["review"].document_id, *(r.document_id for r in aged.new.values())}
    archive = Archive(aged.outputs)
    for name in ("accepted", "blurred"):
        assert archive.find(aged.old[name].sha256[0]) is None
    for record in (aged.old["review"], aged.old["shares"], aged.new["accepted"]):
        assert archive.holds(record.sha256[0])
    with aged.store() as store:
        assert {c.document_id for c in store.corrections()} == {
            aged.old["review"].document_id,
            aged.new["accepted"].document_id,
        }
        assert {r.document_id for r in store.records()} == ids(aged)
    assert verify(aged.settings()).findings.counts == {}


def test_nothing_of_it_is_left_anywhere(aged: Aged) -> None:
    """Not in tables, not in what SQLite keeps of deleted rows, not in an output."""
    values = ("赵一一", "赵一日", ID_NUMBER, PHONE, "13600000000", "110101199003070000", "孙三三")
    (aged.scans / "赵一.jpg").unlink()
    (aged.scans / "赵一旧.jpg").unlink()
    said = everything_written(aged)
    assert all(value in said for value in values if value != PHONE)
    report = run(aged)
    assert report.scrubbed
    said = everything_written(aged)
    for value in values:
        assert value not in said, value
    assert "赵一.jpg" not in said
    assert "赵一旧" not in said
    for kept in ("钱二庄", "周五伍", "李四四"):
        assert kept in said


def test_the_log_says_how_many_and_nothing_else(aged: Aged) -> None:
    with aged.store() as store:
        before = store.audit_entries()
    run(aged)
    with aged.store() as store:
        after = store.audit_entries()
        [entry] = store.audit_entries(action="purged")
    assert after[: len(before)] == before
    assert entry.document_id is None
    assert {k: v for k, v in entry.detail.items() if k != "before"} == {
        "documents": 2, "superseded": 1, "corrections": 1, "originals": 2,
    }  # fmt: skip


def test_purged_content_is_not_taken_in_again(aged: Aged) -> None:
    run(aged)
    gone = {aged.old[name].sha256[0] for name in ("accepted", "blurred")}
    with aged.store() as store:
        assert store.settled_contents(gone) == dict.fromkeys(gone)
        assert store.purged_contents() == gone
        known = store.known_files()
        # Those that still lie in the folder are known as they are, so that they are no news.
        assert {known[path].sha256 for path in ("赵一.jpg", "赵一旧.jpg")} == gone


def test_files_in_the_drop_folder_are_named_and_left(aged: Aged) -> None:
    """Under whatever name they lie there, and whether or not the store has seen them."""
    copy = aged.scans / "sub" / "copy.jpg"
    copy.parent.mkdir()
    copy.write_bytes((aged.scans / "赵一.jpg").read_bytes())
    before = files_under(aged.scans)
    report = run(aged)
    assert sorted(report.in_scans) == ["sub/copy.jpg", "赵一.jpg", "赵一旧.jpg"]
    assert files_under(aged.scans) == before


def test_documents_in_review_stay_unless_asked_for(aged: Aged, command: Command) -> None:
    review = aged.old["review"]
    run(aged)
    assert review.document_id in ids(aged)
    options = [*aged.options, "--scans", aged.scans, "--older-than", FIVE_YEARS]
    shown = command("purge", *options, "--include-review", "--yes")
    assert shown.code == 0
    assert review.document_id not in ids(aged)
    assert Archive(aged.outputs).find(review.sha256[0]) is None
    assert "钱二" not in everything_written(aged).replace("钱二.jpg", "")


def test_an_earlier_scan_stays_while_its_heir_is_in_review(aged: Aged, monkeypatch: pytest.MonkeyPatch) -> None:
    with at(LONG_AGO, monkeypatch):
        first = aged.read("旧扫描.jpg", content="first", status=REVIEW, name="吴六")
        aged.read("新扫描.jpg", content="better", status=REVIEW, supersedes=first.document_id, name="吴六")
    run(aged)
    assert first.document_id in ids(aged)
    run(aged, include_review=True)
    assert first.document_id not in ids(aged)


def test_an_earlier_scan_that_is_too_old_goes_alone(aged: Aged, monkeypatch: pytest.MonkeyPatch) -> None:
    with at(LONG_AGO, monkeypatch):
        first = aged.read("旧扫描.jpg", content="first", name="吴六")
    heir = aged.read("新扫描.jpg", content="better", supersedes=first.document_id, name="吴六")
    run(aged)
    assert first.document_id not in ids(aged)
    assert heir.document_id in ids(aged)
    assert Archive(aged.outputs).holds(heir.sha256[0])


def test_reading_again_does_not_make_a_document_young(aged: Aged) -> None:
    old = aged.old["accepted"]
    with aged.store() as store:
        document = store.record(old.document_id)
        assert document is not None
        store.save_record(document, files=[aged.stat(path) for path in document.files])
        found = store.stored_document(old.document_id)
        assert found is not None
        assert found.read_at > five_years()
    run(aged)
    assert old.document_id not in ids(aged)


def test_a_copy_in_quarantine_goes_too(aged: Aged) -> None:
    old = aged.old["accepted"]
    stat = aged.fail("又一次.jpg", content="old")
    assert stat.sha256 == old.sha256[0]
    kept = aged.fail("另一个.txt")
    assert run(aged).quarantined == 1
    assert [note["file"] for note in read_notes(aged.outputs)] == [kept.path]
    with aged.store() as store:
        assert [q.path for q in store.quarantined()] == [kept.path]


def test_originals_and_corrections_of_no_document_grow_old_too(aged: Aged, monkeypatch: pytest.MonkeyPatch) -> None:
    with at(LONG_AGO, monkeypatch):
        removed = aged.read("没了.jpg", content="of no document any more", name="郑七")
        with aged.store() as store:
            store.correct(removed.document_id, "name", "郑柒", "李核对", 1)
            store.remove_documents([removed.document_id])
    assert look_for_expired(aged.settings(), five_years()).corrections == 2
    run(aged)
    assert Archive(aged.outputs).find(removed.sha256[0]) is None
    assert "郑柒" not in everything_written(aged)


def test_old_batches_and_files_lose_their_names(aged: Aged, monkeypatch: pytest.MonkeyPatch) -> None:
    """What went from the folder years ago is forgotten with its name, and so are names in summaries as old."""
    with at(LONG_AGO, monkeypatch):
        aged.fail("吴八.txt")
        with aged.store() as store:
            store.forget_file("吴八.txt")
    (aged.outputs / "quarantine").rename(aged.root / "elsewhere")
    run(aged)
    with aged.store() as store:
        assert "吴八.txt" not in store.known_paths()
        named = [b for b in store.batches(newest=100) if b.summary["failed"]]
        assert all(b.started > five_years() for b in named)
        assert named


def test_reports_as_old_go(aged: Aged) -> None:
    folder = aged.outputs / "reports"
    folder.mkdir()
    day = five_years().date()
    names = [f"{day - timedelta(days=1)}.html", f"{day}.html", "2001-02-30.html", "notes.txt"]
    for name in names:
        (folder / name).write_text("赵一.jpg")
    run(aged)
    assert sorted(p.name for p in folder.iterdir()) == sorted(names[1:])


def test_twice_is_as_good_as_once(aged: Aged, command: Command) -> None:
    run(aged)
    before = files_under(aged.outputs / "archive")
    shown = command("purge", *aged.options, "--scans", aged.scans, "--older-than", FIVE_YEARS, "--yes")
    assert shown.code == 0
    assert "没有在" in shown.out
    assert files_under(aged.outputs / "archive") == before


@pytest.mark.parametrize("moment", ["_destroy_files", "_export"])
def test_an_interrupted_purge_is_taken_up_where_it_stopped(
    aged: Aged, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(purging, moment, stop)
        with pytest.raises(KeyboardInterrupt):
            run(aged)
    gone = aged.old["accepted"]
    assert gone.document_id not in ids(aged)
    half = Archive(aged.outputs).path_of(gone.sha256[0], ".jpg")
    half.with_name(f".{half.name}.77.part").parent.mkdir(exist_ok=True)
    half.with_name(f".{half.name}.77.part").write_text("half a copy")
    run(aged)
    assert not list(half.parent.glob(f"*{gone.sha256[0]}*"))
    assert verify(aged.settings()).findings.counts == {}
    assert ID_NUMBER not in everything_written(aged)


def test_all_or_nothing_in_the_database(aged: Aged, monkeypatch: pytest.MonkeyPatch) -> None:
    with aged.store() as store:
        before = rows(store)
    monkeypatch.setattr(retention.audit, "append", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(aged)
    with aged.store() as store:
        assert rows(store) == before


def test_what_cannot_be_destroyed_is_told(aged: Aged, monkeypatch: pytest.MonkeyPatch, command: Command) -> None:
    unlink = Path.unlink

    def refuse(self: Path, *arguments: Any, **named: Any) -> None:
        if "archive" in self.parts:
            raise PermissionError(13, "in use")
        unlink(self, *arguments, **named)

    monkeypatch.setattr(Path, "unlink", refuse)
    shown = command("purge", *aged.options, "--scans", aged.scans, "--older-than", FIVE_YEARS, "--yes")
    assert shown.code == 1
    assert "未能删除" in shown.out
    monkeypatch.undo()
    assert run(aged).left == []
    assert Archive(aged.outputs).find(aged.old["accepted"].sha256[0]) is None


def test_a_reader_in_the_way_of_scrubbing_is_told(
    aged: Aged, monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    if aged.url:
        monkeypatch.setattr(Store, "scrub", lambda _: False)
    monkeypatch.setattr("pipeline.store.engine.WAIT_SECONDS", 0.2)
    with aged.store() as other, other.reading() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM documents")
        monkeypatch.setattr("pipeline.batch.run.open_store", _impatient)
        shown = command("purge", *aged.options, "--scans", aged.scans, "--older-than", FIVE_YEARS, "--yes")
    assert shown.code == 1
    assert "再运行一次 purge --yes" in shown.out
    monkeypatch.undo()
    assert run(aged).scrubbed


def _impatient(url: str) -> Store:
    return open_store(url, wait=0.2)


def test_workbooks_that_cannot_be_written_are_told(
    aged: Aged, monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    def refuse(*_: Any) -> list[Path]:
        raise CannotWriteError("台账写不了。")

    monkeypatch.setattr(purging, "export", refuse)
    shown = command("purge", *aged.options, "--scans", aged.scans, "--older-than", FIVE_YEARS, "--yes")
    assert shown.code == 1
    assert "旧台账中还有" in shown.out


def test_copies_of_workbooks_are_named(aged: Aged, command: Command) -> None:
    (aged.outputs / "双报到台账_20190518-093000.xlsx").write_text("a copy of then")
    shown = command("purge", *aged.options, "--scans", aged.scans, "--older-than", FIVE_YEARS, "--yes")
    assert "双报到台账_20190518-093000.xlsx" in shown.out


# The settings, and how an age is written


def test_without_an_age_the_settings_decide(aged: Aged, command: Command, tmp_path: Path) -> None:
    shown = command("purge", *aged.options)
    assert shown.code == 2
    assert "retention" in shown.err
    toml = tmp_path / "my.toml"
    toml.write_text("[retention]\nyears = 5\n", encoding="utf-8")
    found = command("purge", *aged.options, "--scans", aged.scans, "--config", toml, "--json").json()
    assert found["documents"] == {"member_registration": 2}
    found = command("purge", *aged.options, "--config", toml, "--older-than", "30y", "--json").json()
    assert found["documents"] == {}


def test_a_batch_at_work_is_not_disturbed(aged: Aged, command: Command) -> None:
    options = [*aged.options, "--scans", aged.scans, "--older-than", FIVE_YEARS]
    with sole_batch(aged.outputs):
        assert command("purge", *options).code == 0
        shown = command("purge", *options, "--yes")
    assert shown.code == 2
    assert "另一个批处理" in shown.err


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        ("1d", datetime(2024, 2, 28, 12, tzinfo=UTC)),
        ("400d", datetime(2023, 1, 25, 12, tzinfo=UTC)),
        ("1m", datetime(2024, 1, 29, 12, tzinfo=UTC)),
        ("12m", datetime(2023, 2, 28, 12, tzinfo=UTC)),
        ("18M", datetime(2022, 8, 29, 12, tzinfo=UTC)),
        ("1y", datetime(2023, 2, 28, 12, tzinfo=UTC)),
        (" 4y ", datetime(2020, 2, 29, 12, tzinfo=UTC)),
    ],
)
def test_an_age_is_reckoned_by_the_calendar(age: str, expected: datetime) -> None:
    assert moment_before(age, datetime(2024, 2, 29, 12, tzinfo=UTC)) == expected


@pytest.mark.parametrize("age", ["", "5", "y", "0d", "-1y", "5 y", "1.5y", "5w", "五年", "99999y", "99999d5"])
def test_what_is_no_age_is_refused(age: str) -> None:
    with pytest.raises(PipelineError, match="期限"):
        moment_before(age, NOW)


@given(years=st.integers(1, 100), day=st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)))
def test_twelve_months_are_a_year(years: int, day: datetime) -> None:
    assert moment_before(f"{years}y", day) == moment_before(f"{12 * years}m", day)
