"""Workbooks of documents that were really read, tampered with in fifty ways: each is found, and nothing else is."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.comments import Comment

from pipeline.batch.office import load_rules
from pipeline.batch.office_view import office_of
from pipeline.batch.run import open_database
from pipeline.ledgers.export import write_all
from pipeline.ledgers.table import SheetPlan
from pipeline.settings import ROOT, Settings, load_settings
from pipeline.upkeep.check_exports import check_file
from pipeline.upkeep.findings import Findings
from pipeline.upkeep.verify import verify
from tests.support.command import call
from tests.support.ledger_office import FEEDBACK, MAIN, QUEUE, ROSTER, SERVED, cell, heads, sort
from tests.support.libreoffice import convert, needs_libreoffice

CORPUS = ROOT.parent / "shared" / "corpus" / "dev" / "scans"
_EVERY = 5  # of the corpus's files
UNITS, AGREEMENTS, SUMMARY, CLAIMS, NEEDS = "单位报到台账", "共驻共建协议台账", "统计汇总", "反馈台账", "供需对接"

Tamper = Callable[[Any], object]


@dataclass(frozen=True)
class Read:
    """Outputs of a batch, and the same written anew with what they were written from."""

    settings: Settings
    outputs: Path
    fresh: dict[str, Path]
    plans: Mapping[str, Sequence[SheetPlan]]

    def check(self, present: Path) -> tuple[Findings, int]:
        findings = Findings()
        unsaved = check_file(present, self.fresh[present.name], self.plans[present.name], findings)
        return findings, unsaved


class _Keeper:
    def carry_over(self, file: str, new: Path) -> None:
        pass

    def remember(self, written: Mapping[str, Sequence[SheetPlan]]) -> None:
        self.plans = written


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    root = tmp_path_factory.mktemp("read")
    scans, outputs = root / "scans", root / "outputs"
    scans.mkdir()
    files = sorted(CORPUS.iterdir())[::_EVERY] if CORPUS.is_dir() else sorted((ROOT / "scans").iterdir())
    for file in files:
        shutil.copy(file, scans)
    assert call("run", "--scans", scans, "--outputs", outputs).code in (0, 1)
    settings, keeper = load_settings(folders={"scans": scans, "outputs": outputs}), _Keeper()
    forms, dictionaries = load_rules(settings)
    (root / "fresh").mkdir()
    with open_database(settings) as store:
        office = office_of(store, settings)
        paths = write_all(store.records, forms, dictionaries, root / "fresh", office=office, keeper=keeper)
    return Read(settings, outputs, {path.name: path for path in paths}, keeper.plans)


def put(sheet: str, heading: str, value: Any, row: int = 1) -> Tamper:
    return lambda book: setattr(cell(book[sheet], row, heading), "value", value)


def suffixed(sheet: str, heading: str, text: str, row: int = 1) -> Tamper:
    def tamper(book: Any) -> None:
        there = cell(book[sheet], row, heading)
        there.value = f"{there.value or ''}{text}"

    return tamper


def swapped(sheet: str, heading: str) -> Tamper:
    def tamper(book: Any) -> None:
        first = cell(book[sheet], 1, heading)
        second = next(c for r in range(2, 99) if (c := cell(book[sheet], r, heading)).value != first.value)
        first.value, second.value = second.value, first.value

    return tamper


def filled(sheet: str) -> Tamper:
    """A value where none is, in a column that is not people's own."""

    def tamper(book: Any) -> None:
        first, places = heads(book[sheet])
        own = {places.get(title) for title in ("核对人", "核对意见", "备注")}
        rows = book[sheet].iter_rows(min_row=first + 1)
        empty = next(c for row in rows for c in row[1:] if c.value is None and c.column not in own)
        empty.value = "补上"

    return tamper


def on_row(sheet: str, what: str) -> Tamper:
    def tamper(book: Any) -> None:
        first, places = heads(book[sheet])
        there = book[sheet]
        if what == "deleted":
            there.delete_rows(there.max_row)
            return
        copy = [c.value for c in there[first + 1]]
        if what == "invented":
            copy[places.get("编号", places.get("认领编号", 1)) - 1] = "0123456789abcdef"
        there.append(copy)

    return tamper


def on_column(sheet: str, heading: str, what: str) -> Tamper:
    def tamper(book: Any) -> None:
        first, places = heads(book[sheet])
        if what == "deleted":
            book[sheet].delete_cols(places[heading])
        elif what == "inserted":
            book[sheet].insert_cols(places[heading])
            book[sheet].cell(first, places[heading]).value = "多出的"
        else:
            book[sheet].cell(first, places[heading]).value = "别的标题"

    return tamper


def on_formula(sheet: str, change: Callable[[str], Any], number: int = 0) -> Tamper:
    def tamper(book: Any) -> None:
        found = [c for row in book[sheet].iter_rows() for c in row if c.data_type == "f"]
        found[number].value = change(found[number].value)

    return tamper


def on_link(sheet: str, heading: str, change: Callable[[str], str | None]) -> Tamper:
    def tamper(book: Any) -> None:
        there = next(c for r in range(1, 99) if (c := cell(book[sheet], r, heading)).hyperlink)
        target, text = change(there.hyperlink.target), there.value
        there.hyperlink = None
        if target is not None:
            there.hyperlink = target
        there.value = text

    return tamper


def on_note(change: Callable[[str], str | None]) -> Tamper:
    """The first note of any sheet."""

    def tamper(book: Any) -> None:
        there = next(c for sheet in book for row in sheet.iter_rows() for c in row if c.comment)
        text = change(there.comment.text)
        there.comment = Comment(text, "某人") if text else None

    return tamper


def values_exchanged(book: Any) -> None:
    """Two rows' values, their keys and checks left behind."""
    first, places = heads(book[ROSTER])
    for column in range(2, places["核对状态"]):
        a, b = book[ROSTER].cell(first + 1, column), book[ROSTER].cell(first + 2, column)
        a.value, b.value = b.value, a.value


def noted(book: Any) -> None:
    cell(book[ROSTER], 1, "姓名").comment = Comment("别的话", "某人")


def number_as_text(book: Any) -> None:
    there = cell(book[ROSTER], 1, "统计月份")
    there.value, there.data_type = str(there.value), "s"


def cell_of(sheet: str, at: str, value: Any) -> Tamper:
    return lambda book: book[sheet].__setitem__(at, value)


PLANTS: dict[str, tuple[Tamper, str, str]] = {
    # values of people
    "a name": (put(ROSTER, "姓名", "别人"), MAIN, ROSTER),
    "another row's name": (put(ROSTER, "姓名", "别人", 3), MAIN, ROSTER),
    "an ID number": (put(ROSTER, "身份证号", "370811198003154510"), MAIN, ROSTER),
    "an ID number as a number": (put(ROSTER, "身份证号", 370811198003154510), MAIN, ROSTER),
    "a phone's last digit": (suffixed(ROSTER, "联系电话", "0"), MAIN, ROSTER),
    "a unit": (suffixed(UNITS, "单位名称", "分公司"), MAIN, UNITS),
    "a unit's code": (put(UNITS, "统一社会信用代码", "91370800MA3C000000"), MAIN, UNITS),
    "an agreement's party": (put(AGREEMENTS, "编号", "x"), MAIN, AGREEMENTS),
    "something nobody sees": (suffixed(ROSTER, "工作单位", "\u200b"), MAIN, ROSTER),
    "a mark": (put(ROSTER, "单位盖章", "无有"), MAIN, ROSTER),
    "a value emptied": (put(ROSTER, "姓名", None), MAIN, ROSTER),
    "a value put in": (filled(ROSTER), MAIN, ROSTER),
    "a value put in elsewhere": (filled(QUEUE), MAIN, QUEUE),
    "a date": (put(ROSTER, "入党时间", "2001-01-01"), MAIN, ROSTER),
    "a month that is counted": (put(ROSTER, "统计月份", 199901), MAIN, ROSTER),
    "a number that is text now": (number_as_text, MAIN, ROSTER),
    "two names exchanged": (swapped(ROSTER, "姓名"), MAIN, ROSTER),
    "two communities exchanged": (swapped(ROSTER, "归属社区"), MAIN, ROSTER),
    "two rows' values exchanged": (values_exchanged, MAIN, ROSTER),
    # what the program says
    "a status": (put(ROSTER, "核对状态", "没问题"), MAIN, ROSTER),
    "a problem": (suffixed(ROSTER, "问题", "（已解决）"), MAIN, ROSTER),
    "a source": (put(ROSTER, "来源文件", "别的.jpg"), MAIN, ROSTER),
    "a running number": (put(ROSTER, "序号", 99), MAIN, ROSTER),
    "a value to be looked at": (suffixed(QUEUE, "识别值", "x"), MAIN, QUEUE),
    "a reading": (suffixed(QUEUE, "原始识别", "x"), MAIN, QUEUE),
    "a confidence": (put(QUEUE, "置信度", 0.9999), MAIN, QUEUE),
    "a claim's state": (put(CLAIMS, "状态", "完成了"), FEEDBACK, CLAIMS),
    "a claim's employer": (suffixed(CLAIMS, "认领单位", "x"), FEEDBACK, CLAIMS),
    "a claim that was served": (put(SERVED, "对应认领编号", "R0"), FEEDBACK, SERVED),
    "an explanation": (suffixed(SERVED, "匹配说明", "x"), FEEDBACK, SERVED),
    # keys and checks
    "a key": (put(ROSTER, "编号", "0123456789abcdef"), MAIN, ROSTER),
    "a key emptied": (put(ROSTER, "编号", None), MAIN, ROSTER),
    "a claim's number": (put(CLAIMS, "认领编号", "R1"), FEEDBACK, CLAIMS),
    "a check": (suffixed(ROSTER, "校验", "AAAAAA"), MAIN, ROSTER),
    "two checks exchanged": (swapped(ROSTER, "校验"), MAIN, ROSTER),
    # rows, columns, sheets
    "a row deleted": (on_row(ROSTER, "deleted"), MAIN, ROSTER),
    "a row of the queue deleted": (on_row(QUEUE, "deleted"), MAIN, QUEUE),
    "a row twice": (on_row(ROSTER, "copied"), MAIN, ROSTER),
    "a row invented": (on_row(ROSTER, "invented"), MAIN, ROSTER),
    "a column deleted": (on_column(ROSTER, "性别", "deleted"), MAIN, ROSTER),
    "a column put in": (on_column(ROSTER, "性别", "inserted"), MAIN, ROSTER),
    "a heading": (on_column(ROSTER, "性别", "renamed"), MAIN, ROSTER),
    "a title": (cell_of(ROSTER, "A1", "别的标题"), MAIN, ROSTER),
    "a cell beside the table": (cell_of(ROSTER, "ZZ5", "x"), MAIN, ROSTER),
    "a cell below the table": (cell_of(ROSTER, "ZZ500", "x"), MAIN, ROSTER),
    "a sheet deleted": (lambda book: book.remove(book[SUMMARY]), MAIN, SUMMARY),
    "a register deleted": (lambda book: book.remove(book[UNITS]), MAIN, UNITS),
    # formulas
    "a formula that is a number now": (on_formula(SUMMARY, lambda text: 7), MAIN, SUMMARY),
    "another formula": (on_formula(SUMMARY, lambda text: f"{text}+1", 3), MAIN, SUMMARY),
    "a formula of nothing": (on_formula(SUMMARY, lambda text: None, -1), MAIN, SUMMARY),
    "a count of the summary's text": (cell_of(SUMMARY, "B4", "别处"), MAIN, SUMMARY),
    "a need": (cell_of(NEEDS, "C4", "别的需求"), FEEDBACK, NEEDS),
    # links and notes
    "a link to another scan": (on_link(ROSTER, "原件", lambda link: link[:-10] + "0" * 6 + link[-4:]), MAIN, ROSTER),
    "a link elsewhere": (on_link(ROSTER, "原件", lambda link: f"https://example.org/{link}"), MAIN, ROSTER),
    "a link taken away": (on_link(ROSTER, "原件", lambda link: None), MAIN, ROSTER),
    "a link to another document": (on_link(ROSTER, "核对页", lambda link: link + "0"), MAIN, ROSTER),
    "a note": (on_note(lambda text: text + "没有问题"), MAIN, ""),
    "a note taken away": (on_note(lambda text: None), MAIN, ""),
    "a note put in": (noted, MAIN, ROSTER),
}


def test_there_are_fifty() -> None:
    assert len(PLANTS) >= 50


@pytest.mark.parametrize("name", PLANTS)
def test_every_change_is_found(read: Read, tmp_path: Path, name: str) -> None:
    tamper, file, sheet = PLANTS[name]
    book = load_workbook(read.outputs / file)
    tamper(book)
    book.save(tmp_path / file)
    findings, _ = read.check(tmp_path / file)
    assert findings.total >= 1
    assert all(file in finding.where and sheet in finding.where for finding in findings.listed)


def test_nothing_is_found_where_nothing_was_changed(read: Read) -> None:
    counts = verify(read.settings, fast=True).findings.counts
    assert not {code: n for code, n in counts.items() if "differs" in code.value or "output" in code.value}


def as_people_do(book: Any) -> None:
    """Sorted, filtered, arranged, with words and sheets of people's own."""
    for sheet in book:
        try:
            heads(sheet)
        except LookupError:
            continue
        sort(sheet)
        sheet.row_dimensions[5].hidden = True
        sheet.column_dimensions["C"].width = 40
    if ROSTER in book.sheetnames:
        cell(book[ROSTER], 1, "备注").value = "=1+1"
    book.create_sheet("我的表", 0)["A1"] = "自己的"


@pytest.mark.parametrize("file", [MAIN, FEEDBACK])
def test_nothing_is_found_in_what_people_arranged(read: Read, tmp_path: Path, file: str) -> None:
    book = load_workbook(read.outputs / file)
    as_people_do(book)
    book.save(tmp_path / file)
    findings, unsaved = read.check(tmp_path / file)
    assert findings.listed == []
    assert unsaved == (file == MAIN)


@needs_libreoffice
@pytest.mark.parametrize("file", [MAIN, FEEDBACK])
def test_nothing_is_found_in_what_libreoffice_saved(read: Read, tmp_path: Path, file: str) -> None:
    findings, unsaved = read.check(convert(read.outputs / file, "xlsx", tmp_path))
    assert (findings.listed, unsaved) == ([], 0)
