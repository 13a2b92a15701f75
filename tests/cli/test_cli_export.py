"""``export`` with options: other ways out, beside the usual outputs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook, load_workbook

from tests.support.command import Result
from tests.support.folders import Folders, record_of, save

Command = Callable[..., Result]

ID, PHONE = "370811198003154518", "13812345678"


@pytest.fixture
def filled(folders: Folders) -> Folders:
    """Two registrations in different communities."""
    with folders.store() as store:
        for number, (name, community) in enumerate((("赵一帆", "科苑社区"), ("钱二", "洸河社区"))):
            file = folders.put(f"{number}.jpg", name)
            fields = {"name": name, "id_number": ID, "phone": PHONE, "community": community, "employer": "济宁一中"}
            save(store, file, record=record_of("member_registration", file, report_date="2019-05-18", **fields))
    return folders


def test_tables_for_other_programs(command: Command, filled: Folders) -> None:
    shown = command("export", "--outputs", filled.outputs, "--csv", "--parquet")
    assert shown.code == 0
    assert "个人信息" in shown.out
    tables = filled.outputs / "tables"
    assert "党员报到花名册.csv" in shown.out
    assert ID in (tables / "党员报到花名册.csv").read_text(encoding="utf-8-sig")
    frame = pd.read_parquet(tables / "党员报到花名册.parquet")
    assert sorted(frame["姓名"]) == ["赵一帆", "钱二"]
    assert not (filled.outputs / "双报到台账.xlsx").exists()  # only what was asked for
    assert not list(filled.outputs.rglob("*.part"))


def test_for_circulation(command: Command, filled: Folders) -> None:
    shown = command("export", "--outputs", filled.outputs, "--masked", "--json")
    paths = [Path(path) for path in shown.json()["outputs"]]
    assert {path.parent.name for path in paths} == {"circulation"}
    book = load_workbook(next(path for path in paths if path.name == "双报到台账.xlsx"))
    texts = {str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "370811********4518" in texts
    assert not any(ID in text or PHONE in text for text in texts)
    assert "待核对" not in book.sheetnames


@pytest.mark.parametrize("option", ["--csv", "--parquet", "--masked"])
def test_nothing_is_made_where_there_was_no_batch(command: Command, tmp_path: Path, option: str) -> None:
    shown = command("export", "--outputs", tmp_path / "never", option)
    assert shown.code == 2
    assert not (tmp_path / "never").exists()


def template(folder: Path, *heads: str) -> Path:
    book = Workbook()
    book.active.title = "上报表"
    book.active.append(["{{社区}}"])
    book.active.append(heads)
    book.save(folder / "上报.xlsx")
    return folder / "上报.xlsx"


def test_a_template_of_the_office(command: Command, filled: Folders, tmp_path: Path) -> None:
    path = template(tmp_path, "序号", "姓名", "手机号", "爱好")
    shown = command("export", "--outputs", filled.outputs, "--template", path, "--community", "科苑社区")
    assert shown.code == 0
    assert "表“上报表”：由党员报到花名册填入 1 行；没有对应内容的栏目留空：爱好" in shown.out
    sheet = load_workbook(filled.outputs / "filled" / "上报_科苑社区.xlsx").active
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["科苑社区", None, None, None],
        ["序号", "姓名", "手机号", "爱好"],
        [1, "赵一帆", PHONE, None],
    ]
    told = command("export", "--outputs", filled.outputs, "--template", path, "--json").json()
    assert told["filled"] == [{"sheet": "上报表", "register": "党员报到花名册", "rows": 2, "unknown": ["爱好"]}]


def test_a_template_that_will_not_do(command: Command, filled: Folders, tmp_path: Path) -> None:
    shown = command("export", "--outputs", filled.outputs, "--template", template(tmp_path, "货物", "单价"))
    assert shown.code == 2
    assert "上报表" in shown.err
    assert "身份证号" in shown.err
    assert command("export", "--outputs", filled.outputs, "--community", "科苑社区").code == 2
    assert not (filled.outputs / "filled").exists() or not list((filled.outputs / "filled").iterdir())


def test_a_page_for_the_meeting(command: Command, filled: Folders) -> None:
    shown = command("export", "--outputs", filled.outputs, "--summary")
    assert shown.code == 0
    (page,) = (filled.outputs / "summary").iterdir()
    assert page.suffix == ".html"
    text = page.read_text(encoding="utf-8")
    assert "济宁一中" in text
    assert ID not in text
    assert "赵一帆" not in text


def test_sheets_of_communities_are_no_tables_of_their_own(
    command: Command, filled: Folders, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PIPELINE_LEDGERS__COMMUNITY_SHEETS", "true")
    path = template(tmp_path, "姓名", "手机号")
    assert command("export", "--outputs", filled.outputs, "--csv", "--masked", "--template", path).code == 0
    assert not (filled.outputs / "tables" / "科苑社区.csv").exists()
    assert "科苑社区" in load_workbook(filled.outputs / "circulation" / "双报到台账.xlsx").sheetnames
