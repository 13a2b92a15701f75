"""CSV and Parquet: what a spreadsheet makes of the one, and which types the other has."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path

import pandas as pd
import pytest
from ledgers_books import table_of
from ledgers_samples import agreement, feedback, member
from openpyxl import load_workbook

from pipeline.ledgers.csv_out import safe, write_csv
from pipeline.ledgers.frames import cells_of, frame_of
from pipeline.ledgers.office import Office
from pipeline.ledgers.text import CELL_LIMIT, CUT_MARK
from tests.support.libreoffice import convert, error_cells, needs_libreoffice

OFFICE = Office(audit_url="http://127.0.0.1:8765", originals={"0" * 64: "archive/00/a.jpg"})
PEOPLE = "党员报到花名册"


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def written(folder: Path, *records, sheet: str = PEOPLE, office: Office = OFFICE) -> Path:
    path = folder / f"{sheet}.csv"
    write_csv(table_of(records, sheet, office), path, "../")
    return path


def test_a_csv_for_excel(tmp_path: Path) -> None:
    path = written(tmp_path, member())
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in path.read_bytes()
    (row,) = read(path)
    assert row["姓名"] == "赵一帆"
    assert row["身份证号"] == "\t370811198003154518"
    assert row["联系电话"] == "\t13800001234"
    assert row["出生年月"] == "\t1980-03"  # no day: a spreadsheet would make one of it
    assert row["入党时间"] == "2003-07-01"
    assert row["统计月份"] == "201905"
    assert row["服务意向"] == "政策宣传、环境卫生"


def test_links_are_their_targets_and_checks_are_not_in(tmp_path: Path) -> None:
    (row,) = read(written(tmp_path, member()))
    assert row["原件"] == "../archive/00/a.jpg"
    assert row["核对页"] == "http://127.0.0.1:8765/documents/id-m.jpg"
    assert "校验" not in row
    (bare,) = read(written(tmp_path, member(), office=Office()))
    assert bare["原件"] == bare["核对页"] == ""


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+8613800001234",
        "-2",
        "@SUM(A1)",
        "\tx",
        "\n=1",
        "＝1+1",
        "＋1",
        "－1",
        "＠x",
        "|x",
        "%0",
        "=cmd|' /C calc'!A0",
    ],
)
def test_what_begins_like_a_formula_stands_behind_an_apostrophe(text: str) -> None:
    assert safe(text) == "'" + text


@pytest.mark.parametrize(
    "text",
    ["370811198003154518", "007-2019", "1-2", "3/4", "1e5", "1,234", "12:30", "50%", "5月3日", "2019年5月", "１２３",
     "0537-2212345", "8-Mar", "TRUE", "5 pm", "$3", "(5)"],
)  # fmt: skip
def test_what_looks_like_a_number_or_a_date_stands_behind_a_tab(text: str) -> None:
    assert safe(text) == "\t" + text


@pytest.mark.parametrize("text", ["", "赵一帆", "3号楼", "A栋2单元", "义务法律咨询", "满意", "mar", "第3次"])
def test_other_texts_are_as_they_are(text: str) -> None:
    assert safe(text) == text


def test_hostile_texts(tmp_path: Path) -> None:
    long = "长" * 40_000
    path = written(
        tmp_path, member(name='a"b,c', specialty="x\x00\x07\ud800y\r\nz", position=long, home_address="=HYPERLINK(1)")
    )
    (row,) = read(path)
    assert row["姓名"] == 'a"b,c'
    assert row["个人特长"] == "xy\nz"
    assert len(row["职务"]) == CELL_LIMIT - 1
    assert row["职务"].endswith(CUT_MARK)
    assert row["家庭住址"] == "'=HYPERLINK(1)"


def test_half_of_a_character_is_never_cut(tmp_path: Path) -> None:
    assert len(safe("𠮷" * 20_000).encode("utf-16-le")) // 2 <= CELL_LIMIT


@needs_libreoffice
def test_a_spreadsheet_opens_it_as_text(tmp_path: Path) -> None:
    path = written(tmp_path, member(home_address='=HYPERLINK("http://x")', position="+1+1"), member("n.jpg"))
    opened = convert(path, "xlsx", tmp_path / "opened")
    assert error_cells(opened) == []
    sheet = load_workbook(opened).active
    heads = [cell.value for cell in sheet[1]]
    row = dict(zip(heads, sheet[2], strict=True))
    assert row["身份证号"].value.strip() == "370811198003154518"
    assert row["联系电话"].value.strip() == "13800001234"
    assert all(cell.data_type != "f" for cell in sheet[2])
    assert isinstance(row["入党时间"].value, datetime.datetime)
    assert isinstance(row["统计月份"].value, int)


def test_parquet_has_types(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    frame_of(table_of([member(), member("n.jpg", birth_date="1980-03-15")], PEOPLE, OFFICE), "../").to_parquet(path)
    frame = pd.read_parquet(path)
    assert str(frame["入党时间"].dtype) == "date32[day][pyarrow]"
    assert frame["入党时间"][0] == datetime.date(2003, 7, 1)
    assert str(frame["统计月份"].dtype) == "Int64"
    assert frame["身份证号"].dtype == "string"
    assert frame["身份证号"][0] == "370811198003154518"
    assert frame["原件"][0] == "../archive/00/a.jpg"
    assert "校验" not in frame.columns


def test_a_date_without_a_day_stands_beside(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    frame_of(table_of([member(), member("n.jpg", birth_date="1980-03-15")], PEOPLE)).to_parquet(path)
    frame = pd.read_parquet(path)
    assert frame["出生年月"].isna().tolist() == [True, False]
    assert frame["出生年月（原文）"].isna().tolist() == [False, True]
    first, second = cells_of(frame)
    assert (first["fields.birth_date"], second["fields.birth_date"]) == ("1980-03", "1980-03-15")


def test_counts_whole_broken_and_none() -> None:
    def hours(*written: str) -> pd.DataFrame:
        records = [feedback(f"f{i}.jpg", hours=text) for i, text in enumerate(written)]
        return frame_of(table_of(records, "服务活动反馈"))

    (name,) = {d["title"] for d in hours("2").attrs["columns"] if d["key"] == "fields.hours"}
    assert str(hours("2", "3")[name].dtype) == "Int64"
    assert hours("2.5", "3")[name].tolist() == [2.5, 3.0]
    odd = hours("约3小时", "3")
    assert odd[name].isna().tolist() == [True, False]
    assert odd[f"{name}（原文）"][0] == "约3小时"


def test_texts_that_no_file_could_hold(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    frame_of(table_of([member(name="a\ud800\x00b", position="长" * 40_000)], PEOPLE)).to_parquet(path)
    frame = pd.read_parquet(path)
    assert frame["姓名"][0] == "ab"
    assert len(frame["职务"][0]) == 40_000  # a cell's limit is none here


def test_a_table_without_rows(tmp_path: Path) -> None:
    path = written(tmp_path, member(), sheet="共驻共建协议台账")
    assert read(path) == []
    frame = frame_of(table_of([agreement()], PEOPLE))
    assert len(frame) == 0
    assert str(frame["入党时间"].dtype) == "date32[day][pyarrow]"
