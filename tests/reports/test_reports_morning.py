"""The morning report on a real database: what it counts, what it shows, and what it must never show."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from pipeline.definitions import Forms
from pipeline.errors import SetupError
from pipeline.ledgers.atomic import CannotWriteError
from pipeline.records import DocumentStatus, FieldStatus, Record
from pipeline.reports.morning import write_morning_report
from pipeline.scanned import FileStat, PageFacts, ReadDocument
from pipeline.settings import load_settings
from pipeline.store import Store
from pipeline.store.schema import BatchRow
from tests.support.folders import Folders, record_of

DAY = datetime.date(2026, 11, 23)
AUDIT = "http://127.0.0.1:8765"
ID_NUMBER, PHONE = "370811198003154510", "13812345678"
VOID = {"meta", "link", "br", "img", "rect", "line", "circle", "polyline"}


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


@pytest.fixture
def store(folders: Folders) -> Iterator[Store]:
    with folders.store() as opened:
        yield opened


class Page(HTMLParser):
    """A parsed report: its text, its links, and every element with its attributes. Fails on unbalanced tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.links, self.elements = "", [], []
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "a":
            self.links.append(dict(attrs)["href"])
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.text += data


def at(hour: int, minute: int = 0, day: datetime.date = DAY) -> datetime.datetime:
    """A moment of a day by the local clock."""
    return datetime.datetime.combine(day, datetime.time(hour, minute)).astimezone()


def batch(
    store: Store, start: datetime.datetime, summary: Mapping[str, Any] | None = None, *, killed: bool = False
) -> int:
    """A batch that began at ``start``, and ended ten minutes later unless it was killed."""
    number = store.start_batch()
    end = None if killed else start + datetime.timedelta(minutes=10)
    with store.writing() as connection:
        values = {"started": start, "finished": end, "summary": dict(summary or {})}
        connection.execute(update(BatchRow).where(BatchRow.id == number).values(**values))
    return number


def read(store: Store, file: FileStat, number: int | None, *doubts: tuple[str, str], seconds: float = 1.0) -> Record:
    """A registration read from ``file`` with a code on each of the fields in ``doubts``."""
    record = record_of("member_registration", file, name="王建国", id_number=ID_NUMBER, phone=PHONE, employer="一中")
    record.blank = [(file.path, 2)]
    for key, code in doubts:
        record.fields[key].status = FieldStatus.REVIEW
        record.fields[key].issues.append(code)
        record.status = DocumentStatus.REVIEW
    pages = [PageFacts(file.path, 1), PageFacts(file.path, 2, blank=True)]
    store.save_documents([ReadDocument(record, seconds=seconds, pages=pages)], files=[file], batch_id=number)
    return record


class Reporter:
    """Writes reports and reads them back."""

    def __init__(self, store: Store, forms: Forms, outputs: Path) -> None:
        self._store, self._forms, self._outputs = store, forms, outputs
        self.html = ""

    def __call__(self, day: datetime.date = DAY) -> tuple[Page, dict[str, Any]]:
        page, data = write_morning_report(self._store, self._forms, self._outputs, day=day, audit_url=AUDIT)
        assert (page.name, data.name) == (f"{day}.html", f"{day}.json")
        self.html = page.read_text(encoding="utf-8")
        return Page(self.html), json.loads(data.read_text(encoding="utf-8"))


@pytest.fixture
def report(store: Store, forms: Forms, folders: Folders) -> Reporter:
    return Reporter(store, forms, folders.outputs)


def test_forms_that_came_more_than_once_could_be_taught(store: Store, folders: Folders, report: Reporter) -> None:
    text = "有 2 份不认识的表看起来是同一种（设备借用单<b>）"
    read(store, folders.put("好.jpg", "好.jpg"), batch(store, at(1), {"suggestions": ["先前的"]}))
    batch(store, at(2), {"suggestions": [text]})
    page, data = report()
    assert data["suggestions"] == [text]
    assert "可以教会的新表" in page.text and text in page.text


def test_nothing_is_suggested_where_every_form_is_known(store: Store, folders: Folders, report: Reporter) -> None:
    read(store, folders.put("好.jpg", "好.jpg"), batch(store, at(1)))
    page, data = report()
    assert data["suggestions"] == []
    assert "可以教会" not in page.text


def test_a_night_in_full(store: Store, folders: Folders, report: Reporter) -> None:
    good, doubtful, bad, locked = (folders.put(n, n) for n in ("好.jpg", "疑.jpg", "坏.pdf", "锁.jpg"))
    (folders.outputs / "quarantine").mkdir()
    for name in ("双报到台账.xlsx", "双报到台账_20261123-013000.xlsx", "别的.xlsx"):
        (folders.outputs / name).write_bytes(b"")
    retry_at = at(8, 15)
    number = batch(store, at(1, 30))
    read(store, good, number)
    record = read(store, doubtful, number, ("id_number", "id_checksum"), ("employer", "low_confidence"))
    store.save_failure(bad, "corrupt_file", "文件已损坏。", number)
    store.save_retry(locked, "unreadable_file", "无法读取文件。", attempts=2, retry_at=retry_at, batch_id=number)
    summary = {
        "documents": {"member_registration": {"accepted": 1, "needs_review": 1}},
        "read": 2,
        "failed": [{"file": "坏.pdf", "code": "corrupt_file", "message": "文件已损坏。"}],
        "retried": [
            {
                "file": "锁.jpg", "code": "unreadable_file", "message": "无法读取文件。", "attempts": 2,
                "retry_at": retry_at.astimezone(datetime.UTC).isoformat(),
            }
        ],
        "duplicates": 3, "unchanged": 1200, "pages": 4, "blank_pages": 2, "superseded": 1, "archived": 2,
        "waiting": ["正在复制.pdf"], "seconds": 10.0, "seconds_a_page": 2.5, "quarantined": 1, "to_review": 1,
        "outputs": [str(folders.outputs / "双报到台账_20261123-013000.xlsx")],
        "slow": [
            {"document_id": record.document_id, "doc_type": "member_registration", "pages": 1, "seconds": 75.0}
        ],
        "stopped": None,
        "notices": ["电脑时钟早于上一次批处理。"],
    }  # fmt: skip
    with store.writing() as connection:
        connection.execute(update(BatchRow).values(summary=summary))
    page, data = report()

    assert data["came_in"] == {
        "seen": 8, "taken": 2, "duplicates": 3, "failed": 1, "retried": 1, "waiting": 1,
        "waiting_files": ["正在复制.pdf"], "unchanged": 1200, "delayed": 0,
    }  # fmt: skip
    taken = data["taken_in"]
    assert (taken["documents"], taken["accepted_share"], taken["seconds_a_page"]) == (2, 0.5, 2.5)
    assert (taken["pages"], taken["blank_pages"], taken["superseded"], taken["archived"]) == (4, 2, 1, 2)
    assert [(r["code"], r["key_field"]) for r in data["review"]["reasons"]] == [
        ("id_checksum", True),
        ("low_confidence", False),
    ]
    assert data["retried"]["listed"][0] == {
        "file": "锁.jpg", "code": "unreadable_file", "message": "无法读取文件。", "attempts": 2,
        "retry_at": retry_at.isoformat(),
    }  # fmt: skip
    assert data["slow"][0]["file"] == "疑.jpg"
    assert data["trend"][0]["accepted_share"] == 0.5
    for text in (
        "2026年11月23日", "星期一", "需要处理",
        "读取 2 个文件、4 页，得到 2 份文档，50% 自动通过，1 个文件未能处理。",
        "现有 1 份文档等待核对。", "身份证号校验码不符", "识别把握不足", "在职党员到社区报到登记表", "文件已损坏。",
        "2 次",
        "08:15", "正在复制.pdf", "1,200", "1 分 15 秒", "电脑时钟早于上一次批处理。", "正常结束",
    ):  # fmt: skip
        assert text in page.text, text
    assert f"{AUDIT}/documents/{record.document_id}" in page.links
    assert "../quarantine/" in page.links
    books = [link for link in page.links if link.endswith(".xlsx")]
    assert len(books) == 2  # those that are there and are ours
    assert all(link.startswith("../%E5%8F%8C%E6%8A%A5%E5%88%B0") for link in books)


def test_nothing_runs_and_nothing_is_fetched(store: Store, folders: Folders, report: Reporter) -> None:
    read(store, folders.put("a.jpg", "a"), batch(store, at(1)), ("name", "low_confidence"))
    page, _ = report()
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "iframe", "object", "embed", "img", "base", "form", "use", "image"}
    policy = next(a["content"] for t, a in page.elements if t == "meta" and "http-equiv" in a)
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    for _, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")]
        assert not attributes.keys() & {"src", "srcset", "style", "ping"}
    assert "@import" not in report.html
    assert "url(" not in report.html


HOSTILE = [
    "<script>alert(1)</script>.jpg",
    "\"><img src=x onerror=alert(1)>'.jpg",
    "报到\u202egpj.exe",
    "a\x1b[31m\r\n\x85.jpg",
    "零\u200b宽\u2066.jpg",
    "{{ 7*7 }}{% raw %}.jpg",
    f"身份证{ID_NUMBER}_{PHONE}.jpg",
    "坏\udcff.jpg",
    "长" * 3000 + "_第03页.tiff",
]


def test_names_of_files_are_hostile(store: Store, report: Reporter) -> None:
    number = batch(store, at(1))
    for i, name in enumerate(HOSTILE):
        read(store, FileStat(name, f"{i:064x}", 1, 1), number, ("name", "low_confidence"))
        failed = FileStat("f" + name, f"{i + 100:064x}", 1, 1)
        store.save_failure(failed, "corrupt_file", f"无法读出{name}。", number)
    summary = {"notices": HOSTILE, "waiting": HOSTILE, "documents": {}}
    with store.writing() as connection:
        connection.execute(update(BatchRow).values(summary=summary))
    page, data = report()
    written = report.html + json.dumps(data, ensure_ascii=False)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e\u2066\ud800-\udfff]", written)
    assert {t for t, _ in page.elements} & {"script", "img"} == set()
    assert "<script>alert(1)</script>.jpg" in page.text  # as text, for people to see
    assert "49.jpg" not in page.text
    assert "报到⟨U+202E⟩gpj.exe" in page.text
    assert "a⟨U+001B⟩[31m⟨U+000D⟩⟨U+000A⟩⟨U+0085⟩.jpg" in page.text
    assert "_第03页.tiff" in page.text
    assert "长" * 400 not in written
    for number_of_a_person in (ID_NUMBER, PHONE):
        assert number_of_a_person not in written
    assert "身份证370*************10_138******78.jpg" in page.text
    assert "王建国" not in written


def test_an_empty_database(report: Reporter) -> None:
    page, data = report()
    assert data["batches"] == data["trend"] == data["slow"] == []
    assert data["taken_in"]["accepted_share"] is None
    assert "这一天没有新的文件需要处理。" in page.text
    assert "一切正常" in page.text
    assert "没有需要核对的文档。" in page.text
    assert page.links == []


def test_a_batch_that_was_killed_is_counted_from_the_database(store: Store, folders: Folders, report: Reporter) -> None:
    number = batch(store, at(1, 30), killed=True)
    read(store, folders.put("a.jpg", "a"), number, seconds=4.0)
    read(store, folders.put("b.jpg", "b"), number, ("phone", "phone_format"), seconds=9.0)
    store.save_failure(folders.put("坏.jpg", "c"), "corrupt_file", "文件已损坏。", number)
    page, data = report()
    assert data["batches"][0]["ended"] == "unfinished"  # it may be running still
    assert "尚未结束" in page.text
    assert (data["came_in"]["taken"], data["came_in"]["failed"], data["taken_in"]["documents"]) == (2, 1, 2)
    assert (data["taken_in"]["pages"], data["taken_in"]["blank_pages"]) == (4, 2)
    assert [row["seconds"] for row in data["slow"]] == [9.0, 4.0]
    assert data["quarantined"]["listed"][0]["file"] == "坏.jpg"

    batch(store, at(1, 30, DAY + datetime.timedelta(days=1)), {"pages": 1})
    page, data = report()
    assert data["batches"][0]["ended"] == "killed"
    assert "没有正常结束" in page.text
    assert "需要处理" in page.text
    page, data = report(DAY + datetime.timedelta(days=1))
    assert [point["ended"] for point in data["trend"]] == ["killed", "finished"]
    assert "中断" in page.text


def test_several_batches_on_one_day(store: Store, folders: Folders, report: Reporter) -> None:
    failed = {"code": "unreadable_file", "message": "无法读取文件。"}
    again = {**failed, "attempts": 1, "retry_at": at(2).isoformat()}
    names = ("a.jpg", "后来好了.jpg", "后来坏了.jpg")
    mended, broken, other = (folders.put(n, n) for n in (*names[1:], names[0]))
    day_before = batch(store, at(23, 59, DAY - datetime.timedelta(days=1)), {"pages": 100, "seconds": 100.0})
    first = batch(
        store,
        at(0, 0),
        {
            "documents": {"member_registration": {"accepted": 1}}, "pages": 1, "seconds": 2.0, "unchanged": 7,
            "failed": [{"file": names[1], **failed}], "retried": [{"file": names[2], **again}],
            "waiting": ["x.pdf"], "notices": ["一"],
        },
    )  # fmt: skip
    second = batch(
        store,
        at(23, 59),
        {
            "documents": {"member_registration": {"accepted": 1}, "unknown": {"needs_review": 2}}, "pages": 3,
            "seconds": 6.0, "unchanged": 9, "failed": [{"file": names[2], **failed}], "waiting": [],
            "notices": ["二"], "stopped": "time_budget",
        },
    )  # fmt: skip
    batch(store, at(0, 0, DAY + datetime.timedelta(days=1)), {"pages": 100, "seconds": 1.0})
    read(store, other, first)
    read(store, mended, second)
    store.save_failure(broken, "unreadable_file", "无法读取文件。", second)
    page, data = report()
    assert [b["id"] for b in data["batches"]] == [first, second]
    assert (data["taken_in"]["documents"], data["taken_in"]["pages"], data["taken_in"]["seconds_a_page"]) == (4, 4, 2.0)
    assert [row["file"] for row in data["quarantined"]["listed"]] == ["后来坏了.jpg"]
    assert data["retried"]["total"] == 0
    assert (data["came_in"]["waiting"], data["came_in"]["unchanged"], data["came_in"]["taken"]) == (0, 9, 2)
    assert [n["text"] for n in data["notices"]] == ["一", "二"]
    assert [p["id"] for p in data["trend"]] == [day_before, first, second]
    assert "到了规定的用时" in page.text
    assert "未识别的表单" in page.text
    assert "还有文件留待下次处理" in page.text


def test_a_batch_of_an_older_program(store: Store, folders: Folders, report: Reporter) -> None:
    number = batch(store, at(1), {"read": 1, "failed": [], "duplicates": 2, "pages": 2, "seconds": 5.0})
    read(store, folders.put("a.jpg", "a"), number)
    page, data = report()
    assert (data["taken_in"]["documents"], data["came_in"]["duplicates"], data["came_in"]["taken"]) == (1, 2, 1)
    assert data["batches"][0]["ended"] == "finished"
    assert data["trend"][0]["accepted_share"] is None
    assert "一切正常" in page.text


def test_a_batch_that_was_asked_to_stop(store: Store, report: Reporter) -> None:
    batch(store, at(1), {"stopped": "signal"})
    page, data = report()
    assert data["batches"][0]["ended"] == "signal"
    assert "被要求停止" in page.text
    assert "有待办事项" in page.text


def test_only_the_costliest_are_listed_and_all_are_counted(store: Store, report: Reporter) -> None:
    number = batch(store, at(1))
    for i in range(60):
        doubt = ("phone", "phone_format") if i == 30 else ("employer", "low_confidence")
        read(store, FileStat(f"{i}.jpg", f"{i:064x}", 1, 1), number, doubt)
    page, data = report()
    assert data["review"]["documents"] == 60
    assert len(data["review"]["listed"]) == 50
    assert data["review"]["listed"][0]["file"] == "30.jpg"
    assert "先核对这 50 份（共 60 份）" in page.text
    assert len([link for link in page.links if "/documents/" in link and AUDIT in link]) >= 50


def test_many_failures_are_counted_and_some_shown(store: Store, report: Reporter) -> None:
    entries = [{"file": f"{i}.jpg", "code": "corrupt_file", "message": "坏"} for i in range(130)]
    batch(store, at(1), {"failed": entries})
    page, data = report()
    assert data["quarantined"]["total"] == 130
    assert len(data["quarantined"]["listed"]) == 100
    assert "另有 30 个文件未列出。" in page.text


@pytest.mark.parametrize("url", ["javascript:alert(1)", "", "127.0.0.1:8765", "http://a b"])
def test_an_audit_page_that_is_no_address(url: str) -> None:
    with pytest.raises(SetupError, match="audit_url"):
        load_settings(report={"audit_url": url})


def test_a_trend_of_fourteen_batches_at_most(store: Store, report: Reporter) -> None:
    for i in range(20):
        batch(store, at(1, day=DAY - datetime.timedelta(days=i)), killed=True)
    newest = batch(store, at(2), {"pages": 10, "seconds": 25.0, "documents": {"unknown": {"needs_review": 4}}})
    page, data = report()
    assert len(data["trend"]) == 14
    assert data["trend"][-1]["id"] == newest
    picture = next(a for t, a in page.elements if t == "svg")
    assert picture["role"] == "img"
    assert picture["aria-labelledby"] == "trend-title trend-text"
    assert "最近完成的一批 10 页，自动通过 0%，每页 2.5 秒" in page.text


def test_written_anew_as_a_whole_or_not_at_all(store: Store, forms: Forms, folders: Folders, report: Reporter) -> None:
    report()
    batch(store, at(1), {"pages": 1})
    _, data = report()
    assert len(data["batches"]) == 1
    folder = folders.outputs / "reports"
    assert sorted(p.name for p in folder.iterdir()) == [f"{DAY}.html", f"{DAY}.json"]
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    folder.write_text("in the way")
    with pytest.raises(CannotWriteError):
        write_morning_report(store, forms, folders.outputs, day=DAY, audit_url=AUDIT)
