"""Lessons are private, limited, and gone once they are ended or too old."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.errors import FileError
from pipeline.settings import Limits
from pipeline.store import ConflictError, NotFoundError
from pipeline.teaching.draft import Draft, DraftField, DraftPage, FieldType
from pipeline.teaching.faults import faults_of
from pipeline.teaching.lessons import MOST_PAGES, Lessons, Sample, SamplePage, kept_sample

PAGE = DraftPage("0", 1, 9, 9, blank=True)
BLANK = Path(__file__).parent / "samples" / "设备借用单_空白.jpg"


def field(key: str = "borrower", **more: object) -> DraftField:
    return DraftField(key, "借用人", FieldType.NAME, ["借用人"], **more)  # type: ignore[arg-type]


def draft(*fields: DraftField) -> Draft:
    return Draft(
        "device_loan", "设备借用单", list(fields), titles=["设备借用单"], pages=[DraftPage("0", 1, 9, 9, True)]
    )


def test_a_lesson_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    lessons = Lessons(tmp_path)
    lesson = lessons.begin("管家", [])
    part = lessons.part(lesson.id)
    shutil.copy(BLANK, part)
    taken = lessons.take(lesson.id, part, BLANK.name, Limits())
    page = taken.samples[0].pages[0]
    assert kept_sample(tmp_path, page.sha256) == tmp_path / "teaching" / lesson.id / page.sha256
    quad = ((1.0, 1.0), (5.0, 1.0), (5.0, 3.0), (1.0, 3.0))
    kept = lessons.change(lesson.id, draft(field(label_quad=quad, values=["汤钦宪"])), 0)
    assert kept.revision == 1
    again = lessons.get(lesson.id)
    assert again.draft is not None
    assert again.draft.fields[0].label_quad == quad
    assert again.page_of(0) == (again.samples[0], page)
    everything = [path for path in (tmp_path / "teaching").rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o077 for path in everything} == {0}
    assert not any("汤钦宪".encode() in path.read_bytes() for path in everything)
    with pytest.raises(ConflictError):
        lessons.change(lesson.id, draft(field()), 0)
    lessons.end(lesson.id)
    assert kept_sample(tmp_path, page.sha256) is None
    with pytest.raises(NotFoundError):
        lessons.get(lesson.id)


def test_what_is_no_scan_and_what_is_too_much_is_refused(tmp_path: Path) -> None:
    lessons = Lessons(tmp_path)
    lesson = lessons.begin("管家", [])
    part = lessons.part(lesson.id)
    part.write_text("not a scan")
    with pytest.raises(FileError):
        lessons.take(lesson.id, part, "x.jpg", Limits())
    pages = tuple(SamplePage("0" * 64, "x", n) for n in range(1, MOST_PAGES + 2))
    with pytest.raises(ConflictError):
        lessons.begin("管家", [Sample("x", pages)])
    for name in ("../x", "", "0" * 16):
        with pytest.raises(NotFoundError):
            lessons.get(name)


def test_old_lessons_go_with_a_purge(tmp_path: Path) -> None:
    lessons = Lessons(tmp_path)
    lessons.begin("管家", [])
    assert lessons.end_begun_before(datetime.now(UTC) - timedelta(days=1)) == 0
    assert lessons.end_begun_before(datetime.now(UTC) + timedelta(days=1)) == 1
    assert lessons.all() == []


def test_what_keeps_a_draft_from_being_a_definition_is_said() -> None:
    assert faults_of(draft(field())) == []
    assert any("2 次" in said for said in faults_of(draft(field(), field())))
    assert any("英文名" in said for said in faults_of(draft(field("姓名"))))
    assert any("重新框选" in said for said in faults_of(draft(field(inside="gone"))))
    choice = DraftField("state", "状况", FieldType.CHECKBOXES, ["状况"])
    assert any("选项" in said for said in faults_of(draft(choice)))
