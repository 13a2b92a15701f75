"""Whole workbooks as other programs see them: LibreOffice opens and recalculates them, Excel would not repair them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from ledgers_samples import (
    DICTIONARIES,
    FORMS,
    agreement,
    feedback,
    heading_row,
    item_list,
    member,
    record,
    rows_of,
    unit,
    value,
    values_of,
)
from openpyxl import load_workbook

from pipeline.dictionaries import Dictionary
from pipeline.ledgers.codes import Reason
from pipeline.ledgers.export import write_all
from pipeline.ledgers.office import Ink, Office
from pipeline.ledgers.rowcheck import canonical, digest, digests_of
from pipeline.ledgers.table import Picture
from pipeline.records import Record
from tests.support.libreoffice import error_cells, needs_libreoffice, recalculated
from tests.support.packages import flaws

CONTENT = "0" * 64


def batch() -> list[Record]:
    doubtful = member("2.jpg", name=value("赵", "low_confidence"), community="远方社区", employer="<某>公司*")
    lists = [item_list(), item_list("demand", "d.jpg"), item_list("resource", "r.jpg")]
    return [
        member(),
        doubtful,
        member("3.jpg", community=value(None, "required_missing", status="missing"), report_date="2019-06"),
        unit(),
        agreement(),
        *lists,
        feedback(),
        feedback("g.jpg", project="不认识的项目"),
        record("unknown", "x.jpg", status="failed"),
    ]


def ink(inks: Sequence[Ink]) -> Mapping[Ink, Picture]:
    data = cv2.imencode(".jpg", np.full((56, 200, 3), 200, np.uint8))[1].tobytes()
    return {one: Picture(data, 200, 56) for one in inks}


OFFICE = Office(
    audit_url="http://127.0.0.1:8765",
    originals={CONTENT: f"archive/00/{CONTENT}.jpg"},
    notes={"id-m.jpg": {"备注": "=已电话核实", "核对人": "王芳"}},
    cut=ink,
    pictures=3,
    by_community=True,
)


@pytest.fixture
def books(tmp_path: Path) -> list[Path]:
    return write_all(batch(), FORMS, DICTIONARIES, tmp_path / "out", office=OFFICE)[1:]


@needs_libreoffice
def test_libreoffice_recalculates_every_formula_to_the_result_written(books: list[Path], tmp_path: Path) -> None:
    for path in books:
        again = recalculated(path, tmp_path / "again")
        assert error_cells(again) == []
        formulas, written = load_workbook(path), load_workbook(path, data_only=True)
        computed = load_workbook(again, data_only=True)
        count = 0
        for sheet in formulas:
            for row in sheet.iter_rows():
                for cell in row:
                    if cell.data_type == "f":
                        count += 1
                        where = sheet.title, cell.coordinate
                        assert computed[sheet.title][cell.coordinate].value == written[where[0]][where[1]].value, where
        assert count > 50


@needs_libreoffice
def test_a_changed_register_changes_the_counts(books: list[Path], tmp_path: Path) -> None:
    """What people change in a register, 统计汇总 follows."""
    book = load_workbook(books[0])
    sheet = book["党员报到花名册"]
    heads = {c.value: c.column for c in sheet[heading_row(sheet)]}
    sheet.cell(heading_row(sheet) + 1, heads["归属社区"]).value = "黄金水岸社区"
    changed = tmp_path / "changed.xlsx"
    book.save(changed)
    summary = load_workbook(recalculated(changed, tmp_path / "again"), data_only=True)["统计汇总"]
    counts = {row[1]: row[2] for row in summary.iter_rows(min_row=4, max_row=10, values_only=True)}
    assert (counts["科苑社区"], counts["黄金水岸社区"]) == (0, 1)


def test_excel_would_find_nothing_to_repair(books: list[Path]) -> None:
    for path in books:
        assert flaws(path) == []


def test_a_row_leads_to_its_scan_and_to_the_audit_page(books: list[Path]) -> None:
    row = rows_of(books[0], "党员报到花名册")[0]
    assert row["原件"].value == "原件"
    assert row["原件"].hyperlink.target.replace("\\", "/") == f"archive/00/{CONTENT}.jpg", "relative to the workbook"
    assert row["核对页"].hyperlink.target == "http://127.0.0.1:8765/documents/id-m.jpg"
    assert rows_of(books[0], "待核对")[0]["原件"].hyperlink is not None
    assert rows_of(books[1], "反馈台账")[0]["认领原件"].hyperlink is not None


def test_what_people_wrote_stands_in_their_columns_as_text(books: list[Path]) -> None:
    row = rows_of(books[0], "党员报到花名册")[0]
    assert (row["核对人"].value, row["备注"].value, row["备注"].data_type) == ("王芳", "=已电话核实", "s")
    assert row["备注"].quotePrefix


def test_the_ink_stands_beside_the_first_doubtful_values(books: list[Path]) -> None:
    sheet = load_workbook(books[0])["待核对"]
    pictures = [(image.anchor._from.row, image.anchor._from.col) for image in sheet._images]
    column = [c.value for c in sheet[heading_row(sheet)]].index("原件笔迹")
    assert pictures
    assert {c for _, c in pictures} == {column}
    assert max(r for r, _ in pictures) < heading_row(sheet) + OFFICE.pictures


def test_without_pictures_there_is_no_column_for_them(tmp_path: Path) -> None:
    path = write_all(batch(), FORMS, DICTIONARIES, tmp_path)[1]
    assert "原件笔迹" not in values_of(path, "待核对")[0]


def test_each_community_has_a_sheet_and_what_belongs_to_none_another(books: list[Path]) -> None:
    book = load_workbook(books[0])
    assert {"洸河社区", "科苑社区", "黄金水岸社区", "其他社区"} <= set(book.sheetnames)
    names = [[c.value for c in row] for row in book["科苑社区"].iter_rows()]
    assert any("赵一帆" in row for row in names)
    elsewhere = [c.value for row in book["其他社区"].iter_rows() for c in row]
    assert "m.jpg" not in elsewhere
    assert {"2.jpg", "3.jpg"} <= set(elsewhere)


def test_drop_downs_offer_what_is_closed(tmp_path: Path) -> None:
    groups = Dictionary.of("ethnic_groups", [(f"某某民族{i}", []) for i in range(60)])
    path = write_all(batch(), FORMS, {**DICTIONARIES, "ethnic_groups": groups}, tmp_path)[1]
    book = load_workbook(path)
    sheet = book["党员报到花名册"]
    heads = {c.value: c.column_letter for c in sheet[heading_row(sheet)]}
    offered = {str(v.sqref).split(":")[0].rstrip("0123456789"): v for v in sheet.data_validations.dataValidation}
    assert offered[heads["性别"]].formula1 == '"男,女"'
    assert offered[heads["本人签字"]].formula1 == '"有,无"'
    assert offered[heads["报到社区"]].formula1 == '"洸河社区,科苑社区,黄金水岸社区"'
    assert offered[heads["民族"]].formula1.endswith("$60"), "a long list stands in a sheet of its own"
    assert book["选项"].sheet_state == "hidden"
    assert heads["服务意向"] not in offered, "several at once"
    assert heads["工作单位"] not in offered, "the list of employers is not closed"


def test_native_charts_show_the_counts(books: list[Path]) -> None:
    assert len(load_workbook(books[0])["统计图"]._charts) == 3
    assert len(load_workbook(books[1])["统计图"]._charts) == 4


def test_a_row_knows_which_of_its_values_were_changed(books: list[Path]) -> None:
    row = values_of(books[0], "党员报到花名册")[0]
    known = digests_of(row["校验"])
    keys = {f.title: f"fields.{f.key}" for f in FORMS["member_registration"].fields}
    assert all(digest(key, canonical(row[title])) in known for title, key in keys.items())
    assert digest("fields.name", "赵二帆") not in known
    assert digest("fields.employer", "赵一帆") not in known, "the same text in another column"


def test_texts_do_not_depend_on_who_saved_them() -> None:
    assert canonical(datetime.datetime(2019, 5, 18)) == canonical(datetime.date(2019, 5, 18)) == "2019-05-18"
    assert canonical(3) == canonical(3.0) == "3"
    assert canonical(2.5) == "2.5"
    assert canonical(None) == canonical("  ") == ""
    assert canonical("a\r\nb") == canonical("a\nb")


def test_more_links_than_excel_opens_stand_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.ledgers.cell_writer.LINKS_A_SHEET", 3)
    members = [member(f"{i}.jpg") for i in range(3)]
    rows = rows_of(write_all(members, FORMS, DICTIONARIES, tmp_path, office=OFFICE)[1], "党员报到花名册")
    links = [row[title].hyperlink for row in rows for title in ("原件", "核对页")]
    assert [link is not None for link in links] == [True, True, True, False, False, False]
    assert rows[2]["核对页"].value == "核对"


def test_claims_have_numbers_and_everything_served_says_which_it_answers(books: list[Path]) -> None:
    claims = {row["认领编号"]: row for row in values_of(books[1], "反馈台账")}
    served = values_of(books[1], "反馈对应")
    assert claims[served[0]["对应认领编号"]]["认领项目"] == "义务法律咨询"
    assert served[1]["对应认领编号"] == "无"
    assert [row["编号"] for row in values_of(books[1], "无认领反馈")] == [served[1]["编号"]]


def test_what_is_overdue_or_unanswered_is_marked(tmp_path: Path) -> None:
    late = item_list("project", "l.jpg", [{"item": "关爱空巢老人", "owner": "某局", "deadline": "2019-06-02"}])
    path = write_all([late, unit(), feedback()], FORMS, DICTIONARIES, tmp_path)[2]
    colours = {row["状态"].value: str(row["状态"].fill.fgColor.rgb)[-6:] for row in rows_of(path, "反馈台账")}
    assert (colours["逾期"], colours["未反馈"]) == (Reason.OVERDUE.colour, Reason.SILENT.colour)
    assert colours["已完成"] not in (Reason.OVERDUE.colour, Reason.SILENT.colour)


def test_half_a_character_in_a_name_that_is_counted(tmp_path: Path) -> None:
    """File names that are not UTF-8 and damaged readings bring lone surrogates."""
    path = write_all([member(community="\ud800社区", employer="\udcff局")], FORMS, DICTIONARIES, tmp_path)[1]
    assert values_of(path, "党员报到花名册")[0]["归属社区"] == "社区"
