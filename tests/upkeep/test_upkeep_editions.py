"""What becomes of editions and copies of the ledgers: purged, backed up, restored."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from upkeep_office import ID_NUMBER, PASSPHRASE, Office, at, files_under

from pipeline.batch.editions import Editions
from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers.periods import parse_period
from pipeline.settings import ROOT
from pipeline.upkeep import purge_copies
from pipeline.upkeep.backup import back_up
from pipeline.upkeep.purge import look_for_expired, purge
from pipeline.upkeep.restore import restore
from pipeline.upkeep.verify import verify
from tests.support.command import Result

Command = Callable[..., Result]
BEFORE = datetime.now(UTC) - timedelta(days=5 * 365)
PEOPLE = "党员报到花名册"
TODAY = date(2026, 11, 1)


def make(office: Office, rules: tuple[Forms, Dictionaries], *periods: str) -> None:
    with office.store() as store:
        for period in periods:
            editions = Editions(store, *rules, office.settings())
            editions.make(parse_period(period), masked=True, again=False, today=TODAY)


@pytest.fixture
def aged(tmp_path: Path, rules: tuple[Forms, Dictionaries], monkeypatch: pytest.MonkeyPatch) -> Office:
    """A registration of six years ago in the editions of then and now, and one of now."""
    office = Office(tmp_path / "office")
    fields = {"community": "科苑社区", "claimed_projects": "关爱空巢老人", "employer": "济宁一中"}
    with at(datetime.now(UTC) - timedelta(days=6 * 366), monkeypatch):
        office.read("a.jpg", content="a", name="赵一", id_number=ID_NUMBER, report_date="2020-05-18", **fields)
    make(office, rules, "2020-05")
    fields |= {"claimed_projects": "义务法律咨询", "employer": "济宁二中"}
    office.read("b.jpg", content="b", name="钱二", report_date="2026-05-18", **fields)
    make(office, rules, "2026-05")
    for name in (
        "tables/党员报到花名册.csv",
        "circulation/双报到台账.xlsx",
        "filled/街道.xlsx",
        "editions/对比_a_b.xlsx",
    ):
        path = office.outputs / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("赵一", encoding="utf-8")
    office.export()
    return office


def table(office: Office, edition: str, sheet: str = PEOPLE) -> pd.DataFrame:
    return pd.read_parquet(office.outputs / "editions" / edition / "tables" / f"{sheet}.parquet")


def written(folder: Path) -> str:
    """What the tables and plain files of a folder say."""
    every = [path for path in folder.rglob("*") if path.is_file()]
    return "".join(
        pd.read_parquet(path).to_csv() if path.suffix == ".parquet" else path.read_text("utf-8", "replace")
        for path in every
    )


def test_a_preview_names_the_editions_and_changes_nothing(aged: Office, command: Command) -> None:
    before = files_under(aged.outputs / "editions")
    assert look_for_expired(aged.settings(), BEFORE).editions == ["2020-05", "2026-05"]
    shown = command("purge", *aged.options, "--scans", aged.scans, "--older-than", "5y")
    assert "2020-05、2026-05" in shown.out
    assert files_under(aged.outputs / "editions") == before


def test_purged_documents_go_from_editions_and_copies(aged: Office, command: Command) -> None:
    assert "赵一" in written(aged.outputs / "editions")
    shown = command("purge", *aged.options, "--scans", aged.scans, "--older-than", "5y", "--yes")
    assert shown.code == 0, shown.out
    assert "2020-05、2026-05" in shown.out
    for folder in ("editions", "tables", "circulation", "filled"):
        said = written(aged.outputs / folder)
        assert "赵一" not in said, folder
        assert ID_NUMBER not in said
        assert not list((aged.outputs / folder).rglob("*.xlsx"))
    assert len(table(aged, "2020-05")) == 0
    assert table(aged, "2026-05")["姓名"].tolist() == ["钱二"]
    assert table(aged, "2026-05", "反馈台账")["认领项目"].tolist() == ["义务法律咨询"]
    told = json.loads((aged.outputs / "editions" / "2026-05" / "manifest.json").read_text(encoding="utf-8"))
    assert told["workbooks"] == []
    assert told["purged"]
    assert {t["sheet"]: t["rows"] for t in told["tables"]}[PEOPLE] == 1
    assert verify(aged.settings()).findings.counts == {}
    compared = command("compare", "2026-05", "now", *aged.options)
    assert f"{PEOPLE}：1 → 1 行，新增 0，变更 0，消失 0" in compared.out


def test_an_interrupted_purge_is_finished_by_the_next(aged: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(purge_copies, "_cleanse", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            purge(aged.settings(), BEFORE)
    assert "赵一" in written(aged.outputs / "editions")
    report = purge(aged.settings(), BEFORE)
    assert not report.anything
    assert report.editions == ["2020-05", "2026-05"]
    assert "赵一" not in written(aged.outputs / "editions")


def test_what_is_young_stays_and_so_do_new_copies(aged: Office) -> None:
    purge(aged.settings(), BEFORE)
    before = files_under(aged.outputs / "editions")
    fresh = aged.outputs / "tables" / "new.csv"
    fresh.write_text("钱二", encoding="utf-8")
    later = datetime.now().timestamp() + 5
    os.utime(fresh, (later, later))
    report = purge(aged.settings(), BEFORE)
    assert (report.editions, report.copies) == ([], 0)
    assert files_under(aged.outputs / "editions") == before
    assert fresh.exists()


def test_a_document_taken_apart_is_not_purged(aged: Office) -> None:
    with aged.store() as store:
        (young,) = (r.document_id for r in store.records() if r.fields["name"].value == "钱二")
        store.remove_documents([young])
    purge(aged.settings(), BEFORE)
    assert table(aged, "2026-05")["姓名"].tolist() == ["钱二"]


def test_rows_that_people_wrote_are_nobodys_documents(aged: Office) -> None:
    path = aged.outputs / "editions" / "2026-05" / "tables" / f"{PEOPLE}.parquet"
    frame = pd.read_parquet(path)
    own = frame.iloc[[0]].assign(姓名="李四", 编号=None)
    more = pd.concat([frame, own]).astype(frame.dtypes)
    more.attrs = frame.attrs
    path.chmod(0o640)
    more.to_parquet(path, index=False)
    purge(aged.settings(), BEFORE)
    assert sorted(table(aged, "2026-05")["姓名"]) == ["李四", "钱二"]
    assert purge(aged.settings(), BEFORE).editions == []


def test_a_damaged_edition_is_named(aged: Office, command: Command) -> None:
    path = aged.outputs / "editions" / "2020-05" / "tables" / f"{PEOPLE}.parquet"
    path.chmod(0o640)
    path.write_bytes(b"PAR1")
    shown = command("purge", *aged.options, "--scans", aged.scans, "--older-than", "5y", "--yes")
    assert shown.code == 1
    assert "editions/2020-05" in shown.out
    assert table(aged, "2026-05")["姓名"].tolist() == ["钱二"]


def test_editions_are_backed_up_and_come_back(aged: Office, tmp_path: Path) -> None:
    back_up(aged.settings(), ROOT / "pipeline.toml", tmp_path / "a.bak", PASSPHRASE)
    other = Office(tmp_path / "other")
    restore(other.settings(), ROOT / "pipeline.toml", tmp_path / "a.bak", PASSPHRASE)
    expected = files_under(aged.outputs / "editions")
    expected.pop("对比_a_b.xlsx")  # made again at any time
    assert files_under(other.outputs / "editions") == expected
    assert verify(other.settings()).findings.counts == {}


def test_what_was_there_makes_room_for_a_restore(aged: Office, tmp_path: Path) -> None:
    back_up(aged.settings(), ROOT / "pipeline.toml", tmp_path / "a.bak", PASSPHRASE)
    report = restore(aged.settings(), ROOT / "pipeline.toml", tmp_path / "a.bak", PASSPHRASE, force=True)
    assert report.moved_to is not None
    assert {"editions", "tables", "circulation", "filled"} <= {path.name for path in report.moved_to.iterdir()}
    assert not (aged.outputs / "tables").exists()
    assert (aged.outputs / "editions" / "2026-05" / "manifest.json").is_file()
