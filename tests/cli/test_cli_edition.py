"""``edition`` and ``compare`` on a store with two months of documents."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook

from pipeline.batch.editions import Editions
from pipeline.batch.office import load_rules
from pipeline.ledgers.periods import parse_period
from pipeline.records import Record
from pipeline.scanned import ReadDocument
from tests.support.command import Result
from tests.support.folders import Folders, record_of, save

Command = Callable[..., Result]

ID, PHONE = "370811198003154518", "13812345678"
PEOPLE = "党员报到花名册"


def person(folders: Folders, name: str, day: str | None, **more: str) -> Record:
    file = folders.put(f"{len(folders.files())}.jpg", name)
    fields = {"name": name, "id_number": ID, "phone": PHONE, "community": "科苑社区", "report_date": day, **more}
    with folders.store() as store:
        return save(store, file, record=record_of("member_registration", file, **fields))


@pytest.fixture
def office(folders: Folders) -> Folders:
    """One registration in May, one in June, one without a date."""
    for name, day in (("赵一", "2019-05-18"), ("钱二", "2019-06-02"), ("孙三", None)):
        person(folders, name, day)
    return folders


def edition_of(office: Folders, name: str) -> Path:
    return office.outputs / "editions" / name


def manifest(office: Folders, name: str) -> dict:
    return json.loads((edition_of(office, name) / "manifest.json").read_text(encoding="utf-8"))


def names(path: Path) -> list[str]:
    sheet = load_workbook(path)[PEOPLE]
    return sorted(str(cell.value) for cell in sheet["B"][3:] if cell.value)


def test_an_edition_holds_what_there_was(command: Command, office: Folders) -> None:
    shown = command("edition", "2019-05", "--outputs", office.outputs)
    assert shown.code == 0
    assert "文档 2 份，其中本期 1 份，未写日期 1 份" in shown.out
    folder = edition_of(office, "2019-05")
    assert names(folder / "双报到台账_2019-05.xlsx") == ["孙三", "赵一"]
    frame = pd.read_parquet(folder / "tables" / f"{PEOPLE}.parquet")
    assert dict(zip(frame["姓名"], frame["本期"].fillna(""), strict=True)) == {"孙三": "", "赵一": "是"}
    told = manifest(office, "2019-05")
    assert told["documents"] == 2
    assert told["as_of"] == "2019-05-31"
    assert {table["sheet"] for table in told["tables"]} >= {PEOPLE, "反馈台账", "待核对"}
    for listed, place in ((told["workbooks"], folder), (told["tables"], folder / "tables")):
        for file in listed:
            assert hashlib.sha256((place / file["file"]).read_bytes()).hexdigest() == file["sha256"]
    assert not list(office.outputs.rglob("*.part"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_an_edition_is_not_changed_by_mistake(command: Command, office: Folders) -> None:
    command("edition", "2019-05", "--outputs", office.outputs)
    modes = {oct(p.stat().st_mode & 0o777) for p in edition_of(office, "2019-05").rglob("*") if p.is_file()}
    assert modes == {"0o440"}


def test_it_is_made_once(command: Command, office: Folders) -> None:
    command("edition", "2019-05", "--outputs", office.outputs)
    before = (edition_of(office, "2019-05") / "manifest.json").read_bytes()
    person(office, "李四", "2019-05-20")
    refused = command("edition", "2019-05", "--outputs", office.outputs)
    assert refused.code == 2
    assert "--again" in refused.err
    assert (edition_of(office, "2019-05") / "manifest.json").read_bytes() == before
    again = command("edition", "2019-05", "--outputs", office.outputs, "--again", "--json").json()
    aside = Path(again["aside"])
    assert (aside / "manifest.json").read_bytes() == before
    assert names(edition_of(office, "2019-05") / "双报到台账_2019-05.xlsx") == ["孙三", "李四", "赵一"]
    compared = command("compare", aside.name, "2019-05", "--outputs", office.outputs)
    assert f"{PEOPLE}：2 → 3 行，新增 1，变更 0，消失 0" in compared.out


def test_one_that_fails_leaves_the_old_one(command: Command, office: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    command("edition", "2019-05", "--outputs", office.outputs)
    before = {p: p.read_bytes() for p in edition_of(office, "2019-05").rglob("*") if p.is_file()}

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipeline.batch.editions.write_manifest", full)
    shown = command("edition", "2019-05", "--outputs", office.outputs, "--again")
    assert shown.code == 2
    assert "No space left" in shown.err
    assert {p: p.read_bytes() for p in office.outputs.glob("editions/**/*") if p.is_file()} == before


def test_the_next_one_says_what_changed(command: Command, office: Folders) -> None:
    command("edition", "2019-05", "--outputs", office.outputs)
    with office.store() as store:
        record = next(r for r in store.records() if r.fields["name"].value == "赵一")
        store.correct(record.document_id, "phone", "13600000000", "李核对", 1)
    shown = command("edition", "2019-06", "--outputs", office.outputs, "--masked")
    assert f"{PEOPLE}：2 → 3 行，新增 1，变更 1，消失 0" in shown.out
    folder = edition_of(office, "2019-06")
    rows = [[cell.value for cell in row] for row in load_workbook(folder / "双报到台账_2019-06.xlsx")["与上期对比"]]
    assert any({"变更", "赵一", "联系电话", PHONE, "13600000000"} <= set(row) for row in rows)
    hidden = [[c.value for c in row] for row in load_workbook(folder / "双报到台账_2019-06_脱敏.xlsx")["与上期对比"]]
    assert any({"变更", "赵一", "联系电话", "138****5678", "136****0000"} <= set(row) for row in hidden)
    assert command("edition", "2019-Q2", "--outputs", office.outputs, "--json").json()["compared"] == ""  # of its kind


def test_a_better_scan_changes_a_row(command: Command, office: Folders) -> None:
    command("edition", "2019-05", "--outputs", office.outputs)
    better = office.put("好.jpg", "sharp")
    new = record_of("member_registration", better, name="赵壹", id_number=ID, phone=PHONE, community="科苑社区",
                    report_date="2019-05-18")  # fmt: skip
    with office.store() as store:
        old = next(r for r in store.records() if r.fields["name"].value == "赵一")
        store.save_documents([ReadDocument(new)], files=[better], supersedes={old.document_id: new.document_id})
    shown = command("compare", "2019-05", "now", "--outputs", office.outputs, "--json").json()
    counts = {c["sheet"]: c for c in shown["counts"]}[PEOPLE]
    assert (counts["new"], counts["changed"], counts["gone"]) == (1, 1, 0)  # the one of June is new
    assert Path(shown["output"]).name == "对比_2019-05_现在.xlsx"
    assert "变化明细" in str([cell.value for cell in load_workbook(shown["output"])["对比"]["A"]])


def test_a_period_that_is_not_over(folders: Folders) -> None:
    person(folders, "赵一", "2019-05-18")
    forms, dictionaries = load_rules(folders.settings())
    with folders.store() as store:
        editions = Editions(store, forms, dictionaries, folders.settings())
        report = editions.make(parse_period("2019-05"), masked=False, again=False, today=date(2019, 5, 25))
    assert report.as_of == date(2019, 5, 25)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["edition"], "--last"),
        (["edition", "2019-05", "--last", "month"], "两者取一"),
        (["edition", "2019-13"], "2026-Q2"),
        (["edition", "2999-01"], "还没有开始"),
        (["compare", "2019-05"], "缺少参数"),
        (["compare", "2019-05", "now"], "没有“2019-05”"),
        (["compare", "../..", "now"], "没有"),
    ],
)
def test_what_cannot_be(command: Command, office: Folders, arguments: list[str], said: str) -> None:
    shown = command(*arguments, "--outputs", office.outputs)
    assert shown.code == 2
    assert said in shown.err
    assert not (office.outputs / "editions").exists()


def test_the_last_month_is_one_that_is_over(command: Command, office: Folders) -> None:
    assert command("edition", "--last", "month", "--outputs", office.outputs).code == 0
    (folder,) = (office.outputs / "editions").iterdir()
    assert parse_period(folder.name).last < date.today()


def test_a_damaged_edition_is_named(command: Command, office: Folders) -> None:
    command("edition", "2019-05", "--outputs", office.outputs)
    path = edition_of(office, "2019-05") / "tables" / f"{PEOPLE}.parquet"
    path.chmod(0o640)
    path.write_bytes(b"not parquet")
    shown = command("compare", "2019-05", "now", "--outputs", office.outputs)
    assert shown.code == 2
    assert f"{PEOPLE}.parquet" in shown.err
