"""The edition for circulation: nothing in the file gives a whole number away."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from ledgers_books import books_of
from ledgers_samples import agreement, feedback, item_list, member, unit, value, values_of
from openpyxl import load_workbook

from pipeline.ledgers.circulation import for_circulation
from pipeline.ledgers.masking import masked_untaught, masked_within
from pipeline.ledgers.office import Office
from pipeline.ledgers.package import save_workbook
from pipeline.records import Record
from pipeline.terms import load_terms
from tests.support.libreoffice import error_cells, needs_libreoffice, recalculated

TERMS = load_terms(Path(__file__).resolve().parents[2] / "models" / "terms.yaml")
ID, MOBILE, LANDLINE = "370811198003154518", "13800001234", "0537-2212345"
OFFICE = Office(
    audit_url="http://127.0.0.1:8765",
    originals={"0" * 64: "archive/00/a.jpg"},
    notes={"id-m.jpg": {"备注": f"本人电话{MOBILE}"}},
    by_community=True,
)


def records() -> list[Record]:
    odd_id, odd_phone = value("37081119800315451", "id_checksum"), value("1380000123", "phone_format")
    named = member(f"扫描_{ID}.jpg", id_number="370811198003154526", community=f"科苑社区{MOBILE}")
    named.document_id = "0123456789abcdef"  # ids come from contents and not from names
    return [
        member(home_address=f"洸河小区（{ID}）", position=f"科长{MOBILE}", employer=f"税务局Tel{MOBILE}"),
        member("n.jpg", id_number=odd_id, phone=odd_phone, name=value("王五", "low_confidence")),
        named,
        unit(),
        agreement(agreement_no=MOBILE),
        item_list(rows=[{"item": "义务法律咨询", "owner": f"法院 {ID[:6]} {ID[6:14]} {ID[14:]}", "phone": MOBILE}]),
        feedback(participants=MOBILE, community_feedback=f"请联系 {LANDLINE} 或１３８００００１２３４。"),
    ]


@pytest.fixture
def books(tmp_path: Path) -> dict[str, Path]:
    return {
        name: save_workbook(for_circulation(plans), tmp_path / f"{name}.xlsx")
        for name, plans in books_of(records(), OFFICE).items()
    }


def everything(path: Path) -> str:
    """Every part of the package as text."""
    with zipfile.ZipFile(path) as package:
        return "\n".join(package.read(name).decode("utf-8", "replace") for name in package.namelist())


def test_no_whole_number_in_any_part(books: dict[str, Path]) -> None:
    for path in books.values():
        text = everything(path)
        for number in (ID, MOBILE, LANDLINE, "37081119800315451", "370811198003154526", "１３８００００１２３４"):
            assert number not in text, number
        assert "0315" not in re.sub(r"<[^>]*>", "", text)


def test_values_keep_their_ends(books: dict[str, Path]) -> None:
    first, second, third = values_of(books["双报到台账"], "党员报到花名册")
    assert first["身份证号"] == "370811********4518"
    assert first["联系电话"] == "138****1234"
    assert first["家庭住址"] == "洸河小区（370811********4518）"
    assert first["备注"] == "本人电话138****1234"
    assert second["联系电话"] == "*" * 10
    assert third["来源文件"] == "扫描_370811********4518.jpg"
    (one,) = values_of(books["双报到台账"], "单位报到台账")
    assert one["统一社会信用代码"] == "11370800004234567X"  # nobody's
    assert one["联系电话"] == "053*****2345"


def test_what_is_left_out(books: dict[str, Path]) -> None:
    book = load_workbook(books["双报到台账"])
    assert "待核对" not in book.sheetnames
    heads = {cell.value for cell in book["党员报到花名册"][3]}
    assert heads.isdisjoint({"原件", "核对页", "校验"})
    assert {"姓名", "身份证号", "归属社区"} <= heads
    text = everything(books["双报到台账"])
    assert "archive/" not in text
    assert "127.0.0.1" not in text
    assert "原始识别" not in text
    assert all(cell.comment is None for sheet in book for row in sheet.iter_rows() for cell in row)


def test_doubtful_cells_keep_their_colour(books: dict[str, Path]) -> None:
    sheet = load_workbook(books["双报到台账"])["党员报到花名册"]
    names = {cell.value: cell for cell in sheet["B"]}
    assert names["王五"].fill.fgColor.rgb.endswith("FFF2CC")


def test_titles_say_so(books: dict[str, Path]) -> None:
    for path in books.values():
        for sheet in load_workbook(path):
            if sheet.sheet_state == "visible":
                assert str(sheet["A1"].value).endswith("（脱敏）"), sheet.title


def test_the_plans_given_stay_as_they_are() -> None:
    plans = books_of(records(), OFFICE)["双报到台账"]
    for_circulation(plans)
    table = plans[0].tables[0]
    assert table.frame["fields.id_number"][0] == ID
    assert any(plan.name == "待核对" for plan in plans)


@needs_libreoffice
def test_a_spreadsheet_counts_it_without_errors(books: dict[str, Path], tmp_path: Path) -> None:
    for path in books.values():
        counted = recalculated(path, tmp_path / "counted")
        assert error_cells(counted) == []
        assert _numbers(counted) == _numbers(path)


def _numbers(path: Path) -> list[tuple[str, str, object]]:
    book = load_workbook(path, data_only=True)
    return [
        (sheet.title, cell.coordinate, cell.value)
        for sheet in book
        if sheet.title in ("统计汇总", "单位统计", "反馈统计")
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, int | float)
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Tel13800001234", "Tel138****1234"),
        ("138-0000-1234", "138******1234"),
        ("138 0000 1234", "138******1234"),
        ("１３８００００１２３４", "１３８****１２３４"),
        ("370811 19800315 4518", "370811**********4518"),
        ("0537-2212345", "053*****2345"),
        ("（010）88888888", "（010）88888888"),
        ("20190518093000", "20190518093000"),
        ("IMG_20190518_093000.jpg", "IMG_20190518_093000.jpg"),
        ("2019-05-18", "2019-05-18"),
        ("共12345678901人", "共12345678901人"),
    ],
)
def test_within_other_text(text: str, shown: str) -> None:
    assert masked_within(text) == shown


@pytest.mark.parametrize(
    ("label", "text", "hidden"),
    [
        ("备注", "l38OOOO1234", "l38****1234"),
        ("备注", "1380000123", "*" * 10),
        ("备注", "37O811198003154518", "37O811********4518"),
        ("备注", "138文0001234", "138****1234"),
        ("备注", "请联系 ０537 - 2212345。", "请联系 ０537 - *******。"),
        ("证号", "370811l9800315451", "370811*******5451"),
        ("联系电活", "138ooo", "******"),
        ("第1行 电话（2）", "2212345", "*******"),
        ("身份证号", "3708lll", "*******"),
    ],
)
def test_a_number_that_was_misread_is_hidden_where_no_definition_stands_behind_it(
    label: str, text: str, hidden: str
) -> None:
    assert masked_untaught(text, label, TERMS) == hidden


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("联系电话", "无"),
        ("借用日期", "20210801"),
        ("备注", "2021年08月01日至2021年09月01日"),
        ("备注", "2021.8.1-2021.8.5"),
        ("备注", "2021-08-01 10:30"),
        ("住址", "科苑社区3号楼2单元1204室"),
        ("设备名称", "EPSON CB-X06E 投影仪"),
        ("备注", "Bill OSISlIO"),
        ("金额", "1,234,567"),
        ("备注", ""),
    ],
)
def test_what_is_nobodys_number_stays(label: str, text: str) -> None:
    assert masked_untaught(text, label, TERMS) == text


def test_a_mark_and_several_ticks_have_nothing_to_hide() -> None:
    assert masked_untaught(True, "盖章", TERMS) == ""
    assert masked_untaught(["完好", "齐全"], "状况", TERMS) == "完好、齐全"
